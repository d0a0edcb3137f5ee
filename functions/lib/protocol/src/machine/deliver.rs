//! The delivering half of a run: copies sealed parts to the customer's bucket, in order and create-only, and
//! marks them. Nothing here decides anything about the content.

use std::time::Duration;

use archive::part::{Part, PartNumber};
use archive::time::Time;

use super::messages::{Effect, Mark, PutAnswer};
use super::outcome::{InternalError, InternalErrorKind};
use super::run::{Phase, RetryFrom, Run, Turn};
use crate::backoff::REQUEST;
use crate::delivery_error::{Block, DeliveryError, DeliveryErrorKind, DeliveryStage};
use crate::notice::{Backlog, Notice, Recovery};

/// How many times a request is tried in one run if it fails for a transient reason.
const MAX_PUT_ATTEMPTS: u32 = 5;
/// How long after its seal a part's record is used from memory. A worker that slept longer reads the record.
const JUST_SEALED_FOR: Duration = Duration::from_secs(30);

impl Run {
    pub(super) fn deliver(&mut self, number: PartNumber, now: Time) -> Effect {
        if now >= self.limits.stop_writing {
            return self.release(None, now);
        }
        if !self.opened {
            self.phase = Phase::Opening(number);
            return Effect::Open(number);
        }
        // Taken out, so that a retry reads the record: another worker may have delivered the part in the
        // meantime.
        let last_sealed = self.last_sealed.take().filter(|part| part.number == number);
        if let Some(part) =
            last_sealed.filter(|part| self.trusted_now(now) < part.sealed_at + JUST_SEALED_FOR)
        {
            return self.put(part);
        }
        self.phase = Phase::Loading(number);
        Effect::Load(number)
    }

    pub(super) fn on_opened(
        &mut self,
        number: PartNumber,
        answer: Result<(), DeliveryError>,
        now: Time,
        random: u64,
    ) -> Effect {
        match answer {
            Ok(()) => {
                self.opened = true;
                self.deliver(number, now)
            }
            Err(error) => self.delivery_failed(RetryFrom::Part(number), &error, now, random),
        }
    }

    pub(super) fn on_loaded(&mut self, number: PartNumber, part: Option<Box<Part>>, now: Time) -> Effect {
        match part {
            None => {
                self.invariant_violated(format!("part {number} is sealed but its record is missing"), now)
            }
            // Another worker has delivered it since the snapshot: only the cursor may still lag.
            Some(part) if part.delivered_at.is_some() => self.mark(part, now),
            Some(part) => self.put(part),
        }
    }

    fn put(&mut self, part: Box<Part>) -> Effect {
        self.phase = Phase::Putting(part.clone());
        Effect::Put(part)
    }

    pub(super) fn on_put(
        &mut self,
        part: Box<Part>,
        answer: Result<PutAnswer, DeliveryError>,
        now: Time,
        random: u64,
    ) -> Effect {
        match answer {
            // 412 is success: the object's name contains our number and our hash.
            Ok(answer) => {
                self.attempts = 0;
                self.summary.existed += u64::from(answer == PutAnswer::Exists);
                self.put_manifest(part, now)
            }
            Err(error) => self.delivery_failed(RetryFrom::Part(part.number), &error, now, random),
        }
    }

    /// The delivery failed on the customer's side. Retries if the error is transient; otherwise blocks the
    /// connector and goes on sealing.
    pub(super) fn delivery_failed(
        &mut self,
        retry_from: RetryFrom,
        error: &DeliveryError,
        now: Time,
        random: u64,
    ) -> Effect {
        let number = retry_from.number();
        self.attempts += 1;
        if error.kind == DeliveryErrorKind::Expired && self.attempts < MAX_PUT_ATTEMPTS {
            self.opened = false;
            return self.deliver(number, now);
        }
        // 409 is not success: another request for this key was in progress, and nothing says which one won.
        if error.kind.is_transient() && self.attempts < MAX_PUT_ATTEMPTS {
            let wait = REQUEST.delay(self.attempts, random);
            self.summary.retries += 1;
            self.phase = Phase::WaitingToDeliver(retry_from);
            return Effect::Wait(wait);
        }
        let at = self.trusted_now(now);
        let Some(snapshot) = self.snapshot.as_deref() else { return Effect::Snapshot };
        let Some(destination) = &snapshot.connector.destination else {
            return self.invariant_violated("an active connector has no destination", now);
        };
        let block =
            Block::new(error, destination.diagnose(error), snapshot.cursor.block.as_ref(), at, random);
        let internal_error = error.kind.is_internal().then(|| {
            InternalError::new(
                InternalErrorKind::Rejected,
                format!("part {number}: {} ({})", error.code, error.message),
            )
        });
        self.attempts = 0;
        self.publish_block(block, internal_error)
    }

