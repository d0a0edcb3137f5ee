//! What a run asks for (effects) and what it is told (answers).

use std::time::Duration;

use crate::connector::Connector;
use crate::cursor::{Cursor, PublishedKeys, ReadProgress, Reconcile};
use crate::encode::Encoded;
use crate::events_source::RememberedSource;
use crate::fault::{Block, DeliveryError};
use crate::manifest::{ChainState, SignedManifest};
use crate::notice::Notice;
use crate::part::{Part, PartNumber, Window};
use crate::ports::LeaseAnswer;
use crate::time::Time;

use super::outcome::{InternalError, Outcome};

/// What a run is told.
#[derive(Debug, Clone)]
pub struct Input {
    /// The worker's clock.
    pub now: Time,
    /// Uniform over all of `u64`.
    pub random: u64,
    /// The answer to the last effect.
    pub answer: Answer,
}

/// The answer to an effect.
#[derive(Debug, Clone)]
pub enum Answer {
    /// The first input of a run.
    Start,
    /// To `Lease`.
    Leased(LeaseAnswer),
    /// To `Snapshot`.
    Snapshot(Option<Box<Snapshot>>),
    /// To `Build`.
    Built(Box<Built>),
    /// To `Sign`.
    Signed(Box<SignedManifest>),
    /// To `Seal`.
    Sealed(SealAnswer),
    /// To `ReadBack` and `Load`.
    Part(Option<Box<Part>>),
    /// To `Open`.
    Opened(Result<(), DeliveryError>),
    /// To `Put`, `PutKeys` and `PutNote`.
    Put(Result<PutAnswer, DeliveryError>),
    /// To an effect that has nothing to say.
    Done,
    /// To any effect: the vendor's own side failed. Ours, not the customer's.
    Failed(InternalError),
}

/// Settings and cursor, read together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Snapshot {
    /// The settings.
    pub connector: Connector,
    /// The cursor.
    pub cursor: Cursor,
    /// The time that the ledger's answer carried (its HTTP `Date` header).
    pub server_time: Option<Time>,
}

/// What a run asks for. Exactly one at a time.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Take the lease.
    Lease {
        /// Until when.
        until: Time,
    },
    /// Read settings and cursor, consistently.
    Snapshot,
    /// Read, encode and stage a part.
    Build(Box<BuildRequest>),
    /// Sign a part's manifest. It changes nothing: a run that dies behind it, or loses the race for the number, throws
    /// the signature away, and only the note that the seal pins is ever shown to anybody.
    Sign(Box<SignRequest>),
    /// Decide for ever what the part is.
    Seal(Box<Seal>),
    /// Read a part's record to learn what became of a seal whose answer was lost or refused.
    ReadBack(PartNumber),
    /// Assume the customer's role.
    Open(PartNumber),
    /// Read the record of the part to be delivered, right before the write: a worker that slept for hours
    /// learns here that it is done already. Not asked for by the run that has sealed the part a moment ago.
    Load(PartNumber),
    /// Copy the part's bytes to the customer's bucket, create-only.
    Put(Box<Part>),
    /// Put the public keys of a part's note into the customer's bucket, create-only.
    PutKeys(Box<Part>),
    /// Put a part's note into the customer's bucket, create-only: behind the part's bytes, so that what a note says
    /// is there is there.
    PutManifest(Box<Part>),
    /// Wait, then go on.
    Wait(Duration),
    /// Tell the event bus.
    Publish(Box<Notice>),
    /// Mark a part as delivered.
    Mark(Box<Mark>),
    /// Mark a part as delivered, give the lease back and say when to run next: the last thing that the run does.
    MarkLast(Box<Mark>, Release),
    /// Record that the connector is blocked.
    Block(Box<Block>),
    /// Record how far a window is read, where time was up before anything new was found.
    RecordProgress(ProgressUpdate),
    /// Record how far the reconcile has come, where it found nothing to seal.
    RecordReconcile(Box<ReconcileUpdate>),
    /// Give the lease back and say when to run next.
    Release(Release),
    /// The run is over.
    Finish(Outcome),
}

/// Which keys to read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Span {
    /// Those of a span of event time.
    Window(Window),
    /// Those that tell no time and that no window reaches: in a gap before `since`, or from `beyond` on.
    OutOfOrderKeys {
        /// The connector's first instant, at which its windows begin.
        since: Time,
        /// Later than `since`. Windows reach the keys before this in due course.
        until: Time,
    },
}

