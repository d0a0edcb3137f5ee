//! Load attacks on the whole router on the sandbox. However much a tenant requests, however fast and with
//! however many clients, it gets what its budgets allow. Each rejection contains the limit and when the
//! budget is available again, and stores nothing.

use archive::names::ConnectorId;
use futures_util::StreamExt as _;
use futures_util::stream;
use sandbox::wiring::Sandbox;
use serde_json::{Value, json};
use tests::fixtures::{self, at};

use crate::world::{ApiResponse, TestCaller, World, destination, id_in};

const ACME: TestCaller = TestCaller::Tenant("acme");

/// The sandbox at the start of an hour, so that no hour ends during a test, and the router on it.
async fn embedded() -> (Sandbox, World) {
    let embedded = Sandbox::start(None, Some(at("2026-11-20T20:00:00Z"))).await.unwrap();
    let world = World::with_onboarding(embedded.onboarding());
    (embedded, world)
}

fn count(answers: &[ApiResponse], status: u16) -> usize {
    answers.iter().filter(|answer| answer.status == status).count()
}

/// Checks the format of every rejection; returns their number.
fn refused(answers: &[ApiResponse], budget: &str, limit: u32, frees: Option<&str>) -> usize {
    let mut refused = 0;
    for answer in answers.iter().filter(|answer| answer.status == 429) {
        assert_eq!(
            (answer.code(), &answer.body["budget"]),
            ("budget_exhausted", &json!(budget)),
            "{answer:?}"
        );
        assert_eq!((&answer.body["limit"], answer.body["frees_at"].as_str()), (&json!(limit), frees));
        let detail = answer.body["detail"].as_str().unwrap();
        assert!(detail.contains(&format!("limit of {limit} ")), "{detail}");
        assert!(frees.is_none_or(|frees| detail.contains(frees)), "{detail}");
        let seconds: u64 = answer.headers["retry-after"].parse().unwrap();
        assert!((1..=86_400).contains(&seconds), "{seconds}");
        refused += 1;
    }
    refused
}

/// How many concurrent requests a client makes: with more, the stand-ins' own responses take too long.
const WIDTH: usize = 24;

/// `count` attempts by two racing clients, each with many concurrent requests. All of them get a response.
async fn at_once<T: Future<Output = ApiResponse>>(
    tries: usize,
    ask: impl Fn(usize) -> T,
) -> Vec<ApiResponse> {
    let half = tries / 2;
    let client = async |tries: std::ops::Range<usize>| {
        stream::iter(tries.map(&ask)).buffer_unordered(WIDTH).collect::<Vec<_>>().await
    };
    let (first, second) = tokio::join!(client(0..half), client(half..tries));
    let answers = [first, second].concat();
    let broken = answers.iter().find(|answer| answer.status >= 500);
    assert!(broken.is_none(), "{broken:?}");
    answers
}

async fn listed(world: &World) -> Vec<Value> {
    let listed = world.get("/v1/connectors?tenant=acme&deleted=true&limit=100").await;
    listed.body["connectors"].as_array().unwrap().clone()
}

#[tokio::test]
async fn three_hundred_connectors_at_once_are_twenty() {
    let (embedded, world) = embedded().await;
    let create = |_| world.request(ACME, "POST", "/v1/connectors", Some(json!({})));
    let answers = at_once(300, create).await;
    assert_eq!((count(&answers, 201), refused(&answers, "connectors", 20, None)), (20, 280));
    assert_eq!(answers.iter().find(|answer| answer.status == 429).unwrap().headers["retry-after"], "3600");
    assert_eq!(
        (listed(&world).await.len(), embedded.bus().events().len()),
        (20, 20),
        "what is refused leaves nothing"
    );

    // Another tenant has its own budget, an operator may exceed it, and a deletion releases one unit.
    assert_eq!(
        world.request(TestCaller::Tenant("globex"), "POST", "/v1/connectors", Some(json!({}))).await.status,
        201
    );
    let given =
        world.request(TestCaller::Operator, "POST", "/v1/connectors", Some(json!({"tenant": "acme"}))).await;
    assert_eq!(given.status, 201);
    let first = answers.iter().find(|answer| answer.status == 201).unwrap().headers["location"].clone();
    for path in [first, given.headers["location"].clone()] {
        assert_eq!(world.request(ACME, "DELETE", &path, None).await.status, 200);
    }
    let answers = at_once(20, create).await;
    assert_eq!((count(&answers, 201), count(&answers, 429)), (1, 19));
}

