//! The values of a day's parts, each with the parts that have it.

use std::collections::BTreeMap;

use super::dictionary::{Dictionary, MAX_VALUES, keep_most_frequent};
use super::fit::Shrink;
use super::part_set::PartSet;
use super::value_counts::MAX_COUNTED;

/// The values of one field.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DayDictionary {
    pub(super) values: BTreeMap<String, DayValue>,
    pub(super) is_cut: bool,
    pub(super) open: PartSet,
}

/// One value of a day.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DayValue {
    /// How many events have it in these parts, which is exact.
    pub events: u64,
    /// The parts whose dictionaries have it. [`DayDictionary::open`] ones may have it, too.
    pub parts: PartSet,
}

impl DayDictionary {
    /// Whether it has all values with all their parts, so that all counts are those of the day.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        !self.is_cut && self.open.is_empty()
    }

    /// Whether values were left out here. One that is missing may be in any part.
    #[must_use]
    pub const fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// The parts whose own dictionaries are incomplete: each may have any value that it isn't said to have.
    #[must_use]
    pub const fn open(&self) -> &PartSet {
        &self.open
    }

    /// A value; `None` if it isn't here: if this is complete, no event of the day has it.
    #[must_use]
    pub fn get(&self, value: &str) -> Option<&DayValue> {
        self.values.get(value)
    }

    /// The values as events have them, in the order of the alphabet.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &DayValue)> {
        self.values.iter().map(|(value, of)| (value.as_str(), of))
    }
}

impl Shrink for DayDictionary {
    fn len(&self) -> usize {
        self.values.len()
    }

    fn weight(&self) -> usize {
        self.values.iter().map(|(value, of)| value.len() + of.parts.len().min(64) + 6).sum()
    }

    fn keep(&mut self, most: usize) {
        self.is_cut |= keep_most_frequent(&mut self.values, most, |of| of.events);
    }
}

/// The values of one field while parts are added. A value is counted from the first part that has it, or
/// never.
#[derive(Debug, Default)]
pub(super) struct DayCounts(DayDictionary);

impl DayCounts {
    /// Adds the part at this place of the day.
    pub(super) fn add(&mut self, place: usize, dictionary: &Dictionary) {
        let DayDictionary { values, is_cut, open } = &mut self.0;
        if !dictionary.is_complete() {
            // Its counts would be in no sum of the day: it is read apart.
            open.insert(place);
            return;
        }
        for (value, events) in dictionary.iter() {
            if !values.contains_key(value) {
                if values.len() >= MAX_COUNTED {
                    *is_cut = true;
                    continue;
                }
                values.insert(value.to_owned(), DayValue::default());
            }
            if let Some(of) = values.get_mut(value) {
                of.events = of.events.saturating_add(events);
                of.parts.insert(place);
            }
        }
    }

    /// The most frequent ones.
    pub(super) fn finish(mut self) -> DayDictionary {
        self.0.keep(MAX_VALUES);
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The dictionary that takes the most gives way first, so a weight is about the length in the index.
    #[test]
    fn a_weight_is_about_what_the_values_take_in_an_index() {
        let part = |values: usize| Dictionary {
            values: (0..values).map(|value| (format!("arn:aws:iam::user/{value:04}"), 3)).collect(),
            is_complete: true,
        };
        let mut counts = DayCounts::default();
        for place in 0..5 {
            counts.add(place, &part(100 - 10 * place));
        }
        let dictionary = counts.finish();
        let text =
            |(value, of): (&str, &DayValue)| format!("{value:?},{},{:?},", of.events, of.parts.encode());
        let length = dictionary.iter().map(text).collect::<String>().len();
        assert!(dictionary.weight().abs_diff(length) < length / 5, "{} {length}", dictionary.weight());
    }
}
