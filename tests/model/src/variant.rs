//! Broken protocols. Each differs from the right one in one place, outside the domain: an effect, an answer or the
//! way in which an effect is carried out. They show that the checks have teeth.

use domain::cursor::{Cursor, ReadProgress};
use domain::protocol::{Effect, Exclude, Snapshot, Span};
use domain::schedule::WindowSchedule;
use domain::time::Time;

use crate::setup::TIMING;
use crate::worker::Worker;

/// The protocol as it is, or broken in one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Variant {
    /// As it is.
    Correct,
    /// A window is read without looking back.
    DoesNotLookBack,
    /// What is sealed is not dropped from what is read again.
    DropsNothing,
    /// The look-back begins one millisecond too late.
    LooksBackExclusively,
    /// Windows are read before they have settled.
    DoesNotSettle,
    /// The worker's clock is believed, whatever the ledger's says.
    IgnoresTheDate,
    /// The end of a span is read with it, as `BETWEEN` does.
    IncludesTheEnd,
    /// The seal does not ask whether the number is free.
    SealsAnyNumber,
    /// The seal does not ask where the watermark stands. The number tells that too: see [`crate::setups::belts`].
    SealsAnyWatermark,
    /// The seal asks nothing, since the lease keeps others away.
    TrustsTheLease,
    /// The cursor moves first, the part's record follows.
    MovesTheWatermarkFirst,
    /// A seal that was refused is sent again with the numbers of now, and what was read before.
    SealsAgainWhatItHas,
    /// A seal whose answer was lost has failed: the part is sealed again, under the next number.
    TakesLostSealForFailed,
    /// A seal whose answer was lost is done, and the part is delivered without a look at its record.
    TakesLostSealForDone,
    /// The body is built at the delivery, from what the table holds then.
    RebuildsTheBody,
    /// 409 means that the object is there.
    TakesConflictForExists,
    /// A write whose answer was lost is done.
    TakesLostWriteForDone,
    /// A part is marked before it is written.
    MarksFirst,
    /// A part's note is put before its bytes.
    PutsManifestFirst,
    /// A part's note is signed when it is delivered, and at each retry anew.
    SignsAgain,
    /// The newest part is delivered first.
    DeliversNewestFirst,
    /// A read that ran out of time found nothing.
    TakesCutForQuiet,
    /// A page that fails is the last one.
    TakesFailedPageForEnd,
    /// What is read for one window's end counts for any other.
    ReadsOnForAnyEnd,
    /// The note of how far is read does not ask whether someone has sealed since. What was read for a window's end
    /// stays read, whoever has sealed: see [`crate::setups::belts`].
    RecordsProgressUnconditionally,
    /// A slice of the reconcile is read without the lists of what is sealed.
    ReconcilesWithoutLists,
    /// The strays are read without the list of those that are sealed.
    ForgetsOutOfOrderKeys,
    /// An item of another tenant is taken like any other.
    AcceptsForeignItems,
    /// A connector that is blocked is not made due again.
    GivesUpWhenBlocked,
    /// The reconcile never runs.
    NeverReconciles,
    /// A warm worker keeps the bucket that the run before it had opened.
    KeepsTheBucketOpen,
}

impl Variant {
    /// The effect as the broken protocol asks for it.
    #[must_use]
    pub fn alter_effect(self, worker: &Worker, cursor: &Cursor) -> Effect {
        let mut effect = worker.effect.clone();
        match (&mut effect, self) {
            (Effect::Build(order), _) => {
                let is_window = matches!(order.span, Span::Window(window) if window.to > order.watermark);
                match (&mut order.span, self) {
                    (Span::Window(span), Self::DoesNotLookBack) if is_window => span.from = order.watermark,
                    (Span::Window(span), Self::LooksBackExclusively) if is_window => {
                        span.from = span.from + std::time::Duration::from_millis(1);
                    }
                    (_, Self::DropsNothing) => {
                        order.exclude = Exclude { reaching: None, out_of_order_in: None }
                    }
                    (_, Self::ReconcilesWithoutLists) if !is_window => order.exclude.reaching = None,
                    (_, Self::ForgetsOutOfOrderKeys) => order.exclude.out_of_order_in = None,
                    _ => {}
                }
            }
            (Effect::Load(number), Self::DeliversNewestFirst) => *number = cursor.next.previous(),
            (Effect::Release(release), Self::GivesUpWhenBlocked) if cursor.block.is_some() => {
                release.next_run_at = Time::LAST;
            }
            _ => {}
        }
        effect
    }

    /// The worker's clock.
    #[must_use]
    pub fn clock(self, now: Time) -> Time {
        if self == Self::DoesNotSettle { now + TIMING.settle } else { now }
    }

    /// What the worker is shown of the cursor.
    #[must_use]
    pub fn alter_snapshot(self, mut snapshot: Snapshot, grid: Option<WindowSchedule>) -> Snapshot {
        let cursor = &mut snapshot.cursor;
        if let (Self::ReadsOnForAnyEnd, Some(grid), Some(reading)) = (self, grid, cursor.read_progress) {
            let to = grid.window(cursor.watermark, cursor.cut).to;
            cursor.read_progress = Some(ReadProgress { to, ..reading });
        }
        if self == Self::NeverReconciles {
            cursor.reconcile.due = Time::LAST;
        }
        snapshot.server_time = snapshot.server_time.filter(|_| self != Self::IgnoresTheDate);
        snapshot
    }

    /// The conditions of the seal.
    #[must_use]
    pub const fn seal_conditions(self, free: bool, stands: bool) -> (bool, bool) {
        match self {
            Self::SealsAnyNumber => (true, stands),
            Self::SealsAnyWatermark => (free, true),
            Self::TrustsTheLease => (true, true),
            _ => (free, stands),
        }
    }
}
