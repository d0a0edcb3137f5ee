//! The `OpenAPI` document and the router agree, both ways: every operation, every status of each, and every
//! problem code is produced here, and nothing undocumented. (Every test checks that each response has the
//! documented format.)

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use api::ROUTES;
use archive::names::EmailAddress;
use axum::body::Body;
use axum::http::Request;
use control::explorer::RefusalCode;
use ports::Consents as _;
use protocol::contacts::LinkToken;
use serde_json::{Value, json};
use tests::fakes::FakeLedger;
use tests::fixtures;

use crate::broken::{Broken, SECRET};
use crate::contract;
use crate::reader::DOWNLOAD;
use crate::world::{TestCaller, World, destination, id_in};

const MISSING: &str = "con_00000000000000aa";
const MISSING_LINK: &str = "lnk_0000000000000000000000000000";
const MISSING_EXPLORATION: &str = "exp_0000000000000000";

/// The path of something that does not exist.
fn missing(template: &str) -> String {
    let path = template.replace("{id}", MISSING).replace("{link}", MISSING_LINK);
    let path = path.replace("{exploration}", MISSING_EXPLORATION);
    path.replace("{tenant}", "acme").replace("{download}", DOWNLOAD)
}

/// The path for an operator, with what some operations require: the tenant in some listings, and fields.
fn of_acme(method: &str, template: &str) -> String {
    let named = method != "POST" && template.starts_with("/v1/portal-") && !template.contains('{');
    let query = match template {
        _ if named => "?tenant=acme",
        _ if template.ends_with("/facets") => "?fields=action",
        _ => "",
    };
    missing(template) + query
}

/// A valid body for the operation.
fn body(method: &str, path: &str) -> Option<Value> {
    match (method, path) {
        ("POST", "/v1/connectors") => Some(json!({"tenant": "acme"})),
        ("POST" | "PATCH", path) if path.contains("/explorations") => Some(json!({"name": "Logins"})),
        ("PATCH", _) => Some(json!({"frequency": 3})),
        ("PUT", path) if path.ends_with("/event-fields") => Some(json!({"fields": "cloudtrail"})),
        ("POST", "/v1/portal-links") => Some(json!({"tenant": "acme", "for": "Dana Ruiz"})),
        ("PUT", _) => Some(json!({"emails": ["security@acme.example"]})),
        (_, path) if path.ends_with("/confirm-address") => Some(json!({"email": "security@acme.example"})),
        ("POST", path) if path.ends_with("/downloads") => Some(json!({"format": "csv"})),
        _ => None,
    }
}

/// The errors that every operation has in common.
async fn common_errors(world: &World) {
    for (method, template) in ROUTES {
        let path = missing(template);
        world.request(TestCaller::Anonymous, method, &path, body(method, template)).await;
        world.request(TestCaller::Operator, method, &path, body(method, template)).await;
        world.request(TestCaller::Operator, method, &format!("{path}?what=1"), body(method, template)).await;
        if *method == "GET" {
            continue;
        }
        let request = |content_type: &str, body: Vec<u8>| {
            let request = Request::builder().method(*method).uri(&path).header("content-type", content_type);
            request.body(Body::from(body)).unwrap()
        };
        world.send(TestCaller::Operator, request("application/json", vec![b' '; 1 << 17])).await;
        world.send(TestCaller::Operator, request("text/plain", b"{}".to_vec())).await;
        world.send(TestCaller::Operator, request("application/json", b"{\"typo\": 1}".to_vec())).await;
    }
}

/// The contacts operations and their errors.
async fn contacts(world: &World, path: &str) {
    let stale = [("if-match", "\"999\"")];
    for verb in ["rotate-webhook-secret", "test-contacts"] {
        world.post(path, verb).await;
    }
    let set = format!("{path}/contacts");
    let body = json!({"emails": ["security@acme.example"], "webhook": "https://hooks.acme.example/"});
    world.request_with_headers(TestCaller::Operator, "PUT", &set, &stale, Some(body.clone())).await;
    world.request(TestCaller::Operator, "PUT", &set, Some(body)).await;
    for verb in ["rotate-webhook-secret", "test-contacts", "test-contacts"] {
        world.post(path, verb).await;
    }
}

