//! What a run records after it has read: a seal if something was found, otherwise the progress of the read.
//! If reading was blocked, either of them ends the block, and a notice is published first.

use crate::cursor::{ReadProgress, Reconcile, Slice};
use crate::fault::DeliveryStage;
use crate::notice::{Backlog, Notice, Recovery};
use crate::part::Window;
use crate::time::Time;

use super::messages::{BuildRequest, Effect, ProgressUpdate, ReconcileUpdate, Seal, Span};
use super::run::{Phase, Run};

/// The result of a read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum ReadOutcome {
    /// A part to be sealed.
    Seal(Box<Seal>),
    /// A slice of the reconcile in which nothing was found.
    Reconcile(Box<ReconcileUpdate>),
}

impl ReadOutcome {
    const fn unblocks(&self) -> bool {
        match self {
            Self::Seal(seal) => seal.unblock,
            Self::Reconcile(noted) => noted.unblock,
        }
    }
}

impl Run {
    /// Since when reading has been blocked; `None` if it is not. A span that was read to its end shows that
    /// it works again.
    pub(super) fn read_blocked_since(&self) -> Option<Time> {
        let block = self.snapshot.as_deref()?.cursor.block.as_ref()?;
        (block.stage == DeliveryStage::Read).then_some(block.since)
    }

    /// Publishes a notice that reading works again, if this read shows it, and then records the result. In
    /// this order, a crash between the two publishes the notice twice; in the other it might never be
    /// published. `at` is when it was read.
    pub(super) fn record(&mut self, read: ReadOutcome, at: Time) -> Effect {
        let Some(place) = self.snapshot.as_deref() else { return Effect::Snapshot };
        let Some(since) = self.read_blocked_since().filter(|_| read.unblocks()) else {
            return self.record_now(read);
        };
        let recovery = Recovery {
            blocked_since: since,
            blocked_seconds: at.since(since).as_secs(),
            caught_up_from: None,
            backlog: Backlog::of(&place.cursor),
        };
        let notice = Notice::recovered(&place.connector.tenant, &place.connector.id, recovery);
        self.phase = Phase::PublishingReadRecovery(read);
        Effect::Publish(Box::new(notice))
    }

    pub(super) fn record_now(&mut self, read: ReadOutcome) -> Effect {
        match read {
            ReadOutcome::Seal(seal) => self.seal(seal),
            ReadOutcome::Reconcile(noted) => {
                self.phase = Phase::RecordingReconcile(noted.clone());
                Effect::RecordReconcile(noted)
            }
        }
    }

    /// Records that a slice was read to its end and contained nothing new.
    pub(super) fn record_slice(&mut self, slice: Slice, now: Time) -> Effect {
        let read_at = self.trusted_now(now);
        let Some(place) = self.snapshot.as_deref() else { return Effect::Snapshot };
        let before = place.cursor.reconcile.clone();
        let after = match slice {
            Slice::Span(window) => before.read_through(window.to),
            Slice::OutOfOrderKeys => before.read_out_of_order_keys(None, read_at),
        };
        self.record_reconcile(before, after, self.read_blocked_since().is_some(), now)
    }

    fn record_reconcile(&mut self, before: Reconcile, after: Reconcile, unblock: bool, now: Time) -> Effect {
        let at = self.trusted_now(now);
        self.record(ReadOutcome::Reconcile(Box::new(ReconcileUpdate { before, after, unblock })), at)
    }

    pub(super) fn on_reconcile_recorded(&mut self, noted: ReconcileUpdate, now: Time) -> Effect {
        self.progressed = true;
        if let Some(place) = self.snapshot.as_deref_mut() {
            place.cursor.reconcile = noted.after;
            if noted.unblock {
                place.cursor.block = None;
            }
        }
        self.next(now)
    }

    /// Time was up, and only sealed events had been read. Records how far the read got, and leaves the rest
    /// to the next run. The rest is not known to be readable, so a block stays.
    pub(super) fn record_progress(
        &mut self,
        order: &BuildRequest,
        slice: Option<Slice>,
        through: Time,
        now: Time,
    ) -> Effect {
        let Some(place) = self.snapshot.as_deref() else { return Effect::Snapshot };
        match (&order.span, slice) {
            (Span::Window(Window { to, .. }), None) => {
                let reading = ReadProgress { to: *to, through };
                self.phase = Phase::RecordingProgress(reading);
                Effect::RecordProgress(ProgressUpdate {
                    next: order.number,
                    watermark: order.watermark,
                    progress: reading,
                })
            }
            (Span::Window(_), Some(_)) => {
                let before = place.cursor.reconcile.clone();
                let after = before.read_through(through);
                self.record_reconcile(before, after, false, now)
            }
            (Span::OutOfOrderKeys { .. }, _) => self.release(None, now),
        }
    }

    pub(super) fn on_progress_recorded(&mut self, reading: ReadProgress, now: Time) -> Effect {
        self.progressed = true;
        if let Some(place) = self.snapshot.as_deref_mut() {
            place.cursor.read_progress = Some(reading);
        }
        self.next(now)
    }
}
