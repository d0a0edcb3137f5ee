//! Counts: how many events match, by interval and by the values of one field. A facet is a count without
//! intervals.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::fields::{Field, Reading};
use crate::query::filter::Matcher;
use crate::query::index::{Cell, Cube, DayIndex, PartIndex, PartSet};
use crate::query::row::RowKey;
use crate::query::search::{Collect, Reach};
use crate::query::{Span, Summary};
use crate::time::Time;

/// The most different values that one answer counts. A field with more, such as an ID, is no dimension.
pub const MAX_VALUES: usize = 1 << 16;
/// The most bytes of all these values.
const MAX_VALUE_BYTES: usize = 8 << 20;

const HOUR: Duration = Duration::from_hours(1);
/// From the beginning of an hour to its last millisecond.
const REST_OF_HOUR: Duration = Duration::from_millis(3_599_999);
/// The fields by which an index counts the events of each hour.
const CUBE_FIELDS: [Field; 3] = [Field::Category, Field::Action, Field::Outcome];

/// How long an interval of an answer is. All begin at a full hour in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Interval {
    /// An hour.
    Hour,
    /// A day.
    Day,
    /// A week, from Monday on (ISO 8601).
    Week,
    /// All of it.
    Whole,
}

impl Interval {
    /// All intervals, from the shortest to the longest.
    pub const ALL: [Self; 4] = [Self::Hour, Self::Day, Self::Week, Self::Whole];

    /// The name in requests.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Whole => "whole",
        }
    }

    /// The beginning of the interval that contains this time.
    #[must_use]
    pub fn start(self, time: Time) -> Time {
        match self {
            Self::Hour => time.floor(HOUR),
            Self::Day => time.floor(24 * HOUR),
            // 1970-01-01 was a Thursday: the week before it began three days earlier.
            Self::Week => (time + 72 * HOUR).floor(7 * 24 * HOUR) - 72 * HOUR,
            Self::Whole => Time::EPOCH,
        }
    }
}

/// Counts what matches.
#[derive(Debug)]
pub struct Counts {
    interval: Interval,
    by: Option<Field>,
    tally: BTreeMap<Time, Values>,
    values: usize,
    value_bytes: usize,
    has_too_many: bool,
    total: u64,
}

/// Counts by value.
#[derive(Debug, Default)]
struct Values {
    without: u64,
    with: HashMap<String, u64>,
}

/// One count of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// The beginning of its interval.
    pub start: Time,
    /// The value; `None` for events that have none, or if values are not counted.
    pub value: Option<String>,
    /// How many events.
    pub events: u64,
}

/// There are more than [`MAX_VALUES`] different values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} has more than {MAX_VALUES} different values here; count by another field, or narrow the filter")]
pub struct TooManyValuesError(pub Field);

impl Counts {
    /// Counts by interval and, if given, by the values of a field.
    #[must_use]
    pub const fn new(interval: Interval, by: Option<Field>) -> Self {
        Self {
            interval,
            by,
            tally: BTreeMap::new(),
            values: 0,
            value_bytes: 0,
            has_too_many: false,
            total: 0,
        }
    }

