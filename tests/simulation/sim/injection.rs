//! Fault injection: the outcome of a call whose turn has come.

use std::time::Duration;

use super::call::{Call, CallKind, CallOutcome};
use super::fault::Fault;
use super::functions::draw_fault;
use super::world::World;

/// The possible jumps of a worker's clock in milliseconds: unnoticed, tolerated, or detected at the next
/// snapshot.
const JUMPS: [u64; 7] = [1_000, 2_500, 30_000, 59_000, 600_000, 3_600_000, 26 * 3_600_000];

/// Draws the outcome of the call; `None` if its worker is frozen instead.
pub(crate) fn draw_outcome(world: &World, call: Call) -> Option<CallOutcome> {
    if call.kind == CallKind::Bus && world.is_bus_down() {
        world.engine.count(Fault::BusDown, 1);
        return Some(CallOutcome::Fails(Fault::BusDown));
    }
    if call.kind == CallKind::Sign && world.is_key_unavailable() {
        world.engine.count(Fault::KeyUnavailable, 1);
        return Some(CallOutcome::Fails(Fault::KeyUnavailable));
    }
    if !world.injects_faults() {
        return Some(CallOutcome::Succeeds);
    }
    jump(world, call);
    if draw_fault(world, Fault::Frozen) {
        world.engine.count(Fault::Frozen, 1);
        let ms = world.engine.draw(|rng| rng.between(3_600_000, 3 * 3_600_000));
        let until = world.engine.now() + Duration::from_millis(ms);
        world.engine.log(format_args!("worker {} is frozen before {} until {until}", call.worker, call.name));
        world.engine.freeze(call.worker, until);
        world.engine.postpone(call, until);
        return None;
    }
    let fault = candidates(call).iter().copied().find(|fault| draw_fault(world, *fault));
    let Some(fault) = fault else { return Some(CallOutcome::Succeeds) };
    world.engine.count(fault, 1);
    Some(match fault {
        Fault::CrashBefore => CallOutcome::Crash { done: false },
        Fault::CrashAfter => CallOutcome::Crash { done: true },
        Fault::AnswerLost | Fault::OwnSecondTry | Fault::ConflictWritten => {
            CallOutcome::SucceedsButFails(fault)
        }
        _ => CallOutcome::Fails(fault),
    })
}

/// The faults that may hit a call.
fn candidates(call: Call) -> &'static [Fault] {
    use Fault::{
        AnswerLost, BodyBreaks, Conflict, ConflictWritten, CrashAfter, CrashBefore, Expired, OwnSecondTry,
        PageFails, QueueRefuses, RequestLost, SlowDown, Throttled,
    };
    match (call.kind, call.name) {
        (CallKind::Ledger, "seal") => {
            &[CrashBefore, CrashAfter, AnswerLost, RequestLost, OwnSecondTry, Throttled]
        }
        (CallKind::Ledger, _) => &[CrashBefore, CrashAfter, AnswerLost, RequestLost, Throttled],
        (CallKind::Page, _) => &[CrashBefore, PageFails, Throttled],
        (CallKind::Staging, _) => &[CrashBefore, CrashAfter, AnswerLost, RequestLost, SlowDown],
        (CallKind::StagedRead, _) => &[CrashBefore, RequestLost, SlowDown, BodyBreaks],
        (CallKind::Assume, _) => &[CrashBefore, RequestLost, SlowDown],
        (CallKind::Put, _) => &[
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
        (CallKind::Sign, _) => &[CrashBefore, CrashAfter, AnswerLost, RequestLost, Throttled],
        (CallKind::Bus, _) => &[CrashBefore, CrashAfter, AnswerLost, RequestLost],
        (CallKind::Queue, _) => &[CrashBefore, CrashAfter, AnswerLost, RequestLost, QueueRefuses],
        (CallKind::Sleep, _) => &[CrashBefore],
    }
}

/// Lets the worker's clock jump, which may happen at any call.
fn jump(world: &World, call: Call) {
    for (fault, sign) in [(Fault::ClockForward, 1), (Fault::ClockBack, -1)] {
        if draw_fault(world, fault) {
            world.engine.count(fault, 1);
            let ms = world.engine.draw(|rng| rng.one_of(&JUMPS));
            let ahead = sign * i64::try_from(ms).expect("a day or so");
            world.engine.log(format_args!("the clock of worker {} is {ahead} ms ahead", call.worker));
            world.engine.jump(call.worker, ahead);
        }
    }
}
