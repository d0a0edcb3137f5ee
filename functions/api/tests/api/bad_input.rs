//! Every invalid request gets a response with the errors and the valid format.

use axum::body::Body;
use axum::http::Request;
use proptest::prelude::*;
use serde_json::{Value, json};
use tests::fixtures;

use crate::world::{ApiResponse, TestCaller, World, destination};

async fn create(world: &World, body: Value) -> ApiResponse {
    world.request(TestCaller::Operator, "POST", "/v1/connectors", Some(body)).await
}

async fn raw(
    world: &World,
    method: &str,
    path: &str,
    content_type: Option<&str>,
    body: impl Into<Body>,
) -> ApiResponse {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(content_type) = content_type {
        request = request.header("content-type", content_type);
    }
    world.send(TestCaller::Operator, request.body(body.into()).unwrap()).await
}

#[tokio::test]
async fn all_errors_are_reported_at_once_with_their_pointers_and_the_valid_format() {
    let world = World::new();
    let body = json!({
        "tenant": "acme#1",
        "frequency": 25,
        "shards": 65,
        "encoding": {"format": "xml"},
        "start_from": "yesterday",
        "external_id": "af-00000000000000000000000000000001",
        "destination": {"role": "arn:aws:iam::1:role/x", "bucket": "A", "region": "Frankfurt",
            "prefix": "../x", "endpoint": "http://evil"},
    });
    let refused = create(&world, body).await;
    assert_eq!((refused.status, refused.code()), (422, "refused"));
    let pointers = [
        "/tenant",
        "/shards",
        "/frequency",
        "/encoding/format",
        "/encoding/compression",
        "/start_from",
        "/destination/role",
        "/destination/bucket",
        "/destination/region",
        "/destination/prefix",
        "/destination/endpoint",
        "/external_id",
    ];
    assert_eq!(refused.pointers(), pointers);
    let errors = refused.body["errors"].to_string();
    for expected in [
        "ends in `#1`",
        "1 to 64",
        "1 to 24",
        "json, ndjson",
        "2026-11-20T20:15:30.123Z",
        "3 to 63",
        "eu-central-1",
    ] {
        assert!(errors.contains(expected), "{expected}: {errors}");
    }
    assert!(!errors.contains("af-0000"), "what looks like an external ID is not repeated: {errors}");
}

#[tokio::test]
async fn each_field_rejects_what_the_platform_rejects() {
    let world = World::new();
    let with = |field: &str, value: Value| {
        let mut to = destination(1);
        to[field] = value;
        json!({"tenant": "acme", "destination": to})
    };
    for (body, pointer) in [
        (json!({"tenant": "acme", "frequency": 0}), "/frequency"),
        (json!({"tenant": "acme", "frequency": 1.5}), "/frequency"),
        (json!({"tenant": "acme", "frequency": "1"}), "/frequency"),
        (json!({"tenant": "acme", "shards": -1}), "/shards"),
        (json!({"tenant": "acme", "start_from": null}), "/start_from"),
        (json!({"tenant": "acme", "destination": "s3://x"}), "/destination"),
        (json!({"tenant": ["acme"]}), "/tenant"),
        (json!({"tenant": ""}), "/tenant"),
        (json!({"tenant": "acme\n"}), "/tenant"),
        (json!({"tenant": "a".repeat(257)}), "/tenant"),
        (json!({"tenant": "acme#0"}), "/tenant"),
        (json!({"tenant": "a#b#12", "shards": 4}), "/tenant"),
        (json!({}), "/tenant"),
        (with("prefix", json!("a//b")), "/destination/prefix"),
        (with("prefix", json!("/a")), "/destination/prefix"),
        (with("prefix", json!("a\u{7}b")), "/destination/prefix"),
        (with("prefix", json!("${aws:username}")), "/destination/prefix"),
        (with("prefix", json!("p".repeat(201))), "/destination/prefix"),
        (with("bucket", json!("10.0.0.1")), "/destination/bucket"),
        (with("role", json!("arn:aws:iam::222222222222:user/x")), "/destination/role"),
        (with("role", json!("arn:aws:iam::222222222222:role/Delivery")), "/destination/role"),
        (with("kms_key", json!("alias/x")), "/destination/kms_key"),
    ] {
        let refused = create(&world, body.clone()).await;
        assert_eq!((refused.status, refused.pointers()), (422, vec![pointer]), "{body}");
    }
}

