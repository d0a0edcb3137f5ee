//! All promises at once, over random histories: events that come early, late and much too late, workers that
//! die and answers that are lost at any call, customers who revoke access and restore it, and run requests in
//! between.

use std::time::Duration;

use proptest::prelude::*;
use protocol::connector::Connector;
use tests::fault_injection::{FaultPlan, InjectedFault};
use tests::fixtures::{TIMING, at};
use tests::interleaving::SteppedWorker;

use super::world::World;

/// An event of a random history: milliseconds after the start, and how many seconds later it becomes visible.
#[derive(Debug, Clone)]
struct RandomEvent {
    ms: u64,
    lateness: u64,
}

fn random_event() -> impl Strategy<Value = RandomEvent> {
    // Whole minutes make many equal times. Some come within the look-back, some a day late.
    let ms = prop::sample::select(vec![0, 0, 0, 1, 499, 500, 999]);
    let lateness = prop_oneof![4 => Just(0), 3 => 0u64..3900, 2 => 3900u64..80_000];
    (0u64..600, ms, lateness)
        .prop_map(|(minute, ms, lateness)| RandomEvent { ms: minute * 60_000 + ms, lateness })
}

/// What happens in an hour.
#[derive(Debug, Clone)]
enum Hour {
    Healthy,
    Fault(usize, InjectedFault),
    AccessRevoked,
    AccessRestored,
    /// A run request this many milliseconds into the hour, and its run.
    RunNow(u64),
}

fn hour() -> impl Strategy<Value = Hour> {
    let fault =
        prop::sample::select(vec![InjectedFault::Crash, InjectedFault::Fail, InjectedFault::LoseResponse]);
    prop_oneof![
        4 => Just(Hour::Healthy),
        6 => (1usize..40, fault).prop_map(|(nth, fault)| Hour::Fault(nth, fault)),
        1 => Just(Hour::AccessRevoked),
        2 => Just(Hour::AccessRestored),
        2 => (0u64..1_800_000).prop_map(Hour::RunNow),
    ]
}

async fn run_history(world: &World, connector: &Connector, hours: &[Hour]) {
    for (n, hour) in (1u64..).zip(hours) {
        let now = at("2023-07-10T12:05:00Z") + Duration::from_secs(3600 * n);
        world.advance_to(now).await;
        match hour {
            Hour::Healthy => drop(world.run(connector).await),
            Hour::Fault(nth, fault) => {
                drop(world.run_with(connector, &FaultPlan::none().inject_at_call(*nth, *fault)).await);
            }
            Hour::AccessRevoked => {
                let mut other = connector.clone();
                other.external_id = archive::names::ExternalId::new(9, 9);
                world.backend().put_role(&other);
            }
            Hour::AccessRestored => world.backend().put_role(connector),
            Hour::RunNow(ms) => {
                let requested_at = now + Duration::from_millis(*ms);
                world.advance_to(requested_at).await;
                world.backend().request_run(connector, requested_at, requested_at).await;
                world.advance_to(requested_at + TIMING.settle).await;
                drop(world.run(connector).await);
            }
        }
    }
    world.backend().put_role(connector);
    // Long enough for two daily passes.
    world.run_until(connector, at("2023-07-13T12:06:00Z")).await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_every_event_arrives_once(
        events in prop::collection::vec(random_event(), 0..40),
        hours in prop::collection::vec(hour(), 0..16),
        limit in 1u64..6,
        shards in 1u8..4,
    ) {
        let world = super::on_fakes().with_parts_of(limit);
        let connector = SteppedWorker::new(async {
            let start = at("2023-07-10T11:40:00.250Z");
            let connector = world.activate(start, |c| c.shards = shards.try_into().unwrap()).await;
            for (n, event) in events.iter().enumerate() {
                let time = at("2023-07-10T11:41:00Z") + Duration::from_millis(event.ms);
                let visible_at = time + Duration::from_secs(event.lateness);
                world.write_visible(&connector, time, &n.to_string(), visible_at).await;
            }
            run_history(&world, &connector, &hours).await;
            connector
        })
        .finish();
        let verdict = world.verdict(&connector);
        prop_assert_eq!(verdict.delivered, events.len(), "{:?}", verdict);
        verdict.assert_clean();
    }
}
