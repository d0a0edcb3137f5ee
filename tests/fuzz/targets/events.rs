//! Event texts: the one function that decides what an event is, compared with a parser that decodes all of
//! it. Whatever the text, what is written of it makes a file that parses.
#![no_main]

use archive::encode::FileWriter;
use archive::event;
use archive::event::{FieldPath, MAX_DEPTH};
use archive::generated_events::{is_unreadable_record, unreadable_record};
use archive::item::{EventKey, OriginalContent, SourceItem, Unreadable};
use archive::part::{Compression, Encoding, Format};
use archive::sort_key::SortKey;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|text: &str| {
    let value: Option<Value> = serde_json::from_str(text).ok();
    let object = value.filter(|value| value.is_object() && depth(value) <= MAX_DEPTH);
    let line = match event::one_line(text.to_owned()) {
        Ok(line) => {
            let object = object.as_ref().expect("what is accepted decodes");
            let expected: Vec<u8> = text.bytes().filter(|b| *b != b'\n' && *b != b'\r').collect();
            assert_eq!(line, expected, "more than line breaks were changed");
            values(text, object);
            line.to_vec()
        }
        Err(error) => {
            assert!(object.is_none(), "{text:?} is refused: {error}");
            error.kind.is_object().then(|| record(text, &error)).unwrap_or_default()
        }
    };
    if !line.is_empty() {
        assert_eq!(event::check(&line).map(|checked| checked.has_line_breaks), Ok(false));
        file(&line);
    }
});

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(inner) => 1 + inner.iter().map(depth).max().unwrap_or_default(),
        Value::Object(inner) => 1 + inner.values().map(depth).max().unwrap_or_default(),
        _ => 0,
    }
}

/// The last value of a field is the one that the other parser returns.
fn values(text: &str, object: &Value) {
    let paths = ["id", "/a", "/a/b", "/a/0"];
    let found = event::find(text.as_bytes(), &paths.map(FieldPath::new)).expect("it was accepted");
    for (index, path) in paths.iter().enumerate().filter(|(index, _)| !found.is_repeated(*index)) {
        let theirs = if path.starts_with('/') { object.pointer(path) } else { object.get(path) };
        let ours = found.last(index).map(|json| serde_json::from_str::<Value>(json).expect("a value"));
        assert_eq!(ours.as_ref(), theirs, "{path} of {text:?}");
    }
    let theirs = object.get("id");
    let ours = found.last(0).map(|json| serde_json::from_str::<Value>(json).expect("a value"));
    assert_eq!(ours.as_ref(), theirs, "the last `id` of {text:?}");
}

/// The unreadable record for an object that is not an event.
fn record(text: &str, error: &event::EventError) -> Vec<u8> {
    let why = Unreadable {
        partition_key: "acme".to_owned(),
        sort_key: "x".to_owned(),
        reason: error.kind.into(),
        detail: error.to_string(),
        original: Some(OriginalContent::Raw(text.to_owned())),
    };
    let item = SourceItem {
        key: EventKey { sort: b"x".to_vec(), tie_breaker: b"acme".to_vec() },
        sort_key: SortKey::Text("x".to_owned()),
        time: None,
        content: Err(why.clone()),
    };
    let record = unreadable_record(&item, &why).expect("a record");
    assert!(is_unreadable_record(&record));
    record
}

/// Valid JSON, whatever the event contains: one element between the brackets.
fn file(line: &[u8]) {
    let mut writer =
        FileWriter::new(Encoding { format: Format::Json, compression: Compression::None }).expect("a writer");
    writer.push(line).expect("an event");
    let head = writer.take();
    let (rest, encoded) = writer.finish().expect("a file");
    let bytes = [head, rest].concat();
    assert_eq!(bytes.len() as u64, encoded.size);
    let events: Vec<Value> = serde_json::from_slice(&bytes).expect("a file that parses");
    assert_eq!(events.len(), 1);
}
