//! The queue from the dispatcher to the exporter: Amazon SQS.

use std::time::Duration;

use archive::names::ConnectorId;
use async_trait::async_trait;
use aws_sdk_sqs::operation::send_message_batch::SendMessageBatchOutput;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use ports::{MAX_DELAY, PortError, QUEUE_BATCH, Queue};

use crate::clients::ClientFactory;
use crate::port_error::port_error;

const SENDING: &str = "sending to the export queue";

/// The exporter's queue in SQS, by its URL.
#[derive(Debug, Clone)]
pub struct SqsQueue {
    client: aws_sdk_sqs::Client,
    url: String,
}

impl SqsQueue {
    /// The queue with this URL.
    #[must_use]
    pub fn new(services: &ClientFactory, url: String) -> Self {
        Self { client: aws_sdk_sqs::Client::new(&services.config(|at| at.sqs.as_deref())), url }
    }
}

/// The exporter reads only the connector's ID from a message.
fn body(connector: &ConnectorId) -> String {
    serde_json::json!({ "connector_id": connector.as_str() }).to_string()
}

#[async_trait]
impl Queue for SqsQueue {
    /// A message sent twice costs a second run, which finds nothing due or the lease held.
    async fn send(&self, batch: &[ConnectorId], delay: Duration) -> Result<Vec<ConnectorId>, PortError> {
        if batch.is_empty() {
            // SQS rejects a batch without entries.
            return Ok(Vec::new());
        }
        if batch.len() > QUEUE_BATCH {
            let source = format!("{} connectors in a batch of at most {QUEUE_BATCH}", batch.len());
            return Err(PortError::bug(SENDING, source));
        }
        let delay = i32::try_from(delay.min(MAX_DELAY).as_secs()).unwrap_or_default();
        let mut request = self.client.send_message_batch().queue_url(&self.url);
        for (index, connector) in batch.iter().enumerate() {
            let entry = SendMessageBatchRequestEntry::builder()
                .id(index.to_string())
                .message_body(body(connector))
                .delay_seconds(delay)
                .build();
            request = request.entries(entry.map_err(|error| PortError::bug(SENDING, error))?);
        }
        let answer = request.send().await.map_err(|error| port_error(SENDING, error))?;
        Ok(failed_entries(batch, &answer))
    }
}

/// The connectors that the queue did not confirm. An entry missing from the response counts as rejected too:
/// a duplicate message does no harm, a lost one would cost a window.
fn failed_entries(batch: &[ConnectorId], answer: &SendMessageBatchOutput) -> Vec<ConnectorId> {
    for failed in answer.failed() {
        // The port returns only the rejected connectors; the reason is logged here.
        tracing::warn!(
            connector.id =
                failed.id().parse().ok().and_then(|index: usize| batch.get(index)).map(ConnectorId::as_str),
            code = failed.code(),
            our_fault = failed.sender_fault(),
            reason = failed.message(),
            "the export queue rejected a message"
        );
    }
    let confirmed = |index: usize| answer.successful().iter().any(|entry| entry.id().parse() == Ok(index));
    batch
        .iter()
        .enumerate()
        .filter(|(index, _)| !confirmed(*index))
        .map(|(_, connector)| connector.clone())
        .collect()
}
