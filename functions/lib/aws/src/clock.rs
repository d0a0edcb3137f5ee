//! The system clock and the system's random number generator. Everything else has both injected as ports.
//!
//! Only a `main.rs` constructs these; everything else receives them as ports.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use archive::time::Time;
use async_trait::async_trait;
use ports::{Clock, Rng};

/// The system clock, optionally with a fixed offset.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock {
    offset_ms: i64,
}

impl SystemClock {
    /// The system clock without an offset.
    #[must_use]
    pub const fn new() -> Self {
        Self { offset_ms: 0 }
    }

    /// A clock `millis` milliseconds ahead of the system clock; behind it if negative. The sandbox runs as of
    /// the day of its events. Nothing that calls AWS may use it.
    #[must_use]
    pub const fn with_offset(millis: i64) -> Self {
        Self { offset_ms: millis }
    }
}

/// Milliseconds since 1970, clamped to the range of [`Time`].
fn offset_time(since_epoch: Duration, shift_ms: i64) -> Time {
    let ms = i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX).saturating_add(shift_ms);
    Time::from_millis(ms.clamp(0, Time::LAST.millis())).unwrap_or(Time::LAST)
}

#[async_trait]
impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
    fn now(&self) -> Time {
        // A system clock before 1970 reads as 1970; the protocol's skew check against the ledger's clock
        // stops the run.
        offset_time(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(), self.offset_ms)
    }

    async fn sleep(&self, span: Duration) {
        tokio::time::sleep(span).await;
    }
}

/// A cryptographic generator, seeded by the operating system: external IDs come from it too.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRng;

impl Rng for SystemRng {
    fn next_u64(&self) -> u64 {
        rand::random()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shifted_clock_keeps_its_distance_and_stops_at_the_ends_of_time() {
        let second = Duration::from_secs(1);
        assert_eq!(offset_time(second, 500).millis(), 1500);
        assert_eq!(offset_time(second, -5_000), Time::EPOCH);
        assert_eq!(offset_time(second, i64::MAX), Time::LAST);
        let (plain, ahead) = (SystemClock::new().now(), SystemClock::with_offset(60_000).now());
        assert!(ahead.since(plain) >= Duration::from_mins(1));
    }

    #[test]
    fn no_two_workers_get_the_same_id() {
        assert_ne!(SystemRng.worker_id(), SystemRng.worker_id());
    }
}
