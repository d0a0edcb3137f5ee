//! Reads JSON text token by token in one pass, without copying or decoding values. It processes each byte of
//! each export, so it is written by hand: library parsers of the same strictness decode numbers and escaped
//! strings.

use super::{DEEPEST, WhyNot};

/// Is called for an event's members while the event is read.
pub(super) trait Watch<'t> {
    /// Whether to visit the members of the object or array that opens at this level. The event itself is
    /// level 1.
    fn looks_at(&self, level: usize) -> bool;
    /// A member of that level begins.
    fn enters(&mut self, level: usize, name: Name<'t>);
    /// The member has ended; this is its value.
    fn leaves(&mut self, level: usize, value: &'t [u8]);
}

/// Visits nothing.
pub(super) struct Unwatched;

impl Watch<'_> for Unwatched {
    #[inline]
    fn looks_at(&self, _: usize) -> bool {
        false
    }
    fn enters(&mut self, _: usize, _: Name<'_>) {}
    fn leaves(&mut self, _: usize, _: &[u8]) {}
}

/// The name of a member.
#[derive(Debug, Clone, Copy)]
pub(super) enum Name<'t> {
    /// In an object.
    Key(Text<'t>),
    /// In an array: its index, from 0.
    Index(usize),
}

/// A JSON string as it is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text<'t> {
    /// The string with its quotes.
    quoted: &'t [u8],
    has_escapes: bool,
}

impl Text<'_> {
    /// Whether its content is `what`, whatever its escapes.
    pub(super) fn is(self, what: &str) -> bool {
        if self.has_escapes {
            return serde_json::from_slice::<String>(self.quoted).is_ok_and(|says| says == what);
        }
        matches!(self.quoted, [b'"', says @ .., b'"'] if says == what.as_bytes())
    }
}

/// The unread rest of a text.
pub(super) struct Scanner<'t, W> {
    length: usize,
    rest: &'t [u8],
    has_line_breaks: bool,
    watch: W,
}

type Scanned<T = ()> = Result<T, WhyNot>;

