//! The ledger for the API and the command line.

use std::collections::BTreeMap;

use archive::names::ConnectorId;
use archive::part::{Part, PartNumber};
use archive::time::Time;
use async_trait::async_trait;
use ports::{ConnectorFilter, Connectors, Page, PortError, Progress, RunAnswer, SaveAnswer};
use protocol::budget::Spending;
use protocol::connector::{Change, Connector, OwnedResource};
use protocol::contacts::{SecretId, WebhookSecret};
use protocol::cursor::Cursor;
use protocol::source_change::SourceChange;
use protocol::watch::SweepCursor;

use super::DynamoLedger;
use super::response_date::ResponseDate;

#[async_trait]
impl Connectors for DynamoLedger {
    async fn create(
        &self,
        connector: &Connector,
        change: &Change,
        spends: &[Spending],
    ) -> Result<SaveAnswer, PortError> {
        let what = "creating a connector";
        if change.before.is_some() || change.after != *connector {
            return Err(PortError::bug(what, "the record is of another change"));
        }
        self.commit_change(what, change, None, spends).await
    }

    async fn save(
        &self,
        change: &Change,
        cursor: Option<&Cursor>,
        spends: &[Spending],
    ) -> Result<SaveAnswer, PortError> {
        let what = "saving a connector";
        if change.before.as_ref().is_none_or(|before| before.id != change.after.id) {
            return Err(PortError::bug(what, "the record is of a creation"));
        }
        self.commit_change(what, change, cursor, spends).await
    }

    async fn get(&self, id: &ConnectorId) -> Result<Option<(Connector, Option<Cursor>)>, PortError> {
        self.settings_and_cursor(id, ResponseDate::new()).await
    }

    async fn list(
        &self,
        filter: ConnectorFilter<'_>,
        after: Option<&ConnectorId>,
        limit: u32,
    ) -> Result<Vec<Connector>, PortError> {
        match filter.tenant {
            Some(tenant) => self.list_tenant(tenant, filter.include_deleted, after, limit).await,
            None => self.list_all(filter.include_deleted, after, limit).await,
        }
    }

    async fn scan(&self, after: Option<&SweepCursor>) -> Result<Page<Connector, SweepCursor>, PortError> {
        self.scan_page(after).await
    }

    async fn progress(&self, ids: &[ConnectorId]) -> Result<BTreeMap<ConnectorId, Progress>, PortError> {
        self.progress_of(ids).await
    }

    async fn owned_by_another(&self, connector: &Connector) -> Result<Option<OwnedResource>, PortError> {
        self.owner_conflict(connector).await
    }

    async fn history(
        &self,
        id: &ConnectorId,
        before: Option<PartNumber>,
        limit: u32,
    ) -> Result<Vec<Part>, PortError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        self.parts_before(id, before, limit, |_| true).await
    }

    async fn changes(
        &self,
        id: &ConnectorId,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<Change>, PortError> {
        self.changes_before(id, before, usize::try_from(limit).unwrap_or(usize::MAX)).await
    }

    async fn request_run(
        &self,
        id: &ConnectorId,
        now: Time,
        cut: Time,
        key: Option<&str>,
        spends: &[Spending],
    ) -> Result<RunAnswer, PortError> {
        self.put_run_request((id, now, cut, key), spends).await
    }

    async fn change_source(&self, id: &ConnectorId, change: &SourceChange) -> Result<bool, PortError> {
        self.replace_source(id, change).await
    }

    async fn store_secret(
        &self,
        id: &ConnectorId,
        secret_id: &SecretId,
        secret: &WebhookSecret,
    ) -> Result<bool, PortError> {
        self.put_secret(id, secret_id, secret).await
    }

    async fn secret(
        &self,
        id: &ConnectorId,
        secret_id: &SecretId,
    ) -> Result<Option<WebhookSecret>, PortError> {
        self.get_secret(id, secret_id).await
    }
}
