//! What a notice can report.

use archive::item::UnreadableReason;
use archive::part::{PartKind, PartNumber, Window};
use archive::time::Time;
use serde::{Deserialize, Serialize};

use super::{NoticeKind, Open};
use crate::caller::Caller;
use crate::connector::{State, Verb};
use crate::cursor::Cursor;
use crate::delivery_error::Block;
use crate::loss_forecast::Loss;

/// What happened, as published on the bus.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Fact {
    /// A part with events is in the customer's bucket.
    Delivered(Delivery),
    /// A part with nothing but the heartbeat is in the customer's bucket.
    Heartbeat(Delivery),
    /// Delivery or reading is blocked, or blocked for another reason than before; or still is, a day later.
    Blocked(Blocked),
    /// An export is overdue without a block; or still is, a day later.
    Stale(Stale),
    /// What was stale is sealed in time again.
    OnTime(OnTime),
    /// Items that are not events were exported as records of their keys and content. At most one notice a
    /// day.
    Unreadable(UnreadableItems),
    /// A connector's settings were changed.
    Changed(Changed),
    /// Delivery or reading works again.
    Recovered(Recovery),
}

/// A block, and what waits because of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blocked {
    /// Why, and what to do.
    pub block: Block,
    /// What is sealed and undelivered.
    #[serde(flatten)]
    pub backlog: Backlog,
    /// What would be lost, and from when.
    pub loss: Loss,
    /// Whether this repeats an earlier notice, because the state lasts.
    pub reminder: bool,
}

/// An overdue export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stale {
    /// When it should have been sealed.
    pub since: Time,
    /// What is sealed and undelivered, and up to where everything is sealed.
    #[serde(flatten)]
    pub backlog: Backlog,
    /// What would be lost, and from when.
    pub loss: Loss,
    /// Whether this repeats an earlier notice, because the state lasts.
    pub reminder: bool,
}

/// The end of an overdue export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnTime {
    /// Since when it had been stale.
    pub stale_since: Time,
    /// For how long, seconds.
    pub stale_seconds: u64,
    /// What is sealed and undelivered, and up to where everything is sealed.
    #[serde(flatten)]
    pub backlog: Backlog,
}

/// A change of a connector's settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// The version of the settings after the change.
    pub version: u64,
    /// The kind of change.
    pub what: Open<Verb>,
    /// The caller who made the change.
    pub by: Open<Caller>,
    /// The state of the connector now.
    pub state: Open<State>,
}

/// Sealed parts that wait for delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backlog {
    /// The oldest waiting part; `None` if none waits.
    pub waiting_from: Option<PartNumber>,
    /// How many parts wait.
    pub waiting_parts: u64,
    /// The exclusive end of what is sealed.
    pub sealed_to: Time,
}

impl Backlog {
    /// The backlog of a connector with this cursor.
    #[must_use]
    pub fn of(cursor: &Cursor) -> Self {
        Self {
            waiting_from: cursor.undelivered(),
            waiting_parts: cursor.next.previous().get().saturating_sub(cursor.delivered.get()),
            sealed_to: cursor.watermark,
        }
    }
}

/// The end of a block. Each part's own notice says how many events are caught up on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovery {
    /// Since when it had been blocked.
    pub blocked_since: Time,
    /// For how long, seconds.
    pub blocked_seconds: u64,
    /// The start of the window of the oldest waiting part; `None` if it was reading that was blocked.
    pub caught_up_from: Option<Time>,
    /// What is being caught up on: everything that waited, including the first part, which has just arrived.
    #[serde(flatten)]
    pub backlog: Backlog,
}

/// Items of a part that could not be read as events; never their content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreadableItems {
    /// The part that contains records of them.
    pub part: PartNumber,
    /// The span of event time that the part covers, `[from, to)`.
    pub window: Window,
    /// How many items could not be read.
    pub items: u64,
    /// The partition key of the first one.
    pub partition_key: String,
    /// The sort key of the first one.
    pub sort_key: String,
    /// What is wrong with the first one.
    pub reason: Open<UnreadableReason>,
}

/// A delivered part, as published on the bus.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// The part's number; numbers of a connector have no gap.
    pub part: PartNumber,
    /// The span of event time that the part covers, `[from, to)`.
    pub window: Window,
    /// Whether the part contains events or only the heartbeat.
    pub kind: PartKind,
    /// How many events it contains.
    pub events: u64,
    /// How many of them were late.
    pub late: u64,
    /// How many of them stand in for unreadable items.
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
        let kind = match self {
            Self::Delivered(_) => NoticeKind::Delivered,
            Self::Heartbeat(_) => NoticeKind::Heartbeat,
            Self::Blocked(_) => NoticeKind::Blocked,
            Self::Stale(_) => NoticeKind::Stale,
            Self::OnTime(_) => NoticeKind::OnTime,
            Self::Recovered(_) => NoticeKind::Recovered,
            Self::Unreadable(_) => NoticeKind::Unreadable,
            Self::Changed(_) => NoticeKind::Changed,
        };
        kind.as_str()
    }
}
