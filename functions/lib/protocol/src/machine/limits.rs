//! The durations and deadlines of a run.

use std::time::Duration;

use archive::time::Time;

/// Settings of the deployment that the protocol needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Timing {
    /// The settle time: how long after its end a window is read.
    pub settle: Duration,
    /// The look-back: how far behind the watermark each run searches for late events.
    pub look_back: Duration,
}

/// The run's own time limits, by the worker's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Limits {
    /// When the function is killed.
    pub deadline: Time,
    /// No read starts after this, and a read in progress stops.
    pub stop_reading: Time,
    /// No write to a customer's bucket starts after this.
    pub stop_writing: Time,
}

impl Limits {
    /// Reading gets two thirds of the time until the deadline, writing five sixths.
    #[must_use]
    pub fn between(now: Time, deadline: Time) -> Self {
        let span = deadline.since(now);
        Self { deadline, stop_reading: now + span * 2 / 3, stop_writing: now + span * 5 / 6 }
    }
}
