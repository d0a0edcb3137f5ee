//! Which of a day's parts have a value.

use std::fmt::{self, Write as _};

use super::day::MAX_DAY_PARTS;

/// A set of a day's parts, by their place in the day from 0.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PartSet {
    /// One bit a part, the lowest first; the last one is not 0.
    words: Vec<u64>,
}

impl PartSet {
    /// Whether it has the part at this place of the day.
    #[must_use]
    pub fn contains(&self, place: usize) -> bool {
        self.words.get(place / 64).is_some_and(|word| word & (1 << (place % 64)) != 0)
    }

    /// The places, in order.
    pub fn iter(&self) -> impl Iterator<Item = usize> {
        self.words.iter().enumerate().flat_map(|(index, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                let lowest = rest.trailing_zeros() as usize;
                // Without its lowest bit; there is none left after the last one.
                rest = rest.checked_sub(1)? & rest;
                Some(index * 64 + lowest)
            })
        })
    }

    /// How many parts it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether it has no part.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Adds all parts of another set.
    pub fn add_all(&mut self, other: &Self) {
        if self.words.len() < other.words.len() {
            self.words.resize(other.words.len(), 0);
        }
        for (word, added) in self.words.iter_mut().zip(&other.words) {
            *word |= added;
        }
    }

    /// Adds a part.
    pub(super) fn insert(&mut self, place: usize) {
        if self.words.len() <= place / 64 {
            self.words.resize(place / 64 + 1, 0);
        }
        if let Some(word) = self.words.get_mut(place / 64) {
            *word |= 1 << (place % 64);
        }
    }

    /// The stored form: ranges such as `0-5,7`, or `x` and hexadecimal digits of four parts each, the first
    /// part being the lowest bit of the first digit. The shorter one; if both are equally long, the ranges.
    pub(super) fn encode(&self) -> String {
        let (ranges, digits) = (self.ranges(), self.digits());
        if ranges.len() <= digits.len() { ranges } else { digits }
    }

    /// Reads the stored form; `None` if it is not one, or has places that no day has. A roll-up has some
    /// thousand sets, so the form is checked while it is read, and not by writing it again.
    pub(super) fn decode(text: &str) -> Option<Self> {
        let mut set = Self::default();
        if let Some(digits) = text.strip_prefix('x') {
            if digits.len() > MAX_DAY_PARTS.div_ceil(4) || digits.ends_with('0') {
                return None;
            }
            for (index, digit) in digits.chars().enumerate() {
                let digit = digit.to_digit(16).filter(|_| !digit.is_ascii_uppercase())?;
                (0..4).filter(|bit| digit & (1 << bit) != 0).for_each(|bit| set.insert(4 * index + bit));
            }
            return (text.len() < set.ranges_len()).then_some(set);
        }
        if text.is_empty() {
            return Some(set);
        }
        let mut next = 0;
        for range in text.split(',') {
            let (first, last) = if let Some((first, last)) = range.split_once('-') {
                let first = place(first)?;
                (first, place(last).filter(|last| *last > first)?)
            } else {
                let only = place(range)?;
                (only, only)
            };
            if first < next {
                return None;
            }
            (first..=last).for_each(|place| set.insert(place));
            // Two ranges without a place between them would be one.
            next = last + 2;
        }
        (text.len() <= set.digits_len()).then_some(set)
    }

    /// The length of [`Self::ranges`].
    fn ranges_len(&self) -> usize {
        let mut length = 0;
        let mut places = self.iter().peekable();
        while let Some(first) = places.next() {
            let mut last = first;
            while let Some(next) = places.next_if_eq(&(last + 1)) {
                last = next;
            }
            length += usize::from(length > 0) + decimal_len(first);
            length += if first == last { 0 } else { 1 + decimal_len(last) };
        }
        length
    }

    /// The length of [`Self::digits`].
    fn digits_len(&self) -> usize {
        let last = self.words.last().map_or(0, |word| 64 - word.leading_zeros() as usize);
        1 + (self.words.len().saturating_sub(1) * 64 + last).div_ceil(4)
    }

    fn ranges(&self) -> String {
        let mut text = String::new();
        let mut places = self.iter().peekable();
        while let Some(first) = places.next() {
            let mut last = first;
            while let Some(next) = places.next_if_eq(&(last + 1)) {
                last = next;
            }
            let separator = if text.is_empty() { "" } else { "," };
            let written = if first == last {
                write!(text, "{separator}{first}")
            } else {
                write!(text, "{separator}{first}-{last}")
            };
            debug_assert_eq!(written, Ok(()), "a text can always be longer");
        }
        text
    }

    fn digits(&self) -> String {
        let digit = |index: usize| {
            let word = self.words.get(index / 16).copied().unwrap_or_default();
            char::from_digit(u32::try_from(word >> (index % 16 * 4) & 15).unwrap_or_default(), 16)
        };
        let digits: String = (0..self.words.len() * 16).filter_map(digit).collect();
        format!("x{}", digits.trim_end_matches('0'))
    }
}

/// A place as it is written: without a sign or leading zeros.
fn place(text: &str) -> Option<usize> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|place| is_plain && *place < MAX_DAY_PARTS)
}

fn decimal_len(number: usize) -> usize {
    number.checked_ilog10().map_or(1, |log| log as usize + 1)
}

impl fmt::Display for PartSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.ranges())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn set(places: impl IntoIterator<Item = usize>) -> PartSet {
        let mut set = PartSet::default();
        places.into_iter().for_each(|place| set.insert(place));
        set
    }

    #[test]
    fn the_shorter_form_is_stored() {
        assert_eq!(set([]).encode(), "");
        assert_eq!(set([0, 1, 2, 3, 4, 5, 7]).encode(), "xfb");
        assert_eq!(set(0..24).encode(), "0-23");
        assert_eq!(set((0..24).step_by(2)).encode(), "x555555");
        assert_eq!(set([4_000]).encode(), "4000");
    }

    #[test]
    fn other_texts_are_no_sets() {
        for text in ["x", "x0", "xF", "x10", "00", "1,0", "0,1", "1-1", "5-3", "4096", "0-99999999", ",", "-"]
        {
            assert_eq!(PartSet::decode(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_set_round_trips(places in prop::collection::btree_set(0..MAX_DAY_PARTS, 0..200), other: Vec<u8>) {
            let one = set(places.iter().copied());
            prop_assert_eq!(PartSet::decode(&one.encode()), Some(one.clone()));
            prop_assert_eq!((one.len(), one.is_empty()), (places.len(), places.is_empty()));
            prop_assert!(one.iter().eq(places.iter().copied()));
            let (other, mut both) = (set(other.iter().copied().map(usize::from)), one.clone());
            both.add_all(&other);
            let union: BTreeSet<_> = one.iter().chain(other.iter()).collect();
            prop_assert_eq!(both, set(union));
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>(), near in "x?[0-9a-f,-]{0,12}") {
            for text in [text, near] {
                prop_assert!(PartSet::decode(&text).is_none_or(|set| set.encode() == text));
            }
        }
    }
}
