//! Removes insignificant white space from JSON text.

use super::scan::string_end;

/// The text without white space between its tokens; strings are left as they are.
#[must_use]
pub fn compact(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    // Every second piece is a string.
    while let Some((outside, quoted)) = split(rest) {
        out.extend(outside.chars().filter(|c| !is_space(*c)));
        let end = string_end(quoted.as_bytes());
        let (inner, tail) = quoted.split_at_checked(end).unwrap_or((quoted, ""));
        out.push_str(inner);
        rest = tail;
    }
    out.extend(rest.chars().filter(|c| !is_space(*c)));
    out
}

/// Whether two JSON texts differ only in white space between tokens.
#[must_use]
pub fn is_same(one: &str, other: &str) -> bool {
    one == other || compact(one) == compact(other)
}

fn split(text: &str) -> Option<(&str, &str)> {
    text.split_at_checked(memchr::memchr(b'"', text.as_bytes())?)
}

const fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    #[test]
    fn strings_stay_unchanged() {
        assert_eq!(compact("{ \"a b\" : [ 1 ,\r\n\t\"\\\" x \"] }\n"), r#"{"a b":[1,"\" x "]}"#);
        assert!(is_same("{\"a\": 1}", "{\n  \"a\" :1\n}") && !is_same("{\"a\":\"\"}", "{\"a\":\" \"}"));
        assert!(!is_same("{\"a\":1.0}", "{\"a\":1}"));
    }

    proptest! {
        #[test]
        fn a_pretty_text_becomes_compact_again(
            texts in prop::collection::vec(any::<String>(), 0..4), n: i64,
        ) {
            let value: Value = serde_json::json!({"a": texts, "b c": {"n": n, "e": {}, "l": []}});
            let tight = serde_json::to_string(&value).unwrap();
            prop_assert_eq!(compact(&serde_json::to_string_pretty(&value).unwrap()), tight.clone());
            prop_assert_eq!(compact(&tight), tight);
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>(), near in "[\"\\\\ a\n]{0,12}") {
            let _ = (compact(&text), compact(&near));
        }
    }
}
