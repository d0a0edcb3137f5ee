//! The times that bound a run.

use std::time::Duration;

use crate::time::Time;

/// Settings of the deployment that the protocol needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Timing {
    /// How long a window rests before it is read.
    pub settle: Duration,
    /// How far behind the watermark each run looks again for late events.
    pub look_back: Duration,
}

/// The run's own limits, by the worker's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Limits {
    /// The run is killed then.
    pub deadline: Time,
    /// Start no reading after this, and stop what is being read.
    pub stop_reading: Time,
    /// Start no write to a customer's bucket after this.
    pub stop_writing: Time,
}

impl Limits {
    /// Two thirds of the time for reading, five sixths for writing.
    #[must_use]
    pub fn between(now: Time, deadline: Time) -> Self {
        let span = deadline.since(now);
        Self { deadline, stop_reading: now + span * 2 / 3, stop_writing: now + span * 5 / 6 }
    }
}
