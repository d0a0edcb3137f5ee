//! The API's binary as Lambda runs it: API Gateway events come in through the Runtime API, the ledger and STS
//! are on the sandbox, and the bus is a stand-in of its own.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is how a test fails")]

use sandbox::wiring::Sandbox;
use serde_json::{Value, json};
use tests::fault_injection::Outage;
use tests::lambda::{EventBus, Function, environment_of};

const ARN: &str = "arn:aws:sts::111111111111:assumed-role/Admin/jane";

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
        let ours = ["LEDGER_TABLE", "VENDOR_DOMAIN", "SIGNING_KEY"];
        let mut environment = environment_of(self.embedded.environment(), &ours);
        environment.push(("S3_FORCE_PATH_STYLE", "true".to_owned()));
        environment.push(("AWS_ENDPOINT_URL_EVENTBRIDGE", self.bus.url.clone()));
        environment.push(("EVENT_BUS_NAME", "auditferry-events".to_owned()));
        let url = "https://example.s3.amazonaws.com/customer-role.yaml".to_owned();
        environment.push(("CUSTOMER_TEMPLATE_URL", url));
        for optional in
            ["EVENTS_INDEX", "SETTLE_SECONDS", "TENANT_CLAIM", "OPERATOR_SCOPE", "SIGNING_KEY_PREVIOUS"]
        {
            environment.push((optional, String::new()));
        }
        environment
    }
}

async fn api(environment: &[(&str, String)]) -> Function {
    Function::start(env!("CARGO_BIN_EXE_api"), environment).await
}

/// Source: API Gateway developer guide, "Create AWS Lambda proxy integrations for HTTP APIs", format 2.0.
fn event(authorizer: &Value, method: &str, path: &str, body: Option<&Value>) -> Value {
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json", "host": "id.execute-api.eu-central-1.amazonaws.com"},
        "requestContext": {
            "accountId": "111111111111",
            "apiId": "id",
            "authorizer": authorizer,
            "domainName": "id.execute-api.eu-central-1.amazonaws.com",
            "domainPrefix": "id",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1",
                "userAgent": "test"},
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "$default",
            "stage": "$default",
            "time": "20/Nov/2026:20:15:30 +0000",
            "timeEpoch": 1_795_205_730_000_i64,
        },
        "body": body.map(ToString::to_string),
        "isBase64Encoded": false,
    })
}

fn iam() -> Value {
    json!({"iam": {"accessKey": "ASIA", "accountId": "111111111111", "callerId": "A:jane", "userArn": ARN,
        "userId": "A:jane"}})
}

fn token(tenant: &str) -> Value {
    json!({"jwt": {"claims": {"sub": "u1", "tenant_id": tenant}, "scopes": null}})
}

async fn ask(function: &mut Function, event: Value) -> (u64, Value) {
    let answer = function.invoke(&event).await.unwrap();
    assert_eq!(answer["isBase64Encoded"], false, "problems are text too: {answer}");
    let body = serde_json::from_str(answer["body"].as_str().unwrap_or("null")).unwrap();
    (answer["statusCode"].as_u64().unwrap(), body)
}

#[tokio::test]
async fn it_answers_api_gateway_events_and_only_authenticated_callers() {
    let world = World::start().await;
    let mut function = api(&world.environment()).await;

    let body = json!({"tenant": "acme"});
    let (status, created) = ask(&mut function, event(&iam(), "POST", "/v1/connectors", Some(&body))).await;
    assert_eq!((status, &created["state"]), (201, &json!("draft")), "{created}");
    let path = format!("/v1/connectors/{}", created["id"].as_str().unwrap());

    // It has read its account from STS and its Region from the environment.
    let (_, setup) = ask(&mut function, event(&token("acme"), "GET", &format!("{path}/setup"), None)).await;
    let trusted = &setup["trust_policy"]["Statement"][0]["Condition"]["ArnEquals"]["aws:PrincipalArn"];
    assert_eq!(trusted, "arn:aws:iam::111111111111:role/auditferry-exporter");
    let link = setup["quick_create_url"].as_str().unwrap();
    assert!(link.starts_with("https://eu-central-1.console.aws.amazon.com/"), "{link}");

    let (_, changes) = ask(&mut function, event(&iam(), "GET", &format!("{path}/changes"), None)).await;
    assert_eq!(changes["changes"][0]["by"], json!({"kind": "operator", "name": ARN}));
    assert_eq!(world.bus.published().len(), 1);

    for (authorizer, status) in [(token("acme"), 200), (token("globex"), 404), (json!(null), 401)] {
        let (answered, problem) = ask(&mut function, event(&authorizer, "GET", &path, None)).await;
        assert_eq!(answered, status, "{authorizer}: {problem}");
    }
    // API Gateway passes decoded paths: one that no URI can contain must not end the function.
    let (status, _) = ask(&mut function, event(&iam(), "GET", "/v1/connectors/con_ \u{e9}\"<", None)).await;
    assert_eq!(status, 404);

    let ended = function.kill().await;
    let external_id = created["external_id"].as_str().unwrap();
    assert!(!ended.stdout.contains(external_id) && !ended.stderr.contains(external_id));
}

