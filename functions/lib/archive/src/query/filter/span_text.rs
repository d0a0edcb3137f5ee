//! The text of a span in a filter: a date, an instant, or two of them, in UTC.

use std::time::Duration;

use super::FilterErrorKind;
use crate::query::Span;
use crate::time::Time;

const DAY: Duration = Duration::from_hours(24);
const MINUTE: Duration = Duration::from_mins(1);
const SECOND: Duration = Duration::from_secs(1);
const MILLISECOND: Duration = Duration::from_millis(1);
/// The lengths of what is written with a date, with minutes, with seconds and with milliseconds.
const UNITS: [Duration; 4] = [DAY, MINUTE, SECOND, MILLISECOND];
/// The lengths of these texts. That of milliseconds may have more or fewer digits.
const DATE: usize = 10;
const WITH_MINUTES: usize = 16;
const WITH_SECONDS: usize = 19;

/// Parses `2026-11-01`, `2026-11-01T20:15` and the like, `A..B`, `A..`, `..B`, `>=A` or `<B`.
pub(super) fn parse(text: &str) -> Result<Span, FilterErrorKind> {
    let no_time = || FilterErrorKind::time(text);
    let from = |text: &str| unit(text).map(|unit| unit.from);
    let span = if let Some(text) = text.strip_prefix(">=") {
        Span { from: from(text)?, ..Span::WHOLE }
    } else if let Some(text) = text.strip_prefix('<') {
        Span { to: end(text, |unit| unit.from)?, ..Span::WHOLE }
    } else {
        match text.split_once("..") {
            None => unit(text)?,
            Some(("", "")) => return Err(no_time()),
            Some((first, last)) => Span {
                from: if first.is_empty() { Time::EPOCH } else { from(first)? },
                to: match last {
                    "" => Time::LAST,
                    // A date is meant with its whole day.
                    date if date.len() == DATE => end(date, |unit| unit.to)?,
                    instant => end(instant, |unit| unit.from)?,
                },
            },
        }
    };
    if span.is_empty() { Err(FilterErrorKind::SpanOrder) } else { Ok(span) }
}

/// The end of a span that is written as this day or instant. That of the last hours of the year 9999, which
/// [`Time`] can't express, is none.
fn end(text: &str, of: impl Fn(Span) -> Time) -> Result<Time, FilterErrorKind> {
    match unit(text) {
        Err(FilterErrorKind::YearRange) if text.starts_with("9999") => Ok(Time::LAST),
        unit => unit.map(of),
    }
}

/// The day, minute, second or millisecond with this text.
fn unit(text: &str) -> Result<Span, FilterErrorKind> {
    let no_time = || FilterErrorKind::time(text);
    let instant = text.strip_suffix(['Z', 'z']).unwrap_or(text);
    let (length, whole) = match instant.len() {
        DATE if instant.len() == text.len() => (DAY, format!("{text}T00:00:00Z")),
        WITH_MINUTES => (MINUTE, format!("{instant}:00Z")),
        WITH_SECONDS => (SECOND, format!("{instant}Z")),
        length if length > WITH_SECONDS => (MILLISECOND, format!("{instant}Z")),
        _ => return Err(no_time()),
    };
    match whole.parse::<Time>() {
        // Addition saturates at the last time, which is no end.
        Ok(from) => Ok(Span { from, to: from + length }),
        Err(_) if is_out_of_range(&whole) => Err(FilterErrorKind::YearRange),
        Err(_) => Err(no_time()),
    }
}

/// Whether a text would be a time in another year. The calendar repeats every 400 years.
fn is_out_of_range(whole: &str) -> bool {
    let Some((year, rest)) = whole.split_at_checked(4) else { return false };
    let Some(year) = year.parse::<u32>().ok().filter(|_| !year.starts_with('+')) else { return false };
    format!("{:04}{rest}", 2000 + year % 400).parse::<Time>().is_ok()
}

/// The shortest text that parses to a span, which isn't empty.
pub(super) fn print(span: Span) -> String {
    let (starts, ends) = (span.from > Time::EPOCH, span.to < Time::LAST);
    let is_all = |unit: &Duration| span.from.floor(*unit) == span.from && span.from + *unit == span.to;
    if ends && let Some(unit) = UNITS.into_iter().find(is_all) {
        return text(span.from, unit);
    }
    let from = if starts || !ends { text(span.from, longest_unit(span.from)) } else { String::new() };
    let to = match longest_unit(span.to) {
        _ if !ends => String::new(),
        DAY => (span.to - MILLISECOND).date(),
        unit => text(span.to, unit),
    };
    format!("{from}..{to}")
}

/// The longest unit that begins at this time.
fn longest_unit(time: Time) -> Duration {
    UNITS.into_iter().find(|unit| time.floor(*unit) == time).unwrap_or(MILLISECOND)
}

fn text(time: Time, unit: Duration) -> String {
    let mut text = time.to_string();
    match unit {
        DAY => text.truncate(DATE),
        MINUTE => text.replace_range(WITH_MINUTES.., "Z"),
        SECOND => text.replace_range(WITH_SECONDS.., "Z"),
        _ => {}
    }
    text
}