/// Confirmation of addresses, by an operator and by mail, and its errors.
async fn addresses(world: &World) {
    let path = world.active("acme").await;
    let (one, two) = ("one@acme.example", "two@acme.example");
    let set = format!("{path}/contacts");
    world.request(TestCaller::Operator, "PUT", &set, Some(json!({"emails": [one, two]}))).await;
    world.post(&path, "ask-contacts").await;
    let stale = [("if-match", "\"999\"")];
    world
        .request_with_headers(TestCaller::Operator, "POST", &format!("{path}/ask-contacts"), &stale, None)
        .await;
    decline(world, &two.parse().unwrap()).await;
    let confirm = format!("{path}/confirm-address");
    for who in [TestCaller::Tenant("acme"), TestCaller::Operator] {
        for email in [one, two, "three@acme.example"] {
            world.request(who, "POST", &confirm, Some(json!({"email": email}))).await;
        }
    }
    world.post(&path, "ask-contacts").await;
    // The budget of two is exhausted, and this address needs another confirmation mail.
    world.ledger.change(&id_in(&path), |connector| {
        connector.contacts.emails = vec!["four@acme.example".parse().unwrap()].try_into().unwrap();
    });
    world.post(&path, "ask-contacts").await;
}

/// What the notifier and the confirmation page do.
async fn decline(world: &World, address: &EmailAddress) {
    let (acme, now) = (fixtures::tenant("acme"), world.clock.wall());
    let token = LinkToken::new(|| 1).hash();
    let consent = world.ledger.consent(&acme, address).await.unwrap().unwrap();
    let sent = consent.mark_sent(token.clone(), now).unwrap();
    assert!(world.ledger.store_consent(&acme, &sent).await.unwrap());
    let declined = sent.decline(&token, now).unwrap().unwrap();
    assert!(world.ledger.store_consent(&acme, &declined).await.unwrap());
}

/// Links to the portal, and their errors.
async fn portal_links(world: &World) {
    let links = "/v1/portal-links";
    let id = world.portal_link(body("POST", links).unwrap()).await;
    for path in [links, "/v1/portal-visits"] {
        world.get(&format!("{path}?tenant=acme")).await;
        world.request(TestCaller::Tenant("acme"), "GET", &format!("{path}?tenant=globex"), None).await;
    }
    let all = format!("{links}?tenant=acme");
    world.request(TestCaller::Tenant("globex"), "POST", links, body("POST", links)).await;
    world.request(TestCaller::Tenant("globex"), "DELETE", &all, None).await;
    let operators = json!({"operators": true, "kind": "redirect", "for": "Ops"});
    for who in [TestCaller::Operator, TestCaller::OperatorToken] {
        world.request(who, "POST", links, Some(operators.clone())).await;
    }
    world.request(TestCaller::Operator, "DELETE", &format!("{links}/{id}"), None).await;
    world.request(TestCaller::Operator, "DELETE", &all, None).await;
}

/// Questions about a log, and how the reader refuses them.
async fn questions(world: &World) {
    let ask = async || {
        for (method, template) in ROUTES.iter().filter(|(_, template)| template.contains("{tenant}")) {
            let path = of_acme(method, template);
            world.request(TestCaller::Operator, method, &path, body(method, template)).await;
        }
    };
    ask().await;
    world.reader.be_slow();
    ask().await;
    for code in [RefusalCode::NotFound, RefusalCode::NotShown, RefusalCode::TooMuch] {
        world.reader.refuse(code, "no");
        ask().await;
    }
    world.reader.answer();
}

/// Saved explorations, searches and mappings, and their errors.
async fn records(world: &World) {
    let (of_acme, key) = ("/v1/tenants/acme/explorations", [("idempotency-key", "k")]);
    for who in [TestCaller::Operator, TestCaller::Tenant("globex")] {
        for path in [of_acme, "/v1/tenants/acme/searches"] {
            world.request(who, "GET", path, None).await;
        }
        world.request(who, "POST", of_acme, body("POST", of_acme)).await;
    }
    let who = TestCaller::Operator;
    for name in ["a", "b"] {
        world.request_with_headers(who, "POST", of_acme, &key, Some(json!({"name": name}))).await;
    }
    let saved = world.request(who, "POST", of_acme, body("POST", of_acme)).await;
    let (path, stale) = (saved.headers["location"].clone(), [("if-match", "\"9\"")]);
    world.get(&path).await;
    for headers in [&stale[..], &[]] {
        world.request_with_headers(who, "PATCH", &path, headers, Some(json!({"name": "c"}))).await;
        world.request_with_headers(who, "DELETE", &path, headers, None).await;
    }
    for n in 0..=protocol::exploration::MAX_EXPLORATIONS {
        world.request(who, "POST", of_acme, Some(json!({"name": n.to_string()}))).await;
    }
    let mapping = format!("{}/event-fields", world.connected("acme").await);
    for who in [TestCaller::Tenant("acme"), TestCaller::Operator] {
        world.request(who, "PUT", &mapping, body("PUT", &mapping)).await;
        world.request(who, "GET", &mapping, None).await;
    }
}

