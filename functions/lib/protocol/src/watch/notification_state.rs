//! When the watchdog notifies about a connector: once for a missed export and once for its recovery, and once
//! a day for any problem that lasts. The exporter publishes the beginning and the end of a block, since it is
//! there when they happen.
//!
//! The notification state is stored with the connector's cursor. The write is conditional on the previous
//! state, so that of two concurrent ticks only one notifies.

use std::time::Duration;

use archive::time::Time;
use serde::{Deserialize, Serialize};

use super::WatchedConnector;
use crate::connector::State;
use crate::health::expected_by;
use crate::machine::Timing;
use crate::notice::Notice;

/// A reminder of an ongoing problem follows this long after the last notice.
const REPEAT_AFTER: Duration = Duration::from_hours(24);
/// How much later than expected an export may be before a notice is published. After an outage of up to half
/// an hour the runs catch up on their own, and nobody needs a notice of each.
const STALE_TOLERANCE: Duration = Duration::from_mins(30);
/// The same tolerance within a day after a recovery. A connector that is a little late at each window would
/// otherwise cause two notices at each window.
const RECURRENCE_TOLERANCE: Duration = Duration::from_hours(2);

/// The condition of a connector, as far as the watchdog reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// The connector is blocked.
    Blocked,
    /// What is due is not sealed.
    Stale,
    /// The problem is over.
    #[serde(rename = "over")]
    Resolved,
}

/// The last notice about a connector, and when it was published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct NotificationState {
    /// The condition in that notice.
    #[serde(rename = "of")]
    pub condition: Condition,
    /// Since when the condition lasts.
    pub since: Time,
    /// When the notice was published.
    #[serde(rename = "at")]
    pub notified_at: Time,
}

/// A notice to publish now, and the states around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingNotification {
    /// The state to store before the notice is published.
    pub next: NotificationState,
    /// The state to store instead if the bus rejects the notice, so that it is published later.
    pub rollback: NotificationState,
    /// The notice, as the bus gets it.
    pub notice: Notice,
}

impl WatchedConnector {
    /// The notification due at `now`, if any. `retention` is how long the events table keeps an event; `None`
    /// means forever.
    #[must_use]
    pub fn pending_notification(
        &self,
        timing: Timing,
        retention: Option<Duration>,
        now: Time,
    ) -> Option<PendingNotification> {
        let exporting = matches!(self.state, State::Active | State::Paused);
        let cursor = self.cursor.as_ref().filter(|_| exporting)?;
        let (tenant, connector) = (&self.tenant, &self.connector);
        // A paused connector's block is reported when it resumes; the pause is intended.
        if let Some(block) = cursor.block.as_ref().filter(|_| self.state == State::Active) {
            let since = block.since;
            let of_this =
                |state: &&NotificationState| state.condition == Condition::Blocked && state.since == since;
            let last_notified_at =
                self.last_notified.as_ref().filter(of_this).map_or(since, |state| state.notified_at);
            let notice =
                || Notice::blocked(tenant, connector, block.clone(), cursor, retention).as_reminder(now);
            return (now.since(last_notified_at) >= REPEAT_AFTER).then(|| {
                self.pending(
                    NotificationState { condition: Condition::Blocked, since, notified_at: now },
                    notice(),
                )
            });
        }
        let expected = expected_by(self.activated_at, self.frequency, cursor, timing);
        let late = expected.filter(|expected| now > *expected);
        let before = self.last_notified.filter(|state| state.condition == Condition::Stale);
        let recently_resolved = |state: NotificationState| {
            state.condition == Condition::Resolved && now.since(state.notified_at) < REPEAT_AFTER
        };
        let tolerance = if self.last_notified.is_some_and(recently_resolved) {
            RECURRENCE_TOLERANCE
        } else {
            STALE_TOLERANCE
        };
        match (late, before) {
            (Some(since), None) if now.since(since) >= tolerance => {
                let notice = Notice::stale(tenant, connector, since, cursor, retention);
                Some(self.pending(
                    NotificationState { condition: Condition::Stale, since, notified_at: now },
                    notice,
                ))
            }
            // A connector that works off a backlog gets a new late-since time at each tick: the first one
            // counts.
            (Some(_), Some(NotificationState { since, notified_at, .. }))
                if now.since(notified_at) >= REPEAT_AFTER =>
            {
                let notice = Notice::stale(tenant, connector, since, cursor, retention).as_reminder(now);
                Some(self.pending(
                    NotificationState { condition: Condition::Stale, since, notified_at: now },
                    notice,
                ))
            }
            (None, Some(NotificationState { since, .. })) => {
                let notice = Notice::on_time(tenant, connector, since, cursor, now);
                Some(self.pending(
                    NotificationState { condition: Condition::Resolved, since: now, notified_at: now },
                    notice,
                ))
            }
            _ => None,
        }
    }

    fn pending(&self, next: NotificationState, notice: Notice) -> PendingNotification {
        // Without any notice so far, the state is a problem resolved long ago.
        let rollback = self.last_notified.unwrap_or(NotificationState {
            condition: Condition::Resolved,
            since: Time::EPOCH,
            notified_at: Time::EPOCH,
        });
        PendingNotification { next, rollback, notice }
    }
}

#[cfg(test)]
mod tests;
