//! Parses event times with any offset from UTC. Keys of the events table are in UTC only, since texts with
//! offsets don't sort in time order.

use super::Time;

/// The length of the part that all spellings begin with, `2026-11-20T20:15:30`.
const SECONDS_LEN: usize = 19;

/// Why a text is not an RFC 3339 time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseRfc3339Error {
    /// It has no offset, so the instant is ambiguous.
    #[error("`{0}` has no time zone; RFC 3339 requires one, such as {0}Z for UTC or {0}+02:00")]
    NoOffset(String),
    /// It has another form, or lies outside the years 1970 to 9999.
    #[error(
        "`{0}` is not an RFC 3339 time between 1970 and 9999, such as 2026-11-20T20:15:30.123Z or \
         2026-11-20T22:15:30+02:00"
    )]
    Other(String),
}

impl Time {
    /// Parses RFC 3339 (section 5.6) with any offset: `T`, `t` or a space before the time; a fraction of any
    /// length after a point or a comma; and `Z`, `z`, `+02:00`, `+0200` or `+02` as the offset (the last two
    /// are from ISO 8601 and common). Digits below the millisecond are cut off. A leap second counts as the
    /// second before it.
    ///
    /// # Errors
    /// If the text has another form, has no offset, or lies before 1970 or after 9999 in UTC.
    pub fn from_rfc3339_any_offset(text: &str) -> Result<Self, ParseRfc3339Error> {
        if let Ok(time) = text.parse() {
            return Ok(time);
        }
        let excerpt = || text.chars().take(64).collect::<String>();
        let other = || ParseRfc3339Error::Other(excerpt());
        let (head, rest) = text.split_at_checked(SECONDS_LEN).ok_or_else(other)?;
        let shaped = head.bytes().enumerate().all(|(position, byte)| match position {
            4 | 7 => byte == b'-',
            10 => matches!(byte, b'T' | b't' | b' '),
            13 | 16 => byte == b':',
            _ => byte.is_ascii_digit(),
        });
        let (fraction, offset) = fraction(rest).ok_or_else(other)?;
        let (date, time) = head.split_at_checked(10).ok_or_else(other)?;
        let time = time.get(1..).filter(|_| shaped).ok_or_else(other)?;
        // Some languages print a space before the offset.
        let offset = offset.strip_prefix(' ').unwrap_or(offset);
        if offset.is_empty() {
            return Err(ParseRfc3339Error::NoOffset(excerpt()));
        }
        let offset = normalize_offset(offset).ok_or_else(other)?;
        let canonical = format!("{date}T{time}.{fraction}{offset}");
        let stamp: jiff::Timestamp = canonical.parse().map_err(|_| other())?;
        Self::from_millis(stamp.as_millisecond())
            .filter(|_| stamp >= jiff::Timestamp::UNIX_EPOCH)
            .ok_or_else(other)
    }
}

/// The first three digits of a fraction, and the rest of the text after it. `000` without a fraction.
fn fraction(text: &str) -> Option<(String, &str)> {
    let Some(digits) = text.strip_prefix(['.', ',']) else { return Some(("000".to_owned(), text)) };
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let (digits, rest) = digits.split_at_checked(end)?;
    let milliseconds: String = digits.chars().chain(std::iter::repeat('0')).take(3).collect();
    (!digits.is_empty()).then_some((milliseconds, rest))
}