    /// Publishes a notice of the block if it is a new one, then records it.
    pub(super) fn publish_block(&mut self, block: Block, internal_error: Option<InternalError>) -> Effect {
        self.delivery_stopped = true;
        let Some(snapshot) = self.snapshot.as_deref() else { return Effect::Snapshot };
        let known = snapshot.cursor.block.as_ref().is_some_and(|before| before.same_cause_as(&block));
        if known {
            return self.record_block(Box::new(block), internal_error);
        }
        let (connector, cursor) = (&snapshot.connector, &snapshot.cursor);
        let notice = Notice::blocked(&connector.tenant, &connector.id, block.clone(), cursor, self.retention);
        self.phase = Phase::PublishingBlock(Box::new(block), internal_error);
        Effect::Publish(Box::new(notice))
    }

    pub(super) fn record_block(
        &mut self,
        block: Box<Block>,
        internal_error: Option<InternalError>,
    ) -> Effect {
        if let Some(snapshot) = self.snapshot.as_deref_mut() {
            snapshot.cursor.block = Some((*block).clone());
        }
        self.phase = Phase::Blocking(internal_error);
        Effect::Block(block)
    }

    /// Publishes before the mark: a crash between the two publishes the notice twice. It is missing only if
    /// the bus rejects it.
    pub(super) fn publish_recovery(&mut self, part: Box<Part>, now: Time) -> Effect {
        let Some(snapshot) = self.snapshot.as_deref() else { return Effect::Snapshot };
        let Some(block) = snapshot.cursor.block.as_ref().filter(|block| block.stage != DeliveryStage::Read)
        else {
            return self.publish_delivered(part);
        };
        let recovery = Recovery {
            blocked_since: block.since,
            blocked_seconds: self.trusted_now(now).since(block.since).as_secs(),
            caught_up_from: Some(part.window.from),
            backlog: Backlog::of(&snapshot.cursor),
        };
        let notice = Notice::recovered(&snapshot.connector.tenant, &part.connector, recovery);
        self.phase = Phase::PublishingRecovery(part);
        Effect::Publish(Box::new(notice))
    }

    pub(super) fn publish_delivered(&mut self, part: Box<Part>) -> Effect {
        let Some(snapshot) = self.snapshot.as_deref() else { return Effect::Snapshot };
        let notice = Notice::delivered(&snapshot.connector.tenant, &part);
        self.phase = Phase::PublishingDelivered(part);
        Effect::Publish(Box::new(notice))
    }

    /// Marks the part. If nothing else is left to do, the lease is released in the same write. That saves one
    /// write and leaves the same state as the two would.
    pub(super) fn mark(&mut self, part: Box<Part>, now: Time) -> Effect {
        let at = self.trusted_now(now);
        let Some(snapshot) = self.snapshot.as_deref() else { return Effect::Snapshot };
        let unblock = snapshot.cursor.block.as_ref().is_some_and(|block| block.stage != DeliveryStage::Read);
        let published_keys =
            self.published_keys.clone().filter(|put| snapshot.cursor.published_keys.as_ref() != Some(put));
        let mark = Box::new(Mark { part: (*part).clone(), at, published_keys, unblock });
        let mut after = self.clone();
        match after.on_marked(&part, now) {
            Effect::Release(release) if after.phase == Phase::Releasing(None) => {
                self.phase = Phase::MarkingLast(Box::new(after));
                Effect::MarkLast(mark, release)
            }
            // There is more to do, or the run has failed.
            _ => {
                self.phase = Phase::Marking(part);
                Effect::Mark(mark)
            }
        }
    }

    pub(super) fn on_marked(&mut self, part: &Part, now: Time) -> Effect {
        self.progressed = true;
        self.summary.delivered += 1;
        if let Some(snapshot) = self.snapshot.as_deref_mut() {
            snapshot.cursor.delivered = part.number;
            snapshot.cursor.published_keys =
                self.published_keys.clone().or(snapshot.cursor.published_keys.take());
            snapshot.cursor.block =
                snapshot.cursor.block.take().filter(|block| block.stage == DeliveryStage::Read);
        }
        self.turn = Turn::Seal;
        self.next(now)
    }
}
