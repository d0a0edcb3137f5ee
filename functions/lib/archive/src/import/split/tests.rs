//! The same events are found in every wrapper and in whatever chunks they come. What is invalid is reported
//! with its position and costs no valid event. No input makes the splitter slow or large.

use proptest::prelude::*;

use super::*;

/// What was found: an object as it is written, or the lines and the reason of an invalid element.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Found {
    Object(String),
    Item(String),
    Invalid(u64, u64, String),
}

fn split(input: &[u8], pieces: usize) -> Vec<Found> {
    let mut splitter = Splitter::default();
    let mut found = Vec::new();
    for piece in input.chunks(pieces.max(1)) {
        splitter.feed(piece);
        drain(&mut splitter, &mut found);
        assert!(splitter.buffer.size() <= MAX_ELEMENT_BYTES + 2 * pieces + 16);
    }
    splitter.finish();
    drain(&mut splitter, &mut found);
    assert!(splitter.is_drained(), "{splitter:?}");
    assert_eq!(splitter.position().byte, input.len() as u64);
    found
}

fn drain(splitter: &mut Splitter, found: &mut Vec<Found>) {
    while let Some(piece) = splitter.next_element() {
        found.push(match piece {
            Element::Object { text, is_item: false, .. } => Found::Object(text.to_owned()),
            Element::Object { text, .. } => Found::Item(text.to_owned()),
            Element::Invalid(invalid) => {
                Found::Invalid(invalid.position.line, invalid.last_line, invalid.reason)
            }
        });
    }
}

fn objects(input: &str) -> Vec<String> {
    let object = |found| match found {
        Found::Object(text) => text,
        other => panic!("{input}: {other:?}"),
    };
    split(input.as_bytes(), 1 << 16).into_iter().map(object).collect()
}

/// The first and last lines of the invalid elements, and the number of objects.
fn invalid_lines(input: &str) -> (Vec<(u64, u64)>, usize) {
    let found = split(input.as_bytes(), 1 << 16);
    for pieces in [1, 7] {
        assert_eq!(split(input.as_bytes(), pieces), found, "in pieces of {pieces}");
    }
    let lines = found.iter().filter_map(|found| match found {
        Found::Invalid(first, last, _) => Some((*first, *last)),
        _ => None,
    });
    let lines: Vec<_> = lines.collect();
    let objects = found.len() - lines.len();
    (lines, objects)
}