/// The same key from all of them creates one connector, and none of them is rejected.
#[tokio::test]
async fn equal_keys_at_once_are_one_connector() {
    let (_embedded, world) = embedded().await;
    let key = [("idempotency-key", "k")];
    let create = |_| world.request_with_headers(ACME, "POST", "/v1/connectors", &key, Some(json!({})));
    let answers = at_once(60, create).await;
    assert_eq!(count(&answers, 201), 60, "{:?}", answers.iter().find(|answer| answer.status != 201));
    assert!(answers.iter().all(|answer| answer.body["id"] == answers[0].body["id"]));
    let other =
        world.request_with_headers(ACME, "POST", "/v1/connectors", &key, Some(json!({"frequency": 6}))).await;
    assert_eq!(
        (other.status, other.code(), other.pointers()),
        (422, "idempotency_key_reused", vec!["/frequency"])
    );
    assert_eq!(other.body["errors"][0]["detail"], "frequency was 1 and is now 6");
    assert_eq!(listed(&world).await.len(), 1);
    // The key expires with its connector.
    let path = answers[0].headers["location"].clone();
    assert_eq!(world.request(ACME, "DELETE", &path, None).await.status, 200);
    let next = at_once(10, create).await;
    assert!(next.iter().all(|answer| answer.status == 201 && answer.body["id"] == next[0].body["id"]));
    assert_eq!((&next[0].body["state"], listed(&world).await.len()), (&json!("draft"), 2));
    assert_ne!(next[0].body["id"], answers[0].body["id"]);
}

#[tokio::test]
async fn eight_hundred_verifications_are_thirty() {
    let (embedded, world) = embedded().await;
    let to = destination(fixtures::unique_id());
    let bucket = to["bucket"].as_str().unwrap().to_owned();
    let path = world.request(ACME, "POST", "/v1/connectors", Some(json!({"destination": to}))).await;
    let path = path.headers["location"].clone();
    admit(&embedded, &id_in(&path)).await;
    let verify = |_| {
        let path = format!("{path}/verify");
        let world = &world;
        async move { world.request(ACME, "POST", &path, None).await }
    };
    let answers = at_once(817, verify).await;
    let frees = Some("2026-11-20T21:00:00.000Z");
    let refused = refused(&answers, "verifications", 30, frees);
    // Two concurrent checks may conflict when they store their result: that is a 409.
    assert_eq!((refused, count(&answers, 200) + count(&answers, 409)), (787, 30));
    assert!(embedded.stack().objects(&bucket).unwrap().len() <= 30, "no object without a check");
    // Operations that include a check are rejected too; operations that stop something are not.
    assert_eq!(world.request(ACME, "POST", &format!("{path}/activate"), None).await.status, 429);
    assert_eq!(world.request(ACME, "POST", &format!("{path}/disable"), None).await.status, 200);
}