/// A complete life cycle, and the errors at each step.
async fn life_cycle(world: &World) {
    let key = [("idempotency-key", "k")];
    for frequency in [1, 2] {
        let body = json!({"tenant": "acme", "frequency": frequency});
        world.request_with_headers(TestCaller::Operator, "POST", "/v1/connectors", &key, Some(body)).await;
    }
    let draft =
        world.request(TestCaller::Operator, "POST", "/v1/connectors", body("POST", "/v1/connectors")).await;
    let draft = draft.headers["location"].clone();
    for verb in ["verify", "activate", "pause", "resume", "enable", "run"] {
        world.post(&draft, verb).await;
    }
    contacts(world, &draft).await;
    let path = world.connected("acme").await;
    let to = world.get(&path).await.body["destination"].clone();
    let mut role = destination(fixtures::unique_id());
    role["role"] = to["role"].clone();
    world.post(&path, "verify").await;
    for destination in [to, role] {
        let body = json!({"tenant": "globex", "destination": destination});
        let named = world.request(TestCaller::Operator, "POST", "/v1/connectors", Some(body)).await;
        world.post(&named.headers["location"], "verify").await;
    }
    world
        .request(TestCaller::Tenant("acme"), "POST", "/v1/connectors", Some(json!({"tenant": "globex"})))
        .await;
    world.request(TestCaller::Tenant("acme"), "GET", "/v1/connectors?tenant=globex", None).await;
    for verb in ["verify", "activate", "rotate-external-id", "run", "pause", "resume", "disable", "disable"] {
        world.post(&path, verb).await;
    }
    world.post(&path, "rotate-external-id").await;
    for who in [TestCaller::Operator, TestCaller::Tenant("acme")] {
        world.request(who, "PATCH", &path, Some(json!({"shards": 4}))).await;
    }
    world
        .request(
            TestCaller::Operator,
            "PATCH",
            &path,
            Some(json!({"destination": destination(fixtures::unique_id())})),
        )
        .await;
    for resource in ["", "/exports", "/timeline", "/changes", "/setup"] {
        world.get(&format!("{path}{resource}")).await;
    }
    world.get("/v1/connectors").await;
    world.request(TestCaller::Operator, "PATCH", &draft, Some(json!({"frequency": 5}))).await;
    world
        .request_with_headers(
            TestCaller::Operator,
            "PATCH",
            &draft,
            &[("if-match", "\"1\"")],
            Some(json!({"frequency": 6})),
        )
        .await;
    world.post(&path, "enable").await;
    world.post(&path, "disable").await;
    world.request(TestCaller::Operator, "DELETE", &path, None).await;
    world.clock.advance(Duration::from_hours(31 * 24));
    world.post(&path, "enable").await;
    world.request(TestCaller::Operator, "DELETE", &format!("{path}?accept_loss=true"), None).await;
    world.post(&path, "disable").await;

    let mut early = json!({"tenant": "acme", "start_from": "2999-01-01T00:00:00Z"});
    early["destination"] = destination(fixtures::unique_id());
    world.request(TestCaller::Operator, "POST", "/v1/connectors", Some(early)).await;

    let unsafe_one = world.connected("acme").await;
    world.prober.change(|set_up| set_up.trust = tests::fakes::Trust::Anyone);
    world.post(&unsafe_one, "activate").await;
}

/// Every operation with a budget, rejected because it is exhausted.
async fn exhaust_budgets(world: &World) {
    let who = TestCaller::Tenant("acme");
    let to = destination(fixtures::unique_id());
    let active = world.request(who, "POST", "/v1/connectors", Some(json!({"destination": to}))).await;
    let active = active.headers["location"].clone();
    world.request(who, "POST", &format!("{active}/activate"), None).await;
    let contacts = json!({"emails": ["a@acme.example"], "webhook": "https://hooks.acme.example/"});
    world.request(who, "PUT", &format!("{active}/contacts"), Some(contacts)).await;
    for _ in 0..2 {
        world.request(who, "POST", "/v1/connectors", body("POST", "/v1/connectors")).await;
        let explorations = "/v1/tenants/acme/explorations";
        world.request(who, "POST", explorations, body("POST", explorations)).await;
        for verb in ["run", "rotate-external-id", "rotate-webhook-secret", "test-contacts", "verify"] {
            world.request(who, "POST", &format!("{active}/{verb}"), None).await;
        }
    }
    let other = json!({"emails": ["b@acme.example"]});
    world.request(who, "PUT", &format!("{active}/contacts"), Some(other)).await;
    world.request(who, "PATCH", &active, Some(json!({"frequency": 7}))).await;
    for verb in ["pause", "resume", "disable", "enable", "activate"] {
        world.request(who, "POST", &format!("{active}/{verb}"), None).await;
    }
    let draft = world
        .request(
            TestCaller::Operator,
            "POST",
            "/v1/connectors",
            Some(json!({"tenant": "acme", "destination": destination(fixtures::unique_id())})),
        )
        .await;
    let draft = draft.headers["location"].clone();
    for _ in 0..3 {
        world.request(who, "POST", &format!("{draft}/verify"), None).await;
    }
    world.request(who, "POST", &format!("{draft}/activate"), None).await;
}

