//! The messages between a run and its driver: effects that the run requests, and answers to them.
//!
//! `B` is the driver's handle of a customer's open bucket. The run keeps it and gives it back with every
//! write, so nothing can be written before the bucket is open. For a driver without one it is `()`.

mod build;
mod writes;

use std::sync::Arc;
use std::time::Duration;

use archive::note::SignedManifest;
use archive::part::{Part, PartNumber};
use archive::time::Time;

use super::outcome::{InternalError, Outcome};
use super::run::Run;
use crate::connector::{Connector, S3Destination};
use crate::cursor::Cursor;
use crate::delivery_error::{Block, DeliveryError};
use crate::notice::Notice;

pub use build::{BuildNumber, BuildRequest, Built, Exclude, Span, StagedPart};
pub use writes::{Mark, ProgressUpdate, PutAnswer, ReconcileUpdate, Release, Seal, SealAnswer, SignRequest};

/// What a run gets with each step.
#[derive(Debug, Clone)]
pub struct Input<B = ()> {
    /// The time on the worker's clock.
    pub now: Time,
    /// A random number, uniform over all of `u64`.
    pub random: u64,
    /// The answer to the last effect.
    pub answer: Answer<B>,
}

/// The answer to an effect.
#[derive(Debug, Clone)]
pub enum Answer<B = ()> {
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
    Opened(Result<B, DeliveryError>),
    /// Answers `Put`, `PutKeys` and `PutManifest`.
    Put(Result<PutAnswer, DeliveryError>),
    /// Answers an effect that returns nothing.
    Done,
    /// Answers any effect: the vendor's side failed, not the customer's.
    Failed(InternalError),
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

/// What follows an input.
#[derive(Debug, Clone)]
pub enum Step<B = ()> {
    /// Execute the effect, and give its answer to the run.
    Do(Run<B>, Effect<B>),
    /// The run is over.
    Done(Outcome),
}

/// What a run requests. Exactly one at a time.
#[derive(Debug, Clone)]
pub enum Effect<B = ()> {
    /// Take the lease, if no other worker has it.
    Lease {
        /// When the lease expires.
        until: Time,
    },
    /// Read settings and cursor in one consistent read.
    Snapshot,
    /// Read, encode and stage a part of this connector.
    Build(Arc<Connector>, Box<BuildRequest>),
    /// Sign a part's manifest. It changes nothing: a run that crashes after it, or loses the race for the
    /// number, discards the signature. Only the manifest that the seal stores is ever shown to anyone.
    Sign(Box<SignRequest>),
    /// Decide once and for all what the part is.
    Seal(Box<Seal>),
    /// Read a part's record to learn the outcome of a seal whose answer was lost or refused.
    ReadBack(PartNumber),
    /// Assume the role of this connector's customer, to deliver this part.
    Open(Arc<Connector>, PartNumber),
    /// Read the record of the part to be delivered, right before the write: a worker that slept for hours
    /// learns here that another one delivered it. The run that has just sealed the part skips this.
    Load(PartNumber),
    /// Copy the part's bytes to the customer's bucket, create-only.
    Put(Delivery<B>),
    /// Put the public keys of a part's manifest into the customer's bucket, create-only.
    PutKeys(Delivery<B>, Box<SignedManifest>),
    /// Put a part's manifest into the customer's bucket, create-only. It follows the part's bytes, so a
    /// manifest in the bucket never names a missing object.
    PutManifest(Delivery<B>, Box<SignedManifest>),
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
}

/// A sealed part on its way to the customer's bucket.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Delivery<B = ()> {
    /// The record of the part.
    pub part: Box<Part>,
    /// Where it goes.
    pub destination: Arc<S3Destination>,
    /// The open bucket.
    pub bucket: B,
}
