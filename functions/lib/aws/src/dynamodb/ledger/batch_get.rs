//! Reads many items by their keys (`BatchGetItem`), with retries for those that a response leaves out.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::KeysAndAttributes;
use futures_util::{StreamExt, TryStreamExt, stream};
use ports::PortError;

use super::DynamoLedger;
use super::expression::Placeholders;
use super::keys::Item;
use crate::port_error::port_error;

/// The maximum number of keys in one batch (DynamoDB API reference, `BatchGetItem`).
const BATCH_SIZE: usize = 100;
/// How many batches are in flight at once.
const BATCH_CONCURRENCY: usize = 4;
/// How many attempts a batch has for its unprocessed keys, and the first delay between them.
const MAX_ATTEMPTS: u32 = 5;
const FIRST_RETRY_DELAY: Duration = Duration::from_millis(100);

/// How new the items are that a read returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Consistency {
    /// A write of the last second may be missing; half the price.
    Eventual,
    /// Every write that was answered before the read is seen.
    Strong,
}

impl DynamoLedger {
    /// These attributes of the items with these keys, in no order.
    pub(super) async fn batch_get(
        &self,
        what: &'static str,
        keys: Vec<Item>,
        only: &[&str],
        consistency: Consistency,
    ) -> Result<Vec<Item>, PortError> {
        let batches: Vec<Vec<Item>> = keys.chunks(BATCH_SIZE).map(<[Item]>::to_vec).collect();
        stream::iter(batches.into_iter().map(|keys| self.batch_get_chunk(what, keys, only, consistency)))
            .buffer_unordered(BATCH_CONCURRENCY)
            .try_concat()
            .await
    }

    /// A response has at most 16 MB and may leave keys out when the table is throttled: those are requested
    /// again.
    async fn batch_get_chunk(
        &self,
        what: &'static str,
        keys: Vec<Item>,
        only: &[&str],
        consistency: Consistency,
    ) -> Result<Vec<Item>, PortError> {
        let mut used = Placeholders::default();
        let projection = used.projection(only);
        let request = KeysAndAttributes::builder()
            .set_keys(Some(keys))
            .consistent_read(consistency == Consistency::Strong)
            .projection_expression(projection)
            .set_expression_attribute_names(used.into_maps().0)
            .build()
            .map_err(|error| PortError::bug(what, error))?;
        let mut left = HashMap::from([(self.table.clone(), request)]);
        let mut found = Vec::new();
        for attempt in 0..MAX_ATTEMPTS {
            if attempt > 0 {
                tokio::time::sleep(FIRST_RETRY_DELAY * 2_u32.pow(attempt)).await;
            }
            let answer = self.client.batch_get_item().set_request_items(Some(left)).send().await;
            let answer = answer.map_err(|error| port_error(what, error))?;
            found.extend(answer.responses.unwrap_or_default().into_values().flatten());
            left = answer.unprocessed_keys.unwrap_or_default();
            if left.is_empty() {
                return Ok(found);
            }
        }
        Err(PortError::transient(what, "the table is throttled and left out requested items"))
    }
}
