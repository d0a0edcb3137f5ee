//! Reads JSON text token by token in one pass, without copying or decoding values. It processes each byte of
//! each export, so it is written by hand: library parsers of the same strictness decode numbers and escaped
//! strings.

use super::{EventErrorKind, MAX_DEPTH};

/// Is called for an event's members while the event is read.
pub(super) trait Visitor<'t> {
    /// Whether to visit the members of the object or array that opens at this level. The event itself is
    /// level 1.
    fn wants_members(&self, level: usize) -> bool;
    /// A member of that level begins.
    fn enter(&mut self, level: usize, name: Name<'t>);
    /// The member has ended; this is its value.
    fn leave(&mut self, level: usize, value: &'t [u8]);
}

pub(super) struct NoVisitor;

impl Visitor<'_> for NoVisitor {
    #[inline]
    fn wants_members(&self, _: usize) -> bool {
        false
    }
    fn enter(&mut self, _: usize, _: Name<'_>) {}
    fn leave(&mut self, _: usize, _: &[u8]) {}
}

/// The name of a member.
#[derive(Debug, Clone, Copy)]
pub(super) enum Name<'t> {
    /// In an object: its key.
    Key(JsonString<'t>),
    /// In an array: its index, from 0.
    Index(usize),
}

/// A JSON string as it is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct JsonString<'t> {
    /// The string with its quotes.
    quoted: &'t [u8],
    has_escapes: bool,
}

impl JsonString<'_> {
    /// Whether its content is `what`, whatever its escapes.
    pub(super) fn equals(self, expected: &str) -> bool {
        if self.has_escapes {
            return serde_json::from_slice::<String>(self.quoted).is_ok_and(|content| content == expected);
        }
        matches!(self.quoted, [b'"', content @ .., b'"'] if content == expected.as_bytes())
    }
}

/// The unread rest of a text.
pub(super) struct Scanner<'t, W> {
    length: usize,
    rest: &'t [u8],
    has_line_breaks: bool,
    visitor: W,
}

type ScanResult<T = ()> = Result<T, EventErrorKind>;

