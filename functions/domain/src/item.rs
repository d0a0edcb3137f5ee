//! One item of the events table, read and ready to be written.

use bytes::Bytes;
use serde::Serialize;

use crate::sort_key::{SortKey, SortKeyForm};
use crate::time::Time;

/// What tells two items apart, and the order in which they are read: the sort key as bytes that compare like
/// DynamoDB compares, then whatever else makes the item's key unique.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventKey {
    /// The sort key, as bytes in DynamoDB's order.
    pub sort: Vec<u8>,
    /// The partition key, and the table's own key where the events are read through an index.
    pub tie: Vec<u8>,
}

/// One item of the events table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceItem {
    /// Its identity and place in the order.
    pub key: EventKey,
    /// Its sort key as it stands in the table.
    pub sort_key: SortKey,
    /// The time that the sort key tells.
    pub time: Option<Time>,
    /// The event as one line of JSON, or why there is none.
    pub content: Result<Bytes, Unreadable>,
}

impl SourceItem {
    /// [`SortKeyForm::is_before`], without reading the time out of the key again.
    #[must_use]
    pub fn is_before(&self, form: SortKeyForm, time: Time) -> bool {
        self.time.map_or_else(|| form.is_before(&self.sort_key, time), |told| told < time)
    }
}

/// Why an item could not be read as an event. It is exported all the same, as a record of its keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unreadable {
    /// Its partition key.
    pub partition_key: String,
    /// Its sort key.
    pub sort_key: String,
    /// What is wrong with it.
    pub reason: WhyUnreadable,
    /// The same in words, never with content of the event.
    pub detail: String,
}

/// What is wrong with an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyUnreadable {
    /// The item has keys only.
    NoEvent,
    /// The event attribute is neither a text nor a map.
    EventType,
    /// The event attribute is a text that is not JSON.
    NotJson,
    /// The sort key has another form than the settings say.
    SortKeyForm,
}

/// A JSON text as one line, exactly as it was but for line breaks between tokens.
///
/// # Errors
/// If the text is not JSON; the words tell the place, never the content.
pub fn one_line(text: impl Into<Bytes>) -> Result<Bytes, String> {
    let bytes = text.into();
    let text = std::str::from_utf8(&bytes)
        .map_err(|error| format!("not UTF-8 from byte {}", error.valid_up_to()))?;
    serde_json::from_str::<serde::de::IgnoredAny>(text)
        .map_err(|error| format!("not JSON at line {}, column {}", error.line(), error.column()))?;
    if memchr::memchr2(b'\n', b'\r', &bytes).is_some() {
        // In valid JSON a raw line break can only stand between tokens (RFC 8259, section 7).
        return Ok(bytes.iter().copied().filter(|b| *b != b'\n' && *b != b'\r').collect());
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_text_is_refused_or_one_line_of_its_own_bytes(
            any in any::<String>(),
            near in "[\\[\\]{}\",:\\\\ \r\n0-9a-z.-]{0,40}",
        ) {
            for text in [any, near] {
                let Ok(line) = one_line(text.clone()) else { continue };
                let kept: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
                prop_assert_eq!(&line, &kept);
                prop_assert!(serde_json::from_slice::<serde::de::IgnoredAny>(&line).is_ok());
            }
        }
    }

    /// Whoever reads a million items reads the time out of each key once.
    #[test]
    fn an_item_lies_before_the_same_times_as_its_key() {
        let at: Time = "2026-11-20T20:00:00Z".parse().unwrap();
        for form in [SortKeyForm::Rfc3339, SortKeyForm::Ulid] {
            for key in
                ["2026-11-20T19:59:59.999Z#a", "2026-11-20T20:00:00Z#a", "2026-11-20T20:00:00.001Z", "0", "a"]
            {
                let sort_key = SortKey::Text(key.into());
                let item = SourceItem {
                    key: EventKey { sort: key.into(), tie: Vec::new() },
                    time: form.time_of(&sort_key),
                    sort_key,
                    content: Ok(Bytes::new()),
                };
                assert_eq!(item.is_before(form, at), form.is_before(&item.sort_key, at), "{form:?} {key}");
            }
        }
    }

    #[test]
    fn json_text_is_kept_byte_for_byte_but_for_line_breaks() {
        let odd = r#"{"b":1.00, "a":"x\ud800\u2028", "n":12345678901234567890123456789012345678}"#;
        assert_eq!(one_line(odd).unwrap(), odd);
        assert_eq!(one_line("{\r\n  \"a\": 1\n}\n").unwrap(), "{  \"a\": 1}");
        assert_eq!(one_line("{\"a\":").unwrap_err(), "not JSON at line 1, column 5");
        assert_eq!(one_line(b"\"\xff\"".as_slice()).unwrap_err(), "not UTF-8 from byte 1");
        assert!(one_line("\u{feff}{}").is_err());
        assert!(one_line("{} {}").is_err());
    }
}
