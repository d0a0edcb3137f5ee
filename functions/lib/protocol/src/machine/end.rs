//! The end of a run: when the connector runs next, and the outcome of this run.

use std::time::Duration;

use archive::time::Time;

use super::messages::{Effect, Release};
use super::outcome::{InternalError, InternalErrorKind, Outcome};
use super::run::{Phase, Run};
use crate::connector::State;
use crate::cursor::Cursor;
use crate::delivery_error::DeliveryStage;
use crate::schedule::WindowSchedule;

/// How long after a failed run the next one is due.
pub(super) const RETRY_FAILED_AFTER: Duration = Duration::from_mins(1);

impl Run {
    /// Releases the lease, and sets when the connector runs next.
    pub(super) fn release(&mut self, error: Option<InternalError>, now: Time) -> Effect {
        let error = error.or_else(|| self.sealing_stopped.take());
        let Some((schedule, snapshot)) = self.active() else { return self.finish(error) };
        let (connector, cursor) = (&snapshot.connector, &snapshot.cursor);
        let work_left = self.deliverable(connector, cursor, now).is_some()
            || self.sealable(schedule, snapshot, now).is_some();
        let error = error.or_else(|| {
            let detail = "the time limit ended the run before a part could be sealed or delivered";
            (work_left && !self.progressed).then(|| InternalError::new(InternalErrorKind::NoProgress, detail))
        });
        let blocked = cursor.block.clone();
        let next_run_at = match &blocked {
            // Enabling it again makes it due.
            _ if !connector.is_exporting() => connector.cleanup_due_at(self.trusted_now(now)),
            Some(block) if block.stage == DeliveryStage::Read && block.next_attempt > now => {
                block.next_attempt
            }
            _ if error.is_some() => now + RETRY_FAILED_AFTER,
            _ if work_left => now,
            Some(block) if connector.state == State::Active && cursor.undelivered().is_some() => {
                self.next_window(schedule, cursor).min(block.next_attempt)
            }
            _ => self.next_window(schedule, cursor),
        };
        let release = Release { seen: cursor.next_run_at, next_run_at, now };
        self.summary.blocked = blocked;
        self.summary.more = work_left && error.is_none();
        self.phase = Phase::Releasing(error);
        Effect::Release(release)
    }

    fn next_window(&self, schedule: WindowSchedule, cursor: &Cursor) -> Time {
        schedule.due(cursor.watermark, cursor.cut, self.timing.settle)
    }

    /// Handles an internal error: the vendor's side failed, not the customer's.
    pub(super) fn on_internal_error(&mut self, phase: Phase, error: InternalError, now: Time) -> Effect {
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
            Phase::PublishingBlock(block, earlier_error) => {
                self.summary.unpublished_notices += 1;
                self.record_block(block, earlier_error)
            }
            // Nothing is sealed unsigned. What is sealed already is signed, and is delivered.
            Phase::Signing(_) => self.signing_failed(error, now),
            // Without the ledger nothing can be released: the lease expires.
            Phase::Starting | Phase::Leasing | Phase::TakingSnapshot | Phase::Finished => {
                Effect::Finish(self.outcome(Some(error)))
            }
            Phase::Releasing(earlier_error) => self.finish(earlier_error.or(Some(error))),
            _ => self.release(Some(error), now),
        }
    }

    pub(super) fn finish(&mut self, error: Option<InternalError>) -> Effect {
        Effect::Finish(self.outcome(error))
    }

    pub(super) fn outcome(&mut self, error: Option<InternalError>) -> Outcome {
        let summary = std::mem::take(&mut self.summary);
        match error {
            Some(error) => Outcome::Failed { error, summary },
            None => Outcome::Completed(summary),
        }
    }

    /// An impossible state, so a bug of ours.
    pub(super) fn invariant_violated(&mut self, detail: impl Into<String>, now: Time) -> Effect {
        self.release(Some(InternalError::new(InternalErrorKind::InvariantViolated, detail)), now)
    }
}