/// An offset in the form with a colon. `None` if it is invalid, or a day or more.
fn normalize_offset(text: &str) -> Option<String> {
    if matches!(text, "Z" | "z") {
        return Some("Z".to_owned());
    }
    let sign = text.get(..1).filter(|sign| matches!(*sign, "+" | "-"))?;
    let digits = text.get(1..)?;
    let (hours, minutes) = match digits.len() {
        5 => digits.split_once(':').filter(|(hours, _)| hours.len() == 2)?,
        4 => digits.split_at_checked(2)?,
        2 => (digits, "00"),
        _ => return None,
    };
    let below = |text: &str, limit: u8| {
        text.bytes().all(|b| b.is_ascii_digit()) && text.parse::<u8>().is_ok_and(|number| number < limit)
    };
    (below(hours, 24) && below(minutes, 60)).then(|| format!("{sign}{hours}:{minutes}"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> String {
        Time::from_rfc3339_any_offset(text).map_or_else(|error| error.to_string(), |time| time.to_string())
    }

    #[test]
    fn every_spelling_of_an_instant_parses_to_it() {
        for text in [
            "2026-11-20T20:15:30.123Z",
            "2026-11-20t20:15:30.123z",
            "2026-11-20 20:15:30.123Z",
            "2026-11-20T20:15:30.123999999999Z",
            "2026-11-20T20:15:30,123Z",
            "2026-11-20T20:15:30.123+00:00",
            "2026-11-20T20:15:30.123-00:00",
            "2026-11-20T22:15:30.123+02:00",
            "2026-11-20T22:15:30.123+0200",
            "2026-11-20T22:15:30.123+02",
            "2026-11-20 22:15:30.123 +0200",
            "2026-11-21T01:45:30.123+05:30",
            "2026-11-20T11:15:30.123-09:00",
        ] {
            assert_eq!(read(text), "2026-11-20T20:15:30.123Z", "{text}");
        }
        assert_eq!(read("2026-11-20T22:15:30+02:00"), "2026-11-20T20:15:30.000Z");
        assert_eq!(read("1969-12-31T23:00:00-02:00"), "1970-01-01T01:00:00.000Z");
        assert_eq!(read("2016-12-31T23:59:60Z"), "2016-12-31T23:59:59.000Z");
    }

    #[test]
    fn an_invalid_time_is_refused_with_the_right_form() {
        for text in [
            "",
            "yesterday",
            "2026-11-20",
            "2026-11-20T20:15Z",
            "2026-11-20T20:15:30.Z",
            "2026-11-20T20:15:30+2:00",
            "2026-11-20T20:15:30+24:00",
            "2026-11-20T20:15:30+02:60",
            "2026-11-20T20:15:30+02:00:00",
            "2026-11-20T20:15:30+02:00[Europe/Berlin]",
            "2026-02-30T20:15:30+02:00",
            "2026-11-20T25:15:30+02:00",
            "20261120T201530+0200",
            "1969-12-31T23:59:59-00:00",
            "1970-01-01T00:00:00+00:01",
            "2026-11-20T20:15:30 ",
            "２026-11-20T20:15:30Z",
            "Fri, 20 Nov 2026 20:15:30 GMT",
        ] {
            assert!(Time::from_rfc3339_any_offset(text).is_err(), "{text} is {}", read(text));
        }
        assert!(read("yesterday").contains("2026-11-20T22:15:30+02:00"));
        assert!(read("2026-11-20T20:15:30").contains("2026-11-20T20:15:30Z for UTC"));
        assert!(read("2026-11-20 20:15:30.5").contains("no time zone"));
    }

    proptest! {
        #[test]
        fn an_offset_shifts_the_time_by_its_value(
            ms in 86_400_000i64..253_000_000_000_000, hours in 0u64..24, minutes in 0u64..60, east: bool,
        ) {
            let time = Time::from_millis(ms).unwrap();
            let offset = Duration::from_mins(hours * 60 + minutes);
            let (local, sign) = if east { (time + offset, '+') } else { (time - offset, '-') };
            let text = local.to_string().replace('Z', &format!("{sign}{hours:02}:{minutes:02}"));
            prop_assert_eq!(Time::from_rfc3339_any_offset(&text), Ok(time), "{}", text);
        }

        /// Every text that the calendar library accepts in strict form gives the same time here.
        #[test]
        fn no_text_makes_it_panic(text in any::<String>(), near in "[-+.:TtZz 0-9]{0,40}") {
            for text in [text, near] {
                if let Ok(time) = Time::from_rfc3339_any_offset(&text) {
                    prop_assert_eq!(Time::from_rfc3339_any_offset(&time.to_string()), Ok(time));
                }
            }
        }
    }
}
