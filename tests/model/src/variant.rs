//! Broken protocols (mutants). Each differs from the correct one in one place outside the domain: in an
//! effect, in an answer, or in how an effect is executed. They show that the checks find such bugs.

use archive::time::Time;
use protocol::cursor::{Cursor, ReadProgress};
use protocol::machine::{Effect, Exclude, Snapshot, Span};
use protocol::schedule::WindowSchedule;

use crate::setup::TIMING;
use crate::worker::Worker;

/// The protocol as it is, or broken in one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Variant {
    /// The protocol as it is.
    Correct,
    /// A window is read without the look-back.
    DoesNotLookBack,
    /// Sealed events are not dropped when they are read again.
    DropsNothing,
    /// The look-back begins one millisecond too late.
    LooksBackExclusively,
    /// Windows are read before they have settled.
    DoesNotSettle,
    /// The worker's clock is trusted, whatever the ledger's says.
    IgnoresTheDate,
    /// The end of a span is included, as with `BETWEEN`.
    IncludesTheEnd,
    /// The seal does not check whether the number is free.
    SealsAnyNumber,
    /// The seal does not check the watermark. The number implies it: see [`crate::setups::redundant_checks`].
    SealsAnyWatermark,
    /// The seal checks nothing, since the lease keeps others away.
    TrustsTheLease,
    /// The cursor moves first, and the part's record follows.
    MovesTheWatermarkFirst,
    /// A refused seal is sent again with the current numbers and the old content.
    SealsAgainWhatItHas,
    /// A seal whose answer was lost counts as failed: the part is sealed again, with the next number.
    TakesLostSealForFailed,
    /// A seal whose answer was lost counts as done, and the part is delivered without reading its record.
    TakesLostSealForDone,
    /// The body is built at the delivery, from what the table contains then.
    RebuildsTheBody,
    /// 409 counts as: the object exists.
    TakesConflictForExists,
    /// A write whose answer was lost counts as done.
    TakesLostWriteForDone,
    /// A part is marked before it is written.
    MarksFirst,
    /// A part's manifest is put before its bytes.
    PutsManifestFirst,
    /// A part's manifest is signed when it is delivered, and again at each retry.
    SignsAgain,
    /// The newest part is delivered first.
    DeliversNewestFirst,
    /// A read that ran out of time counts as empty.
    TakesCutForQuiet,
    /// A page that fails counts as the last one.
    TakesFailedPageForEnd,
    /// What is read for one window's end counts for any other.
    ReadsOnForAnyEnd,
    /// The progress record does not check whether someone has sealed since. What was read for a window's end
    /// stays read, whoever has sealed: see [`crate::setups::redundant_checks`].
    RecordsProgressUnconditionally,
    /// A slice of the reconcile is read without the key lists of sealed parts.
    ReconcilesWithoutLists,
    /// Out-of-order keys are read without the list of the sealed ones.
    ForgetsOutOfOrderKeys,
    /// An item of another tenant is accepted like any other.
    AcceptsForeignItems,
    /// A blocked connector never becomes due again.
    GivesUpWhenBlocked,
    /// The reconcile never runs.
    NeverReconciles,
    /// A warm worker keeps the bucket open that its previous run had opened.
    KeepsTheBucketOpen,
}

impl Variant {
    /// The effect that the broken protocol requests.
    #[must_use]
    pub fn alter_effect(self, worker: &Worker, cursor: &Cursor) -> Effect {
        let mut effect = worker.effect.clone();
        match (&mut effect, self) {
            (Effect::Build(_, request), _) => {
                let is_window = matches!(request.span, Span::Window(window) if window.to > request.watermark);
                match (&mut request.span, self) {
                    (Span::Window(span), Self::DoesNotLookBack) if is_window => span.from = request.watermark,
                    (Span::Window(span), Self::LooksBackExclusively) if is_window => {
                        span.from = span.from + std::time::Duration::from_millis(1);
                    }
                    (_, Self::DropsNothing) => {
                        request.exclude = Exclude { reaching: None, out_of_order_in: None }
                    }
                    (_, Self::ReconcilesWithoutLists) if !is_window => request.exclude.reaching = None,
                    (_, Self::ForgetsOutOfOrderKeys) => request.exclude.out_of_order_in = None,
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

    /// The worker's clock at the ledger's time `now`.
    #[must_use]
    pub fn clock(self, now: Time) -> Time {
        if self == Self::DoesNotSettle { now + TIMING.settle } else { now }
    }

    /// The snapshot that the worker gets.
    #[must_use]
    pub fn alter_snapshot(self, mut snapshot: Snapshot, schedule: Option<WindowSchedule>) -> Snapshot {
        let cursor = &mut snapshot.cursor;
        if let (Self::ReadsOnForAnyEnd, Some(schedule), Some(progress)) =
            (self, schedule, cursor.read_progress)
        {
            let to = schedule.window(cursor.watermark, cursor.cut).to;
            cursor.read_progress = Some(ReadProgress { to, ..progress });
        }
        if self == Self::NeverReconciles {
            cursor.reconcile.due = Time::LAST;
        }
        snapshot.server_time = snapshot.server_time.filter(|_| self != Self::IgnoresTheDate);
        snapshot
    }

    /// The conditions of the seal that are checked.
    #[must_use]
    pub const fn seal_conditions(self, free: bool, unchanged: bool) -> (bool, bool) {
        match self {
            Self::SealsAnyNumber => (true, unchanged),
            Self::SealsAnyWatermark => (free, true),
            Self::TrustsTheLease => (true, true),
            _ => (free, unchanged),
        }
    }
}
