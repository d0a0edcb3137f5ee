//! Compares [`check`] with an independent parser.

use std::fmt;

use proptest::prelude::*;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::*;

/// The levels of valid JSON. A parser that decodes keeps only one of the values of a repeated name, so it
/// can't say.
fn depth(text: &str) -> usize {
    let (mut level, mut deepest, mut in_string, mut is_escaped) = (0, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_string => is_escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                level += 1;
                deepest = deepest.max(level);
            }
            b'}' | b']' if !in_string => level -= 1,
            _ => {}
        }
    }
    deepest
}

/// The expected result, by a parser that decodes the whole text. That parser stops at 128 levels by itself.
fn is_event(text: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(text) else { return false };
    let value: Option<Value> = serde_json::from_str(text).ok();
    value.is_some_and(|value| value.is_object() && depth(text) <= MAX_DEPTH)
}

/// An object by the grammar alone.
fn is_object(text: &[u8]) -> bool {
    let begins = text.trim_ascii_start().first() == Some(&b'{');
    std::str::from_utf8(text).is_ok() && begins && serde_json::from_slice::<IgnoredAny>(text).is_ok()
}

/// JSON strings as they are written, valid and broken.
fn any_text() -> impl Strategy<Value = String> {
    let parts = vec![
        "a",
        "id",
        "",
        "\u{1F600}",
        "\u{2028}",
        "\u{7f}",
        r"\n",
        r"\/",
        r#"\""#,
        r"\\",
        r"\u0000",
        r"\u0041",
        r"\u00e9",
        r"\uD83D\uDE00",
        r"\ud83d\ude00",
        r"\ud83d",
        r"\ude00",
        r"\ud83d\ud83d",
        r"\ud83dx",
        r"\ud83d\n",
        r"\uD8",
        r"\x",
        "\u{1}",
        "\t",
        "eight by",
        "sixteen bytes ab",
    ];
    prop::collection::vec(prop::sample::select(parts), 0..4)
        .prop_map(|parts| format!("\"{}\"", parts.concat()))
}

fn sound_text() -> impl Strategy<Value = String> {
    any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap())
}

fn any_number() -> impl Strategy<Value = String> {
    let digits = |count: usize| "1".repeat(count);
    prop_oneof![
        "-?(0|[1-9][0-9]{0,40})(\\.[0-9]{1,5})?([eE][+-]?[0-9]{1,4})?",
        "[-+.eE0-9]{1,8}",
        prop::sample::select(vec![
            "1e400".to_owned(),
            "-1e400".to_owned(),
            "1e-400".to_owned(),
            "0e999999999999".to_owned(),
            "1E99999999999999999999".to_owned(),
            "1.7976931348623157e308".to_owned(),
            "1.7976931348623159e308".to_owned(),
            "-0".to_owned(),
            digits(308),
            digits(309),
            "9".repeat(309),
            digits(400),
            format!("0.{}", digits(400)),
            format!("-{}.5e-300", digits(400)),
        ]),
    ]
}

/// JSON that is valid, or broken in one of the ways that matter.
pub(crate) fn any_json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        4 => sound_text(),
        1 => any_text(),
        2 => "-?(0|[1-9][0-9]{0,17})",
        1 => any_number(),
        2 => prop::sample::select(vec!["true", "false", "null", "[]", "{}"]).prop_map(str::to_owned),
        1 => prop::sample::select(vec!["tru", "", "NaN", "'a'", "\u{feff}1"]).prop_map(str::to_owned),
    ];
    let space = prop::sample::select(vec!["", "", "", " ", "\n", "\r\n\t"]);
    let name = prop_oneof![3 => "\"[abi]d?\"", 1 => any_text(), 1 => Just(r#""\u0061""#.to_owned())];
    let nested = leaf.prop_recursive(4, 24, 4, move |inner| {
        let member = (name.clone(), space.clone(), inner.clone())
            .prop_map(|(name, space, value)| format!("{space}{name}{space}:{space}{value}{space}"));
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(|inner| format!("[{}]", inner.join(","))),
            prop::collection::vec(member, 0..4).prop_map(|inner| format!("{{{}}}", inner.join(","))),
        ]
    });
    (nested, prop_oneof![8 => Just(0usize), 1 => 90..110usize, 1 => 0..40_000usize], any::<bool>()).prop_map(
        |(inner, around, is_array)| {
            let (opens, closes) = if is_array { ("[", "]") } else { ("{\"a\":", "}") };
            format!("{{\"n\":{}{inner}{}}}", opens.repeat(around), closes.repeat(around))
        },
    )
}

