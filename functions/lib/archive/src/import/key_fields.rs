//! Reads time and ID of an event from its text. A number is read as its digits, so rounding never gives two
//! events the same key.

use std::borrow::Cow;

use super::members::{find, unescape};
use crate::event;
use crate::event::{EventError, EventErrorKind, FieldPath};
use crate::sort_key::{SortKey, SortKeyForm};
use crate::time::{ParseRfc3339Error, Time};

/// The longest ID, bytes. A sort key has at most 1,024 bytes (Amazon DynamoDB developer guide, "Quotas"); the
/// time and `#` take 25.
const LONGEST_ID: usize = 999;

/// The form of an event's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TimeForm {
    /// A string, RFC 3339 with any offset.
    #[default]
    Rfc3339,
    /// Seconds since 1970, as a number or a string, optionally with a fraction.
    EpochSeconds,
    /// Milliseconds since 1970, likewise.
    EpochMillis,
}

impl TimeForm {
    /// The forms by their names, which the settings use too.
    pub const NAMES: [(&str, Self); 3] = [
        ("rfc3339", Self::Rfc3339),
        ("epoch_seconds", Self::EpochSeconds),
        ("epoch_millis", Self::EpochMillis),
    ];

    /// The time of a number of seconds or milliseconds since 1970.
    fn of_number(self, digits: &str) -> Option<Time> {
        let form = match self {
            Self::Rfc3339 => return None,
            Self::EpochSeconds => SortKeyForm::EpochSeconds,
            Self::EpochMillis => SortKeyForm::EpochMillis,
        };
        form.time_of(&SortKey::Number(digits.to_owned()))
    }
}

/// The fields of an event's time and ID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFields {
    /// The names of the two fields as the user gave them: time, ID.
    names: [String; 2],
    paths: [FieldPath; 2],
    form: TimeForm,
}

/// The key under which an event is imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportKey<'a> {
    /// The time of the event.
    pub time: Time,
    /// Distinguishes events of the same time.
    pub id: Cow<'a, str>,
    /// Why the exporter will replace it by a record, if it is a JSON object but not a valid event.
    pub unreadable: Option<EventErrorKind>,
}

/// Why no key could be read from an event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The text is not a JSON object.
    #[error("{0}")]
    NotAnObject(EventError),
    /// The field of the time is missing.
    #[error("it has no field `{0}`")]
    NoTime(String),
    /// The field of the ID is missing.
    #[error("it has no field `{0}`")]
    NoId(String),
    /// The time is a string of another form.
    #[error("its `{0}` {1}")]
    NotATime(String, ParseRfc3339Error),
    /// The time is a number whose unit was not given.
    #[error(
        "its `{path}` is the number {number}, which would be {} in seconds and {} in milliseconds",
        time_or_invalid(*.seconds), time_or_invalid(*.millis)
    )]
    AmbiguousNumber {
        /// The name of the field.
        path: String,
        /// The number as it is written, at most 40 characters.
        number: String,
        /// The time if it counts seconds since 1970.
        seconds: Option<Time>,
        /// The time if it counts milliseconds since 1970.
        millis: Option<Time>,
    },
    /// The time is not a number of the expected unit.
    #[error(
        "its `{0}` is not a number of {1} since 1970 up to the year 9999, without an exponent, such as {2}"
    )]
    NotANumber(String, &'static str, &'static str),
    /// The time is neither a string nor a number.
    #[error("its `{0}` is not a string with an RFC 3339 time, such as 2026-11-20T20:15:30.123Z")]
    TimeType(String),
    /// The ID is neither a string nor a number.
    #[error("its `{0}` is neither a string nor a number")]
    IdType(String),
    /// The ID is empty, or too long for a key.
    #[error("its `{0}` is not 1 to {LONGEST_ID} bytes long")]
    IdLength(String),
}

fn time_or_invalid(time: Option<Time>) -> String {
    time.map_or_else(|| "not a valid time".to_owned(), |time| time.to_string())
}

