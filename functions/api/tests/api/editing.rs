//! Concurrent edits: no one overwrites a version that they have not seen.

use archive::names::ExternalId;
use serde_json::json;
use tests::fakes::Trust;
use tests::fixtures;

use crate::world::{TestCaller, World, destination};

#[tokio::test]
async fn a_change_of_an_outdated_version_is_rejected_with_the_current_one() {
    let world = World::new();
    let path = world.connected("acme").await;
    let read = world.get(&path).await;
    let mine = [("if-match", read.headers["etag"].as_str())];
    let body = || Some(json!({"frequency": 2}));
    let first = world.request_with_headers(TestCaller::Operator, "PATCH", &path, &mine, body()).await;
    assert_eq!((first.status, first.headers["etag"].as_str()), (200, "\"2\""));
    let second = world.request_with_headers(TestCaller::Operator, "PATCH", &path, &mine, body()).await;
    assert_eq!((second.status, second.code()), (409, "stale"));
    assert_eq!((&second.body["current_version"], second.headers["etag"].as_str()), (&json!(2), "\"2\""));
}

#[tokio::test]
async fn every_action_compares_the_version_with_the_stored_one() {
    let world = World::new();
    let path = world.active("acme").await;
    for verb in ["verify", "activate", "pause", "resume", "disable", "enable", "run", "rotate-external-id"] {
        for tag in ["\"1\"", "W/\"3\"", "\"other\""] {
            let verb = format!("{path}/{verb}");
            let answer = world
                .request_with_headers(TestCaller::Operator, "POST", &verb, &[("if-match", tag)], None)
                .await;
            assert_eq!((answer.status, answer.code()), (409, "stale"), "{verb} {tag}");
        }
    }
    assert!(world.prober.probes().len() < 10, "nothing was probed for an outdated version");
    let current = [("if-match", "\"3\"")];
    assert_eq!(
        world
            .request_with_headers(TestCaller::Operator, "POST", &format!("{path}/pause"), &current, None)
            .await
            .status,
        200
    );
    let delete = world
        .request_with_headers(
            TestCaller::Operator,
            "DELETE",
            &format!("{path}?accept_loss=true"),
            &current,
            None,
        )
        .await;
    assert_eq!(delete.code(), "stale");
}

