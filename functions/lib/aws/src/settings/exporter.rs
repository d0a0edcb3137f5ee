//! The exporter's settings.

use archive::part::PartLimits;
use protocol::machine::Timing;

use super::env::{Env, FromEnv, ReportedError};
use super::resources::{BusSettings, LedgerSettings, S3Settings, StagingSettings};
use super::signing::SigningSettings;
use super::stack::StackSettings;
use super::timing::RetentionSettings;
use crate::dynamodb::events::EventsTable;

/// The exporter's settings, from its environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExporterSettings {
    /// The name and layout of the events table.
    pub events: EventsTable,
    /// The name of the ledger's table.
    pub ledger: LedgerSettings,
    /// The staging bucket in the vendor's account.
    pub staging: StagingSettings,
    /// The event bus for notices.
    pub bus: BusSettings,
    /// Settle time and look-back.
    pub timing: Timing,
    /// The maximum size of a part.
    pub part_limits: PartLimits,
    /// How long the source keeps an event.
    pub retention: RetentionSettings,
    /// How S3 buckets are addressed.
    pub s3: S3Settings,
    /// The keys that sign manifests.
    pub signing: SigningSettings,
    /// The name of this deployment, and its log level.
    pub stack: StackSettings,
}

impl FromEnv for ExporterSettings {
    fn from_env(env: &mut Env<'_>) -> Result<Self, ReportedError> {
        let (events, ledger, staging, bus, timing, part_limits, retention, s3, signing, stack) =
            env.read()?;
        Ok(Self { events, ledger, staging, bus, timing, part_limits, retention, s3, signing, stack })
    }
}
