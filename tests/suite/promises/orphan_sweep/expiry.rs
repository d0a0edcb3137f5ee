//! A connector that was disabled: what is staged for it is kept for its 30 days, and then discarded.

use std::sync::Arc;
use std::time::Duration;

use archive::time::Time;
use exporter::{Exporter, export};
use ports::Clock as _;
use ports::Connectors as _;
use protocol::caller::Caller;
use protocol::connector::{Connector, State, Verb};
use tests::fakes::FakeProber;
use tests::fault_injection::{FaultPlan, Flaky, InjectedFault};
use tests::fixtures::{at, vendor};
use tests::functions::Fakes;

use super::{DAY, at_once, due};
use crate::promises::World;

/// An exporter that can change settings, like the deployed one.
fn deployed_exporter(fakes: &Fakes, world: &World) -> Exporter {
    let exporter = world.exporter(&FaultPlan::none());
    exporter.with_reverification(
        Arc::new(fakes.ledger.clone()),
        Arc::new(FakeProber::new()),
        Arc::new(fakes.bus.clone()),
        vendor(),
    )
}

/// Each run that falls due up to `end`, of the deployed exporter.
fn run_until(fakes: &Fakes, world: &World, connector: &Connector, end: Time) -> u32 {
    let exporter = deployed_exporter(fakes, world);
    for runs in 0..2000 {
        let due = fakes.ledger.cursor(&connector.id).next_run_at.max(world.clock.now());
        if due > end {
            at_once(world.advance_to(end));
            return runs;
        }
        at_once(world.advance_to(due));
        at_once(export(&exporter, &connector.id, due + Duration::from_secs(900)));
    }
    panic!("it runs forever");
}

/// Three hours of a connector whose customer's bucket is gone, and then it is disabled.
fn disabled_connector() -> (Fakes, World, Connector, Time) {
    let (fakes, world, connector) = due();
    world.backend().delete_bucket(&connector);
    run_until(&fakes, &world, &connector, at("2023-07-10T16:06:00Z"));
    assert!(!fakes.staging.keys().is_empty());
    let at = world.clock.now();
    let onboarding = deployed_exporter(&fakes, &world).onboarding.unwrap();
    at_once(onboarding.disable(&Caller::System, &connector.id, None)).unwrap();
    (fakes, world, connector, at)
}

#[test]
fn a_connector_taken_back_on_its_last_day_has_lost_nothing() {
    let (fakes, world, connector, disabled_at) = disabled_connector();
    let staged = fakes.staging.keys();
    assert!(
        run_until(&fakes, &world, &connector, disabled_at + DAY * 30) <= 1,
        "nothing runs in the meantime"
    );
    assert_eq!((fakes.staging.keys(), fakes.staging.orphans().len()), (staged, 0));
    world.backend().create_bucket(&connector);
    let onboarding = deployed_exporter(&fakes, &world).onboarding.unwrap();
    let (id, caller) = (&connector.id, &Caller::System);
    at_once(onboarding.enable(caller, id, None)).unwrap();
    fakes.ledger.change(id, |connector| connector.verified_at = Some(disabled_at));
    fakes.ledger.change(id, |connector| connector.resume().unwrap());
    at_once(world.run_until(&connector, disabled_at + DAY * 31));
    let verdict = world.verdict(&connector);
    verdict.assert_clean();
    assert_eq!(verdict.delivered, 10);
}

#[test]
fn after_thirty_days_the_record_says_that_it_has_expired_and_its_bytes_are_discarded() {
    let (fakes, world, connector, disabled_at) = disabled_connector();
    let id = &connector.id;
    let parts = fakes.ledger.parts(id);
    fakes.staging.corrupt("parts/another/000000000001/worker-1.data", "of another".into());
    run_until(&fakes, &world, &connector, disabled_at + DAY * 31);
    assert_eq!(fakes.ledger.connector(id).state, State::Disabled, "a day longer than it can be restored");
    assert_eq!(fakes.staging.orphans().len(), 0);

    let runs = run_until(&fakes, &world, &connector, disabled_at + DAY * 60);
    assert_eq!(fakes.ledger.connector(id).state, State::Deleted);
    let changes = at_once(fakes.ledger.changes(id, None, 1)).unwrap();
    assert_eq!((changes[0].what, &changes[0].by), (Verb::Delete, &Caller::System));
    assert_eq!(fakes.staging.keys(), ["parts/another/000000000001/worker-1.data"]);
    assert_eq!(fakes.ledger.parts(id), parts, "the records stay");
    assert!(runs <= 5, "and then it is idle: {runs} runs");
    assert_eq!(fakes.ledger.cursor(id).next_run_at, Time::LAST);
}

#[test]
fn bytes_that_could_not_be_marked_expirable_at_the_end_are_retried_the_day_after() {
    let (fakes, world, connector, disabled_at) = disabled_connector();
    let over = disabled_at + DAY * 31 + Duration::from_secs(1);
    run_until(&fakes, &world, &connector, over - Duration::from_secs(1));
    let mut exporter = deployed_exporter(&fakes, &world);
    let denied = FaultPlan::none().inject_always("mark_orphan", InjectedFault::Fail);
    exporter.ports.staging = Arc::new(Flaky::new(fakes.staging.clone(), &denied));
    at_once(world.advance_to(over));
    at_once(export(&exporter, &connector.id, over + Duration::from_secs(900)));
    assert_eq!(fakes.ledger.connector(&connector.id).state, State::Deleted);
    assert!(!fakes.staging.keys().is_empty());
    run_until(&fakes, &world, &connector, over + DAY * 5);
    assert!(fakes.staging.keys().is_empty());
}
