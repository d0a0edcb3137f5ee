//! What a search does with what it finds.

use crate::fields::Reading;
use crate::query::Span;
use crate::query::filter::Matcher;
use crate::query::index::{DayIndex, PartIndex, PartSet};
use crate::query::row::RowKey;
use crate::time::Time;

/// What a search does with what it finds. Events arrive in no particular order.
pub trait Collect {
    /// Whether events of `start` and those that follow it in the order of the search are of use.
    fn wants(&self, start: Time) -> bool;

    /// Takes the exact answer for a day from its roll-up, but for the parts that it returns; `None` if the
    /// roll-up can't give it.
    fn take_day(&mut self, matcher: &Matcher, span: Span, day: &DayIndex) -> Option<PartSet>;

    /// Takes the exact answer for a whole part from its index; `false` if the index can't give it.
    fn take_part(&mut self, matcher: &Matcher, span: Span, index: &PartIndex) -> bool;

    /// Takes an event that matches.
    fn take_event(&mut self, key: RowKey, event: &[u8], reading: &Reading<'_>);
}
