//! The state of a run, its start, and the choice of the next step.

use std::time::Duration;

use archive::names::WorkerId;
use archive::note::VendorDomain;
use archive::part::{Part, PartNumber, Window};
use archive::time::Time;

use super::end::RETRY_FAILED_AFTER;
use super::limits::{Limits, Timing};
use super::messages::{
    Answer, BuildRequest, Effect, Input, LeaseAnswer, ReconcileUpdate, Release, Seal, Snapshot,
};
use super::outcome::{InternalError, InternalErrorKind, Outcome, Summary};
use super::progress::ReadOutcome;
use crate::connector::{Connector, State};
use crate::cursor::{Cursor, PublishedKeys, ReadProgress, Slice};
use crate::delivery_error::DeliveryStage;
use crate::events_source::EventsSource;
use crate::schedule::WindowSchedule;

/// A difference between the worker's clock and the ledger's up to this is ignored.
const TOLERATED_SKEW: Duration = Duration::from_secs(2);
/// With a difference above this, the run refuses to decide anything.
const MAX_SKEW: Duration = Duration::from_mins(1);
/// How long after the run's deadline its lease expires.
const LEASE_MARGIN: Duration = Duration::from_mins(1);

/// The state of one run of one worker over one connector.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Run {
    pub(super) worker: WorkerId,
    /// The vendor in whose name manifests are signed.
    pub(super) vendor: VendorDomain,
    pub(super) timing: Timing,
    pub(super) limits: Limits,
    pub(super) phase: Phase,
    pub(super) snapshot: Option<Box<Snapshot>>,
    /// How far the worker's clock is ahead of the ledger's.
    pub(super) clock_skew: Duration,
    /// The customer's role is assumed and its bucket can be written.
    pub(super) opened: bool,
    /// The public keys that this run has put into the bucket.
    pub(super) published_keys: Option<PublishedKeys>,
    /// Why this run seals nothing more: a manifest could not be signed, or the source is not the remembered
    /// one.
    pub(super) sealing_stopped: Option<InternalError>,
    /// Where this worker reads events from.
    pub(super) source: Option<EventsSource>,
    /// A delivery error ended delivery in this run.
    pub(super) delivery_stopped: bool,
    /// Sealing and delivering take turns, so that neither starves the other.
    pub(super) turn: Turn,
    /// How many times the current request was tried.
    pub(super) attempts: u32,
    /// Something was sealed, delivered or searched. If time is up, the next run starts further on.
    pub(super) progressed: bool,
    pub(super) summary: Summary,
    /// The record of the part that this run sealed last, until its delivery begins.
    pub(super) last_sealed: Option<Box<Part>>,
    /// How long the source keeps an event; `None` means forever. Determines the time from which a block
    /// would lose events. Used in notices only.
    pub(super) retention: Option<Duration>,
}

/// The effect whose answer the run waits for, with what it needs to continue.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Phase {
    Starting,
    Leasing,
    TakingSnapshot,
    Building(Box<BuildRequest>, Option<Slice>),
    Signing(Box<Seal>),
    Sealing(Box<Seal>),
    CheckingSeal {
        seal: Box<Seal>,
        refused: bool,
    },
    WaitingToSeal(Box<Seal>),
    RecordingProgress(ReadProgress),
    RecordingReconcile(Box<ReconcileUpdate>),
    Opening(PartNumber),
    Loading(PartNumber),
    Putting(Box<Part>),
    PuttingKeys(Box<Part>),
    PuttingManifest(Box<Part>),
    WaitingToDeliver(RetryFrom),
    PublishingReadRecovery(ReadOutcome),
    PublishingRecovery(Box<Part>),
    PublishingDelivered(Box<Part>),
    Marking(Box<Part>),
    /// With the state of the run after that write.
    MarkingLast(Box<Run>),
    PublishingBlock(Box<crate::delivery_error::Block>, Option<InternalError>),
    Blocking(Option<InternalError>),
    Releasing(Option<InternalError>),
    Finished,
}

/// Where a delivery is retried from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum RetryFrom {
    /// The part from its bytes on.
    Part(PartNumber),
    /// Its keys and its manifest; the bytes are in the bucket.
    Manifest(Box<Part>),
}

/// Whose turn it is if both have work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Turn {
    Seal,
    Deliver,
}

/// What can be sealed next.
pub(super) enum Sealable {
    Window(Window),
    Slice(Slice),
}

impl Run {
    /// A run that has not begun.
    #[must_use]
    pub fn new(worker: WorkerId, vendor: VendorDomain, timing: Timing, limits: Limits) -> Self {
        Self {
            worker,
            vendor,
            timing,
            limits,
            phase: Phase::Starting,
            snapshot: None,
            clock_skew: Duration::ZERO,
            opened: false,
            published_keys: None,
            sealing_stopped: None,
            source: None,
            delivery_stopped: false,
            turn: Turn::Seal,
            attempts: 0,
            progressed: false,
            summary: Summary::default(),
            last_sealed: None,
            retention: None,
        }
    }

