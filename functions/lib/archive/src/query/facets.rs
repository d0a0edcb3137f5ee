//! Counts the values of several fields in one search.

use crate::fields::{Field, Reading};
use crate::query::counts::{Counts, Interval};
use crate::query::filter::Matcher;
use crate::query::index::{DayIndex, PartIndex, PartSet};
use crate::query::row::RowKey;
use crate::query::search::Collect;
use crate::query::{Span, Summary};
use crate::time::Time;

/// Counts the values of several fields. A summary is read once for all of them: it answers all or none, so
/// that each event is counted once for each field.
#[derive(Debug)]
pub struct Facets(pub Vec<Counts>);

impl Facets {
    /// The values of these fields.
    #[must_use]
    pub fn new(fields: &[Field]) -> Self {
        Self(fields.iter().map(|field| Counts::new(Interval::Whole, Some(*field))).collect())
    }

    fn take(&mut self, matcher: &Matcher, span: Span, summary: &impl Summary) -> Option<PartSet> {
        let answers: Option<Vec<_>> =
            self.0.iter().map(|counts| counts.answer(matcher, span, summary)).collect();
        let answers = answers?;
        // The parts that are left are searched for all fields.
        let mut rests = answers.iter().map(|(_, rest)| rest);
        let rest = rests.next().cloned().unwrap_or_default();
        if rests.any(|other| *other != rest) {
            return None;
        }
        self.0.iter_mut().zip(answers).for_each(|(counts, (answers, _))| counts.add_all(answers));
        Some(rest)
    }
}

impl Collect for Facets {
    fn wants(&self, start: Time) -> bool {
        self.0.iter().all(|counts| counts.wants(start))
    }

    fn take_day(&mut self, matcher: &Matcher, span: Span, day: &DayIndex) -> Option<PartSet> {
        self.take(matcher, span, day)
    }

    fn take_part(&mut self, matcher: &Matcher, span: Span, index: &PartIndex) -> bool {
        self.take(matcher, span, index).is_some()
    }

    fn take_event(&mut self, key: RowKey, event: &[u8], reading: &Reading<'_>) {
        for counts in &mut self.0 {
            counts.take_event(key.clone(), event, reading);
        }
    }
}
