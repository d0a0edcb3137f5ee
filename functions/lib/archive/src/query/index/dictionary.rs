//! The values of a part's fields, each with the count of events that have it.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::fit::Shrink;
use crate::fields::Field;

/// The most values of a field in an index.
pub const MAX_VALUES: usize = 4_096;
/// The longest value in an index, in bytes. A longer one is left out.
pub const MAX_VALUE_BYTES: usize = 256;

/// The values of one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dictionary {
    pub(super) values: BTreeMap<String, u64>,
    pub(super) is_complete: bool,
}

impl Dictionary {
    /// Keeps the most frequent of these values.
    pub(super) fn new(values: impl IntoIterator<Item = (String, u64)>, is_complete: bool) -> Self {
        let mut dictionary = Self { values: values.into_iter().collect(), is_complete };
        dictionary.keep(MAX_VALUES);
        dictionary
    }

    /// Whether it has all values. If not, one that is missing may have any count.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// How many values it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether it has no value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// How many events have this value, which is exact. `None` if it isn't in the dictionary: if that is
    /// complete, no event has the value.
    #[must_use]
    pub fn events(&self, value: &str) -> Option<u64> {
        self.values.get(value).copied()
    }

    /// The values as events have them, and how many events have each, in the order of the alphabet.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.values.iter().map(|(value, events)| (value.as_str(), *events))
    }
}

impl Shrink for Dictionary {
    fn len(&self) -> usize {
        self.values.len()
    }

    fn weight(&self) -> usize {
        self.values.keys().map(|value| value.len() + 6).sum()
    }

    fn keep(&mut self, most: usize) {
        self.is_complete &= !keep_most_frequent(&mut self.values, most, |events| *events);
    }
}

/// Keeps the most frequent values; of equally frequent ones the first by the alphabet. Whether one was
/// removed.
pub(super) fn keep_most_frequent<V>(
    values: &mut BTreeMap<String, V>,
    most: usize,
    events: impl Fn(&V) -> u64,
) -> bool {
    if values.len() <= most {
        return false;
    }
    let mut sorted: Vec<_> = std::mem::take(values).into_iter().collect();
    // The sort is stable, and the values are in the order of the alphabet.
    sorted.sort_by_key(|(_, value)| Reverse(events(value)));
    sorted.truncate(most);
    values.extend(sorted);
    true
}

/// The values of all fields but time and id, which are different in each event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dictionaries {
    pub(super) fields: BTreeMap<Field, Dictionary>,
}

impl Dictionaries {
    /// Whether a field has a dictionary.
    #[must_use]
    pub const fn has(field: Field) -> bool {
        !matches!(field, Field::Time | Field::Id)
    }

    /// The fields that have a dictionary, in the order of listings.
    pub(super) fn all() -> impl Iterator<Item = Field> {
        Field::ALL.into_iter().filter(|field| Self::has(*field))
    }

    /// The values of a field; `None` for time and id.
    #[must_use]
    pub fn of(&self, field: Field) -> Option<&Dictionary> {
        self.fields.get(&field)
    }

    /// The dictionaries, in the order of listings.
    pub fn iter(&self) -> impl Iterator<Item = (Field, &Dictionary)> {
        self.fields.iter().map(|(field, dictionary)| (*field, dictionary))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_frequent_values_are_kept_and_of_equal_ones_the_first() {
        let values =
            [("b", 2), ("d", 1), ("a", 1), ("c", 2)].map(|(value, events)| (value.to_owned(), events));
        let mut dictionary = Dictionary::new(values, true);
        dictionary.keep(4);
        assert!(dictionary.is_complete());
        dictionary.keep(3);
        assert_eq!(dictionary.iter().collect::<Vec<_>>(), [("a", 1), ("b", 2), ("c", 2)]);
        assert!(!dictionary.is_complete());
        assert_eq!((dictionary.events("c"), dictionary.events("d")), (Some(2), None));
    }
}
