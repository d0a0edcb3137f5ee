//! The fields of one event, read by a mapping.

use std::borrow::Cow;

use super::{EventFields, Field, Outcome};
use crate::event::FieldValues;
use crate::time::Time;

/// The fields of one event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading<'t> {
    /// When it happened; `None` if the event has no time that can be read.
    pub time: Option<Time>,
    /// Whether it succeeded.
    pub outcome: Outcome,
    texts: [Option<Cow<'t, str>>; Field::ALL.len()],
}

impl<'t> Reading<'t> {
    /// What somebody else has read: the time, and the texts of the other fields.
    #[must_use]
    pub fn of(time: Option<Time>, text: impl Fn(Field) -> Option<&'t str>) -> Self {
        let outcome = text(Field::Outcome);
        let outcome = Outcome::ALL.into_iter().find(|known| outcome == Some(known.as_str()));
        let texts = Field::ALL.map(|field| text(field).map(Cow::Borrowed));
        Self { time, outcome: outcome.unwrap_or_default(), texts }
    }

    /// The value of a field as a text. The outcome has one always; that of the time is as it is written.
    #[must_use]
    pub fn text(&self, field: Field) -> Option<&str> {
        if field == Field::Outcome {
            return Some(self.outcome.as_str());
        }
        self.texts.get(field as usize)?.as_deref()
    }

    /// Whether the event has the field: a time that can be read, an outcome that is known, any other value.
    #[must_use]
    pub fn has(&self, field: Field) -> bool {
        match field {
            Field::Time => self.time.is_some(),
            Field::Outcome => self.outcome != Outcome::Unknown,
            _ => self.text(field).is_some(),
        }
    }
}

impl EventFields {
    /// Reads the fields of an event. The first values of `found` must be those of [`Self::paths`]; what
    /// follows is ignored.
    #[must_use]
    pub fn read<'t>(&self, found: &FieldValues<'t>) -> Reading<'t> {
        let texts = self
            .places
            .each_ref()
            .map(|paths| paths.clone().find_map(|path| found.last(path).and_then(scalar)));
        let time = texts.first().and_then(Option::as_deref).and_then(time_of);
        Reading { time, outcome: self.outcome.read(found), texts }
    }
}

/// What is at a place in an event, as a text: a string's content, a number or a boolean as it is written, and
/// objects and arrays as they are written. `None` for `null` and for an empty string.
#[must_use]
pub fn written(value: &str) -> Option<Cow<'_, str>> {
    if value.starts_with(['{', '[']) { Some(Cow::Borrowed(value)) } else { scalar(value) }
}

/// A JSON value as a text: a string's content, a number or a boolean as it is written. `None` for what says
/// nothing by itself: `null`, an empty string, an object, a list.
pub(super) fn scalar(value: &str) -> Option<Cow<'_, str>> {
    match value.as_bytes() {
        [] | [b'n' | b'{' | b'[', ..] | [b'"', b'"'] => None,
        [b'"', content @ .., b'"'] if !content.contains(&b'\\') => {
            value.get(1..value.len() - 1).map(Cow::Borrowed)
        }
        [b'"', ..] => serde_json::from_str::<String>(value).ok().map(Cow::Owned),
        _ => Some(Cow::Borrowed(value)),
    }
}

/// The least number that is not seconds, but milliseconds since 1970: 1973. In seconds it would be the year
/// 5138.
const LEAST_MILLIS: u64 = 100_000_000_000;
/// The least number that is microseconds: 1973 again. In milliseconds it would be the year 5138.
const LEAST_MICROS: u64 = 1000 * LEAST_MILLIS;
/// The least number that is nanoseconds.
const LEAST_NANOS: u64 = 1000 * LEAST_MICROS;

/// A time as products write it: RFC 3339 with any offset, or seconds, milliseconds, microseconds or
/// nanoseconds since 1970. What is below a millisecond is cut off.
fn time_of(text: &str) -> Option<Time> {
    if !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return Time::from_rfc3339_any_offset(text).ok();
    }
    // By digits, since a double can't hold the milliseconds of every decimal fraction.
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole: u64 = whole.parse().ok()?;
    let millis = match whole {
        LEAST_NANOS.. => whole / 1_000_000,
        LEAST_MICROS.. => whole / 1000,
        LEAST_MILLIS.. => whole,
        seconds => {
            let digits = fraction.bytes().chain(std::iter::repeat(b'0')).take(3);
            let millis = digits
                .map(|digit| char::from(digit).to_digit(10))
                .try_fold(0, |sum, digit| digit.map(|digit| 10 * sum + u64::from(digit)));
            1000 * seconds + millis?
        }
    };
    Time::from_millis(i64::try_from(millis).ok()?)
}