impl<'t, W: Watch<'t>> Scanner<'t, W> {
    /// A scanner at the start of a text, which must be UTF-8.
    pub(super) const fn new(text: &'t [u8], watch: W) -> Self {
        Self { length: text.len(), rest: text, has_line_breaks: false, watch }
    }

    /// Reads the whole text.
    pub(super) fn event(&mut self) -> Scanned {
        if self.peek() != Some(b'{') {
            return Err(WhyNot::NotAnObject);
        }
        self.value(0)?;
        if self.peek().is_none() { Ok(()) } else { Err(WhyNot::NotJson) }
    }

    /// How many bytes have been read.
    pub(super) const fn position(&self) -> usize {
        self.length - self.rest.len()
    }

    /// Whether there were line breaks between the tokens read so far.
    pub(super) const fn has_line_breaks(&self) -> bool {
        self.has_line_breaks
    }

    pub(super) fn into_watch(self) -> W {
        self.watch
    }

    /// Reads a value within `around` objects and arrays.
    fn value(&mut self, around: usize) -> Scanned {
        match self.peek() {
            Some(b'"') => self.text().map(drop),
            Some(b'{') => self.object(around + 1),
            Some(b'[') => self.array(around + 1),
            Some(b't') => self.word(b"true"),
            Some(b'f') => self.word(b"false"),
            Some(b'n') => self.word(b"null"),
            _ => self.number(),
        }
    }

    fn object(&mut self, level: usize) -> Scanned {
        self.opens(level)?;
        if self.takes(b'}') {
            return Ok(());
        }
        let is_watched = self.watch.looks_at(level);
        loop {
            if self.peek() != Some(b'"') {
                return Err(WhyNot::NotJson);
            }
            let name = self.text()?;
            if !self.takes(b':') {
                return Err(WhyNot::NotJson);
            }
            if is_watched {
                self.member(level, Name::Key(name))?;
            } else {
                self.value(level)?;
            }
            if !self.goes_on(b'}')? {
                return Ok(());
            }
        }
    }

    fn array(&mut self, level: usize) -> Scanned {
        self.opens(level)?;
        if self.takes(b']') {
            return Ok(());
        }
        let is_watched = self.watch.looks_at(level);
        let mut place = 0;
        loop {
            if is_watched {
                self.member(level, Name::Index(place))?;
                place += 1;
            } else {
                self.value(level)?;
            }
            if !self.goes_on(b']')? {
                return Ok(());
            }
        }
    }

    fn opens(&mut self, level: usize) -> Scanned {
        if level > DEEPEST {
            return Err(WhyNot::Nesting);
        }
        self.forward(1);
        Ok(())
    }

    /// Consumes a comma (true: another member follows) or the closing mark (false).
    #[inline]
    fn goes_on(&mut self, closes: u8) -> Scanned<bool> {
        let mark = self.peek();
        self.forward(1);
        match mark {
            Some(b',') => Ok(true),
            Some(mark) if mark == closes => Ok(false),
            _ => Err(WhyNot::NotJson),
        }
    }

    /// Reads the value of a member that is visited.
    fn member(&mut self, level: usize, name: Name<'t>) -> Scanned {
        self.watch.enters(level, name);
        self.peek();
        let start = self.rest;
        self.value(level)?;
        self.watch.leaves(level, self.since(start));
        Ok(())
    }

    /// Reads a string.
    #[inline]
    fn text(&mut self) -> Scanned<Text<'t>> {
        let start = self.rest;
        let mut has_escapes = false;
        self.forward(1);
        loop {
            self.forward(plain(self.rest));
            match self.rest {
                [b'"', rest @ ..] => {
                    self.rest = rest;
                    return Ok(Text { quoted: self.since(start), has_escapes });
                }
                [b'\\', rest @ ..] => {
                    has_escapes = true;
                    self.rest = rest;
                    self.escape()?;
                }
                // Its end is missing, or a control character is not escaped (RFC 8259, section 7).
                _ => return Err(WhyNot::NotJson),
            }
        }
    }

    /// Reads what follows a backslash.
    fn escape(&mut self) -> Scanned {
        match self.rest {
            [b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', rest @ ..] => {
                self.rest = rest;
                Ok(())
            }
            [b'u', rest @ ..] => {
                self.rest = rest;
                match self.unit()? {
                    0xd800..=0xdbff => self.second_half(),
                    0xdc00..=0xdfff => Err(WhyNot::LoneSurrogate),
                    _ => Ok(()),
                }
            }
            _ => Err(WhyNot::NotJson),
        }
    }

    /// Reads the second half of a surrogate pair.
    fn second_half(&mut self) -> Scanned {
        let [b'\\', b'u', rest @ ..] = self.rest else { return Err(WhyNot::LoneSurrogate) };
        self.rest = rest;
        if matches!(self.unit()?, 0xdc00..=0xdfff) { Ok(()) } else { Err(WhyNot::LoneSurrogate) }
    }

    /// Reads the four hexadecimal digits of a `\u` escape.
    fn unit(&mut self) -> Scanned<u32> {
        let (digits, rest) = self.rest.split_first_chunk::<4>().ok_or(WhyNot::NotJson)?;
        self.rest = rest;
        digits.iter().try_fold(0, |unit, digit| {
            char::from(*digit).to_digit(16).map(|digit| unit << 4 | digit).ok_or(WhyNot::NotJson)
        })
    }

    /// Reads a number (RFC 8259, section 6).
    fn number(&mut self) -> Scanned {
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
            self.forward(1);
            if let [b'+' | b'-', rest @ ..] = self.rest {
                self.rest = rest;
            }
            self.digits()?;
        }
        let number = self.since(start);
        if (has_exponent || number.len() > MOST_DIGITS) && !is_in_range(number) {
            self.rest = start;
            return Err(WhyNot::NumberRange);
        }
        Ok(())
    }

    /// Reads one or more digits.
    fn digits(&mut self) -> Scanned {
        let count = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.forward(count);
        if count == 0 { Err(WhyNot::NotJson) } else { Ok(()) }
    }

    fn word(&mut self, word: &[u8]) -> Scanned {
        self.rest = self.rest.strip_prefix(word).ok_or(WhyNot::NotJson)?;
        Ok(())
    }

    /// The next byte that is not white space; it is not consumed.
    #[inline]
    fn peek(&mut self) -> Option<u8> {
        let first = *self.rest.first()?;
        if first > b' ' { Some(first) } else { self.behind_space() }
    }

    fn behind_space(&mut self) -> Option<u8> {
        while let [space @ (b' ' | b'\t' | b'\n' | b'\r'), rest @ ..] = self.rest {
            self.has_line_breaks |= matches!(space, b'\n' | b'\r');
            self.rest = rest;
        }
        self.rest.first().copied()
    }

    /// Consumes this mark if it comes next.
    #[inline]
    fn takes(&mut self, mark: u8) -> bool {
        let comes = self.peek() == Some(mark);
        if comes {
            self.forward(1);
        }
        comes
    }

    #[inline]
    fn forward(&mut self, bytes: usize) {
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
const MOST_DIGITS: usize = 308;

/// Whether a JSON number is within the range of a double (IEEE 754, binary64).
pub(super) fn is_in_range(number: &[u8]) -> bool {
    let number = std::str::from_utf8(number).ok().and_then(|number| number.parse::<f64>().ok());
    number.is_some_and(f64::is_finite)
}

/// How many bytes come before the first that is a quote, a backslash or a control character: eight at a time.
#[inline]
fn plain(bytes: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = ONES << 7;
    // Sets the highest bit of each byte that is below the limit: exact up to the first such byte, and only
    // that one is used.
    let below = |word: u64, limit: u64| word.wrapping_sub(ONES * limit) & !word & HIGHS;
    let is = |word: u64, byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    let (words, rest) = bytes.as_chunks::<8>();
    for (place, bytes) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*bytes);
        let special = is(word, b'"') | is(word, b'\\') | below(word, 0x20);
        if special != 0 {
            return place * 8 + special.trailing_zeros() as usize / 8;
        }
    }
    let is_plain = |byte: &&u8| !matches!(byte, b'"' | b'\\' | 0..b' ');
    words.len() * 8 + rest.iter().take_while(is_plain).count()
}
