//! Liveness: if the destination accepts writes and workers run, everything sealed is delivered, without
//! anyone's help.

use std::time::Duration;

use ports::Clock as _;
use protocol::connector::State;
use protocol::delivery_error::DeliveryErrorKind;
use protocol::machine::{InternalErrorKind, Outcome};
use tests::fakes::{FakeClock, FakeLedger, ScriptedResponse};
use tests::fault_injection::{FaultPlan, InjectedFault};
use tests::fixtures::at;
use tests::functions::Fakes;

use super::around_noon;
use super::world::World;

super::on_both_backends! {
    a_bucket_gone_for_two_days_gets_everything_when_it_is_back
    a_dead_workers_lease_runs_out
    a_run_without_enough_time_is_continued
    a_pause_keeps_everything_for_later
}

async fn a_bucket_gone_for_two_days_gets_everything_when_it_is_back(world: World) {
    let connector = world.activate(at("2023-07-10T11:40:00Z"), |_| {}).await;
    world.write_real(&connector, around_noon(10)).await;
    world.run_until(&connector, at("2023-07-10T12:06:00Z")).await;
    world.backend().delete_bucket(&connector);
    world.run_until(&connector, at("2023-07-12T12:06:00Z")).await;
    let cursor = world.cursor(&connector).await;
    assert_eq!(cursor.watermark, at("2023-07-12T12:00:00Z"), "sealing has continued");
    let block = cursor.block.expect("blocked");
    assert_eq!(block.kind, DeliveryErrorKind::Gone);
    assert!(block.attempts > 40 && block.attempts < 150, "{} attempts in two days", block.attempts);
    world.backend().create_bucket(&connector);
    world.run_until(&connector, at("2023-07-12T13:10:00Z")).await;
    let cursor = world.cursor(&connector).await;
    assert_eq!((cursor.delivered.next(), cursor.block), (cursor.next, None));
    // The deleted bucket's earlier files are gone; the rest is there, in order and without a gap.
    let keys: Vec<String> = world.backend().objects(&connector).into_iter().map(|(key, _)| key).collect();
    let count = |folder: &str| keys.iter().filter(|key| key.contains(folder)).count() as u64;
    assert_eq!(count("/events/"), cursor.next.get() - 2);
    assert_eq!((count("/manifests/date="), count("/manifests/keys/")), (cursor.next.get() - 2, 1));
    assert_eq!(keys.len() as u64, 2 * (cursor.next.get() - 2) + 1);
    let facts = world.bus.distinct_kinds();
    let count = |kind| facts.iter().filter(|fact| **fact == kind).count();
    assert_eq!((count("ExportBlocked"), count("ExportRecovered")), (1, 1));
}

async fn a_dead_workers_lease_runs_out(world: World) {
    let connector = world.activate(at("2023-07-10T11:40:00Z"), |_| {}).await;
    world.write_real(&connector, around_noon(4)).await;
    world.advance_to(at("2023-07-10T12:05:00Z")).await;
    let plan = FaultPlan::none().inject("snapshot", 1, InjectedFault::Crash);
    assert!(world.run_with(&connector, &plan).await.is_none());
    world.advance_to(at("2023-07-10T12:20:59Z")).await;
    assert_eq!(world.run(&connector).await, Outcome::Busy);
    world.advance_to(at("2023-07-10T12:21:01Z")).await;
    assert!(matches!(world.run(&connector).await, Outcome::Completed(_)));
    assert_eq!(world.verdict(&connector).parts, 1);
}

/// Every call takes five seconds, so a run of 15 minutes seals and delivers only a few of the parts.
async fn a_run_without_enough_time_is_continued(world: World) {
    let world = world.with_parts_of(1);
    let connector = world.activate(at("2023-07-10T11:58:00Z"), |_| {}).await;
    world.write_real(&connector, around_noon(60)).await;
    world.advance_to(at("2023-07-10T13:05:00Z")).await;
    let mut runs = 0;
    while runs < 100 {
        let plan = FaultPlan::none().with_latency(&world.clock, Duration::from_secs(5));
        let before = world.clock.wall();
        let outcome = world.run_with(&connector, &plan).await.unwrap();
        let took = world.clock.wall().since(before);
        assert!(took < Duration::from_secs(900), "killed after {took:?}: {outcome:?}");
        runs += 1;
        let Outcome::Completed(summary) = outcome else { panic!("run {runs}: {outcome:?}") };
        if !summary.more {
            break;
        }
        assert!(world.cursor(&connector).await.next_run_at <= world.clock.wall(), "it is due again at once");
    }
    assert!((3..100).contains(&runs), "{runs} runs");
    world.run_until(&connector, at("2023-07-11T13:06:00Z")).await;
    world.verdict(&connector).assert_clean();
}

async fn a_pause_keeps_everything_for_later(world: World) {
    let mut connector = world.activate(at("2023-07-10T11:40:00Z"), |_| {}).await;
    connector.pause().unwrap();
    world.backend().save(&connector).await;
    world.write_real(&connector, around_noon(10)).await;
    world.run_until(&connector, at("2023-07-10T15:06:00Z")).await;
    assert!(world.backend().objects(&connector).is_empty());
    world.backend().expire(&connector.tenant, at("2023-07-11T00:00:00Z")).await;
    connector.resume().unwrap();
    assert_eq!(connector.state, State::Active);
    world.backend().save(&connector).await;
    world.run_until(&connector, at("2023-07-10T16:06:00Z")).await;
    world.verdict(&connector).assert_clean();
    assert_eq!(world.verdict(&connector).delivered, 10);
}

