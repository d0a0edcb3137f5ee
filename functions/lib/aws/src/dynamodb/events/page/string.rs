//! JSON strings of the page: their end, escapes and content. Most of an event is strings, so their ends are
//! searched eight bytes at a time, and they can be copied in the same pass.

use std::borrow::Cow;

use bytes::{BufMut as _, BytesMut};

/// A JSON string as it is written in the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct JsonString<'a> {
    /// The string with its quotes.
    pub(super) quoted: &'a [u8],
    pub(super) escapes: Escapes,
}

/// The escapes of a string, by whether it can be copied as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Escapes {
    /// No escapes: the content is the text between the quotes.
    None,
    /// It can be copied: no escape has a shorter notation.
    Canonical,
    /// An escape has a shorter notation or may be invalid: `\/`, and all with `\u`.
    NonCanonical,
}

impl Escapes {
    /// The class of the escape with this byte after the backslash.
    pub(super) const fn of(escape: u8) -> Self {
        if matches!(escape, b'"' | b'\\' | b'n' | b'r' | b't' | b'b' | b'f') {
            Self::Canonical
        } else {
            Self::NonCanonical
        }
    }
}

impl<'a> JsonString<'a> {
    /// The content. `None` if an escape is invalid or is half of a surrogate pair.
    pub(super) fn unescape(self) -> Option<Cow<'a, str>> {
        match self.unescaped() {
            Some(inner) => std::str::from_utf8(inner).ok().map(Cow::Borrowed),
            None => serde_json::from_slice(self.quoted).ok().map(Cow::Owned),
        }
    }

    /// Whether its content is `what`.
    pub(super) fn equals(self, expected: &str) -> bool {
        match self.unescaped() {
            Some(inner) => inner == expected.as_bytes(),
            None => self.unescape().is_some_and(|plain| plain == expected),
        }
    }

    /// The text between the quotes, if there are no escapes.
    const fn unescaped(self) -> Option<&'a [u8]> {
        match (self.escapes, self.quoted) {
            (Escapes::None, [b'"', inner @ .., b'"']) => Some(inner),
            _ => None,
        }
    }
}

/// The output of a string that is copied while its end is searched.
pub(super) trait Sink {
    /// Writes the first `count` of these bytes.
    fn put(&mut self, bytes: [u8; 8], count: usize);
    fn put_byte(&mut self, byte: u8);
}

pub(super) struct NoSink;

impl Sink for NoSink {
    #[inline]
    fn put(&mut self, _: [u8; 8], _: usize) {}

    #[inline]
    fn put_byte(&mut self, _: u8) {}
}

impl Sink for BytesMut {
    /// Writes all eight bytes and truncates the rest: a copy of fixed length is one instruction.
    #[inline]
    fn put(&mut self, bytes: [u8; 8], count: usize) {
        let end = self.len() + count;
        self.extend_from_slice(&bytes);
        self.truncate(end);
    }

    #[inline]
    fn put_byte(&mut self, byte: u8) {
        self.put_u8(byte);
    }
}

/// Copies the bytes at the start that are neither a quote, nor a backslash, nor a control character. Returns
/// their number.
#[inline]
pub(super) fn copy_plain_prefix(bytes: &[u8], out: &mut impl Sink) -> usize {
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
            let count = special.trailing_zeros() as usize / 8;
            out.put(*bytes, count);
            return index * 8 + count;
        }
        out.put(*bytes, 8);
    }
    let is_usual = |byte: &&u8| !matches!(byte, b'"' | b'\\' | 0..b' ');
    let run = rest.iter().take_while(is_usual).inspect(|byte| out.put_byte(**byte)).count();
    words.len() * 8 + run
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Eight bytes at once or one by one: the same end, and everything before it is copied.
        #[test]
        fn a_string_ends_at_its_first_special_byte(
            bytes in prop::collection::vec(any::<u8>(), 0..40), calm: bool,
        ) {
            let bytes: Vec<u8> = if calm { bytes.iter().map(|b| b | 0x80 | b << 1).collect() } else { bytes };
            let special = |byte: &u8| *byte < b' ' || *byte == b'"' || *byte == b'\\';
            let end = bytes.iter().position(special).unwrap_or(bytes.len());
            let mut out = BytesMut::from("before");
            prop_assert_eq!(copy_plain_prefix(&bytes, &mut out), end);
            prop_assert_eq!(out, [b"before", &bytes[..end]].concat());
            prop_assert_eq!(copy_plain_prefix(&bytes, &mut NoSink), end);
        }
    }
}