#[tokio::test]
async fn the_document_and_the_router_agree() {
    let documented = contract::documented();
    let operations: BTreeSet<_> =
        documented.iter().map(|(method, path, _)| (method.as_str(), path.as_str())).collect();
    assert_eq!(operations, ROUTES.iter().copied().collect(), "the paths and methods");

    let world = World::new();
    common_errors(&world).await;
    life_cycle(&world).await;
    portal_links(&world).await;
    questions(&world).await;
    let mut seen = world.exchanges();
    let world = World::with_budgets("changes=1000".parse().unwrap());
    records(&world).await;
    seen.extend(world.exchanges());
    let small = "connectors=1,changes=2,verifications=2,runs=1,test_messages=1".parse().unwrap();
    let world = World::with_budgets(small);
    exhaust_budgets(&world).await;
    seen.extend(world.exchanges());
    let world = World::with_confirmation_mails("confirmations=2".parse().unwrap());
    addresses(&world).await;
    seen.extend(world.exchanges());
    let world = World::new().with_portal(None);
    for (method, template) in ROUTES.iter().filter(|(_, template)| template.starts_with("/v1/portal-")) {
        let path = of_acme(method, template);
        let answer = world.request(TestCaller::Operator, method, &path, body(method, template)).await;
        assert_eq!((answer.status, answer.code()), (409, "no_portal"), "{method} {path}");
    }
    seen.extend(world.exchanges());
    for broken in [Broken::Transient, Broken::Denied, Broken::Bug] {
        let world = World::with_connectors(FakeLedger::new(), Arc::new(broken), broken);
        let world = world.with_broken_portal(broken).with_broken_records(broken);
        world.reader.fail(broken);
        for (method, template) in ROUTES {
            let path = of_acme(method, template);
            let answer = world.request(TestCaller::Operator, method, &path, body(method, template)).await;
            assert!(!format!("{answer:?}").contains(SECRET), "{method} {path} exposes its cause");
        }
        seen.extend(world.exchanges());
    }
    let met: BTreeSet<_> =
        seen.iter().map(|(method, path, status, _)| (method.clone(), path.clone(), *status)).collect();
    let missing: Vec<_> = documented.difference(&met).collect();
    assert!(missing.is_empty(), "documented, but never produced: {missing:#?}");
    let more: Vec<_> = met.difference(&documented).collect();
    assert!(more.is_empty(), "produced, but not documented: {more:#?}");

    let mut codes: BTreeSet<String> =
        seen.into_iter().map(|(_, _, _, code)| code).filter(|c| !c.is_empty()).collect();
    // These two belong to no operation.
    codes.extend(["no_such_path", "method_not_allowed"].map(str::to_owned));
    assert_eq!(codes, contract::problem_codes());
}

/// The router knows every route of `ROUTES`: none answers 404 or 405 for its path or method.
#[tokio::test]
async fn every_route_of_the_list_exists() {
    let world = World::new();
    let path = world.active("acme").await;
    let link = world.portal_link(json!({"tenant": "acme", "for": "Dana Ruiz"})).await;
    let explorations = "/v1/tenants/acme/explorations";
    let saved = world.request(TestCaller::Operator, "POST", explorations, body("POST", explorations)).await;
    for (method, template) in ROUTES {
        let path = of_acme(method, &template.replace("{id}", id_in(&path).as_str()));
        let path = path.replace(MISSING_LINK, &link);
        let path = path.replace(MISSING_EXPLORATION, saved.body["id"].as_str().unwrap());
        let answer = world.request(TestCaller::Operator, method, &path, body(method, template)).await;
        assert!(
            !matches!(
                answer.code(),
                "no_such_path" | "method_not_allowed" | "not_found" | "no_such_link" | "no_such_log"
            ),
            "{method} {path}"
        );
    }
}
