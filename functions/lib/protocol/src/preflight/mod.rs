//! What a connection check reports, stage by stage, and the record by which a second request follows a check
//! while it runs. `control::preflight` runs it.

mod running;

use serde::{Deserialize, Serialize};

pub use running::{CheckEnd, CheckId, CheckOrder, RoleWaiting, RunningCheck};

/// A stage of the connection check, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PreflightStage {
    /// The role can be assumed with the connector's external ID.
    AssumeRole,
    /// The role cannot be assumed without an external ID. If it can, this stage fails.
    RefusesWithoutExternalId,
    /// The role cannot be assumed with a wrong external ID. If it can, this stage fails.
    RefusesWrongExternalId,
    /// The session is in the account that the role's ARN names, which is not the vendor's own.
    Account,
    /// The bucket is in the region that was given.
    BucketRegion,
    /// An object can be written under the prefix, with exactly the headers of a delivery.
    PutObject,
    /// The role cannot write outside the prefix. A warning if it can.
    PrefixScope,
    /// The object was encrypted as requested.
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

    /// The name in reports, as JSON has it.
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

/// The result of a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PreflightVerdict {
    /// The stage found what a delivery needs.
    Passed,
    /// Deliveries work, but the setup could be safer.
    Warning,
    /// Deliveries would fail or would not be safe.
    Failed,
    /// An earlier stage failed, or the stage does not apply.
    Skipped,
}

/// What is wrong, for the customer's administrator.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Finding {
    /// A machine-readable code: the platform's own error code, or one of ours.
    pub code: String,
    /// What happened, in one sentence.
    pub cause: String,
    /// What to do, with the policy line to add where there is one.
    pub remedy: String,
}

/// What one stage found, and how long it took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageReport {
    /// The stage that this reports on.
    pub stage: PreflightStage,
    /// Passed, failed, or skipped because an earlier stage failed.
    pub verdict: PreflightVerdict,
    /// What is wrong, unless it passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finding: Option<Finding>,
    /// How long the stage took, milliseconds, waiting included.
    pub duration_ms: u64,
    /// How much of that was spent waiting for a role that IAM may not have propagated yet, milliseconds.
    /// `None` if there was no wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waited_ms: Option<u64>,
}
