//! The reads and writes of a run, except the seal.

use archive::names::{ConnectorId, WorkerId};
use archive::part::{Part, PartNumber};
use archive::time::Time;
use async_trait::async_trait;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use ports::{MAX_LEASE, PortError, Runs};
use protocol::delivery_error::Block;
use protocol::machine::{
    LeaseAnswer, Mark, ProgressUpdate, ReconcileUpdate, Release, Seal, SealAnswer, Snapshot,
};

use super::expression::{names, part_number, text, time, values};
use super::keys::{self, CURSOR, NEXT_RUN_AT, PK};
use super::response_date::ResponseDate;
use super::write_outcome::condition_met;
use super::{DynamoLedger, records};
use crate::port_error::port_error;

pub(super) const LEASE_OWNER: &str = "lease_owner";
pub(super) const LEASE_UNTIL: &str = "lease_until";
const RELEASING: &str = "releasing a lease";

impl DynamoLedger {
    /// An update of one of a connector's items.
    pub(super) fn update_item(&self, id: &ConnectorId, sort: &str) -> UpdateItemFluentBuilder {
        self.client.update_item().table_name(&self.table).set_key(Some(keys::key(id, sort)))
    }
}

#[async_trait]
impl Runs for DynamoLedger {
    /// A second worker sees the first one's lease and stops. If the lease has expired, both may work: the
    /// seal decides between them.
    async fn lease(
        &self,
        id: &ConnectorId,
        worker: &WorkerId,
        now: Time,
        until: Time,
    ) -> Result<LeaseAnswer, PortError> {
        let change = self
            .update_item(id, CURSOR)
            .update_expression("SET #lease_owner = :me, #lease_until = :until")
            .condition_expression(
                "attribute_exists(#pk) AND \
                 (attribute_not_exists(#lease_until) OR #lease_until < :now OR #lease_until > :longest \
                 OR #lease_owner = :me)",
            )
            .set_expression_attribute_names(Some(names([PK, LEASE_OWNER, LEASE_UNTIL])))
            .set_expression_attribute_values(Some(values([
                (":me", text(worker.as_str())),
                (":until", time(until)),
                (":now", time(now)),
                (":longest", time(now + MAX_LEASE)),
            ])))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = change.send().await else { return Ok(LeaseAnswer::Granted) };
        match error.as_service_error() {
            // The failed check returns the item; without one there is no cursor.
            Some(UpdateItemError::ConditionalCheckFailedException(refused)) => {
                let exists = refused.item().is_some_and(|item| !item.is_empty());
                Ok(if exists { LeaseAnswer::Held } else { LeaseAnswer::Unknown })
            }
            _ => Err(port_error("acquiring a lease", error)),
        }
    }

    async fn snapshot(&self, id: &ConnectorId) -> Result<Option<Snapshot>, PortError> {
        let date = ResponseDate::new();
        let found = self.settings_and_cursor(id, date.clone()).await?;
        let Some((connector, Some(cursor))) = found else { return Ok(None) };
        Ok(Some(Snapshot { connector, cursor, server_time: date.time(self.clock_offset) }))
    }

    async fn seal(&self, seal: &Seal) -> Result<SealAnswer, PortError> {
        self.seal_in_one_transaction(seal).await
    }

    async fn part(&self, id: &ConnectorId, number: PartNumber) -> Result<Option<Part>, PortError> {
        let get = self.client.get_item().table_name(&self.table).consistent_read(true);
        let answer = get.set_key(Some(keys::key(id, &keys::part(number)))).send().await;
        let answer = answer.map_err(|error| port_error("reading a part's record", error))?;
        answer.item.map(records::parse_part).transpose()
    }

    /// Windows have no gaps between them, so their ends decrease with the numbers. The first part that ends
    /// too early ends the search.
    async fn parts_reaching(
        &self,
        id: &ConnectorId,
        after: Time,
        before: PartNumber,
    ) -> Result<Vec<Part>, PortError> {
        self.parts_before(id, Some(before), usize::MAX, |part| part.window.to > after).await
    }

    async fn mark(&self, mark: &Mark) -> Result<(), PortError> {
        self.mark_part(mark).await?;
        self.advance_delivered(mark, None).await?;
        Ok(())
    }

    /// Two writes, each with its own condition, if the lease has passed to another worker, a run was
    /// requested, or a second worker has marked the part.
    async fn mark_last(&self, worker: &WorkerId, mark: &Mark, release: &Release) -> Result<(), PortError> {
        self.mark_part(mark).await?;
        if !self.advance_delivered(mark, Some((worker, release))).await? {
            self.advance_delivered(mark, None).await?;
            self.release(&mark.part.connector, worker, release).await?;
        }
        Ok(())
    }

