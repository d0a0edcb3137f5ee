//! One item of the events table, read and ready to be written.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::event::EventErrorKind;
use crate::sort_key::{SortKey, SortKeyForm};
use crate::time::Time;

/// The unique key of an item; it also defines the order of reading. First the sort key as bytes that compare
/// as DynamoDB compares, then whatever else makes the key unique.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventKey {
    /// The sort key, as bytes in DynamoDB's order.
    pub sort: Vec<u8>,
    /// The partition key, and the table's own key where the events are read through an index.
    pub tie_breaker: Vec<u8>,
}

/// One item of the events table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceItem {
    /// Its unique key, by which items are ordered.
    pub key: EventKey,
    /// Its sort key as it is stored in the table.
    pub sort_key: SortKey,
    /// The time in the sort key; `None` if the key has another form than configured.
    pub time: Option<Time>,
    /// The event as one line of JSON, or why the item could not be read as one.
    pub content: Result<Bytes, Unreadable>,
}

impl SourceItem {
    /// [`SortKeyForm::is_before`] without parsing the key again.
    #[must_use]
    pub fn is_before(&self, form: SortKeyForm, time: Time) -> bool {
        self.time.map_or_else(|| form.is_before(&self.sort_key, time), |key_time| key_time < time)
    }
}

/// Why an item could not be read as an event. It is exported nevertheless, as a record of its keys and its
/// original content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The item's partition key.
    pub partition_key: String,
    /// The item's sort key.
    pub sort_key: String,
    /// What is wrong with it, as a code.
    pub reason: UnreadableReason,
    /// The same in words, never with content of the event.
    pub detail: String,
    /// The original content; `None` if the item has only keys.
    pub original: Option<OriginalContent>,
}

/// What the product wrote into an item that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OriginalContent {
    /// A valid event as one line: only the item's sort key is invalid.
    Event(Bytes),
    /// A text that is not a valid event, unchanged.
    Raw(String),
}

/// What is wrong with an item. The names are part of the contract with readers of the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnreadableReason {
    /// The item has only keys.
    NoEvent,
    /// The sort key has another form than the settings say.
    SortKeyForm,
    /// An escape in the event is half of a surrogate pair.
    LoneSurrogate,
    /// A number in the event is beyond the range of a double.
    NumberRange,
    /// The event is nested deeper than [`MAX_DEPTH`](crate::event::MAX_DEPTH) levels.
    Nesting,
    /// The item contains a value that DynamoDB does not have, or a type that this version does not know.
    UnknownValue,
}

impl UnreadableReason {
    /// The code that is written in records and notices.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoEvent => "no_event",
            Self::SortKeyForm => "sort_key_form",
            Self::LoneSurrogate => "lone_surrogate",
            Self::NumberRange => "number_range",
            Self::Nesting => "nesting",
            Self::UnknownValue => "unknown_value",
        }
    }
}

impl From<EventErrorKind> for UnreadableReason {
    /// The first three kinds don't occur: a body that is not an object makes the whole item the event, which
    /// is JSON by construction.
    fn from(why: EventErrorKind) -> Self {
        match why {
            EventErrorKind::LoneSurrogate => Self::LoneSurrogate,
            EventErrorKind::NumberRange => Self::NumberRange,
            EventErrorKind::Nesting => Self::Nesting,
            EventErrorKind::NotUtf8 | EventErrorKind::NotJson | EventErrorKind::NotAnObject => {
                Self::UnknownValue
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_and_notices_have_the_same_code_of_a_reason() {
        use UnreadableReason::{LoneSurrogate, Nesting, NoEvent, NumberRange, SortKeyForm, UnknownValue};
        for reason in [NoEvent, SortKeyForm, LoneSurrogate, NumberRange, Nesting, UnknownValue] {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.name());
        }
    }

    /// A reader of a million items parses the time of each key only once.
    #[test]
    fn an_item_is_before_the_same_times_as_its_key() {
        let at: Time = "2026-11-20T20:00:00Z".parse().unwrap();
        for form in [SortKeyForm::Rfc3339, SortKeyForm::Ulid] {
            for key in
                ["2026-11-20T19:59:59.999Z#a", "2026-11-20T20:00:00Z#a", "2026-11-20T20:00:00.001Z", "0", "a"]
            {
                let sort_key = SortKey::Text(key.into());
                let item = SourceItem {
                    key: EventKey { sort: key.into(), tie_breaker: Vec::new() },
                    time: form.time_of(&sort_key),
                    sort_key,
                    content: Ok(Bytes::new()),
                };
                assert_eq!(item.is_before(form, at), form.is_before(&item.sort_key, at), "{form:?} {key}");
            }
        }
    }
}
