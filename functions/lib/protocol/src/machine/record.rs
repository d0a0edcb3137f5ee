//! What a run records after it has read: a seal if something was found, otherwise the progress of the read.
//! If reading was blocked, either of them ends the block, and a notice is published first.

use std::fmt::Debug;

use archive::part::Window;
use archive::time::Time;

use super::messages::{Effect, ProgressUpdate, ReconcileUpdate};
use super::state::{Active, Context, Flow, ReadOutcome, Readable, Sealing};
use crate::cursor::{ReadProgress, Reconcile, Slice};
use crate::notice::{Backlog, Notice, Recovery};

impl ReadOutcome {
    const fn unblocks(&self) -> bool {
        match self {
            Self::Seal(seal) => seal.unblock,
            Self::Reconcile(update) => update.unblock,
        }
    }
}

impl<B: Clone + Debug> Active<B> {
    /// Publishes a notice that reading works again, if this read shows it, and then records the result. In
    /// this order, a crash between the two publishes the notice twice; in the other it might never be
    /// published. `at` is when it was read.
    pub(super) fn record(&self, read: ReadOutcome, at: Time) -> Flow<B> {
        let Some(block) = self.read_block().filter(|_| read.unblocks()) else {
            return Self::record_now(read);
        };
        let recovery = Recovery {
            blocked_since: block.since,
            blocked_seconds: at.since(block.since).as_secs(),
            caught_up_from: None,
            backlog: Backlog::of(&self.cursor),
        };
        let notice = Notice::recovered(&self.connector.tenant, &self.connector.id, recovery);
        Flow::seal(Sealing::PublishingRecovery(read), Effect::Publish(Box::new(notice)))
    }

    pub(super) fn record_now(read: ReadOutcome) -> Flow<B> {
        match read {
            ReadOutcome::Seal(seal) => Self::seal(seal),
            ReadOutcome::Reconcile(update) => {
                let effect = Effect::RecordReconcile(update.clone());
                Flow::seal(Sealing::RecordingReconcile(update), effect)
            }
        }
    }

    /// Records that a slice was read to its end and contained nothing new. That also shows that reading
    /// works.
    pub(super) fn record_slice(&self, slice: Slice, context: Context<'_>) -> Flow<B> {
        let before = &self.cursor.reconcile;
        let after = match slice {
            Slice::Span(window) => before.read_through(window.to),
            Slice::OutOfOrderKeys => before.read_out_of_order_keys(None, self.trusted_now(context)),
        };
        self.record_reconcile(after, self.read_block().is_some(), context)
    }

    fn record_reconcile(&self, after: Reconcile, unblock: bool, context: Context<'_>) -> Flow<B> {
        let update = ReconcileUpdate { before: self.cursor.reconcile.clone(), after, unblock };
        self.record(ReadOutcome::Reconcile(Box::new(update)), self.trusted_now(context))
    }

    pub(super) fn on_reconcile_recorded(&mut self, update: ReconcileUpdate) -> Flow<B> {
        self.progress.made = true;
        self.cursor.reconcile = update.after;
        if update.unblock {
            self.cursor.block = None;
        }
        Flow::Next
    }

    /// Time was up, and only sealed events had been read. Records how far the read got, and leaves the rest
    /// to the next run. The rest is not known to be readable, so a block stays.
    pub(super) fn record_progress(&self, what: Readable, through: Time, context: Context<'_>) -> Flow<B> {
        match what {
            Readable::Window(Window { to, .. }) => {
                let progress = ReadProgress { to, through };
                let (next, watermark) = (self.cursor.next, self.cursor.watermark);
                let update = ProgressUpdate { next, watermark, progress };
                Flow::seal(Sealing::RecordingProgress(progress), Effect::RecordProgress(update))
            }
            Readable::Slice(Slice::Span(_)) => {
                self.record_reconcile(self.cursor.reconcile.read_through(through), false, context)
            }
            // They have no order in time, so there is no progress to record.
            Readable::Slice(Slice::OutOfOrderKeys) => Flow::End(None),
        }
    }

    pub(super) fn on_progress_recorded(&mut self, progress: ReadProgress) -> Flow<B> {
        self.progress.made = true;
        self.cursor.read_progress = Some(progress);
        Flow::Next
    }
}
