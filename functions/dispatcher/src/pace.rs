//! Spreads the herd: at the full hour every connector is due at once, and each export asks STS for a role.
//!
//! STS answers 600 requests a second for an account in a Region (IAM user guide, "IAM and AWS STS quotas"), the
//! vendor's other software included, so exports take half of that at most. Each batch of the queue gets a place in
//! time behind the one before, and waits in the queue until then (SQS's `DelaySeconds`). So the wait follows from how
//! many are due: a few wait for nothing, fifty for a second at most, and 100,000 start within seven minutes.
//!
//! What no schedule has made due must not wait behind the herd: a run that was asked for, a retry, the next run of a
//! backlog. They have a small lane of their own. Schedules make due at whole seconds, and these at any millisecond.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::ports::{Claim, QUEUE_BATCH};
use domain::time::Time;

const SECOND: Duration = Duration::from_secs(1);
/// So far apart are the places of two connectors that a schedule has made due: 250 a second.
const APART: Duration = Duration::from_millis(4);
/// And those of two others: 25 a second.
const OTHERS_APART: Duration = Duration::from_millis(40);
/// Others that would wait for longer than this in their own lane take places in the herd's.
const OTHERS_WAIT: Duration = Duration::from_secs(10);
/// Who would wait for longer than this is left to the next tick. Well below what a message can wait (15 min).
const LONGEST_WAIT: Duration = Duration::from_mins(10);

/// The places that are given away. It lasts for as long as the process, from tick to tick: the places that one tick
/// has given away are not given away again by the next. A new process begins anew, and may for some minutes bring the
/// exports of two ticks together, which still is below the limit.
#[derive(Debug, Clone, Default)]
pub struct Pace(Arc<Mutex<Lanes>>);

#[derive(Debug, Clone, Copy, Default)]
struct Lanes {
    herd: Lane,
    others: Lane,
}

/// The first place that is not given away.
#[derive(Debug, Clone, Copy)]
struct Lane(Time);

/// Claimed connectors that are sent together.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) claims: Vec<Claim>,
    /// How long they are to wait.
    pub(crate) delay: Duration,
}

impl Default for Lane {
    fn default() -> Self {
        Self(Time::EPOCH)
    }
}

impl Lane {
    /// Places for so many, and how long they wait: in whole seconds of the clock, so that each second holds the places
    /// that lie in it and no others.
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
    /// Whether all places that may be given away now are.
    pub(crate) fn is_full(&self, now: Time) -> bool {
        self.with(|lanes| lanes.herd.wait(now) >= LONGEST_WAIT)
    }

    /// For how long the last of so many more connectors would wait, to the second.
    pub(crate) fn wait_behind(&self, now: Time, count: usize) -> Duration {
        let wait = self.with(|lanes| lanes.herd.wait(now) + span(count, APART));
        Duration::from_secs(wait.as_secs())
    }

    /// Gives connectors their places.
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

    /// A panic elsewhere leaves no place half given away.
    fn with<T>(&self, of: impl FnOnce(&mut Lanes) -> T) -> T {
        of(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn span(count: usize, apart: Duration) -> Duration {
    apart * u32::try_from(count).unwrap_or(u32::MAX)
}
