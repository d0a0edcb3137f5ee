//! The reads and writes of a run, except the seal.

use archive::names::{ConnectorId, WorkerId};
use archive::part::{Part, PartNumber};
use archive::time::Time;
use async_trait::async_trait;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use ports::{MAX_LEASE, PortError, Runs};
use protocol::delivery_error::Block;
use protocol::machine::{
    LeaseAnswer, Mark, ProgressUpdate, ReconcileUpdate, Release, Seal, SealAnswer, Snapshot,
};

use super::expression::{Check, part_number, text, time};
use super::keys::{
    self, BLOCK, LEASE_OWNER, LEASE_UNTIL, NEXT, NEXT_RUN_AT, PK, READING, RECONCILE, SWEPT, WATERMARK,
};
use super::response_date::ResponseDate;
use super::write::Update;
use super::{DynamoLedger, records};
use crate::port_error::port_error;

const UNREADABLE_NOTICE_AT: &str = "unreadable_told_at";
const RELEASING: &str = "releasing a lease";

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
        let change = Update::on_cursor(id)
            .set(LEASE_OWNER, text(worker.as_str()))
            .set(LEASE_UNTIL, time(until))
            .when(Check::Exists(PK))
            .when_any([
                Check::Absent(LEASE_UNTIL),
                Check::Less(LEASE_UNTIL, time(now)),
                Check::Greater(LEASE_UNTIL, time(now + MAX_LEASE)),
                Check::Equal(LEASE_OWNER, text(worker.as_str())),
            ]);
        let change = self
            .update(change)
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
        let item = self.get_item("reading a part's record", keys::key(id, &keys::part(number))).await?;
        item.map(records::parse_part).transpose()
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
        let change = Update::on_cursor(id).set(BLOCK, block).when(Check::Exists(PK));
        self.try_update("recording a block", change).await?;
        Ok(())
    }

    /// A worker records nothing if another has sealed while it was reading.
    async fn record_progress(&self, id: &ConnectorId, read: &ProgressUpdate) -> Result<(), PortError> {
        let what = "recording read progress";
        let change = Update::on_cursor(id)
            .set(READING, records::attribute(what, &read.progress)?)
            .when(Check::Equal(NEXT, part_number(read.next)))
            .when(Check::Equal(WATERMARK, time(read.watermark)));
        self.try_update(what, change).await?;
        Ok(())
    }

    /// A second worker that read the same slice finds the reconcile advanced and changes nothing.
    async fn record_reconcile(&self, id: &ConnectorId, update: &ReconcileUpdate) -> Result<(), PortError> {
        let what = "recording reconcile progress";
        let mut change = Update::on_cursor(id)
            .set(RECONCILE, records::attribute(what, &update.after)?)
            .when(Check::Equal(RECONCILE, records::attribute(what, &update.before)?));
        if update.unblock {
            change = change.remove(BLOCK);
        }
        self.try_update(what, change).await?;
        Ok(())
    }

    /// A second worker finds the first one's time and publishes nothing.
    async fn try_claim_unreadable_notice(
        &self,
        id: &ConnectorId,
        since: Time,
        now: Time,
    ) -> Result<bool, PortError> {
        let change = Update::on_cursor(id)
            .set(UNREADABLE_NOTICE_AT, time(now))
            .when(Check::Exists(PK))
            .when_any([Check::Absent(UNREADABLE_NOTICE_AT), Check::Less(UNREADABLE_NOTICE_AT, time(since))]);
        self.try_update("recording that unreadable items were reported", change).await
    }

    /// A worker whose lease has passed to another changes nothing. If "run now" has moved `next_run_at` in
    /// the meantime, the lease is released and the requested run stays due. A dispatcher that claimed it
    /// before then sent it in vain, and its claim would delay the run until it expires.
    async fn release(&self, id: &ConnectorId, worker: &WorkerId, release: &Release) -> Result<(), PortError> {
        let release_lease = || {
            Update::on_cursor(id)
                .remove(LEASE_OWNER)
                .remove(LEASE_UNTIL)
                .when(Check::Equal(LEASE_OWNER, text(worker.as_str())))
        };
        let as_seen = (Check::Equal(NEXT_RUN_AT, time(release.seen)), release.next_run_at);
        let claimed = (Check::Greater(NEXT_RUN_AT, time(release.now)), release.now);
        for (next_run, next) in [as_seen, claimed] {
            let change = release_lease().set(NEXT_RUN_AT, time(next)).when(next_run);
            if self.try_update(RELEASING, change).await? {
                return Ok(());
            }
        }
        self.try_update(RELEASING, release_lease()).await?;
        Ok(())
    }

    /// Of two workers that have swept, the higher number is stored, in either order.
    async fn record_sweep(&self, id: &ConnectorId, through: PartNumber) -> Result<(), PortError> {
        let change = Update::on_cursor(id)
            .set(SWEPT, part_number(through))
            .when(Check::Exists(PK))
            .when_any([Check::Absent(SWEPT), Check::Less(SWEPT, part_number(through))]);
        self.try_update("recording sweep progress", change).await?;
        Ok(())
    }
}
