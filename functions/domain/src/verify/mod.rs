//! The verification that truly verifies: stage by stage, what a real delivery will meet, and what must be
//! refused. Each stage tells code, plain cause, exact remedy and the time it took.

mod explain;
mod patience;
mod role;
mod stages;
#[cfg(test)]
mod tests;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::names::{ExternalId, Region};
use crate::time::Time;

pub use patience::MAX_WAIT as LONGEST_WAIT;
pub use stages::{PreflightContext, run_preflight};

/// A stage of the verification, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PreflightStage {
    /// The role lets us in with the connector's external ID.
    AssumeRole,
    /// … and not without any: otherwise it is refused.
    RefusesWithoutExternalId,
    /// … and not with another one: otherwise it is refused.
    RefusesWrongExternalId,
    /// The session is in the account that the role's ARN names, and that is not ours.
    Account,
    /// The bucket is in the region that was given.
    BucketRegion,
    /// An object can be written under the prefix, with the very headers of a delivery.
    PutObject,
    /// No object can be written outside the prefix; a warning if one could.
    PrefixScope,
    /// The object was encrypted as asked.
    Encryption,
}

impl PreflightStage {
    /// All stages, in order.
    pub const ALL: [Self; 8] = [
        Self::AssumeRole,
        Self::RefusesWithoutExternalId,
        Self::RefusesWrongExternalId,
        Self::Account,
        Self::BucketRegion,
        Self::PutObject,
        Self::PrefixScope,
        Self::Encryption,
    ];

    /// The name in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AssumeRole => "assume_role",
            Self::RefusesWithoutExternalId => "refuses_without_external_id",
            Self::RefusesWrongExternalId => "refuses_wrong_external_id",
            Self::Account => "account",
            Self::BucketRegion => "bucket_region",
            Self::PutObject => "put_object",
            Self::PrefixScope => "prefix_scope",
            Self::Encryption => "encryption",
        }
    }
}

/// How a stage ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PreflightVerdict {
    /// As it must be.
    Passed,
    /// It works, and could be safer.
    Warning,
    /// It does not work, or is not safe.
    Failed,
    /// Not tried, because an earlier stage failed or it does not apply.
    Skipped,
}

/// What is wrong, as the customer's administrator is told.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Finding {
    /// A word for programs: the platform's own error code, or one of ours.
    pub code: String,
    /// What happened, in one sentence.
    pub cause: String,
    /// What to do, with the policy line to add where there is one.
    pub remedy: String,
}

/// One stage's report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageReport {
    /// Which.
    pub stage: PreflightStage,
    /// How it ended.
    pub verdict: PreflightVerdict,
    /// What is wrong, unless it passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finding: Option<Finding>,
    /// How long it took, milliseconds.
    pub duration_ms: u64,
    /// How much of that went by waiting for a role that IAM may not have known yet, milliseconds; none if nothing was
    /// waited for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waited_ms: Option<u64>,
}

/// What happens while a verification runs, for whoever watches it.
#[derive(Debug, Clone, Copy)]
pub enum PreflightProgress<'a> {
    /// The role refuses us and may be seconds old, so it is tried again after this pause.
    Waiting {
        /// Of this stage.
        stage: PreflightStage,
        /// How long was waited before.
        waited: Duration,
        /// Until the next try.
        pause: Duration,
    },
    /// A stage has ended.
    StageDone(&'a StageReport),
}

/// The whole verification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreflightReport {
    /// When it began.
    pub at: Time,
    /// No stage failed.
    pub passed: bool,
    /// All stages, in order.
    pub reports: Vec<StageReport>,
    /// The external ID that let us in. Not for reports.
    #[serde(skip)]
    pub external_id: Option<ExternalId>,
    /// The bucket's own region, if S3 has told one that is not the one that was given. Reports say it in words.
    #[serde(skip)]
    pub other_region: Option<Region>,
}

impl PreflightReport {
    /// Whether the role was seen to let in whoever asks: then nothing may be written through it.
    #[must_use]
    pub fn is_unsafe(&self) -> bool {
        let trust = [PreflightStage::RefusesWithoutExternalId, PreflightStage::RefusesWrongExternalId];
        self.reports.iter().any(|report| {
            trust.contains(&report.stage)
                && report.finding.as_ref().is_some_and(|finding| finding.code == stages::ASSUMABLE_BY_ANYONE)
        })
    }
}
