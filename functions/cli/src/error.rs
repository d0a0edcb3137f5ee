//! The errors of commands: one line for the message, one for the remedy; and the exit codes.

use std::process::ExitCode;

use archive::files::error::{VerifyError, VerifyErrorKind, VerifyExit};
use control::preflight::PreflightReport;
use ports::PortError;
use sandbox::StackError;
use serde::Serialize;

use crate::output::ErrorReport;
use crate::target::with_target_flag;

/// How a command ended. The numbers are part of the interface for scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: the command succeeded.
    Done,
    /// 1: failed, wholly or in part.
    Failed,
    /// 2: wrong usage or an invalid value.
    Usage,
    /// 2, of `verify`: the evidence neither proves nor refutes the archive.
    Incomplete,
    /// 3, of `verify`: wrong usage or an invalid value.
    VerifyUsage,
    /// 130: stopped by Ctrl-C, as shells number it.
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage | Exit::Incomplete => 2,
            Exit::VerifyUsage => 3,
            Exit::Interrupted => 130,
        })
    }
}

impl From<VerifyExit> for Exit {
    fn from(exit: VerifyExit) -> Self {
        match exit {
            VerifyExit::Proven => Self::Done,
            VerifyExit::Violated => Self::Failed,
            VerifyExit::Incomplete => Self::Incomplete,
            VerifyExit::Usage => Self::VerifyUsage,
        }
    }
}

/// An error and its remedy. With `--json` it is printed as `{"error": {"kind", "message", "remedy"}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct CliError {
    kind: Kind,
    message: String,
    remedy: String,
    /// The stages, if a verification failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    verification: Option<Box<PreflightReport>>,
}

/// Whether the command line or the execution is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    /// The command is invalid.
    Usage,
    /// The command is valid, but failed.
    Failed,
}

impl CliError {
    /// An error for an invalid command.
    pub(crate) fn usage(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message.into(), remedy.into())
    }

    /// An error for a valid command that failed.
    pub(crate) fn failed(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(Kind::Failed, message.into(), remedy.into())
    }

    const fn new(kind: Kind, message: String, remedy: String) -> Self {
        Self { kind, message, remedy, verification: None }
    }

    /// Adds the stages of the failed verification.
    pub(crate) fn with_verification(self, verification: Box<PreflightReport>) -> Self {
        Self { verification: Some(verification), ..self }
    }

    /// Adds the target flag to the command at the end of the remedy, if there is one.
    pub(crate) fn with_target_flag(mut self, flag: &str) -> Self {
        if let Some(start) = self.remedy.find("auditferry connector ") {
            let command = self.remedy.split_off(start);
            self.remedy.push_str(&with_target_flag(&command, flag));
        }
        self
    }

    /// The exit code for this error.
    pub(crate) const fn exit(&self) -> Exit {
        match self.kind {
            Kind::Usage => Exit::Usage,
            Kind::Failed => Exit::Failed,
        }
    }
}

impl ErrorReport for CliError {
    fn message(&self) -> &str {
        &self.message
    }

    fn remedy(&self) -> &str {
        &self.remedy
    }
}

impl From<VerifyError> for CliError {
    fn from(VerifyError { kind, message, remedy }: VerifyError) -> Self {
        match kind {
            VerifyErrorKind::Usage => Self::usage(message, remedy),
            VerifyErrorKind::Failed => Self::failed(message, remedy),
        }
    }
}

impl From<PortError> for CliError {
    fn from(error: PortError) -> Self {
        let remedy = match &error {
            PortError::Transient { .. } => {
                "Try again; this is safe. If it persists, check the network, AWS_REGION and AWS_ENDPOINT_URL."
            }
            PortError::Denied { .. } => {
                "Check the credentials and the region, and that the variables (LEDGER_TABLE, EVENTS_TABLE, …) name the deployed resources."
            }
            PortError::Misconfigured { .. } => {
                "Correct the named variables, here and in the deployment, or change the table to match them."
            }
            PortError::Bug { .. } => {
                "Check that the tables belong to this version of Auditferry. If they do, report this bug."
            }
        };
        Self::failed(error.chain(), remedy)
    }
}

impl From<StackError> for CliError {
    fn from(error: StackError) -> Self {
        let remedy = match &error {
            StackError::InUse { .. } => "Wait until the other command on this folder has ended.",
            StackError::RoleExists(_) => {
                "It is connected already. Name another role, or repeat with --no-stack to leave the stand-in unchanged."
            }
            StackError::Listen(_) => "Check that processes may listen on 127.0.0.1.",
            _ => "Check the folder and its permissions, or use another one.",
        };
        Self::failed(error.to_string(), remedy)
    }
}

/// Converts an error of the operating system; `what` names the file or action.
pub(crate) fn io_error(what: impl std::fmt::Display) -> impl FnOnce(std::io::Error) -> CliError {
    move |error| {
        CliError::failed(
            format!("{what}: {error}"),
            "Check that it exists and that you have access, then try again.",
        )
    }
}
