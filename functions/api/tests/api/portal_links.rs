//! Links to the portal: who makes, sees and revokes which.

use serde_json::{Value, json};
use tests::fixtures::tenant;

use crate::world::{ApiResponse, OPERATOR_ARN, TestCaller, World};

const LINKS: &str = "/v1/portal-links";

fn for_dana(tenant: &str) -> Value {
    json!({"tenant": tenant, "for": "Dana Ruiz"})
}

async fn make(world: &World, who: TestCaller, body: Value) -> ApiResponse {
    world.request(who, "POST", LINKS, Some(body)).await
}

async fn revoke(world: &World, who: TestCaller, id: &str) -> ApiResponse {
    world.request(who, "DELETE", &format!("{LINKS}/{id}"), None).await
}

fn ids(listed: &ApiResponse) -> Vec<&str> {
    let links = listed.body["portal_links"].as_array().unwrap();
    links.iter().map(|link| link["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn the_text_of_a_link_is_in_the_response_that_makes_it_and_nowhere_else() {
    let world = World::new();
    let made = make(&world, TestCaller::OperatorToken, for_dana("acme")).await;
    let url = made.body["url"].as_str().unwrap();
    let secret = url.strip_prefix("https://audit.vendor.example/portal/enter/").unwrap();
    let id = made.body["id"].as_str().unwrap();
    assert!(secret.starts_with(&format!("{id}.")));
    assert_eq!((&made.body["status"], &made.body["kind"]), (&json!("open"), &json!("invite")));
    assert_eq!(made.body["abilities"].as_array().unwrap().len(), 6);
    let listed = world.get(&format!("{LINKS}?tenant=acme")).await;
    let revoked = revoke(&world, TestCaller::Operator, id).await;
    for answer in [&listed, &revoked] {
        assert!(!format!("{answer:?}").contains(secret));
    }
    assert_eq!(
        (&revoked.body["status"], &revoked.body["revoked_by"]["name"]),
        (&json!("revoked"), &json!(OPERATOR_ARN))
    );
}

#[tokio::test]
async fn only_operators_make_links_and_only_a_signature_makes_one_for_operators() {
    let world = World::new();
    let refused = make(&world, TestCaller::Tenant("acme"), for_dana("acme")).await;
    assert_eq!((refused.status, refused.code()), (403, "forbidden"));
    let operators = |kind: &str| json!({"operators": true, "kind": kind, "for": "Ops"});
    let refused = make(&world, TestCaller::OperatorToken, operators("redirect")).await;
    assert_eq!((refused.status, refused.code()), (403, "not_signed"));
    let refused = make(&world, TestCaller::Operator, operators("invite")).await;
    assert_eq!((refused.status, refused.pointers()), (422, vec!["/kind"]));
    assert_eq!(ids(&world.get(&format!("{LINKS}?operators=true")).await), [""; 0]);
    assert_eq!(make(&world, TestCaller::Operator, operators("redirect")).await.status, 201);
    for tenant in ["acme", "globex"] {
        let path = format!("{LINKS}?operators=true");
        let listed = world.request(TestCaller::Tenant(tenant), "GET", &path, None).await;
        assert_eq!((listed.status, listed.code()), (403, "forbidden"));
    }
}

#[tokio::test]
async fn a_tenant_sees_and_revokes_its_own_links_only() {
    let world = World::new();
    let [mine, theirs] =
        [world.portal_link(for_dana("acme")).await, world.portal_link(for_dana("globex")).await];
    let operators = world.portal_link(json!({"operators": true, "kind": "redirect", "for": "Ops"})).await;
    let acme = TestCaller::Tenant("acme");
    for path in [LINKS.to_owned(), format!("{LINKS}?tenant=acme")] {
        let listed = world.request(acme, "GET", &path, None).await;
        assert_eq!(ids(&listed), [mine.as_str()]);
        assert_eq!(listed.body["portal_links"][0]["created_by"], json!({"kind": "operator"}), "not who");
    }
    let none = revoke(&world, acme, "lnk_0000000000000000000000000000").await;
    for id in [&theirs, &operators] {
        let refused = revoke(&world, acme, id).await;
        assert_eq!((refused.status, refused.code()), (404, "no_such_link"));
        assert_eq!(refused, none, "it reveals that it exists");
    }
    for scope in ["tenant=globex", "operators=true"] {
        let refused = world.request(acme, "DELETE", &format!("{LINKS}?{scope}"), None).await;
        assert_eq!((refused.status, refused.code()), (403, "forbidden"));
    }
    for (scope, id) in [("tenant=globex", &theirs), ("operators=true", &operators)] {
        let listed = world.get(&format!("{LINKS}?{scope}")).await;
        assert_eq!(
            (ids(&listed), &listed.body["portal_links"][0]["status"]),
            (vec![id.as_str()], &json!("open"))
        );
    }
    assert_eq!(revoke(&world, acme, &mine).await.body["status"], "revoked");
    let revoked_by = &revoke(&world, TestCaller::Operator, &mine).await.body["revoked_by"];
    assert_eq!(revoked_by["tenant"], "acme", "the first revocation stays");
}

#[tokio::test]
async fn all_links_of_a_tenant_are_revoked_by_one_request() {
    let world = World::new();
    for _ in 0..3 {
        world.portal_link(for_dana("acme")).await;
    }
    let theirs = world.portal_link(for_dana("globex")).await;
    let missing = world.request(TestCaller::Operator, "DELETE", LINKS, None).await;
    assert_eq!(missing.code(), "malformed", "nobody revokes everything by leaving something out");
    let revoked = world.request(TestCaller::Tenant("acme"), "DELETE", LINKS, None).await;
    assert_eq!(revoked.body, json!({"revoked": 3}));
    let listed = world.get(&format!("{LINKS}?tenant=acme")).await;
    let links = listed.body["portal_links"].as_array().unwrap();
    assert!(links.iter().all(|link| link["status"] == "revoked"), "{links:?}");
    let listed = world.get(&format!("{LINKS}?tenant=globex")).await;
    assert_eq!(
        (ids(&listed), &listed.body["portal_links"][0]["status"]),
        (vec![theirs.as_str()], &json!("open"))
    );
}

#[tokio::test]
async fn a_list_of_links_is_read_page_by_page_newest_first() {
    let world = World::new();
    let mut made = Vec::new();
    for _ in 0..5 {
        made.push(world.portal_link(for_dana("acme")).await);
        world.clock.advance(std::time::Duration::from_secs(1));
    }
    made.reverse();
    let (mut found, mut next) = (Vec::new(), Some(String::new()));
    while let Some(cursor) = next {
        let page = world.get(&format!("{LINKS}?tenant=acme&limit=2{cursor}")).await;
        found.extend(ids(&page).into_iter().map(str::to_owned));
        next = page.body["next_cursor"].as_str().map(|cursor| format!("&cursor={cursor}"));
    }
    assert_eq!(found, made);
}

#[tokio::test]
async fn a_tenant_sees_when_operators_opened_its_pages_but_not_who() {
    use ports::PortalLinks as _;
    let world = World::new();
    let by = protocol::caller::Caller::Operator { name: OPERATOR_ARN.into() };
    let link = world.portal_link(json!({"operators": true, "kind": "redirect", "for": "Ops"})).await;
    let visit = protocol::portal::OperatorVisit {
        tenant: tenant("acme"),
        link: link.parse().unwrap(),
        by,
        at: world.clock.wall(),
    };
    assert!(world.ledger.record_visit(&visit).await.unwrap());
    let seen = world.request(TestCaller::Tenant("acme"), "GET", "/v1/portal-visits", None).await;
    assert_eq!(seen.body["visits"][0]["by"], json!({"kind": "operator"}));
    let seen = world.get("/v1/portal-visits?tenant=acme").await;
    assert_eq!(seen.body["visits"][0]["by"]["name"], OPERATOR_ARN);
    let others = world.request(TestCaller::Tenant("globex"), "GET", "/v1/portal-visits", None).await;
    assert_eq!(others.body, json!({"visits": []}));
}

#[tokio::test]
async fn every_field_of_a_link_is_checked_and_all_errors_are_reported_at_once() {
    let world = World::new();
    let bad = json!({
        "tenant": "", "operators": "yes", "kind": "mail", "abilities": ["set-up", "admin", 3], "for": "a\u{202e}b",
        "return_url": "https://app.vendor.example/?next=x", "valid_seconds": -1, "credential": "iam",
    });
    let refused = make(&world, TestCaller::Operator, bad).await;
    assert_eq!((refused.status, refused.code()), (422, "refused"));
    let mut pointers = refused.pointers();
    pointers.sort_unstable();
    let wrong = [
        "/abilities/1",
        "/abilities/2",
        "/credential",
        "/for",
        "/kind",
        "/operators",
        "/return_url",
        "/tenant",
        "/valid_seconds",
    ];
    assert_eq!(pointers, wrong);
    for (body, pointer) in [
        (json!({"for": "Dana"}), "/tenant"),
        (json!({"tenant": "acme"}), "/for"),
        (json!({"tenant": "acme", "operators": true, "for": "Dana"}), "/operators"),
        (json!({"tenant": "acme", "for": "Dana", "valid_seconds": 59}), "/valid_seconds"),
        (json!({"tenant": "acme", "for": "Dana", "valid_seconds": 1_209_601}), "/valid_seconds"),
        (
            json!({"tenant": "acme", "for": "Dana", "kind": "redirect", "valid_seconds": 301}),
            "/valid_seconds",
        ),
        (json!({"tenant": "acme", "for": "Dana", "return_url": "https://evil.example"}), "/return_url"),
    ] {
        let refused = make(&world, TestCaller::Operator, body.clone()).await;
        assert_eq!((refused.status, refused.pointers()), (422, vec![pointer]), "{body}");
    }
    for query in ["", "?tenant=acme&operators=true", "?operators=yes", "?tenant=", "?tenant=acme&cursor=00"] {
        assert_eq!(world.get(&format!("{LINKS}{query}")).await.code(), "malformed", "{query}");
    }
    for id in ["x", "lnk_", "con_0000000000000001", "lnk_000000000000000000000000000G"] {
        assert_eq!(revoke(&world, TestCaller::Operator, id).await.code(), "no_such_link", "{id}");
    }
}
