//! Moves workers forward one call at a time.
//!
//! A worker here is a future whose ports call [`yield_once`] before and after each call (see
//! [`crate::fault_injection::Flaky`]). One poll takes it from one yield to the next. So a test chooses the
//! order of two workers' calls, and can leave one waiting for hours in the middle of its run.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

/// Yields once: the first poll is pending, the second is ready.
pub fn yield_once() -> impl Future<Output = ()> + Send {
    YieldOnce { yielded: false }
}

struct YieldOnce {
    yielded: bool,
}

impl Future for YieldOnce {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.yielded {
            return Poll::Ready(());
        }
        self.yielded = true;
        // Under a runtime the task must be woken, or it would sleep forever.
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

/// A worker that moves on demand.
pub struct SteppedWorker<'a, T> {
    future: Option<Pin<Box<dyn Future<Output = T> + 'a>>>,
    outcome: Option<T>,
    steps: usize,
}

impl<T> std::fmt::Debug for SteppedWorker<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Worker(after {} steps, {})",
            self.steps,
            if self.is_finished() { "over" } else { "under way" }
        )
    }
}

impl<'a, T> SteppedWorker<'a, T> {
    /// A worker that has not begun.
    pub fn new(future: impl Future<Output = T> + 'a) -> Self {
        Self { future: Some(Box::pin(future)), outcome: None, steps: 0 }
    }

    /// Moves it to its next yield. `false` if it has finished.
    pub fn step(&mut self) -> bool {
        let Some(future) = &mut self.future else { return false };
        self.steps += 1;
        let mut context = Context::from_waker(Waker::noop());
        if let Poll::Ready(outcome) = future.as_mut().poll(&mut context) {
            self.outcome = Some(outcome);
            self.future = None;
        }
        true
    }

    /// Moves it to its end.
    ///
    /// # Panics
    /// If it does not finish within a million steps.
    pub fn finish(mut self) -> T {
        for _ in 0..1_000_000 {
            if let Some(outcome) = self.outcome.take() {
                return outcome;
            }
            self.step();
        }
        panic!("a worker that does not end: {self:?}");
    }

    /// Moves it `steps` steps, or to its end if that comes first.
    pub fn advance(&mut self, steps: usize) {
        for _ in 0..steps {
            self.step();
        }
    }

    /// Whether it has finished.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.future.is_none()
    }

    /// Its result, once it has finished.
    pub fn outcome(&mut self) -> Option<T> {
        self.outcome.take()
    }
}

/// Moves two workers in the order of `schedule` (`true` the first, `false` the second), repeatedly, until
/// both have finished.
pub fn interleave<A, B>(
    first: &mut SteppedWorker<'_, A>,
    second: &mut SteppedWorker<'_, B>,
    schedule: &[bool],
) {
    let alternating = [true, false];
    let turns = schedule.iter().chain(alternating.iter().cycle());
    for turn in turns {
        if first.is_finished() && second.is_finished() {
            return;
        }
        if *turn {
            first.step();
        } else {
            second.step();
        }
    }
}
