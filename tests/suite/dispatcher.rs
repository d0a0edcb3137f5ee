//! The dispatcher sends each due connector once, whatever the queue refuses and however many ticks run.

use std::collections::BTreeSet;
use std::time::Duration;

use archive::names::ConnectorId;
use archive::time::Time;
use dispatcher::{CLAIM_DURATION, Dispatched, Ports, dispatch};
use ports::{PortError, Queue};
use tests::fakes::{FakeClock, FakeLedger, FakeQueue, SeededRng};
use tests::fixtures::{activated, at, connector, tenant};
use tests::{delegate_port, functions};

struct World {
    ledger: FakeLedger,
    queue: FakeQueue,
    clock: FakeClock,
}

impl World {
    fn new() -> Self {
        let clock = FakeClock::at(at("2026-11-20T20:05:00Z"));
        Self { ledger: FakeLedger::new(), queue: FakeQueue::new(), clock }
    }

    /// Inserts `count` connectors whose next run is at `next_run_at`.
    fn with(&self, count: usize, next_run_at: &str) -> BTreeSet<ConnectorId> {
        let tenant = tenant("acme");
        let add = |_| {
            let (connector, mut cursor) =
                activated(connector(&tenant, at("2026-11-20T10:00:00Z")), at("2026-11-20T10:00:00Z"));
            cursor.next_run_at = at(next_run_at);
            let id = connector.id.clone();
            self.ledger.insert(connector, cursor);
            id
        };
        (0..count).map(add).collect()
    }

    fn ports(&self, queue: impl Queue + 'static) -> Ports {
        functions::dispatcher_ports(self.ledger.clone(), queue, self.clock.clone(), SeededRng::new(7))
    }

    fn deadline(&self) -> Time {
        self.clock.wall() + Duration::from_mins(4)
    }

    async fn tick(&self) -> Dispatched {
        dispatch(&self.ports(self.queue.clone()), self.deadline()).await.unwrap()
    }

    fn sent(&self) -> BTreeSet<ConnectorId> {
        let sent = self.queue.sent();
        let once: BTreeSet<_> = sent.iter().cloned().collect();
        assert_eq!(once.len(), sent.len(), "a connector was sent twice");
        once
    }
}

#[tokio::test]
async fn of_ten_thousand_connectors_exactly_the_due_ones_are_sent_and_each_once() {
    let world = World::new();
    let due = world.with(5_000, "2026-11-20T20:05:00Z");
    world.with(5_000, "2026-11-20T20:05:00.001Z");
    let tick = world.tick().await;
    assert_eq!(world.sent(), due);
    assert_eq!(
        tick,
        Dispatched { due: 5_000, claimed: 5_000, throttled: 0, sent: 5_000, released: 0, more: false }
    );
    assert!(world.queue.batches().iter().all(|batch| batch.len() <= 10));
    assert_eq!(world.tick().await, Dispatched::default(), "a second tick finds nobody due");
}

#[tokio::test]
async fn two_ticks_at_once_send_nothing_twice() {
    let world = World::new();
    let due = world.with(1_000, "2026-11-20T20:00:00Z");
    let (one, other) = futures_util::future::join(world.tick(), world.tick()).await;
    assert_eq!(world.sent(), due);
    assert_eq!(one.sent + other.sent, 1_000);
}

#[tokio::test]
async fn a_claim_that_was_never_executed_comes_due_again() {
    let world = World::new();
    let due = world.with(3, "2026-11-20T20:00:00Z");
    world.tick().await;
    assert_eq!(world.queue.receive().len(), 3);
    // The exporter that received them dies.
    world.clock.advance(CLAIM_DURATION);
    world.tick().await;
    assert_eq!(world.sent(), due);
}

#[tokio::test]
async fn claims_that_the_queue_refuses_are_released_and_sent_by_the_next_tick() {
    let world = World::new();
    let due = world.with(25, "2026-11-20T20:00:00Z");
    let refused: BTreeSet<_> = due.iter().step_by(7).cloned().collect();
    refused.iter().for_each(|id| world.queue.refuse(id.clone()));
    let tick = world.tick().await;
    assert_eq!(world.sent(), &due - &refused);
    assert_eq!((tick.sent, tick.released), (25 - refused.len() as u64, refused.len() as u64));
    world.queue.accept_all();
    world.tick().await;
    assert_eq!(world.sent(), due);
}

/// A queue that refuses every request.
struct UnavailableQueue;

delegate_port!(Queue, UnavailableQueue, |it| match method {
    _ => Err(PortError::Denied { what: "sending", source: "no such queue".into() }),
});

#[tokio::test]
async fn an_unavailable_queue_fails_the_tick_and_costs_no_run() {
    let world = World::new();
    let due = world.with(40, "2026-11-20T20:00:00Z");
    let failed = dispatch(&world.ports(UnavailableQueue), world.deadline()).await;
    assert!(matches!(failed.unwrap_err().source, PortError::Denied { .. }));
    world.tick().await;
    assert_eq!(world.sent(), due, "all its claims were released");
}

#[tokio::test]
async fn a_tick_that_runs_out_of_time_leaves_the_rest_to_the_next() {
    let world = World::new();
    let due = world.with(500, "2026-11-20T20:00:00Z");
    let ports = world.ports(world.queue.clone());
    let tick = dispatch(&ports, world.clock.wall()).await.unwrap();
    assert_eq!(tick, Dispatched { more: true, ..Dispatched::default() });
    world.tick().await;
    assert_eq!(world.sent(), due);
}
