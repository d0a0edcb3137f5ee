//! The tests of `scan`.

use proptest::prelude::*;
use serde::de::IgnoredAny;

use super::*;

/// The length of the value at the start, bytes; `None` if it is incomplete.
fn length(text: &[u8], pieces: usize) -> Option<usize> {
    let (mut scan, mut length) = (ValueScanner::default(), 0);
    for piece in text.chunks(pieces.max(1)) {
        let (consumed, step) = scan.advance(piece);
        length += consumed;
        match step {
            Step::More => assert_eq!(consumed, piece.len()),
            Step::Done => return Some(length),
            Step::Invalid(_) => return None,
        }
    }
    scan.is_whole().then_some(length)
}

#[test]
fn a_value_ends_where_it_ends() {
    for (value, tail) in [
        (r#"{"a":[1,2,{"b":null}],"c":"}\"]"}"#, "}"),
        ("[]", "]"),
        ("{}", "\n{}"),
        (r#""a\u00e4\\""#, "\""),
        ("-0.5e+10", ","),
        ("true", "x"),
        ("12", " "),
    ] {
        let text = format!("{value}{tail}");
        for pieces in 1..=text.len() {
            assert_eq!(length(text.as_bytes(), pieces), Some(value.len()), "{text}");
        }
    }
}

#[test]
fn nesting_costs_one_bit_per_level_and_is_limited() {
    let deep = format!("{}1{}", "[{\"a\":".repeat(100_000), "}]".repeat(100_000));
    assert_eq!(length(deep.as_bytes(), 1 << 16), Some(deep.len()));
    let mut scan = ValueScanner::default();
    let endless = vec![b'['; MAX_DEPTH];
    assert_eq!(scan.advance(&endless), (MAX_DEPTH, Step::More));
    assert_eq!(scan.advance(b"["), (0, Step::Invalid("the end of the nesting is missing")));
    assert_eq!(scan.nesting.words.len() * 64, MAX_DEPTH);
}

proptest! {
    /// It accepts exactly what an independent parser accepts, in whatever chunks the input comes.
    #[test]
    fn it_accepts_exactly_json(
        text in r#"[\[\]{}",:\\ a1e.tru\-nlfs\n/u0]{0,24}"#, pieces in 1usize..9,
    ) {
        // In an array, since the two parsers treat the end of a bare number differently.
        let text = format!("[{text}");
        let mut values = serde_json::Deserializer::from_str(&text).into_iter::<IgnoredAny>();
        let theirs = values.next().and_then(Result::ok).map(|_| values.byte_offset());
        prop_assert_eq!(length(text.as_bytes(), pieces), theirs, "{}", text);
    }

    #[test]
    fn values_of_another_writer_are_accepted_completely(
        texts in prop::collection::vec(any::<String>(), 0..4), number in any::<f64>(),
        pieces in 1usize..9,
    ) {
        let value = serde_json::json!({"a": texts, "n": number, "o": [{}, [], null, true]});
        for text in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
            prop_assert_eq!(length(text.as_bytes(), pieces), Some(text.len()));
        }
    }
}
