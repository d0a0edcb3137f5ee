//! Writes events into the events table, for `auditferry events import`: the vendor's product writes its own.
//!
//! Nothing that is in the table is ever replaced. Each transaction puts up to a hundred events, each on the condition
//! that its key is free; where one is not, DynamoDB hands out the item that is there, and it is held against the event.

mod item;

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata as _;
use domain::backoff::REQUEST;
use domain::connector::Shards;
use domain::names::TenantId;
use domain::partition::NoPartition;
use domain::ports::{BoxError, Clock, PortError, Rng};
use domain::sort_key::SortKeyForm;

use self::item::{Attributes, Item, LARGEST_ITEM, NewKey, round, shard_of};
pub use self::item::{NewEvent, Outcome, WRITE_BATCH, WRITE_BYTES};
use super::layout::EventsTable;
use super::schema;
use crate::port_error::{is_passing, port_error};

/// How often a transaction that others are in the way of is tried, with growing pauses: up to about a minute.
const TRIES: u32 = 10;
const WRITING: &str = "writing events";

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
    randomness: Arc<dyn Rng>,
}

impl std::fmt::Debug for EventsWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EventsWriter").field("layout", &self.layout).finish_non_exhaustive()
    }
}

impl EventsWriter {
    /// Writes into a table of that layout.
    #[must_use]
    pub fn new(client: Client, layout: EventsTable, clock: Arc<dyn Clock>, randomness: Arc<dyn Rng>) -> Self {
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

    /// How the table is laid out.
    #[must_use]
    pub const fn layout(&self) -> &Arc<EventsTable> {
        &self.layout
    }

    /// The partition keys of a tenant.
    ///
    /// # Errors
    /// If the table's format has no partition for it.
    pub fn partitions(&self, tenant: &TenantId, shards: Shards) -> Result<Vec<String>, NoPartition> {
        (0..shards.get()).map(|shard| self.layout.partition_format.key(tenant, shards, shard)).collect()
    }

    /// Writes events, each under its key if that is free. What became of each, in their order.
    ///
    /// Of two writers of one key DynamoDB lets one through, and the other one finds the first one's event: identical,
    /// which is as good as written, or another one, which stays. So the same call again, also one whose answer was
    /// lost, leaves the table as it is.
    ///
    /// # Errors
    /// If the table is not to be written to ([`Self::check`]), if the settings do not fit it, if DynamoDB refuses, or if
    /// others are in the way for a minute. Some of the events may be written then.
    pub async fn write(
        &self,
        tenant: &TenantId,
        shards: Shards,
        events: &[NewEvent],
    ) -> Result<Vec<Outcome>, PortError> {
        self.check(tenant, shards)
            .map_err(|source| PortError::Misconfigured { what: WRITING, source: Box::new(source) })?;
        let items =
            events.iter().map(|event| self.item(tenant, shards, event)).collect::<Result<Vec<_>, _>>()?;
        // What is still to be decided is not known to be written.
        let mut outcomes: Vec<Option<Outcome>> = items
            .iter()
            .map(|item| (item.size > LARGEST_ITEM).then_some(Outcome::TooLarge(item.size)))
            .collect();
        let mut attempt = 0;
        loop {
            let round = round(&items, &outcomes);
            if round.is_empty() {
                return Ok(outcomes.into_iter().flatten().collect());
            }
            attempt += 1;
            let in_the_way = match self.transact(&round).await? {
                Transacted::Done => {
                    for (place, _) in round {
                        set(&mut outcomes, place, Outcome::Written);
                    }
                    attempt = 0;
                    continue;
                }
                Transacted::Refused(found) => {
                    let mut decided = 0;
                    for ((place, item), found) in round.into_iter().zip(found) {
                        let Some(found) = found else { continue };
                        // An item that has expired since leaves its key free.
                        let Some(found) = self.found(item, found).await? else { continue };
                        let outcome = if item.is(&found, &self.layout.body) {
                            Outcome::AlreadyThere
                        } else {
                            Outcome::Taken
                        };
                        set(&mut outcomes, place, outcome);
                        decided += 1;
                    }
                    if decided > 0 {
                        attempt = 0;
                        continue;
                    }
                    "keys were taken and free again, over and over".into()
                }
                Transacted::InTheWay(source) => source,
            };
            if attempt >= TRIES {
                return Err(PortError::Transient { what: WRITING, source: in_the_way });
            }
            self.clock.sleep(REQUEST.delay(attempt, self.randomness.next_u64())).await;
        }
    }

    fn item(&self, tenant: &TenantId, shards: Shards, event: &NewEvent) -> Result<Item, PortError> {
        let layout = &self.layout;
        let partition = match &event.key {
            NewKey::Verbatim { partition, .. } => partition.clone(),
            NewKey::Id(id) => layout
                .partition_format
                .key(tenant, shards, shard_of(id, shards))
                .map_err(|source| PortError::Misconfigured { what: WRITING, source: Box::new(source) })?,
        };
        let sort_key = event.sort_key();
        let names = layout.partition_key.len() + layout.sort_key.len() + layout.body.len();
        let size = names + partition.len() + sort_key.len() + event.body().len();
        Ok(Item { partition, sort_key, body: event.body().to_owned(), size })
    }

    /// One transaction of conditional puts. A second writer's put of one of the keys comes before it, and then none of
    /// this is carried out, or after it, and then that one is refused.
    async fn transact(&self, round: &[(usize, &Item)]) -> Result<Transacted, PortError> {
        let puts = round.iter().map(|(_, item)| self.put(item)).collect::<Result<Vec<_>, _>>()?;
        let Err(error) = self.client.transact_write_items().set_transact_items(Some(puts)).send().await
        else {
            return Ok(Transacted::Done);
        };
        let reasons = match error.as_service_error() {
            Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                cancelled.cancellation_reasons().to_vec()
            }
            Some(_) if is_passing(&error) && error.code() != Some("InternalServerError") => {
                return Ok(Transacted::InTheWay(Box::new(error)));
            }
            _ => return Err(schema::refusal(&self.client, &self.layout, WRITING, error).await),
        };
        let codes = || reasons.iter().map(|reason| reason.code().unwrap_or(NO_REASON));
        if codes().any(|code| code == TAKEN) {
            let found = |reason: CancellationReason| {
                (reason.code.as_deref() == Some(TAKEN)).then(|| reason.item.unwrap_or_default())
            };
            return Ok(Transacted::Refused(reasons.into_iter().map(found).collect()));
        }
        if codes().all(|code| code == NO_REASON || IN_THE_WAY.contains(&code)) {
            return Ok(Transacted::InTheWay(Box::new(error)));
        }
        Err(schema::refusal(&self.client, &self.layout, WRITING, error).await)
    }

