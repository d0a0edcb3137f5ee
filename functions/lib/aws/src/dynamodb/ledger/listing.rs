//! Lists connectors from the index `tenant`. It is eventually consistent: a change of the last second may be
//! missing.

use std::collections::BTreeMap;

use archive::names::{ConnectorId, TenantId};
use aws_sdk_dynamodb::types::AttributeValue;
use ports::PortError;
use protocol::connector::{Connector, State};

use super::expression::{Check, Placeholders, text};
use super::keys::{self, Item, PK, TENANT_ID, TENANT_INDEX};
use super::{DynamoLedger, records};
use crate::port_error::port_error;

const OPERATION: &str = "listing connectors";
const STATE: &str = "state";

impl DynamoLedger {
    /// A tenant's connectors after `after`, which the index has in order of ID. DynamoDB applies a filter
    /// after the limit, so pages are read until there are enough.
    pub(super) async fn list_tenant(
        &self,
        tenant: &TenantId,
        include_deleted: bool,
        after: Option<&ConnectorId>,
        limit: u32,
    ) -> Result<Vec<Connector>, PortError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut used = Placeholders::default();
        let key = used
            .all([Check::Equal(TENANT_ID, text(tenant.as_str())), Check::Greater(PK, start_after(after))]);
        let filter = used.check(Check::Differs(STATE, hidden_state(include_deleted)));
        let (names, values) = used.into_maps();
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(TENANT_INDEX)
            .key_condition_expression(key)
            .filter_expression(filter)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values);
        let mut connectors = Vec::new();
        let mut start = None;
        while connectors.len() < limit {
            let rest = i32::try_from(limit - connectors.len()).unwrap_or(i32::MAX);
            let page = query.clone().limit(rest).set_exclusive_start_key(start).send().await;
            let page = page.map_err(|error| port_error(OPERATION, error))?;
            for item in page.items.unwrap_or_default() {
                connectors.push(records::parse_connector(item)?);
            }
            start = page.last_evaluated_key;
            if start.is_none() {
                break;
            }
        }
        Ok(connectors)
    }

    /// All tenants' connectors after `after`. The index is ordered by tenant, so each page of this list reads
    /// all of it: for operators, not for runs. The index contains only settings, so no parts are read, and at
    /// most `limit` connectors are kept in memory.
    pub(super) async fn list_all(
        &self,
        include_deleted: bool,
        after: Option<&ConnectorId>,
        limit: u32,
    ) -> Result<Vec<Connector>, PortError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        if limit == 0 {
            return Ok(Vec::new());
        }
        let mut used = Placeholders::default();
        let filter = used.all([
            Check::Greater(PK, start_after(after)),
            Check::Differs(STATE, hidden_state(include_deleted)),
        ]);
        let (names, values) = used.into_maps();
        let scan = self
            .client
            .scan()
            .table_name(&self.table)
            .index_name(TENANT_INDEX)
            .filter_expression(filter)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values);
        let mut items: BTreeMap<ConnectorId, Item> = BTreeMap::new();
        let mut start = None;
        loop {
            let page = scan.clone().set_exclusive_start_key(start).send().await;
            let page = page.map_err(|error| port_error(OPERATION, error))?;
            for item in page.items.unwrap_or_default() {
                let Some(id) = item.get(PK).and_then(keys::connector_of) else { continue };
                items.insert(id, item);
                if items.len() > limit {
                    items.pop_last();
                }
            }
            start = page.last_evaluated_key;
            if start.is_none() {
                break;
            }
        }
        items.into_values().map(records::parse_connector).collect()
    }
}

/// The state to leave out of a list: `deleted`, or the empty string, which no connector has.
fn hidden_state(include_deleted: bool) -> AttributeValue {
    text(if include_deleted { "" } else { State::Deleted.as_str() })
}

/// The partition key after which a list starts.
fn start_after(after: Option<&ConnectorId>) -> AttributeValue {
    after.map_or_else(|| text(keys::CONNECTOR_PREFIX), keys::partition)
}
