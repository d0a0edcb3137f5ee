//! The operations of the API and the command line: the same functions for both, each with the caller as an
//! argument.
//!
//! A tenant's administrator can access only its own connectors, and cannot even learn that another tenant's
//! exists. Every change is stored together with its record (who, when, what, before and after) under its new
//! version. So a concurrent edit is refused, and no change is without its record.

mod change;
mod consents;
mod contacts;
mod create;
mod exports;
mod health;
mod key_cache;
mod overview;
mod reads;
mod requests;
mod source;
mod spending;
mod try_destination;
mod verify;

use std::sync::Arc;
use std::time::Duration;

use crate::budget::{BudgetExhaustedError, Budgets};
use archive::names::{ConnectorId, InvalidValueError};
use ports::{Bus, CheckProgress, Clock, Connectors, PortError, Prober, PublicUrlChecker, Rng};
use protocol::connector::{Connector, NotAllowedError, OwnedResource};
use protocol::contacts::LinkError;
use protocol::machine::Timing;

use crate::partition::{PartitionError, PartitionFormat};
use crate::preflight::PreflightReport;
use crate::setup::{DestinationMismatchError, Vendor};
use crate::signing::{ManifestSigner, SigningError};

pub use change::DeletionLoss;
pub use consents::{AddressView, LinkView, MailMode};
pub use contacts::NewContacts;
pub use exports::{ExportContent, ExportFilter, ExportsPage};
pub use health::{ConnectorHealth, Waiting};
pub use key_cache::KeyCache;
pub use overview::{ConnectorOverview, Survey};
pub use reads::ConnectorView;
pub use requests::{ConnectorUpdate, Difference, KeyReusedError, NewConnector, UpdateOutcome};
pub use source::AcceptOutcome;

/// All dependencies of onboarding.
#[derive(Clone)]
pub struct Onboarding {
    /// The ledger, which stores settings, records and claims.
    pub connectors: Arc<dyn Connectors>,
    /// Assumes the customers' roles for connection checks.
    pub prober: Arc<dyn Prober>,
    /// The vendor's event bus.
    pub bus: Arc<dyn Bus>,
    /// The time of changes and checks.
    pub clock: Arc<dyn Clock>,
    /// The source of IDs and secrets.
    pub rng: Arc<dyn Rng>,
    /// Settle time and look-back.
    pub timing: Timing,
    /// The vendor, as the customers' trust policies name it.
    pub vendor: Vendor,
    /// The keys that sign manifests, where they are known.
    pub signing: Option<ManifestSigner>,
    /// Caches their public keys.
    pub key_cache: KeyCache,
    /// Whether the deployment sends mails to contacts, and asks for their consent first.
    pub mail_mode: MailMode,
    /// The form of the partition keys of the events table, which some tenants cannot have.
    pub partitions: PartitionFormat,
    /// How much each tenant may use.
    pub budgets: Budgets,
    /// Checks that customers can read the template; `None` where nothing is published to customers.
    pub public_urls: Option<Arc<dyn PublicUrlChecker>>,
    /// How long the events table keeps an event, as far as configured; `None` means forever.
    pub event_retention: Option<Duration>,
    /// Where a running connection check is followed; `None` where nobody follows one.
    pub checks: Option<Arc<dyn CheckProgress>>,
}

impl Onboarding {
    /// Onboarding without signing keys, mails and a published template, with the default partition keys and
    /// budgets. Set the fields of what a deployment has.
    #[must_use]
    pub fn new(
        connectors: Arc<dyn Connectors>,
        prober: Arc<dyn Prober>,
        bus: Arc<dyn Bus>,
        clock: Arc<dyn Clock>,
        rng: Arc<dyn Rng>,
        timing: Timing,
        vendor: Vendor,
    ) -> Self {
        Self {
            connectors,
            prober,
            bus,
            clock,
            rng,
            timing,
            vendor,
            signing: None,
            key_cache: KeyCache::default(),
            mail_mode: MailMode::None,
            partitions: PartitionFormat::default(),
            budgets: Budgets::default(),
            public_urls: None,
            event_retention: None,
            checks: None,
        }
    }
}

impl std::fmt::Debug for Onboarding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Onboarding")
    }
}

/// Why an operation failed.
#[derive(Debug, thiserror::Error)]
pub enum OnboardingError {
    /// The connector does not exist, or belongs to another tenant.
    #[error("connector {0} does not exist")]
    NotFound(ConnectorId),
    /// Someone else has changed the connector since it was read.
    #[error("connector {id} was modified by someone else; it is now at version {current}")]
    Stale {
        /// The connector with the concurrent change.
        id: ConnectorId,
        /// The version that is stored now.
        current: u64,
    },
    /// Another connector owns the role or the destination. The owner is never revealed.
    #[error("{0} is in use by another connector")]
    AlreadyOwned(OwnedResource),
    /// The connector's state does not allow it.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowedError),
    /// The connection check that must pass first failed.
    #[error("the destination failed verification")]
    NotVerified(Box<PreflightReport>),
    /// A value was refused.
    #[error(transparent)]
    Refused(#[from] InvalidValueError),
    /// Values of a destination that cannot match each other.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    DestinationMismatch(Vec<DestinationMismatchError>),
    /// The tenant cannot have partition keys of its own.
    #[error(transparent)]
    NoPartition(#[from] PartitionError),
    /// The idempotency key was used for another request.
    #[error(transparent)]
    KeyReused(#[from] KeyReusedError),
    /// A deletion would lose something, and the caller has not accepted that.
    #[error("{0}")]
    LossNotAccepted(DeletionLoss),
    /// A budget would be exceeded. Nothing was written.
    #[error(transparent)]
    Exhausted(#[from] BudgetExhaustedError),
    /// A tenant's administrator requested what only operators may do.
    #[error("only operators may access {0}")]
    Forbidden(&'static str),
    /// A link from a mail cannot do what was requested.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// An internal error of a port.
    #[error(transparent)]
    Port(#[from] PortError),
    /// An internal error: the signer returned no valid key.
    #[error("the manifest signing keys are not available")]
    Keys(#[source] SigningError),
}

/// The connector after a stored change.
pub type ChangeResult = Result<Connector, OnboardingError>;
