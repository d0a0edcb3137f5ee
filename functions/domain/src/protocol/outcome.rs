//! How a run ended.

use std::hash::{Hash, Hasher};

use serde::Serialize;

use crate::fault::Block;

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// All that could be done was done; a blocked destination is no failure of the run.
    Completed(Summary),
    /// Another worker has the lease.
    Busy,
    /// There is no such connector, or it is not exporting.
    Inactive,
    /// A fault of ours: the message is reported as failed, and someone is told.
    Failed {
        /// What.
        error: InternalError,
        /// What was done before.
        summary: Summary,
    },
}

/// What a run has done.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Summary {
    /// Parts sealed.
    pub sealed: u64,
    /// Parts delivered, those found there already included.
    pub delivered: u64,
    /// Of the delivered: found there already (412).
    pub existed: u64,
    /// Events in the parts sealed.
    pub events: u64,
    /// Late events among them.
    pub late: u64,
    /// Unreadable items among them.
    pub unreadable: u64,
    /// Heartbeats among the parts sealed.
    pub heartbeats: u64,
    /// Requests tried again after a passing fault (409, 5xx).
    pub retries: u64,
    /// Seals that another worker won.
    pub lost_races: u64,
    /// Notices that the bus did not take.
    #[serde(rename = "unannounced")]
    pub unpublished_notices: u64,
    /// Why the connector is blocked now.
    pub blocked: Option<Block>,
    /// Time was up with work left; the next run goes on at once.
    pub more: bool,
}

impl Hash for Summary {
    /// Only what decides what comes next. Two runs that differ in the rest of the tally go on alike, and whoever
    /// explores all runs need not tell them apart.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.lost_races.hash(state);
    }
}

/// A fault of ours.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct InternalError {
    /// What kind.
    pub kind: InternalErrorKind,
    /// What happened, for an operator.
    pub detail: String,
}

/// What kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum InternalErrorKind {
    /// This worker's clock and the ledger's differ by more than a minute.
    ClockSkew,
    /// An item of another tenant was read.
    TenantMismatch,
    /// The time limit is too short to seal or deliver anything.
    NoProgress,
    /// The storage platform rejected our request or our staged bytes.
    Rejected,
    /// A part's manifest could not be signed: the key can't be reached, or is not the one that must sign.
    #[serde(rename = "unsigned")]
    SigningFailed,
    /// The events are read from another table or by other keys than those that the connector was sealed from.
    SourceChanged,
    /// A record that must be there is not, or an answer came that nobody asked for.
    #[serde(rename = "broken")]
    InvariantViolated,
    /// A port failed: our table, bucket, queue or bus.
    Port,
}

impl InternalError {
    /// A failure of that kind.
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
    fn two_runs_are_told_apart_by_the_races_that_they_lost_and_not_by_their_tallies() {
        let hash = |lost_races, delivered| {
            let mut state = DefaultHasher::new();
            Summary { delivered, lost_races, ..Summary::default() }.hash(&mut state);
            state.finish()
        };
        assert_eq!(hash(1, 0), hash(1, 7));
        assert_ne!(hash(1, 0), hash(2, 0));
    }
}
