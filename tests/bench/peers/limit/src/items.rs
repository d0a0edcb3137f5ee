//! Converts a page's items to lines, in one pass without validation.

use memchr::{memchr2, memmem};

use crate::Result;

/// The start key of the next page as JSON, if there is one.
pub(crate) fn start_of_next(page: &[u8]) -> Option<&[u8]> {
    const NAME: &[u8] = b"\"LastEvaluatedKey\":";
    let tail = &page[page.len().saturating_sub(4096)..];
    let start = memmem::rfind(tail, NAME)? + NAME.len();
    let end = memmem::rfind(tail, b",\"ScannedCount\"")?;
    Some(&tail[start..end])
}

/// Calls `take` with each item's event.
pub(crate) fn each(
    page: &[u8],
    line: &mut Vec<u8>,
    take: &mut dyn FnMut(&[u8]) -> std::io::Result<()>,
) -> Result<()> {
    const ITEMS: &[u8] = b"\"Items\":[";
    let start = memmem::find(page, ITEMS).ok_or("a page without items")? + ITEMS.len();
    let mut reader = Reader { page, at: start };
    while reader.peek() == b'{' {
        line.clear();
        reader.item(line);
        take(line)?;
        if reader.peek() == b',' {
            reader.at += 1;
        }
    }
    Ok(())
}

struct Reader<'a> {
    page: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> u8 {
        self.page[self.at]
    }

    /// Reads an item, and writes the value of its event.
    fn item(&mut self, line: &mut Vec<u8>) {
        self.at += 1;
        loop {
            let name = self.string();
            self.at += 1;
            if name == b"\"event\"" {
                self.event(line);
            } else {
                // Keys are strings: {"S":"..."}
                self.at += b"{\"S\":".len();
                self.string();
                self.at += 1;
            }
            self.at += 1;
            if self.page[self.at - 1] == b'}' {
                return;
            }
        }
    }

    /// The event: a text is JSON already.
    fn event(&mut self, line: &mut Vec<u8>) {
        if self.page[self.at + 2] != b'S' {
            return self.value(line);
        }
        self.at += b"{\"S\":".len();
        let text = self.string();
        let mut rest = &text[1..text.len() - 1];
        while let Some(place) = memchr::memchr(b'\\', rest) {
            line.extend_from_slice(&rest[..place]);
            let taken = match rest[place + 1] {
                b'"' | b'\\' | b'/' => {
                    line.push(rest[place + 1]);
                    2
                }
                _ => escape(&rest[place..], line),
            };
            rest = &rest[place + taken..];
        }
        line.extend_from_slice(rest);
        self.at += 1;
    }

    /// A value, `{"<type>":<value>}`.
    fn value(&mut self, line: &mut Vec<u8>) {
        let kind = self.page[self.at + 2];
        let second = self.page[self.at + 3];
        self.at = self.at
            + 2
            + self.page[self.at + 2..].iter().position(|byte| *byte == b':').unwrap_or_default()
            + 1;
        match (kind, second) {
            (b'S', b'"') => line.extend_from_slice(self.string()),
            (b'N', b'"') => {
                let quoted = self.string();
                line.extend_from_slice(&quoted[1..quoted.len() - 1]);
            }
            (b'N', _) => {
                line.extend_from_slice(b"null");
                self.at += b"true".len();
            }
            (b'B', _) => {
                let is: &[u8] = if self.peek() == b't' { b"true" } else { b"false" };
                line.extend_from_slice(is);
                self.at += is.len();
            }
            (b'L', _) => self.list(line),
            _ => self.map(line),
        }
        self.at += 1;
    }

    fn list(&mut self, line: &mut Vec<u8>) {
        line.push(b'[');
        self.at += 1;
        while self.peek() != b']' {
            if self.peek() == b',' {
                line.push(b',');
                self.at += 1;
            }
            self.value(line);
        }
        line.push(b']');
        self.at += 1;
    }

    fn map(&mut self, line: &mut Vec<u8>) {
        line.push(b'{');
        self.at += 1;
        while self.peek() != b'}' {
            if self.peek() == b',' {
                line.push(b',');
                self.at += 1;
            }
            let name = self.string();
            line.extend_from_slice(name);
            line.push(b':');
            self.at += 1;
            self.value(line);
        }
        line.push(b'}');
        self.at += 1;
    }

    /// A string with its quotes, verbatim.
    fn string(&mut self) -> &'a [u8] {
        let start = self.at;
        self.at += 1;
        while let Some(offset) = memchr2(b'"', b'\\', &self.page[self.at..]) {
            self.at += offset + 1;
            if self.page[self.at - 1] == b'"' {
                break;
            }
            self.at += 1;
        }
        &self.page[start..self.at]
    }
}

/// Decodes one of the rarer escapes; returns its length.
fn escape(text: &[u8], line: &mut Vec<u8>) -> usize {
    let length = match text[1] {
        b'u' if text.get(2..4) == Some(b"d8") || text.get(2..4) == Some(b"D8") => 12,
        b'u' => 6,
        _ => 2,
    };
    let quoted = [b"\"", &text[..length], b"\""].concat();
    let plain: String = serde_json::from_slice(&quoted).unwrap_or_default();
    line.extend_from_slice(plain.as_bytes());
    length
}