/// None of these paths contains a query, since API Gateway passes it separately.
#[tokio::test]
async fn a_path_reaches_exactly_its_route_or_none() {
    let world = World::start().await;
    let mut function = api(&world.environment()).await;
    let body = json!({"tenant": "acme"});
    let (_, created) = ask(&mut function, event(&iam(), "POST", "/v1/connectors", Some(&body))).await;
    let path = format!("/v1/connectors/{}", created["id"].as_str().unwrap());
    let other = "/v1/connectors/con_0000000000000000";
    let long = format!("/v1/connectors/{}", "a".repeat(70_000));
    for confused in [
        "/v1/connectors/zzz/../../keys",
        "/v1/connectors/zzz/..\\..\\keys",
        "/v1\\keys",
        "\\v1\\keys",
        "/v1/ke\tys",
        "/v1/keys\n",
        "/v1/keys#x",
        "/v1/keys?x=1",
        "/v1/keys%3Fx=1",
        "/v1/%6beys",
        "/v1/%2e/keys",
        "/v1/%2e%2e/v1/keys",
        "/v1/./keys",
        "/v1//keys",
        "//v1/keys",
        "/v1/keys/",
        "/V1/keys",
        " /v1/keys",
        "v1/keys",
        "",
        "*",
        "@other/v1/keys",
        ":80/v1/keys",
        "https://other/v1/keys",
        "/v1/keys\u{0}",
        "/v1/keys\u{a0}",
        "/v1/ke\u{ff59}s",
        "/v1/\u{2024}\u{2024}/v1/keys",
        "/${stage}/v1/keys",
        &long,
    ] {
        let (status, problem) = ask(&mut function, event(&iam(), "GET", confused, None)).await;
        assert_eq!(status, 404, "{confused:?}: {problem}");
        assert!(problem["keys"].is_null(), "{confused:?}");
    }
    // Nothing is done to a connector other than the one in the path.
    for confused in [format!("{other}/../{}", created["id"].as_str().unwrap()), path.replacen('_', "%5F", 1)]
    {
        let (status, problem) = ask(&mut function, event(&iam(), "DELETE", &confused, None)).await;
        assert_eq!(status, 404, "{confused:?}: {problem}");
    }
    let (status, read) = ask(&mut function, event(&iam(), "GET", &path, None)).await;
    assert_eq!((status, &read["state"]), (200, &json!("draft")));
    let (status, keys) = ask(&mut function, event(&iam(), "GET", "/v1/keys", None)).await;
    assert_eq!((status, keys["keys"].is_array()), (200, true));
}

#[tokio::test]
async fn an_unreadable_event_is_answered_and_the_function_goes_on() {
    let world = World::start().await;
    let mut function = api(&world.environment()).await;
    let sound = event(&iam(), "POST", "/v1/connectors", Some(&json!({"tenant": "acme"})));
    let with = |pointer: &str, value: Value| {
        let mut event = sound.clone();
        *event.pointer_mut(pointer).unwrap() = value;
        event
    };
    let mut flagged = with("/body", json!("{no base64}"));
    flagged["isBase64Encoded"] = json!(true);
    let mut odd_header = sound.clone();
    odd_header["headers"]["x y"] = json!("1");
    let mut long_query = event(&iam(), "GET", "/v1/connectors", None);
    long_query["rawQueryString"] = json!("a".repeat(70_000));
    let many: serde_json::Map<String, Value> = (0..40_000).map(|n| (format!("x-{n}"), json!("1"))).collect();
    for (what, event) in [
        ("a body that is not base64", flagged),
        ("a header with an invalid name", odd_header),
        ("a header with a line break", with("/headers/content-type", json!("text/plain\r\nx: y"))),
        ("an invalid host", with("/headers/host", json!("a b:c/d\u{0}"))),
        ("too many headers", with("/headers", Value::Object(many))),
        ("an invalid method", with("/requestContext/http/method", json!("G T"))),
        ("no method", with("/requestContext/http/method", json!(""))),
        ("a query that is longer than a URL", long_query),
        ("a query with a fragment", with("/rawQueryString", json!("a#b"))),
        ("a path that is not a string", with("/rawPath", json!(7))),
        ("headers that are not an object", with("/headers", json!([1]))),
        ("another event", json!({"Records": []})),
        ("no event", json!(null)),
    ] {
        let (status, problem) = ask(&mut function, event).await;
        assert_eq!((status, &problem["code"]), (400, &json!("malformed")), "{what}: {problem}");
    }
    let forwarded = {
        let mut event = sound.clone();
        event["headers"]["x-forwarded-proto"] = json!("no scheme");
        event
    };
    for (what, event) in [
        ("an invalid scheme", forwarded),
        ("a body of bytes", {
            let mut event = with("/body", json!("eyJ0ZW5hbnQiOiJhY21lIn0="));
            event["isBase64Encoded"] = json!(true);
            event
        }),
    ] {
        let (status, created) = ask(&mut function, event).await;
        assert_eq!(status, 201, "{what}: {created}");
    }
}

