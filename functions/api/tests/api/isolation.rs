//! A tenant sees and changes its own connectors only, and can't distinguish another's from a missing one.

use api::ROUTES;
use archive::names::ConnectorId;
use control::explorer::Proof;
use proptest::prelude::*;
use serde_json::{Value, json};
use tests::fixtures;

use crate::reader::DOWNLOAD;
use crate::world::{ApiResponse, TestCaller, World, destination, id_in};

const MINE: &str = "acme";
const THEIRS: &str = "globex";

/// A request to every operation on a connector, with a body that is accepted from the owner.
fn requests(id: &ConnectorId) -> Vec<(&'static str, String, Option<Value>)> {
    let of_one = ROUTES.iter().filter(|(_, path)| path.contains("{id}"));
    let request = |(method, path): &(&'static str, &'static str)| {
        let body = match *method {
            "PATCH" => Some(json!({"frequency": 2})),
            "PUT" if path.ends_with("/event-fields") => Some(json!({"fields": "cloudtrail"})),
            "PUT" => Some(json!({"webhook": "https://hooks.globex.example/"})),
            _ if path.ends_with("/confirm-address") => Some(json!({"email": "a@globex.example"})),
            _ => None,
        };
        (*method, path.replace("{id}", id.as_str()), body)
    };
    of_one.map(request).collect()
}

#[tokio::test]
async fn another_tenants_connector_is_answered_exactly_as_a_missing_one() {
    let world = World::new();
    let theirs = world.active(THEIRS).await;
    world.export(&theirs, false).await;
    let before = world.ledger.connector(&id_in(&theirs));
    let nobodys = requests(&ConnectorId::new(0xdead));
    for ((method, path, body), (_, no_path, _)) in requests(&id_in(&theirs)).into_iter().zip(nobodys) {
        for headers in [&[][..], &[("if-match", "\"1\"")], &[("if-match", "\"99\"")]] {
            let answer = world
                .request_with_headers(TestCaller::Tenant(MINE), method, &path, headers, body.clone())
                .await;
            let none = world
                .request_with_headers(TestCaller::Tenant(MINE), method, &no_path, headers, body.clone())
                .await;
            assert_eq!((answer.status, answer.code()), (404, "not_found"), "{method} {path}");
            assert_eq!(answer, none, "{method} {path} reveals that it exists");
        }
    }
    assert_eq!(world.ledger.connector(&id_in(&theirs)), before, "nothing was changed");
    let deleting =
        world.request(TestCaller::Tenant(MINE), "DELETE", &format!("{theirs}?accept_loss=true"), None).await;
    assert_eq!(deleting.code(), "not_found");
}

#[tokio::test]
async fn no_request_is_accepted_without_a_caller() {
    let world = World::new();
    let path = world.active(MINE).await;
    let mut all = requests(&id_in(&path));
    all.extend([
        ("GET", "/v1/connectors".to_owned(), None),
        ("POST", "/v1/connectors".to_owned(), Some(json!({}))),
        ("GET", "/v1/keys".to_owned(), None),
        ("GET", "/v1/portal-links".to_owned(), None),
        ("POST", "/v1/portal-links".to_owned(), Some(json!({}))),
        ("DELETE", "/v1/portal-links".to_owned(), None),
        ("DELETE", "/v1/portal-links/lnk_0000000000000000000000000000".to_owned(), None),
        ("GET", "/v1/portal-visits".to_owned(), None),
    ]);
    let of_a_log = ROUTES.iter().filter(|(_, path)| path.contains("{tenant}"));
    all.extend(of_a_log.map(|(method, path)| (*method, path.replace("{tenant}", MINE), None)));
    assert_eq!(all.len(), ROUTES.len());
    for (method, path, body) in all {
        let answer = world.request(TestCaller::Anonymous, method, &path, body).await;
        assert_eq!((answer.status, answer.code()), (401, "unauthenticated"), "{method} {path}");
        assert!(answer.headers.contains_key("www-authenticate"));
    }
}

#[tokio::test]
async fn the_tenant_comes_from_the_token_whatever_path_query_and_body_say() {
    let world = World::new();
    let body = json!({"tenant": THEIRS});
    let created = world.request(TestCaller::Tenant(MINE), "POST", "/v1/connectors", Some(body)).await;
    assert_eq!((created.status, created.code()), (403, "forbidden"));
    let listed = world.request(TestCaller::Tenant(MINE), "GET", "/v1/connectors?tenant=globex", None).await;
    assert_eq!((listed.status, listed.code()), (403, "forbidden"));
    let named = json!({"tenant": MINE, "shards": 1});
    assert_eq!(
        world.request(TestCaller::Tenant(MINE), "POST", "/v1/connectors", Some(named)).await.status,
        201
    );
    let spread = json!({"shards": 2});
    let refused = world.request(TestCaller::Tenant(MINE), "POST", "/v1/connectors", Some(spread)).await;
    assert_eq!((refused.status, refused.code()), (403, "forbidden"), "only operators may set shards");
}

