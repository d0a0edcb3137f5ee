//! Error recovery after an invalid element: where reading resumes, and which lines belong to the invalid
//! element.

use super::super::MAX_ELEMENT_BYTES;
use super::super::scan::Step;
use super::{Container, InvalidElement, Mode, Position, Splitter, Transition};

/// At most this many bytes, plus as many as were consumed, are read again. A broken element may have
/// swallowed what follows it, and a hostile input must not make recovery cost more than reading.
const MAX_REREAD_BYTES: u64 = 16 << 20;
/// A line that begins with more white space than this counts as empty, bytes.
const MAX_INDENT: usize = 1 << 16;

impl Splitter {
    /// The element has a syntax error. Reading resumes after its first line if it has several, since the
    /// cause is often a line that was cut off; otherwise after the line.
    pub(super) fn syntax_error(&mut self, missing: &str) -> Transition {
        let line = memchr::memchr(b'\n', self.buffer.head(self.scanned));
        let at = self.buffer.position_after(self.scanned);
        let mut reason = match line {
            None => format!("not JSON: {missing} at column {}", at.column),
            Some(_) => format!("not JSON: {missing} at line {}, column {}", at.line, at.column),
        };
        if self.is_finished && self.buffer.after(self.scanned).is_empty() {
            reason.push_str(", where the input ends; is it truncated?");
        } else if line.is_none() && self.container != Container::TopLevel {
            reason.push_str("; the rest of its line was skipped");
        }
        self.fail(reason);
        let reread = self.reread_bytes + self.scanned as u64;
        match line {
            Some(line) if reread <= MAX_REREAD_BYTES + self.position().byte => {
                self.reread_bytes = reread;
                self.consume(line + 1);
                self.mode = Mode::Resyncing;
            }
            _ => {
                self.consume(self.scanned);
                self.mode = Mode::SkippingLine;
            }
        }
        self.scanned = 0;
        Transition::Continue
    }

    pub(super) fn too_long(&mut self, is_done: bool) -> Transition {
        let limit = MAX_ELEMENT_BYTES >> 20;
        self.fail(format!("longer than {limit} MB; a DynamoDB item has at most 400 KB, including its keys"));
        self.consume(self.scanned);
        match std::mem::replace(&mut self.mode, Mode::Between) {
            Mode::Element(scan) if !is_done => self.mode = Mode::Skipping { scan, from: self.position() },
            _ => self.starts_line = false,
        }
        if is_done { self.emit_invalid() } else { Transition::Continue }
    }

    /// Skips up to the end of the value.
    pub(super) fn skip_value(&mut self) -> Transition {
        let Mode::Skipping { scan, from } = &mut self.mode else { return Transition::Continue };
        let (from, (consumed, step)) = (*from, scan.advance(self.buffer.after(self.scanned)));
        self.scanned += consumed;
        // The current line is kept while it is short: it may begin with an element that the broken one has
        // swallowed.
        if let Some(line) = memchr::memrchr(b'\n', self.buffer.head(self.scanned)) {
            self.consume(line + 1);
        }
        match step {
            Step::More if !self.is_finished => {
                if self.scanned > MAX_INDENT {
                    self.consume(self.scanned);
                }
                return Transition::NeedInput;
            }
            Step::Invalid(missing) => {
                self.fail_at(from, format!("not JSON: {missing} at line {}", self.position().line));
                let is_new_line = self.position().column == 1;
                self.mode = if is_new_line { Mode::Resyncing } else { Mode::SkippingLine };
                if !is_new_line {
                    self.consume(self.scanned);
                }
                self.scanned = 0;
                return Transition::Continue;
            }
            Step::Done => {}
            Step::More => {
                self.fail_at(from, "not JSON: the input ends within it; is it truncated?".to_owned());
            }
        }
        self.consume(self.scanned);
        self.mode = Mode::Between;
        self.starts_line = false;
        self.emit_invalid()
    }

    pub(super) fn skip_rest_of_line(&mut self) -> Transition {
        let (end, length) = (memchr::memchr(b'\n', self.buffer.remaining()), self.buffer.remaining().len());
        let passed = self.buffer.remaining().get(..end.unwrap_or(length)).unwrap_or_default();
        self.may_have_skipped_end |= memchr::memchr(b']', passed).is_some();
        if let Some(end) = end {
            self.consume(end + 1);
            self.mode = Mode::Resyncing;
            return Transition::Continue;
        }
        self.consume(length);
        if !self.is_finished {
            return Transition::NeedInput;
        }
        self.mode = Mode::Between;
        self.emit_invalid()
    }

    /// At the start of a line after an invalid element: deeper indented lines and the closing brace still
    /// belong to it.
    pub(super) fn resync(&mut self) -> Transition {
        let remaining = self.buffer.remaining();
        let indent = remaining.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r')).count();
        match remaining.get(indent) {
            None if !self.is_finished && indent < MAX_INDENT => Transition::NeedInput,
            Some(b'\n') => {
                self.consume(indent + 1);
                Transition::Continue
            }
            Some(byte) if indent as u64 <= self.indent && (*byte != b'}') => {
                self.mode = Mode::Between;
                self.starts_line = true;
                self.emit_invalid()
            }
            None if self.is_finished => {
                self.consume(indent);
                self.mode = Mode::Between;
                self.emit_invalid()
            }
            _ => {
                self.mode = Mode::SkippingLine;
                Transition::Continue
            }
        }
    }

    /// Returns the pending error; it extends to the line before this one.
    fn emit_invalid(&mut self) -> Transition {
        let Position { line, column, .. } = self.position();
        let before = if self.starts_line && column == 1 { line - 1 } else { line };
        match self.pending_error.take() {
            Some(invalid) => Transition::Invalid(InvalidElement {
                last_line: before.max(invalid.position.line),
                ..invalid
            }),
            None => Transition::Continue,
        }
    }
}
