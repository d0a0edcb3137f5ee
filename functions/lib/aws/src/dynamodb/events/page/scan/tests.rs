//! The tests of `scan`.

use std::borrow::Cow;

use super::*;
use proptest::prelude::*;

#[test]
fn strings_end_at_the_quote_that_is_not_escaped() {
    for (text, plain) in [
        (r#""""#, ""),
        (r#""a" "#, "a"),
        (r#""\"" "#, "\""),
        (r#""\\","#, "\\"),
        (r#""\\\"x""#, "\\\"x"),
        (r#""\ud83d\ude00ä""#, "\u{1F600}ä"),
    ] {
        let mut scanner = Scanner::new(text);
        assert_eq!(scanner.string().unwrap().unescape().unwrap(), plain, "{text}");
    }
    for bad in ["", "\"", r#""\"#, r#""\""#, "\"a\nb\"", "a", "'a'", "\"\\ä"] {
        assert!(Scanner::new(bad).string().is_err(), "{bad:?}");
        assert!(Scanner::new(bad).unescape_into(&mut BytesMut::new()).is_err(), "{bad:?}");
    }
    assert_eq!(Scanner::new(r#""\ud800""#).string().unwrap().unescape(), None);
}

#[test]
fn a_page_may_be_nested_as_deep_as_items_but_not_without_limit() {
    let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    assert!(Scanner::new(&nested(70)).skip().is_ok());
    assert!(Scanner::new(&nested(100_000)).skip().is_err());
}

proptest! {
    /// Whatever its escapes, a string has the content that an independent parser reads.
    #[test]
    fn a_string_has_the_content_that_another_parser_reads(
        parts in prop::collection::vec(prop_oneof![
            any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap()),
            prop::sample::select(vec![
                r#""\/""#, r#""\b\f\n\r\t""#, r#""\"""#, r#""\\""#, r#""\u0041""#,
                r#""\ud83d\ude00""#, r#""\ud83d""#, r#""\x""#,
            ]).prop_map(ToOwned::to_owned),
        ], 0..5),
    ) {
        let inner: String = parts.iter().map(|part| &part[1..part.len() - 1]).collect();
        let quoted = format!("\"{inner}\"");
        let text = Scanner::new(&quoted).string().unwrap();
        let theirs = serde_json::from_str::<String>(&quoted).ok();
        let mut out = BytesMut::from("before");
        let mut scanner = Scanner::new(&quoted);
        let written = scanner.unescape_into(&mut out).unwrap();
        scanner.end().unwrap();
        let expected: Option<bytes::Bytes> = theirs.clone().map(|text| format!("before{text}").into());
        prop_assert_eq!(written.map(|()| out.freeze()), expected);
        prop_assert_eq!(text.unescape().map(Cow::into_owned), theirs);
    }

    /// It accepts exactly what an independent parser accepts.
    #[test]
    fn it_accepts_exactly_json(text in r#"[\[\]{}",:\\ a1e.tru\-nlfs\n]{0,24}"#) {
        let mut scanner = Scanner::new(&text);
        let is_accepted = scanner.skip().and_then(|()| scanner.end()).is_ok();
        let is_json = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
        // Escapes are validated where a string is used.
        prop_assert!(is_accepted == is_json || (is_accepted && text.contains('\\')), "{text}");
    }
}
