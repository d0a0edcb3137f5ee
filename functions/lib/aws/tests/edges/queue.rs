//! The requests to SQS, and the meaning of its responses.

use std::time::Duration;

use archive::names::ConnectorId;
use aws::sqs::queue::SqsQueue;
use ports::Queue as _;
use ports::{PortError, QUEUE_BATCH};
use serde_json::{Value, json};

use crate::server::{ScriptedResponse, Server};
use crate::world::services_of;

fn batch(size: u64) -> Vec<ConnectorId> {
    (0..size).map(ConnectorId::new).collect()
}

async fn send(
    batch: &[ConnectorId],
    answer: ScriptedResponse,
) -> (Result<Vec<ConnectorId>, PortError>, Server) {
    let server = Server::start([answer]).await;
    let url = format!("{}/111111111111/export", server.url);
    let queue = SqsQueue::new(&services_of(&server.url), url);
    (queue.send(batch, Duration::from_secs(61)).await, server)
}

fn answer(accepted: &[u64], rejected: &[u64]) -> ScriptedResponse {
    let accepted: Vec<Value> = accepted
        .iter()
        .map(|id| json!({"Id": id.to_string(), "MessageId": "m", "MD5OfMessageBody": "x"}))
        .collect();
    let rejected: Vec<Value> = rejected
        .iter()
        .map(|id| {
            let id = id.to_string();
            json!({"Id": id, "SenderFault": false, "Code": "InternalError", "Message": "words"})
        })
        .collect();
    ScriptedResponse::new(200, json!({"Successful": accepted, "Failed": rejected}).to_string())
}

#[tokio::test]
async fn each_connector_is_one_message_that_contains_only_its_id() {
    let batch = batch(10);
    let (sent, server) = send(&batch, answer(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], &[])).await;
    assert_eq!(sent.unwrap(), []);
    let seen = server.requests();
    assert_eq!(seen[0].header("x-amz-target"), Some("AmazonSQS.SendMessageBatch"));
    let request: Value = serde_json::from_slice(&seen[0].body).unwrap();
    assert_eq!(request["QueueUrl"], format!("{}/111111111111/export", server.url));
    let entries = request["Entries"].as_array().unwrap();
    assert_eq!(entries.len(), 10);
    for (index, entry) in entries.iter().enumerate() {
        assert_eq!((&entry["Id"], &entry["DelaySeconds"]), (&json!(index.to_string()), &json!(61)));
        let body: Value = serde_json::from_str(entry["MessageBody"].as_str().unwrap()).unwrap();
        assert_eq!(body, json!({ "connector_id": batch[index].as_str() }));
    }
}

#[tokio::test]
async fn rejected_or_missing_entries_are_returned() {
    let batch = batch(4);
    let (sent, _) = send(&batch, answer(&[0, 3], &[1])).await;
    assert_eq!(sent.unwrap(), [batch[1].clone(), batch[2].clone()]);
}

#[tokio::test]
async fn a_call_that_fails_as_a_whole_is_an_error() {
    let rejected = r#"{"__type":"com.amazon.coral.service#AccessDeniedException","message":"no"}"#;
    let (sent, server) = send(&batch(1), ScriptedResponse::new(403, rejected)).await;
    let error = sent.unwrap_err();
    assert!(matches!(error, PortError::Denied { .. }), "{error:?}");
    assert_eq!(server.requests().len(), 1, "a denial is not retried");
}

#[tokio::test]
async fn a_batch_that_sqs_would_reject_is_never_sent() {
    let (none, server) = send(&[], answer(&[], &[])).await;
    assert_eq!(none.unwrap(), []);
    assert!(server.requests().is_empty());
    let (many, server) = send(&batch(QUEUE_BATCH as u64 + 1), answer(&[], &[])).await;
    assert!(matches!(many, Err(PortError::Bug { .. })));
    assert!(server.requests().is_empty());
}
