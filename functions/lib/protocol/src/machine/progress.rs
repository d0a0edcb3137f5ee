//! What a run records after it has read: a seal if something was found, otherwise the progress of the read.
//! If reading was blocked, either of them ends the block, and a notice is published first.

use archive::part::Window;
use archive::time::Time;

use super::messages::{BuildRequest, Effect, ProgressUpdate, ReconcileUpdate, Seal, Span};
use super::run::{Phase, Run};
use crate::cursor::{ReadProgress, Reconcile, Slice};
use crate::delivery_error::DeliveryStage;
use crate::notice::{Backlog, Notice, Recovery};

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
            Self::Reconcile(update) => update.unblock,
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
        let Some(snapshot) = self.snapshot.as_deref() else { return Effect::Snapshot };
        let Some(since) = self.read_blocked_since().filter(|_| read.unblocks()) else {
            return self.record_now(read);
        };
        let recovery = Recovery {
            blocked_since: since,
            blocked_seconds: at.since(since).as_secs(),
            caught_up_from: None,
            backlog: Backlog::of(&snapshot.cursor),
        };
        let notice = Notice::recovered(&snapshot.connector.tenant, &snapshot.connector.id, recovery);
        self.phase = Phase::PublishingReadRecovery(read);
        Effect::Publish(Box::new(notice))
    }

    pub(super) fn record_now(&mut self, read: ReadOutcome) -> Effect {
        match read {
            ReadOutcome::Seal(seal) => self.seal(seal),
            ReadOutcome::Reconcile(update) => {
                self.phase = Phase::RecordingReconcile(update.clone());
                Effect::RecordReconcile(update)
            }
        }
    }

    /// Records that a slice was read to its end and contained nothing new.
    pub(super) fn record_slice(&mut self, slice: Slice, now: Time) -> Effect {
        let read_at = self.trusted_now(now);
        let Some(snapshot) = self.snapshot.as_deref() else { return Effect::Snapshot };
        let before = snapshot.cursor.reconcile.clone();
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

    pub(super) fn on_reconcile_recorded(&mut self, update: ReconcileUpdate, now: Time) -> Effect {
        self.progressed = true;
        if let Some(snapshot) = self.snapshot.as_deref_mut() {
            snapshot.cursor.reconcile = update.after;
            if update.unblock {
                snapshot.cursor.block = None;
            }
        }
        self.next(now)
    }

    /// Time was up, and only sealed events had been read. Records how far the read got, and leaves the rest
    /// to the next run. The rest is not known to be readable, so a block stays.
    pub(super) fn record_progress(
        &mut self,
        request: &BuildRequest,
        slice: Option<Slice>,
        through: Time,
        now: Time,
    ) -> Effect {
        let Some(snapshot) = self.snapshot.as_deref() else { return Effect::Snapshot };
        match (&request.span, slice) {
            (Span::Window(Window { to, .. }), None) => {
                let progress = ReadProgress { to: *to, through };
                self.phase = Phase::RecordingProgress(progress);
                Effect::RecordProgress(ProgressUpdate {
                    next: request.number,
                    watermark: request.watermark,
                    progress,
                })
            }
            (Span::Window(_), Some(_)) => {
                let before = snapshot.cursor.reconcile.clone();
                let after = before.read_through(through);
                self.record_reconcile(before, after, false, now)
            }
            (Span::OutOfOrderKeys { .. }, _) => self.release(None, now),
        }
    }

    pub(super) fn on_progress_recorded(&mut self, progress: ReadProgress, now: Time) -> Effect {
        self.progressed = true;
        if let Some(snapshot) = self.snapshot.as_deref_mut() {
            snapshot.cursor.read_progress = Some(progress);
        }
        self.next(now)
    }
}
