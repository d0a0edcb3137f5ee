//! Points in time: UTC, whole milliseconds, years 1970 to 9999, so that every written form has a fixed width
//! and sorts in time order.

mod offset;
mod rfc3339;

use std::fmt;
use std::ops::{Add, Sub};
use std::str::FromStr;
use std::time::Duration;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

pub use offset::ParseRfc3339Error;

const DAY_MS: i64 = 86_400_000;
/// 9999-12-30T22:00:00.999Z, the last whole millisecond that the calendar library can write.
const LAST_MS: i64 = 253_402_207_200_999;

/// A point in time in whole milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Time(i64);

/// A text that is not a time. It contains at most the first 64 characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an RFC 3339 time in UTC between 1970 and 9999, such as 2026-11-20T20:15:30.123Z")]
pub struct ParseTimeError(pub String);

impl Time {
    /// 1970-01-01T00:00:00.000Z
    pub const EPOCH: Self = Self(0);
    /// The last point in time: two days before the year 10000, which would not fit the fixed width.
    pub const LAST: Self = Self(LAST_MS);

    /// The written form, as a regular expression of the whole text.
    pub const PATTERN: &str = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z";

    /// One of the forms that are parsed, as a regular expression of the whole text: RFC 3339 from 1970 to the
    /// year 9998, only days that exist, at most nine digits of a fraction, no leap second.
    #[must_use]
    pub fn parsed_pattern() -> String {
        let year = "(19[7-9][0-9]|[2-8][0-9]{3}|9[0-8][0-9]{2}|99[0-8][0-9]|999[0-8])";
        let day_of_31 = "(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])";
        let day_of_30 = "(0[469]|11)-(0[1-9]|[12][0-9]|30)";
        let day_of_28 = "02-(0[1-9]|1[0-9]|2[0-8])";
        let leap_year = "(19(7[26]|8[048]|9[26])|[2-9][0-9](0[48]|[2468][048]|[13579][26])\
                         |([2468][048]|[3579][26])00)";
        let time = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,9})?(Z|[+-]00:00)";
        format!("({year}-({day_of_31}|{day_of_30}|{day_of_28})|{leap_year}-02-29)T{time}")
    }

    /// From milliseconds since the Unix epoch; `None` before 1970 or after 9999.
    #[must_use]
    pub const fn from_millis(ms: i64) -> Option<Self> {
        if ms < 0 || ms > LAST_MS { None } else { Some(Self(ms)) }
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// The last multiple of `span` that is not later than this.
    #[must_use]
    pub fn floor(self, span: Duration) -> Self {
        let span = millis(span).max(1);
        Self(self.0 - self.0.rem_euclid(span))
    }

    /// The first UTC midnight that is later than this.
    #[must_use]
    pub fn next_midnight(self) -> Self {
        Self(self.0 - self.0.rem_euclid(DAY_MS) + DAY_MS)
    }

    /// How long after `earlier` this is; zero if it is not later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0 - earlier.0).unwrap_or(0))
    }

    /// The calendar date in UTC, `2026-11-20`.
    #[must_use]
    pub fn date(self) -> String {
        let at = self.civil();
        format!("{:04}-{:02}-{:02}", at.year(), at.month(), at.day())
    }

    /// ISO 8601 basic with milliseconds, `20261120T200000.000Z`, as in the names of the files.
    #[must_use]
    pub fn basic(self) -> String {
        self.to_string().replace(['-', ':'], "")
    }

    /// RFC 3339 to the second without a zone, `2026-11-20T20:15:30`: the common prefix of all sort keys of
    /// that second.
    #[must_use]
    pub fn second_prefix(self) -> String {
        let mut text = self.to_string();
        text.truncate(19);
        text
    }

    fn civil(self) -> jiff::civil::DateTime {
        // By milliseconds alone the library refuses the last second.
        #[expect(clippy::cast_possible_truncation, reason = "less than a second")]
        let nanoseconds = (self.0.rem_euclid(1000) * 1_000_000) as i32;
        let stamp = jiff::Timestamp::new(self.0.div_euclid(1000), nanoseconds);
        let stamp = stamp.unwrap_or(jiff::Timestamp::MAX);
        TimeZone::UTC.to_datetime(stamp)
    }
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

