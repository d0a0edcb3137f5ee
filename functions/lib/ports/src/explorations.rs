//! The explorer's records: saved explorations, the record of searches, downloads, and mappings of fields.

use archive::names::{ConnectorId, TenantId};
use async_trait::async_trait;
use protocol::budget::Spending;
use protocol::exploration::{
    Download, DownloadId, ExplorationId, SavedExploration, SearchId, SearchRecord, StoredMapping,
};

use super::{Page, PortError};

/// What became of a new exploration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExplorationAnswer {
    /// It is stored: now, or by an earlier attempt whose answer was lost. It may have been changed since.
    Created,
    /// There is another one with its ID, maybe a deleted one.
    Exists,
    /// The tenant has as many as it may have.
    Full,
    /// A budget would be exceeded.
    Exhausted,
}

/// Stores the explorations that a tenant's people save. All reads are consistent.
#[async_trait]
pub trait SavedExplorations: Send + Sync {
    /// Stores a new exploration, counts it and spends the budgets, in one transaction. Nothing is written if
    /// the tenant has `limit` explorations that are not deleted, at least one, or if a budget would be
    /// exceeded.
    async fn create_exploration(
        &self,
        exploration: &SavedExploration,
        limit: u32,
        spends: &[Spending],
    ) -> Result<ExplorationAnswer, PortError>;

    /// The exploration of this tenant with this ID. A deleted one is found for about a day.
    async fn exploration(
        &self,
        tenant: &TenantId,
        id: &ExplorationId,
    ) -> Result<Option<SavedExploration>, PortError>;

    /// Stores a transition if the stored version is the previous one; a deletion also frees its place.
    /// `false` if another writer was faster, or an earlier attempt of this very write whose answer was lost:
    /// read it again then.
    async fn store_exploration(&self, exploration: &SavedExploration) -> Result<bool, PortError>;

    /// All explorations of a tenant that are not deleted, by ID.
    async fn explorations(&self, tenant: &TenantId) -> Result<Vec<SavedExploration>, PortError>;
}

/// Stores who has searched a tenant's log. Records can't be changed.
#[async_trait]
pub trait SearchLog: Send + Sync {
    /// Records a search. The first record of the same search in an hour stays; `false` if there was one.
    async fn record_search(&self, search: &SearchRecord) -> Result<bool, PortError>;

    /// At most `limit` searches of a tenant's log before `before`, the newest hour first. They are kept for a
    /// year.
    async fn searches(
        &self,
        tenant: &TenantId,
        before: Option<&SearchId>,
        limit: u32,
    ) -> Result<Page<SearchRecord, SearchId>, PortError>;
}

/// Stores downloads while they can be fetched. All reads are consistent.
#[async_trait]
pub trait Downloads: Send + Sync {
    /// Stores a new download; `true` too if an earlier attempt has stored it. `false` if there is another one
    /// with its ID.
    async fn create_download(&self, download: &Download) -> Result<bool, PortError>;

    /// The download of this tenant with this ID. An expired one may still be found.
    async fn download(&self, tenant: &TenantId, id: &DownloadId) -> Result<Option<Download>, PortError>;

    /// Stores a transition if the stored version is the previous one. `false` if another worker was faster,
    /// or an earlier attempt of this very write whose answer was lost: read it again then.
    async fn store_download(&self, download: &Download) -> Result<bool, PortError>;

    /// At most `limit` downloads of a tenant, newest first; expired ones may be among them.
    async fn downloads(&self, tenant: &TenantId, limit: u32) -> Result<Vec<Download>, PortError>;
}

/// Stores where the fields are in each connector's events. All reads are consistent.
#[async_trait]
pub trait EventMappings: Send + Sync {
    /// The mapping of a connector, guessed or set.
    async fn mapping(&self, id: &ConnectorId) -> Result<Option<StoredMapping>, PortError>;

    /// Stores a guess if there is no mapping, and returns the one that counts: this or the stored one.
    async fn store_guess(&self, id: &ConnectorId, guess: &StoredMapping) -> Result<StoredMapping, PortError>;

    /// Stores a mapping that somebody has set if the stored version is the previous one; the first version
    /// needs that there is none. `false` if another writer was faster, or an earlier attempt of this very
    /// write whose answer was lost: read it again then.
    async fn store_mapping(&self, id: &ConnectorId, mapping: &StoredMapping) -> Result<bool, PortError>;
}
