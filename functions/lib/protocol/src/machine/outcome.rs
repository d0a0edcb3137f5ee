//! The outcome of a run.

use std::hash::{Hash, Hasher};

use serde::Serialize;

use crate::delivery_error::Block;

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// All work that could be done is done. A blocked destination does not fail the run.
    Completed(Summary),
    /// Another worker has the lease.
    Busy,
    /// The connector does not exist, or is not exporting.
    Inactive,
    /// An internal error. The message is reported as failed, and an alarm can follow.
    Failed {
        /// The error that ended the run.
        error: InternalError,
        /// What was done before the error.
        summary: Summary,
    },
}

/// The counts of a run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Summary {
    /// Parts sealed, heartbeats included.
    pub sealed: u64,
    /// Parts delivered, including those that were in the bucket already.
    pub delivered: u64,
    /// Delivered parts that were in the bucket already (412).
    pub existed: u64,
    /// Events in the sealed parts.
    pub events: u64,
    /// Late events among them.
    pub late: u64,
    /// Records of unreadable items among them.
    pub unreadable: u64,
    /// Heartbeats among the sealed parts.
    pub heartbeats: u64,
    /// Requests retried after a transient error (409, 5xx).
    pub retries: u64,
    /// Seals that another worker won.
    pub lost_races: u64,
    /// Notices that the bus rejected.
    #[serde(rename = "unannounced")]
    pub unpublished_notices: u64,
    /// Why the connector is blocked now.
    pub blocked: Option<Block>,
    /// Time was up with work left; the next run is due at once.
    pub more: bool,
}

impl Hash for Summary {
    /// Hashes only what decides the next step. Two runs that differ in the other counts behave alike, so a
    /// model checker need not distinguish them.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.lost_races.hash(state);
    }
}

/// An error on the vendor's side, never the customer's.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct InternalError {
    /// The kind, for logs and metrics.
    pub kind: InternalErrorKind,
    /// What happened, for an operator.
    pub detail: String,
}

/// The kinds of internal error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum InternalErrorKind {
    /// The worker's clock and the ledger's differ by more than a minute.
    ClockSkew,
    /// An item of another tenant was read.
    TenantMismatch,
    /// The time limit is too short to seal or deliver anything.
    NoProgress,
    /// S3 rejected our request or our staged bytes.
    Rejected,
    /// A part's manifest could not be signed: the key is unreachable, or is not the one that must sign.
    #[serde(rename = "unsigned")]
    SigningFailed,
    /// The events are read from another table, or by other keys, than those that the connector was sealed
    /// from.
    SourceChanged,
    /// A record that must exist is missing, or an unexpected answer came.
    #[serde(rename = "broken")]
    InvariantViolated,
    /// A port failed: our table, bucket, queue or bus.
    Port,
}

impl InternalErrorKind {
    /// The name in logs, which saved queries and the operator's handbook use. It never changes.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClockSkew => "ClockSkew",
            Self::TenantMismatch => "TenantMismatch",
            Self::NoProgress => "NoProgress",
            Self::Rejected => "Rejected",
            Self::SigningFailed => "Unsigned",
            Self::SourceChanged => "SourceChanged",
            Self::InvariantViolated => "Broken",
            Self::Port => "Port",
        }
    }
}

impl InternalError {
    /// An error of that kind.
    #[must_use]
    pub fn new(kind: InternalErrorKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into() }
    }
}

#[cfg(test)]
mod tests {
    use std::hash::DefaultHasher;

    use super::*;

    #[test]
    fn summaries_hash_by_lost_races_only() {
        let hash = |lost_races, delivered| {
            let mut state = DefaultHasher::new();
            Summary { delivered, lost_races, ..Summary::default() }.hash(&mut state);
            state.finish()
        };
        assert_eq!(hash(1, 0), hash(1, 7));
        assert_ne!(hash(1, 0), hash(2, 0));
    }
}