    fn put(&self, item: &Item) -> Result<TransactWriteItem, PortError> {
        let put = Put::builder()
            .table_name(&self.layout.table)
            .set_item(Some(self.key(item)))
            .item(&self.layout.body, AttributeValue::S(item.body.clone()))
            .condition_expression("attribute_not_exists(#key)")
            .expression_attribute_names("#key", &self.layout.partition_key)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(|source| PortError::Bug { what: WRITING, source: Box::new(source) })?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    fn key(&self, item: &Item) -> Attributes {
        HashMap::from([
            (self.layout.partition_key.clone(), AttributeValue::S(item.partition.clone())),
            (self.layout.sort_key.clone(), AttributeValue::S(item.sort_key.clone())),
        ])
    }

    /// What is under an item's key. DynamoDB hands it out with its refusal; not every stand-in does, and it is read then.
    async fn found(&self, item: &Item, handed_out: Attributes) -> Result<Option<Attributes>, PortError> {
        if !handed_out.is_empty() {
            return Ok(Some(handed_out));
        }
        let get = self.client.get_item().table_name(&self.layout.table).set_key(Some(self.key(item)));
        let answer = get.consistent_read(true).send().await;
        Ok(answer.map_err(|error| port_error("reading what is under a key", error))?.item)
    }
}

/// What became of a transaction.
enum Transacted {
    Done,
    /// Nothing of it was carried out. For each item whose key is taken: what is there, as far as it was handed out.
    Refused(Vec<Option<Attributes>>),
    /// Nothing of it was carried out, and it may be later.
    InTheWay(BoxError),
}

/// The codes of `CancellationReason` (Amazon DynamoDB API reference, `TransactWriteItems`).
const TAKEN: &str = "ConditionalCheckFailed";
const NO_REASON: &str = "None";
const IN_THE_WAY: [&str; 4] =
    ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded", "RequestLimitExceeded"];

fn set(outcomes: &mut [Option<Outcome>], place: usize, outcome: Outcome) {
    if let Some(entry) = outcomes.get_mut(place) {
        *entry = Some(outcome);
    }
}
