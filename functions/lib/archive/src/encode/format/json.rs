//! `json`: a line `[`, the events, each but the last with a `,` at its end, and a line `]`. So both a JSON
//! parser and `grep` can read it.

use std::io::{self, BufRead};

use super::{FormatError, FormatReader, FormatWriter, read_line};

pub(super) struct Writer;

impl FormatWriter for Writer {
    fn begin_event(&mut self, is_first: bool, content: &mut Vec<u8>) {
        content.extend_from_slice(if is_first { b"[\n" } else { b",\n" });
    }

    fn event(&mut self, event: &[u8], content: &mut Vec<u8>) -> io::Result<()> {
        content.extend_from_slice(event);
        Ok(())
    }

    fn end(&mut self, is_empty: bool, content: &mut Vec<u8>) {
        content.extend_from_slice(if is_empty { b"[\n]\n" } else { b"\n]\n" });
    }
}

/// Reads one line ahead, since only the next line says whether an event is the last one.
#[derive(Default)]
pub(super) enum Reader {
    /// Before the line `[`.
    #[default]
    Start,
    /// After so many events.
    Within { events: u64, next_line: Vec<u8> },
    /// After the line `]`.
    End,
}

impl FormatReader for Reader {
    fn next(&mut self, content: &mut dyn BufRead, event: &mut Vec<u8>) -> Result<bool, FormatError> {
        if matches!(self, Self::Start) {
            let mut next_line = Vec::new();
            if !read_line(content, &mut next_line)? || next_line != b"[" {
                return Err(other_format("it does not begin with the line `[`"));
            }
            read_line_of_array(content, &mut next_line)?;
            *self = Self::Within { events: 0, next_line };
        }
        let Self::Within { events, next_line } = self else { return Ok(false) };
        if next_line == b"]" {
            if read_line(content, next_line)? {
                return Err(other_format("there is data after the line `]`"));
            }
            *self = Self::End;
            return Ok(false);
        }
        if next_line.is_empty() {
            return Err(other_format(format!("a line after event {events} is empty")));
        }
        std::mem::swap(event, next_line);
        read_line_of_array(content, next_line)?;
        *events += 1;
        if next_line != b"]" && event.pop() != Some(b',') {
            return Err(other_format(format!("event {events} is not followed by a comma")));
        }
        Ok(true)
    }
}

/// Reads a line that must be there, since the line `]` has not been read yet.
fn read_line_of_array(content: &mut dyn BufRead, line: &mut Vec<u8>) -> Result<(), FormatError> {
    if read_line(content, line)? {
        return Ok(());
    }
    Err(other_format("it does not end with the line `]`"))
}

fn other_format(reason: impl Into<String>) -> FormatError {
    FormatError::OtherFormat(reason.into())
}
