//! Splits a stream of bytes into its elements: NDJSON, arrays, wrapped arrays and concatenated JSON texts, on
//! one line or on many, in any mixture.
//!
//! White space, commas and record separators (RFC 7464) may stand between elements, so a fragment of an array
//! reads like the array. Invalid JSON is returned with its position, and reading resumes at the next line
//! that begins an element. Memory is bounded by the longest element, time by the length of the input.

mod broken;
mod buffer;
mod piece;

use self::buffer::Buffer;
pub use self::piece::{Bad, Piece, Place};
use super::LONGEST_ELEMENT;
use super::scan::{Scan, Step};
use super::wrapper::{Opening, opening};

/// Splits the bytes that it is fed into elements.
#[derive(Debug)]
pub struct Splitter {
    buffer: Buffer,
    /// How many bytes of the buffer the mode has scanned.
    seen: usize,
    /// Whether only separators precede the buffer on its line.
    starts_line: bool,
    mode: Mode,
    around: Around,
    /// The array around the wrapper, if any.
    outer: Option<Place>,
    /// Whether skipped lines may have contained the end of the array.
    is_gappy: bool,
    /// Already found; returned once its last line is known.
    bad: Option<Bad>,
    /// The indentation of the invalid element.
    indent: u64,
    read_again: u64,
    ended: bool,
}

/// What contains the element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Around {
    Nothing,
    Array(Place),
    Records(Place),
    Items(Place),
}

#[derive(Debug)]
enum Mode {
    /// Between two elements.
    Between,
    /// Within an element.
    Element(Scan),
    /// Within an element that is too long, or after the array of a wrapper: nothing is kept.
    Passing {
        scan: Scan,
        /// Where the skipped value begins.
        from: Place,
    },
    /// Skipping the rest of a line.
    Line,
    /// At the start of a line that may still belong to the invalid element.
    Resuming,
    /// After a returned element of that many bytes.
    HandedOut(usize),
}

/// The result of one look at the buffer.
enum Look {
    /// More bytes are needed, or none are left.
    Out,
    /// Look again.
    Again,
    /// An element of that many bytes.
    Element(usize),
    /// An invalid element.
    Bad(Bad),
}

impl Default for Splitter {
    fn default() -> Self {
        Self {
            buffer: Buffer::default(),
            seen: 0,
            starts_line: true,
            mode: Mode::Between,
            around: Around::Nothing,
            outer: None,
            is_gappy: false,
            bad: None,
            indent: 0,
            read_again: 0,
            ended: false,
        }
    }
}

