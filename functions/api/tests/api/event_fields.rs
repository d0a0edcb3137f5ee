//! Where the fields are in a connector's events: operators set it, and the tenant sees it.

use ports::EventMappings as _;
use protocol::exploration::StoredMapping;
use serde_json::json;

use crate::world::{TestCaller, World, id_in};

const ACME: TestCaller = TestCaller::Tenant("acme");

#[tokio::test]
async fn an_operator_sets_a_preset_or_a_mapping_and_the_tenant_sees_it() {
    let world = World::new();
    let connector = world.connected("acme").await;
    let path = format!("{connector}/event-fields");
    assert_eq!(world.request(ACME, "GET", &path, None).await.body, json!({"source": "none"}));
    let now = at_now();
    let guess = StoredMapping::guess(Some("ocsf".to_owned()), "ocsf".parse().unwrap(), 12, now);
    world.ledger.store_guess(&id_in(&connector), &guess).await.unwrap();
    let guessed = json!({"source": "guessed", "fields": "ocsf", "guessed_from": 12, "at": now});
    assert_eq!(world.request(ACME, "GET", &path, None).await.body, guessed);
    for (given, stored) in [
        (json!("cloudtrail"), json!("cloudtrail")),
        (json!({"actor": ["/who"], "time": "/at"}), json!({"actor": "/who", "time": "/at"})),
        (json!("{\"actor\":\"/who\"}"), json!({"actor": "/who"})),
    ] {
        for _ in 0..2 {
            let body = Some(json!({"fields": given}));
            let set = world.request(TestCaller::Operator, "PUT", &path, body).await;
            assert_eq!((set.status, &set.body["fields"]), (200, &stored));
            assert_eq!(set.body["set_by"]["kind"], "operator");
            let seen = world.request(ACME, "GET", &path, None).await;
            assert_eq!((&seen.body["source"], &seen.body["fields"]), (&json!("set"), &stored));
            assert_eq!(seen.body["set_by"], json!({"kind": "operator"}));
        }
    }
}

fn at_now() -> archive::time::Time {
    tests::fixtures::at("2026-11-20T20:15:30Z")
}

#[tokio::test]
async fn what_is_no_mapping_is_named_with_the_nearest_right_one() {
    let world = World::new();
    let path = format!("{}/event-fields", world.connected("acme").await);
    for (body, pointer, problem) in [
        (json!({}), "/fields", "missing"),
        (json!({"fields": ""}), "/fields", "empty"),
        (json!({"fields": 1}), "/fields", "a string or an object"),
        (json!({"fields": "cloudtrial"}), "/fields", "did you mean `cloudtrail`?"),
        (json!({"fields": {"actr": "/a"}}), "/fields", "did you mean `actor`?"),
        (json!({"fields": {"actor": "a.b"}}), "/fields", "write `/a/b`"),
        (json!({"fields": "ocsf", "typo": 1}), "/typo", "unknown field"),
    ] {
        let refused = world.request(TestCaller::Operator, "PUT", &path, Some(body.clone())).await;
        assert_eq!((refused.status, refused.pointers()), (422, vec![pointer]), "{body}");
        assert!(refused.body["detail"].as_str().unwrap().contains(problem), "{refused:?}");
    }
    let refused = world.request(ACME, "PUT", &path, Some(json!({"fields": "ocsf"}))).await;
    assert_eq!((refused.status, refused.code()), (403, "forbidden"));
    assert_eq!(world.get(&path).await.body, json!({"source": "none"}));
}
