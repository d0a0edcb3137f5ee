//! Exponential backoff with full jitter: a random wait between zero and a ceiling that doubles.
//!
//! Source: AWS Architecture Blog, "Exponential Backoff And Jitter".

use std::time::Duration;

/// A ceiling that starts at `base`, doubles with each attempt and stops at `cap`.
#[derive(Debug, Clone, Copy)]
pub struct Backoff {
    /// The ceiling of the first attempt.
    pub base: Duration,
    /// The ceiling that later attempts never exceed.
    pub cap: Duration,
}

/// Between two attempts of one request in a run.
pub const REQUEST: Backoff = Backoff { base: Duration::from_millis(200), cap: Duration::from_secs(20) };
/// Between two runs that try to deliver to a blocked destination.
pub const DELIVERY: Backoff = Backoff { base: Duration::from_mins(1), cap: Duration::from_hours(1) };

impl Backoff {
    /// The ceiling for `attempt`, counted from 1.
    #[must_use]
    pub fn ceiling(self, attempt: u32) -> Duration {
        let doubled = self.base.saturating_mul(1u32 << attempt.saturating_sub(1).min(31));
        doubled.min(self.cap)
    }

    /// How long to wait after `attempt`; `random` is uniform over all of `u64`.
    #[must_use]
    pub fn delay(self, attempt: u32, random: u64) -> Duration {
        let ceiling = u64::try_from(self.ceiling(attempt).as_millis()).unwrap_or(u64::MAX - 1);
        Duration::from_millis(random % (ceiling + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn delivery_doubles_from_a_minute_to_an_hour() {
        let minutes: Vec<u64> = (1..=8).map(|n| DELIVERY.ceiling(n).as_secs() / 60).collect();
        assert_eq!(minutes, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(DELIVERY.ceiling(u32::MAX), Duration::from_hours(1));
    }

    #[test]
    fn jitter_is_full_from_zero_to_the_ceiling() {
        let delays = [0, 30_000, 60_000, 60_001].map(|random| DELIVERY.delay(1, random).as_millis());
        assert_eq!(delays, [0, 30_000, 60_000, 0]);
    }

    #[test]
    fn the_longest_ceiling_does_not_overflow() {
        let endless = Backoff { base: Duration::MAX, cap: Duration::MAX };
        assert_eq!(endless.delay(1, 7), Duration::from_millis(7));
    }

    proptest! {
        #[test]
        fn a_delay_never_exceeds_its_ceiling(attempt in 0u32..100, random in any::<u64>()) {
            prop_assert!(REQUEST.delay(attempt, random) <= REQUEST.ceiling(attempt));
        }
    }
}
