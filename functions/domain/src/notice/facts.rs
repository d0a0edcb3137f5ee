//! What a notice can tell.

use serde::Serialize;

use crate::connector::{Caller, State, Verb};
use crate::cursor::Cursor;
use crate::fault::Block;
use crate::item::UnreadableReason;
use crate::loss_forecast::LossForecast;
use crate::part::{PartKind, PartNumber, Window};
use crate::time::Time;

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Fact {
    /// A part with events is in the customer's bucket.
    Delivered(Delivery),
    /// A part with nothing but the heartbeat is in the customer's bucket.
    Heartbeat(Delivery),
    /// Delivery or reading is blocked, or blocked for another reason than before; or still is, a day later.
    Blocked {
        /// Why, and what to do.
        block: Block,
        /// What waits.
        #[serde(flatten)]
        backlog: Backlog,
        /// What would be lost, and from when on.
        loss: LossForecast,
        /// It was told before, and lasts.
        reminder: bool,
    },
    /// What is due is not sealed, and no block says why; or still is not, a day later.
    Stale {
        /// When it should have been sealed.
        since: Time,
        /// What waits beside it, and up to where all is sealed.
        #[serde(flatten)]
        backlog: Backlog,
        /// What would be lost, and from when on.
        loss: LossForecast,
        /// It was told before, and lasts.
        reminder: bool,
    },
    /// What was stale is sealed in time again.
    OnTime {
        /// Since when it had been stale.
        stale_since: Time,
        /// For how long, seconds.
        stale_seconds: u64,
        /// What waits for its delivery, and up to where all is sealed.
        #[serde(flatten)]
        backlog: Backlog,
    },
    /// Items that are no events were exported as records of their keys and of what was written; told once a day at most.
    Unreadable(UnreadableItems),
    /// A connector's settings were changed.
    Changed {
        /// The version that the change made.
        version: u64,
        /// What was done.
        what: Verb,
        /// By whom.
        by: Caller,
        /// The state that the connector is in now.
        state: State,
    },
    /// Delivery works again, or reading does.
    Recovered(Recovery),
}

/// What is sealed and waits for its delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Backlog {
    /// The oldest part that waits; none if none does.
    pub waiting_from: Option<PartNumber>,
    /// How many parts wait.
    pub waiting_parts: u64,
    /// The exclusive end of what is sealed.
    pub sealed_to: Time,
}

impl Backlog {
    /// What waits at a connector that stands here.
    #[must_use]
    pub fn of(cursor: &Cursor) -> Self {
        Self {
            waiting_from: cursor.undelivered(),
            waiting_parts: cursor.next.previous().get().saturating_sub(cursor.delivered.get()),
            sealed_to: cursor.watermark,
        }
    }
}

/// The end of a block. How many events are caught up on, each part's own notice says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Recovery {
    /// Since when it had been blocked.
    pub blocked_since: Time,
    /// For how long, seconds.
    pub blocked_seconds: u64,
    /// Where the window of the oldest part that waited begins; none if it was reading that was blocked.
    pub caught_up_from: Option<Time>,
    /// What is being caught up on: all that waited, the first of it included, which has just arrived.
    #[serde(flatten)]
    pub backlog: Backlog,
}

/// Items of a part that could not be read as events, never what is in them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnreadableItems {
    /// The part that holds records of them.
    pub part: PartNumber,
    /// Its window.
    pub window: Window,
    /// How many.
    pub items: u64,
    /// The partition key of the first of them.
    pub partition_key: String,
    /// Its sort key.
    pub sort_key: String,
    /// What is wrong with it.
    pub reason: UnreadableReason,
}

/// A delivered part, as the bus is told of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Delivery {
    /// Its number.
    pub part: PartNumber,
    /// Its window.
    pub window: Window,
    /// What it holds.
    pub kind: PartKind,
    /// How many events.
    pub events: u64,
    /// How many of them were late.
    pub late: u64,
    /// How many of them could not be read.
    pub unreadable: u64,
    /// The object's name below the prefix.
    pub name: String,
    /// The object's size, bytes.
    pub size: u64,
}

impl Fact {
    /// The `detail-type` on the bus.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Delivered(_) => "ExportDelivered",
            Self::Heartbeat(_) => "ExportHeartbeat",
            Self::Blocked { .. } => "ExportBlocked",
            Self::Stale { .. } => "ExportStale",
            Self::OnTime { .. } => "ExportOnTime",
            Self::Recovered(_) => "ExportRecovered",
            Self::Unreadable(_) => "ExportUnreadable",
            Self::Changed { .. } => "ConnectorChanged",
        }
    }
}
