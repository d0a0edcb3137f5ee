//! Why a command did not do what was asked: one line says what, one says what to do about it.

use std::process::ExitCode;

use domain::connector::NotAllowed;
use domain::ports::PortError;
use local::StackError;
use serde::Serialize;

/// How a command ended. The numbers are part of the contract with scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: it did what was asked.
    Done,
    /// 1: it did not, or not all of it.
    Failed,
    /// 2: what was asked is not possible as it was written.
    Usage,
    /// 130: stopped by Ctrl-C, as shells number it.
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Interrupted => 130,
        })
    }
}

/// What went wrong, and the remedy. With `--json` it is printed as `{"error": {"kind", "message", "remedy"}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Problem {
    kind: Kind,
    message: String,
    remedy: String,
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
        Self { kind: Kind::Usage, message: message.into(), remedy: remedy.into() }
    }

    /// It failed.
    pub(crate) fn failed(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { kind: Kind::Failed, message: message.into(), remedy: remedy.into() }
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
            StackError::Listen(_) => "Check that this machine may listen on 127.0.0.1.",
            _ => "Check the folder and its permissions, or take another one.",
        };
        Self::failed(error.to_string(), remedy)
    }
}

impl Problem {
    /// The connector's state does not allow it; `place` is what a command that looks at it says of where it is.
    pub(crate) fn not_allowed(refusal: &NotAllowed, place: &str) -> Self {
        let remedy = match refusal {
            NotAllowed::NoDestination(id) => {
                format!("See what it has so far: auditferry connector show {id}{place}")
            }
            NotAllowed::WrongState { id, .. } => {
                format!("See its state: auditferry connector show {id}{place}")
            }
            NotAllowed::StartsInTheFuture(_) => {
                "Activate it later, or create it without --start-from.".into()
            }
        };
        Self::failed(refusal.to_string(), remedy)
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
