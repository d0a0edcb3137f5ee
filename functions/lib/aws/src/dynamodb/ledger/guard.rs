//! The writes of a change's transaction, and what it means if the condition of one fails.

use aws_sdk_dynamodb::types::TransactWriteItem;
use protocol::budget::Budget;

/// The meaning of a write's condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Guard {
    /// The settings still have the version that the change started from.
    Version,
    /// This much of the budget is left.
    Budget(Budget),
    /// The role is used by no other tenant.
    Role,
    /// The bucket's claims have not changed since they were read.
    Bucket,
}

/// A write and the meaning of its condition.
#[derive(Debug, Clone)]
pub(super) struct GuardedWrite {
    pub(super) guard: Guard,
    pub(super) write: TransactWriteItem,
}

/// The failed condition with the highest priority: a stale change is stale, whatever else failed.
pub(super) fn failed_guard(writes: &[GuardedWrite], failed: &[usize]) -> Guard {
    let guards = failed.iter().filter_map(|index| writes.get(*index)).map(|write| write.guard);
    guards.min().unwrap_or(Guard::Bucket)
}
