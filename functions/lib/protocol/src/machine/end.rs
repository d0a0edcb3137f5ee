//! The end of a run: when the connector runs next, and how this run ends.

use std::fmt::Debug;
use std::time::Duration;

use crate::connector::State;
use crate::cursor::Cursor;
use crate::delivery_error::DeliveryStage;

use super::messages::Release;
use super::outcome::{InternalError, InternalErrorKind};
use super::state::{Active, Context, Ending, Flow};

/// How long after a failed run the next one is due.
pub(super) const RETRY_FAILED_AFTER: Duration = Duration::from_mins(1);

impl<B: Clone + Debug> Active<B> {
    /// The release of the lease at this cursor, which sets when the connector runs next, and how the run ends
    /// after it. `progress_made`: the next run starts further on.
    pub(super) fn end(
        &self,
        cursor: &Cursor,
        progress_made: bool,
        error: Option<InternalError>,
        context: Context<'_>,
    ) -> (Release, Ending) {
        let now = context.now;
        let work_left =
            self.deliverable(cursor, context).is_some() || self.readable(cursor, context).is_some();
        let error = error.or_else(|| self.progress.sealing.stopped.clone()).or_else(|| {
            let detail = "the time limit ended the run before a part could be sealed or delivered";
            (work_left && !progress_made).then(|| InternalError::new(InternalErrorKind::NoProgress, detail))
        });
        let next_window = self.schedule.due(cursor.watermark, cursor.cut, context.settings.timing.settle);
        let next_run_at = match &cursor.block {
            Some(block) if block.stage == DeliveryStage::Read && block.next_attempt > now => {
                block.next_attempt
            }
            _ if error.is_some() => now + RETRY_FAILED_AFTER,
            _ if work_left => now,
            Some(block) if self.connector.state == State::Active && cursor.undelivered().is_some() => {
                next_window.min(block.next_attempt)
            }
            _ => next_window,
        };
        let mut summary = self.progress.summary.clone();
        summary.blocked.clone_from(&cursor.block);
        summary.more = work_left && error.is_none();
        (Release { seen: cursor.next_run_at, next_run_at, now }, Ending { error, summary })
    }
}

impl<B> Flow<B> {
    /// The end after what must never be: a bug of ours.
    pub(super) fn invariant_violated(detail: impl Into<String>) -> Self {
        Self::End(Some(InternalError::new(InternalErrorKind::InvariantViolated, detail)))
    }
}
