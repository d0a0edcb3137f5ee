//! What a batch does, and its response.

use ports::QUEUE_BATCH;
use protocol::delivery_error::{DeliveryErrorKind, DeliveryStage};
use sandbox::Stack;
use sandbox::wiring::{REGION, STAGING_BUCKET};

use crate::world::{World, batch, failed, message};

const EVENTS: [&str; 2] = [r#"{"id":"evt_1","action":"login"}"#, r#"{"id":"evt_2","action":"logout"}"#];

#[tokio::test]
async fn a_delivery_error_fails_no_message_and_affects_no_other_connector() {
    let world = World::start().await;
    let fine = world.connector("fine", &EVENTS).await;
    let gone = world.connector("gone", &EVENTS).await;
    world.delete_bucket(&gone);
    let mut exporter = world.exporter().await;

    let unknown = r#"{"connector_id":"con_00000000000000ff"}"#;
    let messages = [&message(&gone), unknown, r#"{"connector_id": 7}"#, "not JSON", "", &message(&fine)];
    let response = exporter.invoke(&batch(&messages)).await.unwrap();

    assert_eq!(response, failed(&[]));
    let verdict = world.verdict(&fine, &EVENTS);
    verdict.assert_clean();
    assert_eq!(verdict.delivered, EVENTS.len());
    assert!(world.block(&fine).await.is_none());
    let block = world.block(&gone).await.expect("the connector whose bucket is gone is blocked");
    assert_eq!((block.stage, block.kind), (DeliveryStage::PutObject, DeliveryErrorKind::Gone));
    assert_eq!(world.bus.detail_types_of(gone.id.as_str()), ["ExportBlocked"]);
    assert_eq!(world.bus.detail_types_of(fine.id.as_str())[0], "ExportDelivered");
    exporter.kill().await;
}

#[tokio::test]
async fn an_internal_error_fails_the_messages_of_its_connector_only() {
    let world = World::start().await;
    let busy = world.connector("busy", &EVENTS).await;
    // A heartbeat's bytes follow from its record, so a quiet connector needs no staging bucket.
    let quiet = world.connector("quiet", &[]).await;
    world.embedded.stack().delete_bucket(STAGING_BUCKET).unwrap();
    let mut exporter = world.exporter().await;

    let messages = batch(&[&message(&busy), &message(&quiet), &message(&busy)]);
    let response = exporter.invoke(&messages).await.unwrap();

    assert_eq!(response, failed(&["message-0", "message-2"]));
    assert_eq!(world.verdict(&busy, &EVENTS).parts, 0);
    let verdict = world.verdict(&quiet, &[]);
    verdict.assert_clean();
    assert_eq!(verdict.heartbeats, verdict.parts);
    assert!(verdict.parts > 0);
    assert!(world.block(&busy).await.is_none(), "the customer has nothing to fix");

    // The queue delivers a failed message again, and by then the cause may be fixed.
    world.embedded.stack().create_bucket(STAGING_BUCKET, Stack::VENDOR_ACCOUNT, REGION).unwrap();
    assert_eq!(exporter.invoke(&batch(&[&message(&busy)])).await.unwrap(), failed(&[]));
    let verdict = world.verdict(&busy, &EVENTS);
    verdict.assert_clean();
    assert_eq!(verdict.delivered, EVENTS.len());
    exporter.kill().await;
}

#[tokio::test]
async fn a_full_batch_is_exported_by_one_process_and_again_by_the_next() {
    let world = World::start().await;
    let mut connectors = Vec::new();
    for n in 0..QUEUE_BATCH {
        connectors.push(world.connector(&format!("tenant-{n}"), &EVENTS).await);
    }
    let messages: Vec<String> = connectors.iter().map(message).collect();
    let messages = batch(&messages.iter().map(String::as_str).collect::<Vec<_>>());
    // SQS may deliver a message twice, and Lambda may pass the second delivery to another process.
    for _ in 0..2 {
        let mut exporter = world.exporter().await;
        assert_eq!(exporter.invoke(&messages).await.unwrap(), failed(&[]));
        exporter.kill().await;
    }
    for connector in &connectors {
        let verdict = world.verdict(connector, &EVENTS);
        verdict.assert_clean();
        assert_eq!(verdict.delivered, EVENTS.len());
    }
}
