//! What a consumer of the event bus may rely on, and what only the ledger's history has.

use std::collections::BTreeMap;

use protocol::connector::Connector;
use protocol::machine::Outcome;
use protocol::notice::{Fact, Notice};
use tests::fault_injection::{FaultPlan, InjectedFault, Outage};
use tests::fixtures::at;
use tests::functions::Fakes;

use super::around_noon;
use super::world::World;

/// A world on fakes, and a connector with events around noon whose first window is due.
async fn due() -> (Fakes, World, Connector) {
    let fakes = Fakes::new();
    let world = World::on(&fakes);
    let connector = world.activate(at("2023-07-10T11:40:00Z"), |_| {}).await;
    world.write_real(&connector, around_noon(4)).await;
    world.advance_to(at("2023-07-10T12:06:00Z")).await;
    (fakes, world, connector)
}

/// The notices that a consumer keeps if it drops duplicate IDs, by their IDs.
fn once(notices: Vec<Notice>) -> BTreeMap<String, Notice> {
    let mut kept = BTreeMap::new();
    for notice in notices {
        let first: &mut Notice = kept.entry(notice.id.clone()).or_insert_with(|| notice.clone());
        assert_eq!(*first, notice, "the second is the same as the first");
    }
    kept
}

/// A worker dies at any call, with the bucket there and with it gone.
#[tokio::test]
async fn each_delivery_block_and_recovery_is_published_whenever_a_worker_dies() {
    for gone in [false, true] {
        for nth in 1.. {
            let (fakes, world, connector) = due().await;
            if gone {
                world.backend().delete_bucket(&connector);
            }
            let plan = FaultPlan::none().inject_at_call(nth, InjectedFault::Crash);
            world.run_with(&connector, &plan).await;
            world.run_until(&connector, at("2023-07-10T12:50:00Z")).await;
            if gone {
                world.backend().create_bucket(&connector);
            }
            world.run_until(&connector, at("2023-07-10T15:06:00Z")).await;

            let published = once(fakes.bus.published());
            let parts = world.backend().parts(&connector).await;
            assert!(parts.len() >= 4 && parts.iter().all(|part| part.delivered_at.is_some()));
            for part in &parts {
                let notice = Notice::delivered(&connector.tenant, part);
                assert_eq!(published.get(&notice.id), Some(&notice), "dead at call {nth}");
            }
            let of = |is: fn(&Fact) -> bool| published.values().any(|notice| is(&notice.fact));
            assert_eq!(of(|fact| matches!(fact, Fact::Blocked { .. })), gone, "dead at call {nth}");
            assert_eq!(of(|fact| matches!(fact, Fact::Recovered { .. })), gone, "dead at call {nth}");
            if plan.calls().len() < nth {
                break;
            }
        }
    }
}

/// A bus that refuses a notice keeps no file from the customer: the notice is never published, and the
/// history has its contents.
#[tokio::test]
async fn what_a_bus_misses_in_an_outage_is_in_the_history_and_never_published() {
    for outage in [Outage::Throttled, Outage::Denied, Outage::EntriesFail, Outage::EntriesDenied] {
        let (fakes, world, connector) = due().await;
        fakes.bus.outage(outage, usize::MAX);
        let Outcome::Completed(summary) = world.run(&connector).await else { panic!("{outage:?}") };
        assert_eq!((summary.delivered, summary.unpublished_notices), (1, 1), "{outage:?}");
        fakes.bus.outage(outage, 0);
        world.run_until(&connector, at("2023-07-10T14:06:00Z")).await;
        world.verdict(&connector).assert_clean();

        let parts = world.backend().parts(&connector).await;
        assert!(parts.iter().all(|part| part.delivered_at.is_some()));
        let expected: Vec<Notice> =
            parts[1..].iter().map(|part| Notice::delivered(&connector.tenant, part)).collect();
        assert_eq!(fakes.bus.published(), expected, "{outage:?}: all but the first");
    }
}
