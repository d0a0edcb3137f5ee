//! Items to be written, and how many of them fit into one request.

use std::collections::{HashMap, HashSet};

use archive::import::is_same;
use archive::time::Time;
use aws_sdk_dynamodb::types::AttributeValue;
use protocol::connector::Shards;

/// The most events in one request: the limit of `TransactWriteItems` (Amazon DynamoDB API reference).
pub const MAX_BATCH_EVENTS: usize = 100;
/// The most bytes in one request: 4 MB (ibidem), less names and keys.
pub const MAX_BATCH_BYTES: usize = 3_500_000;
/// The most bytes of an item, including attribute names (Amazon DynamoDB developer guide, "Quotas").
pub(super) const MAX_ITEM_BYTES: usize = 400 * 1024;

/// An event to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    time: Time,
    pub(super) key: NewKey,
    body: String,
}

/// The key of an event to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NewKey {
    /// Its time and ID, in one of the tenant's partitions.
    Id(String),
    /// Its keys in another table with the same layout.
    Verbatim { partition: String, sort_key: String },
}

impl NewEvent {
    /// An event with this time; the ID distinguishes events of the same time. The body is JSON text.
    #[must_use]
    pub const fn new(time: Time, id: String, body: String) -> Self {
        Self { time, key: NewKey::Id(id), body }
    }

    /// An event from a table with the same layout, with its keys there. `time` is the time in the sort key.
    #[must_use]
    pub const fn verbatim(time: Time, partition: String, sort_key: String, body: String) -> Self {
        Self { time, key: NewKey::Verbatim { partition, sort_key }, body }
    }

    /// The time of the event.
    #[must_use]
    pub const fn time(&self) -> Time {
        self.time
    }

    /// The event as JSON text.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.body
    }

    /// Its sort key; a new one has the form `<time>#<id>`.
    #[must_use]
    pub fn sort_key(&self) -> String {
        match &self.key {
            NewKey::Id(id) => format!("{}#{id}", self.time),
            NewKey::Verbatim { sort_key, .. } => sort_key.clone(),
        }
    }
}

/// The outcome for an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteOutcome {
    /// The item is new and was written.
    Written,
    /// The table contains it already, except for white space between its tokens.
    AlreadyExists,
    /// The table contains another event with the same key, which is kept.
    KeyTaken,
    /// The item would have this many bytes; the maximum is 409,600.
    TooLarge(usize),
}

pub(super) type Attributes = HashMap<String, AttributeValue>;

/// An item to be written.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) partition: String,
    pub(super) sort_key: String,
    pub(super) body: String,
    /// Bytes as DynamoDB counts them: names and values (developer guide, "DynamoDB item sizes and formats").
    pub(super) size: usize,
}

impl Item {
    /// Whether the existing item contains the same event. Attributes other than the body are not part of it.
    pub(super) fn matches(&self, found: &Attributes, body: &str) -> bool {
        matches!(found.get(body), Some(AttributeValue::S(found)) if is_same(found, &self.body))
    }
}

/// The items of the next transaction: each key once, within the limits.
pub(super) fn next_batch<'a>(items: &'a [Item], outcomes: &[Option<WriteOutcome>]) -> Vec<(usize, &'a Item)> {
    let mut keys = HashSet::new();
    let mut bytes = 0;
    let undecided = items.iter().enumerate().zip(outcomes).filter(|(_, outcome)| outcome.is_none());
    undecided
        .map(|(item, _)| item)
        .filter(|(_, item)| keys.insert((&item.partition, &item.sort_key)))
        .take(MAX_BATCH_EVENTS)
        .take_while(|(_, item)| {
            let is_first = bytes == 0;
            bytes += item.size;
            is_first || bytes <= MAX_BATCH_BYTES
        })
        .collect()
}

/// The shard of an event by FNV-1a of its ID: always the same, so that a repeated import finds it.
pub(super) fn shard_of(id: &str, shards: Shards) -> u8 {
    let hash =
        id.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    u8::try_from(hash % u32::from(shards.get())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use archive::sort_key::SortKeyForm;

    use super::*;

    #[test]
    fn a_key_is_the_time_and_the_id() {
        let time = "2026-11-20T20:15:30.123Z".parse().unwrap();
        let event = NewEvent::new(time, "evt_01".into(), "{}".into());
        assert_eq!(event.sort_key(), "2026-11-20T20:15:30.123Z#evt_01");
        assert_eq!(
            SortKeyForm::Rfc3339.time_of(&archive::sort_key::SortKey::Text(event.sort_key())),
            Some(time)
        );
    }

    #[test]
    fn an_event_is_always_in_the_same_shard_and_every_shard_gets_some() {
        let four = Shards::try_from(4).unwrap();
        let shards: Vec<u8> = (0..64).map(|n| shard_of(&format!("evt_{n}"), four)).collect();
        assert!((0..4).all(|shard| shards.contains(&shard)) && shards.iter().all(|shard| *shard < 4));
        assert_eq!(shard_of("evt_1", four), shard_of("evt_1", four));
        assert_eq!(shard_of("evt_1", Shards::ONE), 0);
    }
}
