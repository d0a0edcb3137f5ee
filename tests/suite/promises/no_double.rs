//! No double: an event is in at most one part, and a part is one object, whichever worker handles it and
//! when. The lease is off here, since safety must not depend on it.

use std::time::Duration;

use exporter::{Exporter, export};
use proptest::prelude::*;
use protocol::connector::Connector;
use protocol::machine::Outcome;
use tests::fakes::Entry;
use tests::fault_injection::{FaultPlan, Flaky};
use tests::fixtures::at;
use tests::functions::Fakes;
use tests::interleaving::{SteppedWorker, interleave};

use super::around_noon;
use super::world::World;

/// A world on fakes, and a connector with ten events around noon, due to be sealed in parts of three.
fn due() -> (Fakes, World, Connector) {
    let fakes = Fakes::new();
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

/// Runs a future that never waits.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    SteppedWorker::new(future).finish()
}

/// An exporter that pauses at each call and is granted every lease.
fn exporter(fakes: &Fakes, world: &World) -> Exporter {
    let plan = FaultPlan::yielding();
    let mut exporter = world.exporter(&plan);
    exporter.ports.runs = std::sync::Arc::new(Flaky::new(fakes.ledger.without_leases(), &plan));
    exporter
}

fn worker<'a>(exporter: &'a Exporter, world: &World, connector: &'a Connector) -> SteppedWorker<'a, Outcome> {
    let deadline = ports::Clock::now(&world.clock) + Duration::from_secs(900);
    SteppedWorker::new(export(exporter, &connector.id, deadline))
}

/// Each number was sealed once, each object written once, and the customer has everything once.
fn settle(fakes: &Fakes, world: &World, connector: &Connector) {
    at_once(world.run_until(connector, at("2023-07-10T14:06:00Z")));
    let verdict = world.verdict(connector);
    verdict.assert_clean();
    assert_eq!(verdict.delivered, 10);
    let mut sealed = fakes.ledger.history_of(&connector.id);
    sealed.retain(|entry| matches!(entry, Entry::Sealed(..)));
    assert_eq!(sealed.len(), fakes.ledger.parts(&connector.id).len());
    let mut written: Vec<String> = fakes
        .customers
        .attempts()
        .into_iter()
        .filter(|attempt| attempt.answer == Ok(protocol::machine::PutAnswer::Written))
        .map(|attempt| attempt.key)
        .collect();
    let all = written.len();
    written.sort();
    written.dedup();
    assert_eq!(written.len(), all, "an object was written twice");
    let cursor = fakes.ledger.cursor(&connector.id);
    assert_eq!(cursor.delivered.next(), cursor.next);
}

/// A worker that stalls before any of its calls, while another does all the work, and continues hours later.
#[test]
fn a_worker_that_wakes_up_hours_later_does_no_harm() {
    for steps in 1.. {
        let (fakes, world, connector) = due();
        let (first, second) = (exporter(&fakes, &world), exporter(&fakes, &world));
        let mut zombie = worker(&first, &world, &connector);
        zombie.advance(steps);
        if zombie.is_finished() {
            assert!(steps > 60, "a run has more than {steps} steps");
            return;
        }
        worker(&second, &world, &connector).finish();
        world.clock.advance(Duration::from_secs(7200));
        let third = exporter(&fakes, &world);
        worker(&third, &world, &connector).finish();
        zombie.finish();
        settle(&fakes, &world, &connector);
    }
}

/// The same, but it dies instead of continuing, and a second worker dies too.
#[test]
fn two_workers_that_die_one_after_the_other_do_no_harm() {
    for steps in (1..120).step_by(3) {
        for more in (1..120).step_by(7) {
            let (fakes, world, connector) = due();
            for steps in [steps, more] {
                let exporter = exporter(&fakes, &world);
                let mut dying = worker(&exporter, &world, &connector);
                dying.advance(steps);
            }
            settle(&fakes, &world, &connector);
        }
    }
}

/// In lockstep both build the same part each time, and one of the two is always refused.
#[test]
fn two_workers_in_lockstep_seal_every_part_once() {
    let (fakes, world, connector) = due();
    let (first, second) = (exporter(&fakes, &world), exporter(&fakes, &world));
    let (mut a, mut b) = (worker(&first, &world, &connector), worker(&second, &world, &connector));
    interleave(&mut a, &mut b, &[]);
    let lost = |outcome: Option<Outcome>| match outcome {
        Some(Outcome::Completed(summary)) => summary.lost_races,
        other => panic!("{other:?}"),
    };
    assert!(lost(a.outcome()) + lost(b.outcome()) > 0, "they met");
    settle(&fakes, &world, &connector);
}

/// Without a look-back nothing in an earlier part is read again, not even an unparsable key that sorts, by
/// its bytes, just after the cut.
#[test]
fn a_cut_beside_an_unreadable_key_exports_it_once() {
    for look_back in [0, 1, 3600] {
        let fakes = Fakes::new();
        let world = World::on(&fakes);
        let mut world = world.with_parts_of(2);
        world.timing.look_back = Duration::from_secs(look_back);
        at_once(async {
            let connector = world.activate(at("2023-07-10T11:40:00Z"), |_| {}).await;
            for second in 10..16 {
                world
                    .write(&connector, at(&format!("2023-07-10T11:50:{second}Z")), &second.to_string())
                    .await;
                world.store_unexpected(&connector, &format!("2023-07-10T11:50:{second}!")).await;
            }
            world.run_until(&connector, at("2023-07-10T14:06:00Z")).await;
            let verdict = world.verdict(&connector);
            assert_eq!((verdict.delivered, verdict.unreadable), (6, 6), "look-back {look_back} s");
            verdict.assert_clean();
        });
    }
}

/// A worker whose part another one has sealed takes a new snapshot; the customer has moved in the meantime.
#[test]
fn a_worker_that_reads_a_new_snapshot_uses_its_settings() {
    let (fakes, world, connector) = due();
    let (first, second) = (exporter(&fakes, &world), exporter(&fakes, &world));
    let mut slow = worker(&first, &world, &connector);
    while fakes.staging.keys().len() < 2 {
        assert!(slow.step(), "it stages a part");
    }
    let mut quick = worker(&second, &world, &connector);
    while fakes.ledger.parts(&connector.id).is_empty() {
        assert!(quick.step(), "it seals a part");
    }
    drop(quick);
    let mut moved = connector.clone();
    moved.destination.s3_mut().unwrap().bucket = "audit-log-of-acme-moved".parse().unwrap();
    fakes.customers.provision(&moved);
    fakes.ledger.change(&connector.id, |stored| *stored = moved.clone());
    let Outcome::Completed(summary) = slow.finish() else { panic!("a lost race is not a failure") };
    assert_eq!((summary.lost_races, summary.blocked), (1, None));
    assert!(summary.delivered > 0 && world.backend().objects(&connector).is_empty());
    settle(&fakes, &world, &moved);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Two workers in any order of their calls.
    #[test]
    fn two_workers_in_any_order_seal_every_part_once(
        schedule in prop::collection::vec(any::<bool>(), 0..300),
    ) {
        let (fakes, world, connector) = due();
        let (first, second) = (exporter(&fakes, &world), exporter(&fakes, &world));
        let (mut a, mut b) = (worker(&first, &world, &connector), worker(&second, &world, &connector));
        interleave(&mut a, &mut b, &schedule);
        settle(&fakes, &world, &connector);
    }
}
