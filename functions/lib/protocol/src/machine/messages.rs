//! The messages between a run and its driver: effects that the run requests, and answers to them.

use std::time::Duration;

use archive::encode::Encoded;
use archive::manifest::ChainState;
use archive::note::SignedManifest;
use archive::part::{Part, PartNumber, Window};
use archive::time::Time;

use super::outcome::{InternalError, Outcome};
use crate::connector::Connector;
use crate::cursor::{Cursor, PublishedKeys, ReadProgress, Reconcile};
use crate::delivery_error::{Block, DeliveryError};
use crate::events_source::RememberedSource;
use crate::notice::Notice;

/// What a run gets with each step.
#[derive(Debug, Clone)]
pub struct Input {
    /// The time on the worker's clock.
    pub now: Time,
    /// A random number, uniform over all of `u64`.
    pub random: u64,
    /// The answer to the last effect.
    pub answer: Answer,
}

/// The answer to an effect.
#[derive(Debug, Clone)]
pub enum Answer {
    /// The first input of a run.
    Start,
    /// Answers `Lease`.
    Leased(LeaseAnswer),
    /// Answers `Snapshot`; `None` if the connector does not exist.
    Snapshot(Option<Box<Snapshot>>),
    /// Answers `Build`.
    Built(Box<Built>),
    /// Answers `Sign`.
    Signed(Box<SignedManifest>),
    /// Answers `Seal`.
    Sealed(SealAnswer),
    /// Answers `ReadBack` and `Load`; `None` if the record does not exist.
    Part(Option<Box<Part>>),
    /// Answers `Open`.
    Opened(Result<(), DeliveryError>),
    /// Answers `Put`, `PutKeys` and `PutManifest`.
    Put(Result<PutAnswer, DeliveryError>),
    /// Answers an effect that returns nothing.
    Done,
    /// Answers any effect: the vendor's side failed, not the customer's.
    Failed(InternalError),
}

/// Settings and cursor, read together at the start of a run.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Snapshot {
    /// The connector's settings at that time.
    pub connector: Connector,
    /// The connector's cursor.
    pub cursor: Cursor,
    /// The time in the `Date` header of the ledger's HTTP response.
    pub server_time: Option<Time>,
}

/// What a run requests. Exactly one at a time.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Take the lease, if no other worker has it.
    Lease {
        /// When the lease expires.
        until: Time,
    },
    /// Read settings and cursor in one consistent read.
    Snapshot,
    /// Read, encode and stage a part.
    Build(Box<BuildRequest>),
    /// Sign a part's manifest. It changes nothing: a run that crashes after it, or loses the race for the
    /// number, discards the signature. Only the manifest that the seal stores is ever shown to anyone.
    Sign(Box<SignRequest>),
    /// Decide once and for all what the part is.
    Seal(Box<Seal>),
    /// Read a part's record to learn the outcome of a seal whose answer was lost or refused.
    ReadBack(PartNumber),
    /// Assume the customer's role.
    Open(PartNumber),
    /// Read the record of the part to be delivered, right before the write: a worker that slept for hours
    /// learns here that another one delivered it. The run that has just sealed the part skips this.
    Load(PartNumber),
    /// Copy the part's bytes to the customer's bucket, create-only.
    Put(Box<Part>),
    /// Put the public keys of a part's manifest into the customer's bucket, create-only.
    PutKeys(Box<Part>),
    /// Put a part's manifest into the customer's bucket, create-only. It follows the part's bytes, so a
    /// manifest in the bucket never names a missing object.
    PutManifest(Box<Part>),
    /// Wait for this long, then continue.
    Wait(Duration),
    /// Publish a notice on the event bus.
    Publish(Box<Notice>),
    /// Mark a part as delivered.
    Mark(Box<Mark>),
    /// Mark a part as delivered, release the lease and set the next run: the last write of the run.
    MarkLast(Box<Mark>, Release),
    /// Record that the connector is blocked.
    Block(Box<Block>),
    /// Record how far a window is read, if time was up before anything new was found.
    RecordProgress(ProgressUpdate),
    /// Record how far the reconcile is, if it found nothing to seal.
    RecordReconcile(Box<ReconcileUpdate>),
    /// Release the lease and set the next run.
    Release(Release),
    /// The run is over.
    Finish(Outcome),
}

/// Which keys to read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Span {
    /// The keys of a span of event time.
    Window(Window),
    /// The unparsable keys that no window reaches: in a gap before `since`, or from `until` on.
    OutOfOrderKeys {
        /// The connector's first instant, at which its windows begin.
        since: Time,
        /// Later than `since`. Windows reach the keys before this in due course.
        until: Time,
    },
}

/// The parts whose key lists are compared with what is read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Exclude {
    /// Every part whose window ends later than this.
    pub reaching: Option<Time>,
    /// Also this part, whose list names every out-of-order key that was sealed.
    pub out_of_order_in: Option<PartNumber>,
}

