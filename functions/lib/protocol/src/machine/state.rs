//! The states of a run. Each variant holds what is true in it, and nothing else.

use std::sync::Arc;
use std::time::Duration;

use archive::names::WorkerId;
use archive::note::VendorDomain;
use archive::part::{Part, PartNumber, Window};
use archive::time::Time;

use super::limits::{Limits, Timing};
use super::messages::{BuildNumber, Delivery, Effect, ReconcileUpdate, Seal};
use super::outcome::{InternalError, Outcome, Summary};
use crate::connector::{Connector, S3Destination};
use crate::cursor::{Cursor, PublishedKeys, ReadProgress, Slice};
use crate::delivery_error::Block;
use crate::events_source::EventsSource;
use crate::schedule::WindowSchedule;

/// What a run is given at its start. Nothing changes it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Settings {
    pub(super) worker: WorkerId,
    /// The vendor in whose name manifests are signed.
    pub(super) vendor: VendorDomain,
    pub(super) timing: Timing,
    pub(super) limits: Limits,
    /// Where this worker reads events from, or why that is unknown; `None` if it was not asked.
    pub(super) source: Option<Result<EventsSource, InternalError>>,
    /// How long the source keeps an event; `None` means forever. Determines the time from which a block
    /// would lose events. Used in notices only.
    pub(super) retention: Option<Duration>,
}

/// What every decision may use: the settings, and time and randomness of the input.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) settings: &'a Settings,
    pub(super) now: Time,
    pub(super) random: u64,
}

/// What a run waits for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum State<B> {
    /// Its first input.
    Starting(Box<Progress<B>>),
    /// The lease.
    Leasing(Box<Progress<B>>),
    /// Settings and cursor, for the first time or again.
    ReadingSnapshot(Box<Progress<B>>),
    /// A step of its work.
    Active(Box<Active<B>>, Phase<B>),
    /// The release of the lease.
    Releasing(Box<Ending>),
}

/// What a run has done, and what it may still do. It outlives a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Progress<B> {
    pub(super) summary: Summary,
    /// How far the worker's clock is ahead of the ledger's.
    pub(super) clock_skew: Duration,
    /// Something was sealed, delivered or searched. If time is up, the next run starts further on.
    pub(super) made: bool,
    pub(super) turn: Turn,
    /// How many times the current request was tried.
    pub(super) attempts: u32,
    pub(super) sealing: SealingProgress,
    pub(super) delivery: DeliveryProgress<B>,
}

/// What matters to the sealing half of a run.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct SealingProgress {
    /// The number of the last build.
    pub(super) build: BuildNumber,
    /// Why this run seals nothing more: a manifest could not be signed, or the source is not the remembered
    /// one.
    pub(super) stopped: Option<InternalError>,
}

/// What matters to the delivering half of a run.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct DeliveryProgress<B> {
    /// A delivery error ended delivery in this run.
    pub(super) stopped: bool,
    /// The customer's bucket, if it is open and not in use by a delivery.
    pub(super) bucket: Option<B>,
    /// The public keys that this run has put into the bucket.
    pub(super) published_keys: Option<PublishedKeys>,
    /// The record of the part that this run sealed last, until its delivery begins.
    pub(super) last_sealed: Option<Box<Part>>,
}

/// Sealing and delivering take turns, so that neither starves the other. Whose turn it is if both have work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Turn {
    Seal,
    Deliver,
}

/// A run that has read its connector, which exports.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Active<B> {
    pub(super) connector: Arc<Connector>,
    /// Where the connector's parts go.
    pub(super) destination: Arc<S3Destination>,
    /// The boundaries of the connector's windows.
    pub(super) schedule: WindowSchedule,
    /// The cursor as it was read, with what this run has recorded since.
    pub(super) cursor: Cursor,
    pub(super) progress: Progress<B>,
}

/// The effect whose answer an active run waits for, with what it needs to continue.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Phase<B> {
    Sealing(Sealing),
    Delivering(Delivering<B>),
    Blocking(Blocking),
}

