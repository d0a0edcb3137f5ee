//! The ledger for the exporter.

use archive::names::{ConnectorId, WorkerId};
use archive::part::{Part, PartNumber};
use archive::time::Time;
use async_trait::async_trait;
use ports::{MAX_LEASE, PortError, Runs};
use protocol::delivery_error::Block;
use protocol::machine::{
    LeaseAnswer, Mark, ProgressUpdate, ReconcileUpdate, Release, Seal, SealAnswer, Snapshot,
};

use super::{Entry, FakeLedger};

#[async_trait]
impl Runs for FakeLedger {
    async fn lease(
        &self,
        id: &ConnectorId,
        worker: &WorkerId,
        now: Time,
        until: Time,
    ) -> Result<LeaseAnswer, PortError> {
        let mut table = self.table();
        let Ok((row, history)) = table.activated(id) else { return Ok(LeaseAnswer::Unknown) };
        let is_current = |end: Time| end >= now && end <= now + MAX_LEASE;
        let held_by_other = |(owner, end): &(WorkerId, Time)| owner != worker && is_current(*end);
        if !self.grants_every_lease && row.lease.as_ref().is_some_and(held_by_other) {
            return Ok(LeaseAnswer::Held);
        }
        row.lease = Some((worker.clone(), until));
        history.push((id.clone(), Entry::Leased(worker.clone())));
        Ok(LeaseAnswer::Granted)
    }

    async fn snapshot(&self, id: &ConnectorId) -> Result<Option<Snapshot>, PortError> {
        let server_time = self.server_time();
        let table = self.table();
        let Some(row) = table.rows.get(id) else { return Ok(None) };
        let Some(cursor) = row.cursor.clone() else { return Ok(None) };
        Ok(Some(Snapshot { connector: row.connector.clone(), cursor, server_time }))
    }

    async fn seal(&self, seal: &Seal) -> Result<SealAnswer, PortError> {
        let mut table = self.table();
        let id = &seal.part.connector;
        let (row, history) = table.activated(id)?;
        let number = seal.part.number;
        let exists = row.parts.contains_key(&number);
        let cursor = row.cursor_mut();
        let other_source = match (&seal.source, &cursor.source) {
            (Some(source), Some(remembered)) => source != remembered,
            _ => false,
        };
        if exists || other_source || cursor.next != number || cursor.watermark != seal.watermark_before {
            return Ok(SealAnswer::Refused);
        }
        cursor.source = seal.source.clone().or(cursor.source.take());
        cursor.next = number.next();
        cursor.watermark = seal.watermark_after;
        cursor.read_progress = seal.read_progress;
        cursor.chain_state = seal.chain_state.clone().or(cursor.chain_state.take());
        if let Some(reconcile) = &seal.reconcile {
            cursor.reconcile = reconcile.clone();
        }
        if seal.unblock {
            cursor.block = None;
            history.push((id.clone(), Entry::Unblocked));
        }
        row.parts.insert(number, seal.part.clone());
        history.push((id.clone(), Entry::Sealed(number, seal.part.sealed_by.clone())));
        Ok(SealAnswer::Won)
    }

    async fn part(&self, id: &ConnectorId, number: PartNumber) -> Result<Option<Part>, PortError> {
        Ok(self.table().rows.get(id).and_then(|row| row.parts.get(&number)).cloned())
    }

    async fn parts_reaching(
        &self,
        id: &ConnectorId,
        after: Time,
        before: PartNumber,
    ) -> Result<Vec<Part>, PortError> {
        let table = self.table();
        let Some(row) = table.rows.get(id) else { return Ok(Vec::new()) };
        let newest_first = row.parts.range(..before).rev().map(|(_, part)| part);
        Ok(newest_first.take_while(|part| part.window.to > after).cloned().collect())
    }

    async fn mark(&self, mark: &Mark) -> Result<(), PortError> {
        let mut table = self.table();
        let id = &mark.part.connector;
        let (row, history) = table.activated(id)?;
        let number = mark.part.number;
        if let Some(part) = row.parts.get_mut(&number).filter(|part| part.delivered_at.is_none()) {
            part.delivered_at = Some(mark.at);
            history.push((id.clone(), Entry::Marked(number)));
        }
        let cursor = row.cursor_mut();
        if cursor.delivered.next() == number {
            cursor.delivered = number;
            cursor.published_keys = mark.published_keys.clone().or(cursor.published_keys.take());
            if mark.unblock && cursor.block.take().is_some() {
                history.push((id.clone(), Entry::Unblocked));
            }
        }
        Ok(())
    }

    async fn block(&self, id: &ConnectorId, block: &Block) -> Result<(), PortError> {
        let mut table = self.table();
        let (row, history) = table.activated(id)?;
        row.cursor_mut().block = Some(block.clone());
        history.push((id.clone(), Entry::Blocked(block.clone())));
        Ok(())
    }

    async fn record_progress(&self, id: &ConnectorId, read: &ProgressUpdate) -> Result<(), PortError> {
        let mut table = self.table();
        let (row, history) = table.activated(id)?;
        let cursor = row.cursor_mut();
        if (cursor.next, cursor.watermark) == (read.next, read.watermark) {
            cursor.read_progress = Some(read.progress);
            history.push((id.clone(), Entry::ProgressRecorded));
        }
        Ok(())
    }

    async fn try_claim_unreadable_notice(
        &self,
        id: &ConnectorId,
        since: Time,
        now: Time,
    ) -> Result<bool, PortError> {
        let mut table = self.table();
        let Some(row) = table.rows.get_mut(id).filter(|row| row.cursor.is_some()) else { return Ok(false) };
        let claimed = row.unreadable_notified_at.is_none_or(|last| last < since);
        if claimed {
            row.unreadable_notified_at = Some(now);
        }
        Ok(claimed)
    }

    async fn record_reconcile(&self, id: &ConnectorId, update: &ReconcileUpdate) -> Result<(), PortError> {
        let mut table = self.table();
        let (row, history) = table.activated(id)?;
        let cursor = row.cursor_mut();
        if cursor.reconcile == update.before {
            cursor.reconcile = update.after.clone();
            history.push((id.clone(), Entry::ReconcileRecorded));
            if update.unblock && cursor.block.take().is_some() {
                history.push((id.clone(), Entry::Unblocked));
            }
        }
        Ok(())
    }

    async fn release(&self, id: &ConnectorId, worker: &WorkerId, release: &Release) -> Result<(), PortError> {
        let mut table = self.table();
        let (row, history) = table.activated(id)?;
        if row.lease.as_ref().is_none_or(|(owner, _)| owner != worker) {
            return Ok(());
        }
        row.lease = None;
        let cursor = row.cursor_mut();
        cursor.next_run_at = if cursor.next_run_at == release.seen {
            release.next_run_at
        } else {
            cursor.next_run_at.min(release.now)
        };
        history.push((id.clone(), Entry::Released(cursor.next_run_at)));
        Ok(())
    }

    async fn mark_last(&self, worker: &WorkerId, mark: &Mark, release: &Release) -> Result<(), PortError> {
        self.mark(mark).await?;
        self.release(&mark.part.connector, worker, release).await
    }

    async fn record_sweep(&self, id: &ConnectorId, through: PartNumber) -> Result<(), PortError> {
        let mut table = self.table();
        let (row, _) = table.activated(id)?;
        let cursor = row.cursor_mut();
        cursor.orphans_swept_to = cursor.orphans_swept_to.max(through);
        Ok(())
    }
}
