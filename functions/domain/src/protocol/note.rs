//! What a run records once it has read: a seal goes on in its own room; where nothing was found to be sealed, a note
//! says how far was read. If reading was blocked, either of them lifts that, and the bus is told first.

use crate::cursor::{Reading, Reconcile, Slice};
use crate::fault::Stage;
use crate::notice::{Backlog, Notice, Recovery};
use crate::part::Window;
use crate::time::Time;

use super::run::{Phase, Run};
use super::words::{BuildRequest, Effect, ReadThrough, Reconciled, Seal, Span};

/// What a read leads to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Read {
    /// A part to be sealed.
    Sealed(Box<Seal>),
    /// A slice in which nothing was found.
    Noted(Box<Reconciled>),
}

impl Read {
    const fn lifts_the_block(&self) -> bool {
        match self {
            Self::Sealed(seal) => seal.unblock,
            Self::Noted(noted) => noted.unblock,
        }
    }
}

impl Run {
    /// Since when reading has been blocked, if it is. A span that was read to its end shows that it works again.
    pub(super) fn reading_was_blocked(&self) -> Option<Time> {
        let block = self.place.as_deref()?.cursor.block.as_ref()?;
        (block.stage == Stage::Read).then_some(block.since)
    }

    /// Tells the bus that reading works again, if this shows it, and records what was read. In this order: a crash
    /// between the two tells it twice, never not at all.
    /// It was read at `at`.
    pub(super) fn record(&mut self, read: Read, at: Time) -> Effect {
        let Some(place) = self.place.as_deref() else { return Effect::Snapshot };
        let Some(since) = self.reading_was_blocked().filter(|_| read.lifts_the_block()) else {
            return self.record_told(read);
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

    pub(super) fn record_told(&mut self, read: Read) -> Effect {
        match read {
            Read::Sealed(seal) => self.seal(seal),
            Read::Noted(noted) => {
                self.phase = Phase::NotingReconcile(noted.clone());
                Effect::Reconciled(noted)
            }
        }
    }

    /// Nothing was found in a slice, and it was read to its end.
    pub(super) fn note_slice(&mut self, slice: Slice, now: Time) -> Effect {
        let read_at = self.careful(now);
        let Some(place) = self.place.as_deref() else { return Effect::Snapshot };
        let before = place.cursor.reconcile.clone();
        let after = match slice {
            Slice::Span(window) => before.read_through(window.to),
            Slice::OutOfOrderKeys => before.read_out_of_order_keys(None, read_at),
        };
        self.note(before, after, self.reading_was_blocked().is_some(), now)
    }

    fn note(&mut self, before: Reconcile, after: Reconcile, unblock: bool, now: Time) -> Effect {
        let at = self.careful(now);
        self.record(Read::Noted(Box::new(Reconciled { before, after, unblock })), at)
    }

    pub(super) fn noted(&mut self, noted: Reconciled, now: Time) -> Effect {
        self.progressed = true;
        if let Some(place) = self.place.as_deref_mut() {
            place.cursor.reconcile = noted.after;
            if noted.unblock {
                place.cursor.block = None;
            }
        }
        self.next(now)
    }

    /// Time was up while only sealed events came: note how far it was read, and leave the rest to the next run. What
    /// lies behind is not known to be readable, so a block stays.
    pub(super) fn out_of_time(
        &mut self,
        order: &BuildRequest,
        slice: Option<Slice>,
        through: Time,
        now: Time,
    ) -> Effect {
        let Some(place) = self.place.as_deref() else { return Effect::Snapshot };
        match (&order.span, slice) {
            (Span::Window(Window { to, .. }), None) => {
                let reading = Reading { to: *to, through };
                self.phase = Phase::NotingReading(reading);
                Effect::ReadThrough(ReadThrough { next: order.number, watermark: order.watermark, reading })
            }
            (Span::Window(_), Some(_)) => {
                let before = place.cursor.reconcile.clone();
                let after = before.read_through(through);
                self.note(before, after, false, now)
            }
            (Span::OutOfOrderKeys { .. }, _) => self.release(None, now),
        }
    }

    pub(super) fn noted_reading(&mut self, reading: Reading, now: Time) -> Effect {
        self.progressed = true;
        if let Some(place) = self.place.as_deref_mut() {
            place.cursor.reading = Some(reading);
        }
        self.next(now)
    }
}