impl fmt::Display for Time {
    /// RFC 3339 with millisecond digits, `2026-11-20T20:15:30.123Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.civil();
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
            at.year(),
            at.month(),
            at.day(),
            at.hour(),
            at.minute(),
            at.second(),
            at.millisecond()
        )
    }
}

impl FromStr for Time {
    type Err = ParseTimeError;

    /// Parses RFC 3339 with the offset zero, in every spelling: `Z`, `z`, `+00:00` or `-00:00`, and any
    /// number of fraction digits. Digits below the millisecond are cut off, never rounded up. A text with
    /// another offset, or without the colons, is refused: it would not sort in time order among the others.
    fn from_str(text: &str) -> Result<Self, ParseTimeError> {
        rfc3339::parse_utc(text.as_bytes()).ok_or_else(|| ParseTimeError(text.chars().take(64).collect()))
    }
}

impl TryFrom<String> for Time {
    type Error = ParseTimeError;
    fn try_from(text: String) -> Result<Self, ParseTimeError> {
        text.parse()
    }
}

impl From<Time> for String {
    fn from(time: Time) -> Self {
        time.to_string()
    }
}

impl Add<Duration> for Time {
    type Output = Self;
    /// Saturates at the end of the year 9999.
    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(millis(span)).min(LAST_MS))
    }
}

impl Sub<Duration> for Time {
    type Output = Self;
    /// Saturates at [`Time::EPOCH`].
    fn sub(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(millis(span)).max(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_time_has_a_fixed_width() {
        let at: Time = "2026-11-20T20:15:30.1239999Z".parse().unwrap();
        assert_eq!(at.to_string(), "2026-11-20T20:15:30.123Z");
        assert_eq!(at.basic(), "20261120T201530.123Z");
        assert_eq!(at.date(), "2026-11-20");
        assert_eq!(at.second_prefix(), "2026-11-20T20:15:30");
        assert_eq!(at.next_midnight().to_string(), "2026-11-21T00:00:00.000Z");
    }

    #[test]
    fn the_first_and_last_time_can_be_written() {
        assert_eq!(Time::LAST.to_string(), "9999-12-30T22:00:00.999Z");
        let before = Time::LAST - Duration::from_millis(1);
        assert_eq!(before.to_string(), "9999-12-30T22:00:00.998Z");
        assert_eq!(Time::EPOCH.to_string(), "1970-01-01T00:00:00.000Z");
    }

    #[test]
    fn other_forms_are_refused_with_an_example() {
        for text in
            ["", "2026-11-20", "2026-11-20T20:15:30", "2026-11-20T20:15:30+01:00", "1969-12-31T23:59:59Z"]
        {
            let error = text.parse::<Time>().unwrap_err();
            assert!(error.to_string().contains("2026-11-20T20:15:30.123Z"), "{error}");
        }
    }

    #[test]
    fn there_is_no_time_before_1970_or_after_the_last_one() {
        assert_eq!(Time::from_millis(LAST_MS), Some(Time::LAST));
        assert_eq!((Time::from_millis(-1), Time::from_millis(LAST_MS + 1)), (None, None));
    }

    proptest! {
        #[test]
        fn text_round_trips_and_sorts_like_time(a in 0..=LAST_MS, b in 0..=LAST_MS) {
            let (a, b) = (Time(a), Time(b));
            prop_assert_eq!(a.to_string().parse::<Time>().unwrap(), a);
            prop_assert_eq!(a.to_string().cmp(&b.to_string()), a.cmp(&b));
            prop_assert_eq!(a.basic().cmp(&b.basic()), a.cmp(&b));
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>(), near in "[-+.,:TZz0-9]{0,30}") {
            for text in [text, near] {
                if let Ok(time) = text.parse::<Time>() {
                    prop_assert_eq!(time.to_string().parse::<Time>().unwrap(), time);
                }
            }
        }
    }
}
