//! The vendor's operators: all tenants, and links.

use axum::http::StatusCode;
use protocol::portal::{Abilities, Ability, LinkScope};

use super::MARKUP;
use super::world::World;

#[tokio::test]
async fn the_pages_of_operators_do_not_exist_for_a_tenant() {
    let world = World::new();
    let dana = world.person("acme").await;
    let nobody = "x=y";
    let mut walked = 0;
    for route in portal::ROUTES.iter().filter(|route| route.path.starts_with("/portal/operators")) {
        walked += 1;
        for (who, status) in [(dana.as_str(), StatusCode::NOT_FOUND), (nobody, StatusCode::UNAUTHORIZED)] {
            let answer = match route.method {
                "GET" => world.get(who, route.path).await,
                _ => world.post(who, route.path, &[("tenant", "globex")]).await,
            };
            assert_eq!(answer.status, status, "{} {}", route.method, route.path);
        }
    }
    assert!(walked >= 5);
}

#[tokio::test]
async fn operators_see_all_tenants_with_trouble_first_and_find_by_tenant_id_and_bucket() {
    let world = World::new();
    let mut all = Vec::new();
    for nth in 0..8 {
        all.push(world.active(&format!("tenant-{nth}"), &format!("bucket-{nth}"), 2, 0).await);
    }
    let trouble = world.active("zebra", "zebra-log", 3, 2).await;
    world.block(&trouble, MARKUP).await;
    let ops = world.operators().await;
    let page = world.get(&ops, "/portal/operators").await;
    assert_eq!(page.status, StatusCode::OK);
    for connector in &all {
        let place = |id: &str| page.body.find(id).unwrap();
        assert!(place(trouble.id.as_str()) < place(connector.id.as_str()), "trouble first");
    }
    assert!(page.has("9 connectors") && page.has("1 blocked") && !page.has(MARKUP), "{}", page.body);
    for search in ["zebra", "ZEBRA-log", trouble.id.as_str()] {
        let found = world.get(&ops, &format!("/portal/operators?q={search}")).await;
        assert!(found.has(trouble.id.as_str()) && found.has("1 connector"), "{search}: {}", found.body);
        assert!(!found.has(all[0].id.as_str()));
    }
    let none = world.get(&ops, "/portal/operators?q=%3Cscript%3Ealert(1)%3C/script%3E").await;
    assert!(none.has("no tenant or bucket contains") && !none.has(MARKUP), "{}", none.body);
}

