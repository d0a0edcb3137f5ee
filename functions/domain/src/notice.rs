//! What Auditferry tells the event bus.
//!
//! What a reader may rely on, as long as the bus takes what it is told: of each delivered part, of each block that
//! says something new and of its end there is at least one notice, however often workers die. It is announced
//! before the step that it reports is recorded, so a crash between the two has it told again; its `id` is the same
//! then, and lets a reader drop the second. (Only a block that a dead worker did not live to record begins anew,
//! with another `since` and so another `id`.) Notices of one connector are told in the order of its parts, but a
//! bus promises no order to its readers.
//!
//! What no reader may rely on: a bus that refuses, or does not answer for as long as one request is tried, keeps no
//! file from a customer. The run goes on and counts the notice as unannounced, and that notice is never told again.
//! A change of settings is told after it is stored, once, so a crash or such a bus leaves it untold. The ledger is
//! the truth: its history of parts, its block and its changes hold everything that notices tell, and whoever must
//! miss nothing reads them.

use serde::Serialize;

use crate::connector::{Caller, Change, State, Verb};
use crate::fault::Block;
use crate::names::{ConnectorId, TenantId};
use crate::part::{Kind, Part, PartNumber, Window};
use crate::time::Time;

/// One event for the bus.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// The same for the same fact, however often it is told.
    pub id: String,
    /// Whose.
    pub tenant: TenantId,
    /// Which connector.
    pub connector: ConnectorId,
    /// What happened.
    #[serde(flatten)]
    pub fact: Fact,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Fact {
    /// A part with events is in the customer's bucket.
    Delivered(Delivery),
    /// A part with nothing but the heartbeat is in the customer's bucket.
    Heartbeat(Delivery),
    /// Delivery is blocked, or blocked for another reason than before.
    Blocked {
        /// Why, and what to do.
        block: Block,
        /// The oldest part that waits.
        waiting_from: Option<PartNumber>,
    },
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
    Recovered {
        /// Since when it had been blocked.
        blocked_since: Time,
    },
}

/// A delivered part, as the bus is told of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Delivery {
    /// Its number.
    pub part: PartNumber,
    /// Its window.
    pub window: Window,
    /// What it holds.
    pub kind: Kind,
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

impl Notice {
    /// A part was delivered.
    #[must_use]
    pub fn delivered(tenant: &TenantId, part: &Part) -> Self {
        let delivery = Delivery {
            part: part.number,
            window: part.window,
            kind: part.kind,
            events: part.events,
            late: part.late,
            unreadable: part.unreadable,
            name: part.name(),
            size: part.size,
        };
        let fact =
            if part.kind == Kind::Heartbeat { Fact::Heartbeat(delivery) } else { Fact::Delivered(delivery) };
        Self::new(tenant, &part.connector, &part.number.to_string(), fact)
    }

    /// Delivery is blocked.
    #[must_use]
    pub fn blocked(
        tenant: &TenantId,
        connector: &ConnectorId,
        block: Block,
        waiting_from: Option<PartNumber>,
    ) -> Self {
        let mark = format!("{}-{}-{}", block.since, block.stage.as_str(), block.code);
        Self::new(tenant, connector, &mark, Fact::Blocked { block, waiting_from })
    }

    /// Delivery works again, or reading does.
    #[must_use]
    pub fn recovered(tenant: &TenantId, connector: &ConnectorId, blocked_since: Time) -> Self {
        Self::new(tenant, connector, &blocked_since.to_string(), Fact::Recovered { blocked_since })
    }

    /// A connector's settings were changed.
    #[must_use]
    pub fn changed(change: &Change) -> Self {
        let Change { version, what, by, after, .. } = change;
        let fact = Fact::Changed { version: *version, what: *what, by: by.clone(), state: after.state };
        Self::new(&after.tenant, &after.id, &version.to_string(), fact)
    }

    fn new(tenant: &TenantId, connector: &ConnectorId, mark: &str, fact: Fact) -> Self {
        let id = format!("{connector}-{}-{mark}", fact.kind().to_lowercase());
        Self { id, tenant: tenant.clone(), connector: connector.clone(), fact }
    }
}

impl Fact {
    /// The `detail-type` on the bus.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Delivered(_) => "ExportDelivered",
            Self::Heartbeat(_) => "ExportHeartbeat",
            Self::Blocked { .. } => "ExportBlocked",
            Self::Recovered { .. } => "ExportRecovered",
            Self::Changed { .. } => "ConnectorChanged",
        }
    }
}
