//! What the API and the command line do with connectors.

use std::num::TryFromIntError;

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use domain::connector::Connector;
use domain::cursor::Cursor;
use domain::names::{ConnectorId, TenantId};
use domain::part::{Part, PartNumber};
use domain::ports::{Connectors, PortError, Saved};
use domain::time::Time;

use super::answers::{Transacted, held, transacted};
use super::date::DateOfAnswer;
use super::expression::{names, number, text, time, values};
use super::keys::{CURSOR, Item, NEXT_RUN_AT, PK, TENANT_ID, TENANT_INDEX};
use super::{DynamoLedger, records};
use crate::port_error::port_error;

/// The condition under which changed settings are stored.
const UNCHANGED: &str = "#version = :before";

impl DynamoLedger {
    /// Settings alone. A second writer of the same version is refused.
    async fn save_settings(&self, connector: &Connector) -> Result<Saved, PortError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(records::of_connector(connector)?))
            .condition_expression(UNCHANGED)
            .set_expression_attribute_names(Some(names(["version"])))
            .set_expression_attribute_values(Some(values([(
                ":before",
                number(connector.version.saturating_sub(1)),
            )])));
        Ok(saved(held("saving a connector", put.send().await)?))
    }

    /// Settings and first cursor, in one transaction: an active connector always has a cursor. A second
    /// writer of the same version is refused, and a cursor that exists is never put back to its start.
    async fn save_with_cursor(&self, connector: &Connector, cursor: &Cursor) -> Result<Saved, PortError> {
        let what = "saving a connector and its first cursor";
        let bug = |source| PortError::Bug { what, source: Box::new(source) };
        let settings = Put::builder()
            .table_name(&self.table)
            .set_item(Some(records::of_connector(connector)?))
            .condition_expression(UNCHANGED)
            .set_expression_attribute_names(Some(names(["version"])))
            .set_expression_attribute_values(Some(values([(
                ":before",
                number(connector.version.saturating_sub(1)),
            )])))
            .build()
            .map_err(bug)?;
        let cursor = Put::builder()
            .table_name(&self.table)
            .set_item(Some(records::of_cursor(&connector.id, cursor)?))
            .condition_expression("attribute_not_exists(#pk)")
            .set_expression_attribute_names(Some(names([PK])))
            .build()
            .map_err(bug)?;
        let answer = self
            .client
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().put(settings).build())
            .transact_items(TransactWriteItem::builder().put(cursor).build())
            .send()
            .await;
        match transacted(what, answer)? {
            Transacted::Done => Ok(Saved::Yes),
            Transacted::Refused => Ok(Saved::Stale),
            Transacted::Unknown(source) => Err(PortError::Transient { what, source }),
        }
    }

    /// A page of the index of connectors by tenant: of one tenant by a Query, of all by a Scan.
    async fn list_page(
        &self,
        tenant: Option<&TenantId>,
        start: Option<Item>,
    ) -> Result<(Vec<Item>, Option<Item>), PortError> {
        let what = "listing connectors";
        if let Some(tenant) = tenant {
            let query = self.client.query().table_name(&self.table).index_name(TENANT_INDEX);
            let query = query
                .key_condition_expression("#tenant_id = :tenant")
                .set_expression_attribute_names(Some(names([TENANT_ID])))
                .set_expression_attribute_values(Some(values([(":tenant", text(tenant.as_str()))])));
            let page =
                query.set_exclusive_start_key(start).send().await.map_err(|error| port_error(what, error))?;
            return Ok((page.items.unwrap_or_default(), page.last_evaluated_key));
        }
        // The index holds settings only, so the Scan does not wade through parts.
        let scan = self.client.scan().table_name(&self.table).index_name(TENANT_INDEX);
        let page =
            scan.set_exclusive_start_key(start).send().await.map_err(|error| port_error(what, error))?;
        Ok((page.items.unwrap_or_default(), page.last_evaluated_key))
    }
}

#[async_trait]
impl Connectors for DynamoLedger {
    /// A second one of this ID is refused. So is our own second try after a lost answer, and the caller, told
    /// that the ID is taken, reads the connector to see that it is its own.
    async fn create(&self, connector: &Connector) -> Result<Saved, PortError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(records::of_connector(connector)?))
            .condition_expression("attribute_not_exists(#pk)")
            .set_expression_attribute_names(Some(names([PK])));
        Ok(saved(held("creating a connector", put.send().await)?))
    }

    async fn save(&self, connector: &Connector, cursor: Option<&Cursor>) -> Result<Saved, PortError> {
        match cursor {
            None => self.save_settings(connector).await,
            Some(cursor) => self.save_with_cursor(connector, cursor).await,
        }
    }

    async fn get(&self, id: &ConnectorId) -> Result<Option<(Connector, Option<Cursor>)>, PortError> {
        self.settings_and_cursor(id, DateOfAnswer::new()).await
    }

    /// From an index, eventually consistent: a change of the last second may be missing. Without a tenant it
    /// reads all connectors, which is an operator's tool and no part of a run.
    async fn list(&self, tenant: Option<&TenantId>) -> Result<Vec<Connector>, PortError> {
        let mut connectors = Vec::new();
        let mut start = None;
        loop {
            let (items, next) = self.list_page(tenant, start).await?;
            for item in items {
                connectors.push(records::connector(item)?);
            }
            start = next;
            if start.is_none() {
                break;
            }
        }
        connectors.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(connectors)
    }

    async fn history(
        &self,
        id: &ConnectorId,
        before: Option<PartNumber>,
        limit: u32,
    ) -> Result<Vec<Part>, PortError> {
        let limit = usize::try_from(limit).map_err(|source: TryFromIntError| PortError::Bug {
            what: "reading the parts of a connector",
            source: Box::new(source),
        })?;
        self.parts_before(id, before, limit, |_| true).await
    }

    /// A run under way that ends later keeps this `next_run_at`, since it is not what that run has read. Of two
    /// requests the later one stands; both ask for the same thing.
    async fn request_run(&self, id: &ConnectorId, now: Time, cut: Time) -> Result<bool, PortError> {
        let asked = |update: &str, condition: &str| {
            self.change(id, CURSOR)
                .update_expression(update)
                .condition_expression(condition)
                .set_expression_attribute_values(Some(values([(":now", time(now)), (":cut", time(cut))])))
        };
        // A path into the block can be set only while there is a block, so that is asked first.
        let blocked = asked(
            "SET #next_run_at = :now, #cut = :cut, #block.#next_attempt = :now",
            "attribute_exists(#block)",
        )
        .set_expression_attribute_names(Some(names([NEXT_RUN_AT, "cut", "block", "next_attempt"])));
        if held("asking for a run", blocked.send().await)? {
            return Ok(true);
        }
        let plain = asked("SET #next_run_at = :now, #cut = :cut", "attribute_exists(#pk)")
            .set_expression_attribute_names(Some(names([PK, NEXT_RUN_AT, "cut"])));
        held("asking for a run", plain.send().await)
    }
}

const fn saved(held: bool) -> Saved {
    if held { Saved::Yes } else { Saved::Stale }
}
