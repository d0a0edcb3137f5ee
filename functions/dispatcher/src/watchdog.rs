//! The watchdog's part of a tick: continues its sweep over all connectors, and publishes metrics and notices
//! of those with a problem.
//!
//! A tick reads at most [`MAX_CONNECTORS_PER_TICK`] connectors, so that its cost is bounded for any size of
//! deployment. Up to that number, each tick sees every connector; with a tick every five minutes, 100,000
//! connectors are seen within fifty minutes.

use std::sync::Arc;
use std::time::Duration;

use archive::time::Time;
use ports::{Bus, Clock, PortError, Watch};
use protocol::machine::Timing;
use protocol::metrics::Metric;

use crate::notices::Notices;

/// How many connectors a tick reads before it leaves the rest to the next one; the current page is always
/// completed.
pub const MAX_CONNECTORS_PER_TICK: usize = 10_000;

/// Watches a deployment's connectors.
#[derive(Clone)]
pub struct Watchdog {
    /// The ledger, for the state of the connectors.
    pub ledger: Arc<dyn Watch>,
    /// The vendor's event bus.
    pub bus: Arc<dyn Bus>,
    /// The clock, injected.
    pub clock: Arc<dyn Clock>,
    /// Settle time and look-back; they determine when an export is late.
    pub timing: Timing,
    /// How long the source keeps an event, if not forever.
    pub retention: Option<Duration>,
}

impl std::fmt::Debug for Watchdog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watchdog")
            .field("timing", &self.timing)
            .field("retention", &self.retention)
            .finish_non_exhaustive()
    }
}

impl Watchdog {
    /// Continues the sweep, to five sixths of the time until `deadline` at most, and stores its position.
    /// Returns the metrics to publish; none if a concurrent tick was faster and publishes them.
    ///
    /// # Errors
    /// If the ledger fails. Nothing is stored then: the next tick reads the same connectors.
    pub async fn watch(&self, deadline: Time) -> Result<Vec<Metric>, PortError> {
        let now = self.clock.now();
        let stop_at = now + deadline.since(now) * 5 / 6;
        let mut sweep = self.ledger.sweep().await?;
        let mut notices = Notices::new(self.ledger.as_ref(), self.bus.as_ref(), self.timing, self.retention);
        if let Some((mut survey, mut position)) = sweep.resume(now) {
            let mut read = 0;
            loop {
                if read >= MAX_CONNECTORS_PER_TICK || self.clock.now() >= stop_at {
                    sweep.in_progress = Some((survey, position));
                    break;
                }
                let page = self.ledger.watch(position.as_ref()).await?;
                read += page.items.len();
                let seen_at = self.clock.now();
                page.items.iter().for_each(|watched| survey.add(watched, self.timing, seen_at));
                for watched in &page.items {
                    notices.publish_for(watched, seen_at).await;
                }
                position = page.next;
                if position.is_none() {
                    sweep.last_completed = Some(survey);
                    break;
                }
            }
        }
        sweep.version += 1;
        let stored = self.ledger.store_sweep(&sweep).await?;
        let mut metrics = if stored { sweep.metrics(self.clock.now(), self.retention) } else { Vec::new() };
        metrics.extend(notices.metrics(stored));
        Ok(metrics)
    }
}
