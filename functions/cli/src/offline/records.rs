//! What the reader stores beside objects: in memory, for as long as `explore` runs.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use archive::names::{ConnectorId, TenantId};
use async_trait::async_trait;
use ports::{DownloadQueue, Downloads, EventMappings, Page, PortError, SearchLog};
use protocol::exploration::{Download, DownloadId, SearchId, SearchRecord, StoredMapping};
use tokio::sync::mpsc::UnboundedSender;

/// Mapping and downloads, all of one tenant and connector.
#[derive(Debug, Default)]
pub(super) struct MemoryRecords {
    mapping: Mutex<Option<StoredMapping>>,
    downloads: Mutex<BTreeMap<DownloadId, Download>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl EventMappings for MemoryRecords {
    async fn mapping(&self, _: &ConnectorId) -> Result<Option<StoredMapping>, PortError> {
        Ok(locked(&self.mapping).clone())
    }

    async fn store_guess(&self, _: &ConnectorId, guess: &StoredMapping) -> Result<StoredMapping, PortError> {
        Ok(locked(&self.mapping).get_or_insert_with(|| guess.clone()).clone())
    }

    async fn store_mapping(&self, _: &ConnectorId, mapping: &StoredMapping) -> Result<bool, PortError> {
        let mut stored = locked(&self.mapping);
        let is_next = stored.as_ref().map_or(0, |stored| stored.version) + 1 == mapping.version;
        if is_next {
            *stored = Some(mapping.clone());
        }
        Ok(is_next)
    }
}

#[async_trait]
impl Downloads for MemoryRecords {
    async fn create_download(&self, download: &Download) -> Result<bool, PortError> {
        let mut downloads = locked(&self.downloads);
        let stored = downloads.entry(download.id.clone()).or_insert_with(|| download.clone());
        Ok(stored.is_of_request(download))
    }

    async fn download(&self, tenant: &TenantId, id: &DownloadId) -> Result<Option<Download>, PortError> {
        Ok(locked(&self.downloads).get(id).filter(|download| download.tenant == *tenant).cloned())
    }

    async fn store_download(&self, download: &Download) -> Result<bool, PortError> {
        let mut downloads = locked(&self.downloads);
        let stored = downloads.get_mut(&download.id);
        let Some(stored) = stored.filter(|stored| stored.version + 1 == download.version) else {
            return Ok(false);
        };
        *stored = download.clone();
        Ok(true)
    }

    async fn downloads(&self, tenant: &TenantId, limit: u32) -> Result<Vec<Download>, PortError> {
        let downloads = locked(&self.downloads);
        let of_tenant = downloads.values().rev().filter(|download| download.tenant == *tenant);
        Ok(of_tenant.take(usize::try_from(limit).unwrap_or(usize::MAX)).cloned().collect())
    }
}

/// Searches are not recorded: the copy is the user's own, and the record would be theirs alone to read.
#[derive(Debug, Clone, Copy)]
pub(super) struct NoSearchLog;

#[async_trait]
impl SearchLog for NoSearchLog {
    async fn record_search(&self, _: &SearchRecord) -> Result<bool, PortError> {
        Ok(false)
    }

    async fn searches(
        &self,
        _: &TenantId,
        _: Option<&SearchId>,
        _: u32,
    ) -> Result<Page<SearchRecord, SearchId>, PortError> {
        Ok(Page { items: Vec::new(), next: None })
    }
}

/// Downloads that wait for the task that makes them.
#[derive(Debug)]
pub(super) struct WaitingDownloads(pub(super) UnboundedSender<(TenantId, DownloadId)>);

#[async_trait]
impl DownloadQueue for WaitingDownloads {
    async fn send_download(&self, tenant: &TenantId, id: &DownloadId) -> Result<(), PortError> {
        let sent = self.0.send((tenant.clone(), id.clone()));
        sent.map_err(|_| PortError::denied("queueing a download", "`explore` is about to end"))
    }
}
