//! "Run now" while another run is in progress: the lease turns the new one away, and it starts with the first
//! tick after the other's end all the same.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use exporter::export;
use futures_util::future::BoxFuture;
use ports::Clock as _;
use ports::Connectors as _;
use ports::DueConnectors as _;
use ports::{Claim, ClaimAnswer, PageReader};
use protocol::connector::Connector;
use protocol::machine::Outcome;
use tests::delegate_port;
use tests::fakes::FakeSource;
use tests::fault_injection::FaultPlan;
use tests::fixtures::at;

use crate::promises::{Fakes, World};

/// A future to run once, in the middle of a run.
type Hook = Arc<Mutex<Option<BoxFuture<'static, ()>>>>;

/// A table that runs the hook before its next page.
struct HookedSource(FakeSource, Hook);

struct HookedPages(Box<dyn PageReader>, Hook);

delegate_port!(Source, HookedSource, |it| it.0, |_name, call| match method {
    open => Ok(Box::new(HookedPages(call.await?, Arc::clone(&it.1)))),
    _ => call.await,
});

delegate_port!(PageReader, HookedPages, |it| it.0, |_name, call| match method {
    _ => {
        let hook = it.1.lock().unwrap().take();
        if let Some(hook) = hook {
            hook.await;
        }
        call.await
    }
});

/// A dispatcher's tick. Returns whether it found the connector due and sent it.
async fn tick(fakes: &Fakes, world: &World, connector: &Connector) -> bool {
    let (now, seen) = (world.clock.now(), fakes.ledger.cursor(&connector.id).next_run_at);
    let claim = Claim { id: connector.id.clone(), next_run_at: seen };
    seen <= now
        && fakes.ledger.claim(&claim, now + dispatcher::CLAIM_DURATION).await.unwrap() == ClaimAnswer::Claimed
}

#[tokio::test]
async fn a_run_requested_during_another_starts_with_the_first_tick_after_it() {
    let fakes = Fakes::new();
    let world = World::on(&fakes);
    let connector = world.activate(at("2023-07-10T11:40:00Z"), |_| {}).await;
    world.write(&connector, at("2023-07-10T11:50:00Z"), "in the window").await;
    world.write(&connector, at("2023-07-10T12:01:00Z"), "requested").await;
    world.advance_to(at("2023-07-10T12:05:00Z")).await;
    assert!(tick(&fakes, &world, &connector).await);

    let mut exporter = world.exporter(&FaultPlan::none());
    let (requested_at, cut) = (at("2023-07-10T12:08:00Z"), at("2023-07-10T12:03:00Z"));
    let request_and_tick = {
        let (fakes, clock, exporter, id) =
            (fakes.clone(), world.clock.clone(), exporter.clone(), connector.id.clone());
        async move {
            clock.set(requested_at);
            fakes.ledger.request_run(&id, requested_at, cut, None, &[]).await.unwrap();
            clock.set(at("2023-07-10T12:10:00Z"));
            let claim = Claim { id: id.clone(), next_run_at: requested_at };
            assert_eq!(
                fakes.ledger.claim(&claim, clock.now() + dispatcher::CLAIM_DURATION).await.unwrap(),
                ClaimAnswer::Claimed
            );
            let sent = export(&exporter, &id, clock.now() + Duration::from_mins(15)).await;
            assert!(matches!(sent, Outcome::Busy), "{sent:?}");
        }
    };
    let source = HookedSource(fakes.source.clone(), Arc::new(Mutex::new(Some(Box::pin(request_and_tick)))));
    exporter.ports.source = Arc::new(source);
    let first = export(&exporter, &connector.id, world.clock.now() + Duration::from_mins(15)).await;
    let Outcome::Completed(first) = first else { panic!("{first:?}") };
    assert_eq!((first.sealed, first.events), (1, 1));

    world.advance_to(at("2023-07-10T12:15:00Z")).await;
    assert!(tick(&fakes, &world, &connector).await, "not only when the claim has run out");
    let Outcome::Completed(second) = world.run(&connector).await else { panic!("it failed") };
    assert_eq!((second.sealed, second.events), (1, 1));
    assert_eq!(world.cursor(&connector).await.watermark, cut);
}
