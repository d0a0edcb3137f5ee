//! The sweep never discards a staged object that is still needed, and it discards all others: what was staged
//! and not sealed, and everything of a connector that was disabled and not restored within its 30 days.
//!
//! The fake removes discarded objects at once, where the real bucket takes weeks, so a miss shows here.

mod expiry;

use std::sync::Arc;
use std::time::Duration;

use archive::part::{Content, PartNumber};
use archive::staging_keys::{StagedObject, staged_key};
use exporter::{Exporter, export};
use ports::Clock as _;
use proptest::prelude::*;
use protocol::connector::Connector;
use protocol::machine::Outcome;
use tests::fault_injection::{FaultPlan, Flaky, InjectedFault};
use tests::fixtures::at;
use tests::functions::Fakes;
use tests::interleaving::{SteppedWorker, interleave};

use super::around_noon;
use super::world::World;

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// Runs a future that never waits.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    SteppedWorker::new(future).finish()
}

/// A world on fakes whose bucket lists a few keys a page, and a connector with ten events around noon, due to
/// be sealed in parts of three.
fn due() -> (Fakes, World, Connector) {
    let mut fakes = Fakes::new();
    fakes.staging = fakes.staging.with_page_size(7);
    let world = World::on(&fakes);
    let world = world.with_parts_of(3);
    let connector = at_once(async {
        let connector = world.activate(at("2023-07-10T11:40:00Z"), |_| {}).await;
        world.write_real(&connector, around_noon(10)).await;
        world.advance_to(at("2023-07-10T13:05:00Z")).await;
        connector
    });
    (fakes, world, connector)
}

/// An exporter that pauses at each call and is granted every lease.
fn exporter(fakes: &Fakes, world: &World) -> Exporter {
    let plan = FaultPlan::yielding();
    let mut exporter = world.exporter(&plan);
    exporter.ports.runs = Arc::new(Flaky::new(fakes.ledger.without_leases(), &plan));
    exporter
}

fn worker<'a>(exporter: &'a Exporter, world: &World, connector: &'a Connector) -> SteppedWorker<'a, Outcome> {
    SteppedWorker::new(export(exporter, &connector.id, world.clock.now() + Duration::from_secs(900)))
}

/// All staged keys in the ledger's records.
fn referenced_keys(fakes: &Fakes, connector: &Connector) -> Vec<String> {
    let contents = fakes.ledger.parts(&connector.id).into_iter().map(|part| part.content);
    let keys = contents.flat_map(|content| match content {
        Content::Staged { data, keys } => vec![data, keys],
        Content::Inline(_) => Vec::new(),
    });
    let mut keys: Vec<String> = keys.collect();
    keys.sort();
    keys
}

/// Five days later everything has arrived once, and the bucket contains exactly the keys of the ledger's
/// records. Returns how many objects were discarded.
fn settle(fakes: &Fakes, world: &World, connector: &Connector) -> usize {
    at_once(world.run_until(connector, at("2023-07-15T14:06:00Z")));
    let verdict = world.verdict(connector);
    verdict.assert_clean();
    assert_eq!(verdict.delivered, 10);
    assert_eq!(fakes.staging.keys(), referenced_keys(fakes, connector));
    let cursor = fakes.ledger.cursor(&connector.id);
    assert!(cursor.orphans_swept_to > PartNumber::new(50), "{:?}", cursor.orphans_swept_to);
    assert_eq!(cursor.delivered.next(), cursor.next);
    fakes.staging.orphans().len()
}

#[test]
fn orphans_are_discarded_wherever_the_worker_died() {
    let mut discarded = 0;
    for nth in 1.. {
        let (fakes, world, connector) = due();
        let plan = FaultPlan::none().inject_at_call(nth, InjectedFault::Crash);
        if at_once(world.run_with(&connector, &plan)).is_some() {
            assert!(nth > 30, "a run has more than {nth} calls");
            break;
        }
        discarded += settle(&fakes, &world, &connector);
    }
    assert!(discarded > 4, "{discarded} orphans");
}

#[test]
fn a_seal_whose_answer_was_lost_keeps_its_bytes() {
    for fault in [InjectedFault::LoseResponse, InjectedFault::Crash] {
        let (fakes, world, connector) = due();
        at_once(world.run_with(&connector, &FaultPlan::none().inject("seal", 1, fault)));
        let sealed = referenced_keys(&fakes, &connector);
        assert!(!sealed.is_empty());
        assert_eq!(settle(&fakes, &world, &connector), 0);
        assert!(sealed.iter().all(|key| fakes.staging.keys().contains(key)));
    }
}

