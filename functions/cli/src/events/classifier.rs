//! Classifies an object of a file: an event with its key, an entry to skip, or the reason why it can't be
//! imported. [`archive::event`] decides what an event is.

use std::borrow::Cow;
use std::sync::Arc;

use archive::event::EventErrorKind;
use archive::import::{ImportObject, KeyError, KeyFieldGuess, KeyFields, classify, compact};
use aws::dynamodb::events::{EventsTable, ExportedItem, ExportedItemError, NewEvent};

/// Records of unreadable items may be nested, but deeper nesting has no use.
const MAX_RECORD_DEPTH: u8 = 3;

/// The class of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Classification {
    /// An event to import.
    Event {
        /// The event with its key.
        event: NewEvent,
        /// Why exports will contain a record instead of it, if they will.
        unreadable: Option<EventErrorKind>,
    },
    /// One of Auditferry's own heartbeats, which is skipped.
    Heartbeat,
    /// An item of a partition that does not belong to the tenant.
    Foreign(String),
    /// An entry that can't be imported.
    Rejected {
        /// Why it can't be imported.
        reason: String,
        /// Its fields, if the time or the ID was not found.
        guess: Option<Box<KeyFieldGuess>>,
    },
}

/// Classifies the objects of all files.
#[derive(Debug)]
pub(super) struct Classifier {
    keys: KeyFields,
    layout: Arc<EventsTable>,
    partitions: Vec<String>,
    /// Whether a hint about the fields was returned already.
    has_hinted: bool,
}

impl Classifier {
    /// `partitions` are the tenant's partitions in a table with this layout.
    pub(super) const fn new(keys: KeyFields, layout: Arc<EventsTable>, partitions: Vec<String>) -> Self {
        Self { keys, layout, partitions, has_hinted: false }
    }

    /// Classifies the text of a JSON object. `is_item`: it has typed attributes.
    pub(super) fn classify(&mut self, text: &str, is_item: bool) -> Classification {
        self.classify_at_depth(text, is_item, 0)
    }

    fn classify_at_depth(&mut self, text: &str, is_item: bool, depth: u8) -> Classification {
        if is_item {
            return self
                .classify_item(text)
                .unwrap_or_else(|| rejected("its attributes are not typed, unlike those of its neighbors"));
        }
        if let Some(item) = exported_item(text)
            && let Some(classification) = self.classify_item(item)
        {
            return classification;
        }
        match classify(text) {
            ImportObject::Event(text) => self.classify_event(text),
            ImportObject::Heartbeat => Classification::Heartbeat,
            ImportObject::UnreadableOriginal(original) if depth < MAX_RECORD_DEPTH => {
                self.classify_at_depth(&original, false, depth + 1)
            }
            ImportObject::UnreadableOriginal(_) | ImportObject::UnreadableWithheld => {
                rejected("a record of an unreadable event, without the original")
            }
        }
    }

    fn classify_event(&mut self, text: &str) -> Classification {
        match self.keys.read(text) {
            Ok(key) => Classification::Event {
                event: NewEvent::new(key.time, key.id.into_owned(), one_line(text).into_owned()),
                unreadable: key.unreadable,
            },
            Err(error) => {
                let guesses = error.is_missing() && !std::mem::replace(&mut self.has_hinted, true);
                let guess = guesses.then(|| Box::new(KeyFieldGuess::new(text)));
                Classification::Rejected { reason: reason(&error), guess }
            }
        }
    }

    /// Classifies an item; `None` if it is not one.
    fn classify_item(&mut self, item: &str) -> Option<Classification> {
        Some(match ExportedItem::read(item, &self.layout) {
            Ok(ExportedItem::Object(object)) => self.classify_event(&object),
            Ok(ExportedItem::Event { partition, .. }) if !self.partitions.contains(&partition) => {
                Classification::Foreign(partition)
            }
            Ok(ExportedItem::Event { time, partition, sort_key, body }) => {
                let unreadable = archive::event::check(body.as_bytes()).err().map(|not| not.kind);
                Classification::Event {
                    event: NewEvent::verbatim(time, partition, sort_key, body),
                    unreadable,
                }
            }
            Err(ExportedItemError::NotTyped) => return None,
            Err(error @ (ExportedItemError::KeysOnly | ExportedItemError::UnsupportedValue(_))) => {
                rejected(error.to_string())
            }
        })
    }
}

