//! What the watchdog tells the event bus: of connectors that are late or late no more, and once a day of those that
//! still are in trouble.
//!
//! A notice is remembered first, by a write that only one of two ticks at once succeeds with, and told then. One that
//! the bus does not take is forgotten again, so that the next sweep tells it.

use domain::metrics::Metric;
use domain::time::Time;
use domain::watch::{PendingNotification, WatchedConnector};

use crate::watchdog::Watchdog;

/// How many notices a tick tells at most. After an outage of everything, everyone is late: an alarm says so, and as
/// many notices as there are connectors would say no more. Who still is late then is told by the next sweeps.
pub const MAX_NOTICES_PER_TICK: u64 = 50;

/// The notices of one tick.
pub(crate) struct Notices<'a> {
    watchdog: &'a Watchdog,
    published: u64,
    lost: u64,
}

impl<'a> Notices<'a> {
    pub(crate) const fn new(watchdog: &'a Watchdog) -> Self {
        Self { watchdog, published: 0, lost: 0 }
    }

    /// Tells what is to be told of a connector, if anything. Whatever fails here is told in the log and keeps nobody
    /// from being watched.
    pub(crate) async fn publish_for(&mut self, watched: &WatchedConnector, now: Time) {
        let Watchdog { timing, retention, .. } = self.watchdog;
        if self.published + self.lost >= MAX_NOTICES_PER_TICK {
            return;
        }
        let Some(telling) = watched.pending_notification(*timing, *retention, now) else { return };
        let remembered = self
            .watchdog
            .ledger
            .store_notification_state(&watched.connector, watched.last_notified.as_ref(), &telling.next)
            .await;
        match remembered {
            Ok(true) => self.publish(watched, &telling).await,
            Ok(false) => {}
            Err(error) => tracing::warn!(
                connector.id = %watched.connector, error = error.chain(),
                "what is to be told of a connector could not be remembered; the next sweep tells it"
            ),
        }
    }

    async fn publish(
        &mut self,
        watched: &WatchedConnector,
        PendingNotification { next: told, rollback: untold, notice }: &PendingNotification,
    ) {
        let (ledger, connector) = (&self.watchdog.ledger, &watched.connector);
        let Err(error) = self.watchdog.bus.publish(notice).await else {
            self.published += 1;
            return;
        };
        self.lost += 1;
        let error = error.chain();
        tracing::error!(connector.id = %connector, notice.id = notice.id, error, "failed to publish a notice");
        if let Err(error) = ledger.store_notification_state(connector, Some(told), untold).await {
            tracing::warn!(connector.id = %connector, error = error.chain(), "it is told again in a day only");
        }
    }

    /// What came of them, for the figures of a tick that tells any, and of any that has lost one.
    pub(crate) fn metrics(&self, tells: bool) -> Option<Metric> {
        (tells || self.lost > 0).then(|| Metric::count("NoticesLost", self.lost))
    }
}
