//! Decides in one place what a valid event is. Exporter, import, verifier and explorer all call [`check`] or
//! one of its siblings, so none of them accepts what another one rejects.
//!
//! An event is a JSON object (RFC 8259) in UTF-8 that every common reader accepts. Beyond the grammar this
//! excludes three things, each of which makes some reader reject the whole file:
//!
//! - half of a surrogate pair as an escape, in a name or in a value (jq 1.6, Ruby, PHP, `DuckDB`, pyarrow,
//!   orjson);
//! - a number beyond the range of a double, such as `1e400` (orjson, polars). A number of many digits within
//!   the range is valid, and so is one that is too small for a double, such as `1e-400`: readers round it to
//!   0;
//! - nesting deeper than [`MAX_DEPTH`] levels (Ruby's limit; those of jq, Python and PHP are larger).
//!
//! A name may be repeated in an object. Checks consider all of its values, display uses the last one, as most
//! readers do: see [`find`].

mod fields;
mod scan;

use std::fmt;

use bytes::Bytes;
use serde::de::IgnoredAny;

use fields::FieldFinder;
pub use fields::{FieldPath, FieldValues};
use scan::{NoVisitor, Scanner, Visitor};

/// The deepest nesting of objects and arrays, levels, including the event itself.
pub const MAX_DEPTH: usize = 100;

/// A valid event: what the check found out about its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checked {
    /// Whether there are line breaks between its tokens. Within a token there are none (RFC 8259, section 7).
    pub has_line_breaks: bool,
}

/// Why a text is not a valid event, and where. It never contains the text's content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} at line {line}, column {column}")]
pub struct EventError {
    /// Why the text is not a valid event.
    pub kind: EventErrorKind,
    /// The line, from 1.
    pub line: usize,
    /// The column in bytes, from 1.
    pub column: usize,
}

/// Why a text is not a valid event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventErrorKind {
    /// The text is not UTF-8.
    NotUtf8,
    /// The text is not JSON by the grammar of RFC 8259, or something follows the value.
    NotJson,
    /// The text is JSON, but not an object.
    NotAnObject,
    /// An object by the grammar, but an escape in it is half of a surrogate pair.
    LoneSurrogate,
    /// An object by the grammar, but a number in it is beyond the range of a double.
    NumberRange,
    /// An object by the grammar, but nested deeper than [`MAX_DEPTH`] levels.
    Nesting,
}

impl fmt::Display for EventErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotUtf8 => "not UTF-8",
            Self::NotJson => "not JSON",
            Self::NotAnObject => "not a JSON object",
            Self::LoneSurrogate => "half of a surrogate pair",
            Self::NumberRange => "a number beyond the range of a double",
            Self::Nesting => "nested deeper than 100 levels",
        })
    }
}

impl EventErrorKind {
    /// Whether the text is a JSON object by the grammar of RFC 8259 nevertheless.
    #[must_use]
    pub const fn is_object(self) -> bool {
        matches!(self, Self::LoneSurrogate | Self::NumberRange | Self::Nesting)
    }
}

/// Decides whether a text is a valid event, in one pass and in memory that is bounded by [`MAX_DEPTH`].
///
/// # Errors
/// If it is not a valid event.
pub fn check(text: &[u8]) -> Result<Checked, EventError> {
    scan_with(text, NoVisitor).map(|(checked, _)| checked)
}

/// An event as one line: unchanged except for line breaks between tokens.
///
/// # Errors
/// If it is not a valid event.
pub fn one_line(text: impl Into<Bytes>) -> Result<Bytes, EventError> {
    let text = text.into();
    if check(&text)?.has_line_breaks {
        return Ok(text.iter().copied().filter(|byte| !matches!(byte, b'\n' | b'\r')).collect());
    }
    Ok(text)
}

/// Decides whether a text is a valid event and finds the values of some fields in the same pass.
///
/// # Errors
/// If it is not a valid event.
pub fn find<'t>(text: &'t [u8], paths: &[FieldPath]) -> Result<FieldValues<'t>, EventError> {
    scan_with(text, FieldFinder::new(paths)).map(|(_, finder)| finder.into_values())
}

/// Whether a JSON number is within the range of a double.
#[must_use]
pub fn is_in_range(number: &str) -> bool {
    scan::is_in_range(number.as_bytes())
}

fn scan_with<'t, W: Visitor<'t>>(text: &'t [u8], visitor: W) -> Result<(Checked, W), EventError> {
    std::str::from_utf8(text)
        .map_err(|error| error_at(EventErrorKind::NotUtf8, text, error.valid_up_to()))?;
    let mut scanner = Scanner::new(text, visitor);
    match scanner.event() {
        Ok(()) => Ok((Checked { has_line_breaks: scanner.has_line_breaks() }, scanner.into_visitor())),
        Err(kind) => Err(event_error(kind, text, scanner.position())),
    }
}

/// The error for a text that is not an event. A syntax error anywhere in it takes precedence.
#[cold]
fn event_error(kind: EventErrorKind, text: &[u8], position: usize) -> EventError {
    if kind != EventErrorKind::NotJson
        // This does not recurse, so the depth of the text does not matter.
        && let Err(error) = serde_json::from_slice::<IgnoredAny>(text)
    {
        return EventError { kind: EventErrorKind::NotJson, line: error.line(), column: error.column() };
    }
    error_at(kind, text, position)
}

fn error_at(kind: EventErrorKind, text: &[u8], position: usize) -> EventError {
    let before = text.get(..position).unwrap_or(text);
    let line_start = memchr::memrchr(b'\n', before).map_or(0, |end| end + 1);
    EventError {
        kind,
        line: 1 + memchr::memchr_iter(b'\n', before).count(),
        // At the end of the text it is the column of the last byte.
        column: (position + 1).min(text.len()).saturating_sub(line_start),
    }
}

#[cfg(test)]
pub(crate) mod tests;
