//! Every point at which a worker can stop, through the real SDK on the embedded stand-ins: it dies there, or
//! it stalls there while another does all the work, and then continues. The fakes do the same with more
//! events and in more ways; here the adapters' conditions must hold.
//!
//! A worker that dies before a call leaves the same state as one that died after the previous call.

use std::time::Duration;

use protocol::connector::Connector;
use protocol::machine::Outcome;
use tests::fault_injection::{FaultPlan, InjectedFault};
use tests::fixtures::{at, worker};

use super::around_noon;
use super::world::World;

/// Two windows with two events each, both to be sealed and delivered in one run.
async fn due(world: &World) -> Connector {
    let connector = world.activate(at("2023-07-10T11:58:00Z"), |_| {}).await;
    world.write_real(&connector, around_noon(4)).await;
    world.advance_to(at("2023-07-10T13:06:00Z")).await;
    connector
}

/// Each event is there once, and no part waits.
async fn assert_complete(world: &World, connector: &Connector, point: &str) {
    world.run_until(connector, at("2023-07-10T14:06:00Z")).await;
    let verdict = world.verdict(connector);
    verdict.assert_clean();
    assert_eq!((verdict.delivered, verdict.parts, verdict.heartbeats), (4, 3, 1), "{point}");
    let cursor = world.cursor(connector).await;
    assert_eq!(cursor.delivered.next(), cursor.next, "{point}");
}

#[tokio::test]
async fn a_worker_may_die_at_every_point() {
    let world = super::on_stand_ins().await;
    for nth in 1.. {
        let plan = FaultPlan::none().inject_at_call(nth, InjectedFault::Crash);
        let connector = due(&world).await;
        let outcome = world.run_with(&connector, &plan).await;
        let calls = plan.calls();
        assert_complete(&world, &connector, &format!("died after call {nth}, {:?}", calls.last())).await;
        if outcome.is_some() {
            assert!(nth > 30, "a run makes more than {nth} calls: {calls:?}");
            return;
        }
    }
}

#[tokio::test]
async fn a_worker_may_stall_at_every_point_while_another_does_the_work() {
    let world = super::on_stand_ins().await;
    for nth in 1.. {
        let plan = FaultPlan::none().inject_at_call(nth, InjectedFault::Stall);
        let connector = due(&world).await;
        let stood = async {
            plan.stalled().await;
            take_lease(&world, &connector).await;
            let outcome = world.run(&connector).await;
            plan.resume();
            outcome
        };
        let mut first = Box::pin(world.run_with(&connector, &plan));
        let other = tokio::select! {
            outcome = &mut first => {
                assert!(matches!(outcome, Some(Outcome::Completed(_))), "{outcome:?}");
                assert!(nth > 30, "a run makes more than {nth} calls: {:?}", plan.calls());
                return;
            }
            other = stood => other,
        };
        let point = format!("stalled before call {nth}, {:?}", plan.calls().last());
        assert!(matches!(other, Outcome::Completed(_)), "{point}: {other:?}");
        assert!(first.await.is_some(), "{point}");
        assert_complete(&world, &connector, &point).await;
    }
}

/// Takes the lease from its holder, and lets it expire at once: safety must not depend on it.
async fn take_lease(world: &World, connector: &Connector) {
    let now = world.clock.wall();
    let until = now - Duration::from_secs(1);
    let runs = world.exporter(&FaultPlan::none()).ports.runs;
    runs.lease(&connector.id, &worker(), now + Duration::from_secs(1200), until).await.unwrap();
}
