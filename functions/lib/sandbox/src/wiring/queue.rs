//! The queue between dispatcher and exporter, as a list in memory: its content is lost with the process, and
//! each connector in it becomes due again once the dispatcher's claim has expired.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use archive::names::ConnectorId;
use async_trait::async_trait;
use ports::{PortError, QUEUE_BATCH, Queue};

/// Connectors waiting for an exporter.
#[derive(Debug, Default)]
pub(super) struct MemoryQueue(Mutex<VecDeque<ConnectorId>>);

impl MemoryQueue {
    /// The next batch, empty at the end.
    pub(super) fn receive_batch(&self) -> Vec<ConnectorId> {
        let mut waiting = self.lock();
        let count = waiting.len().min(QUEUE_BATCH);
        waiting.drain(..count).collect()
    }

    /// No push or drain can be left half done, so a panic elsewhere does no harm.
    fn lock(&self) -> MutexGuard<'_, VecDeque<ConnectorId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Queue for MemoryQueue {
    /// A connector that is sent twice is queued twice, as in SQS; the second run finds nothing to do. Delays
    /// are ignored: the stand-ins have no limits that a thundering herd would exceed.
    async fn send(&self, batch: &[ConnectorId], _: Duration) -> Result<Vec<ConnectorId>, PortError> {
        if batch.len() > QUEUE_BATCH {
            let source = format!("{} connectors in a batch of at most {QUEUE_BATCH}", batch.len());
            return Err(PortError::bug("sending to the queue in memory", source));
        }
        self.lock().extend(batch.iter().cloned());
        Ok(Vec::new())
    }
}
