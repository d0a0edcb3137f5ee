//! What a run signs and writes: the seal, the records of its progress, the marks and the release, with the
//! condition of each write.

use archive::manifest::ChainState;
use archive::part::{Part, PartNumber};
use archive::time::Time;

use crate::cursor::{PublishedKeys, ReadProgress, Reconcile};
use crate::events_source::RememberedSource;

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

/// The outcome of a create-only write that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PutAnswer {
    /// 200: the object was written.
    Written,
    /// 412: an object with this name exists; the name guarantees that it has these bytes.
    Exists,
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
