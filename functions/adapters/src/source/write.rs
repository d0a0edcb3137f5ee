//! Writes events into the events table, for `auditferry events import`: the vendor's product writes its own.

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use domain::backoff::REQUEST;
use domain::connector::Shards;
use domain::names::TenantId;
use domain::partition::NoPartition;
use domain::ports::{Clock, PortError, Randomness};
use domain::sort_key::SortKeyForm;
use domain::time::Time;

use super::layout::EventsTable;
use super::schema;

/// How many events one request may hold: the limit of `BatchWriteItem` (Amazon DynamoDB API reference).
pub const WRITE_BATCH: usize = 25;
/// How often what DynamoDB leaves unprocessed is sent again, with growing pauses: up to about a minute.
const TRIES: u32 = 10;
const WRITING: &str = "writing events";

/// An event to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// When it happened.
    pub time: Time,
    /// Tells it from others of the same time.
    pub id: String,
    /// The event as JSON text.
    pub body: String,
}

impl NewEvent {
    /// Its sort key, in the form of contract 1.
    #[must_use]
    pub fn sort_key(&self) -> String {
        format!("{}#{}", self.time, self.id)
    }
}

/// Why nothing of a tenant can be imported into a table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotWritable {
    /// The settings name the attributes of an index, and the table's own keys are not known.
    #[error("events can't be written through an index; leave EVENTS_INDEX out and name the table's own keys")]
    Index,
    /// Only one form holds the time and the ID as they are given.
    #[error(
        "events are written with sort keys of the form `rfc3339`, and EVENTS_SORT_KEY_FORM says otherwise"
    )]
    SortKeyForm,
    /// The tenant has no partition keys of its own there.
    #[error(transparent)]
    NoPartition(#[from] NoPartition),
}

/// The events table, to be written to.
#[derive(Clone)]
pub struct EventsWriter {
    client: Client,
    layout: Arc<EventsTable>,
    clock: Arc<dyn Clock>,
    randomness: Arc<dyn Randomness>,
}

impl std::fmt::Debug for EventsWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EventsWriter").field("layout", &self.layout).finish_non_exhaustive()
    }
}

impl EventsWriter {
    /// Writes into a table of that layout.
    #[must_use]
    pub fn new(
        client: Client,
        layout: EventsTable,
        clock: Arc<dyn Clock>,
        randomness: Arc<dyn Randomness>,
    ) -> Self {
        Self { client, layout: Arc::new(layout), clock, randomness }
    }

    /// Whether a tenant's events can be written at all.
    ///
    /// # Errors
    /// If the layout is that of an index, its sort keys have another form than contract 1's, or the tenant has no
    /// partition keys of its own in it.
    pub fn check(&self, tenant: &TenantId, shards: Shards) -> Result<(), NotWritable> {
        if self.layout.index.is_some() {
            return Err(NotWritable::Index);
        }
        if self.layout.sort_key_form != SortKeyForm::Rfc3339 {
            return Err(NotWritable::SortKeyForm);
        }
        Ok(self.layout.partition_format.check(tenant, shards)?)
    }

    /// Writes at most [`WRITE_BATCH`] events of different keys. The key of an event is its time and ID, so a
    /// second writer of the same event, or the same command again, leaves the table as it is.
    ///
    /// # Errors
    /// If the table is not to be written to ([`Self::check`]), if the settings do not fit it, if DynamoDB refuses, or if it still leaves
    /// something unprocessed after a minute. Some of the batch may be written then.
    pub async fn write(
        &self,
        tenant: &TenantId,
        shards: Shards,
        batch: &[NewEvent],
    ) -> Result<(), PortError> {
        self.check(tenant, shards)
            .map_err(|source| PortError::Misconfigured { what: WRITING, source: Box::new(source) })?;
        let mut left =
            batch.iter().map(|event| self.put(tenant, shards, event)).collect::<Result<Vec<_>, _>>()?;
        let mut attempt = 0;
        while !left.is_empty() {
            attempt += 1;
            let requests = HashMap::from([(self.layout.table.clone(), left)]);
            let answer = self.client.batch_write_item().set_request_items(Some(requests)).send().await;
            let unprocessed = match answer {
                Ok(answer) => answer.unprocessed_items,
                Err(error) => return Err(schema::refusal(&self.client, &self.layout, WRITING, error).await),
            };
            left = unprocessed.unwrap_or_default().into_values().flatten().collect();
            if !left.is_empty() {
                if attempt == TRIES {
                    let source = format!("DynamoDB kept leaving {} events unprocessed", left.len()).into();
                    return Err(PortError::Transient { what: WRITING, source });
                }
                self.clock.sleep(REQUEST.delay(attempt, self.randomness.next_u64())).await;
            }
        }
        Ok(())
    }

    fn put(&self, tenant: &TenantId, shards: Shards, event: &NewEvent) -> Result<WriteRequest, PortError> {
        let shard = shard_of(&event.id, shards);
        let partition = self
            .layout
            .partition_format
            .key(tenant, shards, shard)
            .map_err(|source| PortError::Misconfigured { what: WRITING, source: Box::new(source) })?;
        let put = PutRequest::builder()
            .item(&self.layout.partition_key, AttributeValue::S(partition))
            .item(&self.layout.sort_key, AttributeValue::S(event.sort_key()))
            .item(&self.layout.body, AttributeValue::S(event.body.clone()))
            .build()
            .map_err(|source| PortError::Bug { what: WRITING, source: Box::new(source) })?;
        Ok(WriteRequest::builder().put_request(put).build())
    }
}

/// The shard of an event, by FNV-1a of its ID: always the same, so that importing again overwrites.
fn shard_of(id: &str, shards: Shards) -> u8 {
    let hash =
        id.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    u8::try_from(hash % u32::from(shards.get())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_the_time_and_the_id() {
        let time = "2026-11-20T20:15:30.123Z".parse().unwrap();
        let event = NewEvent { time, id: "evt_01".into(), body: "{}".into() };
        assert_eq!(event.sort_key(), "2026-11-20T20:15:30.123Z#evt_01");
        assert_eq!(
            SortKeyForm::Rfc3339.time_of(&domain::sort_key::SortKey::Text(event.sort_key())),
            Some(time)
        );
    }

    #[test]
    fn an_event_always_falls_into_the_same_shard_and_every_shard_gets_some() {
        let four = Shards::try_from(4).unwrap();
        let shards: Vec<u8> = (0..64).map(|n| shard_of(&format!("evt_{n}"), four)).collect();
        assert!((0..4).all(|shard| shards.contains(&shard)) && shards.iter().all(|shard| *shard < 4));
        assert_eq!(shard_of("evt_1", four), shard_of("evt_1", four));
        assert_eq!(shard_of("evt_1", Shards::ONE), 0);
    }
}
