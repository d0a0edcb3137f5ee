//! A half-open span of time.

use crate::time::Time;

/// A span of time, `[from, to)`. A `to` of [`Time::LAST`] is no end: nothing is later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Span {
    /// The first point in time of the span.
    pub from: Time,
    /// The first point in time after the span.
    pub to: Time,
}

impl Span {
    /// All of time.
    pub const WHOLE: Self = Self { from: Time::EPOCH, to: Time::LAST };

    /// Whether a point in time is in it.
    #[must_use]
    pub fn contains(self, time: Time) -> bool {
        self.from <= time && !self.ends_by(time)
    }

    /// Whether a point in time from `first` to `last`, both included, may be in it.
    #[must_use]
    pub fn overlaps(self, first: Time, last: Time) -> bool {
        self.from <= last && !self.ends_by(first) && !self.is_empty()
    }

    /// Whether no point in time is in it.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.ends_by(self.from)
    }

    /// What is in both.
    #[must_use]
    pub fn intersect(self, other: Self) -> Self {
        let to = self.to.min(other.to);
        let from = self.from.max(other.from);
        // An end at `Time::LAST` leaves something, so an empty span ends before it.
        Self { from: if to == Time::LAST { from } else { from.min(to) }, to }
    }

    /// Whether `time` is at its end or later.
    fn ends_by(self, time: Time) -> bool {
        self.to <= time && self.to < Time::LAST
    }
}

impl Default for Span {
    fn default() -> Self {
        Self::WHOLE
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_time() -> impl Strategy<Value = Time> {
        let last = Time::LAST.millis();
        prop_oneof![0..6i64, last - 5..=last].prop_map(|ms| Time::from_millis(ms).unwrap())
    }

    fn any_span() -> impl Strategy<Value = Span> {
        (any_time(), any_time()).prop_map(|(from, to)| Span { from, to })
    }

    proptest! {
        #[test]
        fn a_time_is_in_an_intersection_if_it_is_in_both(
            a in any_span(), b in any_span(), time in any_time(),
        ) {
            prop_assert_eq!(a.intersect(b).contains(time), a.contains(time) && b.contains(time));
            prop_assert!(Span::WHOLE.contains(time));
            prop_assert!(!a.is_empty() || !a.contains(time));
        }

        #[test]
        fn a_span_overlaps_what_has_a_time_in_it(
            span in any_span(), first in any_time(), last in any_time(),
        ) {
            let near = last.millis() - first.millis() < 20;
            let mut times = (first.millis()..=last.millis()).take(20).filter_map(Time::from_millis);
            let has_one = times.any(|time| span.contains(time));
            prop_assert!(!has_one || span.overlaps(first, last));
            prop_assert!(!near || first > last || has_one == span.overlaps(first, last));
        }
    }
}
