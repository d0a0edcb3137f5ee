//! The items on the agenda other than the workers' calls. Connectors are named by their index in the world's
//! list.

use archive::names::ConnectorId;

/// A message of the export queue, and how often it was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) connector: ConnectorId,
    pub(crate) receives: u32,
}

/// Something that happens at a certain time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AgendaItem {
    /// The schedule invokes the dispatcher.
    Tick,
    /// A second event for the same tick.
    TickAgain,
    /// A message becomes visible.
    Message(Message),
    /// The poller receives from the queue.
    Poll,
    /// A function reaches its time limit.
    TimeLimit { worker: usize },
    /// A step of the customers, their administrators, the operators or the table.
    Step(Step),
    /// From here on no fault occurs any more, and what was broken is restored.
    StopFaults,
    /// Checks whether everything is done.
    CheckDone,
}

/// What people do, and what the table does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    DeleteBucket(usize),
    /// Deletes the bucket, and another account takes its name.
    LoseBucketToOtherAccount(usize),
    RestoreBucket(usize),
    RemoveRole(usize),
    ChangeRole(usize),
    RestoreRole(usize),
    Pause(usize),
    Resume(usize),
    Move(usize),
    ChangeEncoding(usize),
    Rotate(usize),
    /// The customer's trust policy requires the next external ID.
    FollowRotation(usize),
    /// A verification has seen the next external ID work.
    EndRotation(usize),
    RequestRun(usize),
    BusDown,
    BusUp,
    KeyUnavailable,
    KeyAvailable,
    /// The operators deploy a new signing key; the previous key hands over to it.
    ReplaceKey,
    /// An item of another tenant appears in a partition of this tenant.
    AddForeignItem(usize),
    RemoveForeignItem,
    /// The items of this tenant expire up to an age.
    Expire(usize),
}