/// Each answer that may hide a success, more often than one run retries.
#[tokio::test]
async fn ambiguous_answers_are_retried_until_one_is_conclusive() {
    let scripts = [
        ScriptedResponse::Conflict,
        ScriptedResponse::ConflictButWritten,
        ScriptedResponse::Unavailable,
        ScriptedResponse::UnavailableButWritten,
        ScriptedResponse::Expired,
    ];
    for script in scripts {
        for times in [1, 4, 7, 30] {
            let fakes = Fakes::new();
            let world = World::on(&fakes);
            let connector = world.activate(at("2023-07-10T11:40:00Z"), |_| {}).await;
            world.write_real(&connector, around_noon(4)).await;
            for _ in 0..times {
                fakes.customers.respond_next(connector.destination.s3().unwrap().bucket.as_str(), script);
            }
            world.run_until(&connector, at("2023-07-10T16:06:00Z")).await;
            let verdict = world.verdict(&connector);
            verdict.assert_clean();
            assert_eq!((verdict.delivered, verdict.parts), (4, 5), "{script:?}, {times} times");
            let kinds = fakes.bus.distinct_kinds();
            let blocked = kinds.contains(&"ExportBlocked");
            assert_eq!(blocked, times > 4, "{script:?}, {times} times: {kinds:?}");
            assert_eq!(blocked, kinds.contains(&"ExportRecovered"));
        }
    }
}

/// Delivery depends neither on the bus nor on the marks.
#[tokio::test]
async fn a_bus_that_is_down_for_hours_stops_nothing() {
    let fakes = Fakes::new();
    let world = World::on(&fakes);
    let connector = world.activate(at("2023-07-10T11:40:00Z"), |_| {}).await;
    world.write_real(&connector, around_noon(4)).await;
    for hour in 12..15 {
        world.advance_to(at(&format!("2023-07-10T{hour}:05:00Z"))).await;
        let plan = FaultPlan::none().inject_always("publish", InjectedFault::Fail);
        let outcome = world.run_with(&connector, &plan).await.unwrap();
        let Outcome::Completed(summary) = outcome else { panic!("{outcome:?}") };
        assert_eq!((summary.delivered, summary.unpublished_notices), (1, 1));
    }
    world.verdict(&connector).assert_clean();
}

/// A worker whose clock is a day ahead decides nothing, and takes no lease that outlives the mistake.
#[tokio::test]
async fn a_worker_with_a_wrong_clock_stops_nobody_else() {
    for hours in [-24i64, 24] {
        let mut fakes = Fakes::new();
        let start = at("2023-07-10T11:30:00Z");
        let wall = FakeClock::at(start);
        fakes.ledger = FakeLedger::with_clock(&wall);
        let world = World::on(&fakes).with_clock(wall);
        let connector = world.activate(at("2023-07-10T11:40:00Z"), |_| {}).await;
        world.write_real(&connector, around_noon(4)).await;
        world.advance_to(at("2023-07-10T12:05:00Z")).await;
        let mut wrong = world.exporter(&FaultPlan::none());
        let clock = world.clock.skewed(hours * 3_600_000);
        let deadline = clock.now() + Duration::from_secs(900);
        wrong.ports.clock = std::sync::Arc::new(clock);
        let outcome = exporter::export(&wrong, &connector.id, deadline).await;
        let Outcome::Failed { error, .. } = outcome else { panic!("{outcome:?}") };
        assert_eq!(error.kind, InternalErrorKind::ClockSkew);
        assert_eq!(fakes.ledger.parts(&connector.id), []);
        world.run_until(&connector, at("2023-07-10T12:30:00Z")).await;
        assert_eq!(world.verdict(&connector).delivered, 2, "{hours} hours off");
    }
}

/// Bytes other than the sealed ones never reach the customer; once restored, they do.
#[tokio::test]
async fn corrupted_staged_bytes_are_never_delivered() {
    let fakes = Fakes::new();
    let world = World::on(&fakes);
    let connector = world.activate(at("2023-07-10T11:40:00Z"), |_| {}).await;
    world.write_real(&connector, around_noon(4)).await;
    world.advance_to(at("2023-07-10T12:05:00Z")).await;
    let plan = FaultPlan::none().inject("seal", 1, InjectedFault::Crash);
    assert!(world.run_with(&connector, &plan).await.is_none());
    let key = fakes.staging.keys().into_iter().find(|key| key.ends_with(".data")).unwrap();
    let sealed = fakes.staging.object(&key).unwrap();
    fakes.staging.corrupt(&key, sealed.slice(1..));
    world.run_until(&connector, at("2023-07-10T14:06:00Z")).await;
    assert_eq!(world.backend().objects(&connector), []);
    let block = world.cursor(&connector).await.block.unwrap();
    assert_eq!(block.kind, DeliveryErrorKind::Rejected);
    fakes.staging.corrupt(&key, sealed);
    world.run_until(&connector, at("2023-07-10T15:06:00Z")).await;
    world.verdict(&connector).assert_clean();
}