#[test]
fn every_wrapper_contains_the_same_events() {
    let (a, b) = (r#"{"id":"a","x":"]},{"}"#, r#"{"id":"b","y":[{}, {"z":null}]}"#);
    for input in [
        format!("{a}\n{b}\n"),
        format!("\u{feff}{a}\r\n\r\n  \n{b}"),
        format!("{a}{b}"),
        format!("[{a},{b}]"),
        format!("[\n{a},\n{b}\n]\n"),
        format!("[\n{a},\n{b},\n]"),
        format!("[{a}]\n[{b}]"),
        format!("[]{a}[{b}][]"),
        format!("{{\"Records\":[{a},{b}]}}"),
        format!("{{ \"Records\" : [\n{a} ,\n {b}\n] , \"more\":[1,{{}}]\n}}"),
        format!("{{\"Records\":[{a}]}}\n{{\"Records\":[]}}{{\"Records\":[{b}]}}"),
        format!("{{\"Records\":[{a}]}}{b}"),
        format!("[{{\"Records\":[{a}]}},\n{{\"Records\":[{b}]}}]"),
        format!("\u{1e}{a}\n\u{1e}{b}\n"),
        format!("{a},\n{b},\n"),
        format!("\u{feff}[{a}]\u{feff}[{b}]"),
    ] {
        assert_eq!(objects(&input), [a, b], "{input}");
        for pieces in 1..input.len() {
            assert_eq!(split(input.as_bytes(), pieces), [Found::Object(a.into()), Found::Object(b.into())]);
        }
    }
    let scan =
        r#"{"Items":[{"pk":{"S":"a"}},{"pk":{"S":"b"}}],"Count":2,"ScannedCount":2,"ConsumedCapacity":null}"#;
    let items = [r#"{"pk":{"S":"a"}}"#, r#"{"pk":{"S":"b"}}"#].map(|item| Found::Item(item.into()));
    assert_eq!(split(scan.as_bytes(), 5), items);
    for empty in ["", "\n", "[]", "[\n]\n", r#"{"Records":[]}"#, "\u{feff}"] {
        assert_eq!(objects(empty), Vec::<String>::new());
    }
}

#[test]
fn invalid_elements_are_reported_by_their_lines_and_the_rest_is_found() {
    for (input, lines, objects) in [
        ("{}\nnonsense\n{}\n", vec![(2, 2)], 2),
        ("nonsense\nmore of it\n{}", vec![(1, 1), (2, 2)], 1),
        ("{}\n\"text\"\n7\nnull\n{}", vec![(2, 2), (3, 3), (4, 4)], 2),
        // A line that was cut off, with another one after it.
        ("{\"a\":1,\"b\":{\"c\n{\"a\":2}\n{}", vec![(1, 1)], 2),
        ("{\"a\":1,\n{\"a\":2}\n{}\n", vec![(1, 1)], 2),
        ("{\"a\":\n{\"a\":2}\n{}\n", vec![(1, 1)], 2),
        ("{\"a\":[1,\n{\"a\":2}\n{}\n", vec![(1, 1)], 2),
        ("{}\n{\"a\":1", vec![(2, 2)], 1),
        ("{}}\n{}", vec![(1, 1)], 2),
        // In a pretty-printed array the broken element ends where the next one begins.
        (
            "[\n  {\n    \"a\": x,\n    \"b\": [\n      {\n      }\n    ]\n  },\n  {\n    \"a\": 1\n  }\n]\n",
            vec![(2, 8)],
            1,
        ),
        ("[{},1,\"a\",[{}],null,{}]", vec![(1, 1), (1, 1), (1, 1), (1, 1)], 2),
        ("[\n{},\n{},\n", vec![(1, 4)], 2),
        ("{},\n{}\n]\n", vec![(3, 3)], 2),
        ("{\"Records\":[{},\n{}", vec![(1, 2)], 2),
        ("{\"Records\":[{}],\"a\":\n", vec![(1, 2)], 1),
        ("[{\"a\":x},{}]\n{}", vec![(1, 1)], 1),
        ("[{\"Records\":[{}]},\n{\"Records\":[{},x]}\n]", vec![(2, 2)], 2),
        ("{\"a\":\u{7f}1}\n{}", vec![(1, 1)], 1),
    ] {
        let (found, count) = invalid_lines(input);
        assert!(found.starts_with(&lines) && count == objects, "{input}: {found:?} and {count} objects");
    }
}

#[test]
fn a_reason_contains_the_position() {
    let reason = |input: &[u8]| {
        let reasons = split(input, 1 << 16).into_iter().find_map(|found| match found {
            Found::Invalid(.., reason) => Some(reason),
            _ => None,
        });
        reasons.expect("an invalid element")
    };
    for (input, words) in [
        (&b"{\"a\" 1}"[..], "not JSON: a colon is missing at column 6"),
        (b"{\n\"a\":1,\n}", "not JSON: a name in quotes is missing at line 3, column 1"),
        (b"{\"a\":1", "where the input ends; is it truncated?"),
        (b"{\"a\":\"b\nc\"}", "not JSON: the closing quote of a string is missing at column 8"),
        (b"{\"a\":\"\xff\"}", "not UTF-8 at line 1, column 7"),
        (b"[{\"a\":01},{}]", "the rest of its line was skipped"),
        (b"{}\n7", "not a JSON object"),
        (b"{}\nx", "not JSON"),
        (b"[{}", "not closed; is the input truncated?"),
    ] {
        let found = reason(input);
        assert!(found.contains(words), "{}: {found}", String::from_utf8_lossy(input));
    }
}

#[test]
fn an_element_that_is_too_long_is_skipped_and_the_rest_is_found() {
    let long = format!("{{\"a\":\"{}\"}}", "x".repeat(3 * MAX_ELEMENT_BYTES));
    let many = format!("{{\"a\":[{}1]}}", "[],".repeat(2 * MAX_ELEMENT_BYTES / 3));
    for input in [
        format!("{{}}\n{long}\n{{}}\n"),
        format!("[{{}},{long},{{}}]"),
        format!("{{\"Records\":[{{}},{many},{{}}]}}"),
        format!("{{}}\n{}\n{{}}", &long[..2 * MAX_ELEMENT_BYTES]),
        format!("[{{}},\n{}\n,{{}}]", &many[..2 * MAX_ELEMENT_BYTES - 1]),
    ] {
        let found = split(input.as_bytes(), 1 << 16);
        let objects = found.iter().filter(|found| matches!(found, Found::Object(_))).count();
        let invalid: Vec<_> = found.iter().filter(|found| matches!(found, Found::Invalid(..))).collect();
        let Some(Found::Invalid(.., reason)) = invalid.first() else {
            panic!("{input:.60}: nothing is invalid")
        };
        assert!(objects == 2 && reason.contains("longer than 4 MB"), "{input:.60}: {objects}, {reason}");
    }
}

#[test]
fn hostile_input_costs_no_more_than_reading_it() {
    // Each line could be the start of an element that contains all the following ones.
    let nested = "{\"a\":[\n".repeat(300_000);
    let (lines, objects) = {
        let found = split(nested.as_bytes(), 1 << 16);
        (found.len(), found.iter().filter(|found| matches!(found, Found::Object(_))).count())
    };
    assert!(lines > 0 && objects == 0);
    for endless in
        ["[", "{\"a\":", "\"", "{", "]", "\\", ",", "\n", " ", "\u{1e}", "}", "1", "{\"Records\":["]
    {
        let input = endless.repeat((5 << 20) / endless.len());
        drop(split(input.as_bytes(), 1 << 16));
    }
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(objects_of(&format!("{deep}\n{{}}\n")), 2);
}

fn objects_of(input: &str) -> usize {
    split(input.as_bytes(), 1 << 16).iter().filter(|found| matches!(found, Found::Object(_))).count()
}

#[test]
fn a_complete_element_is_returned_before_more_input_comes() {
    let mut splitter = Splitter::default();
    splitter.feed(b"{\"a\":1}\n{\"b\"");
    assert!(matches!(splitter.next_element(), Some(Element::Object { text: "{\"a\":1}", .. })));
    assert!(splitter.next_element().is_none() && !splitter.is_drained());
    splitter.feed(b":2}\n");
    let second = splitter.next_element();
    assert!(
        matches!(second, Some(Element::Object { text: "{\"b\":2}", position, .. }) if position.line == 2)
    );
    assert!(splitter.is_drained() && splitter.next_element().is_none() && splitter.is_drained());
}

fn event() -> impl Strategy<Value = String> {
    let text = any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap());
    let value = prop_oneof![
        text.clone(),
        "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,9})?(e[+-]?[0-9]{1,4})?",
        Just("[{\"a\" : [ ]}, null,true]".to_owned()),
        Just("\"\\ud83d\"".to_owned()),
    ];
    prop::collection::vec((text, value), 0..4).prop_map(|members| {
        let members: Vec<String> = members.iter().map(|(name, value)| format!("{name}:{value}")).collect();
        format!("{{\"n\":0{}{}}}", if members.is_empty() { "" } else { "," }, members.join(","))
    })
}

/// The events in one of several wrappers.
fn wrapped(events: &[String], form: u8) -> String {
    let pretty = |event: &String| event.replace("{\"n\":0", "{\n  \"n\": 0");
    match form % 7 {
        0 => events.join("\n"),
        1 => format!("[{}]", events.join(",")),
        2 => format!("[\n{}\n]\n", events.join(",\n")),
        3 => format!("{{\"Records\":[{}],\"more\":{{}}}}", events.join(", ")),
        4 => events.concat(),
        5 => format!("[\r\n\t{}\r\n]", events.iter().map(pretty).collect::<Vec<_>>().join(",\r\n\t")),
        _ => format!("\u{1e}{}\n", events.join("\n\u{1e}")),
    }
}

proptest! {
    #[test]
    fn any_wrapper_and_any_chunks_give_the_same_events(
        events in prop::collection::vec(prop::collection::vec(event(), 1..4), 1..4),
        forms in prop::collection::vec(any::<u8>(), 4), pieces in 1usize..40,
    ) {
        let input: String =
            events.iter().zip(&forms).map(|(events, form)| wrapped(events, *form) + "\n").collect();
        let found = split(input.as_bytes(), pieces);
        let found: Vec<String> = found
            .into_iter()
            .map(|found| match found {
                Found::Object(text) => super::super::compact(&text),
                other => panic!("{input}: {other:?}"),
            })
            .collect();
        let events: Vec<String> = events.iter().flatten().map(|event| super::super::compact(event)).collect();
        prop_assert_eq!(found, events);
    }

    /// A line that is cut off anywhere costs only that line, and is reported.
    #[test]
    fn a_broken_line_costs_only_itself(
        events in prop::collection::vec(event(), 3..6), line in 0usize..3,
        cut in any::<prop::sample::Index>(), pieces in 1usize..40,
    ) {
        let mut lines = events.clone();
        let mut end = cut.index(lines[line].len());
        while !lines[line].is_char_boundary(end) {
            end -= 1;
        }
        lines[line].truncate(end);
        let input = lines.join("\n") + "\n";
        let found = split(input.as_bytes(), pieces);
        for (number, event) in events.iter().enumerate().filter(|(number, _)| *number != line) {
            let expected = Found::Object(event.clone());
            prop_assert!(found.contains(&expected), "line {} of {}: {:?}", number, input, found);
        }
        prop_assert!(end == 0 || found.iter().any(|found| matches!(found, Found::Invalid(..))), "{}", input);
    }

    /// No input panics or hangs, and the result does not depend on the chunks.
    #[test]
    fn any_bytes_in_any_chunks_give_the_same_result(
        bytes in prop::collection::vec(any::<u8>(), 0..60),
        near in "[\\[\\]{}\",:\\\\a1\n \u{1e}é]{0,60}", wrap: bool, pieces in 1usize..9,
    ) {
        let near = if wrap { format!("{{\"Records\":[{near}") } else { near };
        for input in [bytes.as_slice(), near.as_bytes()] {
            prop_assert_eq!(split(input, pieces), split(input, 1 << 16));
        }
    }
}
