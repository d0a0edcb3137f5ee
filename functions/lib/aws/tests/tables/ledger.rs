//! The adapter's own parts of the ledger, on the embedded DynamoDB: table creation and the response's date.

use std::time::Duration;

use archive::names::WorkerId;
use archive::time::Time;
use aws::dynamodb::ledger::{ClockOffset, DynamoLedger, create_table};
use aws_sdk_dynamodb::types::ProjectionType;
use ports::Connectors as _;
use ports::PortError;
use ports::Runs as _;
use protocol::machine::SealAnswer;
use sandbox::Stack;

use super::world::{activate, client, connector, ledger, seal};

#[tokio::test]
async fn the_table_is_created_once_and_left_alone_after() {
    let stack = Stack::start(None).await.unwrap();
    let client = client(&stack);
    create_table(&client, "ledger").await.unwrap();
    let ledger = ledger(&client);
    activate(&ledger).await;
    create_table(&client, "ledger").await.unwrap();
    assert!(ledger.get(&connector().id).await.unwrap().is_some());
    let described = client.describe_table().table_name("ledger").send().await.unwrap().table.unwrap();
    let projections: Vec<_> = described
        .global_secondary_indexes()
        .iter()
        .map(|index| {
            (index.index_name().unwrap(), index.projection().unwrap().projection_type().unwrap().clone())
        })
        .collect();
    assert!(projections.contains(&("due", ProjectionType::KeysOnly)));
    assert!(projections.contains(&("tenant", ProjectionType::All)));
}

#[tokio::test]
async fn a_snapshot_has_the_date_of_the_response_plus_the_offset() {
    let stack = Stack::start(None).await.unwrap();
    let client = client(&stack);
    create_table(&client, "ledger").await.unwrap();
    let today = ledger(&client);
    activate(&today).await;
    let day = Duration::from_hours(24);
    let shift = i64::try_from(day.as_millis()).unwrap();
    let yesterday = DynamoLedger::new(client, "ledger".into(), ClockOffset::millis(-shift));
    let time = async |ledger: &DynamoLedger| -> Time {
        ledger.snapshot(&connector().id).await.unwrap().unwrap().server_time.unwrap()
    };
    let (shifted, now) = (time(&yesterday).await, time(&today).await);
    assert!(now > "2026-01-01T00:00:00Z".parse().unwrap());
    // The header has whole seconds, and the second request came a little later.
    let apart = now.since(shifted);
    assert!(apart >= day && apart <= day + Duration::from_secs(30), "{apart:?}");
}

#[tokio::test]
async fn a_retry_of_a_committed_seal_finds_its_own_part() {
    let stack = Stack::start(None).await.unwrap();
    let client = client(&stack);
    create_table(&client, "ledger").await.unwrap();
    let ledger = ledger(&client);
    let (connector, cursor) = activate(&ledger).await;
    let worker = WorkerId::new(1, 2);
    let seal = seal(&connector, &cursor, &worker);
    assert_eq!(ledger.seal(&seal).await.unwrap(), SealAnswer::Won);
    assert_eq!(ledger.seal(&seal).await.unwrap(), SealAnswer::Refused);
    let part = ledger.part(&connector.id, seal.part.number).await.unwrap().unwrap();
    assert_eq!((&part, &part.sealed_by), (&seal.part, &worker));
}

#[tokio::test]
async fn a_long_history_is_read_over_pages_in_order() {
    let stack = Stack::start(None).await.unwrap();
    let client = client(&stack);
    create_table(&client, "ledger").await.unwrap();
    let ledger = ledger(&client);
    let (connector, mut cursor) = activate(&ledger).await;
    for _ in 0..60 {
        let seal = seal(&connector, &cursor, &WorkerId::new(1, 2));
        assert_eq!(ledger.seal(&seal).await.unwrap(), SealAnswer::Won);
        cursor.next = cursor.next.next();
        cursor.watermark = seal.watermark_after;
    }
    let numbers =
        |parts: Vec<archive::part::Part>| parts.iter().map(|part| part.number.get()).collect::<Vec<_>>();
    let all = ledger.parts_reaching(&connector.id, cursor.since, cursor.next).await.unwrap();
    assert_eq!(numbers(all), (1..=60).rev().collect::<Vec<_>>());
    let some = ledger.history(&connector.id, Some(archive::part::PartNumber::new(50)), 20).await.unwrap();
    assert_eq!(numbers(some), (30..50).rev().collect::<Vec<_>>());
    assert!(ledger.history(&connector.id, None, 0).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_missing_table_is_the_deployments_fault() {
    let stack = Stack::start(None).await.unwrap();
    let error = ledger(&client(&stack)).snapshot(&connector().id).await.unwrap_err();
    assert!(matches!(error, PortError::Denied { .. }), "{}", error.chain());
}
