//! Recognizes what Auditferry itself wrote into a customer's files when such a file is imported. A heartbeat
//! is not an event of the product; the record of an unreadable item contains the original.

use std::borrow::Cow;

use super::members::{find, plain};
use crate::event::FieldPath;
use crate::generated_events::UNREADABLE_TYPE;

/// What a JSON object is to an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Own<'a> {
    /// An event of the product.
    Event(&'a str),
    /// A heartbeat: "nothing happened".
    Heartbeat,
    /// The record of an unreadable item, with the text that the product wrote.
    Original(Cow<'a, str>),
    /// The record of an unreadable item without its original.
    Withheld,
}

/// The fields of each record besides its type. An event of the product with the same type won't have all of
/// them.
const HEARTBEAT: [&str; 4] = ["connector", "window", "part", "next_expected_by"];
const OF_UNREADABLE: [&str; 3] = ["partition_key", "sort_key", "reason"];

/// Classifies the text of a JSON object.
#[must_use]
pub fn own(object: &str) -> Own<'_> {
    let field = |name: &str| find(object, &FieldPath::new(name));
    let has_all = |names: &[&str]| names.iter().all(|name| field(name).is_some());
    // Hardly any event contains this word.
    if memchr::memmem::find(object.as_bytes(), b"auditferry.").is_none() {
        return Own::Event(object);
    }
    match field("type").and_then(plain).as_deref() {
        Some("auditferry.heartbeat") if has_all(&HEARTBEAT) => Own::Heartbeat,
        Some(UNREADABLE_TYPE) if has_all(&OF_UNREADABLE) => {
            let raw = field("raw").and_then(plain).map(Own::Original);
            let event = || {
                field("event").filter(|event| event.starts_with('{')).map(Cow::Borrowed).map(Own::Original)
            };
            raw.or_else(event).unwrap_or(Own::Withheld)
        }
        _ => Own::Event(object),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_records_are_told_from_events() {
        let heartbeat = r#"{"id":"heartbeat-con_1-1","time":"2026-11-20T21:05:01.000Z","type":"auditferry.heartbeat","connector":"con_1","window":{},"part":42,"next_expected_by":"x"}"#;
        let record = |rest: &str| {
            format!(
                r#"{{"type":"auditferry.unreadable","partition_key":"a","sort_key":"b","reason":"c"{rest}}}"#
            )
        };
        assert_eq!(own(heartbeat), Own::Heartbeat);
        assert_eq!(own(&record("")), Own::Withheld);
        assert_eq!(own(&record(r#","raw":"{\"n\":1e400}""#)), Own::Original(r#"{"n":1e400}"#.into()));
        assert_eq!(own(&record(r#","event":{"n":1}"#)), Own::Original(r#"{"n":1}"#.into()));
        for event in [
            r#"{"type":"auditferry.heartbeat","id":1}"#,
            r#"{"type":"auditferry.unreadable","id":1}"#,
            r#"{"x":"auditferry.unreadable","partition_key":"a","sort_key":"b","reason":"c"}"#,
            "{}",
        ] {
            assert_eq!(own(event), Own::Event(event));
        }
    }
}