#[tokio::test]
async fn bodies_have_a_maximum_size_a_type_and_a_format() {
    let world = World::new();
    let path = world.connected("acme").await;
    let verb = format!("{path}/verify");
    for (method, path) in [("POST", "/v1/connectors"), ("PATCH", path.as_str()), ("POST", verb.as_str())] {
        let json = Some("application/json");
        assert_eq!(
            raw(&world, method, path, json, vec![b' '; (64 << 10) + 1]).await.status,
            413,
            "{method} {path}"
        );
        assert_eq!(raw(&world, method, path, Some("text/plain"), "{}").await.status, 415, "{method} {path}");
        assert_eq!(raw(&world, method, path, None, "{}").await.status, 415, "{method} {path}");
        for bad in ["{", "[]", "\"x\"", "{\"a\":1}}", "\u{feff}{}"] {
            let answer = raw(&world, method, path, json, bad).await;
            assert_eq!((answer.status, answer.code()), (400, "malformed"), "{method} {path} {bad}");
        }
        assert_eq!(raw(&world, method, path, json, vec![0xff, 0xfe]).await.status, 400);
        let unknown = raw(&world, method, path, json, "{\"tpyo\":1}").await;
        assert!(unknown.pointers().contains(&"/tpyo"), "{unknown:?}");
    }
    let just_fits = format!("{{}}{}", " ".repeat((64 << 10) - 2));
    assert_eq!(raw(&world, "POST", &verb, Some("application/json"), just_fits).await.status, 200);
    let too_large =
        Request::post("/v1/connectors").header("content-length", "65537").body(Body::empty()).unwrap();
    assert_eq!(
        world.send(TestCaller::Operator, too_large).await.status,
        413,
        "rejected by Content-Length, without reading it"
    );
}

#[tokio::test]
async fn other_methods_and_paths_get_405_and_404() {
    let world = World::new();
    let path = world.connected("acme").await;
    for (method, path, allow) in [
        ("PUT", path.clone(), "GET,HEAD,PATCH,DELETE"),
        ("DELETE", "/v1/connectors".into(), "GET,HEAD,POST"),
        ("GET", format!("{path}/verify"), "POST"),
        ("POST", format!("{path}/exports"), "GET,HEAD"),
    ] {
        let answer = raw(&world, method, &path, None, Body::empty()).await;
        assert_eq!((answer.status, answer.code()), (405, "method_not_allowed"), "{method} {path}");
        assert_eq!(answer.headers["allow"], allow, "{method} {path}");
    }
    for path in
        ["/", "/v2/connectors", "/v1/connectors/", &format!("{path}/nothing"), "/v1/connectors//verify"]
    {
        let answer = raw(&world, "POST", path, None, Body::empty()).await;
        assert!(matches!(answer.code(), "no_such_path" | "not_found"), "{path} {answer:?}");
        assert_eq!(answer.status, 404);
    }
}

#[tokio::test]
async fn an_invalid_id_is_not_found() {
    let world = World::new();
    for id in [
        "con_1",
        "CON_0000000000000001",
        "con_000000000000000g",
        "%00",
        "%ff",
        "..%2f",
        "con_0000000000000001%20",
        "*",
    ] {
        let answer = world.get(&format!("/v1/connectors/{id}")).await;
        assert_eq!((answer.status, answer.code()), (404, "not_found"), "{id}");
    }
}

