//! A saved exploration: a filter with its columns and chart, which all people of a tenant share.
//!
//! Every transition returns the record under the next version. It is stored if the stored version is still
//! the previous one. So of two people who change an exploration at once, one is asked to look again.

use std::time::Duration;

use archive::names::{ConnectorId, TenantId};
use archive::sha256::Sha256;
use archive::time::Time;
use serde::{Deserialize, Serialize};

use super::{Chart, Columns, ExplorationId, ExplorationName, FilterText};
use crate::caller::Caller;

/// How many explorations a tenant may have that are not deleted.
pub const MAX_EXPLORATIONS: u32 = 200;

/// How long the record of a deletion is kept. Until then, a late write or a repeated request finds it.
const DELETION_RETENTION: Duration = Duration::from_hours(24);

/// What a person saves.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct NewExploration {
    /// Whose log it searches.
    pub tenant: TenantId,
    /// The connector whose events it searches; `None` for all of the tenant's.
    pub connector: Option<ConnectorId>,
    /// Its name.
    pub name: ExplorationName,
    /// What it searches for.
    pub filter: FilterText,
    /// The columns of its rows.
    pub columns: Columns,
    /// Its chart.
    pub chart: Option<Chart>,
}

impl NewExploration {
    /// What tells two requests with the same idempotency key apart.
    #[must_use]
    pub fn fingerprint(&self) -> Sha256 {
        // Only a map with keys that are no texts can't be JSON, and there is none.
        Sha256::of(&serde_json::to_vec(self).unwrap_or_default())
    }
}

/// What to change of an exploration; `None` keeps it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExplorationChange {
    /// Its new name.
    pub name: Option<ExplorationName>,
    /// What it searches for from now on.
    pub filter: Option<FilterText>,
    /// Its new columns.
    pub columns: Option<Columns>,
    /// Its new chart, or that it has none any more.
    pub chart: Option<Option<Chart>>,
}

/// Who deleted an exploration, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deletion {
    /// When it was deleted.
    pub at: Time,
    /// Who deleted it.
    pub by: Caller,
}

/// The record of a saved exploration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedExploration {
    /// Its ID.
    pub id: ExplorationId,
    /// Incremented by every change, from 1: a write is conditional on the previous one.
    pub version: u64,
    /// Whose log it searches.
    pub tenant: TenantId,
    /// The connector whose events it searches; `None` for all of the tenant's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connector: Option<ConnectorId>,
    /// Its name.
    pub name: ExplorationName,
    /// What it searches for.
    pub filter: FilterText,
    /// The columns of its rows.
    #[serde(default)]
    pub columns: Columns,
    /// Its chart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chart: Option<Chart>,
    /// Who saved it. Tenants don't see which of the vendor's people it was ([`Caller::name_visible_to`]).
    pub created_by: Caller,
    /// When it was saved.
    pub created_at: Time,
    /// When it was changed last.
    pub changed_at: Time,
    /// What it was saved as, if it was saved under an idempotency key: later changes don't matter for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Sha256>,
    /// Set once it is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted: Option<Deletion>,
}

impl SavedExploration {
    /// A new one. `request` is set if the ID is that of an idempotency key.
    #[must_use]
    pub fn new(
        id: ExplorationId,
        new: NewExploration,
        request: Option<Sha256>,
        created_by: Caller,
        now: Time,
    ) -> Self {
        let NewExploration { tenant, connector, name, filter, columns, chart } = new;
        Self {
            id,
            version: 1,
            tenant,
            connector,
            name,
            filter,
            columns,
            chart,
            created_by,
            created_at: now,
            changed_at: now,
            request,
            deleted: None,
        }
    }

    /// Changed at `now`; `None` if that changes nothing, or if it is deleted.
    #[must_use]
    pub fn changed(&self, change: ExplorationChange, now: Time) -> Option<Self> {
        let ExplorationChange { name, filter, columns, chart } = change;
        let mut after = self.clone();
        after.name = name.unwrap_or(after.name);
        after.filter = filter.unwrap_or(after.filter);
        after.columns = columns.unwrap_or(after.columns);
        after.chart = chart.unwrap_or(after.chart);
        let changes = self.deleted.is_none() && after != *self;
        changes.then(|| Self { version: self.version + 1, changed_at: now, ..after })
    }

    /// Deleted at `now`, without what it searched for, which may name persons; `None` if it was before.
    #[must_use]
    pub fn delete(&self, by: Caller, now: Time) -> Option<Self> {
        let deleted = || Self {
            version: self.version + 1,
            filter: FilterText::default(),
            columns: Columns::default(),
            chart: None,
            changed_at: now,
            deleted: Some(Deletion { at: now, by }),
            ..self.clone()
        };
        self.deleted.is_none().then(deleted)
    }

    /// Whether this is what a creation has stored, changed since or not, so that a creation whose answer was
    /// lost is recognized. What is deleted is nobody's creation any more.
    #[must_use]
    pub fn is_of_creation(&self, created: &Self) -> bool {
        self.id == created.id
            && self.tenant == created.tenant
            && self.created_by == created.created_by
            && self.created_at == created.created_at
            && self.request == created.request
            && self.deleted.is_none()
    }

    /// Until when the record is kept; `None` for as long as it is not deleted.
    #[must_use]
    pub fn kept_until(&self) -> Option<Time> {
        self.deleted.as_ref().map(|deleted| deleted.at + DELETION_RETENTION)
    }
}