/// The same, with one byte removed or inserted.
fn near_json() -> impl Strategy<Value = Vec<u8>> {
    let changed = (any_json(), any::<prop::sample::Index>(), any::<Option<u8>>());
    let changed = changed.prop_map(|(text, place, byte)| {
        let mut bytes = text.into_bytes();
        let place = place.index(bytes.len());
        match byte {
            Some(byte) => bytes.insert(place, byte),
            None => drop(bytes.remove(place)),
        }
        bytes
    });
    prop_oneof![2 => any_json().prop_map(String::into_bytes), 1 => changed, 1 => any::<Vec<u8>>(),
        1 => "[\\[\\]{}\",:\\\\ \r\n0-9a-z.-]{0,40}".prop_map(String::into_bytes)]
}

/// An object's members as they are written, including repeated names.
pub(crate) struct Members<'t>(pub(crate) Vec<(String, &'t RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        from.deserialize_map(Each)
    }
}

/// The values of a path, and whether a name on the path is repeated.
pub(crate) fn by_hand<'t>(json: &'t str, steps: &[String], repeated: &mut bool) -> Vec<&'t str> {
    let Some((step, below)) = steps.split_first() else { return vec![json] };
    let children: Vec<&str> = if let Ok(Members(members)) = serde_json::from_str(json) {
        let same = members.iter().filter(|(name, _)| name == step).map(|(_, value)| value.get());
        let same: Vec<_> = same.collect();
        *repeated |= same.len() > 1;
        same
    } else if let Ok(elements) = serde_json::from_str::<Vec<&RawValue>>(json) {
        let place = step.parse::<usize>().ok().filter(|place| place.to_string() == *step);
        place.and_then(|place| elements.get(place)).map(|element| element.get()).into_iter().collect()
    } else {
        Vec::new()
    };
    children.into_iter().flat_map(|child| by_hand(child, below, repeated)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn it_accepts_exactly_what_another_parser_decodes(text in near_json()) {
        match check(&text) {
            Ok(checked) => {
                prop_assert!(is_event(&text));
                let broken = text.iter().any(|byte| matches!(byte, b'\n' | b'\r'));
                prop_assert_eq!(checked.has_line_breaks, broken);
            }
            Err(why) => {
                prop_assert!(!is_event(&text), "{}", why);
                prop_assert_eq!(why.kind.is_object(), is_object(&text), "{}", why);
                prop_assert!(why.line >= 1 && why.column <= text.len());
            }
        }
    }

    #[test]
    fn an_event_as_a_line_is_unchanged_except_for_line_breaks(text in near_json()) {
        let Ok(line) = one_line(text.clone()) else { return Ok(()) };
        let kept: Vec<u8> = text.into_iter().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
        prop_assert_eq!(&line, &kept);
        prop_assert_eq!(check(&line), Ok(Checked { has_line_breaks: false }));
    }

    #[test]
    fn all_values_of_a_field_are_found_however_they_are_written(text in near_json()) {
        let paths =
            ["id", "a", "/a/b", "/a/a/id", "/a/0", "/a/1/b", "/n/0/0", "/n/a", "/n/a/a", "/n/00", ""];
        let paths = paths.map(FieldPath::new);
        let found = find(&text, &paths);
        prop_assert_eq!(found.clone().err(), check(&text).err());
        let Ok(found) = found else { return Ok(()) };
        let text = std::str::from_utf8(&text).unwrap();
        for (place, path) in paths.iter().enumerate() {
            let mut repeated = false;
            let values = by_hand(text, path.steps(), &mut repeated);
            prop_assert_eq!(found.all(place).collect::<Vec<_>>(), values);
            prop_assert_eq!(found.is_repeated(place), repeated);
        }
    }
}

fn why(text: impl AsRef<[u8]>) -> Option<EventErrorKind> {
    check(text.as_ref()).err().map(|not| not.kind)
}