#[tokio::test]
async fn queries_and_headers_are_validated() {
    let world = World::new();
    let path = world.active("acme").await;
    for query in
        ["limit=0", "limit=101", "limit=1&limit=1", "cursor=zzz", "tenant=", "tenant=a%0Ab", "teannt=acme"]
    {
        assert_eq!(world.get(&format!("/v1/connectors?{query}")).await.code(), "malformed", "{query}");
    }
    for listing in ["exports", "changes"] {
        assert_eq!(world.get(&format!("{path}/{listing}?cursor=AAAA")).await.code(), "malformed");
    }
    for path in [path.clone(), format!("{path}/setup")] {
        assert_eq!(world.get(&format!("{path}?x=1")).await.code(), "malformed");
    }
    let deleting =
        world.request(TestCaller::Operator, "DELETE", &format!("{path}?accept_loss=yes"), None).await;
    assert_eq!(deleting.code(), "malformed");
    let header = [("if-match", "3")];
    let paused = world
        .request_with_headers(TestCaller::Operator, "POST", &format!("{path}/pause"), &header, None)
        .await;
    assert_eq!(paused.code(), "malformed");
    let key = [("idempotency-key", "a b")];
    let created = world
        .request_with_headers(
            TestCaller::Operator,
            "POST",
            "/v1/connectors",
            &key,
            Some(json!({"tenant": "acme"})),
        )
        .await;
    assert_eq!(created.code(), "malformed");
}

fn path() -> impl Strategy<Value = String> {
    let id = prop_oneof![Just("con_0000000000000001".to_owned()), "[ -~]{0,24}", any::<String>()];
    let routes: Vec<&'static str> = api::ROUTES.iter().map(|(_, path)| *path).collect();
    (prop::sample::select(routes), id, "(\\?[ -~]{0,30})?").prop_map(|(template, id, query)| {
        let escaped: String = form_urlencoded::byte_serialize(id.as_bytes()).collect();
        ["{id}", "{tenant}", "{download}", "{exploration}"]
            .iter()
            .fold(template.to_owned(), |path, name| path.replace(name, &escaped))
            + &query
    })
}

/// JSON of any shape, with valid field names among the others.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let leaf = prop_oneof![
        any::<String>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        Just(Value::Null)
    ];
    let name = prop_oneof![
        prop::sample::select(vec![
            "tenant",
            "frequency",
            "shards",
            "encoding",
            "destination",
            "prefix",
            "role"
        ])
        .prop_map(str::to_owned),
        any::<String>(),
    ];
    let json = leaf.prop_recursive(3, 24, 6, move |inner| {
        prop::collection::btree_map(name.clone(), inner, 0..6).prop_map(|fields| json!(fields))
    });
    prop_oneof![
        json.prop_map(|json| json.to_string().into_bytes()),
        prop::collection::vec(any::<u8>(), 0..200)
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_request_makes_it_panic_or_fail(
        method in prop::sample::select(vec!["GET", "POST", "PATCH", "DELETE", "PUT", "HEAD"]),
        path in path(),
        header in "[ -~]{0,20}",
        body in body(),
        tenant: bool,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let world = World::new();
            let request = Request::builder().method(method).uri(&path);
            let request = request.header("content-type", "application/json");
            let request = request.header("if-match", header.trim()).header("idempotency-key", header.trim());
            let Ok(request) = request.body(Body::from(body)) else { return };
            let who = if tenant { TestCaller::Tenant("acme") } else { TestCaller::Operator };
            let answer = world.send(who, request).await;
            assert!(answer.status < 500, "{method} {path}: {answer:?}");
        });
    }
}

