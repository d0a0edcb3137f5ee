//! A queue that can reject single messages of a batch, as SQS does with its `Failed` entries, and whole
//! batches.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use archive::names::ConnectorId;
use async_trait::async_trait;
use ports::{MAX_DELAY, PortError, QUEUE_BATCH, Queue};

use super::locked;
use crate::fault_injection::{Outage, Outages};

const SENDING: &str = "sending to the export queue";

/// A fake queue. A clone is the same queue.
#[derive(Debug, Clone, Default)]
pub struct FakeQueue {
    shared: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    batches: Vec<Vec<ConnectorId>>,
    /// The delay of each accepted message.
    delays: Vec<Duration>,
    rejected: BTreeSet<ConnectorId>,
    outages: Outages,
}

impl FakeQueue {
    /// An empty queue.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Rejects this connector's messages from now on.
    pub fn refuse(&self, id: ConnectorId) {
        locked(&self.shared).rejected.insert(id);
    }

    /// Accepts everyone's messages again.
    pub fn accept_all(&self) {
        locked(&self.shared).rejected.clear();
    }

    /// The next `calls` calls meet this outage.
    pub fn outage(&self, outage: Outage, calls: usize) {
        locked(&self.shared).outages.plan(outage, calls);
    }

    /// The accepted messages, batch by batch.
    #[must_use]
    pub fn batches(&self) -> Vec<Vec<ConnectorId>> {
        locked(&self.shared).batches.clone()
    }

    /// The accepted messages, in order.
    #[must_use]
    pub fn sent(&self) -> Vec<ConnectorId> {
        self.batches().concat()
    }

    /// The delay of each accepted message, in order. No message is delayed here: there is no clock.
    #[must_use]
    pub fn delays(&self) -> Vec<Duration> {
        locked(&self.shared).delays.clone()
    }

    /// Receives all messages, as the exporter's poller does.
    #[must_use]
    pub fn receive(&self) -> Vec<ConnectorId> {
        std::mem::take(&mut locked(&self.shared).batches).concat()
    }
}

#[async_trait]
impl Queue for FakeQueue {
    async fn send(&self, batch: &[ConnectorId], delay: Duration) -> Result<Vec<ConnectorId>, PortError> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        if batch.len() > QUEUE_BATCH {
            let source = format!("a batch of {}", batch.len()).into();
            return Err(PortError::Bug { what: SENDING, source });
        }
        let mut state = locked(&self.shared);
        let outage = state.outages.take();
        let source = format!("{outage:?}").into();
        match outage {
            Some(Outage::Throttled) => return Err(PortError::Transient { what: SENDING, source }),
            Some(Outage::Denied) => return Err(PortError::Denied { what: SENDING, source }),
            Some(Outage::EntriesFail | Outage::EntriesDenied) => return Ok(batch.to_vec()),
            None | Some(Outage::ResponseLost) => {}
        }
        let (rejected, taken): (Vec<_>, Vec<_>) =
            batch.iter().cloned().partition(|id| state.rejected.contains(id));
        state.delays.extend(taken.iter().map(|_| Duration::from_secs(delay.min(MAX_DELAY).as_secs())));
        state.batches.push(taken);
        if outage.is_some() {
            return Err(PortError::Transient { what: SENDING, source });
        }
        Ok(rejected)
    }
}
