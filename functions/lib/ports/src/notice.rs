//! The event bus, and the queue between dispatcher and exporter.

use std::time::Duration;

use archive::names::ConnectorId;
use async_trait::async_trait;
use protocol::notice::Notice;
use protocol::portal::LinkNotice;

use super::PortError;

/// The vendor's event bus.
#[async_trait]
pub trait Bus: Send + Sync {
    /// Publishes a notice, and in the same request the [`PartSealed`](protocol::notice::PartSealed) that
    /// belongs to it, if there is one. `Ok` means that the bus has accepted the notice, maybe twice. The bus
    /// may also have accepted it although the result is [`PortError::Transient`]; the notice's ID is the same
    /// each time. A notice that is too large for the bus is a [`PortError::Bug`]. Nothing is buffered: the
    /// caller must publish again what failed.
    async fn publish(&self, notice: &Notice) -> Result<(), PortError>;

    /// The same for a notice about a link of the portal.
    async fn publish_link(&self, notice: &LinkNotice) -> Result<(), PortError>;
}

/// The maximum number of connectors in one batch: the limit of `SendMessageBatch` (Amazon SQS API reference).
pub const QUEUE_BATCH: usize = 10;

/// The queue from the dispatcher to the exporter.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Sends a batch of at most [`QUEUE_BATCH`] connectors, one message each, in their order. An exporter
    /// receives them after `delay`: whole seconds, at most [`super::MAX_DELAY`]. Returns those that the queue
    /// refused; the caller must send them again. An empty batch sends nothing; one that is too large is a
    /// [`PortError::Bug`] and sends nothing either. After a [`PortError::Transient`] any of the batch may
    /// have been sent: the caller sends all of it again, and receivers must tolerate duplicates.
    async fn send(&self, batch: &[ConnectorId], delay: Duration) -> Result<Vec<ConnectorId>, PortError>;
}
