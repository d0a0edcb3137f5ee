//! What the watchdog needs from the ledger.

use archive::names::ConnectorId;
use async_trait::async_trait;
use protocol::watch::{NotificationState, Sweep, SweepCursor, WatchedConnector};

use super::{Page, PortError};

/// A page of connectors: the pages are in the order of the sweep, the connectors of one in any order.
pub type WatchPage = Page<WatchedConnector, SweepCursor>;

/// What the watchdog needs from the ledger. Its reads are eventually consistent: a connector that was
/// created, deleted or changed within the last second may be returned as it was.
#[async_trait]
pub trait Watch: Send + Sync {
    /// The next connectors, of all tenants and states; from the first without `after`. One page is one
    /// request, so that its cost is known.
    async fn watch(&self, after: Option<&SweepCursor>) -> Result<WatchPage, PortError>;

    /// The stored progress of the sweep; its beginning if none is stored. Consistent.
    async fn sweep(&self) -> Result<Sweep, PortError>;

    /// Stores the sweep's progress if the stored version is the previous one (`version` is one less).
    /// `false`: another tick was faster.
    async fn store_sweep(&self, sweep: &Sweep) -> Result<bool, PortError>;

    /// Stores a connector's notification state if the stored one is still `before`. `false`: another tick
    /// notifies.
    async fn store_notification_state(
        &self,
        id: &ConnectorId,
        before: Option<&NotificationState>,
        after: &NotificationState,
    ) -> Result<bool, PortError>;
}
