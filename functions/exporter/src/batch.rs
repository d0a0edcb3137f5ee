//! A queue batch. Its connectors run concurrently, each in a task of its own, so that an error or a panic of
//! one connector does not affect the others.

use std::collections::BTreeMap;

use archive::names::ConnectorId;
use archive::time::Time;
use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use ports::MetricsSink;
use protocol::machine::Outcome;
use serde::Deserialize;
use tokio::task::JoinSet;
use tracing::Instrument as _;

use crate::export::{Exporter, export_measured};
use crate::metrics::{batch_metrics, run_metrics};
use crate::report::log_outcome;

/// A message of the queue. Only the connector's ID is read from it.
#[derive(Deserialize)]
struct ExportMessage {
    connector_id: ConnectorId,
}

/// Runs the connectors of a batch until `deadline` and returns the messages that failed. A delivery error of
/// the customer's storage is not a failed message. Neither is an unreadable message: it would only come back
/// unchanged.
pub async fn handle(
    exporter: &Exporter,
    metrics: &dyn MetricsSink,
    batch: SqsEvent,
    deadline: Time,
) -> SqsBatchResponse {
    let clock = &exporter.ports.clock;
    let mut runs = JoinSet::new();
    let mut pending = BTreeMap::new();
    let (connectors, dropped) = connectors(batch);
    let mut panicked = 0;
    for (id, messages) in connectors {
        let exporter = exporter.clone();
        let task = {
            let id = id.clone();
            // In the invocation's span, so that each log line of the run has the request ID.
            runs.spawn(async move { export_measured(&exporter, &id, deadline).await }.in_current_span())
        };
        pending.insert(task.id(), (id, messages));
    }
    let mut response = SqsBatchResponse::default();
    while let Some(ended) = runs.join_next_with_id().await {
        let task = match &ended {
            Ok((task, _)) => *task,
            Err(error) => error.id(),
        };
        let Some((id, messages)) = pending.remove(&task) else { continue };
        let failed = match ended {
            Ok((_, run)) => {
                log_outcome(&id, &run.outcome);
                metrics.record(&run_metrics(clock.now(), &id, &run));
                matches!(run.outcome, Outcome::Failed { .. })
            }
            Err(error) => {
                panicked += 1;
                tracing::error!(connector.id = %id, error = %error, "the export panicked");
                true
            }
        };
        if failed {
            response.batch_item_failures.extend(messages.into_iter().map(item_failure));
        }
    }
    metrics.record(&batch_metrics(clock.now(), dropped, panicked));
    response
}

/// The distinct connectors of a batch with the messages that name them, and the number of unreadable
/// messages.
fn connectors(batch: SqsEvent) -> (BTreeMap<ConnectorId, Vec<String>>, u64) {
    let mut dropped = 0;
    let mut connectors: BTreeMap<ConnectorId, Vec<String>> = BTreeMap::new();
    for message in batch.records {
        let message_id = message.message_id.unwrap_or_default();
        match serde_json::from_str::<ExportMessage>(message.body.as_deref().unwrap_or_default()) {
            Ok(ExportMessage { connector_id }) => {
                connectors.entry(connector_id).or_default().push(message_id);
            }
            Err(error) => {
                dropped += 1;
                tracing::error!(
                    message.id = message_id,
                    error = %error,
                    "a message was dropped: expected {{\"connector_id\": \"con_…\"}}"
                );
            }
        }
    }
    (connectors, dropped)
}

fn item_failure(message_id: String) -> BatchItemFailure {
    let mut failure = BatchItemFailure::default();
    failure.item_identifier = message_id;
    failure
}
