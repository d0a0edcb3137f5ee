//! The gaps between the keys of a form: ranges of the key order in which no such key can lie, so any key
//! found there is unparsable.
//!
//! Windows begin at a connector's activation. Keys before it are history, possibly years of events, and are
//! not read; but unparsable keys may sort there too and must not be skipped silently. In the gaps they can be
//! found without reading the history: in a well-formed table the gaps are empty.

use crate::time::Time;

use super::{CROCKFORD, SortKey, SortKeyForm};

/// A range `[low, high)` of keys of type S.
type Gap = (String, String);

/// The last time with ten digits of seconds and 13 of milliseconds (November 2286); longer numbers are
/// unparsable.
const MAX_FIXED_WIDTH_MILLIS: i64 = 9_999_999_999_999;

impl SortKeyForm {
    /// The gaps between the keys of type S of times before `until`: ranges `[low, high)`, ascending,
    /// disjoint, not empty. The first one starts at the empty text. No parsable key lies in any of them.
    ///
    /// These are: everything before the first key of 1970; what lies between the last possible key of a year
    /// and the first of the next (or of a span of one to three years that shares the first two or three
    /// characters); and whatever shares a prefix with `until` and continues with a smaller character that no
    /// key has there.
    ///
    /// So an unparsable text before `until` lies outside the gaps only if, up to and including the first
    /// character in which it differs from [`bound`](Self::bound) of `until`, it begins like a key of an
    /// earlier time: `2020-05-05 10:00` in 2023. It counts as a key of that time.
    #[must_use]
    pub fn gaps(self, until: Time) -> Vec<(String, String)> {
        let until = self.clamp_to_fixed_width(until);
        let mut found = vec![(String::new(), self.bound(Time::EPOCH))];
        found.extend(self.gaps_between_spans(until));
        found.extend(self.gaps_near(&self.bound(until)));
        found.sort_unstable();
        let mut gaps: Vec<Gap> = Vec::new();
        for (low, high) in found {
            match gaps.last_mut() {
                Some((_, end)) if low <= *end => *end = high.max(std::mem::take(end)),
                _ => gaps.push((low, high)),
            }
        }
        gaps
    }

    /// Whether a key lies in a gap before `until`. For keys of type N there is one gap: below the first
    /// parsable number.
    #[must_use]
    pub fn lies_in_gap(self, key: &SortKey, until: Time) -> bool {
        match key {
            SortKey::Number(_) => self.is_before(key, Time::EPOCH),
            // Most unparsable keys lie in the first gap or in none, and there may be as many as events.
            SortKey::Text(text) if *text < self.bound(Time::EPOCH) => true,
            SortKey::Text(text) if *text >= self.bound(until) => false,
            SortKey::Text(text) => self.gaps(until).iter().any(|(low, high)| low <= text && text < high),
        }
    }

    fn clamp_to_fixed_width(self, time: Time) -> Time {
        match (self, Time::from_millis(MAX_FIXED_WIDTH_MILLIS)) {
            (Self::EpochSeconds | Self::EpochMillis, Some(last)) => time.min(last),
            _ => time,
        }
    }

    /// The gaps between the last possible key of each span of years and the first of the next one.
    fn gaps_between_spans(self, until: Time) -> Vec<Gap> {
        let (starts, behind, first) = match self {
            Self::Rfc3339 => {
                let years = 1970..=self.bound_prefix(until, 4).parse::<u16>().unwrap_or_default();
                (years.map(|year| year.to_string()).collect(), "-13", "-01")
            }
            Self::Ulid => (self.spans(until, 1 << 35, 3), "[", "0"),
            Self::UuidV7 => (self.spans(until, 1 << 36, 3), "g", "0"),
            Self::EpochSeconds | Self::EpochMillis => (self.spans(until, 100_000_000_000, 2), ":", "0"),
        };
        let pairs = starts.iter().zip(starts.iter().skip(1));
        pairs.map(|(span, next)| (format!("{span}{behind}"), format!("{next}{first}"))).collect()
    }

    /// The key prefixes of each span of `length` milliseconds from 1970 to `until`.
    fn spans(self, until: Time, length: i64, characters: usize) -> Vec<String> {
        let starts = (0..=until.millis() / length).filter_map(|n| Time::from_millis(n * length));
        starts.map(|start| self.bound_prefix(start, characters)).collect()
    }

    fn bound_prefix(self, time: Time, characters: usize) -> String {
        self.bound(time).chars().take(characters).collect()
    }

    /// The ranges that share a prefix with `bound` and continue with a smaller character, or none, where no
    /// key does.
    fn gaps_near(self, bound: &str) -> Vec<Gap> {
        let mut gaps = Vec::new();
        for (place, here) in bound.bytes().enumerate() {
            let shared = bound.get(..place).unwrap_or_default();
            let mut low = shared.to_owned();
            for possible in self.possible_next(shared, &here).iter().filter(|possible| **possible <= here) {
                let high = format!("{shared}{}", char::from(*possible));
                let behind = format!("{shared}{}", char::from(possible.saturating_add(1)));
                if low < high {
                    gaps.push((low, high));
                }
                low = behind;
            }
        }
        gaps
    }

    /// The characters that can follow `shared` in a key, ascending, where the bound has `here`: at least all
    /// smaller ones.
    fn possible_next<'a>(self, shared: &str, here: &'a u8) -> &'a [u8] {
        match (self, here) {
            (Self::Ulid, _) => CROCKFORD,
            // A month has no day 00.
            (Self::Rfc3339, b'0'..=b'9') if shared.len() == 9 && shared.ends_with('0') => b"123456789",
            (Self::UuidV7, b'0'..=b'9' | b'a'..=b'f') => b"0123456789abcdef",
            (_, b'0'..=b'9') => b"0123456789",
            _ => std::slice::from_ref(here),
        }
    }
}

#[cfg(test)]
mod tests;
