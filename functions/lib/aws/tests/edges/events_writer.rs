//! Importing events: each is written if its key is free, and an existing item stays, whatever happens in
//! between.

use std::sync::Arc;
use std::time::Duration;

use archive::sort_key::SortKeyForm;
use archive::time::Time;
use async_trait::async_trait;
use aws::clock::SystemRng;
use aws::dynamodb::events::{EventsTable, EventsWriter, NewEvent, NotWritableError, WriteOutcome};
use control::partition::{PartitionError, PartitionFormat};
use ports::{Clock, PortError};
use protocol::connector::Shards;
use serde_json::{Value, json};

use crate::server::{ScriptedResponse, Server};
use crate::world::clients_of;

/// A clock whose sleep takes no time.
struct NoSleepClock;

#[async_trait]
impl Clock for NoSleepClock {
    fn now(&self) -> Time {
        Time::EPOCH
    }

    async fn sleep(&self, _: Duration) {}
}

fn layout() -> EventsTable {
    EventsTable {
        table: "events".into(),
        index: None,
        partition_key: "pk".into(),
        sort_key: "sk".into(),
        partition_format: PartitionFormat::default(),
        sort_key_form: SortKeyForm::Rfc3339,
        body: "event".into(),
        ttl: None,
    }
}

fn writer(server: &Server, layout: EventsTable) -> EventsWriter {
    EventsWriter::new(clients_of(&server.url).dynamodb, layout, Arc::new(NoSleepClock), Arc::new(SystemRng))
}

fn events() -> Vec<NewEvent> {
    ["a", "b", "c"].map(|id| NewEvent::new(Time::EPOCH, id.into(), format!("{{\"id\":\"{id}\"}}"))).into()
}

fn item(id: &str, body: &str) -> Value {
    json!({
        "pk": {"S": "acme"},
        "sk": {"S": format!("1970-01-01T00:00:00.000Z#{id}")},
        "event": {"S": body},
    })
}

fn put(id: &str) -> Value {
    json!({"Put": {
        "TableName": "events",
        "Item": item(id, &format!("{{\"id\":\"{id}\"}}")),
        "ConditionExpression": "attribute_not_exists(#key)",
        "ExpressionAttributeNames": {"#key": "pk"},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }})
}

/// The response to a canceled transaction (Amazon DynamoDB API reference, `TransactWriteItems`).
fn canceled(reasons: &[Value]) -> ScriptedResponse {
    let kind = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException";
    ScriptedResponse::new(
        400,
        json!({"__type": kind, "Message": "canceled", "CancellationReasons": reasons}).to_string(),
    )
}

fn no_failure() -> Value {
    json!({"Code": "None"})
}

fn key_exists(item: &Value) -> Value {
    json!({"Code": "ConditionalCheckFailed", "Message": "The conditional request failed", "Item": item})
}

fn done() -> ScriptedResponse {
    ScriptedResponse::new(200, "{}")
}

async fn write(
    events: &[NewEvent],
    answers: impl IntoIterator<Item = ScriptedResponse>,
) -> (Result<Vec<WriteOutcome>, PortError>, Vec<Value>) {
    let server = Server::start(answers).await;
    let written = writer(&server, layout()).write(&"acme".parse().unwrap(), Shards::ONE, events).await;
    let parse = |body: &str| serde_json::from_str::<Value>(body).unwrap();
    (written, server.requests().iter().map(|request| parse(request.text())).collect())
}

#[tokio::test]
async fn every_put_is_on_the_condition_that_its_key_is_free() {
    let (written, requests) = write(&events(), [done()]).await;
    assert_eq!(written.unwrap(), [WriteOutcome::Written; 3]);
    assert_eq!(
        requests.iter().map(|request| &request["TransactItems"]).collect::<Vec<_>>(),
        [&json!([put("a"), put("b"), put("c")])]
    );
}

#[tokio::test]
async fn an_existing_item_is_compared_and_never_replaced() {
    let same = item("a", "{ \"id\" : \"a\" }\n");
    let other = item("b", "{\"id\":\"B\"}");
    let answers = [canceled(&[key_exists(&same), key_exists(&other), no_failure()]), done()];
    let (written, requests) = write(&events(), answers).await;
    assert_eq!(
        written.unwrap(),
        [WriteOutcome::AlreadyExists, WriteOutcome::KeyTaken, WriteOutcome::Written]
    );
    assert_eq!(requests[1]["TransactItems"], json!([put("c")]));
}

#[tokio::test]
async fn an_item_that_is_not_returned_is_read() {
    let read = ScriptedResponse::new(200, json!({"Item": item("a", "{\"id\":\"a\"}")}).to_string());
    let nothing = json!({"Code": "ConditionalCheckFailed"});
    let (written, requests) =
        write(&events(), [canceled(&[nothing, no_failure(), no_failure()]), read, done()]).await;
    assert_eq!(written.unwrap(), [WriteOutcome::AlreadyExists, WriteOutcome::Written, WriteOutcome::Written]);
    assert_eq!((&requests[1]["ConsistentRead"], &requests[1]["TableName"]), (&json!(true), &json!("events")));
    assert_eq!(requests[2]["TransactItems"], json!([put("b"), put("c")]));
}

