//! A worker's call of a port, and its outcome.

use super::fault::Fault;

/// The outcome of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallOutcome {
    /// It is done, and answered.
    Succeeds,
    /// It is not done, and fails with this fault.
    Fails(Fault),
    /// It is done, and fails with this fault.
    SucceedsButFails(Fault),
    /// The worker crashes; `done` says whether the call took effect.
    Crash { done: bool },
}

/// The kind of service that a call goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallKind {
    Ledger,
    Page,
    Staging,
    StagedRead,
    Assume,
    Put,
    Sign,
    Bus,
    Queue,
    /// Not a call: the worker waits.
    Sleep,
}

/// A call that waits for its turn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call {
    pub(crate) slot: u64,
    pub(crate) worker: usize,
    pub(crate) kind: CallKind,
    pub(crate) name: &'static str,
}
