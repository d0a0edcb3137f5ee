//! Takes a stream of bytes apart into its elements: NDJSON, arrays, wrapped arrays, JSON texts one behind the other,
//! on one line or on many, in any mixture.
//!
//! White space, commas and record separators (RFC 7464) may stand between elements, so that a piece of an array reads
//! as the array does. What is no JSON is handed out with its place, and reading goes on at the next line that begins
//! an element. Memory is bounded by the longest element, and time by the length of the input.

use super::LONGEST_ELEMENT;
use super::scan::{Scan, Step};
use super::wrapper::{Opening, opening};

/// So many bytes may be read again, and as many as were read: a broken element may have swallowed what follows it,
/// and a hostile input must not make that cost more than a reading.
const READ_AGAIN: u64 = 16 << 20;
/// A line that begins with more white space than this is taken for an empty one.
const LONGEST_INDENT: usize = 1 << 16;

/// Where an element begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The line, from 1.
    pub line: u64,
    /// The byte of the line, from 1.
    pub column: u64,
    /// The byte of the input, from 0.
    pub byte: u64,
}

/// What can't be an element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bad {
    /// Where it begins.
    pub place: Place,
    /// The last line that belongs to it.
    pub last_line: u64,
    /// Why, in words that fit behind "line 7: ".
    pub reason: String,
}

/// What stands next in the input.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// A JSON object.
    Object {
        /// Its text, from brace to brace.
        text: &'a str,
        /// Where it begins.
        place: Place,
        /// Whether it stands in what `aws dynamodb scan` prints, and so has typed attributes.
        is_item: bool,
    },
    /// Something else.
    Bad(Bad),
}

/// Takes bytes and hands out elements.
#[derive(Debug)]
pub struct Splitter {
    buffer: Vec<u8>,
    /// What is before this is done with.
    start: usize,
    /// How much from there on the mode has seen.
    seen: usize,
    /// Where `start` is.
    place: Place,
    /// Whether nothing but separators stands before `start` on its line.
    starts_line: bool,
    mode: Mode,
    around: Around,
    /// The array that the wrapper stands in, if it does.
    outer: Option<Place>,
    /// Whether lines were passed over since the array began, and its end with them, maybe.
    is_gappy: bool,
    /// Found already; handed out once it is known where it ends.
    bad: Option<Bad>,
    /// The indentation of the element that was bad.
    indent: u64,
    read_again: u64,
    ended: bool,
}

/// What the element stands in.
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
    /// In an element.
    Element(Scan),
    /// In one that is too long, or behind the array of a wrapper: nothing of it is kept.
    Passing {
        scan: Scan,
        /// Where what it belongs to begins.
        from: Place,
    },
    /// In a line whose rest is passed over.
    Line,
    /// At the start of a line, which may still belong to what was bad.
    Resuming,
    /// Behind an element of so many bytes that was handed out.
    HandedOut(usize),
}

/// What the look at the buffer came to.
enum Look {
    /// More bytes are needed, or none are left.
    Out,
    /// Another look is due.
    Again,
    /// An element of so many bytes.
    Element(usize),
    /// This stands there.
    Bad(Bad),
}