#[tokio::test]
async fn a_body_of_another_type_is_another_event() {
    let map = json!({"pk": {"S": "acme"}, "sk": {"S": "x"}, "event": {"M": {"id": {"S": "a"}}}});
    let (written, _) = write(&events()[..1], [canceled(&[key_exists(&map)])]).await;
    assert_eq!(written.unwrap(), [WriteOutcome::KeyTaken]);
}

#[tokio::test]
async fn two_events_with_one_key_are_never_in_one_transaction() {
    let mut events = events();
    events[1] = events[0].clone();
    events[2] = NewEvent::new(Time::EPOCH, "a".into(), "{}".into());
    let there = || key_exists(&item("a", "{\"id\":\"a\"}"));
    let (written, requests) = write(&events, [done(), canceled(&[there()]), canceled(&[there()])]).await;
    assert_eq!(
        written.unwrap(),
        [WriteOutcome::Written, WriteOutcome::AlreadyExists, WriteOutcome::KeyTaken]
    );
    assert!(requests.iter().all(|request| request["TransactItems"].as_array().unwrap().len() == 1));
}

#[tokio::test]
async fn a_transaction_stays_within_its_limits() {
    let body = |size: usize| format!("{{\"x\":\"{}\"}}", "x".repeat(size));
    let large: Vec<NewEvent> =
        (0..10).map(|n| NewEvent::new(Time::EPOCH, n.to_string(), body(409_000))).collect();
    let (written, requests) = write(&large, [done(), done()]).await;
    assert_eq!(written.unwrap(), [WriteOutcome::Written; 10]);
    let counts = |requests: &[Value]| -> Vec<usize> {
        requests.iter().map(|request| request["TransactItems"].as_array().unwrap().len()).collect()
    };
    assert_eq!(counts(&requests), [8, 2]);
    let many: Vec<NewEvent> = (0..250).map(|n| NewEvent::new(Time::EPOCH, n.to_string(), body(1))).collect();
    let (written, requests) = write(&many, [done(), done(), done()]).await;
    assert_eq!((written.unwrap().len(), counts(&requests)), (250, vec![100, 100, 50]));
    // 409,600 bytes with the names, as DynamoDB counts them, and one more.
    let key = "pk".len() + "acme".len() + "sk".len() + "1970-01-01T00:00:00.000Z#a".len() + "event".len();
    let exact = |size: usize| NewEvent::new(Time::EPOCH, "a".into(), body(size - key - 8));
    let (written, _) = write(&[exact(409_600)], [done()]).await;
    assert_eq!(written.unwrap(), [WriteOutcome::Written]);
    let (written, requests) = write(&[exact(409_601)], []).await;
    assert_eq!((written.unwrap(), requests.len()), (vec![WriteOutcome::TooLarge(409_601)], 0));
}

#[tokio::test]
async fn a_conflict_is_retried_with_a_limit() {
    let code = |code: &str| canceled(&[json!({"Code": code}), no_failure(), no_failure()]);
    let busy = [code("TransactionConflict"), code("ThrottlingError"), done()];
    let (written, requests) = write(&events(), busy).await;
    assert_eq!((written.unwrap(), requests.len()), (vec![WriteOutcome::Written; 3], 3));

    let (written, requests) = write(&events(), std::iter::repeat_n(code("TransactionConflict"), 20)).await;
    assert!(matches!(written, Err(PortError::Transient { .. })), "{written:?}");
    assert_eq!(requests.len(), 10);

    // Nothing is written again. The table is described, since its keys may differ from the settings.
    let (written, requests) = write(&events(), [code("ValidationError")]).await;
    assert!(matches!(written, Err(PortError::Bug { .. })), "{written:?}");
    assert_eq!(requests.iter().filter(|request| request.get("TransactItems").is_some()).count(), 1);
    assert!(requests.iter().skip(1).all(|request| request["TableName"] == "events"), "{requests:?}");
}

#[tokio::test]
async fn a_table_whose_keys_are_not_known_is_not_written_to() {
    let server = Server::start([]).await;
    let no_shard = PartitionError::NoShardPlaceholder { tenant: "acme".parse().unwrap(), shards: 2 };
    let without = PartitionFormat::parse("TENANT#{tenant}").unwrap();
    let (one, two) = (Shards::ONE, Shards::try_from(2).unwrap());
    for (layout, shards, error) in [
        (EventsTable { index: Some("by-tenant".into()), ..layout() }, one, NotWritableError::Index),
        (EventsTable { sort_key_form: SortKeyForm::Ulid, ..layout() }, one, NotWritableError::SortKeyForm),
        (EventsTable { partition_format: without, ..layout() }, two, NotWritableError::Partition(no_shard)),
    ] {
        let (writer, acme) = (writer(&server, layout), "acme".parse().unwrap());
        assert_eq!(writer.check(&acme, shards), Err(error));
        let written = writer.write(&acme, shards, &events()).await;
        assert!(matches!(written, Err(PortError::Misconfigured { .. })), "{written:?}");
    }
    let writer = writer(&server, layout());
    let written = writer.write(&"acme#1".parse().unwrap(), Shards::ONE, &events()).await;
    assert!(matches!(written, Err(PortError::Misconfigured { .. })), "{written:?}");
    assert!(server.requests().is_empty());
}