#[tokio::test]
async fn an_edit_without_effect_is_not_a_change() {
    let world = World::new();
    let path = world.connected("acme").await;
    for body in [json!({}), json!({"frequency": 1})] {
        let answer = world.request(TestCaller::Operator, "PATCH", &path, Some(body)).await;
        assert_eq!((answer.status, &answer.body["version"]), (200, &json!(1)));
    }
    assert_eq!(world.get(&format!("{path}/changes")).await.body["changes"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_new_destination_is_verified_at_once_and_the_export_continues_if_it_passes() {
    let world = World::new();
    let path = world.active("acme").await;
    let to = destination(fixtures::unique_id());
    let edit = json!({"destination": to, "frequency": 6});
    let changed = world.request(TestCaller::Operator, "PATCH", &path, Some(edit.clone())).await;
    assert_eq!((changed.status, &changed.body["verification"]["passed"]), (200, &json!(true)));
    assert_eq!((&changed.body["state"], &changed.body["frequency"]), (&json!("active"), &json!(6)));
    assert_eq!(changed.body["destination"], to);
    let records = world.get(&format!("{path}/changes")).await;
    let verbs: Vec<_> =
        records.body["changes"].as_array().unwrap().iter().map(|change| change["what"].clone()).collect();
    assert_eq!(verbs[..3], ["resume", "verify", "update"], "paused in between, with a change record");

    let probes = world.prober.probes().len();
    let again = world.request(TestCaller::Operator, "PATCH", &path, Some(edit)).await;
    assert!(again.body.get("verification").is_none(), "it has passed before");
    assert_eq!(world.prober.probes().len(), probes);
}

#[tokio::test]
async fn a_new_destination_that_fails_pauses_an_active_connector_until_it_passes() {
    let world = World::new();
    let path = world.active("acme").await;
    let edit = json!({"destination": destination(fixtures::unique_id())});
    world.prober.change(|set_up| set_up.trust = Trust::Only(ExternalId::new(1, 2)));
    for _ in ["changed", "asked again"] {
        let changed = world.request(TestCaller::Operator, "PATCH", &path, Some(edit.clone())).await;
        assert_eq!((changed.status, &changed.body["state"]), (200, &json!("paused")));
        let verification = &changed.body["verification"];
        assert_eq!(
            (&verification["passed"], &verification["reports"][0]["verdict"]),
            (&json!(false), &json!("failed"))
        );
        assert!(changed.body.get("verified_at").is_none());
    }
    assert_eq!(world.post(&path, "resume").await.code(), "not_verified");

    world.prober.change(|set_up| set_up.trust = Trust::ThisConnector);
    let resumed = world.post(&path, "resume").await;
    assert_eq!(
        (&resumed.body["state"], &resumed.body["destination"]),
        (&json!("active"), &edit["destination"])
    );
}

/// Whoever paused it wants it paused.
#[tokio::test]
async fn a_paused_connector_stays_paused_even_if_its_new_destination_passes() {
    let world = World::new();
    let path = world.active("acme").await;
    world.post(&path, "pause").await;
    let edit = json!({"destination": destination(fixtures::unique_id())});
    let changed = world.request(TestCaller::Operator, "PATCH", &path, Some(edit)).await;
    assert_eq!(
        (&changed.body["state"], &changed.body["verification"]["passed"]),
        (&json!("paused"), &json!(true))
    );
}

/// The change is stored before the verification, so the new destination may belong to another connector:
/// nothing is written there.
#[tokio::test]
async fn a_destination_of_another_connector_is_rejected_and_nothing_is_written_there() {
    let world = World::new();
    let (path, other) = (world.active("acme").await, world.active("globex").await);
    let destination = world.get(&other).await.body["destination"].clone();
    let changed =
        world.request(TestCaller::Operator, "PATCH", &path, Some(json!({"destination": destination}))).await;
    assert_eq!(changed.status, 409);
    assert!(["role_taken", "destination_taken"].contains(&changed.code()), "{}", changed.code());
    assert_eq!(world.get(&path).await.body["state"], "paused");
    assert_eq!(world.post(&path, "resume").await.status, 409);
}

#[tokio::test]
async fn only_operators_set_shards_and_they_only_grow_from_two_on() {
    let world = World::new();
    let path = world.active("acme").await;
    let shards =
        async |n: u8| world.request(TestCaller::Operator, "PATCH", &path, Some(json!({"shards": n}))).await;
    let refused = shards(4).await;
    assert_eq!((refused.status, refused.code()), (409, "shards_are_read"));
    let detail = refused.body["detail"].as_str().unwrap();
    assert!(
        detail.contains("only from 2 or more") && detail.contains("new connector with 4 shards"),
        "{detail}"
    );
    assert_eq!(shards(1).await.status, 200, "an edit without effect is not a change");

    let path = world.connected("globex").await;
    let set = async |who, n: u8| world.request(who, "PATCH", &path, Some(json!({"shards": n}))).await;
    assert_eq!(set(TestCaller::Operator, 4).await.body["shards"], 4, "it has read nothing yet");
    let own = world.request(TestCaller::Tenant("globex"), "PATCH", &path, Some(json!({"shards": 5}))).await;
    assert_eq!((own.status, own.code()), (403, "forbidden"));
    world.post(&path, "activate").await;
    assert_eq!(set(TestCaller::Operator, 8).await.body["shards"], 8);
    assert_eq!(set(TestCaller::Operator, 4).await.code(), "shards_are_read");
    assert_eq!(world.get(&path).await.body["shards"], 8);
}
