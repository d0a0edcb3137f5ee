//! Reads JSON text token by token, without a tree and without copying.
//!
//! It accepts exactly what RFC 8259 allows and returns slices of the page.

use bytes::{BufMut as _, BytesMut};

use super::string::{Escapes, JsonString, NoSink, Sink, copy_plain_prefix};

/// DynamoDB nests 32 levels (developer guide, "Quotas"), each of which is two of JSON, plus those of the page
/// itself. A stand-in may nest deeper than events may be nested; such a page is read nevertheless.
const MAX_DEPTH: u8 = 250;

/// The page is not a valid response of DynamoDB. The position is given in bytes from its end; the content is
/// never included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{expected} is missing {left} bytes before the end of the page")]
pub(in super::super) struct MalformedPageError {
    expected: &'static str,
    left: usize,
}

/// The unread rest of the page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scanner<'a> {
    rest: &'a [u8],
}

impl<'a> Scanner<'a> {
    pub(super) const fn new(page: &'a str) -> Self {
        Self { rest: page.as_bytes() }
    }

    #[inline]
    pub(super) const fn error(&self, expected: &'static str) -> MalformedPageError {
        MalformedPageError { expected, left: self.rest.len() }
    }

    /// The raw bytes between this scanner and `there`.
    pub(super) fn slice_to(&self, there: &Self) -> &'a [u8] {
        let length = self.rest.len().saturating_sub(there.rest.len());
        self.rest.get(..length).unwrap_or_default()
    }

    /// The next byte that is not white space; it is not consumed.
    #[inline]
    pub(super) fn peek(&mut self) -> Option<u8> {
        let first = *self.rest.first()?;
        if first > b' ' {
            return Some(first);
        }
        while let [b' ' | b'\t' | b'\n' | b'\r', rest @ ..] = self.rest {
            self.rest = rest;
        }
        self.rest.first().copied()
    }

    /// Consumes this mark if it comes next.
    #[inline]
    pub(super) fn accept(&mut self, mark: u8) -> bool {
        if self.peek() != Some(mark) {
            return false;
        }
        self.advance(1);
        true
    }

    /// Consumes this mark, which must come next.
    #[inline]
    pub(super) fn expect(&mut self, mark: u8, expected: &'static str) -> Result<(), MalformedPageError> {
        if self.accept(mark) { Ok(()) } else { Err(self.error(expected)) }
    }

    #[inline]
    pub(super) fn string(&mut self) -> Result<JsonString<'a>, MalformedPageError> {
        self.string_into(&mut NoSink)
    }

    /// Reads a string and copies it with its quotes, in one pass.
    #[inline]
    pub(super) fn string_into(&mut self, out: &mut impl Sink) -> Result<JsonString<'a>, MalformedPageError> {
        const EXPECTED: &str = "a string";
        if self.peek() != Some(b'"') {
            return Err(self.error(EXPECTED));
        }
        let (start, mut escapes) = (self.rest, Escapes::None);
        self.advance(1);
        out.put_byte(b'"');
        loop {
            let run = copy_plain_prefix(self.rest, out);
            self.advance(run);
            match self.rest {
                [b'"', rest @ ..] => {
                    out.put_byte(b'"');
                    self.rest = rest;
                    break;
                }
                // The byte after a backslash belongs to the escape; it may be a quote.
                [b'\\', escape, rest @ ..] => {
                    out.put_byte(b'\\');
                    out.put_byte(*escape);
                    self.rest = rest;
                    escapes = escapes.max(Escapes::of(*escape));
                }
                // JSON requires control characters to be escaped; a raw one could be a line break in the
                // file.
                [control, ..] if *control < b' ' => {
                    return Err(self.error("a string without control characters"));
                }
                _ => return Err(self.error(EXPECTED)),
            }
        }
        let quoted = start.get(..start.len() - self.rest.len()).unwrap_or_default();
        Ok(JsonString { quoted, escapes })
    }

    /// Reads the start of a typed value, up to the value, and returns the type's name.
    #[inline]
    pub(super) fn type_name(&mut self) -> Result<JsonString<'a>, MalformedPageError> {
        // Nearly all type names have one letter, and DynamoDB writes no white space.
        if let [b'{', named @ ..] = self.rest
            && let [b'"', b'A'..=b'Z', b'"', b':', rest @ ..] = named
            && let Some(quoted) = named.get(..3)
        {
            self.rest = rest;
            return Ok(JsonString { quoted, escapes: Escapes::None });
        }
        self.expect(b'{', "a typed value")?;
        let kind = self.string()?;
        self.expect(b':', "a colon")?;
        Ok(kind)
    }

    /// Reads a string and appends its content to `out`, in one pass. `None` if an escape is invalid or is
    /// half of a surrogate pair.
    pub(super) fn unescape_into(&mut self, out: &mut BytesMut) -> Result<Option<()>, MalformedPageError> {
        let (before, start) = (*self, out.len());
        self.expect(b'"', "a string")?;
        loop {
            let run = copy_plain_prefix(self.rest, out);
            let more = self.rest.get(run..).unwrap_or_default();
            out.put_u8(match more {
                [b'"', ..] => {
                    self.advance(run + 1);
                    return Ok(Some(()));
                }
                [b'\\', b'n', ..] => b'\n',
                [b'\\', b'r', ..] => b'\r',
                [b'\\', b't', ..] => b'\t',
                [b'\\', itself @ (b'"' | b'\\'), ..] => *itself,
                // Another escape, or not a string: use the slow path.
                _ => {
                    *self = before;
                    out.truncate(start);
                    let says = self.string()?.unescape();
                    return Ok(says.map(|says| out.put_slice(says.as_bytes())));
                }
            });
            self.advance(run + 2);
        }
    }

    /// Reads `true` or `false`.
    pub(super) fn boolean(&mut self) -> Result<bool, MalformedPageError> {
        for (word, value) in [("true", true), ("false", false)] {
            if self.accept_literal(word) {
                return Ok(value);
            }
        }
        Err(self.error("true or false"))
    }

    /// Reads an object. For each member it calls `each` with the member's name and the scanner before its
    /// value, which `each` must consume.
    #[inline]
    pub(super) fn object<E: From<MalformedPageError>>(
        &mut self,
        mut each: impl FnMut(&mut Self, JsonString<'a>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.members(|scanner| {
            let name = scanner.string()?;
            scanner.expect(b':', "a colon")?;
            each(scanner, name)
        })
    }

    /// Reads an object. For each member it calls `each` with the scanner before the name; `each` must consume
    /// the whole member.
    #[inline]
    pub(super) fn members<E: From<MalformedPageError>>(
        &mut self,
        mut each: impl FnMut(&mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        self.expect(b'{', "an object")?;
        if self.accept(b'}') {
            return Ok(());
        }
        loop {
            each(self)?;
            if !self.accept(b',') {
                return Ok(self.expect(b'}', "the end of an object")?);
            }
        }
    }

    /// Reads an array. For each element it calls `each` with the scanner before the element, which `each`
    /// must consume.
    pub(super) fn array<E: From<MalformedPageError>>(
        &mut self,
        mut each: impl FnMut(&mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        self.expect(b'[', "an array")?;
        if self.accept(b']') {
            return Ok(());
        }
        loop {
            each(self)?;
            if !self.accept(b',') {
                return Ok(self.expect(b']', "the end of an array")?);
            }
        }
    }

    /// Skips a value of any type.
    pub(super) fn skip(&mut self) -> Result<(), MalformedPageError> {
        self.skip_at(0)
    }

    fn skip_at(&mut self, depth: u8) -> Result<(), MalformedPageError> {
        if depth > MAX_DEPTH {
            return Err(self.error("the end of the nesting"));
        }
        match self.peek() {
            Some(b'"') => self.string().map(drop),
            Some(b'{') => self.object(|inner, _| inner.skip_at(depth + 1)),
            Some(b'[') => self.array(|inner| inner.skip_at(depth + 1)),
            Some(b't' | b'f') => self.boolean().map(drop),
            Some(b'n') => self.null(),
            _ => self.number(),
        }
    }

    pub(super) fn null(&mut self) -> Result<(), MalformedPageError> {
        if self.accept_literal("null") { Ok(()) } else { Err(self.error("null")) }
    }

    /// Checks that nothing is left.
    pub(super) fn end(&mut self) -> Result<(), MalformedPageError> {
        if self.peek().is_none() { Ok(()) } else { Err(self.error("the end of the page")) }
    }

    /// Only counts are numbers in a page; numbers in items are strings.
    fn number(&mut self) -> Result<(), MalformedPageError> {
        let is_part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
        let length = self.rest.iter().take_while(|byte| is_part(byte)).count();
        let number = self.rest.get(..length).and_then(|number| std::str::from_utf8(number).ok());
        if !number.is_some_and(super::super::number::is_json) {
            return Err(self.error("a value"));
        }
        self.advance(length);
        Ok(())
    }

    fn accept_literal(&mut self, word: &str) -> bool {
        self.peek();
        let is_next = self.rest.starts_with(word.as_bytes());
        if is_next {
            self.advance(word.len());
        }
        is_next
    }

    #[inline]
    fn advance(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests;
