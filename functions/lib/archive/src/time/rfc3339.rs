//! Parses a UTC time in every spelling that products write. Each event's key contains one, so this is written
//! by hand: ten times as fast as the calendar library.

use std::ops::Range;

use super::{DAY_MS, Time};

/// Days from 1 March of the year 0 to 1 January 1970.
const DAYS_BEFORE_1970: i64 = 719_468;
/// The positions of the separators. The calendar library also accepts other forms of ISO 8601.
const SEPARATORS: [(usize, u8); 5] = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
/// The length of the part that all spellings begin with, `2026-11-20T20:15:30`.
const SECONDS_LEN: usize = 19;

/// Parses RFC 3339, section 5.6, with the offset zero, written `Z`, `z`, `+00:00` or `-00:00`. The fraction
/// is optional, of any number of digits, after a point or a comma (ISO 8601 allows both). Digits below the
/// millisecond are cut off, never rounded up.
///
/// The `T` must be upper case: a lower-case one would sort after all other keys of its day. A leap second,
/// `:60`, counts as the second before it, since Unix time has no value for one.
pub(super) fn parse_utc(text: &[u8]) -> Option<Time> {
    let (head, rest) = text.split_at_checked(SECONDS_LEN)?;
    if !SEPARATORS.iter().all(|(position, separator)| head.get(*position) == Some(separator)) {
        return None;
    }
    let field = |position: Range<usize>| head.get(position).and_then(number);
    let (year, month, day) = (field(0..4)?, field(5..7)?, field(8..10)?);
    let (hour, minute, second) = (field(11..13)?, field(14..16)?, field(17..19)?);
    if !(1..=12).contains(&month) || !(1..=last_day(year, month)).contains(&day) {
        return None;
    }
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let (milliseconds, zone) = match rest.split_first() {
        Some((b'.' | b',', rest)) => fraction(rest)?,
        _ => (0, rest),
    };
    if !matches!(zone, b"Z" | b"z" | b"+00:00" | b"-00:00") {
        return None;
    }
    let seconds = (hour * 60 + minute) * 60 + second.min(59);
    Time::from_millis(days(year, month, day) * DAY_MS + seconds * 1000 + milliseconds)
}

fn number(digits: &[u8]) -> Option<i64> {
    let add = |sum: i64, digit: &u8| digit.is_ascii_digit().then(|| sum * 10 + i64::from(digit - b'0'));
    digits.iter().try_fold(0, add)
}

/// The milliseconds of a fraction, and the rest of the text after it.
fn fraction(text: &[u8]) -> Option<(i64, &[u8])> {
    let count = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at_checked(count)?;
    let milliseconds = digits.iter().zip([100, 10, 1]).map(|(digit, one)| i64::from(digit - b'0') * one);
    (count > 0).then(|| (milliseconds.sum(), rest))
}

