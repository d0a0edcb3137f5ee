//! Saved explorations, the record of searches, downloads, and mappings of fields.

use std::collections::BTreeMap;

use archive::names::{ConnectorId, TenantId};
use async_trait::async_trait;
use ports::{Downloads, EventMappings, ExplorationAnswer, Page, PortError, SavedExplorations, SearchLog};
use protocol::budget::Spending;
use protocol::exploration::{
    Download, DownloadId, ExplorationId, SavedExploration, SearchId, SearchRecord, StoredMapping,
};

use super::FakeLedger;

#[derive(Debug, Default)]
pub(super) struct ExplorerTable {
    saved: BTreeMap<(TenantId, ExplorationId), SavedExploration>,
    searches: BTreeMap<(TenantId, SearchId), SearchRecord>,
    downloads: BTreeMap<(TenantId, DownloadId), Download>,
    mappings: BTreeMap<ConnectorId, StoredMapping>,
}

impl ExplorerTable {
    /// The explorations of a tenant that are not deleted.
    fn explorations(&self, tenant: &TenantId) -> Vec<SavedExploration> {
        let of_tenant = self.saved.values().filter(|saved| saved.tenant == *tenant);
        of_tenant.filter(|saved| saved.deleted.is_none()).cloned().collect()
    }
}

#[async_trait]
impl SavedExplorations for FakeLedger {
    async fn create_exploration(
        &self,
        exploration: &SavedExploration,
        limit: u32,
        spends: &[Spending],
    ) -> Result<ExplorationAnswer, PortError> {
        let mut table = self.table();
        let key = (exploration.tenant.clone(), exploration.id.clone());
        match table.explorer.saved.get(&key) {
            Some(stored) if stored.is_of_creation(exploration) => return Ok(ExplorationAnswer::Created),
            Some(_) => return Ok(ExplorationAnswer::Exists),
            None => {}
        }
        if table.explorer.explorations(&exploration.tenant).len() >= limit as usize {
            return Ok(ExplorationAnswer::Full);
        }
        if table.spend_all(spends).is_err() {
            return Ok(ExplorationAnswer::Exhausted);
        }
        table.explorer.saved.insert(key, exploration.clone());
        Ok(ExplorationAnswer::Created)
    }

    async fn exploration(
        &self,
        tenant: &TenantId,
        id: &ExplorationId,
    ) -> Result<Option<SavedExploration>, PortError> {
        Ok(self.table().explorer.saved.get(&(tenant.clone(), id.clone())).cloned())
    }

    async fn store_exploration(&self, exploration: &SavedExploration) -> Result<bool, PortError> {
        let mut table = self.table();
        let stored = table.explorer.saved.get_mut(&(exploration.tenant.clone(), exploration.id.clone()));
        let Some(stored) = stored.filter(|stored| stored.version + 1 == exploration.version) else {
            return Ok(false);
        };
        *stored = exploration.clone();
        Ok(true)
    }

    async fn explorations(&self, tenant: &TenantId) -> Result<Vec<SavedExploration>, PortError> {
        Ok(self.table().explorer.explorations(tenant))
    }
}

#[async_trait]
impl SearchLog for FakeLedger {
    async fn record_search(&self, search: &SearchRecord) -> Result<bool, PortError> {
        let searches = &mut self.table().explorer.searches;
        let key = (search.tenant.clone(), search.id());
        let is_first = !searches.contains_key(&key);
        searches.entry(key).or_insert_with(|| search.clone());
        Ok(is_first)
    }

    async fn searches(
        &self,
        tenant: &TenantId,
        before: Option<&SearchId>,
        limit: u32,
    ) -> Result<Page<SearchRecord, SearchId>, PortError> {
        let table = self.table();
        let of_tenant = table.explorer.searches.iter().rev().filter(|((of, _), _)| of == tenant);
        let mut older = of_tenant.filter(|((_, id), _)| before.is_none_or(|before| id < before));
        let items: Vec<_> = older.by_ref().take(limit as usize).map(|(_, search)| search.clone()).collect();
        let more = older.next().is_some();
        let next = items.last().filter(|_| more).map(SearchRecord::id);
        Ok(Page { items, next })
    }
}

#[async_trait]
impl Downloads for FakeLedger {
    async fn create_download(&self, download: &Download) -> Result<bool, PortError> {
        let downloads = &mut self.table().explorer.downloads;
        let stored = downloads.entry((download.tenant.clone(), download.id.clone()));
        Ok(stored.or_insert_with(|| download.clone()).is_of_request(download))
    }

    async fn download(&self, tenant: &TenantId, id: &DownloadId) -> Result<Option<Download>, PortError> {
        Ok(self.table().explorer.downloads.get(&(tenant.clone(), id.clone())).cloned())
    }

    async fn store_download(&self, download: &Download) -> Result<bool, PortError> {
        let mut table = self.table();
        let stored = table.explorer.downloads.get_mut(&(download.tenant.clone(), download.id.clone()));
        let Some(stored) = stored.filter(|stored| stored.version + 1 == download.version) else {
            return Ok(false);
        };
        *stored = download.clone();
        Ok(true)
    }

    async fn downloads(&self, tenant: &TenantId, limit: u32) -> Result<Vec<Download>, PortError> {
        let table = self.table();
        let of_tenant = table.explorer.downloads.values().rev().filter(|one| one.tenant == *tenant);
        Ok(of_tenant.take(limit as usize).cloned().collect())
    }
}

#[async_trait]
impl EventMappings for FakeLedger {
    async fn mapping(&self, id: &ConnectorId) -> Result<Option<StoredMapping>, PortError> {
        Ok(self.table().explorer.mappings.get(id).cloned())
    }

    async fn store_guess(&self, id: &ConnectorId, guess: &StoredMapping) -> Result<StoredMapping, PortError> {
        let mappings = &mut self.table().explorer.mappings;
        Ok(mappings.entry(id.clone()).or_insert_with(|| guess.clone()).clone())
    }

    async fn store_mapping(&self, id: &ConnectorId, mapping: &StoredMapping) -> Result<bool, PortError> {
        let mappings = &mut self.table().explorer.mappings;
        let before = mappings.get(id).map_or(0, |stored| stored.version);
        if before + 1 != mapping.version {
            return Ok(false);
        }
        mappings.insert(id.clone(), mapping.clone());
        Ok(true)
    }
}