impl KeyError {
    /// Whether a field is missing, so that naming another field would help.
    #[must_use]
    pub const fn is_missing(&self) -> bool {
        matches!(self, Self::NoTime(_) | Self::NoId(_))
    }
}

impl KeyFields {
    /// Reads time and ID from these fields: each a name, or a JSON Pointer (RFC 6901) such as `/detail/id`.
    #[must_use]
    pub fn new(time: &str, id: &str, form: TimeForm) -> Self {
        let names = [time, id];
        Self { names: names.map(str::to_owned), paths: names.map(FieldPath::new), form }
    }

    /// Reads time and ID of an event, given as the text of a JSON object. A number as an ID is taken as it is
    /// written, so `1`, `1.0` and `1e0` are three IDs. A string is unescaped, unless it contains half of a
    /// surrogate pair, which no key can contain: then it is taken as it is written. If a field is repeated,
    /// the last value counts.
    ///
    /// An object that is not a valid event ([`event::check`]) has a key too: it is imported as the product
    /// would have written it, and the exporter writes a record of it.
    ///
    /// # Errors
    /// If the text is not a JSON object, or if one of the two fields is missing or has another form.
    pub fn read<'a>(&self, text: &'a str) -> Result<ImportKey<'a>, KeyError> {
        let [time, id] = &self.names;
        let (found, unreadable) = match event::find(text.as_bytes(), &self.paths) {
            Ok(found) => ([0, 1].map(|path| found.last(path)), None),
            Err(not) if not.kind.is_object() => {
                (self.paths.each_ref().map(|path| find(text, path)), Some(not.kind))
            }
            Err(not) => return Err(KeyError::NotAnObject(not)),
        };
        let [found_time, found_id] = found;
        let found_time = found_time.ok_or_else(|| KeyError::NoTime(time.clone()))?;
        let found_id = found_id.ok_or_else(|| KeyError::NoId(id.clone()))?;
        Ok(ImportKey { time: self.time_of(found_time)?, id: self.id_of(found_id)?, unreadable })
    }

    /// The time in a JSON value.
    pub(super) fn time_of(&self, value: &str) -> Result<Time, KeyError> {
        let [name, _] = &self.names;
        let path = || name.clone();
        let text = unescape(value);
        let number = if is_number(value) { Some(Cow::Borrowed(value)) } else { None };
        match (self.form, &text, &number) {
            (TimeForm::Rfc3339, Some(text), _) => {
                Time::from_rfc3339_any_offset(text).map_err(|error| KeyError::NotATime(path(), error))
            }
            (TimeForm::Rfc3339, None, Some(number)) => Err(KeyError::AmbiguousNumber {
                path: path(),
                number: number.chars().take(40).collect(),
                seconds: TimeForm::EpochSeconds.of_number(number),
                millis: TimeForm::EpochMillis.of_number(number),
            }),
            (TimeForm::Rfc3339, None, None) => Err(KeyError::TimeType(path())),
            (TimeForm::EpochSeconds, ..) => (text.or(number).and_then(|number| self.form.of_number(&number)))
                .ok_or_else(|| KeyError::NotANumber(path(), "seconds", "1794946530.123")),
            (TimeForm::EpochMillis, ..) => (text.or(number).and_then(|number| self.form.of_number(&number)))
                .ok_or_else(|| KeyError::NotANumber(path(), "milliseconds", "1794946530123")),
        }
    }

    fn id_of<'a>(&self, value: &'a str) -> Result<Cow<'a, str>, KeyError> {
        let [_, name] = &self.names;
        let raw = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).map(Cow::Borrowed);
        let number = is_number(value).then_some(Cow::Borrowed(value));
        let id = unescape(value).or(raw).or(number).ok_or_else(|| KeyError::IdType(name.clone()))?;
        if (1..=LONGEST_ID).contains(&id.len()) { Ok(id) } else { Err(KeyError::IdLength(name.clone())) }
    }
}

/// Whether a JSON value is a number.
pub(super) fn is_number(value: &str) -> bool {
    value.starts_with(|c: char| c == '-' || c.is_ascii_digit())
}

#[cfg(test)]
mod tests;
