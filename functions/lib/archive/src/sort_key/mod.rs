//! The forms of an events table's sort key: the time in a key, and the range of keys of a window.
//!
//! Windows tile DynamoDB's key order, so an unparsable key (one of another form) still falls into exactly one
//! window by its bytes, and is exported there as an unreadable record. Unparsable keys before all windows are
//! searched in the gaps that keys of this form leave (`gaps`). `parse` reads the time in a key.

mod gaps;
mod parse;

use std::time::Duration;

use crate::time::Time;
use parse::{decimal_millis, digits, ulid_time, uuid_time};

/// How the sort key encodes the time of writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SortKeyForm {
    /// `2026-11-20T20:15:30.123Z#evt_01`, any notation of UTC and any precision, also mixed (see [`Time`]'s
    /// `FromStr`).
    #[default]
    Rfc3339,
    /// A ULID: 26 characters of Crockford's base 32, upper case; the first ten encode milliseconds.
    Ulid,
    /// A UUID of version 7 (RFC 9562), lower case with hyphens; the first 48 bits are milliseconds.
    UuidV7,
    /// Seconds since the Unix epoch: a number, or ten digits followed by anything but a digit.
    EpochSeconds,
    /// Milliseconds since the Unix epoch: a number, or 13 digits followed by anything but a digit.
    EpochMillis,
}

/// A sort key as DynamoDB returns it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SortKey {
    /// DynamoDB's type S.
    Text(String),
    /// DynamoDB's type N, in its canonical decimal notation.
    Number(String),
}

impl SortKey {
    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Text(text) | Self::Number(text) => text,
        }
    }
}

const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

impl SortKeyForm {
    /// Every form with its name in the settings.
    pub const NAMES: [(&'static str, Self); 5] = [
        ("rfc3339", Self::Rfc3339),
        ("ulid", Self::Ulid),
        ("uuidv7", Self::UuidV7),
        ("epoch_seconds", Self::EpochSeconds),
        ("epoch_millis", Self::EpochMillis),
    ];

    /// The form with that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, form)| *form)
    }

    /// Its name in the settings.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, form)| *form == self).map_or("", |(name, _)| name)
    }

    /// Whether the key may be of type N.
    #[must_use]
    pub const fn may_be_number(self) -> bool {
        matches!(self, Self::EpochSeconds | Self::EpochMillis)
    }

    /// The finest span at whose boundaries key order is time order. RFC 3339 keys of one second share a
    /// prefix, but after it they sort by their notation (`…30+00:00`, `…30,5Z`, `…30.5Z`, `…30Z`, `…30z`),
    /// so parts are cut between seconds there.
    #[must_use]
    pub const fn grain(self) -> Duration {
        match self {
            Self::Rfc3339 | Self::EpochSeconds => Duration::from_secs(1),
            Self::Ulid | Self::UuidV7 | Self::EpochMillis => Duration::from_millis(1),
        }
    }

    /// The time in a key; `None` for an unparsable key.
    #[must_use]
    pub fn time_of(self, key: &SortKey) -> Option<Time> {
        match (self, key) {
            (Self::Rfc3339, SortKey::Text(text)) => text.split('#').next()?.parse().ok(),
            (Self::Ulid, SortKey::Text(text)) => ulid_time(text),
            (Self::UuidV7, SortKey::Text(text)) => uuid_time(text),
            (Self::EpochSeconds, SortKey::Text(text)) => {
                digits(text, 10)?.checked_mul(1000).and_then(Time::from_millis)
            }
            (Self::EpochMillis, SortKey::Text(text)) => digits(text, 13).and_then(Time::from_millis),
            (_, SortKey::Number(text)) => {
                self.numeric_time(text).filter(|time| *time >= self.first_numeric_time())
            }
        }
    }

    /// The earliest time in a key of type N. Milliseconds below 10^12 (September 2001) are unparsable: they
    /// are seconds written where milliseconds are expected, and would all count as January 1970.
    #[must_use]
    pub const fn first_numeric_time(self) -> Time {
        match (self, Time::from_millis(1_000_000_000_000)) {
            (Self::EpochMillis, Some(first)) => first,
            _ => Time::EPOCH,
        }
    }

    fn numeric_time(self, text: &str) -> Option<Time> {
        match self {
            Self::EpochSeconds => decimal_millis(text, 3),
            Self::EpochMillis => decimal_millis(text, 0),
            Self::Rfc3339 | Self::Ulid | Self::UuidV7 => None,
        }
    }

    /// The lower bound of the keys in the grain of `time`: keys of earlier grains are smaller, keys of this
    /// grain and later ones are not.
    #[must_use]
    pub fn bound(self, time: Time) -> String {
        match self {
            Self::Rfc3339 => time.second_prefix(),
            Self::Ulid => ulid_prefix(time),
            Self::UuidV7 => {
                let hex = format!("{:012x}", time.millis());
                let (high, low) = hex.split_at(8);
                format!("{high}-{low}")
            }
            Self::EpochSeconds => format!("{:010}", time.millis() / 1000),
            Self::EpochMillis => format!("{:013}", time.millis()),
        }
    }

    /// The bounds of a Query that returns every key of `[from, to)`. `BETWEEN` includes both ends, and the
    /// ends are widened to the grain, so the reader drops what is outside according to [`Self::is_before`].
    #[must_use]
    pub fn range(self, from: Time, to: Time) -> (String, String) {
        let grain = self.grain();
        let floor = to.floor(grain);
        let ceiling = if floor == to { to } else { floor + grain };
        (self.bound(from), self.bound(ceiling))
    }

    /// Whether a key lies before `time`: by its time, or by its bytes if it is unparsable. Bytes are compared
    /// at the precision of a grain, so such a key never lies before a time within its own grain.
    #[must_use]
    pub fn is_before(self, key: &SortKey, time: Time) -> bool {
        match (self.time_of(key), key) {
            (Some(key_time), _) => key_time < time,
            (None, SortKey::Text(text)) => text.as_str() < self.bound(time).as_str(),
            // An unparsable number: negative numbers and numbers that are too small for this form lie before
            // all times, the others after.
            (None, SortKey::Number(text)) => text.starts_with('-') || self.numeric_time(text).is_some(),
        }
    }
}

fn ulid_prefix(time: Time) -> String {
    let digit = |place: u32| {
        let index = usize::try_from(time.millis() >> (5 * place) & 31).unwrap_or_default();
        CROCKFORD.get(index).map_or('0', |c| char::from(*c))
    };
    (0..10).rev().map(digit).collect()
}

#[cfg(test)]
mod tests;
