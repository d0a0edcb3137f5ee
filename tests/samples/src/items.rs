//! Items of the events table as the vendor's product may write them, and how they read.

use archive::event::one_line;
use archive::item::{EventKey, OriginalContent, SourceItem, Unreadable, UnreadableReason};
use archive::sort_key::{SortKey, SortKeyForm};
use archive::time::Time;
use bytes::Bytes;
use serde_json::{Map, Value};

/// The attributes of an item other than its keys.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// `event` is a string: the event if it contains an object, otherwise a part of the whole item.
    Text(String),
    /// `event` is a native map.
    Map(Map<String, Value>),
    /// There is no `event`: these attributes are the event.
    Whole(Map<String, Value>),
    /// `event` has a type that can't be an event, so it is a part of the whole item.
    Number(i64),
}

/// An item of the table.
#[derive(Debug, Clone)]
pub struct StoredItem {
    /// The partition in which a Query finds it.
    pub partition: String,
    /// The value of its partition key attribute. It differs only if the table returns another tenant's item.
    pub partition_key: String,
    /// Its sort key.
    pub sort_key: SortKey,
    /// Its other attributes.
    pub shape: Shape,
    /// The time from which a read finds it.
    pub visible_at: Time,
}

impl StoredItem {
    /// The item as a reader returns it.
    #[must_use]
    pub fn read(&self, form: SortKeyForm) -> SourceItem {
        let time = form.time_of(&self.sort_key);
        let content = match (time, self.event()) {
            (None, event) => {
                let original =
                    event.map_or_else(|(_, _, original)| original, |line| Some(OriginalContent::Event(line)));
                Err((
                    UnreadableReason::SortKeyForm,
                    "the sort key does not parse as a time".to_owned(),
                    original,
                ))
            }
            (Some(_), event) => event,
        };
        let content = content.map_err(|(reason, detail, original)| Unreadable {
            partition_key: self.partition_key.clone(),
            sort_key: self.sort_key.as_str().to_owned(),
            reason,
            detail,
            original,
        });
        let key = EventKey {
            sort: sort_bytes(&self.sort_key),
            tie_breaker: self.partition_key.clone().into_bytes(),
        };
        SourceItem { key, sort_key: self.sort_key.clone(), time, content }
    }

    fn event(&self) -> Result<Bytes, (UnreadableReason, String, Option<OriginalContent>)> {
        let wrapped = |event: Value| Ok(compact(&Map::from_iter([("event".to_owned(), event)])));
        match &self.shape {
            Shape::Text(text) => match one_line(text.clone()) {
                Ok(line) => Ok(line),
                Err(error) if error.kind.is_object() => {
                    Err((error.kind.into(), error.to_string(), Some(OriginalContent::Raw(text.clone()))))
                }
                Err(_) => wrapped(text.as_str().into()),
            },
            Shape::Map(map) => Ok(compact(map)),
            Shape::Whole(map) if map.is_empty() => Err((UnreadableReason::NoEvent, "keys only".into(), None)),
            Shape::Whole(map) => Ok(compact(map)),
            Shape::Number(number) => wrapped((*number).into()),
        }
    }
}

/// A map has no order in DynamoDB, so its JSON is written in the order of its keys.
fn compact(map: &Map<String, Value>) -> Bytes {
    let sorted: std::collections::BTreeMap<_, _> = map.iter().collect();
    Bytes::from(serde_json::to_vec(&sorted).expect("a JSON value is written as JSON"))
}

/// A sort key as bytes that compare as DynamoDB compares keys: strings by their UTF-8 bytes, numbers by
/// value.
#[must_use]
pub fn sort_bytes(key: &SortKey) -> Vec<u8> {
    match key {
        SortKey::Text(text) => text.as_bytes().to_vec(),
        SortKey::Number(text) => number_bytes(text),
    }
}

/// A fixed-point number with nine decimal places, big-endian, with the sign bit flipped. Enough for the
/// numbers of these tests; the adapter's own form has all 38 digits.
fn number_bytes(text: &str) -> Vec<u8> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let fraction: String = fraction.chars().chain(std::iter::repeat('0')).take(9).collect();
    let value: i128 = format!("{whole}{fraction}").parse().expect("a decimal number of moderate size");
    (value ^ i128::MIN).to_be_bytes().to_vec()
}
