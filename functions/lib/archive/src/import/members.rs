//! Finds fields in JSON text without decoding them. Values are returned as they are written, so a number
//! keeps its digits and a string its escapes. The text is valid JSON but not necessarily an event; for an
//! event, [`crate::event::find`] does the same in the pass that validates it.

use std::borrow::Cow;

use super::scan::string_end;
use crate::event::FieldPath;

/// The value of a field as it is written. Of two members with the same name the last one counts, as in most
/// JSON readers.
pub(super) fn find<'a>(object: &'a str, path: &FieldPath) -> Option<&'a str> {
    path.steps().iter().try_fold(object, |value, token| match value.as_bytes().first()? {
        b'{' => members(value).filter(|(name, _)| equals(name, token)).last().map(|(_, value)| value),
        b'[' => {
            let is_index =
                token.bytes().all(|b| b.is_ascii_digit()) && (token == "0" || !token.starts_with('0'));
            elements(value).nth(token.parse().ok().filter(|_| is_index)?)
        }
        _ => None,
    })
}

/// The members of an object: each name with its quotes, and its value as it is written.
pub(super) fn members(object: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = object.get(1..).unwrap_or_default();
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches([' ', '\t', '\n', '\r', ',']);
        let (name, tail) = value(rest).filter(|(name, _)| name.starts_with('"'))?;
        let tail = tail.trim_start_matches([' ', '\t', '\n', '\r', ':']);
        let (value, tail) = value(tail)?;
        rest = tail;
        Some((name, value))
    })
}

/// The elements of an array as they are written.
pub(super) fn elements(array: &str) -> impl Iterator<Item = &str> {
    let mut rest = array.get(1..).unwrap_or_default();
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches([' ', '\t', '\n', '\r', ',']);
        let (value, tail) = value(rest).filter(|(value, _)| !value.is_empty())?;
        rest = tail;
        Some(value)
    })
}

/// The content of a JSON string. `None` for any other value, and for a string with half of a surrogate pair.
pub(super) fn unescape(quoted: &str) -> Option<Cow<'_, str>> {
    let inner = quoted.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') {
        serde_json::from_str(quoted).ok().map(Cow::Owned)
    } else {
        Some(Cow::Borrowed(inner))
    }
}

fn equals(quoted: &str, expected: &str) -> bool {
    unescape(quoted).is_some_and(|name| name == expected)
}

/// The value at the start, and the text after it.
fn value(text: &str) -> Option<(&str, &str)> {
    let bytes = text.as_bytes();
    let end = match bytes.first()? {
        b'"' => string_end(bytes),
        b'{' | b'[' => container_end(bytes),
        _ => bytes
            .iter()
            .position(|b| matches!(b, b',' | b']' | b'}' | b' ' | b'\t' | b'\n' | b'\r'))
            .unwrap_or(bytes.len()),
    };
    text.split_at_checked(end)
}

/// The index after the closing bracket of the object or array at the start.
fn container_end(bytes: &[u8]) -> usize {
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                at += string_end(bytes.get(at..).unwrap_or_default());
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            break;
        }
    }
    at.min(bytes.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn at<'a>(object: &'a str, path: &str) -> Option<&'a str> {
        find(object, &FieldPath::new(path))
    }

    #[test]
    fn a_field_is_returned_as_it_is_written() {
        let object = r#"{ "n" : 1.50 , "d" : {"a/b":[10, {"t~":"x\u00e4"}]}, "\u0061b":"]}" ,"last":12345678901234567890123}"#;
        for (path, value) in [
            ("n", Some("1.50")),
            ("/n", Some("1.50")),
            ("ab", Some(r#""]}""#)),
            ("last", Some("12345678901234567890123")),
            ("/d/a~1b/0", Some("10")),
            ("/d/a~1b/1/t~0", Some(r#""x\u00e4""#)),
            ("/d/a~1b/2", None),
            ("/d/a~1b/00", None),
            ("/d/a~1b/-1", None),
            ("d/a", None),
            ("/n/x", None),
            ("", None),
        ] {
            assert_eq!(at(object, path), value, "{path}");
        }
        assert_eq!(at(r#"{"a":1,"a":2}"#, "a"), Some("2"));
        assert_eq!(at(r#"{"k\ud83d":1,"a":2}"#, "a"), Some("2"));
        assert_eq!(unescape(r#""\ud83d""#), None);
        assert_eq!(unescape("12"), None);
    }

    #[test]
    fn deep_nesting_is_supported() {
        let deep = format!("{{\"a\":{}1{},\"b\":2}}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(at(&deep, "b"), Some("2"));
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<i64>().prop_map(Value::from),
            "[a-c\"\\\\/~{}\\[\\], :é]{0,6}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-c/~\"]{0,2}", inner, 0..4).prop_map(Value::from_iter),
            ]
        })
    }

    proptest! {
        /// A pointer finds the same value as another library does, whatever the white space.
        #[test]
        fn a_pointer_finds_what_another_library_finds(
            value in any_json(), path in "(/([a-c]|~0|~1|\"|[0-2]){0,2}){1,3}", pretty: bool,
        ) {
            let value = serde_json::json!({"a": value});
            let print =
                if pretty { serde_json::to_string_pretty::<Value> } else { serde_json::to_string::<Value> };
            let text = print(&value).unwrap();
            for path in [path.clone(), format!("/a{path}")] {
                let ours = at(&text, &path).map(|text| serde_json::from_str::<Value>(text).unwrap());
                prop_assert_eq!(ours.as_ref(), value.pointer(&path), "{} {}", text, path);
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>(), near in "[{}\\[\\]\",:\\\\a1 é]{0,30}") {
            for text in [text, near] {
                let _ = (at(&text, "a"), at(&text, "/a/0/b"));
                let _ = (members(&text).count(), elements(&text).count());
            }
        }
    }
}
