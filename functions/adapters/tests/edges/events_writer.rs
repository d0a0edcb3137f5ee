//! Importing events: what DynamoDB leaves unprocessed is sent again, and nothing else is.

use std::sync::Arc;
use std::time::Duration;

use adapters::clock::SystemRandomness;
use adapters::source::{EventsTable, EventsWriter, NewEvent, NotWritable};
use async_trait::async_trait;
use domain::connector::Shards;
use domain::partition::{NoPartition, PartitionFormat};
use domain::ports::{Clock, PortError};
use domain::sort_key::SortKeyForm;
use domain::time::Time;
use serde_json::{Value, json};

use crate::server::{Scripted, Server};
use crate::world::clients_of;

/// A clock on which a wait takes no time.
struct Patient;

#[async_trait]
impl Clock for Patient {
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
    EventsWriter::new(clients_of(&server.url).dynamodb, layout, Arc::new(Patient), Arc::new(SystemRandomness))
}

fn events() -> Vec<NewEvent> {
    ["a", "b"]
        .map(|id| NewEvent { time: Time::EPOCH, id: id.into(), body: format!("{{\"id\":\"{id}\"}}") })
        .into()
}

fn put(id: &str) -> Value {
    json!({"PutRequest": {"Item": {
        "pk": {"S": "acme"},
        "sk": {"S": format!("1970-01-01T00:00:00.000Z#{id}")},
        "event": {"S": format!("{{\"id\":\"{id}\"}}")},
    }}})
}

async fn write(answers: Vec<Value>) -> (Result<(), PortError>, Vec<Value>) {
    let server =
        Server::start(answers.into_iter().map(|answer| Scripted::new(200, answer.to_string()))).await;
    let written = writer(&server, layout()).write(&"acme".parse().unwrap(), Shards::ONE, &events()).await;
    let asked = |body: &str| serde_json::from_str::<Value>(body).unwrap()["RequestItems"]["events"].clone();
    (written, server.seen().iter().map(|seen| asked(seen.text())).collect())
}

#[tokio::test]
async fn what_is_left_unprocessed_is_sent_again_until_nothing_is() {
    let left = json!({"UnprocessedItems": {"events": [put("b")]}});
    let (written, asked) = write(vec![left.clone(), left, json!({"UnprocessedItems": {}})]).await;
    written.unwrap();
    assert_eq!(asked, [json!([put("a"), put("b")]), json!([put("b")]), json!([put("b")])]);
}

#[tokio::test]
async fn what_stays_unprocessed_is_a_passing_failure_and_never_silence() {
    let left = json!({"UnprocessedItems": {"events": [put("b")]}});
    let (written, asked) = write(vec![left; 20]).await;
    assert!(matches!(written, Err(PortError::Transient { .. })), "{written:?}");
    assert_eq!(asked.len(), 10);
}

#[tokio::test]
async fn a_table_whose_keys_are_not_known_is_not_written_to() {
    let server = Server::start([]).await;
    let no_shard = NoPartition::NoShard { tenant: "acme".parse().unwrap(), shards: 2 };
    let without = PartitionFormat::parse("TENANT#{tenant}").unwrap();
    let (one, two) = (Shards::ONE, Shards::try_from(2).unwrap());
    for (layout, shards, why) in [
        (EventsTable { index: Some("by-tenant".into()), ..layout() }, one, NotWritable::Index),
        (EventsTable { sort_key_form: SortKeyForm::Ulid, ..layout() }, one, NotWritable::SortKeyForm),
        (EventsTable { partition_format: without, ..layout() }, two, NotWritable::NoPartition(no_shard)),
    ] {
        let (writer, acme) = (writer(&server, layout), "acme".parse().unwrap());
        assert_eq!(writer.check(&acme, shards), Err(why));
        let written = writer.write(&acme, shards, &events()).await;
        assert!(matches!(written, Err(PortError::Misconfigured { .. })), "{written:?}");
    }
    let writer = writer(&server, layout());
    let written = writer.write(&"acme#1".parse().unwrap(), Shards::ONE, &events()).await;
    assert!(matches!(written, Err(PortError::Misconfigured { .. })), "{written:?}");
    assert!(server.seen().is_empty());
}
