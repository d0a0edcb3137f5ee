//! The life cycle of a connector, from creation to deletion, as its administrator sees it.

use std::time::Duration;

use protocol::delivery_error::{DeliveryError, DeliveryErrorKind, DeliveryStage};
use serde_json::json;
use tests::fixtures;

use crate::world::{TestCaller, World, destination, id_in};

const ACME: TestCaller = TestCaller::Tenant("acme");

#[tokio::test]
async fn an_administrator_sets_up_an_export_without_help() {
    let world = World::new();
    let created = world.request(ACME, "POST", "/v1/connectors", Some(json!({}))).await;
    assert_eq!((created.status, created.headers["etag"].as_str()), (201, "\"1\""));
    assert_eq!((&created.body["tenant"], &created.body["state"]), (&json!("acme"), &json!("draft")));
    assert!(created.body.get("health").is_none(), "it exports nothing yet");
    let path = created.headers["location"].clone();

    let setup = world.request(ACME, "GET", &format!("{path}/setup"), None).await;
    assert_eq!(setup.body["external_id"], created.body["external_id"]);
    let link = setup.body["quick_create_url"].as_str().unwrap();
    assert_eq!(created.body["quick_create_url"], link, "the response to the creation contains it");
    assert!(link.contains(created.body["external_id"].as_str().unwrap()), "{link}");

    assert!(setup.body.get("warnings").is_none(), "the template is publicly readable");
    world.published.deny("it answered 403");
    let warned = world.request(ACME, "GET", &format!("{path}/setup"), None).await;
    assert_eq!(warned.body["quick_create_url"], link);
    assert!(warned.body["warnings"][0].as_str().unwrap().contains("it answered 403"), "{}", warned.body);

    let to = destination(fixtures::unique_id());
    let connected = world.request(ACME, "PATCH", &path, Some(json!({"destination": to}))).await;
    assert_eq!((&connected.body["destination"], &connected.body["state"]), (&to, &json!("ready")));
    assert_eq!(connected.body["verification"]["passed"], true);

    let activated = world.request(ACME, "POST", &format!("{path}/activate"), None).await;
    assert_eq!((activated.status, &activated.body["state"]), (200, &json!("active")));
    assert_eq!(activated.body["health"]["status"], "healthy");
    assert_eq!(activated.body["progress"]["next_run_at"], "2026-11-20T21:05:00.000Z");

    world.export(&path, true).await;
    world.export(&path, false).await;
    let read = world.request(ACME, "GET", &path, None).await;
    let progress = &read.body["progress"];
    assert_eq!((&progress["sealed_parts"], &progress["undelivered_parts"]), (&json!(2), &json!(1)));
    assert_eq!(
        (&progress["last_export"]["part"], &progress["last_export"]["state"]),
        (&json!(1), &json!("delivered"))
    );
    assert!(progress["manifest"].is_string() && progress["last_export"]["manifest"].is_string());
    assert_ne!(progress["manifest"], progress["last_export"]["manifest"], "the sealed one's is newer");
    let exports = world.request(ACME, "GET", &format!("{path}/exports"), None).await;
    let parts: Vec<_> =
        exports.body["exports"].as_array().unwrap().iter().map(|part| &part["state"]).collect();
    assert_eq!(parts, ["sealed", "delivered"], "the newest first");
    let key = exports.body["exports"][0]["key"].as_str().unwrap();
    assert!(key.starts_with("auditferry/events/date=2026-11-20/"), "{key}");
}

#[tokio::test]
async fn the_timeline_has_every_window_of_fourteen_days_with_its_parts() {
    let world = World::new();
    let path = world.connected("acme").await;
    let timeline = world.request(ACME, "GET", &format!("{path}/timeline"), None).await;
    assert_eq!(timeline.body["windows"], json!([]), "it was never activated");
    world.post(&path, "activate").await;
    world.export(&path, true).await;
    world.export(&path, false).await;
    let timeline = world.request(ACME, "GET", &format!("{path}/timeline"), None).await;
    let windows = timeline.body["windows"].as_array().unwrap();
    // The hour of the activation has two: before the start, and from it on.
    assert_eq!(windows.len(), 14 * 24 + 1);
    let of = |from: &str| windows.iter().find(|window| window["window"]["from"] == from).unwrap();
    let delivered = of("2026-11-20T20:15:30.000Z");
    assert_eq!((&delivered["state"], &delivered["parts"]["first"]), (&json!("delivered"), &json!(1)));
    assert_eq!(of("2026-11-20T21:00:00.000Z")["state"], "waiting");
    assert_eq!(of("2026-11-20T22:00:00.000Z")["due_at"], "2026-11-20T23:05:00.000Z");
    assert_eq!(windows[0]["state"], "before_start");
}

