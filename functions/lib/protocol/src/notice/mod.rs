//! Notices: what Auditferry publishes on the event bus.
//!
//! Notices report changes, not states: a block when it begins, changes or ends, and an export when it is
//! overdue and when it is on time again. While such a state lasts, its notice is repeated once a day.
//!
//! Guarantee, as long as the bus accepts notices: each delivered part, each new or changed block and each end
//! of a block has at least one notice, however often workers die. The notice is published before the step
//! that it reports is recorded, so a crash between the two publishes it again; its `id` is the same then, and
//! lets a reader ignore the second. (Only a block that a dead worker did not live to record begins anew, with
//! another `since` and so another `id`.) Notices of one connector are published in the order of its parts,
//! but a bus guarantees no order to its readers.
//!
//! The watchdog's notices (an overdue export, its recovery, the daily reminders) are recorded first and
//! published then, and so are the exporter's about unreadable items: of two concurrent workers only one
//! publishes. A crash between the two delays the notice until the next day.
//!
//! Not guaranteed: a bus that refuses, or does not answer within one request's retries, keeps no file from a
//! customer. The run goes on and counts the notice as unpublished, and that notice is never published again.
//! A change of settings is published once after it is stored, so a crash or such a bus loses it. The ledger
//! is authoritative: its history of parts, its block and its changes contain everything that notices report,
//! so readers that must miss nothing read those.

mod facts;
mod kind;
mod open;
mod part_sealed;
#[cfg(test)]
mod tests;

use std::time::Duration;

use archive::item::Unreadable;
use archive::names::{ConnectorId, TenantId};
use archive::part::{Part, PartKind};
use archive::time::Time;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::connector::Change;
use crate::cursor::Cursor;
use crate::delivery_error::Block;
use crate::loss_forecast::LossForecast;

pub use facts::{Backlog, Blocked, Changed, Delivery, Fact, OnTime, Recovery, Stale, UnreadableItems};
pub use kind::NoticeKind;
pub use open::Open;
pub use part_sealed::PartSealed;

/// One event for the bus, about a fact of any kind ([`Fact`]) or of a known one, such as [`Blocked`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice<F = Fact> {
    /// The same for the same fact, however often it is published.
    pub id: String,
    /// The tenant of the connector.
    pub tenant: TenantId,
    /// The connector that this is about.
    pub connector: ConnectorId,
    /// What happened; its fields are part of the same JSON object.
    #[serde(flatten)]
    pub fact: F,
}

/// A notice of a known kind with an unexpected form.
#[derive(Debug, thiserror::Error)]
#[error("cannot parse a notice of the kind {kind}")]
pub struct NoticeParseError {
    /// The kind of the notice.
    kind: String,
    source: serde_json::Error,
}

impl Notice {
    /// Parses a notice of the bus: its `detail-type` and its `detail`. `None` if this version does not know
    /// the kind.
    ///
    /// # Errors
    /// If it is of a known kind with an unexpected form.
    pub fn parse(kind: &str, detail: &Value) -> Result<Option<Self>, NoticeParseError> {
        let Some(known) = NoticeKind::from_name(kind) else { return Ok(None) };
        let parsed = match known {
            NoticeKind::Delivered => Self::of(detail, Fact::Delivered),
            NoticeKind::Heartbeat => Self::of(detail, Fact::Heartbeat),
            NoticeKind::Blocked => Self::of(detail, Fact::Blocked),
            NoticeKind::Recovered => Self::of(detail, Fact::Recovered),
            NoticeKind::Stale => Self::of(detail, Fact::Stale),
            NoticeKind::OnTime => Self::of(detail, Fact::OnTime),
            NoticeKind::Unreadable => Self::of(detail, Fact::Unreadable),
            NoticeKind::Changed => Self::of(detail, Fact::Changed),
        };
        parsed.map(Some).map_err(|source| NoticeParseError { kind: kind.to_owned(), source })
    }

    fn of<'a, F: Deserialize<'a>>(
        detail: &'a Value,
        to_fact: impl FnOnce(F) -> Fact,
    ) -> Result<Self, serde_json::Error> {
        let Notice { id, tenant, connector, fact } = Notice::<F>::deserialize(detail)?;
        Ok(Self { id, tenant, connector, fact: to_fact(fact) })
    }

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

    /// Delivery or reading is blocked, at a connector with this cursor. `retention` is how long the events
    /// table keeps an event, if it expires at all.
    #[must_use]
    pub fn blocked(
        tenant: &TenantId,
        connector: &ConnectorId,
        block: Block,
        cursor: &Cursor,
        retention: Option<Duration>,
    ) -> Self {
        let suffix = format!("{}-{}-{}", block.since, block.stage.as_str(), block.code);
        let loss = LossForecast::of_block(&block, cursor.watermark, retention);
        let blocked = Blocked { block, backlog: Backlog::of(cursor), loss: loss.into(), reminder: false };
        Self::new(tenant, connector, &suffix, Fact::Blocked(blocked))
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
        let stale = Stale { since, backlog: Backlog::of(cursor), loss: loss.into(), reminder: false };
        Self::new(tenant, connector, &since.to_string(), Fact::Stale(stale))
    }

    /// What had been stale since `stale_since` is sealed in time again at `now`.
    #[must_use]
    pub fn on_time(
        tenant: &TenantId,
        connector: &ConnectorId,
        stale_since: Time,
        cursor: &Cursor,
        now: Time,
    ) -> Self {
        let stale_seconds = now.since(stale_since).as_secs();
        let on_time = OnTime { stale_since, stale_seconds, backlog: Backlog::of(cursor) };
        Self::new(tenant, connector, &stale_since.to_string(), Fact::OnTime(on_time))
    }

    /// The same notice as a reminder at `now`, because the state lasts. A notice that reports no state is
    /// unchanged.
    #[must_use]
    pub fn as_reminder(mut self, now: Time) -> Self {
        if let Fact::Blocked(Blocked { reminder, .. }) | Fact::Stale(Stale { reminder, .. }) = &mut self.fact
        {
            *reminder = true;
            self.id = format!("{}-again-{now}", self.id);
        }
        self
    }

    /// Delivery or reading works again.
    #[must_use]
    pub fn recovered(tenant: &TenantId, connector: &ConnectorId, recovery: Recovery) -> Self {
        Self::new(tenant, connector, &recovery.blocked_since.to_string(), Fact::Recovered(recovery))
    }

    /// This part, just sealed, contains records of items that are not events; `first` is the first of them.
    #[must_use]
    pub fn unreadable(tenant: &TenantId, part: &Part, first: &Unreadable) -> Self {
        let fact = Fact::Unreadable(UnreadableItems {
            part: part.number,
            window: part.window,
            items: part.unreadable,
            partition_key: first.partition_key.clone(),
            sort_key: first.sort_key.clone(),
            reason: first.reason.into(),
        });
        Self::new(tenant, &part.connector, &part.number.to_string(), fact)
    }

    /// A connector's settings were changed.
    #[must_use]
    pub fn changed(change: &Change) -> Self {
        let Change { version, what, by, after, .. } = change;
        let changed = Changed {
            version: *version,
            what: (*what).into(),
            by: by.clone().into(),
            state: after.state.into(),
        };
        Self::new(&after.tenant, &after.id, &version.to_string(), Fact::Changed(changed))
    }

    fn new(tenant: &TenantId, connector: &ConnectorId, suffix: &str, fact: Fact) -> Self {
        let id = format!("{connector}-{}-{suffix}", fact.kind().to_lowercase());
        Self { id, tenant: tenant.clone(), connector: connector.clone(), fact }
    }
}