fn rejected(reason: impl Into<String>) -> Classification {
    Classification::Rejected { reason: reason.into(), guess: None }
}

/// The reason, with the option that fixes it.
fn reason(error: &KeyError) -> String {
    match error {
        KeyError::NoTime(_) => format!("{error}; name the field of the time with --time-field"),
        KeyError::NoId(_) => format!("{error}; name the field of the unique ID with --id-field"),
        KeyError::AmbiguousNumber { .. } => {
            format!("{error}; name its unit with --time-form epoch_seconds or --time-form epoch_millis")
        }
        _ => error.to_string(),
    }
}

/// An event on one line: unchanged, or without the white space between its tokens.
fn one_line(text: &str) -> Cow<'_, str> {
    let has_lines = memchr::memchr2(b'\n', b'\r', text.as_bytes()).is_some();
    if has_lines { Cow::Owned(compact(text)) } else { Cow::Borrowed(text) }
}

/// The item of a line of DynamoDB's export, `{"Item":{…}}` (Amazon DynamoDB developer guide, "DynamoDB table
/// export output format").
fn exported_item(text: &str) -> Option<&str> {
    const SPACE: [char; 4] = [' ', '\t', '\n', '\r'];
    let inner = text.strip_prefix('{')?.trim_start_matches(SPACE).strip_prefix("\"Item\"")?;
    let item = inner.trim_start_matches(SPACE).strip_prefix(':')?.trim_start_matches(SPACE);
    let item = item.strip_suffix('}')?.trim_end_matches(SPACE);
    // With other members it is an event that happens to have a field of that name.
    (item.starts_with('{') && item.ends_with('}')).then_some(item)
}

#[cfg(test)]
mod tests {
    use archive::import::TimeForm;

    use super::*;

    fn classify(text: &str) -> Classification {
        let keys = KeyFields::new("time", "id", TimeForm::Rfc3339);
        let layout = Arc::new(EventsTable::default_layout("events"));
        Classifier::new(keys, layout, vec!["acme#0".into(), "acme#1".into()]).classify(text, false)
    }

