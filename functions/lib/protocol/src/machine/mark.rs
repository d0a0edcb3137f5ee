//! The mark of a delivered part, and the notices before it.

use std::fmt::Debug;

use archive::part::Part;

use super::active::Work;
use super::messages::{Delivery, Effect, Mark};
use super::state::{Active, Context, Delivering, Flow, Turn};
use crate::cursor::Cursor;
use crate::delivery_error::DeliveryStage;
use crate::notice::{Backlog, Notice, Recovery};

impl<B: Clone + Debug> Active<B> {
    /// Publishes before the mark: a crash between the two publishes the notice twice. It is missing only if
    /// the bus rejects it.
    pub(super) fn publish_recovery(&self, delivery: Delivery<B>, context: Context<'_>) -> Flow<B> {
        let Some(block) = self.delivery_block() else { return self.publish_delivered(delivery) };
        let recovery = Recovery {
            blocked_since: block.since,
            blocked_seconds: self.trusted_now(context).since(block.since).as_secs(),
            caught_up_from: Some(delivery.part.window.from),
            backlog: Backlog::of(&self.cursor),
        };
        let notice = Notice::recovered(&self.connector.tenant, &delivery.part.connector, recovery);
        Flow::deliver(Delivering::PublishingRecovery(delivery), Effect::Publish(Box::new(notice)))
    }

    pub(super) fn publish_delivered(&self, delivery: Delivery<B>) -> Flow<B> {
        let notice = Notice::delivered(&self.connector.tenant, &delivery.part);
        Flow::deliver(Delivering::PublishingDelivered(delivery), Effect::Publish(Box::new(notice)))
    }

    /// Marks the part. If nothing else is left to do, the lease is released in the same write. That saves one
    /// write and leaves the same state as the two would.
    pub(super) fn mark(&mut self, delivery: Delivery<B>, context: Context<'_>) -> Flow<B> {
        let Delivery { part, bucket, .. } = delivery;
        self.progress.delivery.bucket = Some(bucket);
        let after = self.cursor_after(&part);
        let put = self.progress.delivery.published_keys.as_ref();
        let published_keys = put.filter(|put| self.cursor.published_keys.as_ref() != Some(*put)).cloned();
        let unblock = self.delivery_block().is_some();
        let mark = Box::new(Mark { part: *part, at: self.trusted_now(context), published_keys, unblock });
        if self.work(&after, Turn::Seal, context) == Work::Nothing {
            let (release, mut ending) = self.end(&after, true, None, context);
            if ending.error.is_none() {
                ending.summary.delivered += 1;
                let phase = Delivering::MarkingLast(Box::new(ending));
                return Flow::deliver(phase, Effect::MarkLast(mark, release));
            }
        }
        Flow::deliver(Delivering::Marking(Box::new(after)), Effect::Mark(mark))
    }

    /// The cursor once this part is marked.
    fn cursor_after(&self, part: &Part) -> Cursor {
        let mut after = self.cursor.clone();
        after.delivered = part.number;
        after.published_keys = self.progress.delivery.published_keys.clone().or(after.published_keys);
        after.block = after.block.filter(|block| block.stage == DeliveryStage::Read);
        after
    }

    pub(super) fn on_marked(&mut self, cursor: Cursor) -> Flow<B> {
        self.cursor = cursor;
        self.progress.made = true;
        self.progress.summary.delivered += 1;
        self.progress.turn = Turn::Seal;
        Flow::Next
    }
}
