//! The dispatcher's settings.

use protocol::machine::Timing;

use super::env::{Env, FromEnv, ReportedError};
use super::resources::{BusSettings, LedgerSettings, QueueSettings};
use super::stack::StackSettings;
use super::timing::RetentionSettings;

/// The dispatcher's settings, from its environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DispatcherSettings {
    /// The name of the ledger's table.
    pub ledger: LedgerSettings,
    /// The queue of runs for the exporter.
    pub queue: QueueSettings,
    /// The event bus for the watchdog's notices.
    pub bus: BusSettings,
    /// Settle time and look-back, which decide when an export is late.
    pub timing: Timing,
    /// How long the source keeps an event.
    pub retention: RetentionSettings,
    /// The name of this deployment, and its log level.
    pub stack: StackSettings,
}

impl FromEnv for DispatcherSettings {
    fn from_env(env: &mut Env<'_>) -> Result<Self, ReportedError> {
        let (ledger, queue, bus, timing, retention, stack) = env.read()?;
        Ok(Self { ledger, queue, bus, timing, retention, stack })
    }
}
