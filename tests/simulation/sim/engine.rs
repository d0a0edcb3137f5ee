//! The scheduler and the clock of a simulation.
//!
//! Each call of a port waits here for its turn; everything else that will happen is on the same agenda. The
//! simulation takes the earliest entry, moves the clock there and lets that one thing happen. Then it waits
//! until every worker has reached its next call. So the order of all calls of all workers follows from the
//! seed alone. Nothing here uses real time, and everything runs on one thread.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use archive::time::Time;
use tests::fakes::FakeClock;
use tokio::task::{AbortHandle, yield_now};

use super::agenda::AgendaItem;
use super::call::{Call, CallKind, CallOutcome};
use super::fault::{Counts, Fault};
use super::rng::SimRng;
use super::trace::Trace;

/// The next entry of the agenda.
#[derive(Debug)]
pub(crate) enum Next {
    Call(Call),
    Item(AgendaItem),
}

#[derive(Debug, Default)]
struct Worker {
    /// How far its clock is ahead, in milliseconds.
    ahead: i64,
    frozen_until: Option<Time>,
    process: Option<AbortHandle>,
}

#[derive(Debug)]
struct Slot {
    outcome: Option<CallOutcome>,
    waker: Option<Waker>,
}

/// Scheduler, clock and random numbers.
#[derive(Debug)]
pub(crate) struct Engine {
    inner: Mutex<Inner>,
    /// The wall clock, which the fakes use too.
    pub(crate) wall: FakeClock,
}

#[derive(Debug)]
struct Inner {
    rng: SimRng,
    counts: Counts,
    /// By time, then by a random number, then by entry number.
    agenda: BTreeMap<(Time, u64, u64), Next>,
    slots: BTreeMap<u64, Slot>,
    workers: Vec<Worker>,
    entries: u64,
    calls: u64,
    /// The usual longest duration of a call in milliseconds; how many of a thousand calls are slow; and their
    /// longest duration.
    pace: (u64, u32, u64),
    trace: Trace,
}