#[tokio::test]
async fn a_response_has_the_request_id_of_the_gateway_and_the_log() {
    let world = World::start().await;
    let mut environment = world.environment();
    environment.retain(|(name, _)| *name != "LEDGER_TABLE");
    environment.push(("LEDGER_TABLE", "no-such-table".to_owned()));
    let mut function = api(&environment).await;
    let answer = function.invoke(&event(&iam(), "GET", "/v1/connectors", None)).await.unwrap();
    let problem: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    assert_eq!((&answer["statusCode"], &problem["code"]), (&json!(500), &json!("internal")));
    assert_eq!(problem["request_id"], "JKJaXmPLvHcESHA=");
    assert_eq!(answer["headers"]["x-request-id"], "JKJaXmPLvHcESHA=");
    let answer = function.invoke(&event(&iam(), "GET", "/nowhere", None)).await.unwrap();
    assert_eq!(answer["headers"]["x-request-id"], "JKJaXmPLvHcESHA=");
    assert!(!answer["body"].as_str().unwrap().contains("request_id"), "no internal error occurred");
    let log = function.kill().await.log();
    let line = log.iter().find(|line| line["level"] == "ERROR").unwrap();
    assert!(line.to_string().contains(r#""request_id":"JKJaXmPLvHcESHA=""#), "{line}");
}

#[tokio::test]
async fn a_change_whose_notice_the_bus_rejects_is_made_logged_with_its_connector_and_counted() {
    let world = World::start().await;
    world.bus.outage(Outage::Denied, 1);
    let mut environment = world.environment();
    // At the lowest level, and still nothing secret.
    environment.push(("LOG_LEVEL", "TRACE".to_owned()));
    let mut function = api(&environment).await;
    let body = json!({"tenant": "acme"});
    let (status, created) = ask(&mut function, event(&iam(), "POST", "/v1/connectors", Some(&body))).await;
    assert_eq!(status, 201, "{created}");
    let ended = function.kill().await;
    let secret = world.embedded.stack().vendor_credentials().secret_access_key;
    for secret in [created["external_id"].as_str().unwrap(), &secret] {
        assert!(!ended.stdout.contains(secret) && !ended.stderr.contains(secret), "{secret} is in the log");
    }
    let log = ended.log();
    let of_it = |line: &&Value| line["connector.id"] == created["id"];
    let lines: Vec<&Value> = log.iter().filter(of_it).collect();
    let [line, figures] = lines.as_slice() else { panic!("{log:#?}") };
    assert_eq!((&line["level"], &line["message"]), (&json!("ERROR"), &json!("failed to publish a notice")));
    assert_eq!((&figures["NoticesLost"], &figures["stack"]), (&json!(1), &json!("auditferry")));
    assert_eq!(world.bus.published(), [json!(null); 0]);
}

#[tokio::test]
async fn all_errors_of_the_environment_are_reported_at_once() {
    let world = World::start().await;
    let mut environment = world.environment();
    environment.retain(|(name, _)| name.starts_with("AWS_"));
    environment.push(("TENANT_CLAIM", "a b".to_owned()));
    environment.push(("EXPORTER_ROLE_NAME", "role/x".to_owned()));
    let ended = api(&environment).await.shut_down().await;
    assert!(ended.code.is_some_and(|code| code != 0), "{ended:?}");
    let log = ended.log();
    let settings = log[0]["settings"].as_str().unwrap();
    for wrong in [
        "LEDGER_TABLE is not set",
        "EVENT_BUS_NAME is not set",
        "TENANT_CLAIM is `a b`",
        "EXPORTER_ROLE_NAME is `role/x`",
    ] {
        assert!(settings.contains(wrong), "{settings}");
    }
}
