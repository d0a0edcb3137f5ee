//! What people keep of the explorer: saved explorations, where the fields are in events, and the record of
//! who has searched.
//!
//! API, command line and portal call these functions alike. Each takes an [`ExplorerCaller`]: whoever comes
//! with a session of the portal needs the ability [`protocol::portal::Ability::Explore`] to become one.
//! Nothing here reads an event.

mod caller;
mod error;
mod mappings;
mod saved;
mod searches;

use std::sync::Arc;

use archive::names::TenantId;
use ports::{Clock, Connectors, EventMappings, Rng, SavedExplorations, SearchLog};

use crate::budget::Budgets;

pub use caller::ExplorerCaller;
pub use error::ExplorerRecordsError;
pub use mappings::MappingError;

/// All dependencies of the explorer's records.
#[derive(Clone)]
pub struct ExplorerRecords {
    /// The saved explorations.
    pub saved: Arc<dyn SavedExplorations>,
    /// Who has searched.
    pub searches: Arc<dyn SearchLog>,
    /// Where the fields are in each connector's events.
    pub mappings: Arc<dyn EventMappings>,
    /// The connectors that explorations name, and that mappings are of.
    pub connectors: Arc<dyn Connectors>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The source of IDs.
    pub rng: Arc<dyn Rng>,
    /// How much each tenant may use. A new exploration counts as a change of the tenant.
    pub budgets: Budgets,
}

impl std::fmt::Debug for ExplorerRecords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ExplorerRecords")
    }
}

/// Refuses another tenant's records.
fn require_access(by: &ExplorerCaller, tenant: &TenantId) -> Result<(), ExplorerRecordsError> {
    if by.caller().can_access(tenant) {
        return Ok(());
    }
    Err(ExplorerRecordsError::OtherTenant(tenant.clone()))
}