/// A worker that stalls before any of its calls while another does all the work, and continues after an hour
/// or after days, when its staged bytes were already swept.
#[test]
fn a_slow_worker_never_needs_anything_that_was_swept() {
    let mut discarded = 0;
    for wakes_at in ["2023-07-10T14:05:00Z", "2023-07-14T14:05:00Z"] {
        for steps in 1.. {
            let (fakes, world, connector) = due();
            let (first, second) = (exporter(&fakes, &world), exporter(&fakes, &world));
            let mut slow = worker(&first, &world, &connector);
            slow.advance(steps);
            if slow.is_finished() {
                break;
            }
            worker(&second, &world, &connector).finish();
            at_once(world.run_until(&connector, at(wakes_at)));
            slow.finish();
            at_once(world.run_until(&connector, at("2023-07-15T14:06:00Z")));
            world.verdict(&connector).assert_clean();
            let kept = fakes.staging.keys();
            assert!(
                referenced_keys(&fakes, &connector).iter().all(|key| kept.contains(key)),
                "{steps}: {wakes_at}"
            );
            discarded += fakes.staging.orphans().len();
        }
    }
    assert!(discarded > 20, "{discarded}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    /// Two workers in any order of their calls, and a third that dies at any call; then the sweeps.
    #[test]
    fn two_workers_in_any_order_and_one_that_dies_leave_no_orphans(
        schedule in prop::collection::vec(any::<bool>(), 0..200), dies_at in 1_usize..60,
    ) {
        let (fakes, world, connector) = due();
        let (first, second) = (exporter(&fakes, &world), exporter(&fakes, &world));
        let (mut a, mut b) = (worker(&first, &world, &connector), worker(&second, &world, &connector));
        interleave(&mut a, &mut b, &schedule);
        at_once(world.advance_to(at("2023-07-10T14:05:00Z")));
        at_once(world.run_with(&connector, &FaultPlan::none().inject_at_call(dies_at, InjectedFault::Crash)));
        settle(&fakes, &world, &connector);
    }
}

#[test]
fn undecided_and_foreign_objects_are_kept() {
    let (fakes, world, connector) = due();
    let other = archive::names::ConnectorId::new(7);
    let to_come = PartNumber::new(10_000);
    let foreign = [
        staged_key(&connector.id, to_come, "worker-1", StagedObject::Data),
        staged_key(&other, PartNumber::FIRST, "worker-1", StagedObject::Data),
        format!("parts/{}/000000000001/worker-1.note", connector.id),
        format!("parts/{}/notes", connector.id),
    ];
    let orphan = staged_key(&connector.id, PartNumber::FIRST, "worker-1", StagedObject::Keys);
    for key in foreign.iter().chain([&orphan]) {
        fakes.staging.corrupt(key, "planted".into());
    }
    at_once(world.run_until(&connector, at("2023-07-15T14:06:00Z")));
    let kept = fakes.staging.keys();
    assert!(foreign.iter().all(|key| kept.contains(key)), "{kept:?}");
    assert_eq!(fakes.staging.orphans().into_iter().collect::<Vec<_>>(), [orphan]);
}

#[test]
fn a_sweep_is_bounded_and_continues_where_a_failed_one_stopped() {
    let (fakes, world, connector) = due();
    let orphans: Vec<String> = (1..=30)
        .map(|n| {
            staged_key(&connector.id, PartNumber::new(1 + n % 2), &format!("worker-{n}"), StagedObject::Data)
        })
        .collect();
    for key in &orphans {
        fakes.staging.corrupt(key, "planted".into());
    }
    let denied = FaultPlan::none().inject_always("mark_orphan", InjectedFault::Fail);
    for hours in 0..60 {
        at_once(world.advance_to(at("2023-07-10T13:05:00Z") + HOUR * hours));
        let before = denied.count("list_staged");
        let outcome = at_once(world.run_with(&connector, &denied)).unwrap();
        assert!(matches!(outcome, Outcome::Completed(_)), "a sweep fails no run: {outcome:?}");
        assert!(denied.count("list_staged") <= before + 1, "one failure ends it");
    }
    assert!(denied.count("mark_orphan") > 0 && fakes.staging.orphans().is_empty());
    assert_eq!(fakes.ledger.cursor(&connector.id).orphans_swept_to, PartNumber::NONE);
    at_once(world.run_until(&connector, at("2023-07-18T14:06:00Z")));
    assert!(orphans.iter().all(|key| fakes.staging.orphans().contains(key)));
    assert_eq!(fakes.staging.keys(), referenced_keys(&fakes, &connector));
}
