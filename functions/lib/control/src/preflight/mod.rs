//! The connection check ("verify" in API and CLI): stage by stage it does what a real delivery will do, and
//! tries what must be refused. Each stage reports a code, a cause, a remedy and its duration.

mod explain;
mod role;
mod role_wait;
mod stages;
#[cfg(test)]
mod tests;

use std::time::Duration;

use archive::names::{ExternalId, Region};
use archive::time::Time;
use protocol::preflight::{RoleWaiting, RunningCheck};
use serde::{Deserialize, Serialize};

pub use protocol::preflight::{Finding, PreflightStage, PreflightVerdict, StageReport};
pub use role_wait::MAX_WAIT as MAX_ROLE_WAIT;
pub use stages::{PreflightContext, run_preflight};

/// What happens while a connection check runs, for a caller that shows progress.
#[derive(Debug, Clone, Copy)]
pub enum PreflightProgress<'a> {
    /// The role was refused and may be seconds old, so it is tried again after this pause.
    Waiting {
        /// The stage that waits.
        stage: PreflightStage,
        /// How long it has waited so far.
        waited: Duration,
        /// How long it waits now.
        pause: Duration,
    },
    /// A stage has ended.
    StageDone(&'a StageReport),
}

impl PreflightProgress<'_> {
    /// Adds what happened to the record of the check.
    pub fn record(self, check: &mut RunningCheck) {
        let millis = |span: Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        match self {
            Self::Waiting { stage, waited, pause } => check.wait(RoleWaiting {
                stage,
                waited_ms: millis(waited + pause),
                at_most_ms: millis(MAX_ROLE_WAIT),
            }),
            Self::StageDone(report) => check.stage_done(report.clone()),
        }
    }
}

/// The result of a whole connection check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreflightReport {
    /// When the check started.
    pub at: Time,
    /// Whether no stage failed; warnings do not matter.
    pub passed: bool,
    /// One report for each stage, in order.
    pub reports: Vec<StageReport>,
    /// The external ID with which the role was assumed. Never serialized.
    #[serde(skip)]
    pub external_id: Option<ExternalId>,
    /// The bucket's own region, if S3 reported one that differs from the one given. Never serialized: the
    /// finding names it.
    #[serde(skip)]
    pub other_region: Option<Region>,
}

impl PreflightReport {
    /// Whether the role was seen to trust any caller. Nothing may be written through it then.
    #[must_use]
    pub fn is_unsafe(&self) -> bool {
        let trust = [PreflightStage::RefusesWithoutExternalId, PreflightStage::RefusesWrongExternalId];
        self.reports.iter().any(|report| {
            trust.contains(&report.stage)
                && report.finding.as_ref().is_some_and(|finding| finding.code == stages::ASSUMABLE_BY_ANYONE)
        })
    }
}
