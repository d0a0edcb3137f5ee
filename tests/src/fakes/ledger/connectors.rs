//! The ledger for the API and the command line.

use std::collections::BTreeMap;

use archive::names::{ConnectorId, TenantId};
use archive::part::{Part, PartNumber};
use archive::time::Time;
use async_trait::async_trait;
use ports::{ConnectorFilter, Connectors, LastFile, Page, PortError, Progress, RunAnswer, SaveAnswer, Saved};
use protocol::budget::Spending;
use protocol::connector::{Change, Connector, OwnedResource, S3Destination, State};
use protocol::contacts::{SecretId, WebhookSecret};
use protocol::cursor::{Cursor, Reconcile};
use protocol::source_change::SourceChange;
use protocol::watch::SweepCursor;

use super::{FakeLedger, Row, Table};

const STALE: SaveAnswer = SaveAnswer::Saved(Saved::Stale);
/// Small, so that tests have several pages.
const SCAN_PAGE: usize = 3;
const STORED: SaveAnswer = SaveAnswer::Saved(Saved::Stored);

#[async_trait]
impl Connectors for FakeLedger {
    async fn create(
        &self,
        connector: &Connector,
        change: &Change,
        spends: &[Spending],
    ) -> Result<SaveAnswer, PortError> {
        assert_eq!((&change.before, &change.after), (&None, connector), "the record is of another change");
        let mut table = self.table();
        if let Some(row) = table.rows.get(&connector.id) {
            return Ok(if row.changes.get(&change.version) == Some(change) { STORED } else { STALE });
        }
        if let Some(taken) = table.owned_by_other(connector) {
            return Ok(SaveAnswer::AlreadyOwned(taken));
        }
        if let Err(budget) = table.spend_for(change, spends) {
            return Ok(SaveAnswer::Exhausted(budget));
        }
        let mut row = Row::new(connector.clone(), None);
        row.changes.insert(change.version, change.clone());
        table.rows.insert(connector.id.clone(), row);
        Ok(STORED)
    }

    async fn save(
        &self,
        change: &Change,
        cursor: Option<&Cursor>,
        spends: &[Spending],
    ) -> Result<SaveAnswer, PortError> {
        let before = change.before.as_ref().expect("the settings before");
        let mut table = self.table();
        let Some(row) = table.rows.get(&before.id) else { return Ok(STALE) };
        if row.changes.get(&change.version) == Some(change) {
            return Ok(STORED);
        }
        let activated_before = cursor.is_some() && row.cursor.is_some();
        if row.connector.version != before.version || activated_before {
            return Ok(STALE);
        }
        if let Some(taken) = table.owned_by_other(&change.after) {
            return Ok(SaveAnswer::AlreadyOwned(taken));
        }
        if let Err(budget) = table.spend_for(change, spends) {
            return Ok(SaveAnswer::Exhausted(budget));
        }
        let row = table.rows.get_mut(&before.id).expect("the row");
        row.connector = change.after.clone();
        row.cursor = cursor.or(row.cursor.as_ref()).cloned();
        row.changes.insert(change.version, change.clone());
        Ok(STORED)
    }

    async fn get(&self, id: &ConnectorId) -> Result<Option<(Connector, Option<Cursor>)>, PortError> {
        Ok(self.table().rows.get(id).map(|row| (row.connector.clone(), row.cursor.clone())))
    }

    async fn list(
        &self,
        filter: ConnectorFilter<'_>,
        after: Option<&ConnectorId>,
        limit: u32,
    ) -> Result<Vec<Connector>, PortError> {
        let table = self.table();
        let all = table.rows.values().map(|row| &row.connector);
        let after_cursor = all.filter(|connector| after.is_none_or(|after| connector.id > *after));
        let of_tenant =
            after_cursor.filter(|connector| filter.tenant.is_none_or(|tenant| connector.tenant == *tenant));
        let visible =
            of_tenant.filter(|connector| filter.include_deleted || connector.state != State::Deleted);
        Ok(visible.take(limit as usize).cloned().collect())
    }

    async fn scan(&self, after: Option<&SweepCursor>) -> Result<Page<Connector, SweepCursor>, PortError> {
        let table = self.table();
        let behind = |row: &&Row| after.is_none_or(|after| row.connector.id > after.connector);
        let items: Vec<_> =
            table.rows.values().filter(behind).take(SCAN_PAGE).map(|row| row.connector.clone()).collect();
        let last = items.last().filter(|_| items.len() == SCAN_PAGE);
        let next = last.map(|last| SweepCursor { tenant: last.tenant.clone(), connector: last.id.clone() });
        Ok(Page { items, next })
    }