impl Engine {
    pub(crate) fn new(seed: u64, now: Time, keep_trace: bool) -> Self {
        let inner = Inner {
            rng: SimRng::new(seed),
            counts: Counts::default(),
            agenda: BTreeMap::new(),
            slots: BTreeMap::new(),
            workers: Vec::new(),
            entries: 0,
            calls: 0,
            pace: (50, 0, 1),
            trace: Trace::new(keep_trace),
        };
        Self { inner: Mutex::new(inner), wall: FakeClock::at(now) }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> Time {
        self.wall.wall()
    }

    /// Draws from the simulation's random numbers.
    pub(crate) fn draw<T>(&self, draw: impl FnOnce(&mut SimRng) -> T) -> T {
        draw(&mut self.inner().rng)
    }

    pub(crate) fn count(&self, fault: Fault, times: u64) {
        self.inner().counts.add(fault, times);
    }

    pub(crate) fn counts(&self) -> Counts {
        self.inner().counts.clone()
    }

    /// How often each fault took effect, how many calls there were, and the hash and lines of the trace.
    pub(crate) fn end(&self) -> (Counts, u64, u64, Vec<String>) {
        let mut inner = self.inner();
        let (hash, lines) = inner.trace.end();
        (inner.counts.clone(), inner.calls, hash, lines)
    }

    /// Sets how long calls take from now on.
    pub(crate) fn set_pace(&self, usual_ms: u64, slow_of_thousand: u32, slow_ms: u64) {
        self.inner().pace = (usual_ms, slow_of_thousand, slow_ms);
    }

    /// Writes a line of the trace.
    pub(crate) fn log(&self, line: std::fmt::Arguments<'_>) {
        let now = self.now();
        self.inner().trace.log(now, line);
    }

    /// Puts an item on the agenda.
    pub(crate) fn at(&self, time: Time, item: AgendaItem) {
        let time = time.max(self.now());
        self.inner().enter(time, Next::Item(item));
    }

    /// Adds a worker: the process of a function.
    pub(crate) fn add_worker(&self, ahead: i64) -> usize {
        let mut inner = self.inner();
        inner.workers.push(Worker { ahead, ..Worker::default() });
        inner.workers.len() - 1
    }

    pub(crate) fn started(&self, worker: usize, process: AbortHandle) {
        self.inner().workers[worker].process = Some(process);
    }

    /// Kills a process where it is. Its waiting calls are never made.
    pub(crate) fn kill(&self, worker: usize) {
        let process = self.inner().workers[worker].process.take();
        if let Some(process) = process {
            process.abort();
        }
    }

    /// The time on a worker's own clock.
    pub(crate) fn clock_of(&self, worker: usize) -> Time {
        let ahead = self.inner().workers[worker].ahead;
        Time::from_millis(self.now().millis() + ahead).expect("a time between 1970 and 9999")
    }

    pub(crate) fn jump(&self, worker: usize, ahead: i64) {
        self.inner().workers[worker].ahead = ahead;
    }

    pub(crate) fn freeze(&self, worker: usize, until: Time) {
        self.inner().workers[worker].frozen_until = Some(until);
    }

    pub(crate) fn is_frozen(&self, worker: usize) -> bool {
        let now = self.now();
        self.inner().workers[worker].frozen_until.is_some_and(|until| until > now)
    }

    /// Takes the next entry from the agenda and moves the clock there. `None` if nothing is left.
    pub(crate) fn next(&self) -> Option<Next> {
        let mut inner = self.inner();
        loop {
            let ((time, ..), next) = inner.agenda.pop_first()?;
            if let Next::Call(call) = next {
                if !inner.slots.contains_key(&call.slot) {
                    continue; // Its worker is dead.
                }
                if let Some(until) = inner.workers[call.worker].frozen_until.filter(|until| *until > time) {
                    inner.enter(until, next);
                    continue;
                }
                inner.calls += 1;
            }
            self.wall.set(time.max(self.wall.wall()));
            return Some(next);
        }
    }

    pub(crate) fn postpone(&self, call: Call, until: Time) {
        self.inner().enter(until, Next::Call(call));
    }

    /// Lets a call happen, with this outcome.
    pub(crate) fn grant(&self, call: Call, outcome: CallOutcome) {
        let waker = self.inner().slots.get_mut(&call.slot).and_then(|slot| {
            slot.outcome = Some(outcome);
            slot.waker.take()
        });
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Waits for the turn of a call. It comes after a drawn duration, or after `span`.
    pub(crate) fn wait_turn(
        self: &Arc<Self>,
        worker: usize,
        kind: CallKind,
        name: &'static str,
        span: Option<Duration>,
    ) -> Turn {
        Turn { engine: Arc::clone(self), request: (worker, kind, name, span), slot: None }
    }

    /// Waits until every worker has reached its next call or its end.
    pub(crate) async fn settle(&self) {
        let mut quiet = 0;
        let mut seen = self.inner().entries;
        // Each yield lets the runtime poll what is ready. What becomes ready by that adds a new entry, or
        // ends.
        while quiet < 2 {
            yield_now().await;
            let entries = self.inner().entries;
            quiet = if entries == seen { quiet + 1 } else { 0 };
            seen = entries;
        }
    }
}

impl Inner {
    fn enter(&mut self, time: Time, next: Next) {
        self.entries += 1;
        let tie = self.rng.next_u64();
        self.agenda.insert((time, tie, self.entries), next);
    }
}

/// A call that waits for its turn.
#[derive(Debug)]
pub(crate) struct Turn {
    engine: Arc<Engine>,
    request: (usize, CallKind, &'static str, Option<Duration>),
    slot: Option<u64>,
}

impl Future for Turn {
    type Output = CallOutcome;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<CallOutcome> {
        let engine = Arc::clone(&self.engine);
        let mut inner = engine.inner();
        let waker = Some(context.waker().clone());
        if let Some(slot) = self.slot {
            let Some(waiting) = inner.slots.get_mut(&slot) else { return Poll::Pending };
            let Some(outcome) = waiting.outcome else {
                waiting.waker = waker;
                return Poll::Pending;
            };
            inner.slots.remove(&slot);
            return Poll::Ready(outcome);
        }
        let (worker, kind, name, span) = self.request;
        let (usual, slow_of_thousand, slow) = inner.pace;
        let takes = span.unwrap_or_else(|| {
            let most = if inner.rng.per_mille(slow_of_thousand) { slow } else { usual };
            Duration::from_millis(inner.rng.between(0, most + 1))
        });
        let slot = inner.entries + 1;
        inner.slots.insert(slot, Slot { outcome: None, waker });
        inner.enter(engine.now() + takes, Next::Call(Call { slot, worker, kind, name }));
        self.slot = Some(slot);
        Poll::Pending
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(slot) = self.slot {
            self.engine.inner().slots.remove(&slot);
        }
    }
}