/// What to read and stage.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BuildRequest {
    /// The number that the part will get.
    pub number: PartNumber,
    /// Which keys to read.
    pub span: Span,
    /// Events before this are late.
    pub watermark: Time,
    /// The parts whose keys are dropped.
    pub exclude: Exclude,
    /// Stop reading at this time of the worker's clock, between two timestamps.
    pub stop_at: Time,
}

/// The result of a build.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Built {
    /// A part was staged.
    Staged(StagedPart),
    /// A complete read found nothing new. Nothing was staged.
    Nothing,
    /// Time was up before anything new was found. Nothing was staged.
    OutOfTime {
        /// All keys of the span before this were read. Later than the span's start.
        through: Time,
    },
    /// An item of another tenant was read. Nothing was staged.
    TenantMismatch {
        /// What was read, and what was expected.
        detail: String,
    },
}

/// A staged part that is not sealed yet.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StagedPart {
    /// Where reading stopped before the end, between two timestamps; `None` if the span was read to its end.
    pub cut: Option<Time>,
    /// How many events it contains.
    pub events: u64,
    /// How many of them are earlier than the request's watermark.
    pub late: u64,
    /// How many of them are records of unreadable items.
    pub unreadable: u64,
    /// The time of the first event.
    pub first: Option<Time>,
    /// The time of the last event.
    pub last: Option<Time>,
    /// Sizes in bytes and hashes, before and after compression.
    pub encoded: Encoded,
    /// The staging key of the encoded part.
    pub data: String,
    /// The staging key of its key list. If out-of-order keys were read, the list also contains all earlier
    /// ones of those.
    pub keys: String,
}

/// A manifest's text and the chain state to sign it in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SignRequest {
    /// The manifest's text, which the signatures cover.
    pub text: String,
    /// The state of the chain: the current key, and the ones before it.
    pub chain_state: Option<ChainState>,
}

/// The sealing transaction: all of it, or nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Seal {
    /// Put this record if its number is free …
    pub part: Part,
    /// … and if the cursor's watermark is still this …
    pub watermark_before: Time,
    /// … move it here.
    pub watermark_after: Time,
    /// The state of the chain after this part; `None` leaves what is stored.
    pub chain_state: Option<ChainState>,
    /// How far the window is read, if the part does not close it.
    pub read_progress: Option<ReadProgress>,
    /// The reconcile's new state, if this part comes from it.
    pub reconcile: Option<Reconcile>,
    /// Reading was blocked, and works again.
    pub unblock: bool,
    /// The source that was read and that the cursor remembers from now on. If it remembers another one,
    /// nothing is sealed. `None` if the driver does not know its source.
    pub source: Option<RememberedSource>,
}

/// Records how far a window is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ProgressUpdate {
    /// If the next part still has this number …
    pub next: PartNumber,
    /// … and the watermark is still this …
    pub watermark: Time,
    /// … this is how far the window after it is read.
    pub progress: ReadProgress,
}

/// The outcome of a seal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SealAnswer {
    /// This worker sealed the part.
    Won,
    /// A condition failed: another worker was first, or our own first try succeeded and its answer was lost.
    Refused,
    /// The answer was lost, or the transaction conflicted with another one: the part may or may not be
    /// sealed.
    Unknown,
}

/// The outcome of a create-only write that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PutAnswer {
    /// 200: the object was written.
    Written,
    /// 412: an object with this name exists; the name guarantees that it has these bytes.
    Exists,
}

/// Records the progress of the reconcile.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ReconcileUpdate {
    /// The state before, which is the condition of the write.
    pub before: Reconcile,
    /// The reconcile's state after the slice.
    pub after: Reconcile,
    /// Reading was blocked, and works again.
    pub unblock: bool,
}

/// Marks a part as delivered.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Mark {
    /// The delivered part; its object exists under its name.
    pub part: Part,
    /// When it was delivered.
    pub at: Time,
    /// The keys next to its manifest, if they were put again.
    pub published_keys: Option<PublishedKeys>,
    /// Delivery was blocked, and works again.
    pub unblock: bool,
}

/// Ends a run: releases the lease and sets the next run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Release {
    /// `next_run_at` as this run read it.
    pub seen: Time,
    /// When the connector is due next.
    pub next_run_at: Time,
    /// The current time. If `next_run_at` was moved in the meantime, someone requested a run that this one
    /// did not know of. A dispatcher may already have sent a worker that found the lease taken, so the
    /// connector is due at once.
    pub now: Time,
}

/// The result of acquiring the lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaseAnswer {
    /// The worker has it until the requested time.
    Granted,
    /// Another worker has it.
    Held,
    /// The connector does not exist, or was never activated.
    Unknown,
}
