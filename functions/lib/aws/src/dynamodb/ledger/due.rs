//! Lists the due connectors, and claims them for a dispatcher.

use archive::names::ConnectorId;
use archive::time::Time;
use async_trait::async_trait;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use ports::{Claim, ClaimAnswer, DueConnectors, DuePage, Page, PortError};

use super::DynamoLedger;
use super::expression::{Check, Placeholders, time};
use super::keys::{self, CURSOR, DUE_INDEX, DUE_SHARD, Item, NEXT_RUN_AT, PK, SK};
use super::write::Update;
use crate::port_error::port_error;

/// How many due connectors a page contains: ten batches of the queue.
const PAGE_SIZE: i32 = 100;

impl DynamoLedger {
    /// Moves `next_run_at` from one time to another; `false` if it had another value.
    async fn move_next_run(
        &self,
        what: &'static str,
        id: &ConnectorId,
        from: Time,
        to: Time,
    ) -> Result<bool, PortError> {
        let change =
            Update::on_cursor(id).set(NEXT_RUN_AT, time(to)).when(Check::Equal(NEXT_RUN_AT, time(from)));
        self.try_update(what, change).await
    }
}

#[async_trait]
impl DueConnectors for DynamoLedger {
    async fn due(&self, shard: u8, now: Time, after: Option<&Claim>) -> Result<DuePage, PortError> {
        let mut used = Placeholders::default();
        let key = used
            .all([Check::Equal(DUE_SHARD, keys::due_shard(shard)), Check::AtMost(NEXT_RUN_AT, time(now))]);
        let (names, values) = used.into_maps();
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(DUE_INDEX)
            .key_condition_expression(key)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .set_exclusive_start_key(after.map(|claim| index_key(shard, claim)))
            .limit(PAGE_SIZE);
        let page = query.send().await.map_err(|error| port_error("listing due connectors", error))?;
        let more = page.last_evaluated_key.is_some();
        let due = page.items.unwrap_or_default().iter().map(parse_claim).collect::<Result<_, _>>()?;
        Ok(Page::new(due, more))
    }

    /// A second dispatcher that read the same `next_run_at` fails. So does our own retry after a lost
    /// response: the connector is then due again at `until`, and only time is lost.
    async fn claim(&self, claim: &Claim, until: Time) -> Result<ClaimAnswer, PortError> {
        match self.move_next_run("claiming a due connector", &claim.id, claim.next_run_at, until).await {
            Ok(true) => Ok(ClaimAnswer::Claimed),
            Ok(false) => Ok(ClaimAnswer::AlreadyClaimed),
            Err(error) if is_throttled(&error) => Ok(ClaimAnswer::Throttled),
            Err(error) => Err(error),
        }
    }

    /// If `next_run_at` was moved since the claim, it stays.
    async fn release_claim(&self, claim: &Claim, until: Time) -> Result<(), PortError> {
        self.move_next_run("releasing a claim", &claim.id, until, claim.next_run_at).await?;
        Ok(())
    }
}

/// Whether the table or one of its indexes is throttled. A new table accepts 4,000 units a second (DynamoDB
/// developer guide, "Initial throughput for on-demand capacity mode").
fn is_throttled(error: &PortError) -> bool {
    let PortError::Transient { source, .. } = error else { return false };
    let error = source.downcast_ref::<SdkError<UpdateItemError, HttpResponse>>();
    let codes = ["ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException"];
    error.and_then(ProvideErrorMetadata::code).is_some_and(|code| codes.contains(&code))
}

/// The index key of a claim: the next page starts after it.
fn index_key(shard: u8, claim: &Claim) -> Item {
    let mut key = keys::key(&claim.id, CURSOR);
    key.insert(DUE_SHARD.to_owned(), keys::due_shard(shard));
    key.insert(NEXT_RUN_AT.to_owned(), time(claim.next_run_at));
    key
}

fn parse_claim(item: &Item) -> Result<Claim, PortError> {
    let id = item.get(PK).and_then(keys::connector_of);
    let seen = item.get(NEXT_RUN_AT).and_then(|at| at.as_s().ok()).and_then(|at| at.parse().ok());
    let (Some(id), Some(seen)) = (id, seen) else {
        let key = (item.get(PK), item.get(SK), item.get(NEXT_RUN_AT));
        let source = format!("an entry of the index `{DUE_INDEX}` is malformed: {key:?}");
        return Err(PortError::bug("listing due connectors", source));
    };
    Ok(Claim { id, next_run_at: seen })
}

#[cfg(test)]
mod tests {
    use super::super::expression::text;
    use super::*;

    #[test]
    fn an_index_key_is_parsed_back_to_its_claim() {
        let before = Claim { id: ConnectorId::new(3), next_run_at: Time::EPOCH };
        let key = index_key(7, &before);
        assert_eq!(key[DUE_SHARD], text("07"));
        assert_eq!(parse_claim(&key).unwrap(), before);
    }

    #[test]
    fn a_malformed_entry_is_a_bug_that_names_its_key() {
        let mut entry = index_key(0, &Claim { id: ConnectorId::new(3), next_run_at: Time::EPOCH });
        entry.insert(PK.to_owned(), text("T#acme"));
        assert!(parse_claim(&entry).unwrap_err().chain().contains("T#acme"));
    }
}
