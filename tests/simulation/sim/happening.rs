//! What stands in the agenda beside the workers' calls. Connectors are named by their place in the world's list.

use domain::names::ConnectorId;

/// A message of the export queue, and how often it was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) connector: ConnectorId,
    pub(crate) receives: u32,
}

/// Something that happens at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AgendaItem {
    /// The schedule's event.
    Tick,
    /// A second event for the same tick.
    TickAgain,
    /// A message can be received.
    Message(Message),
    /// The queue's poller looks.
    Poll,
    /// A function's time limit.
    TimeLimit { worker: usize },
    /// The customers, their administrators, the operators and the table.
    Step(Step),
    /// From here on nothing goes wrong any more, and what was broken is mended.
    StopFaults,
    /// Looks whether all is done.
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
    /// The customer's trust policy asks for the next external ID.
    FollowRotation(usize),
    /// A verification has seen it work.
    EndRotation(usize),
    RequestRun(usize),
    BusDown,
    BusUp,
    KeyUnavailable,
    KeyAvailable,
    /// The operators deploy with a new signing key, which the one in use until now vouches for.
    ReplaceKey,
    /// An item of another tenant turns up in a partition of this tenant.
    AddForeignItem(usize),
    RemoveForeignItem,
    /// The items of this tenant expire up to an age.
    Expire(usize),
}
