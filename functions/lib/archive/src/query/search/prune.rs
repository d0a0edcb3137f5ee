//! Leaves out what can't match: by the values that an index lists, and by the membership filters of blocks.

use crate::fields::Field;
use crate::query::Summary;
use crate::query::filter::{Matcher, Needle};
use crate::query::index::{Block, DayIndex, PartIndex};

/// Which parts of an archive can't match a filter.
#[derive(Debug)]
pub(super) struct Pruner {
    needles: Vec<Needle>,
    /// The fields about which the filter has terms, and whose values an index lists.
    fields: Vec<Field>,
}

impl Pruner {
    pub(super) fn new(matcher: &Matcher) -> Self {
        let listed = |field: &Field| !matches!(field, Field::Time | Field::Id);
        let fields =
            Field::ALL.into_iter().filter(listed).filter(|field| matcher.restricts(*field)).collect();
        Self { needles: matcher.needles().to_vec(), fields }
    }

    /// Whether any event of a day may match.
    pub(super) fn may_match_day(&self, matcher: &Matcher, day: &DayIndex) -> bool {
        self.may_match(matcher, day)
    }

    /// For each part of a day, whether any of its events may match.
    pub(super) fn parts_of_day(&self, matcher: &Matcher, day: &DayIndex) -> Vec<bool> {
        let mut may_match = vec![true; day.parts.len()];
        for field in &self.fields {
            // A part that has events without the field may match if that is allowed.
            if matcher.allows(*field, None) {
                continue;
            }
            let Some(values) = day.values.get(field).filter(|values| !values.is_cut()) else { continue };
            let mut with = values.open().clone();
            for (_, of) in values.iter().filter(|(value, _)| matcher.allows(*field, Some(value))) {
                with.add_all(&of.parts);
            }
            for (place, may_match) in may_match.iter_mut().enumerate() {
                *may_match &= with.contains(place);
            }
        }
        may_match
    }

    /// Whether any event of a part may match.
    pub(super) fn may_match_part(&self, matcher: &Matcher, index: &PartIndex) -> bool {
        self.may_match(matcher, index)
    }

    fn may_match(&self, matcher: &Matcher, summary: &impl Summary) -> bool {
        self.fields.iter().all(|field| summary.may_match(matcher, *field))
    }

    /// Whether any event of a block may match.
    pub(super) fn may_match_block(&self, block: &Block) -> bool {
        self.needles
            .iter()
            .all(|needle| needle.values.iter().any(|value| block.members.may_contain(needle.field, value)))
    }
}
