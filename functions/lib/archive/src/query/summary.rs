//! What the index of a part and the roll-up of a day have in common: they answer for many events at once.

use crate::fields::Field;
use crate::query::filter::Matcher;
use crate::query::index::{Cube, DayIndex, PartIndex, PartSet};
use crate::time::Time;

/// All values of a field in some events.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listed<'s> {
    /// The values, each with its number of events.
    pub values: Vec<(&'s str, u64)>,
    /// How many events these are of, with those that have no value.
    pub events: u64,
    /// The parts of a day whose events are not among them.
    pub open: PartSet,
}

impl Listed<'_> {
    /// How many of the events have no value.
    #[must_use]
    pub fn without(&self) -> u64 {
        let with = self.values.iter().fold(0_u64, |sum, (_, events)| sum.saturating_add(*events));
        self.events.saturating_sub(with)
    }
}

/// A summary of events, which answers exactly or not at all.
pub trait Summary {
    /// How many events it is of.
    fn events(&self) -> u64;

    /// The least and the greatest time of an event.
    fn bounds(&self) -> (Time, Time);

    /// The events by hour, category, action and outcome.
    fn cube(&self) -> &Cube;

    /// The values of a field. `None` if values were left out.
    fn values(&self, field: Field) -> Option<Listed<'_>>;

    /// Whether any event may pass the filter's terms about this field.
    fn may_match(&self, matcher: &Matcher, field: Field) -> bool {
        let Some(listed) = self.values(field) else { return true };
        !listed.open.is_empty()
            || (listed.without() > 0 && matcher.allows(field, None))
            || listed.values.iter().any(|(value, _)| matcher.allows(field, Some(value)))
    }
}

impl Summary for PartIndex {
    fn events(&self) -> u64 {
        self.events
    }

    fn bounds(&self) -> (Time, Time) {
        (self.first, self.last)
    }

    fn cube(&self) -> &Cube {
        &self.cube
    }

    fn values(&self, field: Field) -> Option<Listed<'_>> {
        let values = self.values.of(field).filter(|values| values.is_complete())?;
        Some(Listed { values: values.iter().collect(), events: self.events, open: PartSet::default() })
    }
}

impl Summary for DayIndex {
    fn events(&self) -> u64 {
        self.parts.iter().map(|part| part.events).sum()
    }

    fn bounds(&self) -> (Time, Time) {
        // Without events nothing is asked of it.
        self.times().unwrap_or((self.day, self.day))
    }

    fn cube(&self) -> &Cube {
        &self.cube
    }

    fn values(&self, field: Field) -> Option<Listed<'_>> {
        let values = self.values.get(&field).filter(|values| !values.is_cut())?;
        let listed = self.parts.iter().enumerate().filter(|(place, _)| !values.open().contains(*place));
        Some(Listed {
            values: values.iter().map(|(value, of)| (value, of.events)).collect(),
            events: listed.map(|(_, part)| part.events).sum(),
            open: values.open().clone(),
        })
    }
}
