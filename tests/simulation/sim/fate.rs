//! What becomes of a call whose turn has come.

use std::time::Duration;

use super::call::{Call, Fate, Kind};
use super::fault::Fault;
use super::functions::draws;
use super::world::World;

/// By how much a worker's clock may jump, milliseconds: unnoticed, tolerated, found out at the next look.
const JUMPS: [u64; 7] = [1_000, 2_500, 30_000, 59_000, 600_000, 3_600_000, 26 * 3_600_000];

/// What becomes of the call; `None` if its worker is frozen instead.
pub(crate) fn fate(world: &World, call: Call) -> Option<Fate> {
    if call.kind == Kind::Bus && world.is_bus_down() {
        world.engine.count(Fault::BusDown, 1);
        return Some(Fate::Fails(Fault::BusDown));
    }
    if call.kind == Kind::Sign && world.is_key_away() {
        world.engine.count(Fault::KeyAway, 1);
        return Some(Fate::Fails(Fault::KeyAway));
    }
    if !world.is_troubled() {
        return Some(Fate::Well);
    }
    jump(world, call);
    if draws(world, Fault::Frozen) {
        world.engine.count(Fault::Frozen, 1);
        let ms = world.engine.draw(|chance| chance.between(3_600_000, 3 * 3_600_000));
        let until = world.engine.now() + Duration::from_millis(ms);
        world
            .engine
            .tell(format_args!("worker {} is frozen before {} until {until}", call.worker, call.name));
        world.engine.freeze(call.worker, until);
        world.engine.put_off(call, until);
        return None;
    }
    let fault = candidates(call).iter().copied().find(|fault| draws(world, *fault));
    let Some(fault) = fault else { return Some(Fate::Well) };
    world.engine.count(fault, 1);
    Some(match fault {
        Fault::CrashBefore => Fate::Crash { done: false },
        Fault::CrashAfter => Fate::Crash { done: true },
        Fault::AnswerLost | Fault::OwnSecondTry | Fault::ConflictWritten => Fate::DoneButFails(fault),
        _ => Fate::Fails(fault),
    })
}

/// What may happen to a call.
fn candidates(call: Call) -> &'static [Fault] {
    use Fault::{
        AnswerLost, BodyBreaks, Conflict, ConflictWritten, CrashAfter, CrashBefore, Expired, OwnSecondTry,
        PageFails, QueueRefuses, RequestLost, SlowDown, Throttled,
    };
    match (call.kind, call.name) {
        (Kind::Ledger, "seal") => {
            &[CrashBefore, CrashAfter, AnswerLost, RequestLost, OwnSecondTry, Throttled]
        }
        (Kind::Ledger, _) => &[CrashBefore, CrashAfter, AnswerLost, RequestLost, Throttled],
        (Kind::Page, _) => &[CrashBefore, PageFails, Throttled],
        (Kind::Staging, _) => &[CrashBefore, CrashAfter, AnswerLost, RequestLost, SlowDown],
        (Kind::StagedRead, _) => &[CrashBefore, RequestLost, SlowDown, BodyBreaks],
        (Kind::Assume, _) => &[CrashBefore, RequestLost, SlowDown],
        (Kind::Put, _) => &[
            CrashBefore,
            CrashAfter,
            AnswerLost,
            RequestLost,
            OwnSecondTry,
            SlowDown,
            Conflict,
            ConflictWritten,
            Expired,
        ],
        (Kind::Sign, _) => &[CrashBefore, CrashAfter, AnswerLost, RequestLost, Throttled],
        (Kind::Bus, _) => &[CrashBefore, CrashAfter, AnswerLost, RequestLost],
        (Kind::Queue, _) => &[CrashBefore, CrashAfter, AnswerLost, RequestLost, QueueRefuses],
        (Kind::Sleep, _) => &[CrashBefore],
    }
}

/// The worker's clock may jump at any call.
fn jump(world: &World, call: Call) {
    for (fault, sign) in [(Fault::ClockForward, 1), (Fault::ClockBack, -1)] {
        if draws(world, fault) {
            world.engine.count(fault, 1);
            let ms = world.engine.draw(|chance| chance.one_of(&JUMPS));
            let ahead = sign * i64::try_from(ms).expect("a day or so");
            world.engine.tell(format_args!("the clock of worker {} is {ahead} ms ahead", call.worker));
            world.engine.jump(call.worker, ahead);
        }
    }
}
