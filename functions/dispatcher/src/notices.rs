//! The notices of the watchdog: connectors that became late or recovered, and once a day those with an
//! ongoing problem.
//!
//! The notification state is stored first, by a conditional write that only one of two concurrent ticks wins;
//! then the notice is published. If the bus does not accept it, the state is rolled back, so that the next
//! sweep publishes it.

use std::time::Duration;

use archive::time::Time;
use ports::{Bus, Watch};
use protocol::machine::Timing;
use protocol::metrics::Metric;
use protocol::watch::{PendingNotification, WatchedConnector};

/// How many notices a tick publishes at most. After a full outage every connector is late: an alarm reports
/// that, and one notice per connector would add nothing. Those that are still late are reported by the next
/// sweeps.
pub const MAX_NOTICES_PER_TICK: u64 = 50;

/// The notices of one tick.
pub(crate) struct Notices<'a> {
    ledger: &'a dyn Watch,
    bus: &'a dyn Bus,
    timing: Timing,
    retention: Option<Duration>,
    published: u64,
    lost: u64,
}

impl<'a> Notices<'a> {
    pub(crate) const fn new(
        ledger: &'a dyn Watch,
        bus: &'a dyn Bus,
        timing: Timing,
        retention: Option<Duration>,
    ) -> Self {
        Self { ledger, bus, timing, retention, published: 0, lost: 0 }
    }

    /// Publishes the pending notice of a connector, if it has one. An error is logged and does not stop the
    /// watchdog.
    pub(crate) async fn publish_for(&mut self, watched: &WatchedConnector, now: Time) {
        if self.published + self.lost >= MAX_NOTICES_PER_TICK {
            return;
        }
        let Some(pending) = watched.pending_notification(self.timing, self.retention, now) else { return };
        let stored = self
            .ledger
            .store_notification_state(&watched.connector, watched.last_notified.as_ref(), &pending.next)
            .await;
        match stored {
            Ok(true) => self.publish(watched, &pending).await,
            Ok(false) => {}
            Err(error) => tracing::warn!(
                connector.id = %watched.connector, error = error.chain(),
                "failed to store the notification state of a connector; the next sweep retries"
            ),
        }
    }

    async fn publish(
        &mut self,
        watched: &WatchedConnector,
        PendingNotification { next, rollback, notice }: &PendingNotification,
    ) {
        let connector = &watched.connector;
        let Err(error) = self.bus.publish(notice).await else {
            self.published += 1;
            return;
        };
        self.lost += 1;
        let error = error.chain();
        tracing::error!(
            connector.id = %connector, notice.id = notice.id, error,
            "failed to publish a notice"
        );
        if let Err(error) = self.ledger.store_notification_state(connector, Some(next), rollback).await {
            tracing::warn!(
                connector.id = %connector, error = error.chain(),
                "failed to roll back the notification state; the notice is repeated only in a day"
            );
        }
    }

    /// The metrics of the notices: for each tick that publishes metrics, and for each that lost a notice.
    pub(crate) fn metrics(&self, enabled: bool) -> Option<Metric> {
        (enabled || self.lost > 0).then(|| Metric::count("NoticesLost", self.lost))
    }
}
