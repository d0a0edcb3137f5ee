//! What a tick sends and what it leaves.

use std::time::Duration;

use archive::names::ConnectorId;
use dispatcher::CLAIM_DURATION;
use serde_json::json;
use tests::lambda::log_filter::{application_log_level, passes_filter};

use crate::world::{World, dispatcher, scheduled_event};

const MINUTE: Duration = Duration::from_mins(1);

/// The queue messages for these connectors, sorted.
fn messages(connectors: &[ConnectorId]) -> Vec<String> {
    let mut messages: Vec<String> =
        connectors.iter().map(|id| format!(r#"{{"connector_id":"{id}"}}"#)).collect();
    messages.sort();
    messages
}

#[tokio::test]
async fn a_tick_sends_each_due_connector_once_and_the_next_one_nothing() {
    let world = World::start().await;
    let now = world.embedded.clock().now();
    let mut due = Vec::new();
    for n in 0..25 {
        due.push(world.connector(now - MINUTE * n).await);
    }
    let later = now + MINUTE * 10;
    let waiting = world.connector(later).await;
    let mut function = dispatcher(&world.environment()).await;

    let response = function.invoke(&scheduled_event()).await.unwrap();

    assert_eq!(
        response,
        json!({ "due": 25, "claimed": 25, "throttled": 0, "sent": 25, "given_back": 0, "more": false })
    );
    assert_eq!(world.messages_sent(), messages(&due));
    for id in &due {
        assert!(
            world.next_run_at(id).await >= now + CLAIM_DURATION,
            "{id} is claimed for as long as a run may take"
        );
    }
    assert_eq!(world.next_run_at(&waiting).await, later);

    // The second tick of the same process, and one of another process.
    let nothing =
        json!({ "due": 0, "claimed": 0, "throttled": 0, "sent": 0, "given_back": 0, "more": false });
    assert_eq!(function.invoke(&scheduled_event()).await.unwrap(), nothing);
    function.kill().await;
    let mut other = dispatcher(&world.environment()).await;
    assert_eq!(other.invoke(&scheduled_event()).await.unwrap(), nothing);
    other.kill().await;
    assert_eq!(world.messages_sent(), messages(&due));
}

#[tokio::test]
async fn a_message_that_the_queue_rejects_once_is_sent_again_and_the_others_are_not() {
    let world = World::start().await;
    world.queue.refuse_next(1);
    let now = world.embedded.clock().now();
    let mut due = Vec::new();
    for _ in 0..25 {
        due.push(world.connector(now - MINUTE).await);
    }
    let mut function = dispatcher(&world.environment()).await;

    let response = function.invoke(&scheduled_event()).await.unwrap();

    assert_eq!(
        response,
        json!({ "due": 25, "claimed": 25, "throttled": 0, "sent": 25, "given_back": 0, "more": false })
    );
    assert_eq!(world.queue.refused().len(), 1);
    assert_eq!(world.messages_sent(), messages(&due));
    let log = function.kill().await.log();
    let rejected = log.iter().filter(|line| line["message"] == "the export queue rejected a message");
    let rejected: Vec<_> =
        rejected.map(|line| json!({ "connector_id": line["connector.id"] }).to_string()).collect();
    assert_eq!(rejected, world.queue.refused(), "the log names them: {log:#?}");
}

#[tokio::test]
async fn a_connector_that_the_queue_keeps_rejecting_is_due_again_at_once() {
    let world = World::start().await;
    world.queue.refuse_next(usize::MAX);
    let due_at = world.embedded.clock().now() - MINUTE;
    let id = world.connector(due_at).await;
    let mut function = dispatcher(&world.environment()).await;

    let response = function.invoke(&scheduled_event()).await.unwrap();

    assert_eq!(
        response,
        json!({ "due": 1, "claimed": 1, "throttled": 0, "sent": 0, "given_back": 1, "more": false })
    );
    assert_eq!(world.messages_sent(), messages(&[]));
    assert_eq!(world.next_run_at(&id).await, due_at);
    function.kill().await;
}

#[tokio::test]
async fn a_missing_ledger_fails_the_invocation_and_not_the_process() {
    let world = World::start().await;
    let mut environment = world.environment();
    environment.retain(|(name, _)| *name != "LEDGER_TABLE");
    environment.push(("LEDGER_TABLE", "no-such-table".to_owned()));
    let mut function = dispatcher(&environment).await;
    for _ in 0..2 {
        let error = function.invoke(&scheduled_event()).await.unwrap_err();
        let message = error["errorMessage"].as_str().unwrap();
        assert!(message.contains("listing due connectors"), "{error}");
    }
    function.kill().await;
}

#[tokio::test]
async fn a_missed_export_is_reported_once_with_its_date_of_loss_and_no_secret_is_in_the_log() {
    let world = World::start().await;
    let now = world.embedded.clock().now();
    let late = world.activated_at(now - MINUTE * 60 * 5, now + MINUTE).await;
    let fine = world.connector(now + MINUTE).await;
    let mut environment = world.environment();
    environment.push(("EVENT_RETENTION_DAYS", "7".to_owned()));
    environment.push(("LOG_LEVEL", "TRACE".to_owned()));
    let mut log = Vec::new();
    // Each in a process of its own, so that only the ledger keeps state.
    for _ in 0..2 {
        let mut function = dispatcher(&environment).await;
        function.invoke(&scheduled_event()).await.unwrap();
        let ended = function.kill().await;
        assert_eq!(ended.stderr, "");
        log.push(ended.stdout);
    }

    assert_eq!(world.bus.detail_types_of(late.id.as_str()), ["ExportStale"]);
    assert_eq!(world.bus.detail_types_of(fine.as_str()), [""; 0]);
    let detail: serde_json::Value =
        serde_json::from_str(world.bus.published()[0]["Detail"].as_str().unwrap()).unwrap();
    let lost_from = late.activated_at.unwrap() + MINUTE * 60 * 24 * 7;
    assert_eq!(detail["loss"]["lost_from"], json!(lost_from));
    let secret = world.embedded.stack().vendor_credentials().secret_access_key;
    for secret in [late.external_id.as_str(), &secret] {
        assert!(log.iter().all(|log| !log.contains(secret)), "{secret} is in the log");
        assert!(
            !world.bus.published().iter().any(|notice| notice.to_string().contains(secret)),
            "{secret} was published"
        );
    }
}

#[tokio::test]
async fn a_tick_is_counted_at_the_highest_log_level() {
    let world = World::start().await;
    let mut environment = world.environment();
    environment.push(("LOG_LEVEL", "ERROR".to_owned()));
    let mut function = dispatcher(&environment).await;
    function.invoke(&scheduled_event()).await.unwrap();
    let ended = function.kill().await;
    let template = include_str!("../../../../../template.yaml");
    let lambdas = application_log_level(template, "Dispatcher", "ERROR");
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert!(
        lines.iter().any(|line| line.contains("\"Ticks\":1") && passes_filter(&lambdas, line)),
        "{lines:?}"
    );
    assert!(lines.iter().all(|line| line.contains("\"_aws\"")), "{lines:?}");
}