/// Percent-encodes a query value.
fn escaped(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// No character of an ID has a special meaning in a query, a filter or a token; tenants are compared by
/// bytes.
#[tokio::test]
async fn a_tenant_is_identified_by_its_exact_id_whatever_characters_it_contains() {
    let world = World::new();
    let tenants = fixtures::unusual_tenants();
    let mut paths = Vec::new();
    for tenant in &tenants {
        let body = json!({"tenant": tenant});
        let created = world.request(TestCaller::Operator, "POST", "/v1/connectors", Some(body)).await;
        assert_eq!((created.status, &created.body["tenant"]), (201, &json!(tenant)));
        paths.push(created.headers["location"].clone());
    }
    for (tenant, path) in tenants.iter().zip(&paths) {
        for query in [escaped(tenant.as_str()), escaped(tenant.as_str()).replace('+', "%20")] {
            let listed = world.get(&format!("/v1/connectors?tenant={query}")).await;
            let found = listed.body["connectors"].as_array().unwrap();
            assert_eq!((found.len(), &found[0]["tenant"]), (1, &json!(tenant)), "{query}");
        }
        let me = TestCaller::Tenant(tenant.to_string().leak());
        let mine = world.request(me, "GET", "/v1/connectors", None).await;
        assert_eq!(mine.body["connectors"].as_array().unwrap().len(), 1, "{tenant:?}");
        for other in &paths {
            let status = world.request(me, "GET", other, None).await.status;
            assert_eq!(status, if other == path { 200 } else { 404 }, "{tenant:?}");
        }
    }
}

#[tokio::test]
async fn a_role_or_destination_in_use_is_rejected_after_verification_without_revealing_the_owner() {
    let world = World::new();
    let theirs = world.get(&world.active(THEIRS).await).await.body["destination"].clone();
    let mine = destination(2);
    let mut below = theirs.clone();
    below["prefix"] = json!("auditferry/deeper");
    let mut role = mine.clone();
    role["role"] = theirs["role"].clone();
    for (destination, code) in
        [(theirs, "destination_taken"), (below, "destination_taken"), (role, "role_taken")]
    {
        // Naming it reveals nothing: only a caller with access to the role and the bucket learns whether it
        // is in use.
        let body = json!({"destination": destination});
        let named = world.request(TestCaller::Tenant(MINE), "POST", "/v1/connectors", Some(body)).await;
        assert_eq!(named.status, 201);
        for verb in ["verify", "activate"] {
            let path = format!("{}/{verb}", named.headers["location"]);
            let refused = world.request(TestCaller::Tenant(MINE), "POST", &path, None).await;
            assert_eq!((refused.status, refused.code()), (409, code));
            assert!(!refused.body.to_string().contains(THEIRS), "{refused:?}");
        }
        assert_eq!(world.get(&named.headers["location"]).await.body["state"], "draft");
    }
}

#[tokio::test]
async fn naming_a_destination_first_does_not_reserve_it() {
    let world = World::new();
    let place = destination(3);
    let squatter = json!({"tenant": THEIRS, "destination": place});
    assert_eq!(
        world.request(TestCaller::Operator, "POST", "/v1/connectors", Some(squatter)).await.status,
        201
    );
    let owner = json!({"destination": place});
    let owner = world.request(TestCaller::Tenant(MINE), "POST", "/v1/connectors", Some(owner)).await;
    let activated = world.post(&owner.headers["location"], "activate").await;
    assert_eq!((activated.status, &activated.body["state"]), (200, &json!("active")));
}

#[tokio::test]
async fn a_tenant_does_not_see_operator_names() {
    let world = World::new();
    let path = world.active(MINE).await;
    let changes = world.request(TestCaller::Tenant(MINE), "GET", &format!("{path}/changes"), None).await;
    assert_eq!(changes.body["changes"][0]["by"], json!({"kind": "operator"}));
}

/// The strings that reveal a tenant's data.
fn marks(world: &World, path: &str) -> Vec<String> {
    let connector = world.ledger.connector(&id_in(path));
    let to = connector.destination.s3().cloned().unwrap();
    let texts =
        [connector.tenant.as_str(), connector.external_id.as_str(), to.bucket.as_str(), to.role.as_str()];
    let secret = connector.contacts.webhook.map(|webhook| webhook.secret.as_str().to_owned());
    texts.into_iter().map(str::to_owned).chain(secret).collect()
}

fn random_walk() -> impl Strategy<Value = Vec<(bool, usize, usize, u32)>> {
    prop::collection::vec((any::<bool>(), 0..ROUTES.len(), 0..4_usize, 0..4_u32), 1..40)
}

/// Saves an exploration, and returns its ID.
async fn save(world: &World, tenant: &'static str) -> String {
    let body = json!({"name": tenant, "filter": format!("actor:ana@{tenant}.example")});
    let path = format!("/v1/tenants/{tenant}/explorations");
    let saved = world.request(TestCaller::Tenant(tenant), "POST", &path, Some(body)).await;
    saved.body["id"].as_str().unwrap().to_owned()
}

/// One request of a random walk: the caller, the operation, the connector, and an extra.
async fn step(
    world: &World,
    (paths, saved): (&[String], &[String; 2]),
    who: TestCaller,
    route: usize,
    target: usize,
    extra: u32,
) -> ApiResponse {
    let (method, template) = ROUTES[route];
    let id = id_in(&paths[target % paths.len()]);
    let (tenant, exploration) =
        if target % paths.len() < 2 { (MINE, &saved[0]) } else { (THEIRS, &saved[1]) };
    let cursor = ["", "?limit=1", "?limit=100", "?tenant=acme"][extra as usize];
    let query = match method {
        "GET" if template.ends_with("/facets") => "?fields=actor",
        "GET" => cursor,
        "DELETE" if extra == 1 => "?accept_loss=true",
        _ => "",
    };
    let path = template.replace("{id}", id.as_str()).replace("{tenant}", tenant) + query;
    let path = path.replace("{download}", DOWNLOAD).replace("{exploration}", exploration);
    let body = match (method, template) {
        ("POST" | "PATCH", path) if path.contains("/explorations") => {
            Some(json!({"name": format!("by {who:?}"), "filter": format!("actor:a{extra}")}))
        }
        ("PATCH", _) => Some(json!({"frequency": extra + 1})),
        ("PUT", path) if path.ends_with("/event-fields") => Some(json!({"fields": "ocsf"})),
        ("PUT", _) => Some(json!({"webhook": format!("https://hooks.example.com/{extra}")})),
        ("POST", "/v1/connectors") => Some(json!({})),
        ("POST", path) if path.ends_with("/downloads") => Some(json!({"format": "csv"})),
        (_, path) if path.ends_with("/confirm-address") => Some(json!({"email": "a@acme.example"})),
        _ => None,
    };
    world.request(who, method, &path, body).await
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_tenant_ever_sees_anything_of_another_through_any_route(walk in random_walk()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let world = World::new();
            let mut paths = Vec::new();
            for tenant in [MINE, THEIRS] {
                paths.push(world.connected(tenant).await);
                paths.push(world.active(tenant).await);
            }
            let saved = [save(&world, MINE).await, save(&world, THEIRS).await];
            let own = |who: &str| if who == MINE { &paths[..2] } else { &paths[2..] };
            for (mine, route, target, extra) in walk {
                let (me, other) = if mine { (MINE, THEIRS) } else { (THEIRS, MINE) };
                let of_others: Vec<_> = own(other).iter().flat_map(|path| marks(&world, path)).collect();
                let answer = step(&world, (&paths, &saved), TestCaller::Tenant(me), route, target, extra).await;
                let text = format!("{answer:?}");
                for mark in of_others {
                    assert!(!text.contains(&mark), "{me} received {mark} from {:?}: {text}", ROUTES[route]);
                }
                let about_one = ROUTES[route].1.contains("{id}");
                if about_one && !own(me).contains(&paths[target % paths.len()]) {
                    assert!(matches!(answer.status, 400 | 404), "{me} got {answer:?} of {:?}", ROUTES[route]);
                }
                let about_a_log = ROUTES[route].1.contains("{tenant}");
                if about_a_log && !own(me).contains(&paths[target % paths.len()]) {
                    assert_eq!(answer.code(), "no_such_log", "{me} got {answer:?} of {:?}", ROUTES[route]);
                }
            }
            for asked in world.reader.asked() {
                let Proof::Caller(caller) = &asked.by else { panic!("{asked:?}") };
                assert!(caller.can_access(&asked.tenant), "{asked:?}");
            }
        });
    }
}
