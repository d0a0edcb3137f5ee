//! The settings of the operations on connectors, which the API and the command line share.

use control::budget::Budgets;
use control::onboarding::MailMode;
use control::partition::PartitionFormat;
use protocol::machine::Timing;

use super::env::{Env, FromEnv, ReportedError};
use super::links::portal;
use super::notifier::sender;
use super::resources::{BusSettings, LedgerSettings};
use super::timing::RetentionSettings;
use super::vendor::VendorSettings;

/// The settings of [`Onboarding`](control::onboarding::Onboarding).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnboardingSettings {
    /// The name of the ledger's table.
    pub ledger: LedgerSettings,
    /// The event bus for notices.
    pub bus: BusSettings,
    /// Settle time and look-back, those of the exporter.
    pub timing: Timing,
    /// The vendor as customers see it.
    pub vendor: VendorSettings,
    /// What the notifier's sender and portal mean for addresses: whether they get mails, and are asked for
    /// confirmation first.
    pub mail_mode: MailMode,
    /// How the partition keys of the events table are derived.
    pub partitions: PartitionFormat,
    /// How much a tenant may use in a time.
    pub budgets: Budgets,
    /// How long the events table keeps an event.
    pub retention: RetentionSettings,
}

impl FromEnv for OnboardingSettings {
    fn from_env(env: &mut Env<'_>) -> Result<Self, ReportedError> {
        let (ledger, bus, timing, vendor, mail_mode, partitions, budgets, retention) = env.read()?;
        Ok(Self { ledger, bus, timing, vendor, mail_mode, partitions, budgets, retention })
    }
}

impl FromEnv for MailMode {
    fn from_env(env: &mut Env<'_>) -> Result<Self, ReportedError> {
        let (sender, portal) = (sender(env), portal(env));
        Ok(Self::of(sender?.is_some(), portal?.is_some()))
    }
}
