//! The end of a run: when the connector runs next, and the outcome of this run.

use std::time::Duration;

use crate::connector::State;
use crate::cursor::Cursor;
use crate::fault::DeliveryStage;
use crate::schedule::WindowSchedule;
use crate::time::Time;

use super::messages::{Effect, Release};
use super::outcome::{InternalError, InternalErrorKind, Outcome};
use super::run::{Phase, Run};

/// How long after a failed run the next one is due.
pub(super) const RETRY_FAILED_AFTER: Duration = Duration::from_mins(1);

impl Run {
    /// Releases the lease, and sets when the connector runs next.
    pub(super) fn release(&mut self, failure: Option<InternalError>, now: Time) -> Effect {
        let failure = failure.or_else(|| self.sealing_stopped.take());
        let Some((grid, place)) = self.active() else { return self.finish(failure) };
        let (connector, cursor) = (&place.connector, &place.cursor);
        let undone =
            self.deliverable(connector, cursor, now).is_some() || self.sealable(grid, place, now).is_some();
        let failure = failure.or_else(|| {
            let detail = "the time limit ended the run before a part could be sealed or delivered";
            (undone && !self.progressed).then(|| InternalError::new(InternalErrorKind::NoProgress, detail))
        });
        let blocked = cursor.block.clone();
        let next_run_at = match &blocked {
            // Enabling it again makes it due.
            _ if !connector.is_exporting() => connector.cleanup_due_at(self.trusted_now(now)),
            Some(block) if block.stage == DeliveryStage::Read && block.next_attempt > now => {
                block.next_attempt
            }
            _ if failure.is_some() => now + RETRY_FAILED_AFTER,
            _ if undone => now,
            Some(block) if connector.state == State::Active && cursor.undelivered().is_some() => {
                self.next_window(grid, cursor).min(block.next_attempt)
            }
            _ => self.next_window(grid, cursor),
        };
        let release = Release { seen: cursor.next_run_at, next_run_at, now };
        self.summary.blocked = blocked;
        self.summary.more = undone && failure.is_none();
        self.phase = Phase::Releasing(failure);
        Effect::Release(release)
    }

    fn next_window(&self, grid: WindowSchedule, cursor: &Cursor) -> Time {
        grid.due(cursor.watermark, cursor.cut, self.timing.settle)
    }

    /// Handles an internal error: the vendor's side failed, not the customer's.
    pub(super) fn on_internal_error(&mut self, phase: Phase, failure: InternalError, now: Time) -> Effect {
        match phase {
            // A bus that does not answer must not keep the files from the customer: go on, and count the
            // notice as unpublished.
            Phase::PublishingReadRecovery(read) => {
                self.summary.unpublished_notices += 1;
                self.record_now(read)
            }
            Phase::PublishingRecovery(part) => {
                self.summary.unpublished_notices += 1;
                self.publish_delivered(part)
            }
            Phase::PublishingDelivered(part) => {
                self.summary.unpublished_notices += 1;
                self.mark(part, now)
            }
            Phase::PublishingBlock(block, earlier) => {
                self.summary.unpublished_notices += 1;
                self.record_block(block, earlier)
            }
            // Nothing is sealed unsigned. What is sealed already is signed, and is delivered.
            Phase::Signing(_) => self.signing_failed(failure, now),
            // Without the ledger nothing can be released: the lease expires.
            Phase::Starting | Phase::Leasing | Phase::TakingSnapshot | Phase::Finished => {
                Effect::Finish(self.outcome(Some(failure)))
            }
            Phase::Releasing(earlier) => self.finish(earlier.or(Some(failure))),
            _ => self.release(Some(failure), now),
        }
    }

    pub(super) fn finish(&mut self, failure: Option<InternalError>) -> Effect {
        Effect::Finish(self.outcome(failure))
    }

    pub(super) fn outcome(&mut self, failure: Option<InternalError>) -> Outcome {
        let summary = std::mem::take(&mut self.summary);
        match failure {
            Some(failure) => Outcome::Failed { error: failure, summary },
            None => Outcome::Completed(summary),
        }
    }

    /// An impossible state, so a bug of ours.
    pub(super) fn invariant_violated(&mut self, detail: impl Into<String>, now: Time) -> Effect {
        self.release(Some(InternalError::new(InternalErrorKind::InvariantViolated, detail)), now)
    }
}