impl Default for Splitter {
    fn default() -> Self {
        Self {
            buffer: Vec::new(),
            start: 0,
            seen: 0,
            place: Place { line: 1, column: 1, byte: 0 },
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
    /// Takes the bytes that come next.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.done();
        self.buffer.drain(..self.start);
        self.start = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// Nothing comes any more.
    pub const fn end(&mut self) {
        self.ended = true;
    }

    /// Whether all that was fed is handed out, but for what stands between elements.
    #[must_use]
    pub fn is_drained(&self) -> bool {
        let (start, between) = match self.mode {
            Mode::HandedOut(length) => (self.start + length, true),
            Mode::Between | Mode::Resuming => (self.start, true),
            _ => (self.start, false),
        };
        between && self.buffer.get(start..).unwrap_or_default().iter().all(|byte| is_separator(*byte))
    }

    /// Where it is.
    #[must_use]
    pub const fn place(&self) -> Place {
        self.place
    }

    /// What comes next. `None` if more bytes are needed, or behind the end.
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
                    let text = self.buffer.get(self.start..self.start + length).unwrap_or_default();
                    let text = std::str::from_utf8(text).unwrap_or_default();
                    return Some(Piece::Object { text, place: self.place, is_item });
                }
            }
        }
    }

    /// Leaves behind what was handed out.
    fn done(&mut self) {
        if let Mode::HandedOut(length) = self.mode {
            self.mode = Mode::Between;
            self.pass(length);
            self.starts_line = false;
        }
    }

    fn here(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }

    /// Moves the start on, and counts lines.
    fn pass(&mut self, bytes: usize) {
        let passed = self.buffer.get(self.start..self.start + bytes).unwrap_or_default();
        let lines = memchr::memchr_iter(b'\n', passed).count() as u64;
        match memchr::memrchr(b'\n', passed) {
            Some(last) => self.place.column = (passed.len() - last) as u64,
            None => self.place.column += passed.len() as u64,
        }
        self.place.line += lines;
        self.place.byte += passed.len() as u64;
        self.start += passed.len();
        self.seen = self.seen.saturating_sub(bytes);
    }

    fn between(&mut self) -> Look {
        let here = self.here();
        let separators = here.iter().take_while(|byte| is_separator(**byte)).count();
        let has_line = memchr::memchr(b'\n', here.get(..separators).unwrap_or_default()).is_some();
        self.starts_line |= has_line;
        self.pass(separators);
        let here = self.here();
        match here {
            [] if self.ended => self.at_the_end(),
            [] => Look::Out,
            // A byte order mark: tools put files with one behind each other.
            [0xef, 0xbb, 0xbf, ..] => {
                self.pass(3);
                self.place.column -= 3;
                Look::Again
            }
            [0xef] | [0xef, 0xbb] if !self.ended => Look::Out,
            [b'{', ..] => match opening(here, self.ended) {
                Opening::Unclear => Look::Out,
                Opening::Value => self.begin(),
                // No wrapper stands in another one.
                _ if matches!(self.around, Around::Records(_) | Around::Items(_)) => self.begin(),
                Opening::Records(length) => self.open(length, Around::Records(self.place)),
                Opening::Items(length) => self.open(length, Around::Items(self.place)),
            },
            [b'[', ..] if self.around == Around::Nothing => self.open(1, Around::Array(self.place)),
            [b']', ..] => match std::mem::replace(&mut self.around, Around::Nothing) {
                Around::Nothing => self.stray("it closes an array that does not begin here: is a piece missing before it?"),
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
        let reason = "the array that begins here is not closed: is the input cut off?".to_owned();
        Look::Bad(Bad { place, last_line: self.place.line, reason })
    }

    fn begin(&mut self) -> Look {
        self.indent = if self.starts_line { self.place.column - 1 } else { 0 };
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

    /// What begins here is none of ours, and neither is the rest of its line.
    fn stray(&mut self, reason: &str) -> Look {
        self.indent = if self.starts_line { self.place.column - 1 } else { 0 };
        self.fail(reason.to_owned());
        self.mode = Mode::Line;
        Look::Again
    }

    fn fail(&mut self, reason: String) {
        self.fail_at(self.place, reason);
    }

    /// Of what is bad already the first reason counts.
    fn fail_at(&mut self, place: Place, reason: String) {
        self.bad.get_or_insert(Bad { place, last_line: self.place.line, reason });
    }

    fn element(&mut self) -> Look {
        let fresh = self.buffer.get(self.start + self.seen..).unwrap_or_default();
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

    /// An element that is whole: an object, or something that can't be an event.
    fn whole(&mut self) -> Look {
        if self.here().first() == Some(&b'{') {
            self.mode = Mode::HandedOut(self.seen);
            return Look::Element(self.seen);
        }
        let reason = "not a JSON object".to_owned();
        let place = self.place;
        self.mode = Mode::Between;
        self.pass(self.seen);
        self.starts_line = false;
        Look::Bad(Bad { place, last_line: self.place.line, reason })
    }

    /// The element can't go on as it does. Reading goes on behind its first line if it has several, since what is
    /// wrong is often a line that ends too early; else behind the line.
    fn wrong(&mut self, missing: &str) -> Look {
        let read = self.buffer.get(self.start..self.start + self.seen).unwrap_or_default();
        let lines = memchr::memchr_iter(b'\n', read).count() as u64;
        let line = memchr::memchr(b'\n', read);
        let column = memchr::memrchr(b'\n', read)
            .map_or(self.place.column + read.len() as u64, |last| (read.len() - last) as u64);
        let mut reason = match lines {
            0 => format!("not JSON: {missing} at column {column}"),
            _ => format!("not JSON: {missing} at line {}, column {column}", self.place.line + lines),
        };
        if self.ended && self.start + self.seen == self.buffer.len() {
            reason.push_str(", where the input ends: is it cut off?");
        } else if line.is_none() && self.around != Around::Nothing {
            reason.push_str("; what follows on its line was not read");
        }
        self.fail(reason);
        let again = self.read_again + self.seen as u64;
        match line {
            Some(line) if again <= READ_AGAIN + self.place.byte => {
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

    fn too_long(&mut self, is_done: bool) -> Look {
        let limit = LONGEST_ELEMENT >> 20;
        self.fail(format!("longer than {limit} MB, and an item of DynamoDB holds 400 KB with its keys"));
        self.pass(self.seen);
        match std::mem::replace(&mut self.mode, Mode::Between) {
            Mode::Element(scan) if !is_done => self.mode = Mode::Passing { scan, from: self.place },
            _ => self.starts_line = false,
        }
        if is_done { self.tell() } else { Look::Again }
    }

    /// Passes over what follows up to the end of the value.
    fn passing(&mut self) -> Look {
        let fresh = self.buffer.get(self.start..).unwrap_or_default();
        let Mode::Passing { scan, from } = &mut self.mode else { return Look::Again };
        let (from, (taken, step)) = (*from, scan.advance(fresh));
        // An element that the broken one has swallowed may begin on the line where that shows.
        let line = memchr::memrchr(b'\n', fresh.get(..taken).unwrap_or_default());
        let shown = self.place.line;
        match step {
            Step::Wrong(_) => {}
            _ => self.pass(taken),
        }
        match step {
            Step::Done => {
                self.mode = Mode::Between;
                self.starts_line = false;
                self.tell()
            }
            Step::More if !self.ended => Look::Out,
            Step::More => {
                self.fail_at(from, "not JSON: the input ends within it: is it cut off?".to_owned());
                self.mode = Mode::Between;
                self.tell()
            }
            Step::Wrong(missing) => {
                self.fail_at(from, format!("not JSON: {missing} behind line {shown}"));
                self.pass(line.map_or(taken, |line| line + 1));
                self.mode = if line.is_some() { Mode::Resuming } else { Mode::Line };
                Look::Again
            }
        }
    }

    fn line(&mut self) -> Look {
        let (end, length) = (memchr::memchr(b'\n', self.here()), self.here().len());
        let passed = self.here().get(..end.unwrap_or(length)).unwrap_or_default();
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

    /// At the start of a line behind something bad: what is indented deeper belongs to it, and so does its end.
    fn resuming(&mut self) -> Look {
        let here = self.here();
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

    /// Hands out what was bad, up to the line before this one.
    fn tell(&mut self) -> Look {
        let before = if self.starts_line && self.place.column == 1 { self.place.line - 1 } else { self.place.line };
        match self.bad.take() {
            Some(bad) => Look::Bad(Bad { last_line: before.max(bad.place.line), ..bad }),
            None => Look::Again,
        }
    }

    /// Sees that the element is UTF-8.
    fn check(&mut self, length: usize) -> Result<(), Bad> {
        let text = self.buffer.get(self.start..self.start + length).unwrap_or_default();
        let Err(error) = std::str::from_utf8(text) else { return Ok(()) };
        let place = self.place;
        let read = text.get(..error.valid_up_to()).unwrap_or_default();
        let line = place.line + memchr::memchr_iter(b'\n', read).count() as u64;
        let column = memchr::memrchr(b'\n', read)
            .map_or(place.column + read.len() as u64, |last| (read.len() - last) as u64);
        self.done();
        let reason = format!("not UTF-8 at line {line}, column {column}");
        Err(Bad { place, last_line: self.place.line, reason })
    }
}

/// What may stand between two elements.
const fn is_separator(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b',' | 0x1e)
}

#[cfg(test)]
mod tests;
