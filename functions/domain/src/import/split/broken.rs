//! Error recovery after an invalid element: where reading resumes, and which lines belong to the invalid
//! element.

use super::super::LONGEST_ELEMENT;
use super::super::scan::Step;
use super::{Around, Bad, Look, Mode, Place, Splitter};

/// At most this many bytes, plus as many as were consumed, are read again. A broken element may have
/// swallowed what follows it, and a hostile input must not make recovery cost more than reading.
const READ_AGAIN: u64 = 16 << 20;
/// A line that begins with more white space than this counts as empty, bytes.
const LONGEST_INDENT: usize = 1 << 16;

impl Splitter {
    /// The element has a syntax error. Reading resumes after its first line if it has several, since the
    /// cause is often a line that was cut off; otherwise after the line.
    pub(super) fn wrong(&mut self, missing: &str) -> Look {
        let line = memchr::memchr(b'\n', self.buffer.next(self.seen));
        let at = self.buffer.place_behind(self.seen);
        let mut reason = match line {
            None => format!("not JSON: {missing} at column {}", at.column),
            Some(_) => format!("not JSON: {missing} at line {}, column {}", at.line, at.column),
        };
        if self.ended && self.buffer.behind(self.seen).is_empty() {
            reason.push_str(", where the input ends; is it truncated?");
        } else if line.is_none() && self.around != Around::Nothing {
            reason.push_str("; the rest of its line was skipped");
        }
        self.fail(reason);
        let again = self.read_again + self.seen as u64;
        match line {
            Some(line) if again <= READ_AGAIN + self.place().byte => {
                self.read_again = again;
                self.pass(line + 1);
                self.mode = Mode::Resuming;
            }
            _ => {
                self.pass(self.seen);
                self.mode = Mode::Line;
            }
        }
        self.seen = 0;
        Look::Again
    }

    pub(super) fn too_long(&mut self, is_done: bool) -> Look {
        let limit = LONGEST_ELEMENT >> 20;
        self.fail(format!("longer than {limit} MB; a DynamoDB item has at most 400 KB, including its keys"));
        self.pass(self.seen);
        match std::mem::replace(&mut self.mode, Mode::Between) {
            Mode::Element(scan) if !is_done => self.mode = Mode::Passing { scan, from: self.place() },
            _ => self.starts_line = false,
        }
        if is_done { self.tell() } else { Look::Again }
    }

    /// Skips up to the end of the value.
    pub(super) fn passing(&mut self) -> Look {
        let Mode::Passing { scan, from } = &mut self.mode else { return Look::Again };
        let (from, (taken, step)) = (*from, scan.advance(self.buffer.behind(self.seen)));
        self.seen += taken;
        // The current line is kept while it is short: it may begin with an element that the broken one has
        // swallowed.
        if let Some(line) = memchr::memrchr(b'\n', self.buffer.next(self.seen)) {
            self.pass(line + 1);
        }
        match step {
            Step::More if !self.ended => {
                if self.seen > LONGEST_INDENT {
                    self.pass(self.seen);
                }
                return Look::Out;
            }
            Step::Wrong(missing) => {
                self.fail_at(from, format!("not JSON: {missing} at line {}", self.place().line));
                let is_new_line = self.place().column == 1;
                self.mode = if is_new_line { Mode::Resuming } else { Mode::Line };
                if !is_new_line {
                    self.pass(self.seen);
                }
                self.seen = 0;
                return Look::Again;
            }
            Step::Done => {}
            Step::More => {
                self.fail_at(from, "not JSON: the input ends within it; is it truncated?".to_owned());
            }
        }
        self.pass(self.seen);
        self.mode = Mode::Between;
        self.starts_line = false;
        self.tell()
    }

    pub(super) fn line(&mut self) -> Look {
        let (end, length) = (memchr::memchr(b'\n', self.buffer.here()), self.buffer.here().len());
        let passed = self.buffer.here().get(..end.unwrap_or(length)).unwrap_or_default();
        self.is_gappy |= memchr::memchr(b']', passed).is_some();
        if let Some(end) = end {
            self.pass(end + 1);
            self.mode = Mode::Resuming;
            return Look::Again;
        }
        self.pass(length);
        if !self.ended {
            return Look::Out;
        }
        self.mode = Mode::Between;
        self.tell()
    }

    /// At the start of a line after an invalid element: deeper indented lines and the closing brace still
    /// belong to it.
    pub(super) fn resuming(&mut self) -> Look {
        let here = self.buffer.here();
        let indent = here.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r')).count();
        match here.get(indent) {
            None if !self.ended && indent < LONGEST_INDENT => Look::Out,
            Some(b'\n') => {
                self.pass(indent + 1);
                Look::Again
            }
            Some(byte) if indent as u64 <= self.indent && (*byte != b'}') => {
                self.mode = Mode::Between;
                self.starts_line = true;
                self.tell()
            }
            None if self.ended => {
                self.pass(indent);
                self.mode = Mode::Between;
                self.tell()
            }
            _ => {
                self.mode = Mode::Line;
                Look::Again
            }
        }
    }

    /// Returns the pending error; it extends to the line before this one.
    fn tell(&mut self) -> Look {
        let Place { line, column, .. } = self.place();
        let before = if self.starts_line && column == 1 { line - 1 } else { line };
        match self.bad.take() {
            Some(bad) => Look::Bad(Bad { last_line: before.max(bad.place.line), ..bad }),
            None => Look::Again,
        }
    }
}
