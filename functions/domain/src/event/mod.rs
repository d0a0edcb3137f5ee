//! What an event is, decided in one place: exporter, import, verifier and explorer all call [`check`] or one of the
//! functions beside it, so that none of them takes what another one refuses.
//!
//! An event is a JSON object (RFC 8259) in UTF-8 that every common reader takes. Beyond the grammar that excludes three
//! things, each of which stops some reader for the whole file:
//!
//! - half of a surrogate pair as an escape, in a name or in a value (jq 1.6, Ruby, PHP, `DuckDB`, pyarrow, orjson);
//! - a number beyond the range of a double, such as `1e400` (orjson, polars). A number of many digits within the range
//!   is taken, and so is one that is too small for a double, such as `1e-400`: readers round it to 0;
//! - nesting deeper than [`DEEPEST`] levels (Ruby's limit; those of jq, Python and PHP are larger).
//!
//! A name may stand twice in an object. Each of its values counts for a check, and the last one for display, as most
//! readers have it: see [`find`].

mod fields;
mod scan;

use bytes::Bytes;
use serde::de::IgnoredAny;

use fields::Finder;
pub use fields::{FieldPath, Found};
use scan::{Scanner, Unwatched, Watch};

/// So many objects and arrays may lie in each other, the event itself included.
pub const DEEPEST: usize = 100;

/// A text that is an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checked {
    /// Whether line breaks stand between its tokens. Within a token there are none (RFC 8259, section 7).
    pub has_line_breaks: bool,
}

/// Why a text is no event, and where: never with its content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why} at line {line}, column {column}")]
pub struct NotAnEvent {
    /// Why.
    pub why: WhyNot,
    /// From 1.
    pub line: usize,
    /// In bytes, from 1.
    pub column: usize,
}

/// Why a text is no event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum WhyNot {
    /// It is not UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// It is not JSON by the grammar of RFC 8259, or something follows the value.
    #[error("not JSON")]
    NotJson,
    /// It is JSON, and no object.
    #[error("not a JSON object")]
    NotAnObject,
    /// It is an object by the grammar, and an escape in it is half of a surrogate pair.
    #[error("half of a surrogate pair")]
    LoneSurrogate,
    /// It is an object by the grammar, and a number in it is beyond the range of a double.
    #[error("a number beyond the range of a double")]
    NumberRange,
    /// It is an object by the grammar, and nested deeper than [`DEEPEST`] levels.
    #[error("nested deeper than 100 levels")]
    Nesting,
}

impl WhyNot {
    /// Whether the text is one JSON object by the grammar of RFC 8259 all the same.
    #[must_use]
    pub const fn is_object(self) -> bool {
        matches!(self, Self::LoneSurrogate | Self::NumberRange | Self::Nesting)
    }
}

/// Decides whether a text is an event. One pass; the memory that it takes is bounded by [`DEEPEST`].
///
/// # Errors
/// Why it is none.
pub fn check(text: &[u8]) -> Result<Checked, NotAnEvent> {
    watched(text, Unwatched).map(|(checked, _)| checked)
}

/// An event as one line: exactly as it was but for line breaks between tokens.
///
/// # Errors
/// Why it is none.
pub fn one_line(text: impl Into<Bytes>) -> Result<Bytes, NotAnEvent> {
    let text = text.into();
    if check(&text)?.has_line_breaks {
        return Ok(text.iter().copied().filter(|byte| !matches!(byte, b'\n' | b'\r')).collect());
    }
    Ok(text)
}

/// Decides whether a text is an event, and finds the values of some fields in the same pass.
///
/// # Errors
/// Why it is none.
pub fn find<'t>(text: &'t [u8], paths: &[FieldPath]) -> Result<Found<'t>, NotAnEvent> {
    watched(text, Finder::new(paths)).map(|(_, finder)| finder.found())
}

/// Whether a number, written as JSON, lies within the range of a double.
#[must_use]
pub fn is_in_range(number: &str) -> bool {
    scan::is_in_range(number.as_bytes())
}

fn watched<'t, W: Watch<'t>>(text: &'t [u8], watch: W) -> Result<(Checked, W), NotAnEvent> {
    std::str::from_utf8(text).map_err(|error| at(WhyNot::NotUtf8, text, error.valid_up_to()))?;
    let mut scanner = Scanner::new(text, watch);
    match scanner.event() {
        Ok(()) => Ok((Checked { has_line_breaks: scanner.has_line_breaks() }, scanner.into_watch())),
        Err(why) => Err(explained(why, text, scanner.position())),
    }
}

/// What is said of a text that is none: broken grammar anywhere in it comes before all else.
#[cold]
fn explained(why: WhyNot, text: &[u8], position: usize) -> NotAnEvent {
    if why != WhyNot::NotJson
        // It does not recurse, so the depth of the text does not matter.
        && let Err(error) = serde_json::from_slice::<IgnoredAny>(text)
    {
        return NotAnEvent { why: WhyNot::NotJson, line: error.line(), column: error.column() };
    }
    at(why, text, position)
}

fn at(why: WhyNot, text: &[u8], position: usize) -> NotAnEvent {
    let before = text.get(..position).unwrap_or(text);
    let line_start = memchr::memrchr(b'\n', before).map_or(0, |end| end + 1);
    NotAnEvent {
        why,
        line: 1 + memchr::memchr_iter(b'\n', before).count(),
        // At the end of the text it is that of the last byte.
        column: (position + 1).min(text.len()).saturating_sub(line_start),
    }
}

#[cfg(test)]
pub(crate) mod tests;