    /// How many events were counted.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.total
    }

    /// The counts by interval, then by value. If a search over the newest events first ended early, those of
    /// the intervals that it has searched completely; [`Interval::Whole`] has all that was counted.
    ///
    /// # Errors
    /// If there are too many different values.
    pub fn counts(self, reach: Reach) -> Result<Vec<Count>, TooManyValuesError> {
        if let (true, Some(field)) = (self.has_too_many, self.by) {
            return Err(TooManyValuesError(field));
        }
        let complete = self.complete_from(reach);
        let mut counts = Vec::new();
        for (start, values) in self.tally {
            if self.interval != Interval::Whole && complete.is_some_and(|complete| start < complete) {
                continue;
            }
            let mut with: Vec<_> =
                values.with.into_iter().map(|(value, events)| (Some(value), events)).collect();
            with.sort_unstable();
            let without = (values.without > 0).then_some((None, values.without));
            counts.extend(without.into_iter().chain(with).map(|(value, events)| Count {
                start,
                value,
                events,
            }));
        }
        Ok(counts)
    }

    /// From which time on the intervals are complete; `None` if all are.
    #[must_use]
    pub fn complete_from(&self, reach: Reach) -> Option<Time> {
        match reach {
            Reach::Whole => None,
            // What is later than the time is complete, so the interval that contains it is not.
            Reach::Until(time) => Some(match self.interval {
                Interval::Hour => self.interval.start(time) + HOUR,
                Interval::Day => self.interval.start(time) + 24 * HOUR,
                Interval::Week => self.interval.start(time) + 7 * 24 * HOUR,
                Interval::Whole => time + Duration::from_millis(1),
            }),
        }
    }

    fn add(&mut self, time: Time, value: Option<&str>, events: u64) {
        self.total += events;
        let values = self.tally.entry(self.interval.start(time)).or_default();
        let Some(value) = value else {
            values.without += events;
            return;
        };
        if let Some(count) = values.with.get_mut(value) {
            *count += events;
        } else if self.values < MAX_VALUES && self.value_bytes + value.len() <= MAX_VALUE_BYTES {
            self.values += 1;
            self.value_bytes += value.len();
            values.with.insert(value.to_owned(), events);
        } else {
            self.has_too_many = true;
        }
    }

    /// The exact answer of a summary but for some parts of a day; `None` if it can't give it.
    pub(super) fn answer<'s>(
        &self,
        matcher: &Matcher,
        span: Span,
        summary: &'s impl Summary,
    ) -> Option<(Vec<Answer<'s>>, PartSet)> {
        let by_cube = self.answer_of_cube(matcher, span, summary.cube(), summary.bounds());
        by_cube
            .map(|answers| (answers, PartSet::default()))
            .or_else(|| self.answer_of_values(matcher, span, summary))
    }

    /// Counts by the cube, if it answers this exactly.
    fn answer_of_cube<'s>(
        &self,
        matcher: &Matcher,
        span: Span,
        cube: &'s Cube,
        (first, last): (Time, Time),
    ) -> Option<Vec<Answer<'s>>> {
        let is_listed = self.by.is_none_or(|by| CUBE_FIELDS.contains(&by));
        if !is_listed || cube.is_cut() || !matcher.decides(&CUBE_FIELDS) {
            return None;
        }
        // An hour is in the span as a whole, or all of its events are, or it is none of it.
        let is_in = |hour: Time| span.overlaps(hour, hour + REST_OF_HOUR);
        let is_cut = |hour: Time| {
            is_in(hour) && !(span.contains(hour.max(first)) && span.contains((hour + REST_OF_HOUR).min(last)))
        };
        let mut answers = Vec::new();
        for cell in cube.cells().filter(|cell| allows(matcher, cell)) {
            if is_cut(cell.hour) {
                return None;
            }
            let value = match self.by {
                Some(Field::Category) => cell.category,
                Some(Field::Action) => cell.action,
                Some(_) => Some(cell.outcome.as_str()),
                None => None,
            };
            if is_in(cell.hour) {
                answers.push((cell.hour, value, cell.events));
            }
        }
        Some(answers)
    }

    /// Counts by the values of the one field that is asked for, if they answer this exactly.
    fn answer_of_values<'s>(
        &self,
        matcher: &Matcher,
        span: Span,
        summary: &'s impl Summary,
    ) -> Option<(Vec<Answer<'s>>, PartSet)> {
        let by = self.by?;
        let (first, last) = summary.bounds();
        let is_one_interval = self.interval.start(first) == self.interval.start(last);
        let is_all_in_span = span.contains(first) && span.contains(last);
        if !(is_one_interval && is_all_in_span && matcher.decides(&[by])) {
            return None;
        }
        let listed = summary.values(by)?;
        let without = listed.without();
        let allowed = listed.values.into_iter().filter(|(value, _)| matcher.allows(by, Some(value)));
        let mut answers: Vec<_> = allowed.map(|(value, events)| (first, Some(value), events)).collect();
        if without > 0 && matcher.allows(by, None) {
            answers.push((first, None, without));
        }
        Some((answers, listed.open))
    }

    pub(super) fn add_all(&mut self, answers: Vec<Answer<'_>>) {
        for (time, value, events) in answers {
            self.add(time, value, events);
        }
    }

    fn take(&mut self, matcher: &Matcher, span: Span, summary: &impl Summary) -> Option<PartSet> {
        let (answers, rest) = self.answer(matcher, span, summary)?;
        self.add_all(answers);
        Some(rest)
    }
}

/// What a summary says: the hour or the beginning of an interval, a value, and how many events.
pub(super) type Answer<'s> = (Time, Option<&'s str>, u64);

/// Whether the filter's terms about the fields of the cube allow what is counted in a cell.
fn allows(matcher: &Matcher, cell: &Cell<'_>) -> bool {
    matcher.allows(Field::Category, cell.category)
        && matcher.allows(Field::Action, cell.action)
        && matcher.allows(Field::Outcome, Some(cell.outcome.as_str()))
}

impl Collect for Counts {
    fn wants(&self, _: Time) -> bool {
        !self.has_too_many
    }

    fn take_day(&mut self, matcher: &Matcher, span: Span, day: &DayIndex) -> Option<PartSet> {
        self.take(matcher, span, day)
    }

    fn take_part(&mut self, matcher: &Matcher, span: Span, index: &PartIndex) -> bool {
        self.take(matcher, span, index).is_some()
    }

    fn take_event(&mut self, key: RowKey, _: &[u8], reading: &Reading<'_>) {
        let value = self.by.and_then(|by| reading.text(by));
        self.add(key.time, value, 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_different_values_are_counted_as_the_limit_says_and_no_more() {
        let counted = |values: usize| {
            let mut counts = Counts::new(Interval::Whole, Some(Field::Actor));
            for value in 0..values {
                counts.add(Time::EPOCH, Some(&value.to_string()), 1);
            }
            counts.counts(Reach::Whole).map(|counts| counts.len())
        };
        assert_eq!(counted(MAX_VALUES), Ok(MAX_VALUES));
        assert_eq!(counted(MAX_VALUES + 1), Err(TooManyValuesError(Field::Actor)));
    }
}
