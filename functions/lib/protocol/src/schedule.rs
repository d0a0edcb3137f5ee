//! When windows end and when a connector runs next.
//!
//! The window schedule of a connector: the first full hour after its activation, and every `frequency` from
//! there, in both directions (a backlog before the activation has the same boundaries). UTC midnight is a
//! boundary too, since a part never crosses it.

use std::time::Duration;

use archive::frequency::{Frequency, GRACE, HOUR};
use archive::part::Window;
use archive::time::Time;

/// The window boundaries of one connector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct WindowSchedule {
    anchor: Time,
    frequency: Frequency,
}

impl WindowSchedule {
    /// The schedule of a connector activated at `activated_at`.
    #[must_use]
    pub fn new(activated_at: Time, frequency: Frequency) -> Self {
        Self { anchor: activated_at.floor(HOUR) + HOUR, frequency }
    }

    /// The first boundary later than `time`, not counting UTC midnight.
    #[must_use]
    pub fn next_boundary(self, time: Time) -> Time {
        let step = i64::try_from(self.frequency.span().as_millis()).unwrap_or(i64::MAX);
        let steps = (time.millis() - self.anchor.millis()).div_euclid(step) + 1;
        let ms = self.anchor.millis().saturating_add(steps.saturating_mul(step));
        Time::from_millis(ms).unwrap_or(Time::LAST)
    }

    /// The window after `watermark`. It ends at the next boundary, or at `cut` if a run was requested for an
    /// earlier end ("run now"), and never crosses a UTC midnight.
    #[must_use]
    pub fn window(self, watermark: Time, cut: Option<Time>) -> Window {
        let mut to = self.next_boundary(watermark).min(watermark.next_midnight());
        if let Some(cut) = cut.filter(|cut| *cut > watermark) {
            to = to.min(cut);
        }
        Window { from: watermark, to }
    }

    /// When the window after `watermark` can be read: once the schedule's boundary (not the midnight before
    /// it) and the settle time have passed.
    #[must_use]
    pub fn due(self, watermark: Time, cut: Option<Time>, settle: Duration) -> Time {
        let boundary = self.next_boundary(watermark);
        cut.filter(|cut| *cut > watermark).map_or(boundary, |cut| cut.min(boundary)) + settle
    }

