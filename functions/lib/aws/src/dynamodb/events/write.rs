//! Writes events into the events table for `auditferry events import`; the vendor's product writes its own
//! events.
//!
//! No existing item is ever replaced. Each transaction puts up to a hundred events, each on the condition
//! that its key does not exist. If a key exists, DynamoDB returns the existing item, which is compared with
//! the event.

mod item;

use std::collections::HashMap;
use std::sync::Arc;

use archive::names::TenantId;
use archive::sort_key::SortKeyForm;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata as _;
use control::partition::PartitionError;
use ports::{BoxError, Clock, PortError, Rng};
use protocol::backoff::REQUEST;
use protocol::connector::Shards;

use self::item::{Attributes, Item, MAX_ITEM_BYTES, NewKey, next_batch, shard_of};
pub use self::item::{MAX_BATCH_BYTES, MAX_BATCH_EVENTS, NewEvent, WriteOutcome};
use super::layout::EventsTable;
use super::schema;
use crate::port_error::{is_transient, port_error};

/// The attempts for a transaction that conflicts or is throttled, with exponential backoff: up to about a
/// minute.
const MAX_ATTEMPTS: u32 = 10;
const WRITING: &str = "writing events";

/// Why a tenant's events can't be imported into a table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotWritableError {
    /// The settings name the keys of an index, so the table's own keys are unknown.
    #[error(
        "events can't be written through an index; unset EVENTS_INDEX and configure the table's own keys"
    )]
    Index,
    /// Only the form `rfc3339` can store any time together with the ID.
    #[error("events are written with sort keys of the form `rfc3339`, but EVENTS_SORT_KEY_FORM is different")]
    SortKeyForm,
    /// The tenant has no partition keys of its own in this table.
    #[error(transparent)]
    Partition(#[from] PartitionError),
}

