//! Items that hold a record in one attribute, `state`, and the reading of a partition from its end.

use archive::time::Time;
use aws_sdk_dynamodb::types::AttributeValue;
use ports::PortError;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::budgets::EXPIRES_AT;
use super::expression::{Check, Placeholders, signed, text};
use super::keys::{Item, PK, SK};
use super::{DynamoLedger, records};
use crate::port_error::port_error;

/// The attribute with the record.
pub(super) const STATE: &str = "state";

pub(super) fn key(partition: String, sort: String) -> Item {
    Item::from([(PK.to_owned(), AttributeValue::S(partition)), (SK.to_owned(), AttributeValue::S(sort))])
}

/// The item, to be deleted some time after `until`.
pub(super) fn expiring(mut item: Item, until: Time) -> Item {
    item.insert(EXPIRES_AT.to_owned(), signed(until.millis() / 1_000));
    item
}

/// The item with this record in it.
pub(super) fn with_state<T: Serialize>(
    what: &'static str,
    mut item: Item,
    record: &T,
) -> Result<Item, PortError> {
    item.insert(STATE.to_owned(), records::attribute(what, record)?);
    Ok(item)
}

/// The record in an item.
pub(super) fn state<T: DeserializeOwned>(what: &'static str, mut item: Item) -> Result<T, PortError> {
    let state = item.remove(STATE).ok_or_else(|| PortError::bug(what, "the item has no state"))?;
    records::from_attribute(what, state)
}

impl DynamoLedger {
    /// At most `limit` items of a partition, from its end, of which the sort key meets this check.
    pub(super) async fn newest_of(
        &self,
        what: &'static str,
        partition: String,
        sort: Check,
        limit: usize,
    ) -> Result<Vec<Item>, PortError> {
        let mut used = Placeholders::default();
        let key = used.all([Check::Equal(PK, text(partition)), sort]);
        let (names, values) = used.into_maps();
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .scan_index_forward(false)
            .key_condition_expression(key)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values);
        let (mut items, mut start) = (Vec::new(), None);
        while items.len() < limit {
            let rest = i32::try_from(limit - items.len()).ok();
            let page = query.clone().set_limit(rest).set_exclusive_start_key(start).send().await;
            let page = page.map_err(|error| port_error(what, error))?;
            items.extend(page.items.unwrap_or_default());
            start = page.last_evaluated_key;
            if start.is_none() {
                break;
            }
        }
        Ok(items)
    }
}
