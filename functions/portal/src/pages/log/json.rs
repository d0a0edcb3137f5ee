//! An event's JSON for people: indented, with every token as it was written; and the places in it with their
//! values.
//!
//! It reads tokens and not values, so numbers keep their digits, names their order, and nothing is lost of a
//! name that stands twice.

use archive::event::FieldPath;

/// The text with line breaks and indentation. What is no JSON comes back as it is.
pub(super) fn pretty(text: &str) -> String {
    let mut pretty = String::with_capacity(text.len() * 2);
    let mut depth = 0usize;
    let mut rest = text.char_indices().peekable();
    while let Some((start, char)) = rest.next() {
        match char {
            '"' => {
                let end = end_of_string(text, start);
                pretty.push_str(text.get(start..end).unwrap_or_default());
                while rest.next_if(|(at, _)| *at < end).is_some() {}
            }
            '{' | '[' => {
                pretty.push(char);
                while rest.next_if(|(_, next)| next.is_ascii_whitespace()).is_some() {}
                if let Some((_, close)) = rest.next_if(|(_, next)| matches!(next, '}' | ']')) {
                    pretty.push(close);
                } else {
                    depth += 1;
                    line(&mut pretty, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut pretty, depth);
                pretty.push(char);
            }
            ',' => {
                pretty.push(',');
                line(&mut pretty, depth);
            }
            ':' => pretty.push_str(": "),
            white if white.is_ascii_whitespace() => {}
            other => pretty.push(other),
        }
    }
    pretty
}

/// How far a line is indented at most: an event may be nested a hundred times.
const MAX_INDENTATION: usize = 20;

fn line(pretty: &mut String, depth: usize) {
    pretty.push('\n');
    for _ in 0..depth.min(MAX_INDENTATION) {
        pretty.push_str("  ");
    }
}

/// The end of the string that begins here, its quotes included.
fn end_of_string(text: &str, start: usize) -> usize {
    let mut is_escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(start + 1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// A place in an event, and the token there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Leaf<'t> {
    pub(super) path: FieldPath,
    pub(super) token: &'t str,
}

/// The places of the event that have a text, a number, a boolean or an empty object or array, in order: at
/// most `limit`, and whether there are more. Arrays are one place, as filters see them.
pub(super) fn leaves(text: &str, limit: usize) -> (Vec<Leaf<'_>>, bool) {
    let mut leaves = Vec::new();
    let mut reader = Reader { text, at: 0 };
    let is_whole = reader.object("", limit, &mut leaves).is_some();
    (leaves, !is_whole)
}

/// Reads tokens from the front.
struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    /// The members of the object at this pointer; `None` if the limit is reached, or the text is no object.
    fn object(&mut self, parent: &str, limit: usize, leaves: &mut Vec<Leaf<'t>>) -> Option<()> {
        self.take(b'{')?;
        if self.take(b'}').is_some() {
            return Some(());
        }
        loop {
            let name = self.string()?;
            let name: String = serde_json::from_str(name).ok()?;
            self.take(b':')?;
            // RFC 6901, section 3.
            let place = format!("{parent}/{}", name.replace('~', "~0").replace('/', "~1"));
            if self.peek()? == b'{' && !self.is_empty_object() {
                self.object(&place, limit, leaves)?;
            } else {
                if leaves.len() == limit {
                    return None;
                }
                leaves.push(Leaf { path: FieldPath::new(&place), token: self.value()? });
            }
            if self.take(b'}').is_some() {
                return Some(());
            }
            self.take(b',')?;
        }
    }

    /// One whole value, nested ones included.
    fn value(&mut self) -> Option<&'t str> {
        self.peek()?;
        let start = self.at;
        let mut depth = 0usize;
        loop {
            match self.text.as_bytes().get(self.at)? {
                b'"' => self.at = end_of_string(self.text, self.at),
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' => {
                    if depth == 0 {
                        break;
                    }
                    depth -= 1;
                    self.at += 1;
                }
                b',' if depth == 0 => break,
                _ => self.at += 1,
            }
            if depth == 0 && matches!(self.text.as_bytes().get(start), Some(b'"' | b'{' | b'[')) {
                break;
            }
        }
        self.text.get(start..self.at).map(str::trim_end)
    }

    fn string(&mut self) -> Option<&'t str> {
        if self.peek()? != b'"' {
            return None;
        }
        let (start, end) = (self.at, end_of_string(self.text, self.at));
        self.at = end;
        self.text.get(start..end)
    }

    fn is_empty_object(&self) -> bool {
        self.text.get(self.at + 1..).is_some_and(|rest| rest.trim_start().starts_with('}'))
    }

    /// The next byte that is no white space.
    fn peek(&mut self) -> Option<u8> {
        while self.text.as_bytes().get(self.at)?.is_ascii_whitespace() {
            self.at += 1;
        }
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    #[test]
    fn every_token_stays_as_it_was_written() {
        let text = r#"{"b":1.0e3,"a":{"x":[],"y":[1,{}],"\u00e9\"":"a{b,c:[d\\"},"b":12345678901234567890}"#;
        let expected = r#"{
  "b": 1.0e3,
  "a": {
    "x": [],
    "y": [
      1,
      {}
    ],
    "\u00e9\"": "a{b,c:[d\\"
  },
  "b": 12345678901234567890
}"#;
        assert_eq!(pretty(text), expected);
    }

    #[test]
    fn places_have_their_pointers_and_end_at_the_limit() {
        let text = r#"{"a/b":{"x":"1","e":{}}, "list": [1, {"y":2}] ,"n":null,"t":true}"#;
        let (found, has_more) = leaves(text, 10);
        let found: Vec<_> = found.iter().map(|leaf| (leaf.path.pointer(), leaf.token)).collect();
        let expected = [
            ("/a~1b/x", "\"1\""),
            ("/a~1b/e", "{}"),
            ("/list", "[1, {\"y\":2}]"),
            ("/n", "null"),
            ("/t", "true"),
        ];
        assert_eq!(found, expected.map(|(pointer, token)| (pointer.to_owned(), token)));
        assert!(!has_more);
        assert_eq!((leaves(text, 2).0.len(), leaves(text, 2).1), (2, true));
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".{0,6}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(".{0,4}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_pretty_text_is_the_same_value_and_each_place_has_its_own(
            members in prop::collection::btree_map(".{0,4}", json(), 0..5),
        ) {
            let value = Value::Object(members.into_iter().collect());
            let text = value.to_string();
            prop_assert_eq!(&serde_json::from_str::<Value>(&pretty(&text)).unwrap(), &value);
            let (found, has_more) = leaves(&text, 1_000);
            prop_assert!(!has_more);
            for leaf in found {
                let at = value.pointer(&leaf.path.pointer()).unwrap();
                prop_assert_eq!(&serde_json::from_str::<Value>(leaf.token).unwrap(), at);
            }
        }
    }
}