    /// When the export after the one that ends at `to` is expected.
    #[must_use]
    pub fn expected_by(self, to: Time, settle: Duration) -> Time {
        self.next_boundary(to) + settle + GRACE
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use archive::frequency::next_expected_by;

    use super::*;

    fn at(text: &str) -> Time {
        text.parse().unwrap()
    }

    fn every(hours: u8) -> Frequency {
        Frequency::try_from(hours).unwrap()
    }

    #[test]
    fn the_first_window_ends_at_the_first_full_hour_after_activation() {
        let schedule = WindowSchedule::new(at("2026-11-20T20:15:30Z"), every(1));
        let first = schedule.window(at("2026-11-20T20:15:30Z"), None);
        assert_eq!(first.to, at("2026-11-20T21:00:00Z"));
        assert_eq!(schedule.window(first.to, None).to, at("2026-11-20T22:00:00Z"));
        // Activated on the hour: the first full hour *after* it.
        assert_eq!(
            WindowSchedule::new(at("2026-11-20T20:00:00Z"), every(6))
                .next_boundary(at("2026-11-20T20:00:00Z")),
            at("2026-11-20T21:00:00Z")
        );
    }

    #[test]
    fn a_daily_window_is_cut_at_midnight_but_due_at_its_boundary() {
        let schedule = WindowSchedule::new(at("2026-11-20T14:30:00Z"), every(24));
        let window = schedule.window(at("2026-11-20T15:00:00Z"), None);
        assert_eq!(window.to, at("2026-11-21T00:00:00Z"));
        assert_eq!(schedule.due(window.from, None, Duration::from_mins(5)), at("2026-11-21T15:05:00Z"));
        assert_eq!(schedule.window(window.to, None).to, at("2026-11-21T15:00:00Z"));
    }

    #[test]
    fn a_backlog_is_cut_into_windows_of_one_frequency() {
        let schedule = WindowSchedule::new(at("2026-11-20T14:30:00Z"), every(6));
        let window = schedule.window(at("2026-11-01T04:10:00Z"), None);
        assert_eq!(window.to, at("2026-11-01T09:00:00Z"));
    }

    #[test]
    fn a_requested_run_ends_the_window_early_unless_it_is_sealed_already() {
        let schedule = WindowSchedule::new(at("2026-11-20T14:30:00Z"), every(6));
        let watermark = at("2026-11-20T16:00:00Z");
        let ends =
            |cut| (schedule.window(watermark, cut).to, schedule.due(watermark, cut, Duration::from_mins(5)));
        let scheduled = (at("2026-11-20T21:00:00Z"), at("2026-11-20T21:05:00Z"));
        assert_eq!(ends(None), scheduled);
        let requested = at("2026-11-20T17:20:00Z");
        assert_eq!(ends(Some(requested)), (requested, at("2026-11-20T17:25:00Z")));
        // Already sealed, to its very end.
        assert_eq!(ends(Some(watermark)), scheduled);
        assert_eq!(ends(Some(at("2026-11-20T15:00:00Z"))), scheduled);
        assert_eq!(ends(Some(at("2026-11-21T03:00:00Z"))), scheduled, "later than the schedule itself");
    }

    #[test]
    fn a_frequency_is_stored_as_its_hours() {
        for hours in 1..=24 {
            assert_eq!((every(hours).hours(), u8::from(every(hours))), (hours, hours));
        }
    }

    #[test]
    fn invalid_frequencies_are_refused() {
        for bad in ["0", "25", "1.5", "", "-1", "hourly"] {
            let error = bad.parse::<Frequency>().unwrap_err().to_string();
            assert!(error.contains("1 to 24"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn windows_are_contiguous_short_and_never_cross_midnight(
            start in 0i64..4_000_000_000_000,
            watermark in 0i64..4_000_000_000_000,
            hours in 1u8..=24,
            cut in prop::option::of(0i64..4_000_000_000_000),
        ) {
            let schedule = WindowSchedule::new(Time::from_millis(start).unwrap(), every(hours));
            let watermark = Time::from_millis(watermark).unwrap();
            let window = schedule.window(watermark, cut.and_then(Time::from_millis));
            prop_assert_eq!(window.from, watermark);
            prop_assert!(window.to > window.from);
            prop_assert!(window.to.since(window.from) <= every(hours).span());
            prop_assert!(window.to <= watermark.next_midnight());
            let due = schedule.due(watermark, None, Duration::ZERO);
            prop_assert!(due >= schedule.window(watermark, None).to);
        }

        /// Sealed as early as possible, or in any backlog: the stated instant is never earlier than one
        /// frequency after the seal, nor earlier than schedule and grace allow the next export, whatever the
        /// settle time.
        #[test]
        fn next_expected_by_is_never_past_and_never_before_the_schedule(
            start in 0i64..4_000_000_000_000,
            to in 0i64..4_000_000_000_000,
            hours in 1u8..=24,
            delay in 0u64..4_000_000_000,
            settle in 0u64..86_400_000,
        ) {
            let schedule = WindowSchedule::new(Time::from_millis(start).unwrap(), every(hours));
            let (to, settle) = (Time::from_millis(to).unwrap(), Duration::from_millis(settle));
            let sealed_at = to + settle + Duration::from_millis(delay);
            let expected = next_expected_by(to, sealed_at, every(hours));
            prop_assert_eq!(expected, sealed_at + every(hours).span() + GRACE);
            prop_assert!(expected >= schedule.expected_by(to, settle));
            prop_assert!(expected >= schedule.due(to, None, settle) + GRACE);
        }
    }
}
