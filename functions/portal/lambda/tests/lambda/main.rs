//! The portal's binary as Lambda runs it: API Gateway events come in through the Runtime API, the ledger,
//! staging and STS are on the sandbox, and the bus is a stand-in of its own.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is how a test fails")]

use control::portal::{Credential, NewLink};
use protocol::caller::Caller;
use protocol::portal::{Ability, LinkKind, LinkScope};
use sandbox::wiring::Sandbox;
use serde_json::{Value, json};
use tests::lambda::{EventBus, Function, environment_of};

const URL: &str = "https://audit.vendor.example";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\xff";

struct World {
    embedded: Sandbox,
    bus: EventBus,
}

impl World {
    async fn start() -> Self {
        Self { embedded: Sandbox::start(None, None).await.unwrap(), bus: EventBus::start().await.unwrap() }
    }

    /// The environment as the template sets it: optional variables are set and empty.
    fn environment(&self) -> Vec<(&'static str, String)> {
        let ours = ["LEDGER_TABLE", "STAGING_BUCKET", "VENDOR_DOMAIN", "SIGNING_KEY"];
        let mut environment = environment_of(self.embedded.environment(), &ours);
        environment.push(("S3_FORCE_PATH_STYLE", "true".to_owned()));
        environment.push(("AWS_ENDPOINT_URL_EVENTBRIDGE", self.bus.url.clone()));
        environment.push(("EVENT_BUS_NAME", "auditferry-events".to_owned()));
        environment.push(("PORTAL_URL", URL.to_owned()));
        environment.push(("PORTAL_NAME", "M\u{fc}ller & Co".to_owned()));
        for optional in
            ["EVENTS_INDEX", "SETTLE_SECONDS", "SIGNING_KEY_PREVIOUS", "PORTAL_ACCENT", "PORTAL_EVENTS"]
        {
            environment.push((optional, String::new()));
        }
        environment
    }

    /// The path of a new link for a person of this tenant.
    async fn link(&self, tenant: &str) -> String {
        let access = self.embedded.portal_access(URL.parse().unwrap());
        let new = NewLink {
            scope: LinkScope::Tenant { tenant: tenant.parse().unwrap() },
            kind: LinkKind::Redirect,
            abilities: [Ability::View].into_iter().collect(),
            addressee: "Ann".parse().unwrap(),
            return_url: None,
            validity: None,
        };
        let operator = Caller::Operator { name: "jane".to_owned() };
        let created = access.create(&operator, Credential::Iam, new).await.unwrap();
        created.url.strip_prefix(URL).unwrap().to_owned()
    }
}

async fn portal(environment: &[(&str, String)]) -> Function {
    Function::start(env!("CARGO_BIN_EXE_portal"), environment).await
}

/// A browser's request. Source: API Gateway developer guide, "Create AWS Lambda proxy integrations for HTTP
/// APIs", format 2.0.
fn event(method: &str, path: &str, cookies: &[&str]) -> Value {
    json!({
        "version": "2.0",
        "routeKey": "ANY /portal/{proxy+}",
        "rawPath": path,
        "rawQueryString": "",
        "cookies": cookies,
        "headers": {
            "content-type": "application/x-www-form-urlencoded",
            "host": "audit.vendor.example",
            "origin": URL,
            "sec-fetch-site": "same-origin",
        },
        "requestContext": {
            "accountId": "111111111111",
            "apiId": "id",
            "domainName": "audit.vendor.example",
            "domainPrefix": "audit",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "198.51.100.7",
                "userAgent": "test"},
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "ANY /portal/{proxy+}",
            "stage": "$default",
            "time": "20/Nov/2026:20:15:30 +0000",
            "timeEpoch": 1_795_205_730_000_i64,
        },
        "body": if method == "POST" { json!("") } else { json!(null) },
        "isBase64Encoded": false,
    })
}

async fn ask(function: &mut Function, event: Value) -> (u64, Value) {
    let answer = function.invoke(&event).await.unwrap();
    (answer["statusCode"].as_u64().unwrap(), answer)
}

