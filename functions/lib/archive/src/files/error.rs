//! How a verification fails or ends: errors of one line for the message and one for the remedy, and the
//! exit codes.

use std::process::ExitCode;

use serde::Serialize;

use super::output::ErrorReport;
use crate::verify::check::Verdict;

/// Why a verification could not begin, or not be completed, and the remedy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VerifyError {
    /// Whether the command line or the execution is at fault.
    pub kind: VerifyErrorKind,
    /// The cause, as one line.
    pub message: String,
    /// What the auditor can do about it.
    pub remedy: String,
}

/// Whether the command line or the execution is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum VerifyErrorKind {
    /// The command is invalid.
    Usage,
    /// The command is valid, but failed.
    Failed,
}

impl VerifyError {
    /// An error for an invalid command.
    pub fn usage(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { kind: VerifyErrorKind::Usage, message: message.into(), remedy: remedy.into() }
    }

    /// An error for a valid command that failed.
    pub fn failed(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { kind: VerifyErrorKind::Failed, message: message.into(), remedy: remedy.into() }
    }
}

impl ErrorReport for VerifyError {
    fn message(&self) -> &str {
        &self.message
    }

    fn remedy(&self) -> &str {
        &self.remedy
    }
}

/// How a verification ended. The numbers are part of the interface for scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VerifyExit {
    /// 0: proven.
    Proven,
    /// 1: violated.
    Violated,
    /// 2: the evidence neither proves nor refutes the archive, or it can't be read completely.
    Incomplete,
    /// 3: wrong usage or an invalid value. Not 2, which scripts read as a verdict.
    Usage,
}

impl From<Verdict> for VerifyExit {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Proven => Self::Proven,
            Verdict::Violated => Self::Violated,
            Verdict::Consistent | Verdict::Incomplete => Self::Incomplete,
        }
    }
}

impl From<VerifyErrorKind> for VerifyExit {
    fn from(kind: VerifyErrorKind) -> Self {
        match kind {
            VerifyErrorKind::Usage => Self::Usage,
            // A folder or S3 that can't be read is not a usage error, and proves nothing.
            VerifyErrorKind::Failed => Self::Incomplete,
        }
    }
}

impl From<VerifyExit> for ExitCode {
    fn from(exit: VerifyExit) -> Self {
        Self::from(match exit {
            VerifyExit::Proven => 0,
            VerifyExit::Violated => 1,
            VerifyExit::Incomplete => 2,
            VerifyExit::Usage => 3,
        })
    }
}
