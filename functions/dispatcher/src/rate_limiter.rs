//! Spreads the thundering herd: at the full hour every connector is due at once, and each export calls
//! `sts:AssumeRole`.
//!
//! STS answers 600 requests a second for an account in a Region (IAM user guide, "IAM and AWS STS quotas"),
//! including those of the vendor's other software, so exports use at most half of that. Each batch of the
//! queue reserves the next free time slot and waits in the queue until then (SQS's `DelaySeconds`). The delay
//! thus follows from the number of due connectors: a few start at once, fifty within a second, and 100,000
//! within seven minutes.
//!
//! Runs on demand must not wait behind the herd: a requested run, a retry, or the next run of a backlog. They
//! have a small lane of their own. Scheduled runs are due at whole seconds, runs on demand at any
//! millisecond.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use archive::time::Time;
use ports::{Claim, QUEUE_BATCH};

const SECOND: Duration = Duration::from_secs(1);
/// Interval between two scheduled connectors: 250 a second.
const INTERVAL: Duration = Duration::from_millis(4);
/// Interval between two connectors on demand: 25 a second.
const ON_DEMAND_INTERVAL: Duration = Duration::from_millis(40);
/// Connectors on demand that would wait longer than this in their own lane use the scheduled lane.
const ON_DEMAND_MAX_WAIT: Duration = Duration::from_secs(10);
/// Connectors that would wait longer than this are left to the next tick. Well below the maximum delay of a
/// message (15 min).
const MAX_WAIT: Duration = Duration::from_mins(10);

/// The reserved time slots. They last as long as the process, so that the next tick does not reserve the same
/// slots again. A new process starts empty, and may let the exports of two ticks overlap for some minutes,
/// which is still below the limit.
#[derive(Debug, Clone, Default)]
pub struct RateLimiter(Arc<Mutex<Lanes>>);

#[derive(Debug, Clone, Copy, Default)]
struct Lanes {
    scheduled: RateLane,
    on_demand: RateLane,
}

/// The first free time slot.
#[derive(Debug, Clone, Copy)]
struct RateLane(Time);

/// Claimed connectors that are sent together.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) claims: Vec<Claim>,
    /// The delay of their messages.
    pub(crate) delay: Duration,
}

impl Default for RateLane {
    fn default() -> Self {
        Self(Time::EPOCH)
    }
}

impl RateLane {
    /// Reserves slots for `count` connectors and returns their delay, in whole seconds of the clock, so that
    /// each second contains exactly its own slots.
    fn reserve(&mut self, now: Time, count: usize, interval: Duration) -> Duration {
        let slot = self.0.max(now);
        self.0 = slot + span(count, interval);
        slot.floor(SECOND).since(now.floor(SECOND))
    }

    fn wait(self, now: Time) -> Duration {
        self.0.since(now)
    }
}

impl RateLimiter {
    /// Whether all slots that may be reserved now are taken.
    pub(crate) fn is_full(&self, now: Time) -> bool {
        self.with_lanes(|lanes| lanes.scheduled.wait(now) >= MAX_WAIT)
    }

    /// The delay of the last of `count` more connectors, in whole seconds.
    pub(crate) fn wait_after(&self, now: Time, count: usize) -> Duration {
        let wait = self.with_lanes(|lanes| lanes.scheduled.wait(now) + span(count, INTERVAL));
        Duration::from_secs(wait.as_secs())
    }

    /// Reserves slots for the claimed connectors.
    pub(crate) fn batches(&self, now: Time, claimed: Vec<Claim>) -> Vec<Batch> {
        let is_scheduled = |claim: &Claim| claim.next_run_at.floor(SECOND) == claim.next_run_at;
        let (scheduled, on_demand): (Vec<Claim>, Vec<Claim>) = claimed.into_iter().partition(is_scheduled);
        self.with_lanes(|lanes| {
            let on_demand = on_demand.chunks(QUEUE_BATCH).map(|chunk| {
                let delay = if lanes.on_demand.wait(now) < ON_DEMAND_MAX_WAIT {
                    lanes.on_demand.reserve(now, chunk.len(), ON_DEMAND_INTERVAL)
                } else {
                    lanes.scheduled.reserve(now, chunk.len(), INTERVAL)
                };
                Batch { claims: chunk.to_vec(), delay }
            });
            let mut batches: Vec<Batch> = on_demand.collect();
            batches.extend(scheduled.chunks(QUEUE_BATCH).map(|chunk| Batch {
                claims: chunk.to_vec(),
                delay: lanes.scheduled.reserve(now, chunk.len(), INTERVAL),
            }));
            batches
        })
    }

    /// A poisoned lock is safe to use: a reservation is a single assignment.
    fn with_lanes<T>(&self, of: impl FnOnce(&mut Lanes) -> T) -> T {
        of(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn span(count: usize, interval: Duration) -> Duration {
    interval * u32::try_from(count).unwrap_or(u32::MAX)
}
