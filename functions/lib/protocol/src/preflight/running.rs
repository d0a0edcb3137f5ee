//! The record of a running connection check: what it has found so far.
//!
//! A check takes seconds and a front such as API Gateway sends no answer in pieces. So the check writes this
//! record as it goes, and the page that waits asks for it. A connector has one: that of its newest check.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use archive::names::{ConnectorId, InvalidValueError};
use archive::time::Time;
use serde::{Deserialize, Serialize};

use super::{PreflightStage, StageReport};
use crate::connector::S3Destination;

/// How long the record of a check is kept.
const RETENTION: Duration = Duration::from_hours(1);

/// The ID of one check: `chk_` and 16 lower-case hexadecimal digits. Whoever starts a check chooses it, so
/// that it can ask for this check before its answer comes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CheckId(String);

impl CheckId {
    /// A new one.
    #[must_use]
    pub fn new(random: u64) -> Self {
        Self(format!("chk_{random:016x}"))
    }
}

impl fmt::Display for CheckId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for CheckId {
    type Err = InvalidValueError;

    fn from_str(text: &str) -> Result<Self, InvalidValueError> {
        let digits = text.strip_prefix("chk_").unwrap_or_default();
        if digits.len() == 16 && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Ok(Self(text.to_owned()));
        }
        let form = "it is `chk_` and 16 lower-case hexadecimal digits";
        Err(InvalidValueError::new("check ID", text, "has the wrong form", form))
    }
}

impl TryFrom<String> for CheckId {
    type Error = InvalidValueError;
    fn try_from(text: String) -> Result<Self, InvalidValueError> {
        text.parse()
    }
}

impl From<CheckId> for String {
    fn from(id: CheckId) -> Self {
        id.0
    }
}

/// A check that waits for a role which IAM may not have propagated yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleWaiting {
    /// The stage that waits.
    pub stage: PreflightStage,
    /// How long it has waited when the next attempt starts, milliseconds.
    pub waited_ms: u64,
    /// How long it waits at most, milliseconds.
    pub at_most_ms: u64,
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckEnd {
    /// No stage failed.
    Passed,
    /// A stage failed.
    Failed,
    /// It could not be finished: a limit was reached, or an internal error happened.
    Aborted,
}

/// A connection check as far as it has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunningCheck {
    /// The connector whose destination is checked.
    pub connector: ConnectorId,
    /// The check.
    pub id: CheckId,
    /// When it started.
    pub started_at: Time,
    /// Incremented by every step, from zero.
    pub step: u32,
    /// The destination that is checked; the connector need not store it.
    pub to: S3Destination,
    /// The stages that have ended, in order.
    pub reports: Vec<StageReport>,
    /// What it waits for, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<RoleWaiting>,
    /// How it ended; `None` while it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<CheckEnd>,
}

/// The order of records: by check, the newest last, and within a check by step. A text of fixed width, which
/// DynamoDB compares as Rust does.
pub type CheckOrder = String;

impl RunningCheck {
    /// A check that starts.
    #[must_use]
    pub const fn start(connector: ConnectorId, id: CheckId, to: S3Destination, now: Time) -> Self {
        Self { connector, id, started_at: now, step: 0, to, reports: Vec::new(), waiting: None, end: None }
    }

    /// The same, one step further.
    fn advance(&mut self) {
        self.step = self.step.saturating_add(1);
        self.waiting = None;
    }

    /// A stage has ended.
    pub fn stage_done(&mut self, report: StageReport) {
        self.advance();
        self.reports.push(report);
    }

    /// It waits for a role.
    pub fn wait(&mut self, waiting: RoleWaiting) {
        self.advance();
        self.waiting = Some(waiting);
    }

    /// It has ended.
    pub fn finish(&mut self, end: CheckEnd) {
        self.advance();
        self.end = Some(end);
    }

    /// The stage that runs now; `None` once it has ended.
    #[must_use]
    pub fn current(&self) -> Option<PreflightStage> {
        PreflightStage::ALL.into_iter().nth(self.reports.len()).filter(|_| self.end.is_none())
    }

    /// Where the record is in the order of all records of its connector. Two checks that start in the same
    /// millisecond are ordered by their IDs.
    #[must_use]
    pub fn order(&self) -> CheckOrder {
        format!("{}#{}#{:010}", self.started_at, self.id, self.step)
    }

    /// Until when the record is kept.
    #[must_use]
    pub fn kept_until(&self) -> Time {
        self.started_at + RETENTION
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::Encryption;
    use crate::preflight::PreflightVerdict;

    fn check(id: u64, at: &str) -> RunningCheck {
        let to = S3Destination {
            role: "arn:aws:iam::222222222222:role/auditferry/R".parse().unwrap(),
            bucket: "acme-audit".parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
            prefix: "audit".parse().unwrap(),
            encryption: Encryption::Default,
        };
        RunningCheck::start(ConnectorId::new(1), CheckId::new(id), to, at.parse().unwrap())
    }

    #[test]
    fn every_step_comes_after_the_one_before_and_a_newer_check_after_all_of_them() {
        let mut older = check(0xff, "2026-11-30T10:00:00Z");
        let mut orders = vec![older.order()];
        older.wait(RoleWaiting { stage: PreflightStage::AssumeRole, waited_ms: 2_000, at_most_ms: 20_000 });
        orders.push(older.order());
        for stage in PreflightStage::ALL {
            assert_eq!(older.current(), Some(stage));
            let verdict = PreflightVerdict::Passed;
            older.stage_done(StageReport { stage, verdict, finding: None, duration_ms: 1, waited_ms: None });
            orders.push(older.order());
        }
        older.finish(CheckEnd::Passed);
        orders.extend([older.order(), check(0, "2026-11-30T10:00:00.001Z").order()]);
        assert!(orders.is_sorted_by(|a, b| a < b), "{orders:?}");
        assert_eq!((older.waiting, older.current()), (None, None));
    }

    #[test]
    fn an_id_has_one_form() {
        assert_eq!("chk_00000000000000ab".parse(), Ok(CheckId::new(0xab)));
        for bad in ["", "chk_", "chk_00000000000000AB", "chk_00000000000000ab0", "lnk_00000000000000ab"] {
            assert!(bad.parse::<CheckId>().is_err(), "{bad}");
        }
    }
}
