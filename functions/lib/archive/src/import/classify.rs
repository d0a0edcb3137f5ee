//! Recognizes what Auditferry itself wrote into a customer's files when such a file is imported. A heartbeat
//! is not an event of the product; the record of an unreadable item contains the original.

use std::borrow::Cow;

use super::members::{find, unescape};
use crate::event::FieldPath;
use crate::generated_events::{HEARTBEAT_TYPE, UNREADABLE_TYPE};

/// What a JSON object is to an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportObject<'a> {
    /// An event of the product.
    Event(&'a str),
    /// A heartbeat: "nothing happened".
    Heartbeat,
    /// The record of an unreadable item, with the text that the product wrote.
    UnreadableOriginal(Cow<'a, str>),
    /// The record of an unreadable item without its original.
    UnreadableWithheld,
}

/// The fields of each record besides its type. An event of the product with the same type won't have all of
/// them.
const HEARTBEAT_FIELDS: [&str; 4] = ["connector", "window", "part", "next_expected_by"];
const UNREADABLE_FIELDS: [&str; 3] = ["partition_key", "sort_key", "reason"];

/// Classifies the text of a JSON object.
#[must_use]
pub fn classify(object: &str) -> ImportObject<'_> {
    let field = |name: &str| find(object, &FieldPath::new(name));
    let has_all = |names: &[&str]| names.iter().all(|name| field(name).is_some());
    // Hardly any event contains this word.
    if memchr::memmem::find(object.as_bytes(), b"auditferry.").is_none() {
        return ImportObject::Event(object);
    }
    match field("type").and_then(unescape).as_deref() {
        Some(HEARTBEAT_TYPE) if has_all(&HEARTBEAT_FIELDS) => ImportObject::Heartbeat,
        Some(UNREADABLE_TYPE) if has_all(&UNREADABLE_FIELDS) => {
            let raw = field("raw").and_then(unescape).map(ImportObject::UnreadableOriginal);
            let event = || {
                field("event")
                    .filter(|event| event.starts_with('{'))
                    .map(Cow::Borrowed)
                    .map(ImportObject::UnreadableOriginal)
            };
            raw.or_else(event).unwrap_or(ImportObject::UnreadableWithheld)
        }
        _ => ImportObject::Event(object),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auditferrys_own_records_are_distinguished_from_events() {
        let heartbeat = r#"{"id":"heartbeat-con_1-1","time":"2026-11-20T21:05:01.000Z","type":"auditferry.heartbeat","connector":"con_1","window":{},"part":42,"next_expected_by":"x"}"#;
        let record = |rest: &str| {
            format!(
                r#"{{"type":"auditferry.unreadable","partition_key":"a","sort_key":"b","reason":"c"{rest}}}"#
            )
        };
        assert_eq!(classify(heartbeat), ImportObject::Heartbeat);
        assert_eq!(classify(&record("")), ImportObject::UnreadableWithheld);
        assert_eq!(
            classify(&record(r#","raw":"{\"n\":1e400}""#)),
            ImportObject::UnreadableOriginal(r#"{"n":1e400}"#.into())
        );
        assert_eq!(
            classify(&record(r#","event":{"n":1}"#)),
            ImportObject::UnreadableOriginal(r#"{"n":1}"#.into())
        );
        for event in [
            r#"{"type":"auditferry.heartbeat","id":1}"#,
            r#"{"type":"auditferry.unreadable","id":1}"#,
            r#"{"x":"auditferry.unreadable","partition_key":"a","sort_key":"b","reason":"c"}"#,
            "{}",
        ] {
            assert_eq!(classify(event), ImportObject::Event(event));
        }
    }
}
