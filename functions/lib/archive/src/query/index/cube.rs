//! How many events there are by hour, category, action and outcome.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::fields::Outcome;
use crate::time::Time;

/// The most different triples of category, action and outcome. Beyond it the cube is cut.
pub const MAX_COMBINATIONS: usize = 4_096;
/// The most counts. Beyond it the cube is cut.
pub const MAX_CELLS: usize = 50_000;

/// The length of an interval.
const HOUR: Duration = Duration::from_hours(1);

/// Counts of events by hour, category, action and outcome: all of them, or none if there were too many
/// different ones.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cube {
    pub(super) rows: BTreeMap<Combination, BTreeMap<Time, u64>>,
    cells: usize,
    is_cut: bool,
}

/// A triple of category, action and outcome.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Combination {
    pub(super) category: Option<String>,
    pub(super) action: Option<String>,
    pub(super) outcome: Outcome,
}

/// One count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell<'a> {
    /// The beginning of the hour.
    pub hour: Time,
    /// The category; `None` for events without one.
    pub category: Option<&'a str>,
    /// The action; `None` for events without one.
    pub action: Option<&'a str>,
    /// The outcome.
    pub outcome: Outcome,
    /// How many events.
    pub events: u64,
}

impl Cube {
    /// A cube without counts, of events that were too different.
    pub(super) const fn cut() -> Self {
        Self { rows: BTreeMap::new(), cells: 0, is_cut: true }
    }

    /// Whether it was cut, so that it has no counts and blocks have to be read.
    #[must_use]
    pub const fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// The counts, by category, action, outcome and hour; none is 0.
    pub fn cells(&self) -> impl Iterator<Item = Cell<'_>> {
        self.rows.iter().flat_map(|(of, hours)| {
            let cell = move |(hour, events): (&Time, &u64)| Cell {
                hour: *hour,
                category: of.category.as_deref(),
                action: of.action.as_deref(),
                outcome: of.outcome,
                events: *events,
            };
            hours.iter().map(cell)
        })
    }

    /// The sum of the counts; 0 if it was cut.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.cells().fold(0, |sum, cell| sum.saturating_add(cell.events))
    }

    /// Adds the counts of another one. If either was cut, or they are too different, the sum is cut.
    pub fn merge(&mut self, other: &Self) {
        if other.is_cut {
            *self = Self::cut();
        }
        for (of, hours) in &other.rows {
            self.add_row(of.clone(), hours.iter().map(|(hour, events)| (*hour, *events)));
        }
    }

    /// Counts events at a time.
    pub(super) fn add(&mut self, of: Combination, time: Time, events: u64) {
        self.add_row(of, [(time, events)]);
    }

    /// Counts events at some times, with one look for their row.
    pub(super) fn add_row(&mut self, of: Combination, counts: impl IntoIterator<Item = (Time, u64)>) {
        if self.is_cut {
            return;
        }
        let hours = self.rows.entry(of).or_default();
        let before = hours.len();
        for (time, events) in counts {
            let count = hours.entry(hour_of(time)).or_default();
            *count = count.saturating_add(events);
        }
        self.cells += hours.len() - before;
        if self.cells > MAX_CELLS || self.rows.len() > MAX_COMBINATIONS {
            *self = Self::cut();
        }
    }
}

/// The beginning of the hour of a time.
pub(super) fn hour_of(time: Time) -> Time {
    time.floor(HOUR)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(action: &str) -> Combination {
        Combination { category: None, action: Some(action.to_owned()), outcome: Outcome::Failure }
    }

    fn at(hours: u64) -> Time {
        Time::EPOCH + HOUR * u32::try_from(hours).unwrap() + Duration::from_mins(59)
    }

    #[test]
    fn events_of_one_hour_count_together() {
        let mut cube = Cube::default();
        cube.add(of("login"), at(1), 2);
        cube.add(of("login"), at(1) - Duration::from_mins(58), 3);
        cube.add(of("login"), at(2), 1);
        let counts: Vec<_> = cube.cells().map(|cell| (cell.hour.millis() / 3_600_000, cell.events)).collect();
        assert_eq!((counts, cube.events()), (vec![(1, 5), (2, 1)], 6));
    }

    #[test]
    fn the_sum_of_two_cubes_has_the_events_of_both() {
        let (mut one, mut two) = (Cube::default(), Cube::default());
        one.add(of("login"), at(1), 2);
        two.add(of("login"), at(1), 5);
        two.add(of("logout"), at(3), 1);
        one.merge(&two);
        assert_eq!((one.events(), one.cells().count()), (8, 2));
        one.merge(&Cube::cut());
        assert!(one.is_cut() && one.events() == 0);
        one.merge(&two);
        assert!(one.is_cut(), "what is cut stays so");
    }

    #[test]
    fn beyond_its_limits_it_is_cut_and_never_wrong() {
        let mut many = Cube::default();
        for number in 0..MAX_COMBINATIONS {
            many.add(of(&number.to_string()), at(0), 1);
        }
        assert_eq!((many.is_cut(), many.events()), (false, MAX_COMBINATIONS as u64));
        many.add(of("one more"), at(0), 1);
        assert!(many.is_cut());
        let mut long = Cube::default();
        for hour in 0..MAX_CELLS as u64 {
            long.add(of("login"), at(hour), 1);
        }
        assert_eq!((long.is_cut(), long.cells().count()), (false, MAX_CELLS));
        long.add(of("login"), at(MAX_CELLS as u64), 1);
        assert!(long.is_cut());
    }
}