/// The cookie that an answer stores, as a browser sends it back.
fn stored(answer: &Value) -> String {
    let cookies = answer["cookies"].as_array().unwrap();
    assert_eq!(cookies.len(), 1, "{answer}");
    assert!(answer["headers"]["set-cookie"].is_null(), "{answer}");
    cookies[0].as_str().unwrap().split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_link_is_redeemed_once_by_its_button_and_the_cookie_opens_the_pages() {
    let world = World::start().await;
    let path = world.link("acme").await;
    let mut environment = world.environment();
    // At the lowest level, and still nothing secret.
    environment.push(("LOG_LEVEL", "TRACE".to_owned()));
    let mut function = portal(&environment).await;

    // Robots open a link before its person does, and change nothing.
    for method in ["HEAD", "GET", "GET"] {
        let (status, answer) = ask(&mut function, event(method, &path, &[])).await;
        assert_eq!((status, &answer["cookies"]), (200, &json!(null)), "{answer}");
    }
    let (_, opened) = ask(&mut function, event("GET", &path, &[])).await;
    assert!(opened["body"].as_str().unwrap().contains("M\u{fc}ller &amp; Co invites acme"), "{opened}");

    let (status, redeemed) = ask(&mut function, event("POST", &path, &[])).await;
    assert_eq!((status, &redeemed["headers"]["location"]), (303, &json!("/portal/health")), "{redeemed}");
    let cookie = stored(&redeemed);
    assert!(cookie.starts_with("__Host-auditferry="), "{cookie}");
    let (status, again) = ask(&mut function, event("POST", &path, &[])).await;
    assert_eq!((status, &again["cookies"]), (410, &json!(null)), "{again}");

    // Among others, as the gateway splits them.
    for (cookies, expected) in [
        (vec![cookie.as_str()], 200),
        (vec!["theme=dark", &cookie, "a=b"], 200),
        (vec![], 401),
        (vec!["__Host-auditferry=x"], 401),
        (vec![&cookie, "__Host-auditferry=x"], 401),
    ] {
        let (status, page) = ask(&mut function, event("GET", "/portal/health", &cookies)).await;
        assert_eq!(status, expected, "{cookies:?}: {page}");
        assert_eq!(page["headers"]["cache-control"], "no-store");
    }

    let links = world.embedded.portal_access(URL.parse().unwrap()).links;
    let scope = LinkScope::Tenant { tenant: "acme".parse().unwrap() };
    let record = links.portal_links(&scope, None, 1).await.unwrap().items.remove(0);
    let record = serde_json::to_string(&record).unwrap();
    assert!(record.contains("198.51.100."), "the gateway's address of the person is recorded: {record}");

    let ended = function.kill().await;
    let secrets = [path.rsplit('.').next().unwrap(), cookie.rsplit('.').next().unwrap()];
    for secret in secrets {
        assert!(secret.len() > 20, "{secret}");
        let written = [&ended.stdout, &ended.stderr, &record];
        assert!(!written.iter().any(|text| text.contains(secret)), "{secret} is in the log or the record");
    }
}

#[tokio::test]
async fn the_logo_is_the_one_in_staging() {
    let world = World::start().await;
    let mut without = portal(&world.environment()).await;
    let path = world.link("acme").await;
    let (_, page) = ask(&mut without, event("GET", &path, &[])).await;
    assert!(!page["body"].as_str().unwrap().contains("/portal/assets/logo"), "{page}");

    world.embedded.logo_store().store_logo("image/png", PNG.to_vec().into()).await.unwrap();
    let mut with = portal(&world.environment()).await;
    let (_, page) = ask(&mut with, event("GET", &path, &[])).await;
    let body = page["body"].as_str().unwrap();
    let asset = body.split('"').find(|text| text.starts_with("/portal/assets/logo")).unwrap();
    let (status, logo) = ask(&mut with, event("GET", asset, &[])).await;
    assert_eq!((status, &logo["headers"]["content-type"]), (200, &json!("image/png")), "{logo}");
    assert_eq!((&logo["body"], &logo["isBase64Encoded"]), (&json!("iVBORw0KGgoA/w=="), &json!(true)));
}

#[tokio::test]
async fn an_event_that_is_no_request_is_answered_and_the_function_goes_on() {
    let world = World::start().await;
    let mut function = portal(&world.environment()).await;
    let mut odd_header = event("GET", "/portal/health", &[]);
    odd_header["headers"]["x y"] = json!("1");
    let split = event("GET", "/portal/health", &["a=1\r\nx: y"]);
    for event in [odd_header, split, json!({"Records": []}), json!(null)] {
        let (status, answer) = ask(&mut function, event).await;
        assert_eq!(status, 400, "{answer}");
    }
    for path in ["/portal/%2e%2e/v1/keys", "/portal\\health", "/portal/health#x", "portal", "", "/v1/keys"] {
        let (status, answer) = ask(&mut function, event("GET", path, &[])).await;
        assert_eq!(status, 404, "{path:?}: {answer}");
        assert!(answer["headers"]["content-security-policy"].is_string(), "{path:?}: {answer}");
    }
    let (status, _) = ask(&mut function, event("GET", "/portal/health", &[])).await;
    assert_eq!(status, 401);
}

#[tokio::test]
async fn all_errors_of_the_environment_are_reported_at_once() {
    let world = World::start().await;
    let mut environment = world.environment();
    environment.retain(|(name, _)| name.starts_with("AWS_"));
    environment.push(("PORTAL_ACCENT", "#ffd700".to_owned()));
    environment.push(("PORTAL_RETURN_URLS", "http://vendor.example".to_owned()));
    let ended = portal(&environment).await.shut_down().await;
    assert!(ended.code.is_some_and(|code| code != 0), "{ended:?}");
    let log = ended.log();
    let settings = log[0]["settings"].as_str().unwrap();
    for wrong in [
        "LEDGER_TABLE is not set",
        "STAGING_BUCKET is not set",
        "PORTAL_URL is not set",
        "PORTAL_ACCENT is `#ffd700`",
        "contrast of 1.40:1 against white, and 4.5:1 is needed",
        "PORTAL_RETURN_URLS is `http://vendor.example`",
    ] {
        assert_eq!(settings.matches(wrong).count(), 1, "{settings}");
    }
}