    /// Sets how long the source keeps an event; `None` means forever. Only used in notices; no decision
    /// depends on it.
    #[must_use]
    pub const fn with_retention(mut self, retention: Option<Duration>) -> Self {
        self.retention = retention;
        self
    }

    /// Sets the source that this worker reads. A connector that remembers another source is not sealed. If
    /// the source could not be identified, no connector is sealed. What is sealed already is delivered.
    #[must_use]
    pub fn with_source(mut self, source: Result<EventsSource, InternalError>) -> Self {
        match source {
            Ok(source) => self.source = Some(source),
            Err(error) => self.sealing_stopped = Some(error),
        }
        self
    }

    /// What was done so far.
    #[must_use]
    pub const fn summary(&self) -> &Summary {
        &self.summary
    }

    pub(super) fn advance(&mut self, input: Input) -> Effect {
        let Input { now, random, answer } = input;
        let phase = std::mem::replace(&mut self.phase, Phase::Finished);
        if let Answer::Failed(error) = answer {
            return self.on_internal_error(phase, error, now);
        }
        match (phase, answer) {
            (Phase::Starting, Answer::Start) => {
                self.phase = Phase::Leasing;
                Effect::Lease { until: self.limits.deadline + LEASE_MARGIN }
            }
            (Phase::Leasing, Answer::Leased(answer)) => match answer {
                LeaseAnswer::Granted => self.take_snapshot(),
                LeaseAnswer::Held => Effect::Finish(Outcome::Busy),
                LeaseAnswer::Unknown => Effect::Finish(Outcome::Inactive),
            },
            (Phase::TakingSnapshot, Answer::Snapshot(snapshot)) => self.on_snapshot(snapshot, now),
            (Phase::Building(request, slice), Answer::Built(built)) => {
                self.on_built(&request, slice, *built, now, random)
            }
            (Phase::Signing(seal), Answer::Signed(manifest)) => self.on_signed(seal, *manifest, now),
            (Phase::Sealing(seal), Answer::Sealed(answer)) => self.on_seal(seal, answer, now),
            (Phase::CheckingSeal { seal, refused }, Answer::Part(part)) => {
                self.on_seal_read_back(seal, refused, part, now, random)
            }
            (Phase::WaitingToSeal(seal), Answer::Done) => self.seal(seal),
            (Phase::RecordingProgress(progress), Answer::Done) => self.on_progress_recorded(progress, now),
            (Phase::RecordingReconcile(update), Answer::Done) => self.on_reconcile_recorded(*update, now),
            (Phase::Opening(number), Answer::Opened(answer)) => self.on_opened(number, answer, now, random),
            (Phase::Loading(number), Answer::Part(part)) => self.on_loaded(number, part, now),
            (Phase::Putting(part), Answer::Put(answer)) => self.on_put(part, answer, now, random),
            (Phase::PuttingKeys(part), Answer::Put(answer)) => self.on_keys_put(part, answer, now, random),
            (Phase::PuttingManifest(part), Answer::Put(answer)) => {
                self.on_manifest_put(part, answer, now, random)
            }
            (Phase::WaitingToDeliver(retry_from), Answer::Done) => self.retry_delivery(retry_from, now),
            (Phase::PublishingReadRecovery(read), Answer::Done) => self.record_now(read),
            (Phase::PublishingRecovery(part), Answer::Done) => self.publish_delivered(part),
            (Phase::PublishingDelivered(part), Answer::Done) => self.mark(part, now),
            (Phase::Marking(part), Answer::Done) => self.on_marked(&part, now),
            (Phase::MarkingLast(after), Answer::Done) => {
                *self = *after;
                self.finish(None)
            }
            (Phase::PublishingBlock(block, error), Answer::Done) => self.record_block(block, error),
            (Phase::Blocking(None), Answer::Done) => self.next(now),
            (Phase::Blocking(error), Answer::Done) => self.release(error, now),
            (Phase::Releasing(error), Answer::Done) => self.finish(error),
            (phase, answer) => {
                let detail = format!("unexpected answer {answer:?} in state {phase:?}");
                Effect::Finish(
                    self.outcome(Some(InternalError::new(InternalErrorKind::InvariantViolated, detail))),
                )
            }
        }
    }

    /// Reads settings and cursor, possibly again. The settings may have changed, so an open bucket is not
    /// used any more.
    pub(super) fn take_snapshot(&mut self) -> Effect {
        self.opened = false;
        self.phase = Phase::TakingSnapshot;
        Effect::Snapshot
    }