/// Which parts' key lists to hold against what is read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Exclude {
    /// Of every part whose window ends later than this.
    pub reaching: Option<Time>,
    /// And of this one, whose list names every stray that was sealed.
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
    /// Whose keys to drop.
    pub exclude: Exclude,
    /// Stop reading at this time of the worker's clock, between two timestamps.
    pub stop_at: Time,
}

/// What came of an order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Built {
    /// A part was staged.
    Staged(StagedPart),
    /// A complete read found nothing new. Nothing was staged.
    Nothing,
    /// Time was up before anything new was found. Nothing was staged.
    OutOfTime {
        /// All keys of the span before this were read, and it lies behind the span's start.
        through: Time,
    },
    /// An item of another tenant was read. Nothing was staged.
    TenantMismatch {
        /// What came back where what was asked for.
        detail: String,
    },
}

/// A staged part, not yet sealed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StagedPart {
    /// Where reading stopped before the end, between two timestamps; `None` if the span was read to its end.
    pub cut: Option<Time>,
    /// How many events.
    pub events: u64,
    /// How many of them before the order's watermark.
    pub late: u64,
    /// How many of them could not be read.
    pub unreadable: u64,
    /// The time of the first event.
    pub first: Option<Time>,
    /// The time of the last event.
    pub last: Option<Time>,
    /// Sizes and hashes.
    pub encoded: Encoded,
    /// The staging key of the encoded part.
    pub data: String,
    /// The staging key of the list of its keys; if it was read for strays, with those of all strays before them.
    pub keys: String,
}

/// What to sign.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SignRequest {
    /// The manifest's text.
    pub text: String,
    /// The state of the chain: which key is in charge, and which were before it.
    pub last: Option<ChainState>,
}

/// The sealing transaction.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Seal {
    /// Put this record if its number is free …
    pub part: Part,
    /// … and if the cursor's watermark is still this …
    pub watermark_before: Time,
    /// … move it here.
    pub watermark_after: Time,
    /// The state of the chain behind this part; `None` leaves what is stored.
    pub last: Option<ChainState>,
    /// How far the window is read, if the part does not close it.
    pub reading: Option<ReadProgress>,
    /// The reconcile's new state, if this part comes from it.
    pub reconcile: Option<Reconcile>,
    /// Reading was blocked, and works again.
    pub unblock: bool,
    /// The source that was read, and that the cursor remembers from now on; if it remembers another one, nothing is
    /// sealed. `None` where a driver knows of none.
    pub source: Option<RememberedSource>,
}

/// Notes how far a window is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ProgressUpdate {
    /// If the next part still has this number …
    pub next: PartNumber,
    /// … and the watermark is still this …
    pub watermark: Time,
    /// … this is how far the window behind it is read.
    pub reading: ReadProgress,
}

/// What a seal was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SealAnswer {
    /// It is sealed.
    Won,
    /// A condition did not hold: another worker was first, or our own first try went through unseen.
    Refused,
    /// The answer was lost, or the transaction met another one: it may or may not be sealed.
    Unknown,
}

/// What a create-only write was answered, if it did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PutAnswer {
    /// 200: the object is there now.
    Written,
    /// 412: an object of this name was there; the name says that it has these bytes.
    Exists,
}

/// A note of the reconcile.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ReconcileUpdate {
    /// Where it stood.
    pub before: Reconcile,
    /// Where it stands.
    pub after: Reconcile,
    /// Reading was blocked, and works again.
    pub unblock: bool,
}

/// Marks a part as delivered.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Mark {
    /// The part.
    pub part: Part,
    /// When it was delivered.
    pub at: Time,
    /// The keys that lie beside its note, if they were put anew.
    pub published: Option<PublishedKeys>,
    /// Delivery was blocked, and works again.
    pub unblock: bool,
}

/// Ends a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Release {
    /// `next_run_at` as this run read it.
    pub seen: Time,
    /// What it is to be.
    pub next_run_at: Time,
    /// Now. If `next_run_at` was moved meanwhile, someone asked for a run that this one knew nothing of, and a
    /// dispatcher may have sent it to find the lease taken: it is due at once.
    pub now: Time,
}
