//! Why an operation on the explorer's records failed, and what to do about it.

use archive::names::{ConnectorId, TenantId};
use ports::PortError;
use protocol::exploration::{ExplorationId, MAX_EXPLORATIONS};

use crate::budget::BudgetExhaustedError;
use crate::portal::MissingAbilityError;

/// Why an operation on the explorer's records failed.
#[derive(Debug, thiserror::Error)]
pub enum ExplorerRecordsError {
    /// There is no such exploration of this tenant.
    #[error("exploration {0} does not exist")]
    NotFound(ExplorationId),
    /// Another tenant's records.
    #[error("tenant {} is not accessible", .0.escaped())]
    OtherTenant(TenantId),
    /// The exploration names a connector that this tenant does not have.
    #[error("connector {0} does not exist")]
    NoConnector(ConnectorId),
    /// Someone else has changed the exploration since it was read.
    #[error("exploration {id} was modified by someone else; it is now at version {current}")]
    Stale {
        /// The exploration.
        id: ExplorationId,
        /// The version that is stored now.
        current: u64,
    },
    /// The tenant has as many explorations as it may have.
    #[error("tenant {} has reached its limit of {MAX_EXPLORATIONS} saved explorations", .0.escaped())]
    Full(TenantId),
    /// The idempotency key has saved another exploration.
    #[error("the idempotency key was used to save {0} with other values")]
    KeyReused(ExplorationId),
    /// What the idempotency key has saved is deleted.
    #[error("the idempotency key was used to save {0}, which is deleted")]
    KeyEnded(ExplorationId),
    /// The visitor's link does not allow to explore.
    #[error(transparent)]
    Missing(#[from] MissingAbilityError),
    /// A budget would be exceeded. Nothing was written.
    #[error(transparent)]
    Exhausted(#[from] BudgetExhaustedError),
    /// An internal error of a port.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl ExplorerRecordsError {
    /// What to do about it, as a sentence; `None` if it is not the caller's to fix.
    #[must_use]
    pub fn remedy(&self) -> Option<String> {
        let fixed = match self {
            Self::Exhausted(exhausted) => return Some(exhausted.remedy()),
            Self::Port(_) => return None,
            Self::NotFound(_) => "List the saved explorations to see which there are.",
            Self::OtherTenant(_) => "Use a link or a token for this tenant.",
            Self::NoConnector(_) => "List the connectors to see which there are.",
            Self::Stale { .. } => "Read it again, and change what is stored now.",
            Self::Full(_) => "Delete an exploration that is no longer needed.",
            Self::KeyReused(_) | Self::KeyEnded(_) => "Use a new idempotency key for a new exploration.",
            Self::Missing(_) => "Ask whoever gave you the link for one that allows to explore.",
        };
        Some(fixed.to_owned())
    }
}
