//! Splits a stream of bytes into its elements: NDJSON, arrays, wrapped arrays and concatenated JSON texts, on
//! one line or on many, in any mixture.
//!
//! White space, commas and record separators (RFC 7464) may stand between elements, so a fragment of an array
//! reads like the array. Invalid JSON is returned with its position, and reading resumes at the next line
//! that begins an element. Memory is bounded by the longest element, time by the length of the input.

mod buffer;
mod element;
mod recovery;

use self::buffer::Buffer;
pub use self::element::{Element, InvalidElement, Position};
use super::MAX_ELEMENT_BYTES;
use super::scan::{Step, ValueScanner};
use super::wrapper::{Opening, opening};

/// Splits the bytes that it is fed into elements.
#[derive(Debug)]
pub struct Splitter {
    buffer: Buffer,
    /// How many bytes of the buffer the mode has scanned.
    scanned: usize,
    /// Whether only separators precede the buffer on its line.
    starts_line: bool,
    mode: Mode,
    container: Container,
    /// The array around the wrapper, if any.
    outer_array: Option<Position>,
    /// Whether skipped lines may have contained the end of the array.
    may_have_skipped_end: bool,
    /// Already found; returned once its last line is known.
    pending_error: Option<InvalidElement>,
    /// The indentation of the invalid element.
    indent: u64,
    reread_bytes: u64,
    is_finished: bool,
}

/// What contains the element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Container {
    TopLevel,
    Array(Position),
    Records(Position),
    Items(Position),
}

#[derive(Debug)]
enum Mode {
    /// The scanner is between two elements.
    Between,
    /// The scanner is within an element.
    Element(ValueScanner),
    /// Within an element that is too long, or after the array of a wrapper: nothing is kept.
    Skipping {
        scan: ValueScanner,
        /// Where the skipped value begins.
        from: Position,
    },
    /// Skipping the rest of a line.
    SkippingLine,
    /// At the start of a line that may still belong to the invalid element.
    Resyncing,
    /// After a returned element of that many bytes.
    Returned(usize),
}

/// The result of one look at the buffer.
enum Transition {
    /// More bytes are needed, or none are left.
    NeedInput,
    /// The buffer changed; run the state machine again.
    Continue,
    /// An element of that many bytes.
    Element(usize),
    Invalid(InvalidElement),
}

impl Default for Splitter {
    fn default() -> Self {
        Self {
            buffer: Buffer::default(),
            scanned: 0,
            starts_line: true,
            mode: Mode::Between,
            container: Container::TopLevel,
            outer_array: None,
            may_have_skipped_end: false,
            pending_error: None,
            indent: 0,
            reread_bytes: 0,
            is_finished: false,
        }
    }
}

