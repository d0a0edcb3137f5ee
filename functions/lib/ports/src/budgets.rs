//! The port that counts budget use.

use async_trait::async_trait;
use protocol::budget::Spending;

use super::PortError;

/// The result of [`Spender::spend`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpendOutcome {
    /// The use was counted.
    Counted,
    /// The use would exceed the budget; nothing was written.
    Exhausted,
}

/// Counts the use of budgets.
#[async_trait]
pub trait Spender: Send + Sync {
    /// Uses a budget, where no other write could include the use in its transaction. One conditional write:
    /// concurrent calls are never granted more than the limit, and a refused call writes nothing.
    ///
    /// An error grants nothing, so the caller must refuse. If the answer was lost the use may have been
    /// counted; it is counted at most once per call.
    async fn spend(&self, spending: &Spending) -> Result<SpendOutcome, PortError>;
}
