//! Coverage goals: what must be reached somewhere, so that a clean exploration means something. A world in
//! which no race is ever lost says nothing about races.

use archive::part::PartKind;
use protocol::machine::Effect;

use crate::machine::{Machine, State};

/// A situation that occurs in some states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CoverageGoal {
    /// A worker has lost a race for a number.
    RaceLost,
    /// A worker has learned that its object was in the bucket already.
    ObjectExists,
    /// A part contains late events.
    LatePart,
    /// A part is a heartbeat.
    Heartbeat,
    /// The customer's side has failed.
    Blocked,
    /// A window takes several parts or runs.
    ReadInPieces,
    /// A reconcile pass is complete.
    Reconciled,
    /// A part contains out-of-order keys.
    OutOfOrderKeys,
    /// Both workers are about to seal.
    BothSeal,
    /// Both workers are about to write.
    BothWrite,
    /// A request is in flight whose sender has continued or crashed.
    InFlight,
}

impl CoverageGoal {
    /// Every goal that an exploration can reach.
    pub const ALL: [Self; 11] = [
        Self::RaceLost,
        Self::ObjectExists,
        Self::LatePart,
        Self::Heartbeat,
        Self::Blocked,
        Self::ReadInPieces,
        Self::Reconciled,
        Self::OutOfOrderKeys,
        Self::BothSeal,
        Self::BothWrite,
        Self::InFlight,
    ];

    /// Its name in the report.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RaceLost => "a race is lost",
            Self::ObjectExists => "an object exists already",
            Self::LatePart => "a part contains late events",
            Self::Heartbeat => "a heartbeat",
            Self::Blocked => "a connector is blocked",
            Self::ReadInPieces => "a window is read in pieces",
            Self::Reconciled => "a reconcile is complete",
            Self::OutOfOrderKeys => "a part contains out-of-order keys",
            Self::BothSeal => "two workers seal at once",
            Self::BothWrite => "two workers write at once",
            Self::InFlight => "a request arrives late",
        }
    }
}

/// The condition for the checker.
#[must_use]
pub fn coverage_check(goal: CoverageGoal) -> fn(&Machine, &State) -> bool {
    match goal {
        CoverageGoal::RaceLost => |_, s| s.workers.iter().flatten().any(|w| w.run.summary().lost_races > 0),
        CoverageGoal::ObjectExists => |_, s| s.workers.iter().flatten().any(|w| w.run.summary().existed > 0),
        CoverageGoal::LatePart => {
            |_, s| s.world.accounts.iter().any(|a| a.parts.iter().any(|part| part.late > 0))
        }
        CoverageGoal::Heartbeat => |_, s| {
            s.world.accounts.iter().any(|a| a.parts.iter().any(|part| part.kind == PartKind::Heartbeat))
        },
        CoverageGoal::Blocked => |_, s| s.world.accounts.iter().any(|a| a.cursor.block.is_some()),
        CoverageGoal::ReadInPieces => {
            |_, s| s.world.accounts.iter().any(|a| a.cursor.read_progress.is_some())
        }
        CoverageGoal::Reconciled => |_, s| s.world.accounts.iter().any(|a| a.cursor.reconcile.passes > 0),
        CoverageGoal::OutOfOrderKeys => {
            |_, s| s.world.accounts.iter().any(|a| a.cursor.reconcile.out_of_order_in.is_some())
        }
        CoverageGoal::BothSeal => |_, s| both(s, |effect| matches!(effect, Effect::Seal(_))),
        CoverageGoal::BothWrite => |_, s| both(s, |effect| matches!(effect, Effect::Put(_))),
        CoverageGoal::InFlight => |_, s| s.world.in_flight.is_some(),
    }
}

fn both(state: &State, wait_for: fn(&Effect) -> bool) -> bool {
    state.workers.iter().flatten().filter(|worker| wait_for(&worker.effect)).count() == 2
}