#[test]
fn what_some_reader_rejects_is_not_an_event() {
    use EventErrorKind::{LoneSurrogate, NotAnObject, NotJson, NotUtf8, NumberRange};
    for (text, expected) in [
        (r#"{"id":"a","k\ud83d":1}"#, LoneSurrogate),
        (r#"{"a":"\ude00\ud83d"}"#, LoneSurrogate),
        (r#"{"a":"\ud83d\u0041"}"#, LoneSurrogate),
        (r#"{"a":1e400}"#, NumberRange),
        (r#"{"a":[-1e400]}"#, NumberRange),
        (r#"{"a":1.7976931348623159e308}"#, NumberRange),
        ("1e400", NotAnObject),
        (r#""\ud83d""#, NotAnObject),
        ("[{}]", NotAnObject),
        ("null", NotAnObject),
        ("", NotJson),
        ("{", NotJson),
        ("{} {}", NotJson),
        ("{}\0", NotJson),
        ("\u{feff}{}", NotJson),
        ("{\"a\":\"\u{1}\"}", NotJson),
        ("{\"a\":\"\t\"}", NotJson),
        (r#"{"a":1,}"#, NotJson),
        (r#"{"a":01}"#, NotJson),
        (r#"{"a":NaN}"#, NotJson),
        ("{a:1}", NotJson),
        ("{\"a\":1}\u{a0}", NotJson),
        // A syntax error takes precedence, wherever it is.
        (r#"{"a":1e400,"b":}"#, NotJson),
        (r#"{"a\ud83d":1"#, NotJson),
    ] {
        assert_eq!(why(text), Some(expected), "{text}");
    }
    assert_eq!(why(b"{\"a\":\"\xff\"}"), Some(NotUtf8));
    assert_eq!(why(b"{\"a\":\"\xed\xa0\xbd\"}"), Some(NotUtf8), "half of a surrogate pair as bytes");
    assert_eq!(why(format!("{{\"a\":{}}}", "1".repeat(400))), Some(NumberRange));
}

#[test]
fn what_every_reader_accepts_is_an_event_byte_for_byte() {
    for text in [
        "{}",
        r#"{"b":1.00, "a":"x\ud83d\ude00\u2028\u0000", "n":12345678901234567890123456789012345678}"#,
        r#"{"tiny":1e-400,"none":-0.0e0,"large":1.7976931348623157E308}"#,
        r#"{"a":1,"a":2,"":{"":null}}"#,
        "\t{\"\u{7f}\u{e000}\":[true,false]} ",
    ] {
        assert_eq!(one_line(text).unwrap(), text);
    }
    assert_eq!(one_line("{\r\n  \"a\": 1\n}\n").unwrap(), "{  \"a\": 1}");
}

#[test]
fn a_hundred_levels_are_valid_and_a_hundred_thousand_are_rejected() {
    let nested = |levels: usize| format!("{{\"a\":{}{}}}", "[".repeat(levels - 1), "]".repeat(levels - 1));
    assert_eq!(why(nested(MAX_DEPTH)), None);
    assert_eq!(why(nested(MAX_DEPTH + 1)), Some(EventErrorKind::Nesting));
    assert_eq!(why(nested(100_000)), Some(EventErrorKind::Nesting));
    assert_eq!(why("{\"a\":".repeat(100_000)), Some(EventErrorKind::NotJson));
}

#[test]
fn an_error_contains_the_position_and_never_the_content() {
    for (text, words) in [
        ("{\"a\":", "not JSON at line 1, column 5"),
        ("{\n\"secret\":\"\\ud83d\"}", "half of a surrogate pair at line 2, column 17"),
        ("{\"secret\": 1e999}", "a number beyond the range of a double at line 1, column 12"),
        ("17", "not a JSON object at line 1, column 1"),
    ] {
        assert_eq!(check(text.as_bytes()).unwrap_err().to_string(), words);
    }
    assert_eq!(check(b"{\"\xff").unwrap_err().to_string(), "not UTF-8 at line 1, column 3");
}

#[test]
fn a_path_is_a_name_or_a_pointer() {
    let event = br#"{"a/b":{"m~n":[1,{"x":2}],"":3},"/":4,"who":{"org/unit":"acme"}}"#;
    let paths =
        ["/a~1b/m~0n/1/x", "/a~1b/", "/~1", "/who/org~1unit", "a/b", "/a~1b/m~0n/01"].map(FieldPath::new);
    let found = find(event, &paths).unwrap();
    let values = [0, 1, 2, 3, 5].map(|path| found.last(path));
    assert_eq!(values, [Some("2"), Some("3"), Some("4"), Some("\"acme\""), None]);
    assert_eq!(found.last(4), Some(r#"{"m~n":[1,{"x":2}],"":3}"#));
    assert_eq!(FieldPath::new("/a/b").inside("event"), FieldPath::new("/event/a/b"));
}

#[test]
fn a_repeated_field_is_reported_on_each_level_of_its_path() {
    let paths = ["tenant", "/a/b"].map(FieldPath::new);
    for (event, values, repeated) in [
        (
            r#"{"tenant":"acme","ten\u0061nt":"other"}"#,
            [vec!["\"acme\"", "\"other\""], vec![]],
            [true, false],
        ),
        (r#"{"a":{"b":1},"a":{"b":2}}"#, [vec![], vec!["1", "2"]], [false, true]),
        (r#"{"a":{"b":1},"a":7}"#, [vec![], vec!["1"]], [false, true]),
        (r#"{"a":{"b":1,"b":1}}"#, [vec![], vec!["1", "1"]], [false, true]),
        (r#"{"x":[{"a":{"b":1}},{"a":{"b":2}}],"a":{"c":{"b":3}}}"#, [vec![], vec![]], [false, false]),
    ] {
        let found = find(event.as_bytes(), &paths).unwrap();
        assert_eq!([0, 1].map(|path| found.all(path).collect::<Vec<_>>()), values, "{event}");
        assert_eq!([0, 1].map(|path| found.is_repeated(path)), repeated, "{event}");
    }
}
