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

use domain::ports::{Claim, QUEUE_BATCH};
use domain::time::Time;

const SECOND: Duration = Duration::from_secs(1);
/// Interval between two scheduled connectors: 250 a second.
const APART: Duration = Duration::from_millis(4);
/// Interval between two connectors on demand: 25 a second.
const OTHERS_APART: Duration = Duration::from_millis(40);
/// Connectors on demand that would wait longer than this in their own lane use the scheduled lane.
const OTHERS_WAIT: Duration = Duration::from_secs(10);
/// Connectors that would wait longer than this are left to the next tick. Well below the maximum delay of a
/// message (15 min).
const LONGEST_WAIT: Duration = Duration::from_mins(10);

/// The reserved time slots. They last as long as the process, so that the next tick does not reserve the same
/// slots again. A new process starts empty, and may let the exports of two ticks overlap for some minutes,
/// which is still below the limit.
#[derive(Debug, Clone, Default)]
pub struct Pace(Arc<Mutex<Lanes>>);

#[derive(Debug, Clone, Copy, Default)]
struct Lanes {
    herd: Lane,
    others: Lane,
}

/// The first free time slot.
#[derive(Debug, Clone, Copy)]
struct Lane(Time);

/// Claimed connectors that are sent together.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) claims: Vec<Claim>,
    /// The delay of their messages.
    pub(crate) delay: Duration,
}

impl Default for Lane {
    fn default() -> Self {
        Self(Time::EPOCH)
    }
}

impl Lane {
    /// Reserves slots for `count` connectors and returns their delay, in whole seconds of the clock, so that
    /// each second contains exactly its own slots.
    fn take(&mut self, now: Time, count: usize, apart: Duration) -> Duration {
        let place = self.0.max(now);
        self.0 = place + span(count, apart);
        place.floor(SECOND).since(now.floor(SECOND))
    }

    fn wait(self, now: Time) -> Duration {
        self.0.since(now)
    }
}

impl Pace {
    /// Whether all slots that may be reserved now are taken.
    pub(crate) fn is_full(&self, now: Time) -> bool {
        self.with(|lanes| lanes.herd.wait(now) >= LONGEST_WAIT)
    }

    /// The delay of the last of `count` more connectors, in whole seconds.
    pub(crate) fn wait_behind(&self, now: Time, count: usize) -> Duration {
        let wait = self.with(|lanes| lanes.herd.wait(now) + span(count, APART));
        Duration::from_secs(wait.as_secs())
    }

    /// Reserves slots for the claimed connectors.
    pub(crate) fn batches(&self, now: Time, claimed: Vec<Claim>) -> Vec<Batch> {
        let of_schedules = |claim: &Claim| claim.next_run_at.floor(SECOND) == claim.next_run_at;
        let (herd, others): (Vec<Claim>, Vec<Claim>) = claimed.into_iter().partition(of_schedules);
        self.with(|lanes| {
            let others = others.chunks(QUEUE_BATCH).map(|some| {
                let delay = if lanes.others.wait(now) < OTHERS_WAIT {
                    lanes.others.take(now, some.len(), OTHERS_APART)
                } else {
                    lanes.herd.take(now, some.len(), APART)
                };
                Batch { claims: some.to_vec(), delay }
            });
            let mut batches: Vec<Batch> = others.collect();
            batches.extend(
                herd.chunks(QUEUE_BATCH).map(|some| Batch {
                    claims: some.to_vec(),
                    delay: lanes.herd.take(now, some.len(), APART),
                }),
            );
            batches
        })
    }

    /// A poisoned lock is safe to use: a reservation is a single assignment.
    fn with<T>(&self, of: impl FnOnce(&mut Lanes) -> T) -> T {
        of(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn span(count: usize, apart: Duration) -> Duration {
    apart * u32::try_from(count).unwrap_or(u32::MAX)
}
