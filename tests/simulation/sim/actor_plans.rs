//! What the actors will do, and when: the agenda of a simulation before it starts.

use std::time::Duration;

use archive::time::Time;

use super::agenda::{AgendaItem, Step};
use super::fault::Fault;
use super::plan::Length;
use super::world::World;

/// Puts on the agenda what the actors will do, and how they undo it later.
pub(crate) fn plan(world: &World) {
    let end = world.engine.now() + world.plan.fault_phase;
    for index in 0..world.ids.len() {
        // A step, and the one that undoes it.
        let steps: [(Fault, Step, Option<Step>); 10] = [
            (Fault::BucketDeleted, Step::DeleteBucket(index), Some(Step::RestoreBucket(index))),
            (Fault::BucketTakenOver, Step::LoseBucketToOtherAccount(index), Some(Step::RestoreBucket(index))),
            (Fault::RoleRemoved, Step::RemoveRole(index), Some(Step::RestoreRole(index))),
            (Fault::RoleChanged, Step::ChangeRole(index), Some(Step::RestoreRole(index))),
            (Fault::Paused, Step::Pause(index), Some(Step::Resume(index))),
            (Fault::Moved, Step::Move(index), None),
            (Fault::EncodingChanged, Step::ChangeEncoding(index), None),
            (Fault::RunRequested, Step::RequestRun(index), None),
            (Fault::TtlDelete, Step::Expire(index), None),
            (Fault::ForeignItem, Step::AddForeignItem(index), Some(Step::RemoveForeignItem)),
        ];
        for (fault, step, undo) in steps {
            let often = if world.plan.length == Length::Weeks { 4 } else { 2 };
            for _ in 0..often {
                if world.plan.has(fault) && world.engine.draw(|rng| rng.per_mille(500)) {
                    let (at, undone_at) = two_times(world, end);
                    world.engine.at(at, AgendaItem::Step(step));
                    if let Some(undo) = undo {
                        world.engine.at(undone_at, AgendaItem::Step(undo));
                    }
                }
            }
        }
        if world.plan.has(Fault::Rotated) {
            let (rotated, ended) = two_times(world, end);
            let (followed, _) = two_times(world, ended);
            world.engine.at(rotated, AgendaItem::Step(Step::Rotate(index)));
            world.engine.at(followed.max(rotated), AgendaItem::Step(Step::FollowRotation(index)));
            world.engine.at(ended, AgendaItem::Step(Step::EndRotation(index)));
        }
    }
    if world.plan.has(Fault::BusDown) {
        let (down, up) = two_times(world, end);
        world.engine.at(down, AgendaItem::Step(Step::BusDown));
        world.engine.at(up, AgendaItem::Step(Step::BusUp));
    }
    if world.plan.has(Fault::KeyReplaced) {
        let (first, second) = two_times(world, end);
        world.engine.at(first, AgendaItem::Step(Step::ReplaceKey));
        world.engine.at(second, AgendaItem::Step(Step::ReplaceKey));
    }
    if world.plan.has(Fault::KeyUnavailable) {
        let (away, back) = two_times(world, end);
        world.engine.at(away, AgendaItem::Step(Step::KeyUnavailable));
        world.engine.at(back, AgendaItem::Step(Step::KeyAvailable));
    }
}

/// Two times between now and the end, in order.
fn two_times(world: &World, end: Time) -> (Time, Time) {
    let now = world.engine.now();
    let ms = u64::try_from(end.since(now).as_millis()).expect("some days") + 1;
    let draw = || now + Duration::from_millis(world.engine.draw(|rng| rng.between(0, ms)));
    let (a, b) = (draw(), draw());
    (a.min(b), a.max(b))
}
