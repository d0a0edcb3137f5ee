//! Distinguishes an event from a wrapper of many by the beginning of the object.
//!
//! CloudTrail's files are `{"Records":[…]}`; `aws dynamodb scan` prints `{"Items":[…]}` with typed
//! attributes. Either may have gigabytes on one line, so its beginning has to decide.

/// The beginning of a wrapper has at most this many bytes.
const MAX_PREAMBLE_BYTES: usize = 1024;
/// DynamoDB's attribute types (Amazon DynamoDB API reference, `AttributeValue`).
pub(super) const ATTRIBUTE_TYPES: [&str; 10] = ["S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS"];

/// How a value begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opening {
    /// Too few bytes to decide.
    Incomplete,
    /// A value that is no wrapper.
    Value,
    /// A wrapper of events; its first element, or its end, follows after that many bytes.
    Records(usize),
    /// A wrapper of DynamoDB items, likewise.
    Items(usize),
}

/// Reads the beginning of a value. `is_all` means that no more bytes follow.
pub(super) fn opening(bytes: &[u8], is_all: bool) -> Opening {
    let mut cursor = Cursor { rest: bytes.get(..MAX_PREAMBLE_BYTES).unwrap_or(bytes), all: bytes.len() };
    match cursor.opening() {
        Some(opening) => opening,
        None if is_all || bytes.len() >= MAX_PREAMBLE_BYTES => Opening::Value,
        None => Opening::Incomplete,
    }
}

struct Cursor<'a> {
    rest: &'a [u8],
    all: usize,
}

impl Cursor<'_> {
    /// `None` if the bytes end before it is decided.
    fn opening(&mut self) -> Option<Opening> {
        if !self.accept(b"{")? {
            return Some(Opening::Value);
        }
        // DynamoDB itself and some of its clients put the counts first.
        while self.accept(b"\"Count\"")? || self.accept(b"\"ScannedCount\"")? {
            if !self.accept(b":")? {
                return Some(Opening::Value);
            }
            self.peek()?;
            while let [b'0'..=b'9', rest @ ..] = self.rest {
                self.rest = rest;
            }
            if !self.accept(b",")? {
                return Some(Opening::Value);
            }
        }
        let is_items = if self.accept(b"\"Records\"")? {
            false
        } else if self.accept(b"\"Items\"")? {
            true
        } else {
            return Some(Opening::Value);
        };
        if !self.accept(b":")? || !self.accept(b"[")? {
            return Some(Opening::Value);
        }
        let offset = self.all.min(MAX_PREAMBLE_BYTES) - self.rest.len();
        if self.peek()? == b']' || (!is_items && self.peek()? == b'{') {
            return Some(if is_items { Opening::Items(offset) } else { Opening::Records(offset) });
        }
        // The event of a shop may have `Items` too, so the first attribute must look typed.
        Some(if is_items && self.is_typed()? { Opening::Items(offset) } else { Opening::Value })
    }

    /// Whether an item with typed attributes follows.
    fn is_typed(&mut self) -> Option<bool> {
        if !self.accept(b"{")? || !self.accept(b"\"")? {
            return Some(false);
        }
        loop {
            let (byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            match byte {
                b'"' => break,
                b'\\' => self.rest = self.rest.get(1..)?,
                _ => {}
            }
        }
        if !self.accept(b":")? || !self.accept(b"{")? || !self.accept(b"\"")? {
            return Some(false);
        }
        let end = self.rest.iter().position(|byte| *byte == b'"')?;
        Some(ATTRIBUTE_TYPES.iter().any(|name| self.rest.get(..end) == Some(name.as_bytes())))
    }

    /// The next byte that is not white space; it is not consumed.
    fn peek(&mut self) -> Option<u8> {
        while let [b' ' | b'\t' | b'\n' | b'\r', rest @ ..] = self.rest {
            self.rest = rest;
        }
        self.rest.first().copied()
    }

    /// Consumes these bytes if they come next, ignoring white space before them. `None` if the input ends
    /// within them.
    fn accept(&mut self, literal: &[u8]) -> Option<bool> {
        self.peek()?;
        let next = self.rest.get(..literal.len()).unwrap_or(self.rest);
        if !literal.starts_with(next) {
            return Some(false);
        }
        self.rest = self.rest.get(literal.len()..)?;
        Some(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrappers_are_detected_by_their_beginning_and_events_are_not() {
        for (text, opening) in [
            (r#"{"Records":[{"eventTime""#, Opening::Records(12)),
            ("{ \"Records\" : [\n  { ", Opening::Records(15)),
            (r#"{"Records":[]}"#, Opening::Records(12)),
            (r#"{"Records":[1,2],"id":1}"#, Opening::Value),
            (r#"{"Records":{"a":1}}"#, Opening::Value),
            (r#"{"Recorded":[{}]}"#, Opening::Value),
            (r#"{"time":1,"Records":[{}]}"#, Opening::Value),
            (r#"{"Items":[{"pk":{"S":"acme"}}]}"#, Opening::Items(10)),
            (r#"{"Items":[{"a \" b":{"BOOL":true}}]}"#, Opening::Items(10)),
            (r#"{"Items":[],"Count":0}"#, Opening::Items(10)),
            (r#"{"Count":12,"ScannedCount": 12, "Items":[{"a":{"N":"1"}}]}"#, Opening::Items(41)),
            (r#"{"Count":12,"id":1}"#, Opening::Value),
            (r#"{"Count":"x","Items":[]}"#, Opening::Value),
            (r#"{"Items":[{"sku":"S"}],"time":1}"#, Opening::Value),
            (r#"{"Items":[{"sku":{"size":1}}],"time":1}"#, Opening::Value),
            (r#"{"Items":[1]}"#, Opening::Value),
            ("{}", Opening::Value),
            ("[", Opening::Value),
        ] {
            assert_eq!(super::opening(text.as_bytes(), true), opening, "{text}");
        }
    }

    #[test]
    fn more_bytes_are_requested_only_while_undecided() {
        let text = r#"{"Records" : [ {"eventTime":1}]}"#;
        for end in 0..text.len() {
            let start = &text.as_bytes()[..end];
            let expected = if end < 16 { Opening::Incomplete } else { Opening::Records(14) };
            assert_eq!(super::opening(start, false), expected, "{end}");
        }
        let long = format!("{{\"Items\":[{{\"{}", "x".repeat(2000));
        assert_eq!(super::opening(long.as_bytes(), false), Opening::Value);
    }
}
