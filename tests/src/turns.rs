//! Moves workers forward one call at a time.
//!
//! A worker here is a future whose ports [`pause`] before and after each call (see
//! [`crate::failing::Flaky`]). One poll then takes it from one pause to the next, so a test chooses in which
//! order two workers' calls happen, and can leave one standing for hours in the middle of its run.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

/// Gives way once: the first poll is pending, the second is ready.
pub fn pause() -> impl Future<Output = ()> + Send {
    Pause { paused: false }
}

struct Pause {
    paused: bool,
}

impl Future for Pause {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.paused {
            return Poll::Ready(());
        }
        self.paused = true;
        // Under a runtime the task must be woken, or it would sleep for ever.
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

/// A worker that moves when it is told to.
pub struct Worker<'a, T> {
    future: Option<Pin<Box<dyn Future<Output = T> + 'a>>>,
    outcome: Option<T>,
    steps: usize,
}

impl<T> std::fmt::Debug for Worker<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Worker(after {} steps, {})", self.steps, if self.is_over() { "over" } else { "under way" })
    }
}

impl<'a, T> Worker<'a, T> {
    /// A worker that has not begun.
    pub fn new(future: impl Future<Output = T> + 'a) -> Self {
        Self { future: Some(Box::pin(future)), outcome: None, steps: 0 }
    }

    /// Moves it to its next pause. `false` if it is over.
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
    /// If it has no end within a million steps.
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

    /// Whether it has come to its end.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.future.is_none()
    }

    /// What came of it, once it is over.
    pub fn outcome(&mut self) -> Option<T> {
        self.outcome.take()
    }
}

/// Moves two workers in the order that `schedule` says (`true` the first, `false` the second), over and over,
/// until both are over.
pub fn interleave<A, B>(first: &mut Worker<'_, A>, second: &mut Worker<'_, B>, schedule: &[bool]) {
    let both = [true, false];
    let turns = schedule.iter().chain(both.iter().cycle());
    for turn in turns {
        if first.is_over() && second.is_over() {
            return;
        }
        if *turn {
            first.step();
        } else {
            second.step();
        }
    }
}