#[tokio::test]
async fn a_flood_of_changes_is_sixty() {
    let (embedded, world) = embedded().await;
    let created = world.request(ACME, "POST", "/v1/connectors", Some(json!({}))).await;
    let path = created.headers["location"].clone();
    // Two clients, each of which sends its next request after a response: so hardly any of them loses a race
    // four times in a row.
    let client = async |kind: usize| {
        let mut answers = Vec::new();
        for n in 0..100 {
            let frequency = json!({"frequency": 1 + (n + kind) % 24});
            answers.push(match (n + kind) % 3 {
                0 => world.request(ACME, "POST", &format!("{path}/rotate-external-id"), None).await,
                1 => world.request(ACME, "PATCH", &path, Some(frequency)).await,
                _ => {
                    let emails = json!({"emails": [format!("a{n}-{kind}@acme.example")]});
                    world.request(ACME, "PUT", &format!("{path}/contacts"), Some(emails)).await
                }
            });
        }
        answers
    };
    let (first, second) = tokio::join!(client(0), client(1));
    let answers = [first, second].concat();
    let refused = refused(&answers, "changes", 60, Some("2026-11-20T21:00:00.000Z"));
    let records =
        world.get(&format!("{path}/changes?limit=100")).await.body["changes"].as_array().unwrap().len();
    assert_eq!((records, embedded.bus().events().len()), (61, 61), "the creation and sixty changes");
    assert!(refused >= 100, "{refused}");
    // The tenant's flood does not stop an operator's fix.
    assert_eq!(world.post(&path, "rotate-external-id").await.status, 200);
}

#[tokio::test]
async fn three_hundred_test_messages_are_twenty() {
    let (embedded, world) = embedded().await;
    let mut paths = Vec::new();
    for connector in 0..20 {
        let created = world.request(ACME, "POST", "/v1/connectors", Some(json!({}))).await;
        let path = created.headers["location"].clone();
        let emails: Vec<_> = (0..5).map(|n| format!("stranger{n}@of{connector}.example")).collect();
        let contacts = json!({"emails": emails, "webhook": "https://hooks.acme.example/"});
        assert_eq!(world.request(ACME, "PUT", &format!("{path}/contacts"), Some(contacts)).await.status, 200);
        paths.push(format!("{path}/test-contacts"));
    }
    let before = embedded.bus().events().len();
    let test = |n: usize| {
        // Operators can't send more than that either.
        let who = if n.is_multiple_of(2) { ACME } else { TestCaller::Operator };
        let (world, path) = (&world, &paths[n % paths.len()]);
        async move { world.request(who, "POST", path, None).await }
    };
    let answers = at_once(300, test).await;
    // Six messages each: three tests are eighteen.
    assert_eq!((count(&answers, 202), embedded.bus().events().len() - before), (3, 3));
    let refused = refused(&answers, "test_messages", 20, Some("2026-11-21T00:00:00.000Z"));
    assert!(refused >= 17, "{refused}");
    let words = answers.iter().find(|answer| answer.status == 429).unwrap().body["detail"].as_str().unwrap();
    assert_eq!(
        words,
        "Tenant acme has used its limit of 20 test messages per day; it resets at 2026-11-21T00:00:00.000Z. \
         Try again after 2026-11-21T00:00:00.000Z."
    );
}

#[tokio::test]
async fn run_requests_are_twelve_an_hour() {
    let (embedded, world) = embedded().await;
    let body = json!({"destination": destination(fixtures::unique_id())});
    let path = world.request(ACME, "POST", "/v1/connectors", Some(body)).await.headers["location"].clone();
    admit(&embedded, &id_in(&path)).await;
    assert_eq!(world.request(ACME, "POST", &format!("{path}/activate"), None).await.status, 200);
    let path = format!("{path}/run");
    let run = |n: usize| {
        let (world, path, key) = (&world, &path, format!("key-{n}"));
        async move {
            let headers = [("idempotency-key", key.as_str())];
            world.request_with_headers(ACME, "POST", path, &headers, None).await
        }
    };
    let answers = at_once(40, run).await;
    assert_eq!(
        (count(&answers, 202), refused(&answers, "runs", 12, Some("2026-11-20T21:00:00.000Z"))),
        (12, 28)
    );
    assert_eq!(world.request(TestCaller::Operator, "POST", &path, None).await.status, 202);
}

/// The customer's role and bucket for a connector.
async fn admit(embedded: &Sandbox, id: &ConnectorId) {
    let connector = embedded.connectors().get(id).await.unwrap().unwrap().0;
    embedded.grant_access(&connector).unwrap();
}
