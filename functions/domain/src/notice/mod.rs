//! What Auditferry tells the event bus.
//!
//! Changes are told, not states: a block when it begins or says something new and when it ends, an export that does
//! not come and that it comes again. As long as it lasts, either is told again once a day.
//!
//! What a reader may rely on, as long as the bus takes what it is told: of each delivered part, of each block that
//! says something new and of its end there is at least one notice, however often workers die. It is announced
//! before the step that it reports is recorded, so a crash between the two has it told again; its `id` is the same
//! then, and lets a reader drop the second. (Only a block that a dead worker did not live to record begins anew,
//! with another `since` and so another `id`.) Notices of one connector are told in the order of its parts, but a
//! bus promises no order to its readers.
//!
//! What the watchdog tells (an export that does not come, that it comes again, the daily reminders) it remembers
//! first and tells then, and so does the exporter with items that it could not read: of two at once one tells it. A
//! crash between the two leaves it untold until the next day.
//!
//! What no reader may rely on: a bus that refuses, or does not answer for as long as one request is tried, keeps no
//! file from a customer. The run goes on and counts the notice as unannounced, and that notice is never told again.
//! A change of settings is told after it is stored, once, so a crash or such a bus leaves it untold. The ledger is
//! the truth: its history of parts, its block and its changes hold everything that notices tell, and whoever must
//! miss nothing reads them.

mod facts;

use std::time::Duration;

use serde::Serialize;

use crate::connector::Change;
use crate::cursor::Cursor;
use crate::fault::Block;
use crate::item::Unreadable;
use crate::loss_forecast::LossForecast;
use crate::names::{ConnectorId, TenantId};
use crate::part::{Part, PartKind};
use crate::time::Time;

pub use facts::{Backlog, Delivery, Fact, Recovery, UnreadableItems};

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
        let fact = if part.kind == PartKind::Heartbeat {
            Fact::Heartbeat(delivery)
        } else {
            Fact::Delivered(delivery)
        };
        Self::new(tenant, &part.connector, &part.number.to_string(), fact)
    }

    /// Delivery or reading is blocked, at a connector that stands here. `retention` is for how long the events
    /// table keeps an event, if not for ever.
    #[must_use]
    pub fn blocked(
        tenant: &TenantId,
        connector: &ConnectorId,
        block: Block,
        cursor: &Cursor,
        retention: Option<Duration>,
    ) -> Self {
        let mark = format!("{}-{}-{}", block.since, block.stage.as_str(), block.code);
        let loss = LossForecast::of_block(&block, cursor.watermark, retention);
        let fact = Fact::Blocked { block, backlog: Backlog::of(cursor), loss, reminder: false };
        Self::new(tenant, connector, &mark, fact)
    }

    /// What should have been sealed at `since` is not.
    #[must_use]
    pub fn stale(
        tenant: &TenantId,
        connector: &ConnectorId,
        since: Time,
        cursor: &Cursor,
        retention: Option<Duration>,
    ) -> Self {
        let loss = LossForecast::of_unsealed(cursor.watermark, retention);
        let fact = Fact::Stale { since, backlog: Backlog::of(cursor), loss, reminder: false };
        Self::new(tenant, connector, &since.to_string(), fact)
    }

    /// What was stale since then is sealed in time again at `now`.
    #[must_use]
    pub fn on_time(
        tenant: &TenantId,
        connector: &ConnectorId,
        stale_since: Time,
        cursor: &Cursor,
        now: Time,
    ) -> Self {
        let stale_seconds = now.since(stale_since).as_secs();
        let fact = Fact::OnTime { stale_since, stale_seconds, backlog: Backlog::of(cursor) };
        Self::new(tenant, connector, &stale_since.to_string(), fact)
    }

    /// The same, told again at `now`, since it lasts. Of what is no state, it is the same notice.
    #[must_use]
    pub fn as_reminder(mut self, now: Time) -> Self {
        if let Fact::Blocked { reminder, .. } | Fact::Stale { reminder, .. } = &mut self.fact {
            *reminder = true;
            self.id = format!("{}-again-{now}", self.id);
        }
        self
    }

    /// Delivery works again, or reading does.
    #[must_use]
    pub fn recovered(tenant: &TenantId, connector: &ConnectorId, recovery: Recovery) -> Self {
        Self::new(tenant, connector, &recovery.blocked_since.to_string(), Fact::Recovered(recovery))
    }

    /// This part, just sealed, holds records of items that are no events; `first` is the first of them.
    #[must_use]
    pub fn unreadable(tenant: &TenantId, part: &Part, first: &Unreadable) -> Self {
        let fact = Fact::Unreadable(UnreadableItems {
            part: part.number,
            window: part.window,
            items: part.unreadable,
            partition_key: first.partition_key.clone(),
            sort_key: first.sort_key.clone(),
            reason: first.reason,
        });
        Self::new(tenant, &part.connector, &part.number.to_string(), fact)
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