#[tokio::test]
async fn pause_disable_and_enable_lead_to_the_right_states() {
    let world = World::new();
    let path = world.active("acme").await;
    for (verb, state) in
        [("pause", "paused"), ("resume", "active"), ("disable", "disabled"), ("enable", "paused")]
    {
        let answer = world.post(&path, verb).await;
        assert_eq!((answer.status, &answer.body["state"]), (200, &json!(state)), "{verb}");
    }
    let refused = world.post(&path, "pause").await;
    assert_eq!((refused.status, refused.code()), (409, "wrong_state"));
    assert!(refused.body["detail"].as_str().unwrap().contains("is paused; pause requires active"));
    assert_eq!(world.post(&path, "disable").await.status, 200);
    assert_eq!(world.post(&path, "run").await.code(), "wrong_state", "a disabled connector does not run");
    world.clock.advance(Duration::from_hours(30 * 24 + 1));
    assert_eq!(world.post(&path, "enable").await.code(), "kept_no_longer");
}

#[tokio::test]
async fn a_failing_destination_is_reported_stage_by_stage_and_nothing_is_activated() {
    let world = World::new();
    let path = world.connected("acme").await;
    world.prober.change(|set_up| {
        let code = "NoSuchBucket".into();
        set_up.put = Some(DeliveryError {
            stage: DeliveryStage::PutObject,
            kind: DeliveryErrorKind::Gone,
            code,
            message: "gone".into(),
        });
    });
    let verified = world.post(&path, "verify").await;
    assert_eq!((verified.status, &verified.body["passed"]), (200, &json!(false)));
    let refused = world.post(&path, "activate").await;
    assert_eq!((refused.status, refused.code()), (409, "not_verified"));
    let reports = refused.body["verification"]["reports"].as_array().unwrap();
    let failed = reports.iter().find(|report| report["verdict"] == "failed").unwrap();
    assert_eq!(
        (&failed["stage"], &failed["finding"]["code"]),
        (&json!("put_object"), &json!("NoSuchBucket"))
    );
    assert_eq!(world.get(&path).await.body["state"], "draft");
}

#[tokio::test]
async fn a_block_has_a_remedy_and_the_time_of_the_next_attempt() {
    use ports::Runs as _;
    use protocol::delivery_error::Block;
    let world = World::new();
    let path = world.active("acme").await;
    let (id, since) = (id_in(&path), fixtures::at("2026-11-20T21:06:00Z"));
    let to = world.ledger.connector(&id).destination.s3().cloned().unwrap();
    let code = "NoSuchBucket".to_owned();
    let fault = DeliveryError {
        stage: DeliveryStage::PutObject,
        kind: DeliveryErrorKind::Gone,
        code,
        message: "gone".into(),
    };
    world.ledger.block(&id, &Block::new(&fault, to.diagnose(&fault), None, since, 0)).await.unwrap();
    let health = world.get(&path).await.body["health"].clone();
    assert_eq!((&health["status"], &health["stage"]), (&json!("blocked"), &json!("put_object")));
    assert_eq!((&health["code"], &health["since"]), (&json!("NoSuchBucket"), &json!(since.to_string())));
    assert!(health["remedy"].as_str().unwrap().starts_with("Create audit-log-of-"));
    // Whoever requests a run may have fixed the cause: it is retried at once.
    assert_eq!(world.post(&path, "run").await.status, 202);
    let now = world.clock.wall();
    assert_eq!(world.get(&path).await.body["health"]["next_attempt"], now.to_string());
}

#[tokio::test]
async fn a_missed_export_makes_it_stale() {
    let world = World::new();
    let path = world.active("acme").await;
    world.clock.set(fixtures::at("2026-11-20T21:21:00Z"));
    let health = world.get(&path).await.body["health"].clone();
    assert_eq!(health, json!({"status": "stale", "since": "2026-11-20T21:20:00.000Z"}));
}

