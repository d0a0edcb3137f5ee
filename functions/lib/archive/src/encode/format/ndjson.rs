//! `ndjson`: one event a line.

use std::io::{self, BufRead};

use super::{FormatError, FormatReader, FormatWriter, read_line};

pub(super) struct Writer;

impl FormatWriter for Writer {
    fn begin_event(&mut self, is_first: bool, content: &mut Vec<u8>) {
        content.extend_from_slice(if is_first { b"" } else { b"\n" });
    }

    fn event(&mut self, event: &[u8], content: &mut Vec<u8>) -> io::Result<()> {
        content.extend_from_slice(event);
        Ok(())
    }

    fn end(&mut self, is_empty: bool, content: &mut Vec<u8>) {
        content.extend_from_slice(if is_empty { b"" } else { b"\n" });
    }
}

pub(super) struct Reader;

impl FormatReader for Reader {
    fn next(&mut self, content: &mut dyn BufRead, event: &mut Vec<u8>) -> Result<bool, FormatError> {
        read_line(content, event)
    }
}