    /// A second worker overwrites it: both have seen an error. A deleted cursor is not created again.
    async fn block(&self, id: &ConnectorId, block: &Block) -> Result<(), PortError> {
        let block = records::attribute("writing a block", block)?;
        let change = self
            .update_item(id, CURSOR)
            .update_expression("SET #block = :block")
            .condition_expression("attribute_exists(#pk)")
            .set_expression_attribute_names(Some(names([PK, "block"])))
            .set_expression_attribute_values(Some(values([(":block", block)])));
        condition_met("recording a block", change.send().await)?;
        Ok(())
    }

    /// A worker records nothing if another has sealed while it was reading.
    async fn record_progress(&self, id: &ConnectorId, read: &ProgressUpdate) -> Result<(), PortError> {
        let what = "recording read progress";
        let change = self
            .update_item(id, CURSOR)
            .update_expression("SET #reading = :reading")
            .condition_expression("#next = :next AND #watermark = :watermark")
            .set_expression_attribute_names(Some(names(["reading", "next", "watermark"])))
            .set_expression_attribute_values(Some(values([
                (":reading", records::attribute(what, &read.progress)?),
                (":next", part_number(read.next)),
                (":watermark", time(read.watermark)),
            ])));
        condition_met(what, change.send().await)?;
        Ok(())
    }

    /// A second worker that read the same slice finds the reconcile advanced and changes nothing.
    async fn record_reconcile(&self, id: &ConnectorId, update: &ReconcileUpdate) -> Result<(), PortError> {
        let what = "recording reconcile progress";
        let (expression, names) = if update.unblock {
            ("SET #reconcile = :after REMOVE #block", names(["reconcile", "block"]))
        } else {
            ("SET #reconcile = :after", names(["reconcile"]))
        };
        let change = self
            .update_item(id, CURSOR)
            .update_expression(expression)
            .condition_expression("#reconcile = :before")
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values([
                (":after", records::attribute(what, &update.after)?),
                (":before", records::attribute(what, &update.before)?),
            ])));
        condition_met(what, change.send().await)?;
        Ok(())
    }

    /// A second worker finds the first one's time and publishes nothing.
    async fn try_claim_unreadable_notice(
        &self,
        id: &ConnectorId,
        since: Time,
        now: Time,
    ) -> Result<bool, PortError> {
        let change = self
            .update_item(id, CURSOR)
            .update_expression("SET #unreadable_told_at = :now")
            .condition_expression(
                "attribute_exists(#pk) AND \
                 (attribute_not_exists(#unreadable_told_at) OR #unreadable_told_at < :since)",
            )
            .set_expression_attribute_names(Some(names([PK, "unreadable_told_at"])))
            .set_expression_attribute_values(Some(values([(":now", time(now)), (":since", time(since))])));
        condition_met("recording that unreadable items were reported", change.send().await)
    }

    /// A worker whose lease has passed to another changes nothing. If "run now" has moved `next_run_at` in
    /// the meantime, the lease is released and the requested run stays due. A dispatcher that claimed it
    /// before then sent it in vain, and its claim would delay the run until it expires.
    async fn release(&self, id: &ConnectorId, worker: &WorkerId, release: &Release) -> Result<(), PortError> {
        let as_seen = ("#next_run_at = :bound", release.seen, release.next_run_at);
        let claimed = ("#next_run_at > :bound", release.now, release.now);
        for (condition, bound, next) in [as_seen, claimed] {
            let change = self
                .update_item(id, CURSOR)
                .update_expression("SET #next_run_at = :next REMOVE #lease_owner, #lease_until")
                .condition_expression(format!("#lease_owner = :me AND {condition}"))
                .set_expression_attribute_names(Some(names([NEXT_RUN_AT, LEASE_OWNER, LEASE_UNTIL])))
                .set_expression_attribute_values(Some(values([
                    (":next", time(next)),
                    (":me", text(worker.as_str())),
                    (":bound", time(bound)),
                ])));
            if condition_met(RELEASING, change.send().await)? {
                return Ok(());
            }
        }
        let lease_only = self
            .update_item(id, CURSOR)
            .update_expression("REMOVE #lease_owner, #lease_until")
            .condition_expression("#lease_owner = :me")
            .set_expression_attribute_names(Some(names([LEASE_OWNER, LEASE_UNTIL])))
            .set_expression_attribute_values(Some(values([(":me", text(worker.as_str()))])));
        condition_met(RELEASING, lease_only.send().await)?;
        Ok(())
    }

    /// Of two workers that have swept, the higher number is stored, in either order.
    async fn record_sweep(&self, id: &ConnectorId, through: PartNumber) -> Result<(), PortError> {
        let change = self
            .update_item(id, CURSOR)
            .update_expression("SET #swept = :through")
            .condition_expression(
                "attribute_exists(#pk) AND (attribute_not_exists(#swept) OR #swept < :through)",
            )
            .set_expression_attribute_names(Some(names([PK, "swept"])))
            .set_expression_attribute_values(Some(values([(":through", part_number(through))])));
        condition_met("recording sweep progress", change.send().await)?;
        Ok(())
    }
}