impl Splitter {
    /// Appends the next bytes of the input.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.consume_returned();
        self.buffer.feed(bytes);
    }

    /// Marks the end of the input.
    pub const fn finish(&mut self) {
        self.is_finished = true;
    }

    /// Whether every element that was fed has been returned; only separators are left.
    #[must_use]
    pub fn is_drained(&self) -> bool {
        let rest = match self.mode {
            Mode::Returned(length) => self.buffer.after(length),
            Mode::Between | Mode::Resyncing => self.buffer.remaining(),
            _ => return false,
        };
        rest.iter().all(|byte| is_separator(*byte))
    }

    /// The position of the next byte to be read.
    #[must_use]
    pub const fn position(&self) -> Position {
        self.buffer.position
    }

    /// The next element. `None` if more bytes are needed, or at the end.
    pub fn next_element(&mut self) -> Option<Element<'_>> {
        self.consume_returned();
        loop {
            let transition = match &self.mode {
                Mode::Between | Mode::Returned(_) => self.between(),
                Mode::Element(_) => self.element(),
                Mode::Skipping { .. } => self.skip_value(),
                Mode::SkippingLine => self.skip_rest_of_line(),
                Mode::Resyncing => self.resync(),
            };
            match transition {
                Transition::Continue => {}
                Transition::NeedInput => return None,
                Transition::Invalid(invalid) => return Some(Element::Invalid(invalid)),
                Transition::Element(length) => {
                    if let Err(invalid) = self.check_utf8(length) {
                        return Some(Element::Invalid(invalid));
                    }
                    let is_item = matches!(self.container, Container::Items(_));
                    let text = std::str::from_utf8(self.buffer.head(length)).unwrap_or_default();
                    return Some(Element::Object { text, position: self.position(), is_item });
                }
            }
        }
    }

    /// Consumes the element that was returned last.
    fn consume_returned(&mut self) {
        if let Mode::Returned(length) = self.mode {
            self.mode = Mode::Between;
            self.consume(length);
            self.starts_line = false;
        }
    }

    /// Consumes that many bytes.
    fn consume(&mut self, bytes: usize) {
        self.buffer.consume(bytes);
        self.scanned = self.scanned.saturating_sub(bytes);
    }

    fn between(&mut self) -> Transition {
        let remaining = self.buffer.remaining();
        let separators = remaining.iter().take_while(|byte| is_separator(**byte)).count();
        let has_line = memchr::memchr(b'\n', remaining.get(..separators).unwrap_or_default()).is_some();
        self.starts_line |= has_line;
        self.consume(separators);
        let remaining = self.buffer.remaining();
        match remaining {
            [] if self.is_finished => self.at_end(),
            [] => Transition::NeedInput,
            // A byte order mark: tools concatenate files that have one.
            [0xef, 0xbb, 0xbf, ..] => {
                self.consume(3);
                self.buffer.position.column -= 3;
                Transition::Continue
            }
            [0xef] | [0xef, 0xbb] if !self.is_finished => Transition::NeedInput,
            [b'{', ..] => match opening(remaining, self.is_finished) {
                Opening::Incomplete => Transition::NeedInput,
                Opening::Value => self.begin_element(),
                // Wrappers are not nested.
                _ if matches!(self.container, Container::Records(_) | Container::Items(_)) => {
                    self.begin_element()
                }
                Opening::Records(length) => self.open_container(length, Container::Records(self.position())),
                Opening::Items(length) => self.open_container(length, Container::Items(self.position())),
            },
            [b'[', ..] if self.container == Container::TopLevel => {
                self.open_container(1, Container::Array(self.position()))
            }
            [b']', ..] => match std::mem::replace(&mut self.container, Container::TopLevel) {
                Container::TopLevel => self.skip_line(
                    "it closes an array that does not begin here; is the start of the input missing?",
                ),
                Container::Array(_) => {
                    self.consume(1);
                    self.starts_line = false;
                    Transition::Continue
                }
                Container::Records(from) | Container::Items(from) => {
                    self.container = self.outer_array.take().map_or(Container::TopLevel, Container::Array);
                    self.consume(1);
                    self.mode = Mode::Skipping { scan: ValueScanner::after_member(), from };
                    Transition::Continue
                }
            },
            [b'"' | b'-' | b'0'..=b'9', ..] if self.container == Container::TopLevel => {
                self.skip_line("not a JSON object")
            }
            [b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n', ..]
                if self.container != Container::TopLevel =>
            {
                self.begin_element()
            }
            _ => self.skip_line("not JSON: it does not begin with `{`"),
        }
    }

    fn at_end(&mut self) -> Transition {
        let (Container::Array(position) | Container::Records(position) | Container::Items(position)) =
            std::mem::replace(&mut self.container, Container::TopLevel)
        else {
            return Transition::NeedInput;
        };
        if self.may_have_skipped_end {
            return Transition::NeedInput;
        }
        let position = self.outer_array.take().unwrap_or(position);
        let reason = "the array that begins here is not closed; is the input truncated?".to_owned();
        Transition::Invalid(InvalidElement { position, last_line: self.position().line, reason })
    }

    fn begin_element(&mut self) -> Transition {
        self.indent = if self.starts_line { self.position().column - 1 } else { 0 };
        self.scanned = 0;
        self.mode = Mode::Element(ValueScanner::default());
        Transition::Continue
    }

    fn open_container(&mut self, length: usize, container: Container) -> Transition {
        if let Container::Array(outer) = self.container {
            self.outer_array = Some(outer);
        }
        self.container = container;
        self.may_have_skipped_end = false;
        self.consume(length);
        self.starts_line = false;
        Transition::Continue
    }

    /// What begins here is not an element, and neither is the rest of its line.
    fn skip_line(&mut self, reason: &str) -> Transition {
        self.indent = if self.starts_line { self.position().column - 1 } else { 0 };
        self.fail(reason.to_owned());
        self.mode = Mode::SkippingLine;
        Transition::Continue
    }

    fn fail(&mut self, reason: String) {
        self.fail_at(self.position(), reason);
    }

    /// Keeps the first reason if an error is pending already.
    fn fail_at(&mut self, position: Position, reason: String) {
        self.pending_error.get_or_insert(InvalidElement {
            position,
            last_line: self.position().line,
            reason,
        });
    }

    fn element(&mut self) -> Transition {
        let unscanned = self.buffer.after(self.scanned);
        let Mode::Element(scan) = &mut self.mode else { return Transition::Continue };
        let (consumed, step) = scan.advance(unscanned);
        let is_complete = scan.is_whole();
        self.scanned += consumed;
        match step {
            Step::Invalid(missing) => self.syntax_error(missing),
            _ if self.scanned > MAX_ELEMENT_BYTES => self.too_long(step == Step::Done),
            Step::Done => self.complete_element(),
            Step::More if !self.is_finished => Transition::NeedInput,
            Step::More if is_complete => self.complete_element(),
            Step::More => self.syntax_error("the rest of it is missing"),
        }
    }

    /// A complete element: an object, or something that can't be an event.
    fn complete_element(&mut self) -> Transition {
        if self.buffer.remaining().first() == Some(&b'{') {
            self.mode = Mode::Returned(self.scanned);
            return Transition::Element(self.scanned);
        }
        let reason = "not a JSON object".to_owned();
        let position = self.position();
        self.mode = Mode::Between;
        self.consume(self.scanned);
        self.starts_line = false;
        Transition::Invalid(InvalidElement { position, last_line: self.position().line, reason })
    }

    /// Checks that the element is UTF-8.
    fn check_utf8(&mut self, length: usize) -> Result<(), InvalidElement> {
        let Err(error) = std::str::from_utf8(self.buffer.head(length)) else { return Ok(()) };
        let (position, at) = (self.position(), self.buffer.position_after(error.valid_up_to()));
        self.consume_returned();
        let reason = format!("not UTF-8 at line {}, column {}", at.line, at.column);
        Err(InvalidElement { position, last_line: self.position().line, reason })
    }
}

/// Whether a byte may stand between two elements.
const fn is_separator(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b',' | 0x1e)
}

#[cfg(test)]
mod tests;
