//! JSON text, read token by token from the front, without a tree and without copying.
//!
//! It takes what RFC 8259 allows and nothing else. What it hands out are slices of the page.

use std::borrow::Cow;

use bytes::{BufMut as _, BytesMut};

/// DynamoDB nests 32 levels (developer guide, "Quotas"), each of which is two of JSON; the page's own come on top.
const DEEPEST: u8 = 80;

/// The page is not what DynamoDB answers. Where is told in bytes from its end; what stands there is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{expected} is missing {left} bytes before the end of the page")]
pub(in super::super) struct Malformed {
    expected: &'static str,
    left: usize,
}

/// A text as it stands in the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Text<'a> {
    /// With its quotes.
    pub(super) quoted: &'a str,
    /// Between the quotes.
    inner: &'a str,
    /// Whether it holds an escape, so that it is not what it says.
    pub(super) escaped: bool,
    /// Whether an escape is among them that has a shorter spelling, or may be none: `\/` and all with `\u`.
    pub(super) odd: bool,
}

impl<'a> Text<'a> {
    /// What it says. `None` if an escape is none, or is half of a pair.
    pub(super) fn plain(self) -> Option<Cow<'a, str>> {
        if self.escaped {
            serde_json::from_str(self.quoted).ok().map(Cow::Owned)
        } else {
            Some(Cow::Borrowed(self.inner))
        }
    }

    /// Whether it says this.
    pub(super) fn is(self, what: &str) -> bool {
        if self.escaped { self.plain().is_some_and(|plain| plain == what) } else { self.inner == what }
    }
}

/// What is left of the page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scanner<'a> {
    rest: &'a str,
}

impl<'a> Scanner<'a> {
    pub(super) const fn new(page: &'a str) -> Self {
        Self { rest: page }
    }

    pub(super) const fn missing(&self, expected: &'static str) -> Malformed {
        Malformed { expected, left: self.rest.len() }
    }

    /// The next byte that is not white space, which stays.
    pub(super) fn peek(&mut self) -> Option<u8> {
        let first = *self.rest.as_bytes().first()?;
        if first > b' ' {
            return Some(first);
        }
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
        self.rest.as_bytes().first().copied()
    }

    /// Takes this mark if it comes next.
    pub(super) fn takes(&mut self, mark: u8) -> bool {
        let is_next = self.peek() == Some(mark);
        if is_next {
            self.forward(1);
        }
        is_next
    }

    /// Takes this mark, which must come next.
    pub(super) fn must(&mut self, mark: u8, expected: &'static str) -> Result<(), Malformed> {
        if self.takes(mark) { Ok(()) } else { Err(self.missing(expected)) }
    }

