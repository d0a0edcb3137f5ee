//! The event bus and the queue between dispatcher and exporter.

use std::time::Duration;

use async_trait::async_trait;

use super::PortError;
use crate::names::ConnectorId;
use crate::notice::Notice;

/// The vendor's event bus.
#[async_trait]
pub trait Bus: Send + Sync {
    /// Tells the bus. `Ok`: it has heard. It may have been told twice then, and it may have heard although the
    /// answer is a passing failure; the notice's ID is the same each time. A notice that is too large for the bus
    /// is a [`PortError::Bug`]. Nothing is kept to be told later: what is not told is the caller's to tell again.
    async fn publish(&self, notice: &Notice) -> Result<(), PortError>;
}

/// How many connectors one batch may hold: the limit of `SendMessageBatch` (Amazon SQS API reference).
pub const QUEUE_BATCH: usize = 10;

/// The queue from the dispatcher to the exporter.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Sends a batch of at most [`QUEUE_BATCH`] connectors, one message each, in their order, to be handed to an
    /// exporter after `delay`: in whole seconds, and at most [`super::LONGEST_DELAY`]. Returns those that the queue refused, which are still the caller's to send. An empty batch sends nothing; one that is too
    /// large is a [`PortError::Bug`] and sends nothing either. After a passing failure nobody knows who was sent:
    /// all of the batch are the caller's to send again, and whoever receives them must bear the second message.
    async fn send(&self, batch: &[ConnectorId], delay: Duration) -> Result<Vec<ConnectorId>, PortError>;
}
