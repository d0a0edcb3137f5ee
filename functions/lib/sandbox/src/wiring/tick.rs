//! The ticks: what `EventBridge`, SQS and Lambda do in AWS.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use archive::names::ConnectorId;
use aws::sqs_batch::run_each;
use dispatcher::{Dispatched, dispatch};
use exporter::export;
use ports::PortError;
use protocol::machine::{InternalError, InternalErrorKind, Outcome, Summary};

use super::Sandbox;

/// The time limit of a run, as in AWS Lambda.
const MAX_RUN_TIME: Duration = Duration::from_mins(15);

/// The result of a tick.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tick {
    /// The result of the dispatcher.
    pub dispatched: Dispatched,
    /// The outcomes of the exporter's runs, by connector.
    pub outcomes: Vec<(ConnectorId, Outcome)>,
}

impl Sandbox {
    /// One tick of the schedule: dispatches what is due, and exports it in batches.
    ///
    /// # Errors
    /// If the dispatcher fails. Connectors that it has claimed become due again by themselves.
    pub async fn tick(&self) -> Result<Tick, PortError> {
        let dispatched = self.dispatch().await?;
        let mut outcomes = Vec::new();
        loop {
            let batch = self.receive();
            if batch.is_empty() {
                return Ok(Tick { dispatched, outcomes });
            }
            outcomes.extend(self.export(&batch).await);
        }
    }

    /// The dispatcher alone: claims what is due and sends it to the queue.
    ///
    /// # Errors
    /// If the ledger fails.
    pub async fn dispatch(&self) -> Result<Dispatched, PortError> {
        dispatch(&self.dispatcher(), self.clock().now() + MAX_RUN_TIME).await.map_err(|failed| failed.source)
    }

    /// The next batch of the queue, empty at the end.
    #[must_use]
    pub fn receive(&self) -> Vec<ConnectorId> {
        self.queue.receive_batch()
    }

    /// The exporter alone: runs these connectors concurrently, each once, and returns their outcomes in the
    /// order of IDs.
    pub async fn export(&self, batch: &[ConnectorId]) -> BTreeMap<ConnectorId, Outcome> {
        let exporter = self.exporter();
        let deadline = self.clock().now() + MAX_RUN_TIME;
        let distinct: BTreeSet<&ConnectorId> = batch.iter().collect();
        let runs = distinct.into_iter().map(|id| {
            let (exporter, connector) = (exporter.clone(), id.clone());
            (id, async move { export(&exporter, &connector, deadline).await })
        });
        let mut outcomes = BTreeMap::new();
        run_each(runs, |id, ended| {
            outcomes.insert(id.clone(), ended.unwrap_or_else(|_| panicked()));
        })
        .await;
        outcomes
    }
}

fn panicked() -> Outcome {
    let failure = InternalError::new(InternalErrorKind::InvariantViolated, "the export panicked");
    Outcome::Failed { error: failure, summary: Summary::default() }
}