#[tokio::test]
async fn a_tenant_called_like_markup_or_like_a_query_is_text_and_its_links_lead_to_it() {
    let world = World::new();
    let ops = world.operators().await;
    for name in [MARKUP, "a&tenant=acme", "a\"b'c", "Müller GmbH", "a/../b?x#y"] {
        let connector = world.active(name, "some-bucket", 1, 0).await;
        let page = world.get(&ops, "/portal/operators").await;
        assert!(!page.has(MARKUP), "{name}");
        let link =
            page.body.split("<tr>").find(|row| row.contains(connector.id.as_str())).unwrap().to_owned();
        let link = link.split("href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
        let query = link.strip_prefix("/portal/health?").unwrap();
        let list = world.get(&ops, &format!("/portal/connectors?{query}")).await;
        assert!(list.has(connector.id.as_str()) && !list.has(MARKUP), "{name}: {}", list.body);
        let links = world.get(&ops, &format!("/portal/operators/links?{query}")).await;
        assert_eq!((links.status, links.has(MARKUP)), (StatusCode::OK, false), "{name}");
        world.ledger.change(&connector.id, |connector| connector.state = protocol::connector::State::Deleted);
    }
}

#[tokio::test]
async fn a_visit_is_recorded_where_the_tenant_sees_it_and_the_page_says_so() {
    let world = World::new();
    let connector = world.active("acme", "acme-log", 2, 0).await;
    let (ops, dana) = (world.operators().await, world.person("acme").await);
    assert!(world.get(&dana, "/portal/access").await.has("No operator has opened your pages"));
    let page = world.get(&ops, &format!("/portal/connectors/{}/settings", connector.id)).await;
    assert!(page.has("Your visit is recorded"), "{}", page.body);
    assert!(page.has("/portal/connectors?tenant=acme"), "the way back names the tenant");
    let seen = world.get(&dana, "/portal/access").await;
    assert!(seen.has("an operator of the vendor") && !seen.has("user/Ops"), "{}", seen.body);
    assert!(!seen.has("Your visit is recorded"));
}

#[tokio::test]
async fn operators_make_list_and_revoke_links() {
    let world = World::new();
    let ops = world.operators().await;
    let path = "/portal/operators/links";
    let form = |url: &'static str, hours: &'static str| {
        [
            ("tenant", "acme"),
            ("addressee", "Dana Ruiz"),
            ("kind", "invite"),
            ("ability", "set-up"),
            ("return_url", url),
            ("hours", hours),
        ]
    };
    for (url, hours, field) in [
        ("https://evil.example/", "", "return_url"),
        ("", "999", "hours"),
        ("", MARKUP, "hours"),
        (MARKUP, "", "return_url"),
    ] {
        let refused = world.post(&ops, path, &form(url, hours)).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{url} {hours}");
        assert!(refused.has(&format!("href=\"#{field}\"")) && refused.has("value=\"Dana Ruiz\""));
        assert!(!refused.has(MARKUP));
    }
    let made = world.post(&ops, path, &form("https://app.vendor.example/audit/x", "24")).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.body);
    assert!(made.has("/portal/enter/lnk_") && made.has("24 h"));
    let list = world.get(&ops, "/portal/operators/links?tenant=acme").await;
    assert!(list.has("Dana Ruiz") && list.has("not used yet") && !list.has("/portal/enter/"));
    let id = list.body.split("name=\"link\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let revoked = world.post(&ops, "/portal/operators/links/revoke", &[("link", id)]).await;
    assert_eq!(revoked.location(), "/portal/operators/links?tenant=acme&done=revoked");
    assert!(world.get(&ops, revoked.location()).await.has("revoked"));
    let dana = world.person("acme").await;
    let all = world.post(&ops, "/portal/operators/links/revoke-all", &[("tenant", "acme")]).await;
    assert_eq!(all.location(), "/portal/operators/links?tenant=acme&done=revoked-all");
    assert_eq!(world.get(&dana, "/portal/health").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_operator_makes_and_revokes_links_only_with_a_link_that_invites_and_gives_no_more_than_its_own() {
    let world = World::new();
    let dana = world.person("acme").await;
    let path = "/portal/operators/links";
    let viewer = world.session(LinkScope::Operators, Abilities::from_iter([Ability::View]), "Ops").await;
    let form = |ability| {
        [("tenant", "acme"), ("addressee", "Eve"), ("kind", "redirect"), ("ability", ability), ("link", "x")]
    };
    for page in ["", "/revoke", "/revoke-all"] {
        let answer = world.post(&viewer, &format!("{path}{page}"), &form("operate")).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{page}");
    }
    let list = world.get(&viewer, &format!("{path}?tenant=acme")).await;
    assert!(list.has("Dana Ruiz") && !list.has("Make the link") && !list.has("Revoke"), "{}", list.body);
    assert_eq!(world.get(&dana, "/portal/health").await.status, StatusCode::OK);

    let some = Abilities::from_iter([Ability::Invite, Ability::SetUp]);
    let some = world.session(LinkScope::Operators, some, "Ops").await;
    let beyond = world.post(&some, path, &form("operate")).await;
    assert_eq!(beyond.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(beyond.has("Your own link does not allow: operate") && !beyond.has("/portal/enter/"));
    let page = world.get(&some, path).await;
    assert!(page.has("ability-set-up") && !page.has("ability-operate"), "{}", page.body);
    assert!(world.post(&some, path, &form("set-up")).await.has("/portal/enter/lnk_"));
}