    /// Takes a text.
    pub(super) fn text(&mut self) -> Result<Text<'a>, Malformed> {
        const WHAT: &str = "a text";
        if self.peek() != Some(b'"') {
            return Err(self.missing(WHAT));
        }
        let (mut end, mut escaped, mut odd) = (1, false, false);
        loop {
            let open = self.rest.as_bytes().get(end..).unwrap_or_default();
            let run = usual(open);
            match open.get(run..) {
                Some([b'"', ..]) => {
                    end += run + 1;
                    break;
                }
                // A backslash takes the byte behind it along, which may be a quote.
                Some([b'\\', escape, ..]) => {
                    end += run + 2;
                    escaped = true;
                    odd |= !matches!(escape, b'"' | b'\\' | b'n' | b'r' | b't' | b'b' | b'f');
                }
                // It would be a line break in the file, and JSON has it escaped.
                Some([control, ..]) if *control < b' ' => {
                    return Err(self.missing("a text without control characters"));
                }
                _ => return Err(self.missing(WHAT)),
            }
        }
        let quoted = self.forward(end);
        let inner = quoted.get(1..end - 1).ok_or_else(|| self.missing(WHAT))?;
        Ok(Text { quoted, inner, escaped, odd })
    }

    /// Takes a text and writes what it says behind what is written already, in one pass. `None` if an escape is
    /// none, or is half of a pair.
    pub(super) fn plain_text(&mut self, out: &mut BytesMut) -> Result<Option<()>, Malformed> {
        let (before, start) = (*self, out.len());
        self.must(b'"', "a text")?;
        loop {
            let rest = self.rest.as_bytes();
            let run = usual(rest);
            let (plain, more) = rest.split_at_checked(run).unwrap_or_default();
            out.put_slice(plain);
            out.put_u8(match more {
                [b'"', ..] => {
                    self.forward(run + 1);
                    return Ok(Some(()));
                }
                [b'\\', b'n', ..] => b'\n',
                [b'\\', b'r', ..] => b'\r',
                [b'\\', b't', ..] => b'\t',
                [b'\\', itself @ (b'"' | b'\\'), ..] => *itself,
                // Another escape, or no text: the long way knows.
                _ => {
                    *self = before;
                    out.truncate(start);
                    let says = self.text()?.plain();
                    return Ok(says.map(|says| out.put_slice(says.as_bytes())));
                }
            });
            self.forward(run + 2);
        }
    }

    /// Takes `true` or `false`.
    pub(super) fn boolean(&mut self) -> Result<bool, Malformed> {
        for (word, value) in [("true", true), ("false", false)] {
            if self.takes_word(word) {
                return Ok(value);
            }
        }
        Err(self.missing("true or false"))
    }

    /// Takes the members of an object: for each, its name, and the scanner before its value, which `each` must
    /// take.
    pub(super) fn object<E: From<Malformed>>(
        &mut self,
        mut each: impl FnMut(&mut Self, Text<'a>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.must(b'{', "an object")?;
        if self.takes(b'}') {
            return Ok(());
        }
        loop {
            let name = self.text()?;
            self.must(b':', "a colon")?;
            each(self, name)?;
            if !self.takes(b',') {
                return Ok(self.must(b'}', "the end of an object")?);
            }
        }
    }

    /// Takes an array: for each element the scanner before it, which `each` must take.
    pub(super) fn array<E: From<Malformed>>(
        &mut self,
        mut each: impl FnMut(&mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        self.must(b'[', "an array")?;
        if self.takes(b']') {
            return Ok(());
        }
        loop {
            each(self)?;
            if !self.takes(b',') {
                return Ok(self.must(b']', "the end of an array")?);
            }
        }
    }

    /// Takes a value, whatever it is.
    pub(super) fn skip(&mut self) -> Result<(), Malformed> {
        self.skip_at(0)
    }

    fn skip_at(&mut self, depth: u8) -> Result<(), Malformed> {
        if depth > DEEPEST {
            return Err(self.missing("an end of the nesting"));
        }
        match self.peek() {
            Some(b'"') => self.text().map(drop),
            Some(b'{') => self.object(|inner, _| inner.skip_at(depth + 1)),
            Some(b'[') => self.array(|inner| inner.skip_at(depth + 1)),
            Some(b't' | b'f') => self.boolean().map(drop),
            Some(b'n') => self.null(),
            _ => self.number(),
        }
    }

    /// Takes `null`.
    pub(super) fn null(&mut self) -> Result<(), Malformed> {
        if self.takes_word("null") { Ok(()) } else { Err(self.missing("null")) }
    }

    /// Sees that nothing is left.
    pub(super) fn end(&mut self) -> Result<(), Malformed> {
        if self.peek().is_none() { Ok(()) } else { Err(self.missing("the end of the page")) }
    }

    /// Only counts stand as numbers in a page; those of items are texts.
    fn number(&mut self) -> Result<(), Malformed> {
        let length = self
            .rest
            .bytes()
            .take_while(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
        let length = length.count();
        let is_number = self.rest.get(..length).is_some_and(super::super::number::is_json);
        if !is_number {
            return Err(self.missing("a value"));
        }
        self.forward(length);
        Ok(())
    }

    fn takes_word(&mut self, word: &str) -> bool {
        self.peek();
        let is_next = self.rest.starts_with(word);
        if is_next {
            self.forward(word.len());
        }
        is_next
    }

    /// Takes that many bytes; all, if the place lies inside a character.
    fn forward(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }
}

/// How many bytes at the start are neither a quote, nor a backslash, nor a control character: eight are looked at
/// at once, since most texts of an event are short.
fn usual(bytes: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = ONES << 7;
    // The highest bit of each byte that is below another: exact up to the first such byte, which is the one asked
    // for.
    let below = |word: u64, limit: u64| word.wrapping_sub(ONES * limit) & !word & HIGHS;
    let is = |word: u64, byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    let (words, rest) = bytes.as_chunks::<8>();
    for (place, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let special = is(word, b'"') | is(word, b'\\') | below(word, 0x20);
        if special != 0 {
            return place * 8 + special.trailing_zeros() as usize / 8;
        }
    }
    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..b' ');
    words.len() * 8 + rest.iter().position(is_special).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_end_at_the_quote_that_is_not_escaped() {
        for (text, plain) in [
            (r#""""#, ""),
            (r#""a" "#, "a"),
            (r#""\"" "#, "\""),
            (r#""\\","#, "\\"),
            (r#""\\\"x""#, "\\\"x"),
            (r#""\ud83d\ude00ä""#, "\u{1F600}ä"),
        ] {
            let mut scanner = Scanner::new(text);
            assert_eq!(scanner.text().unwrap().plain().unwrap(), plain, "{text}");
        }
        for bad in ["", "\"", r#""\"#, r#""\""#, "\"a\nb\"", "a", "'a'", "\"\\ä"] {
            assert!(Scanner::new(bad).text().is_err(), "{bad:?}");
            assert!(Scanner::new(bad).plain_text(&mut BytesMut::new()).is_err(), "{bad:?}");
        }
        assert_eq!(Scanner::new(r#""\ud800""#).text().unwrap().plain(), None);
    }

    #[test]
    fn a_page_may_be_nested_as_deep_as_items_are_and_not_without_end() {
        let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        assert!(Scanner::new(&nested(70)).skip().is_ok());
        assert!(Scanner::new(&nested(100_000)).skip().is_err());
    }

    proptest! {
        /// Eight bytes at once or one by one: the same place.
        #[test]
        fn a_text_ends_at_its_first_special_byte(bytes in prop::collection::vec(any::<u8>(), 0..40), calm: bool) {
            let bytes: Vec<u8> = if calm { bytes.iter().map(|b| b | 0x80 | b << 1).collect() } else { bytes };
            let special = |byte: &u8| *byte < b' ' || *byte == b'"' || *byte == b'\\';
            prop_assert_eq!(usual(&bytes), bytes.iter().position(special).unwrap_or(bytes.len()));
        }

        /// However it is spelt, a text says what a parser that is not ours reads.
        #[test]
        fn a_text_says_what_another_parser_reads(
            parts in prop::collection::vec(prop_oneof![
                any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap()),
                prop::sample::select(vec![
                    r#""\/""#, r#""\b\f\n\r\t""#, r#""\"""#, r#""\\""#, r#""\u0041""#, r#""\ud83d\ude00""#, r#""\ud83d""#, r#""\x""#,
                ]).prop_map(ToOwned::to_owned),
            ], 0..5),
        ) {
            let inner: String = parts.iter().map(|part| &part[1..part.len() - 1]).collect();
            let quoted = format!("\"{inner}\"");
            let text = Scanner::new(&quoted).text().unwrap();
            let theirs = serde_json::from_str::<String>(&quoted).ok();
            let mut out = BytesMut::from("before");
            let mut scanner = Scanner::new(&quoted);
            let written = scanner.plain_text(&mut out).unwrap();
            scanner.end().unwrap();
            prop_assert_eq!(written.map(|()| out.freeze()), theirs.clone().map(|text| format!("before{text}").into()));
            prop_assert_eq!(text.plain().map(Cow::into_owned), theirs);
        }

        /// What it takes and what not is what a parser that is not ours takes.
        #[test]
        fn it_takes_what_is_json_and_nothing_else(text in r#"[\[\]{}",:\\ a1e.tru\-nlfs\n]{0,24}"#) {
            let mut scanner = Scanner::new(&text);
            let taken = scanner.skip().and_then(|()| scanner.end()).is_ok();
            let is_json = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
            // Escapes are looked at where a text is used.
            prop_assert!(taken == is_json || (taken && text.contains('\\')), "{text}");
        }
    }
}
