//! Spending of budgets.

use async_trait::async_trait;

use super::PortError;
use crate::budget::Spending;

/// What became of a spending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpendOutcome {
    /// It is counted.
    Counted,
    /// The budget would be exceeded; nothing was written.
    Exhausted,
}

/// Counts what is used of budgets.
#[async_trait]
pub trait Spender: Send + Sync {
    /// Uses a budget, where nothing else is written that could carry the use in its own transaction. One conditional
    /// write: of any number at once no more are granted than the limit allows, and a refused one writes nothing.
    ///
    /// An error grants nothing: whoever can't ask must refuse. A lost answer may have counted; it is never counted twice
    /// for one call, and counts as used.
    async fn spend(&self, spending: &Spending) -> Result<SpendOutcome, PortError>;
}