/// Writes into the events table.
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
    /// A writer for a table with this layout.
    #[must_use]
    pub fn new(client: Client, layout: EventsTable, clock: Arc<dyn Clock>, randomness: Arc<dyn Rng>) -> Self {
        Self { client, layout: Arc::new(layout), clock, randomness }
    }

    /// Checks whether a tenant's events can be written.
    ///
    /// # Errors
    /// If the layout has an index, if its sort keys are not `rfc3339`, or if the tenant has no partition keys
    /// of its own.
    pub fn check(&self, tenant: &TenantId, shards: Shards) -> Result<(), NotWritableError> {
        if self.layout.index.is_some() {
            return Err(NotWritableError::Index);
        }
        if self.layout.sort_key_form != SortKeyForm::Rfc3339 {
            return Err(NotWritableError::SortKeyForm);
        }
        Ok(self.layout.partition_format.check(tenant, shards)?)
    }

    /// The layout of the table.
    #[must_use]
    pub const fn layout(&self) -> &Arc<EventsTable> {
        &self.layout
    }

    /// The partition keys of a tenant, by shard.
    ///
    /// # Errors
    /// If the partition format has no keys for the tenant.
    pub fn partitions(&self, tenant: &TenantId, shards: Shards) -> Result<Vec<String>, PartitionError> {
        (0..shards.get()).map(|shard| self.layout.partition_format.key(tenant, shards, shard)).collect()
    }

    /// Writes events, each if its key does not exist yet. Returns the outcome of each, in order.
    ///
    /// Of two writers of one key, DynamoDB accepts one. The other one finds the existing event: an identical
    /// one counts as written, a different one is kept. So repeating a call, even one whose response was lost,
    /// leaves the table unchanged.
    ///
    /// # Errors
    /// If the table can't be written ([`Self::check`]), if the settings do not match it, if DynamoDB rejects
    /// the request, or if conflicts last for a minute. Some of the events may be written then.
    pub async fn write(
        &self,
        tenant: &TenantId,
        shards: Shards,
        events: &[NewEvent],
    ) -> Result<Vec<WriteOutcome>, PortError> {
        self.check(tenant, shards).map_err(|source| PortError::misconfigured(WRITING, source))?;
        let items =
            events.iter().map(|event| self.item(tenant, shards, event)).collect::<Result<Vec<_>, _>>()?;
        // `None` is still undecided.
        let mut outcomes: Vec<Option<WriteOutcome>> = items
            .iter()
            .map(|item| (item.size > MAX_ITEM_BYTES).then_some(WriteOutcome::TooLarge(item.size)))
            .collect();
        let mut attempt = 0;
        loop {
            let batch = next_batch(&items, &outcomes);
            if batch.is_empty() {
                return Ok(outcomes.into_iter().flatten().collect());
            }
            attempt += 1;
            let retryable_error = match self.transact(&batch).await? {
                TransactionOutcome::Committed => {
                    for (index, _) in batch {
                        set(&mut outcomes, index, WriteOutcome::Written);
                    }
                    attempt = 0;
                    continue;
                }
                TransactionOutcome::ConditionFailed(found) => {
                    let mut decided = 0;
                    for ((index, item), found) in batch.into_iter().zip(found) {
                        let Some(found) = found else { continue };
                        // The item may have expired in the meantime, so that its key is free again.
                        let Some(found) = self.existing_item(item, found).await? else { continue };
                        let outcome = if item.matches(&found, &self.layout.body) {
                            WriteOutcome::AlreadyExists
                        } else {
                            WriteOutcome::KeyTaken
                        };
                        set(&mut outcomes, index, outcome);
                        decided += 1;
                    }
                    if decided > 0 {
                        attempt = 0;
                        continue;
                    }
                    "keys kept appearing and disappearing".into()
                }
                TransactionOutcome::Retryable(source) => source,
            };
            if attempt >= MAX_ATTEMPTS {
                return Err(PortError::transient(WRITING, retryable_error));
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
                .map_err(|source| PortError::misconfigured(WRITING, source))?,
        };
        let sort_key = event.sort_key();
        let names = layout.partition_key.len() + layout.sort_key.len() + layout.body.len();
        let size = names + partition.len() + sort_key.len() + event.body().len();
        Ok(Item { partition, sort_key, body: event.body().to_owned(), size })
    }

    /// One transaction of conditional puts. If a second writer puts one of the keys first, none of this
    /// transaction is executed; if later, the second writer's put is rejected.
    async fn transact(&self, batch: &[(usize, &Item)]) -> Result<TransactionOutcome, PortError> {
        let puts = batch.iter().map(|(_, item)| self.put(item)).collect::<Result<Vec<_>, _>>()?;
        let Err(error) = self.client.transact_write_items().set_transact_items(Some(puts)).send().await
        else {
            return Ok(TransactionOutcome::Committed);
        };
        let reasons = match error.as_service_error() {
            Some(TransactWriteItemsError::TransactionCanceledException(canceled)) => {
                canceled.cancellation_reasons().to_vec()
            }
            Some(_) if is_transient(&error) && error.code() != Some("InternalServerError") => {
                return Ok(TransactionOutcome::Retryable(Box::new(error)));
            }
            _ => return Err(schema::explain_refusal(&self.client, &self.layout, WRITING, error).await),
        };
        let codes = || reasons.iter().map(|reason| reason.code().unwrap_or(NO_REASON));
        if codes().any(|code| code == CONDITION_FAILED) {
            let found = |reason: CancellationReason| {
                (reason.code.as_deref() == Some(CONDITION_FAILED)).then(|| reason.item.unwrap_or_default())
            };
            return Ok(TransactionOutcome::ConditionFailed(reasons.into_iter().map(found).collect()));
        }
        if codes().all(|code| code == NO_REASON || RETRYABLE_CANCELLATIONS.contains(&code)) {
            return Ok(TransactionOutcome::Retryable(Box::new(error)));
        }
        Err(schema::explain_refusal(&self.client, &self.layout, WRITING, error).await)
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
            .map_err(|source| PortError::bug(WRITING, source))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    fn key(&self, item: &Item) -> Attributes {
        HashMap::from([
            (self.layout.partition_key.clone(), AttributeValue::S(item.partition.clone())),
            (self.layout.sort_key.clone(), AttributeValue::S(item.sort_key.clone())),
        ])
    }

    /// The existing item under an item's key. DynamoDB returns it with the cancellation; not every stand-in
    /// does, and then it is read.
    async fn existing_item(
        &self,
        item: &Item,
        returned: Attributes,
    ) -> Result<Option<Attributes>, PortError> {
        if !returned.is_empty() {
            return Ok(Some(returned));
        }
        let get = self.client.get_item().table_name(&self.layout.table).set_key(Some(self.key(item)));
        let response = get.consistent_read(true).send().await;
        Ok(response.map_err(|error| port_error("reading an existing item", error))?.item)
    }
}

/// The outcome of a transaction.
enum TransactionOutcome {
    Committed,
    /// Nothing was executed. For each item whose key exists: the existing item, empty if it was not returned.
    ConditionFailed(Vec<Option<Attributes>>),
    /// Nothing was executed; it can be retried.
    Retryable(BoxError),
}

/// Codes of `CancellationReason` (Amazon DynamoDB API reference, `TransactWriteItems`).
const CONDITION_FAILED: &str = "ConditionalCheckFailed";
const NO_REASON: &str = "None";
const RETRYABLE_CANCELLATIONS: [&str; 4] =
    ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded", "RequestLimitExceeded"];

fn set(outcomes: &mut [Option<WriteOutcome>], index: usize, outcome: WriteOutcome) {
    if let Some(entry) = outcomes.get_mut(index) {
        *entry = Some(outcome);
    }
}
