//! A queue batch: runs the connectors that its messages name, each once.

use std::collections::BTreeMap;

use archive::names::ConnectorId;
use archive::time::Time;
use aws::sqs_batch;
use aws::sqs_batch::run_each;
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use ports::MetricsSink;
use protocol::machine::Outcome;
use serde::Deserialize;

use crate::context::Exporter;
use crate::export::export_measured;
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
    let (connectors, dropped) = connectors(batch);
    let runs = connectors.into_iter().map(|(id, messages)| {
        let (exporter, connector) = (exporter.clone(), id.clone());
        let run = async move { export_measured(&exporter, &connector, deadline).await };
        ((id, messages), run)
    });
    let mut panicked = 0;
    let mut failed = Vec::new();
    run_each(runs, |(id, messages), ended| {
        let has_failed = match ended {
            Ok(run) => {
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
        if has_failed {
            failed.extend(messages);
        }
    })
    .await;
    metrics.record(&batch_metrics(clock.now(), dropped, panicked));
    sqs_batch::response(failed)
}

/// The distinct connectors of a batch with the messages that name them, and the number of unreadable
/// messages.
fn connectors(batch: SqsEvent) -> (BTreeMap<ConnectorId, Vec<String>>, u64) {
    let mut dropped = 0;
    let messages = sqs_batch::messages(batch, |message_id, error| {
        dropped += 1;
        tracing::error!(
            message.id = message_id,
            error = %error,
            "a message was dropped: expected {{\"connector_id\": \"con_…\"}}"
        );
    });
    let mut connectors: BTreeMap<ConnectorId, Vec<String>> = BTreeMap::new();
    for (message_id, ExportMessage { connector_id }) in messages {
        connectors.entry(connector_id).or_default().push(message_id);
    }
    (connectors, dropped)
}
