//! The names and scalar values of an event, without regard to where they are.

use memchr::memchr2;

/// A name or a scalar value as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'t> {
    /// A string, with its quotes, that has a backslash.
    Escaped(&'t [u8]),
    /// The content of a string without one.
    Plain(&'t [u8]),
    /// A number, `true` or `false`.
    Literal(&'t [u8]),
}

/// The names and scalar values of a valid event, in its order, except `null`.
#[derive(Debug)]
pub(super) struct Tokens<'t> {
    rest: &'t [u8],
}

impl<'t> Tokens<'t> {
    pub(super) const fn new(event: &'t [u8]) -> Self {
        Self { rest: event }
    }

    /// Takes that many bytes.
    fn take(&mut self, count: usize) -> &'t [u8] {
        let (taken, rest) = self.rest.split_at_checked(count).unwrap_or((self.rest, &[]));
        self.rest = rest;
        taken
    }

    /// Takes the string whose quote comes next.
    fn string(&mut self) -> Token<'t> {
        let mut read = 1;
        let mut is_escaped = false;
        while let Some(place) = self.rest.get(read..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
            read += place + 1;
            if self.rest.get(read - 1) == Some(&b'"') {
                break;
            }
            is_escaped = true;
            read += 1;
        }
        match self.take(read) {
            quoted if is_escaped => Token::Escaped(quoted),
            [_, content @ .., _] => Token::Plain(content),
            _ => Token::Plain(&[]),
        }
    }
}

impl<'t> Iterator for Tokens<'t> {
    type Item = Token<'t>;

    fn next(&mut self) -> Option<Token<'t>> {
        loop {
            match self.rest.first()? {
                b'"' => return Some(self.string()),
                b'-' | b'0'..=b'9' | b't' | b'f' | b'n' => {
                    let is_inside =
                        |byte: &&u8| !matches!(byte, b',' | b']' | b'}' | b' ' | b'\t' | b'\n' | b'\r');
                    let literal = self.take(self.rest.iter().take_while(is_inside).count());
                    if literal != b"null" {
                        return Some(Token::Literal(literal));
                    }
                }
                _ => drop(self.take(1)),
            }
        }
    }
}