/// A step on the way from reading events to a sealed part.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Sealing {
    Building(Readable),
    Signing(Box<Seal>),
    /// Publishing that reading works again.
    PublishingRecovery(ReadOutcome),
    /// The seal itself.
    Deciding(Box<Seal>),
    /// Reading a part's record back, after a seal whose answer was lost or refused.
    ReadingBack {
        seal: Box<Seal>,
        refused: bool,
    },
    WaitingToRetry(Box<Seal>),
    RecordingReconcile(Box<ReconcileUpdate>),
    RecordingProgress(ReadProgress),
}

/// What can be read and sealed next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Readable {
    Window(Window),
    Slice(Slice),
}

/// What is recorded after a read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum ReadOutcome {
    /// A part to be sealed.
    Seal(Box<Seal>),
    /// A slice of the reconcile in which nothing was found.
    Reconcile(Box<ReconcileUpdate>),
}

/// A step on the way from a sealed part to a delivered one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Delivering<B> {
    Opening(PartNumber),
    /// Reading the part's record. With the open bucket.
    Loading(PartNumber, B),
    Putting(Delivery<B>, PartObject),
    WaitingToRetry(RetryFrom<B>),
    /// Publishing that delivering works again.
    PublishingRecovery(Delivery<B>),
    PublishingDelivered(Delivery<B>),
    /// With the cursor after the mark.
    Marking(Box<Cursor>),
    /// Marking the last part and releasing the lease.
    MarkingLast(Box<Ending>),
}

/// The objects of a part, in the order in which they are put.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum PartObject {
    Bytes,
    Keys(PublishedKeys),
    Manifest,
}

/// Where a delivery is retried from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum RetryFrom<B> {
    /// The part from its bytes on, with the bucket if it is open.
    Part(PartNumber, Option<B>),
    /// Its keys and its manifest; the bytes are in the bucket.
    Manifest(Delivery<B>),
}

/// A step of blocking the connector. `Some` error is an internal one that ends the run after it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Blocking {
    Publishing(Box<Block>, Option<InternalError>),
    Recording(Option<InternalError>),
}

/// How a run ends once its lease is released.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Ending {
    pub(super) error: Option<InternalError>,
    pub(super) summary: Summary,
}

/// What an answer leads to, for an active run.
#[derive(Debug)]
pub(super) enum Flow<B> {
    /// Waiting in this phase for the answer to this effect.
    Do(Phase<B>, Effect<B>),
    /// The choice of what to do next.
    Next,
    /// A new snapshot: another worker has changed the cursor.
    ReadAgain,
    /// The end of the run, with an error if something went wrong on the vendor's side.
    End(Option<InternalError>),
}

/// What an answer leads to, for any run.
#[derive(Debug)]
pub(super) enum Next<B> {
    /// Waiting in this state for the answer to this effect.
    Do(State<B>, Effect<B>),
    /// The end.
    Done(Outcome),
}

impl<B> Flow<B> {
    pub(super) fn seal(phase: Sealing, effect: Effect<B>) -> Self {
        Self::Do(Phase::Sealing(phase), effect)
    }

    pub(super) fn deliver(phase: Delivering<B>, effect: Effect<B>) -> Self {
        Self::Do(Phase::Delivering(phase), effect)
    }

    pub(super) fn block(phase: Blocking, effect: Effect<B>) -> Self {
        Self::Do(Phase::Blocking(phase), effect)
    }
}

impl<B> Default for Progress<B> {
    fn default() -> Self {
        Self {
            summary: Summary::default(),
            clock_skew: Duration::ZERO,
            made: false,
            turn: Turn::Seal,
            attempts: 0,
            sealing: SealingProgress::default(),
            delivery: DeliveryProgress {
                stopped: false,
                bucket: None,
                published_keys: None,
                last_sealed: None,
            },
        }
    }
}

impl<B> State<B> {
    pub(super) const fn summary(&self) -> &Summary {
        match self {
            Self::Starting(progress) | Self::Leasing(progress) | Self::ReadingSnapshot(progress) => {
                &progress.summary
            }
            Self::Active(active, _) => &active.progress.summary,
            Self::Releasing(ending) => &ending.summary,
        }
    }
}

impl Ending {
    pub(super) fn outcome(self) -> Outcome {
        let Self { error, summary } = self;
        match error {
            Some(error) => Outcome::Failed { error, summary },
            None => Outcome::Completed(summary),
        }
    }
}
