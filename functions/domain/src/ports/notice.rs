//! The event bus and the queue between dispatcher and exporter.

use async_trait::async_trait;

use super::PortError;
use crate::names::ConnectorId;
use crate::notice::Notice;

/// The vendor's event bus.
#[async_trait]
pub trait Bus: Send + Sync {
    /// Tells the bus. It may be told twice; the notice's ID is the same then.
    async fn announce(&self, notice: &Notice) -> Result<(), PortError>;
}

/// How many connectors one batch may hold: the limit of `SendMessageBatch` (Amazon SQS API reference).
pub const QUEUE_BATCH: usize = 10;

/// The queue from the dispatcher to the exporter.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Sends a batch of at most [`QUEUE_BATCH`] connectors, one message each. Returns those that the queue
    /// refused, which are still the caller's to send.
    async fn send(&self, batch: &[ConnectorId]) -> Result<Vec<ConnectorId>, PortError>;
}