    async fn progress(&self, ids: &[ConnectorId]) -> Result<BTreeMap<ConnectorId, Progress>, PortError> {
        let table = self.table();
        let of = |id: &ConnectorId| {
            let row = table.rows.get(id)?;
            let cursor = row.cursor.clone()?;
            let part = row.parts.get(&cursor.delivered);
            let last_file = part
                .and_then(|part| Some(LastFile { delivered_at: part.delivered_at?, events: part.events }));
            Some((id.clone(), Progress { cursor, last_file }))
        };
        Ok(ids.iter().filter_map(of).collect())
    }

    async fn owned_by_another(&self, connector: &Connector) -> Result<Option<OwnedResource>, PortError> {
        Ok(self.table().owned_by_other(connector))
    }

    async fn history(
        &self,
        id: &ConnectorId,
        before: Option<PartNumber>,
        limit: u32,
    ) -> Result<Vec<Part>, PortError> {
        let table = self.table();
        let Some(row) = table.rows.get(id) else { return Ok(Vec::new()) };
        let newest_first = row.parts.values().rev();
        let earlier = newest_first.filter(|part| before.is_none_or(|before| part.number < before));
        Ok(earlier.take(limit as usize).cloned().collect())
    }

    async fn changes(
        &self,
        id: &ConnectorId,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<Change>, PortError> {
        let table = self.table();
        let Some(row) = table.rows.get(id) else { return Ok(Vec::new()) };
        let newest_first = row.changes.range(..before.unwrap_or(u64::MAX)).rev();
        Ok(newest_first.take(limit as usize).map(|(_, change)| change.clone()).collect())
    }

    async fn request_run(
        &self,
        id: &ConnectorId,
        now: Time,
        cut: Time,
        key: Option<&str>,
        spends: &[Spending],
    ) -> Result<RunAnswer, PortError> {
        let mut table = self.table();
        let Ok((row, _)) = table.activated(id) else { return Ok(RunAnswer::NotActivated) };
        if let (Some(key), Some((stored, cut))) = (key, &row.run_request)
            && stored == key
        {
            return Ok(RunAnswer::Requested(*cut));
        }
        if let Err(budget) = table.spend_all(spends) {
            return Ok(RunAnswer::Exhausted(budget));
        }
        let (row, _) = table.activated(id)?;
        row.run_request = key.map(|key| (key.to_owned(), cut)).or(row.run_request.take());
        let cursor = row.cursor_mut();
        cursor.next_run_at = now;
        cursor.cut = Some(cut);
        if let Some(block) = &mut cursor.block {
            block.next_attempt = now;
        }
        Ok(RunAnswer::Requested(cut))
    }

    async fn change_source(&self, id: &ConnectorId, change: &SourceChange) -> Result<bool, PortError> {
        let mut table = self.table();
        let (row, _) = table.activated(id)?;
        let cursor = row.cursor_mut();
        let as_read = (cursor.source.as_ref(), cursor.next, cursor.watermark);
        if as_read != (Some(&change.before), change.next, change.watermark) {
            return Ok(false);
        }
        cursor.source = Some(change.after.clone());
        cursor.read_progress = None;
        if change.forget_keys {
            cursor.reconcile =
                Reconcile { resume_at: None, out_of_order_in: None, ..cursor.reconcile.clone() };
        }
        Ok(true)
    }

    async fn store_secret(
        &self,
        id: &ConnectorId,
        secret_id: &SecretId,
        secret: &WebhookSecret,
    ) -> Result<bool, PortError> {
        let mut table = self.table();
        let key = (id.clone(), secret_id.clone());
        let is_free = !table.secrets.contains_key(&key);
        if is_free {
            table.secrets.insert(key, secret.clone());
        }
        Ok(is_free)
    }

    async fn secret(
        &self,
        id: &ConnectorId,
        secret_id: &SecretId,
    ) -> Result<Option<WebhookSecret>, PortError> {
        Ok(self.table().secrets.get(&(id.clone(), secret_id.clone())).cloned())
    }
}

impl Table {
    /// The resource of this connector that another one owns. The claims follow from all settings: under one
    /// lock they need no records of their own.
    fn owned_by_other(&self, connector: &Connector) -> Option<OwnedResource> {
        let destination = connector.claims()?;
        let others = self.rows.values().map(|row| &row.connector).filter(|other| other.id != connector.id);
        let others: Vec<_> = others.filter_map(|other| Some((&other.tenant, other.claims()?))).collect();
        let overlapping = |(_, other): &(&TenantId, &S3Destination)| {
            other.bucket == destination.bucket && other.prefix.overlaps(&destination.prefix)
        };
        let same_role = |(tenant, other): &(&TenantId, &S3Destination)| {
            **tenant != connector.tenant
                && other.role.as_str().eq_ignore_ascii_case(destination.role.as_str())
        };
        if others.iter().any(overlapping) {
            return Some(OwnedResource::Destination);
        }
        others.iter().any(same_role).then_some(OwnedResource::Role)
    }
}
