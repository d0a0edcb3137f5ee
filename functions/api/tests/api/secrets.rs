//! External IDs are shown where one connector is read, and nowhere else.

use serde_json::json;
use tests::fakes::Trust;

use crate::world::{ApiResponse, TestCaller, World, id_in};

fn shows(answer: &ApiResponse, id: &str) -> bool {
    format!("{answer:?}").contains(id)
}

#[tokio::test]
async fn listings_records_and_problems_show_no_external_id() {
    let world = World::new();
    let path = world.active("acme").await;
    world.post(&path, "rotate-external-id").await;
    let connector = world.ledger.connector(&id_in(&path));
    let ids = [connector.external_id.to_string(), connector.next_external_id.unwrap().to_string()];
    for listing in ["/v1/connectors".to_owned(), format!("{path}/changes"), format!("{path}/exports")] {
        let answer = world.get(&listing).await;
        assert!(ids.iter().all(|id| !shows(&answer, id)), "{listing}: {answer:?}");
    }
    world.prober.change(|set_up| set_up.trust = Trust::Anyone);
    world.post(&path, "pause").await;
    let refused = world.post(&path, "resume").await;
    assert_eq!(refused.code(), "not_verified");
    assert!(ids.iter().all(|id| !shows(&refused, id)), "{refused:?}");
    assert!(refused.body.to_string().contains("<external_id of this connector's setup>"));
    // A failed verification shows the exact line to add.
    let verified = world.post(&path, "verify").await;
    assert!(shows(&verified, &ids[1]), "{verified:?}");
}

#[tokio::test]
async fn a_new_external_id_is_shown_and_the_old_one_retires_once_it_works() {
    let world = World::new();
    let path = world.active("acme").await;
    let before = world.get(&path).await.body["external_id"].clone();
    let rotated = world.post(&path, "rotate-external-id").await;
    let next = rotated.body["next_external_id"].clone();
    assert!(rotated.body["external_id"] == before && next.is_string() && next != before);
    assert_eq!(world.get(&format!("{path}/setup")).await.body["external_id"], next);
    world.post(&path, "verify").await;
    assert_eq!(world.get(&path).await.body["external_id"], before, "the customer has not switched yet");
    world.prober.change(|set_up| set_up.trust = Trust::Only(next.as_str().unwrap().parse().unwrap()));
    world.post(&path, "verify").await;
    let after = world.get(&path).await;
    assert!(after.body["external_id"] == next && after.body.get("next_external_id").is_none(), "{after:?}");
}

#[tokio::test]
async fn a_role_that_admits_any_caller_pauses_its_connector() {
    let world = World::new();
    let path = world.active("acme").await;
    world.prober.change(|set_up| set_up.trust = Trust::AnyExternalId);
    let verified = world.request(TestCaller::Tenant("acme"), "POST", &format!("{path}/verify"), None).await;
    assert_eq!((verified.status, &verified.body["passed"]), (200, &json!(false)));
    assert_eq!(world.get(&path).await.body["state"], "paused");
}