#[tokio::test]
async fn nothing_is_lost_before_the_loss_is_shown_and_accepted() {
    let world = World::new();
    let path = world.active("acme").await;
    world.export(&path, false).await;
    let active = world.request(TestCaller::Operator, "DELETE", &path, None).await;
    assert_eq!((active.status, active.code()), (409, "wrong_state"), "rejected before any loss is shown");
    world.post(&path, "disable").await;
    let refused = world.request(TestCaller::Operator, "DELETE", &path, None).await;
    assert_eq!((refused.status, refused.code()), (409, "would_lose"));
    let lost = json!({"undelivered_parts": 1, "unsealed_from": "2026-11-20T21:00:00.000Z"});
    assert_eq!(refused.body["loss"], lost);
    assert_eq!(world.get(&path).await.body["state"], "disabled");
    let deleted =
        world.request(TestCaller::Operator, "DELETE", &format!("{path}?accept_loss=true"), None).await;
    assert_eq!(
        (deleted.status, &deleted.body["lost"], &deleted.body["state"]),
        (200, &lost, &json!("deleted"))
    );

    let unused = world.connected("acme").await;
    assert_eq!(
        world.request(TestCaller::Operator, "DELETE", &unused, None).await.status,
        200,
        "there was nothing to lose"
    );
}

#[tokio::test]
async fn a_deleted_connector_is_listed_on_request_only() {
    let world = World::new();
    let (kept, gone) = (world.connected("acme").await, world.connected("acme").await);
    world.request(TestCaller::Operator, "DELETE", &gone, None).await;
    let listed = async |query: &str| {
        let answer = world.request(ACME, "GET", &format!("/v1/connectors{query}"), None).await;
        let connectors = answer.body["connectors"].as_array().cloned().unwrap_or_default();
        connectors.iter().map(|c| format!("/v1/connectors/{}", c["id"].as_str().unwrap())).collect::<Vec<_>>()
    };
    for query in ["", "?deleted=false", "?tenant=acme"] {
        assert_eq!(listed(query).await, std::slice::from_ref(&kept), "{query}");
    }
    let mut both = listed("?deleted=true&limit=2").await;
    both.sort_by_key(|path| *path != kept);
    assert_eq!(both, [kept, gone.clone()]);
    // It can still be read, and so can its change records.
    assert_eq!(world.get(&gone).await.body["state"], "deleted");
    let refused = world.request(ACME, "GET", "/v1/connectors?deleted=yes", None).await;
    assert_eq!((refused.status, refused.code()), (400, "malformed"));
}

#[tokio::test]
async fn every_change_is_recorded_with_who_and_what_and_published_on_the_bus() {
    let world = World::new();
    let path = world.active("acme").await;
    world.request(ACME, "POST", &format!("{path}/pause"), None).await;
    let changes = world.get(&format!("{path}/changes")).await.body["changes"].clone();
    let recorded: Vec<_> =
        changes.as_array().unwrap().iter().map(|c| (c["what"].as_str().unwrap(), &c["by"])).collect();
    let operator = json!({"kind": "operator", "name": crate::world::OPERATOR_ARN});
    let tenant = json!({"kind": "tenant", "tenant": "acme", "name": "admin@acme.example"});
    assert_eq!(
        recorded,
        [("pause", &tenant), ("activate", &operator), ("verify", &operator), ("create", &operator)]
    );
    assert_eq!(
        (&changes[0]["before"]["state"], &changes[0]["after"]["state"]),
        (&json!("active"), &json!("paused"))
    );
    assert_eq!(world.bus.distinct_kinds(), ["ConnectorChanged"; 4]);
}

/// In the format of `auditferry verify --key`; a tenant's own administrator may read it.
#[tokio::test]
async fn the_public_key_and_the_newest_manifest_are_readable() {
    let world = World::new();
    let response = world.request(ACME, "GET", "/v1/keys", None).await;
    let [key] = response.body["keys"].as_array().unwrap().as_slice() else { panic!("{}", response.body) };
    let vkey: archive::note::VerifierKey = key["key"].as_str().unwrap().parse().unwrap();
    assert_eq!((&key["id"], &key["signs"]), (&json!("62c0d4d9"), &json!(true)));
    assert_eq!(vkey.file_name(), "manifests/keys/62c0d4d9.vkey");
    assert_eq!((&key["from"], &key["until"]), (&json!("2026-01-01T00:00:00.000Z"), &json!(null)));
}