const fn last_day(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01. Years are counted from March, so that a leap day is the last of its year; the
/// calendar repeats every 400 years.
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let (years, months) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days_of_year = (153 * months + 2) / 5 + day - 1;
    years * 365 + years / 4 - years / 100 + years / 400 + days_of_year - DAYS_BEFORE_1970
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::super::LAST_MS;
    use super::*;

    fn read(text: &str) -> Option<String> {
        parse_utc(text.as_bytes()).map(|time| time.to_string())
    }

    #[test]
    fn every_spelling_of_utc_parses_to_the_same_time() {
        for zone in ["Z", "z", "+00:00", "-00:00"] {
            for (fraction, digits) in [
                ("", "000"),
                (".5", "500"),
                (",5", "500"),
                (".12", "120"),
                (".123", "123"),
                (",123", "123"),
                (".123999999", "123"),
                (".999999999999999999999999999999", "999"),
                (".0", "000"),
            ] {
                let text = format!("2026-11-20T20:15:30{fraction}{zone}");
                assert_eq!(read(&text), Some(format!("2026-11-20T20:15:30.{digits}Z")), "{text}");
            }
        }
    }

    #[test]
    fn a_time_that_is_not_utc_or_has_another_form_does_not_parse() {
        for text in [
            "",
            "Z",
            "2026-11-20",
            "2026-11-20T20:15:30",
            "2026-11-20T20:15:30.5",
            "2026-11-20T20:15:30.Z",
            "2026-11-20T20:15:30,+00:00",
            "2026-11-20T20:15:30+01:00",
            "2026-11-20T20:15:30-00:30",
            "2026-11-20T20:15:30+00:01",
            "2026-11-20T20:15:30+00",
            "2026-11-20T20:15:30+0000",
            "2026-11-20T20:15:30+00:00:00",
            "2026-11-20T20:15:30 Z",
            "2026-11-20T20:15:30ZZ",
            "2026-11-20T20:15:30Z ",
            " 2026-11-20T20:15:30Z",
            "2026-11-20t20:15:30Z",
            "2026-11-20 20:15:30Z",
            "2026-11-20T20:15Z",
            "2026-11-20T20.15.30Z",
            "2026-11-20T201530.123Z",
            "20261120T201530.1230Z",
            "2026-11-20T20:15:30.1 2Z",
            "2026-11-20T20:15:30.\u{ff11}Z",
            "2026-11-20T20:15:30\u{2212}00:00",
            "+026-11-20T20:15:30Z",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn invalid_days_and_times_do_not_parse() {
        let days = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let past_end = (1..).zip(days).map(|(month, days)| format!("2023-{month:02}-{:02}", days + 1));
        let others = ["2023-00-01", "2023-13-01", "2023-01-00", "2100-02-29", "1969-12-31"];
        for day in past_end.chain(others.map(ToOwned::to_owned)) {
            assert_eq!(read(&format!("{day}T00:00:00Z")), None, "{day}");
        }
        for time in ["24:00:00", "00:60:00", "00:00:61", "-1:00:00"] {
            assert_eq!(read(&format!("2023-01-01T{time}Z")), None, "{time}");
        }
        for leap in ["2000-02-29", "2024-02-29", "2400-02-29"] {
            assert_eq!(read(&format!("{leap}T00:00:00Z")), Some(format!("{leap}T00:00:00.000Z")));
        }
        // A leap second followed the last second of 2016.
        let leap = read("2016-12-31T23:59:60.5Z");
        assert_eq!(leap.as_deref(), Some("2016-12-31T23:59:59.500Z"));
        assert_eq!(read("9999-12-31T00:00:00Z"), None, "after the last time");
    }

    #[test]
    fn every_day_round_trips() {
        for first in [1970, 1999, 2023, 2099, 2399, 9995] {
            let mut day: Time = format!("{first}-01-01T00:00:00Z").parse().unwrap();
            for n in 0..4 * 366 {
                let at = day + Duration::from_millis([0, 86_399_999, 3_723_004, 45_296_789][n % 4]);
                assert_eq!(parse_utc(at.to_string().as_bytes()), Some(at));
                day = day.next_midnight();
            }
        }
    }

    proptest! {
        /// This parser and the calendar library accept the same texts, with the same result. The library
        /// knows at most nine digits of a fraction; leap seconds are tested above.
        #[test]
        fn the_parser_agrees_with_the_calendar_library(
            ms in 0..=LAST_MS, fraction in "([.,][0-9]{0,9})?", zone in "Z|z|[+-]00:00|[+-]0[01]:[0-9]{2}",
            position in 0usize..30, other in "[-+.,:TtZz0-9]", change: bool,
        ) {
            let time = Time::from_millis(ms).unwrap();
            let mut text = format!("{}{fraction}{zone}", time.second_prefix());
            if change && position < text.len() {
                text.replace_range(position..=position, &other);
            }
            let is_separator =
                |(position, separator): &(usize, u8)| text.as_bytes().get(*position) == Some(separator);
            let shaped = SEPARATORS.iter().all(is_separator);
            let is_utc = ["Z", "z", "+00:00", "-00:00"].iter().any(|zone| text.ends_with(zone));
            let library = text.parse::<jiff::Timestamp>().ok().filter(|_| shaped && is_utc);
            let library = library.and_then(|stamp| {
                Time::from_millis(i64::try_from(stamp.as_nanosecond().div_euclid(1_000_000)).unwrap())
            });
            if text.get(17..19) != Some("60") {
                prop_assert_eq!(parse_utc(text.as_bytes()), library, "{}", text);
            }
        }

        #[test]
        fn no_bytes_make_it_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..40),
            near in "[-+.,:TtZz0-9]{0,40}",
        ) {
            let _ = parse_utc(&bytes);
            let _ = parse_utc(near.as_bytes());
        }
    }
}
