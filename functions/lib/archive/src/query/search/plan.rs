//! What a search is over: the days that are rolled up, and the parts that are not.

use std::cmp::Reverse;

use crate::part::{PartNumber, Window};
use crate::staging_keys::DayKey;

/// A part that no roll-up of a day contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartSummary {
    /// Its number.
    pub number: PartNumber,
    /// Its window.
    pub window: Window,
    /// How many events it contains; 0 for a heartbeat, which is not searched.
    pub events: u64,
}

/// What a search is over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// The roll-ups, each over other parts than the others.
    pub days: Vec<DayKey>,
    /// The other parts.
    pub parts: Vec<PartSummary>,
    /// Spans of the time of writing that only the events table has: what is not sealed yet, and what the
    /// staging bucket has let go.
    pub table: Vec<Window>,
    /// Parts after this one are ignored: they were sealed after the first page.
    pub last_part: Option<PartNumber>,
}

impl Scope {
    /// The numbers up to `newest` that none of these days contains, as inclusive ranges in order. A day that
    /// overlaps one before it is dropped.
    #[must_use]
    pub fn of_days(mut days: Vec<DayKey>, newest: PartNumber) -> (Self, Vec<(PartNumber, PartNumber)>) {
        // Of two that begin with the same part, the longer one counts.
        days.sort_by_key(|day| (day.first_part, Reverse(day.last_part)));
        let mut gaps = Vec::new();
        let mut next = PartNumber::FIRST;
        days.retain(|day| {
            if day.first_part < next || day.last_part < day.first_part || day.last_part > newest {
                return false;
            }
            if day.first_part > next {
                gaps.push((next, day.first_part.previous()));
            }
            next = day.last_part.next();
            true
        });
        if next <= newest {
            gaps.push((next, newest));
        }
        (Self { days, ..Self::default() }, gaps)
    }
}