impl Splitter {
    /// Appends the next bytes of the input.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.done();
        self.buffer.feed(bytes);
    }

    /// Marks the end of the input.
    pub const fn end(&mut self) {
        self.ended = true;
    }

    /// Whether every element that was fed has been returned; only separators are left.
    #[must_use]
    pub fn is_drained(&self) -> bool {
        let rest = match self.mode {
            Mode::HandedOut(length) => self.buffer.behind(length),
            Mode::Between | Mode::Resuming => self.buffer.here(),
            _ => return false,
        };
        rest.iter().all(|byte| is_separator(*byte))
    }

    /// The position of the next byte to be read.
    #[must_use]
    pub const fn place(&self) -> Place {
        self.buffer.place
    }

    /// The next element. `None` if more bytes are needed, or at the end.
    pub fn next_piece(&mut self) -> Option<Piece<'_>> {
        self.done();
        loop {
            let look = match &self.mode {
                Mode::Between | Mode::HandedOut(_) => self.between(),
                Mode::Element(_) => self.element(),
                Mode::Passing { .. } => self.passing(),
                Mode::Line => self.line(),
                Mode::Resuming => self.resuming(),
            };
            match look {
                Look::Again => {}
                Look::Out => return None,
                Look::Bad(bad) => return Some(Piece::Bad(bad)),
                Look::Element(length) => {
                    if let Err(bad) = self.check(length) {
                        return Some(Piece::Bad(bad));
                    }
                    let is_item = matches!(self.around, Around::Items(_));
                    let text = std::str::from_utf8(self.buffer.next(length)).unwrap_or_default();
                    return Some(Piece::Object { text, place: self.place(), is_item });
                }
            }
        }
    }

    /// Consumes the element that was returned last.
    fn done(&mut self) {
        if let Mode::HandedOut(length) = self.mode {
            self.mode = Mode::Between;
            self.pass(length);
            self.starts_line = false;
        }
    }

    /// Consumes that many bytes.
    fn pass(&mut self, bytes: usize) {
        self.buffer.pass(bytes);
        self.seen = self.seen.saturating_sub(bytes);
    }

    fn between(&mut self) -> Look {
        let here = self.buffer.here();
        let separators = here.iter().take_while(|byte| is_separator(**byte)).count();
        let has_line = memchr::memchr(b'\n', here.get(..separators).unwrap_or_default()).is_some();
        self.starts_line |= has_line;
        self.pass(separators);
        let here = self.buffer.here();
        match here {
            [] if self.ended => self.at_the_end(),
            [] => Look::Out,
            // A byte order mark: tools concatenate files that have one.
            [0xef, 0xbb, 0xbf, ..] => {
                self.pass(3);
                self.buffer.place.column -= 3;
                Look::Again
            }
            [0xef] | [0xef, 0xbb] if !self.ended => Look::Out,
            [b'{', ..] => match opening(here, self.ended) {
                Opening::Unclear => Look::Out,
                Opening::Value => self.begin(),
                // Wrappers are not nested.
                _ if matches!(self.around, Around::Records(_) | Around::Items(_)) => self.begin(),
                Opening::Records(length) => self.open(length, Around::Records(self.place())),
                Opening::Items(length) => self.open(length, Around::Items(self.place())),
            },
            [b'[', ..] if self.around == Around::Nothing => self.open(1, Around::Array(self.place())),
            [b']', ..] => match std::mem::replace(&mut self.around, Around::Nothing) {
                Around::Nothing => self
                    .stray("it closes an array that does not begin here; is the start of the input missing?"),
                Around::Array(_) => {
                    self.pass(1);
                    self.starts_line = false;
                    Look::Again
                }
                Around::Records(from) | Around::Items(from) => {
                    self.around = self.outer.take().map_or(Around::Nothing, Around::Array);
                    self.pass(1);
                    self.mode = Mode::Passing { scan: Scan::behind_a_member(), from };
                    Look::Again
                }
            },
            [b'"' | b'-' | b'0'..=b'9', ..] if self.around == Around::Nothing => {
                self.stray("not a JSON object")
            }
            [b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n', ..] if self.around != Around::Nothing => {
                self.begin()
            }
            _ => self.stray("not JSON: it does not begin with `{`"),
        }
    }

    fn at_the_end(&mut self) -> Look {
        let (Around::Array(place) | Around::Records(place) | Around::Items(place)) =
            std::mem::replace(&mut self.around, Around::Nothing)
        else {
            return Look::Out;
        };
        if self.is_gappy {
            return Look::Out;
        }
        let place = self.outer.take().unwrap_or(place);
        let reason = "the array that begins here is not closed; is the input truncated?".to_owned();
        Look::Bad(Bad { place, last_line: self.place().line, reason })
    }

    fn begin(&mut self) -> Look {
        self.indent = if self.starts_line { self.place().column - 1 } else { 0 };
        self.seen = 0;
        self.mode = Mode::Element(Scan::default());
        Look::Again
    }

    fn open(&mut self, length: usize, around: Around) -> Look {
        if let Around::Array(outer) = self.around {
            self.outer = Some(outer);
        }
        self.around = around;
        self.is_gappy = false;
        self.pass(length);
        self.starts_line = false;
        Look::Again
    }

    /// What begins here is not an element, and neither is the rest of its line.
    fn stray(&mut self, reason: &str) -> Look {
        self.indent = if self.starts_line { self.place().column - 1 } else { 0 };
        self.fail(reason.to_owned());
        self.mode = Mode::Line;
        Look::Again
    }

    fn fail(&mut self, reason: String) {
        self.fail_at(self.place(), reason);
    }

    /// Keeps the first reason if an error is pending already.
    fn fail_at(&mut self, place: Place, reason: String) {
        self.bad.get_or_insert(Bad { place, last_line: self.place().line, reason });
    }

    fn element(&mut self) -> Look {
        let fresh = self.buffer.behind(self.seen);
        let Mode::Element(scan) = &mut self.mode else { return Look::Again };
        let (taken, step) = scan.advance(fresh);
        let is_whole = scan.is_whole();
        self.seen += taken;
        match step {
            Step::Wrong(missing) => self.wrong(missing),
            _ if self.seen > LONGEST_ELEMENT => self.too_long(step == Step::Done),
            Step::Done => self.whole(),
            Step::More if !self.ended => Look::Out,
            Step::More if is_whole => self.whole(),
            Step::More => self.wrong("the rest of it is missing"),
        }
    }

    /// A complete element: an object, or something that can't be an event.
    fn whole(&mut self) -> Look {
        if self.buffer.here().first() == Some(&b'{') {
            self.mode = Mode::HandedOut(self.seen);
            return Look::Element(self.seen);
        }
        let reason = "not a JSON object".to_owned();
        let place = self.place();
        self.mode = Mode::Between;
        self.pass(self.seen);
        self.starts_line = false;
        Look::Bad(Bad { place, last_line: self.place().line, reason })
    }

    /// Checks that the element is UTF-8.
    fn check(&mut self, length: usize) -> Result<(), Bad> {
        let Err(error) = std::str::from_utf8(self.buffer.next(length)) else { return Ok(()) };
        let (place, at) = (self.place(), self.buffer.place_behind(error.valid_up_to()));
        self.done();
        let reason = format!("not UTF-8 at line {}, column {}", at.line, at.column);
        Err(Bad { place, last_line: self.place().line, reason })
    }
}

/// Whether a byte may stand between two elements.
const fn is_separator(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b',' | 0x1e)
}

#[cfg(test)]
mod tests;
