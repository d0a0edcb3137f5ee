//! No loss: an event that is readable within settle time and look-back of its time, and not deleted before
//! its seal, is in exactly one part.

use std::time::Duration;

use archive::part::{Compression, Encoding, Format, PartKind};
use protocol::machine::Outcome;
use tests::fault_injection::{FaultPlan, InjectedFault};
use tests::fixtures::{TIMING, at};

use super::around_noon;
use super::world::World;

super::on_both_backends! {
    recorded_events_arrive_byte_for_byte
    a_crash_after_any_call_loses_nothing
    a_lost_answer_to_any_call_loses_nothing
    a_failure_of_any_call_loses_nothing
    late_events_within_the_look_back_are_in_a_later_part
    events_that_expire_after_their_seal_are_delivered_all_the_same
    a_backlog_is_worked_off_in_windows
    a_tenant_of_several_shards_is_one_stream
}

/// In every layout and compression.
async fn recorded_events_arrive_byte_for_byte(world: World) {
    for format in Format::ALL {
        for compression in Compression::ALL {
            let start = at("2023-07-10T11:40:00Z");
            let connector = world.activate(start, |c| c.encoding = Encoding { format, compression }).await;
            world.write_real(&connector, around_noon(300)).await;
            world.run_until(&connector, at("2023-07-10T13:05:00Z")).await;
            let verdict = world.verdict(&connector);
            verdict.assert_clean();
            assert_eq!((verdict.delivered, verdict.parts, verdict.heartbeats), (300, 2, 0));
        }
    }
}

/// A run with a fault: seven events around noon in parts of two, all to be sealed and delivered in one run,
/// followed by a quiet window.
async fn run_with_fault(
    world: &World,
    plan: &FaultPlan,
) -> (protocol::connector::Connector, Option<Outcome>) {
    let connector = world.activate(at("2023-07-10T11:58:00Z"), |_| {}).await;
    world.write_real(&connector, around_noon(7)).await;
    world.advance_to(at("2023-07-10T14:06:00Z")).await;
    let outcome = world.run_with(&connector, plan).await;
    (connector, outcome)
}

/// What must hold after any fault, once the schedule has continued.
async fn assert_recovers(world: &World, connector: &protocol::connector::Connector, context: &str) {
    world.run_until(connector, at("2023-07-10T15:06:00Z")).await;
    let verdict = world.verdict(connector);
    assert_eq!((verdict.delivered, verdict.missing.len()), (7, 0), "{context}");
    assert_eq!((verdict.duplicates.len(), verdict.foreign.len()), (0, 0), "{context}");
    // Eleven to twelve, twelve to one: two parts each at least. One to two and two to three: quiet.
    assert_eq!((verdict.parts, verdict.heartbeats), (6, 2), "{context}");
    let cursor = world.cursor(connector).await;
    assert_eq!(
        (cursor.delivered.next(), cursor.watermark),
        (cursor.next, at("2023-07-10T15:00:00Z")),
        "{context}"
    );
    let parts = world.backend().parts(connector).await;
    assert!(parts.iter().all(|part| part.delivered_at.is_some()), "{context}");
}

/// One run after the other, each with a fault at another call.
async fn assert_no_loss_with_a_fault_at_every_call(world: World, fault: InjectedFault) {
    let world = world.with_parts_of(2);
    for nth in (1..).step_by(world.stride) {
        let plan = FaultPlan::none().inject_at_call(nth, fault);
        let (connector, outcome) = run_with_fault(&world, &plan).await;
        let calls = plan.calls();
        if calls.len() < nth {
            assert!(nth > 40, "a run makes more than {nth} calls: {calls:?}");
            assert!(matches!(outcome, Some(Outcome::Completed(_))));
            return;
        }
        assert_recovers(&world, &connector, &format!("{fault:?} at call {nth}, {}", calls[nth - 1])).await;
    }
}

async fn a_crash_after_any_call_loses_nothing(world: World) {
    assert_no_loss_with_a_fault_at_every_call(world, InjectedFault::Crash).await;
}

