//! Counts the values of a field while events pass, with bounded memory.

use std::collections::HashMap;

use super::dictionary::{Dictionary, MAX_VALUE_BYTES};
use super::membership::MemberKey;
use crate::fields::Field;

/// The most values that are counted at once. A value is counted from its first event on or never, so counts
/// are exact; which values are frequent is known only in the end, and those that come first may not be it.
pub(super) const MAX_COUNTED: usize = 32_768;

/// The values of one field.
#[derive(Debug, Default)]
pub(super) struct ValueCounts {
    indexes: HashMap<Box<str>, usize>,
    values: Vec<ValueCount>,
    /// Whether a value was not counted.
    is_incomplete: bool,
}

#[derive(Debug)]
struct ValueCount {
    events: u64,
    key: MemberKey,
    /// The last block that has the value, from 1.
    block: usize,
}

/// One value of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counted {
    /// Which of the counted values it is; `None` if it is not counted.
    pub(super) index: Option<usize>,
    /// Its key, unless it is known that the block has it already.
    pub(super) key: Option<MemberKey>,
}

impl ValueCounts {
    /// Counts a value of an event of a block (from 1).
    pub(super) fn add(&mut self, field: Field, value: &str, block: usize) -> Counted {
        if let Some(index) = self.indexes.get(value).copied()
            && let Some(count) = self.values.get_mut(index)
        {
            count.events += 1;
            let is_new = count.block != block;
            count.block = block;
            return Counted { index: Some(index), key: is_new.then_some(count.key) };
        }
        let key = MemberKey::of_value(field, value);
        if value.len() > MAX_VALUE_BYTES || self.values.len() >= MAX_COUNTED {
            self.is_incomplete = true;
            return Counted { index: None, key: Some(key) };
        }
        let index = self.values.len();
        self.indexes.insert(value.into(), index);
        self.values.push(ValueCount { events: 1, key, block });
        Counted { index: Some(index), key: Some(key) }
    }

    /// The counted values by their indexes.
    pub(super) fn names(&self) -> Vec<&str> {
        let mut names = vec![""; self.values.len()];
        for (value, index) in &self.indexes {
            if let Some(name) = names.get_mut(*index) {
                *name = value;
            }
        }
        names
    }

    /// The dictionary of the most frequent values.
    pub(super) fn dictionary(&self) -> Dictionary {
        let counts = self.values.iter().map(|count| count.events);
        let values = self.names().into_iter().map(str::to_owned).zip(counts);
        Dictionary::new(values, !self.is_incomplete)
    }
}

#[cfg(test)]
mod tests {
    use super::super::dictionary::MAX_VALUES;
    use super::*;

    #[test]
    fn a_block_gets_the_key_of_a_value_once() {
        let mut counts = ValueCounts::default();
        let key = Some(MemberKey::of_value(Field::Actor, "root"));
        let mut add = |block| counts.add(Field::Actor, "root", block);
        assert_eq!([add(1).key, add(1).key, add(2).key, add(2).key], [key, None, key, None]);
        assert_eq!(counts.dictionary().events("root"), Some(4));
    }

    #[test]
    fn beyond_the_limit_counts_stay_exact_and_the_dictionary_says_that_it_is_incomplete() {
        let mut counts = ValueCounts::default();
        for _ in 0..2 {
            for number in 0..MAX_COUNTED + 10 {
                counts.add(Field::Actor, &format!("{number:06}"), 1);
            }
        }
        counts.add(Field::Actor, "000007", 1);
        let dictionary = counts.dictionary();
        assert_eq!((dictionary.len(), dictionary.is_complete()), (MAX_VALUES, false));
        assert_eq!((dictionary.events("000007"), dictionary.events("000008")), (Some(3), Some(2)));
    }

    #[test]
    fn a_long_value_is_left_out_and_has_a_key_nevertheless() {
        let mut counts = ValueCounts::default();
        assert_eq!(counts.add(Field::Actor, &"x".repeat(MAX_VALUE_BYTES), 1).index, Some(0));
        assert!(counts.dictionary().is_complete());
        let long = "X".repeat(MAX_VALUE_BYTES + 1);
        let key = Some(MemberKey::new(Field::Actor, &long.to_lowercase()));
        assert_eq!(counts.add(Field::Actor, &long, 1), Counted { index: None, key });
        assert_eq!((counts.dictionary().len(), counts.dictionary().is_complete()), (1, false));
    }
}