    fn on_snapshot(&mut self, snapshot: Option<Box<Snapshot>>, now: Time) -> Effect {
        let Some(snapshot) = snapshot else { return Effect::Finish(Outcome::Inactive) };
        if let Some(server) = snapshot.server_time {
            // The `Date` header has whole seconds: the server's clock is up to a second later than it says.
            let behind = server.since(now);
            let ahead = now.since(server + Duration::from_millis(999));
            if behind > MAX_SKEW || ahead > MAX_SKEW {
                // The lease was taken by a wrong clock too, and could keep every other worker away until that
                // clock is corrected.
                let seen = snapshot.cursor.next_run_at;
                let release = Release { seen, next_run_at: server + RETRY_FAILED_AFTER, now: server };
                let detail = format!("the worker's clock says {now}, the ledger's {server}");
                self.phase = Phase::Releasing(Some(InternalError::new(InternalErrorKind::ClockSkew, detail)));
                return Effect::Release(release);
            }
            self.clock_skew = if ahead > TOLERATED_SKEW { ahead } else { Duration::ZERO };
        }
        self.check_source(&snapshot.cursor);
        self.snapshot = Some(snapshot);
        self.next(now)
    }

    /// Stops sealing if the source is not the remembered one: an empty read of another source would be sealed
    /// as a quiet hour.
    fn check_source(&mut self, cursor: &Cursor) {
        let (Some(here), Some(remembered)) = (&self.source, &cursor.source) else { return };
        if remembered.source != *here {
            let detail = format!(
                "the events are now read from {here}; this connector was sealed from {}. Nothing is sealed \
                 until the EVENTS_* settings name that source again, or an operator accepts the new one: \
                 auditferry source accept --from TIME",
                remembered.source
            );
            self.sealing_stopped = Some(InternalError::new(InternalErrorKind::SourceChanged, detail));
        }
    }

    /// The earlier of the worker's time and the ledger's.
    pub(super) fn trusted_now(&self, now: Time) -> Time {
        now - self.clock_skew
    }

    /// Chooses the next step: deliver a part or seal one, in turns; otherwise end the run.
    pub(super) fn next(&mut self, now: Time) -> Effect {
        let Some((schedule, snapshot)) = self.active() else { return Effect::Finish(Outcome::Inactive) };
        let (connector, cursor) = (&snapshot.connector, &snapshot.cursor);
        let sealable = self.sealable(schedule, snapshot, now);
        // Delivery itself checks its time limit; sealing is checked here.
        let may_deliver = self.deliverable(connector, cursor, now);
        let may_seal = sealable.filter(|_| now < self.limits.stop_reading && self.sealing_stopped.is_none());
        match (may_deliver, may_seal) {
            (Some(number), None) => self.deliver(number, now),
            (Some(number), Some(_)) if self.turn == Turn::Deliver => self.deliver(number, now),
            (_, Some(Sealable::Window(window))) => self.build_window(window),
            (_, Some(Sealable::Slice(slice))) => self.build_slice(slice),
            (None, None) => self.release(None, now),
        }
    }

    pub(super) fn active(&self) -> Option<(WindowSchedule, &Snapshot)> {
        let snapshot = self.snapshot.as_deref()?;
        Some((snapshot.connector.window_schedule()?, snapshot))
    }

    /// The part to be delivered next, unless delivery is paused, blocked or stopped.
    pub(super) fn deliverable(
        &self,
        connector: &Connector,
        cursor: &Cursor,
        now: Time,
    ) -> Option<PartNumber> {
        let waits = cursor.block.as_ref().is_some_and(|block| self.trusted_now(now) < block.next_attempt);
        let stopped = connector.state != State::Active || self.delivery_stopped || waits;
        cursor.undelivered().filter(|_| !stopped)
    }

    /// The next window or slice to be sealed. Neither a blocked destination nor a pause stops sealing: what
    /// is sealed can no longer expire in the source.
    pub(super) fn sealable(
        &self,
        schedule: WindowSchedule,
        snapshot: &Snapshot,
        now: Time,
    ) -> Option<Sealable> {
        let (now, cursor) = (self.trusted_now(now), &snapshot.cursor);
        let reading_blocked =
            |b: &crate::delivery_error::Block| b.stage == DeliveryStage::Read && now < b.next_attempt;
        if !snapshot.connector.is_exporting() || cursor.block.as_ref().is_some_and(reading_blocked) {
            return None;
        }
        if schedule.due(cursor.watermark, cursor.cut, self.timing.settle) <= now {
            return Some(Sealable::Window(schedule.window(cursor.watermark, cursor.cut)));
        }
        cursor.reconcile.slice(cursor.reads_from(), cursor.watermark, now).map(Sealable::Slice)
    }
}
