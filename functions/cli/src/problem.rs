//! Why a command did not do what was asked: one line says what, one says what to do about it.

use std::process::ExitCode;

use domain::ports::PortError;
use domain::verify::PreflightReport;
use local::StackError;
use serde::Serialize;

use crate::backend::here;

/// How a command ended. The numbers are part of the contract with scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: it did what was asked.
    Done,
    /// 1: it did not, or not all of it.
    Failed,
    /// 2: what was asked is not possible as it was written.
    Usage,
    /// 2, of `verify`: what is here neither proves nor refutes it.
    Incomplete,
    /// 3, of `verify`: what was asked is not possible as it was written.
    NotAsked,
    /// 130: stopped by Ctrl-C, as shells number it.
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage | Exit::Incomplete => 2,
            Exit::NotAsked => 3,
            Exit::Interrupted => 130,
        })
    }
}

/// What went wrong, and the remedy. With `--json` it is printed as
/// `{"error": {"kind", "message", "remedy"}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Problem {
    kind: Kind,
    message: String,
    remedy: String,
    /// The stages, if it was a verification that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    verification: Option<Box<PreflightReport>>,
}

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    /// The command as it was written can't be done.
    Usage,
    /// It could be done, but not now or not here.
    Failed,
}

impl Problem {
    /// The command can't be done as it was written.
    pub(crate) fn usage(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message.into(), remedy.into())
    }

    /// It failed.
    pub(crate) fn failed(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(Kind::Failed, message.into(), remedy.into())
    }

    const fn new(kind: Kind, message: String, remedy: String) -> Self {
        Self { kind, message, remedy, verification: None }
    }

    /// The same, with the stages of the verification that failed.
    pub(crate) fn with(self, verification: Box<PreflightReport>) -> Self {
        Self { verification: Some(verification), ..self }
    }

    /// The same, with what says where in the command that its remedy ends with, if it does.
    pub(crate) fn here(mut self, place: &str) -> Self {
        if let Some(start) = self.remedy.find("auditferry connector ") {
            let command = self.remedy.split_off(start);
            self.remedy.push_str(&here(&command, place));
        }
        self
    }

    /// What happened.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// What to do.
    pub(crate) fn remedy(&self) -> &str {
        &self.remedy
    }

    /// The exit code that it ends with.
    pub(crate) const fn exit(&self) -> Exit {
        match self.kind {
            Kind::Usage => Exit::Usage,
            Kind::Failed => Exit::Failed,
        }
    }
}

impl From<PortError> for Problem {
    fn from(error: PortError) -> Self {
        let remedy = match &error {
            PortError::Transient { .. } => {
                "Try again, which does no harm. If it stays so, check the network, AWS_REGION and AWS_ENDPOINT_URL."
            }
            PortError::Denied { .. } => {
                "Check the credentials and the region, and that the variables (LEDGER_TABLE, EVENTS_TABLE, …) name what is deployed."
            }
            PortError::Misconfigured { .. } => {
                "Set the variables that are named as it says, here and in the deployment, or make the table fit them."
            }
            PortError::Bug { .. } => {
                "Check that the tables are Auditferry's own and of this version; else report it."
            }
        };
        Self::failed(error.chain(), remedy)
    }
}

impl From<StackError> for Problem {
    fn from(error: StackError) -> Self {
        let remedy = match &error {
            StackError::InUse { .. } => "Wait until the other command on this folder has ended.",
            StackError::RoleExists(_) => {
                "It is connected. Name another role, or let the stand-in be: run it again with --no-stack."
            }
            StackError::Listen(_) => "Check that this machine may listen on 127.0.0.1.",
            _ => "Check the folder and its permissions, or take another one.",
        };
        Self::failed(error.to_string(), remedy)
    }
}

/// Something of the operating system failed.
pub(crate) fn io(what: impl std::fmt::Display) -> impl FnOnce(std::io::Error) -> Problem {
    move |error| {
        Problem::failed(
            format!("{what}: {error}"),
            "Check that it exists and that you may use it, then try again.",
        )
    }
}