#[tokio::test]
async fn incompatible_values_are_rejected_with_their_field_and_nothing_is_stored() {
    let world = World::new();
    let path = world.connected("acme").await;
    let before = world.get(&path).await;
    let valid = before.body["destination"].clone();
    let with = |field: &str, value: &str| {
        let mut to = valid.clone();
        to[field] = json!(value);
        to
    };
    for (to, pointer, expected) in [
        (with("region", "cn-north-1"), "/destination/region", "aws-cn"),
        (with("role", "arn:aws-us-gov:iam::222222222222:role/auditferry/R"), "/destination/role", "arn:aws:"),
        (
            with("role", "arn:aws:iam::111111111111:role/auditferry/R"),
            "/destination/role",
            "customer's account",
        ),
        (
            with("kms_key", "arn:aws:kms:us-east-2:222222222222:key/1234abcd-12ab-34cd-56ef-1234567890ab"),
            "/destination/kms_key",
            "the key is in us-east-2",
        ),
        (
            with("kms_key", "arn:aws:kms:eu-central-1:222222222222:alias/aws/s3"),
            "/destination/kms_key",
            "use a customer managed key",
        ),
        (with("bucket", "acme-999999999999-eu-central-1-an"), "/destination/bucket", "999999999999"),
        (with("bucket", "s3://acme-log/audit"), "/destination/bucket", "the bucket acme-log"),
        (
            with("role", "arn:aws:sts::222222222222:assumed-role/R/x"),
            "/destination/role",
            "names a role session",
        ),
    ] {
        for (method, at, body) in [
            ("PATCH", path.as_str(), json!({"destination": to})),
            ("POST", "/v1/connectors", json!({"tenant": "acme", "destination": to})),
        ] {
            let refused = world.request(TestCaller::Operator, method, at, Some(body)).await;
            assert_eq!((refused.status, refused.code()), (422, "refused"), "{to}: {refused:?}");
            assert!(refused.pointers().contains(&pointer), "{to}: {refused:?}");
            assert!(refused.body["errors"].to_string().contains(expected), "{to}: {refused:?}");
        }
    }
    assert_eq!(world.get(&path).await, before);
    assert!(world.prober.probes().is_empty(), "nothing was probed");
}

#[tokio::test]
async fn pasted_values_are_stored_without_surrounding_spaces() {
    let world = World::new();
    let path = world.connected("acme").await;
    let mut to = destination(fixtures::unique_id());
    let bare = to.clone();
    for field in ["role", "bucket", "region"] {
        to[field] = json!(format!(" \"{}\"\n", to[field].as_str().unwrap()));
    }
    let body = json!({"destination": to}).to_string();
    let updated = raw(&world, "PATCH", &path, Some("application/json"), body).await;
    assert_eq!((updated.status, &updated.body["destination"]), (200, &bare), "{updated:?}");
}

#[tokio::test]
async fn a_response_names_unknown_parameters_and_does_not_grow_with_them() {
    let world = World::new();
    let unknown = world.get("/v1/connectors?tennant=x&limit=1").await;
    let detail = unknown.body["detail"].as_str().unwrap();
    assert_eq!(detail, "Unknown query parameter tennant; valid parameters: tenant, deleted, cursor, limit.");
    let twice = world.get("/v1/connectors?limit=1&limit=2").await;
    assert!(twice.body["detail"].as_str().unwrap().contains("limit"), "{twice:?}");
    for path in ["/", "/v2/connectors", "/v1"] {
        let nowhere = world.get(path).await;
        assert_eq!((nowhere.status, nowhere.code()), (404, "no_such_path"));
        let detail = nowhere.body["detail"].as_str().unwrap();
        assert!(detail.contains("/v1/keys") && detail.contains("/v1/connectors"), "{detail}");
    }
    let mut many = json!({"tenant": "acme"});
    for n in 0..5_000 {
        many[format!("f{n}")] = json!(0);
    }
    let refused = create(&world, many.clone()).await;
    assert_eq!(refused.pointers().len(), 20);
    assert!(refused.body["detail"].as_str().unwrap().contains("and 4980 more"), "{refused:?}");
    assert!(refused.body.to_string().len() < many.to_string().len());
    let emails = json!({"emails": vec!["x"; 5_000]});
    let path = world.connected("acme").await;
    let refused = world.request(TestCaller::Operator, "PUT", &format!("{path}/contacts"), Some(emails)).await;
    assert!(refused.status == 422 && refused.pointers().len() <= 20, "{refused:?}");
}