impl<'t, W: Visitor<'t>> Scanner<'t, W> {
    /// A scanner at the start of a text, which must be UTF-8.
    pub(super) const fn new(text: &'t [u8], watch: W) -> Self {
        Self { length: text.len(), rest: text, has_line_breaks: false, visitor: watch }
    }

    /// Reads the whole text.
    pub(super) fn event(&mut self) -> ScanResult {
        if self.peek() != Some(b'{') {
            return Err(EventErrorKind::NotAnObject);
        }
        self.value(0)?;
        if self.peek().is_none() { Ok(()) } else { Err(EventErrorKind::NotJson) }
    }

    /// How many bytes have been read.
    pub(super) const fn position(&self) -> usize {
        self.length - self.rest.len()
    }

    /// Whether there were line breaks between the tokens read so far.
    pub(super) const fn has_line_breaks(&self) -> bool {
        self.has_line_breaks
    }

    pub(super) fn into_visitor(self) -> W {
        self.visitor
    }

    /// Reads a value within `around` objects and arrays.
    fn value(&mut self, around: usize) -> ScanResult {
        match self.peek() {
            Some(b'"') => self.string().map(drop),
            Some(b'{') => self.object(around + 1),
            Some(b'[') => self.array(around + 1),
            Some(b't') => self.literal(b"true"),
            Some(b'f') => self.literal(b"false"),
            Some(b'n') => self.literal(b"null"),
            _ => self.number(),
        }
    }

    fn object(&mut self, level: usize) -> ScanResult {
        self.open(level)?;
        if self.accept(b'}') {
            return Ok(());
        }
        let is_watched = self.visitor.wants_members(level);
        loop {
            if self.peek() != Some(b'"') {
                return Err(EventErrorKind::NotJson);
            }
            let name = self.string()?;
            if !self.accept(b':') {
                return Err(EventErrorKind::NotJson);
            }
            if is_watched {
                self.member(level, Name::Key(name))?;
            } else {
                self.value(level)?;
            }
            if !self.accept_separator(b'}')? {
                return Ok(());
            }
        }
    }

    fn array(&mut self, level: usize) -> ScanResult {
        self.open(level)?;
        if self.accept(b']') {
            return Ok(());
        }
        let is_watched = self.visitor.wants_members(level);
        let mut index = 0;
        loop {
            if is_watched {
                self.member(level, Name::Index(index))?;
                index += 1;
            } else {
                self.value(level)?;
            }
            if !self.accept_separator(b']')? {
                return Ok(());
            }
        }
    }

    fn open(&mut self, level: usize) -> ScanResult {
        if level > MAX_DEPTH {
            return Err(EventErrorKind::Nesting);
        }
        self.advance(1);
        Ok(())
    }

    /// Consumes a comma (true: another member follows) or the closing mark (false).
    #[inline]
    fn accept_separator(&mut self, closes: u8) -> ScanResult<bool> {
        let mark = self.peek();
        self.advance(1);
        match mark {
            Some(b',') => Ok(true),
            Some(mark) if mark == closes => Ok(false),
            _ => Err(EventErrorKind::NotJson),
        }
    }

    /// Reads the value of a member that is visited.
    fn member(&mut self, level: usize, name: Name<'t>) -> ScanResult {
        self.visitor.enter(level, name);
        self.peek();
        let start = self.rest;
        self.value(level)?;
        self.visitor.leave(level, self.since(start));
        Ok(())
    }

    #[inline]
    fn string(&mut self) -> ScanResult<JsonString<'t>> {
        let start = self.rest;
        let mut has_escapes = false;
        self.advance(1);
        loop {
            self.advance(plain_prefix(self.rest));
            match self.rest {
                [b'"', rest @ ..] => {
                    self.rest = rest;
                    return Ok(JsonString { quoted: self.since(start), has_escapes });
                }
                [b'\\', rest @ ..] => {
                    has_escapes = true;
                    self.rest = rest;
                    self.escape()?;
                }
                // Its end is missing, or a control character is not escaped (RFC 8259, section 7).
                _ => return Err(EventErrorKind::NotJson),
            }
        }
    }

    /// Reads what follows a backslash.
    fn escape(&mut self) -> ScanResult {
        match self.rest {
            [b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', rest @ ..] => {
                self.rest = rest;
                Ok(())
            }
            [b'u', rest @ ..] => {
                self.rest = rest;
                match self.code_unit()? {
                    0xd800..=0xdbff => self.low_surrogate(),
                    0xdc00..=0xdfff => Err(EventErrorKind::LoneSurrogate),
                    _ => Ok(()),
                }
            }
            _ => Err(EventErrorKind::NotJson),
        }
    }

    /// Reads the second half of a surrogate pair.
    fn low_surrogate(&mut self) -> ScanResult {
        let [b'\\', b'u', rest @ ..] = self.rest else { return Err(EventErrorKind::LoneSurrogate) };
        self.rest = rest;
        if matches!(self.code_unit()?, 0xdc00..=0xdfff) { Ok(()) } else { Err(EventErrorKind::LoneSurrogate) }
    }

    /// Reads the four hexadecimal digits of a `\u` escape.
    fn code_unit(&mut self) -> ScanResult<u32> {
        let (digits, rest) = self.rest.split_first_chunk::<4>().ok_or(EventErrorKind::NotJson)?;
        self.rest = rest;
        digits.iter().try_fold(0, |unit, digit| {
            char::from(*digit).to_digit(16).map(|digit| unit << 4 | digit).ok_or(EventErrorKind::NotJson)
        })
    }

    /// Reads a number (RFC 8259, section 6).
    fn number(&mut self) -> ScanResult {
        let start = self.rest;
        if let [b'-', rest @ ..] = self.rest {
            self.rest = rest;
        }
        match self.rest {
            [b'0', rest @ ..] => self.rest = rest,
            _ => self.digits()?,
        }
        if let [b'.', rest @ ..] = self.rest {
            self.rest = rest;
            self.digits()?;
        }
        let has_exponent = matches!(self.rest, [b'e' | b'E', ..]);
        if has_exponent {
            self.advance(1);
            if let [b'+' | b'-', rest @ ..] = self.rest {
                self.rest = rest;
            }
            self.digits()?;
        }
        let number = self.since(start);
        if (has_exponent || number.len() > MAX_FINITE_DIGITS) && !is_in_range(number) {
            self.rest = start;
            return Err(EventErrorKind::NumberRange);
        }
        Ok(())
    }

    /// Reads one or more digits.
    fn digits(&mut self) -> ScanResult {
        let count = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.advance(count);
        if count == 0 { Err(EventErrorKind::NotJson) } else { Ok(()) }
    }

    fn literal(&mut self, word: &[u8]) -> ScanResult {
        self.rest = self.rest.strip_prefix(word).ok_or(EventErrorKind::NotJson)?;
        Ok(())
    }

    /// The next byte that is not white space; it is not consumed.
    #[inline]
    fn peek(&mut self) -> Option<u8> {
        let first = *self.rest.first()?;
        if first > b' ' { Some(first) } else { self.skip_whitespace() }
    }

    fn skip_whitespace(&mut self) -> Option<u8> {
        while let [space @ (b' ' | b'\t' | b'\n' | b'\r'), rest @ ..] = self.rest {
            self.has_line_breaks |= matches!(space, b'\n' | b'\r');
            self.rest = rest;
        }
        self.rest.first().copied()
    }

    /// Consumes this mark if it comes next.
    #[inline]
    fn accept(&mut self, mark: u8) -> bool {
        let is_next = self.peek() == Some(mark);
        if is_next {
            self.advance(1);
        }
        is_next
    }

    #[inline]
    fn advance(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    /// The bytes that were read since `start`.
    #[inline]
    fn since(&self, start: &'t [u8]) -> &'t [u8] {
        start.get(..start.len() - self.rest.len()).unwrap_or_default()
    }
}

/// A number with at most this many digits and no exponent is within the range of a double; the largest one
/// has 309 digits.
const MAX_FINITE_DIGITS: usize = 308;

/// Whether a JSON number is within the range of a double (IEEE 754, binary64).
pub(super) fn is_in_range(number: &[u8]) -> bool {
    let number = std::str::from_utf8(number).ok().and_then(|number| number.parse::<f64>().ok());
    number.is_some_and(f64::is_finite)
}

/// How many bytes come before the first that is a quote, a backslash or a control character: eight at a time.
#[inline]
fn plain_prefix(bytes: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = ONES << 7;
    // Sets the highest bit of each byte that is below the limit: exact up to the first such byte, and only
    // that one is used.
    let below = |word: u64, limit: u64| word.wrapping_sub(ONES * limit) & !word & HIGHS;
    let is = |word: u64, byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    let (words, rest) = bytes.as_chunks::<8>();
    for (index, bytes) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*bytes);
        let special = is(word, b'"') | is(word, b'\\') | below(word, 0x20);
        if special != 0 {
            return index * 8 + special.trailing_zeros() as usize / 8;
        }
    }
    let is_plain = |byte: &&u8| !matches!(byte, b'"' | b'\\' | 0..b' ');
    words.len() * 8 + rest.iter().take_while(is_plain).count()
}