async fn a_lost_answer_to_any_call_loses_nothing(world: World) {
    assert_no_loss_with_a_fault_at_every_call(world, InjectedFault::LoseResponse).await;
}

async fn a_failure_of_any_call_loses_nothing(world: World) {
    assert_no_loss_with_a_fault_at_every_call(world, InjectedFault::Fail).await;
}

/// At the last moment that the promise covers.
async fn late_events_within_the_look_back_are_in_a_later_part(world: World) {
    let connector = world.activate(at("2023-07-10T11:40:00Z"), |_| {}).await;
    let time = at("2023-07-10T12:10:00Z");
    let latest = time + TIMING.settle + TIMING.look_back;
    world.write(&connector, time, "in-time").await;
    world.write_visible(&connector, time, "at-the-last-moment", latest).await;
    world
        .write_visible(
            &connector,
            time + Duration::from_millis(1),
            "a-little-late",
            at("2023-07-10T13:05:01Z"),
        )
        .await;
    world.run_until(&connector, at("2023-07-10T15:06:00Z")).await;
    let verdict = world.verdict(&connector);
    verdict.assert_clean();
    assert_eq!(verdict.delivered, 3);
    let parts = world.backend().parts(&connector).await;
    let kinds: Vec<PartKind> = parts.iter().map(|part| part.kind).collect();
    assert_eq!(kinds, [PartKind::Heartbeat, PartKind::Regular, PartKind::Late, PartKind::Heartbeat]);
    assert_eq!((parts[2].events, parts[2].late), (2, 2));
}

/// The bucket is gone for a day, and by the time it is back the events have long expired.
async fn events_that_expire_after_their_seal_are_delivered_all_the_same(world: World) {
    let connector = world.activate(at("2023-07-10T11:40:00Z"), |_| {}).await;
    world.backend().delete_bucket(&connector);
    world.write_real(&connector, around_noon(20)).await;
    world.run_until(&connector, at("2023-07-10T13:06:00Z")).await;
    world.backend().expire(&connector.tenant, at("2023-07-11T00:00:00Z")).await;
    world.run_until(&connector, at("2023-07-11T12:00:00Z")).await;
    world.backend().create_bucket(&connector);
    world.run_until(&connector, at("2023-07-11T13:06:00Z")).await;
    let verdict = world.verdict(&connector);
    verdict.assert_clean();
    assert_eq!((verdict.delivered, verdict.heartbeats), (20, 24));
}

/// From a start in the past, in windows of one frequency.
async fn a_backlog_is_worked_off_in_windows(world: World) {
    let now = at("2023-07-10T11:40:00Z");
    let since = at("2023-07-08T05:00:00Z");
    let connector = world
        .activate(now, |c| {
            c.start_from = Some(since);
            c.frequency = 6.try_into().unwrap();
        })
        .await;
    for hour in 0..54 {
        world.write(&connector, since + Duration::from_secs(3600 * hour), &hour.to_string()).await;
    }
    world.run_until(&connector, at("2023-07-10T12:05:00Z")).await;
    let verdict = world.verdict(&connector);
    verdict.assert_clean();
    // Boundaries at 6, 12 and 18 o'clock and midnight: five to six, and nine windows of six hours.
    assert_eq!((verdict.delivered, verdict.parts, verdict.heartbeats), (54, 10, 0));
}

/// Equal times in different shards, parts cut in the middle of all of them.
async fn a_tenant_of_several_shards_is_one_stream(world: World) {
    let world = world.with_parts_of(5);
    let connector = world.activate(at("2023-07-10T11:40:00Z"), |c| c.shards = 3.try_into().unwrap()).await;
    for n in 0..60u32 {
        let time = at("2023-07-10T11:45:00Z") + Duration::from_secs(u64::from(n / 6));
        world.write(&connector, time, &"x".repeat(n as usize)).await;
    }
    world.run_until(&connector, at("2023-07-10T13:06:00Z")).await;
    let verdict = world.verdict(&connector);
    verdict.assert_clean();
    assert_eq!(verdict.delivered, 60);
    assert!(verdict.parts > 5, "{} parts", verdict.parts);
}
