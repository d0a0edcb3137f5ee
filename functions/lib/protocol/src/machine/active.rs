//! The choice of the next step of an active run: deliver a part or seal one, in turns; otherwise the end.

use std::fmt::Debug;

use archive::part::PartNumber;
use archive::time::Time;

use super::messages::Effect;
use super::start::read_snapshot;
use super::state::{Active, Context, Flow, Next, Readable, State, Turn};
use crate::connector::State as ConnectorState;
use crate::cursor::Cursor;
use crate::delivery_error::{Block, DeliveryStage};

/// What a run does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    Deliver(PartNumber),
    Seal(Readable),
    /// All is done that can be done in this run.
    Nothing,
}

impl<B: Clone + Debug> Active<B> {
    /// Follows what an answer leads to, up to the next effect.
    pub(super) fn follow(mut self: Box<Self>, flow: Flow<B>, context: Context<'_>) -> Next<B> {
        let mut flow = flow;
        loop {
            flow = match flow {
                Flow::Do(phase, effect) => return Next::Do(State::Active(self, phase), effect),
                Flow::ReadAgain => return read_snapshot(Box::new(self.progress)),
                Flow::End(error) => {
                    let (release, ending) = self.end(&self.cursor, self.progress.made, error, context);
                    return Next::Do(State::Releasing(Box::new(ending)), Effect::Release(release));
                }
                Flow::Next => match self.work(&self.cursor, self.progress.turn, context) {
                    Work::Deliver(number) => self.deliver(number, context),
                    Work::Seal(what) => self.build(what, context),
                    Work::Nothing => Flow::End(None),
                },
            }
        }
    }

    /// Chooses what to do at this cursor.
    pub(super) fn work(&self, cursor: &Cursor, turn: Turn, context: Context<'_>) -> Work {
        let limits = context.settings.limits;
        let may_read = context.now < limits.stop_reading && self.progress.sealing.stopped.is_none();
        let readable = self.readable(cursor, context).filter(|_| may_read);
        let number = self.deliverable(cursor, context);
        match (number.filter(|_| readable.is_none() || turn == Turn::Deliver), readable) {
            (Some(number), _) if context.now < limits.stop_writing => Work::Deliver(number),
            (None, Some(readable)) => Work::Seal(readable),
            (Some(_) | None, _) => Work::Nothing,
        }
    }

    /// The part to be delivered next, unless delivery is paused, blocked or stopped.
    pub(super) fn deliverable(&self, cursor: &Cursor, context: Context<'_>) -> Option<PartNumber> {
        let now = self.trusted_now(context);
        let waits = cursor.block.as_ref().is_some_and(|block| now < block.next_attempt);
        let paused = self.connector.state != ConnectorState::Active;
        cursor.undelivered().filter(|_| !(paused || waits || self.progress.delivery.stopped))
    }

    /// The next window or slice to be sealed. Neither a blocked destination nor a pause stops sealing: what
    /// is sealed can no longer expire in the source.
    pub(super) fn readable(&self, cursor: &Cursor, context: Context<'_>) -> Option<Readable> {
        let now = self.trusted_now(context);
        let blocked = |block: &Block| block.stage == DeliveryStage::Read && now < block.next_attempt;
        if cursor.block.as_ref().is_some_and(blocked) {
            return None;
        }
        if self.schedule.due(cursor.watermark, cursor.cut, context.settings.timing.settle) <= now {
            return Some(Readable::Window(self.schedule.window(cursor.watermark, cursor.cut)));
        }
        cursor.reconcile.slice(cursor.reads_from(), cursor.watermark, now).map(Readable::Slice)
    }

    /// The earlier of the worker's time and the ledger's.
    pub(super) fn trusted_now(&self, context: Context<'_>) -> Time {
        context.now - self.progress.clock_skew
    }

    /// The block of reading, if reading is blocked.
    pub(super) fn read_block(&self) -> Option<&Block> {
        self.cursor.block.as_ref().filter(|block| block.stage == DeliveryStage::Read)
    }

    /// The block of the customer's side, if delivery is blocked.
    pub(super) fn delivery_block(&self) -> Option<&Block> {
        self.cursor.block.as_ref().filter(|block| block.stage != DeliveryStage::Read)
    }
}
