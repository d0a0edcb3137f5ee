//! What the API and the command line offer: the same functions for both, each taking the caller.
//!
//! A tenant's administrator sees and touches its own connectors only; of another's it learns nothing, not even
//! that it exists. Every change is stored together with its record (who, when, what, before and after) under the
//! version that it makes, so a concurrent edit is refused and no change is without its record.

mod changes;
mod contacts;
mod creating;
mod permissions;
mod reads;
mod requests;
mod ring;
mod source;
mod spending;
mod verifying;

use std::sync::Arc;

use crate::budget::{BudgetExhaustedError, Budgets};
use crate::connector::{Connector, NotAllowedError};
use crate::contacts::LinkError;
use crate::manifest::{ManifestSigner, SigningError};
use crate::names::{ConnectorId, InvalidValueError};
use crate::partition::{PartitionError, PartitionFormat};
use crate::ports::{Bus, Clock, Connectors, PortError, Prober, PublicUrlChecker, Rng};
use crate::protocol::Timing;
use crate::setup::{DestinationMismatchError, Vendor};
use crate::verify::PreflightReport;

pub use changes::DeletionLoss;
pub use contacts::NewContacts;
pub use permissions::{AddressView, LinkView, MailMode};
pub use reads::ConnectorView;
pub use requests::{ConnectorUpdate, Difference, KeyReusedError, NewConnector, UpdateOutcome};
pub use ring::KeyCache;
pub use source::AcceptOutcome;

/// Everything that onboarding needs.
#[derive(Clone)]
pub struct Onboarding {
    /// The ledger.
    pub connectors: Arc<dyn Connectors>,
    /// Tries the customers' roles.
    pub prober: Arc<dyn Prober>,
    /// The vendor's event bus.
    pub bus: Arc<dyn Bus>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub rng: Arc<dyn Rng>,
    /// Settle time and look-back.
    pub timing: Timing,
    /// What the customers' trust policies name.
    pub vendor: Vendor,
    /// The keys that sign manifests, where they are known.
    pub signing: Option<ManifestSigner>,
    /// The public ones among them, as they were told last.
    pub key_cache: KeyCache,
    /// Whether the deployment sends mails to contacts, and asks them first.
    pub mail_mode: MailMode,
    /// How the partition keys of the events table are made, which leaves some tenants without one.
    pub partitions: PartitionFormat,
    /// How much each tenant may use.
    pub budgets: Budgets,
    /// Looks whether customers can read the template; none where nothing is published to customers.
    pub public_urls: Option<Arc<dyn PublicUrlChecker>>,
}

impl std::fmt::Debug for Onboarding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Onboarding")
    }
}

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum OnboardingError {
    /// There is no such connector, or it is another tenant's.
    #[error("there is no connector {0}")]
    NotFound(ConnectorId),
    /// Someone else has changed the connector since it was read.
    #[error("connector {id} was changed meanwhile; it is at version {current} now")]
    Stale {
        /// Which.
        id: ConnectorId,
        /// The version that is stored.
        current: u64,
    },
    /// The role or the destination is in use. It is not told whose.
    #[error("{0} is in use by another connector")]
    Taken(OwnedResource),
    /// The connector's state does not allow it.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowedError),
    /// The verification that goes before it failed.
    #[error("the destination did not pass the verification")]
    NotVerified(Box<PreflightReport>),
    /// A value was refused.
    #[error(transparent)]
    Refused(#[from] InvalidValueError),
    /// Parts of a destination that can't fit together.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    DestinationMismatch(Vec<DestinationMismatchError>),
    /// The tenant has no partition keys of its own.
    #[error(transparent)]
    NoPartition(#[from] PartitionError),
    /// The idempotency key was used for another request.
    #[error(transparent)]
    KeyReused(#[from] KeyReusedError),
    /// A deletion would lose something, and nobody has said that it may.
    #[error("{0}")]
    LossNotAccepted(DeletionLoss),
    /// A budget would be exceeded. Nothing was written.
    #[error(transparent)]
    Exhausted(#[from] BudgetExhaustedError),
    /// A tenant's administrator asked for what is an operator's.
    #[error("{0} is an operator's to set")]
    Forbidden(&'static str),
    /// A link of a mail does not do what was asked.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// Ours.
    #[error(transparent)]
    Port(#[from] PortError),
    /// Ours: what signs gives no key that may sign.
    #[error("the keys that sign manifests can't be told")]
    Keys(#[source] SigningError),
}

/// What is unique across tenants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OwnedResource {
    /// A role serves one tenant.
    Role,
    /// A folder of a bucket serves one connector, and so do those above and below it.
    Destination,
}

impl std::fmt::Display for OwnedResource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Role => "this role",
            Self::Destination => "this destination (the prefix, one above it or one below it)",
        })
    }
}

/// A connector whose change is stored.
pub type ChangeResult = Result<Connector, OnboardingError>;
