//! How the events of a file are laid out: a writer and a reader for each format.
//!
//! Whatever a format makes of an event, a heartbeat and an unreadable record are events too and take the same
//! way. A new format is a file here with its two types, and a line in [`writer`] and [`reader`].

mod json;
mod ndjson;
#[cfg(test)]
mod tests;

use std::io::{self, BufRead, Read as _};

use crate::part::Format;

/// The maximum length of an event in a file, in bytes: an item of DynamoDB has at most 400 KB.
pub const MAX_EVENT_BYTES: u64 = 16 << 20;

/// Lays out the events of one file. Each method appends to `content`.
///
/// The three texts of a file with two events are `begin_event(true)`, the first event, `begin_event(false)`,
/// the second event, and `end(false)`.
pub trait FormatWriter: Send {
    /// What stands before an event: the beginning of the file, or what separates the event from the one
    /// before it. A block of a compressed file may end after it.
    fn begin_event(&mut self, is_first: bool, content: &mut Vec<u8>);

    /// The event itself, which is one line of JSON.
    ///
    /// # Errors
    /// If the format can't hold the event.
    fn event(&mut self, event: &[u8], content: &mut Vec<u8>) -> io::Result<()>;

    /// What stands at the end of the file.
    fn end(&mut self, is_empty: bool, content: &mut Vec<u8>);
}

/// Reads the events of one file back, from content that anybody may have written.
pub trait FormatReader: Send {
    /// Reads the next event, one line of JSON as it was written. Whether it is an event at all is not
    /// checked. Returns `false` at the end of the content; `event` is empty or unfinished then, as after an
    /// error.
    ///
    /// # Errors
    /// If the content can't be read or has another format.
    fn next(&mut self, content: &mut dyn BufRead, event: &mut Vec<u8>) -> Result<bool, FormatError>;
}

/// Why the content of a file can't be read as events.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// It can't be read at all: the compressed bytes are damaged.
    #[error("it can't be decompressed: {0}")]
    Unreadable(#[source] io::Error),
    /// A line has no end.
    #[error("a line is incomplete, or longer than {MAX_EVENT_BYTES} bytes")]
    EndlessLine,
    /// It has another format, described in words.
    #[error("{0}")]
    OtherFormat(String),
}

/// The writer for a file of this format.
#[must_use]
pub fn writer(format: Format) -> Box<dyn FormatWriter> {
    match format {
        Format::Json => Box::new(json::Writer),
        Format::Ndjson => Box::new(ndjson::Writer),
    }
}

/// The reader for a file of this format.
#[must_use]
pub fn reader(format: Format) -> Box<dyn FormatReader> {
    match format {
        Format::Json => Box::new(json::Reader::default()),
        Format::Ndjson => Box::new(ndjson::Reader),
    }
}

/// Reads a line without its line end, at most [`MAX_EVENT_BYTES`]; returns `false` at the end of the content.
fn read_line(content: &mut dyn BufRead, line: &mut Vec<u8>) -> Result<bool, FormatError> {
    line.clear();
    if content.take(MAX_EVENT_BYTES).read_until(b'\n', line).map_err(FormatError::Unreadable)? == 0 {
        return Ok(false);
    }
    match line.pop() {
        Some(b'\n') => Ok(true),
        _ => Err(FormatError::EndlessLine),
    }
}