    fn event(text: &str) -> (String, String, Option<EventErrorKind>) {
        match classify(text) {
            Classification::Event { event, unreadable } => {
                (event.sort_key(), event.body().to_owned(), unreadable)
            }
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn an_event_is_imported_byte_for_byte() {
        let text = r#"{"time":"2023-07-10T13:42:18+02:00", "n":12345678901234567890123, "id":"a"}"#;
        assert_eq!(event(text), ("2023-07-10T11:42:18.000Z#a".into(), text.into(), None));
        let lines = "{\r\n  \"time\": \"2023-07-10T11:42:18Z\",\n  \"id\": \"a b\"\n}";
        assert_eq!(event(lines).1, r#"{"time":"2023-07-10T11:42:18Z","id":"a b"}"#);
    }

    #[test]
    fn json_that_some_readers_reject_is_imported_unchanged() {
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        for (value, why) in [
            ("1e400", EventErrorKind::NumberRange),
            (r#""\ud83d""#, EventErrorKind::LoneSurrogate),
            (deep.as_str(), EventErrorKind::Nesting),
        ] {
            let text = format!(r#"{{"time":"2023-07-10T11:42:18Z","id":1.50,"x":{value}}}"#);
            assert_eq!(event(&text), ("2023-07-10T11:42:18.000Z#1.50".into(), text.clone(), Some(why)));
        }
        let digits = "9".repeat(300);
        let text = format!(r#"{{"time":"2023-07-10T11:42:18Z","id":1,"x":{digits}}}"#);
        assert_eq!(event(&text).2, None);
    }

    #[test]
    fn a_line_of_an_export_becomes_its_event_with_its_own_keys() {
        let item = |partition: &str, rest: &str| {
            format!(
                r#"{{ "Item" : {{"pk":{{"S":"{partition}"}},"sk":{{"S":"2023-07-10T11:42:18.5+00:00#x"}}{rest}}} }}"#
            )
        };
        let body = r#","event":{"S":"{\"id\": 7}"},"gsi1":{"S":"x"}"#;
        // `+00:00` means UTC as `Z` does, and is kept unchanged.
        if let Classification::Event { event, .. } = classify(&item("acme#1", body)) {
            assert_eq!(
                (event.sort_key().as_str(), event.body()),
                ("2023-07-10T11:42:18.5+00:00#x", r#"{"id": 7}"#)
            );
        }
        let of_z = |text: String| text.replace("+00:00", "Z");
        let (key, event, _) = event(&of_z(item("acme#1", body)));
        assert_eq!((key.as_str(), event.as_str()), ("2023-07-10T11:42:18.5Z#x", r#"{"id": 7}"#));
        assert_eq!(classify(&of_z(item("globex", body))), Classification::Foreign("globex".into()));
        assert!(
            matches!(classify(&of_z(item("acme#1", ""))), Classification::Rejected { reason, .. } if reason.contains("only keys"))
        );
    }

    #[test]
    fn an_item_of_another_table_is_plain_json() {
        let item = r#"{"Item":{"id":{"N":"12345678901234567890123456789012345678"},"time":{"S":"2023-07-10T11:42:18Z"},"tags":{"SS":["b","a"]}}}"#;
        let (key, body, _) = event(item);
        assert_eq!(key, "2023-07-10T11:42:18.000Z#12345678901234567890123456789012345678");
        assert_eq!(
            body,
            r#"{"id":12345678901234567890123456789012345678,"time":"2023-07-10T11:42:18Z","tags":["a","b"]}"#
        );
    }

    #[test]
    fn a_field_named_item_is_a_field() {
        for text in [
            r#"{"Item":{"sku":"x"},"time":"2023-07-10T11:42:18Z","id":1}"#,
            r#"{"Item":{"S":{"S":"x"}},"time":"2023-07-10T11:42:18Z","id":{"a":1}, "id":1, "x":{}}"#,
        ] {
            assert_eq!(event(text).1, text);
        }
        assert!(matches!(
            classify(r#"{"Item":{"sku":{"x":1}}}"#),
            Classification::Rejected { guess: Some(_), .. }
        ));
    }

    #[test]
    fn our_own_records_are_not_events_of_the_tenant() {
        let heartbeat = r#"{"id":"h","time":"2023-07-10T11:42:18Z","type":"auditferry.heartbeat","connector":"con_1","window":{},"part":1,"next_expected_by":"x"}"#;
        assert_eq!(classify(heartbeat), Classification::Heartbeat);
        let original = r#"{"time":"2023-07-10T11:42:18Z","id":"a","x":1e400}"#;
        let record = serde_json::json!({
            "id": "unreadable-1", "time": null, "type": "auditferry.unreadable", "partition_key": "a", "sort_key": "b",
            "reason": "number_range", "detail": "x", "raw": original,
        });
        assert_eq!(event(&record.to_string()).1, original);
        let withheld = record.to_string().replace("\"raw\"", "\"hmac\"");
        assert!(
            matches!(classify(&withheld), Classification::Rejected { reason, .. } if reason.contains("without the original"))
        );
    }

    #[test]
    fn a_rejected_entry_has_a_reason() {
        for (text, why) in [
            (r#"{"id":"a"}"#, "no field `time`; name the field of the time with --time-field"),
            (
                r#"{"time":"2023-07-10T11:42:18Z"}"#,
                "no field `id`; name the field of the unique ID with --id-field",
            ),
            (r#"{"time":1689000000,"id":"a"}"#, "--time-form epoch_seconds"),
            ("{\"time\":\"2023-07-10T11:42:18Z\",\"id\":\"a\tb\"}", "not JSON at line 1, column"),
            (r#"{"time":null,"id":"a"}"#, "is not a string with an RFC 3339 time"),
            (r#"{"time":"yesterday","id":"a"}"#, "`yesterday` is not an RFC 3339 time"),
            (r#"{"time":"2023-07-10T11:42:18","id":"a"}"#, "no time zone"),
            (r#"{"time":"2023-07-10T11:42:18Z","id":null}"#, "neither a string nor a number"),
        ] {
            let Classification::Rejected { reason, guess } = classify(text) else { panic!("{text}") };
            assert!(reason.contains(why), "{text}: {reason}");
            assert_eq!(guess.is_some(), why.contains("no field"), "{text}");
        }
    }
}
