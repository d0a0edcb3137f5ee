//! A worker's call of a port, and what becomes of it.

use super::fault::Fault;

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallOutcome {
    /// It is done.
    Succeeds,
    /// It is not done, and fails so.
    Fails(Fault),
    /// It is done, and fails so.
    SucceedsButFails(Fault),
    /// The worker dies, the call done or not.
    Crash { done: bool },
}

/// Which kind of service a call goes to.
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
    /// No call at all: the worker waits.
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
