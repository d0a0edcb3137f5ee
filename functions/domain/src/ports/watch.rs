//! What the watchdog asks of the ledger.

use async_trait::async_trait;

use super::PortError;
use crate::names::ConnectorId;
use crate::watch::{NotificationState, Sweep, SweepCursor, WatchedConnector};

/// Some connectors of the sweep's order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WatchPage {
    /// They, in any order; there may be none even though more follow.
    pub watched: Vec<WatchedConnector>,
    /// Behind which the next page starts; `None` at the end.
    pub next: Option<SweepCursor>,
}

/// What the watchdog asks of the ledger. Its reads are eventually consistent: a connector that came, went or moved
/// within the last second may be seen as it was.
#[async_trait]
pub trait Watch: Send + Sync {
    /// The next connectors, of all tenants and states; from the first one on without `after`. A page is what one
    /// request reads, so that its cost is known; a sweep is as many pages as there are.
    async fn watch(&self, after: Option<&SweepCursor>) -> Result<WatchPage, PortError>;

    /// Where the watchdog stands; at its beginning if it was never kept. Consistent.
    async fn sweep(&self) -> Result<Sweep, PortError>;

    /// Keeps where it stands, if what is kept is still the one before (`kept` is one less); else `false`: another
    /// tick was faster.
    async fn store_sweep(&self, sweep: &Sweep) -> Result<bool, PortError>;

    /// Remembers what is told of a connector, if what is remembered is still the one before; else `false`: another
    /// tick tells it.
    async fn store_notification_state(
        &self,
        id: &ConnectorId,
        before: Option<&NotificationState>,
        after: &NotificationState,
    ) -> Result<bool, PortError>;
}
