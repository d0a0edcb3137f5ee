//! Faults of the dispatcher: two ticks in any order of their calls, and ticks that fail or die at any call.

use std::collections::BTreeMap;
use std::time::Duration;

use archive::names::ConnectorId;
use dispatcher::{CLAIM_DURATION, Dispatched, Ports, TickError, dispatch, tick};
use ports::Clock as _;
use ports::{DUE_SHARDS, PortError, due_shard};
use tests::fakes::{FakeBus, FakeClock, FakeLedger, FakeMetricsSink, FakeQueue, SeededRng};
use tests::fault_injection::{FaultPlan, Flaky, InjectedFault};
use tests::fixtures::{activated, at, connector, tenant};
use tests::functions;
use tests::interleaving::{SteppedWorker, interleave};

const RUN: Duration = Duration::from_secs(900);

fn is_transient(failed: &Result<Dispatched, TickError>) -> bool {
    matches!(failed, Err(TickError { source: PortError::Transient { .. }, .. }))
}

struct World {
    clock: FakeClock,
    ledger: FakeLedger,
    queue: FakeQueue,
    due: Vec<ConnectorId>,
}

/// `due` connectors that are due, and one that is not.
fn world(due: usize) -> World {
    let clock = FakeClock::at(at("2026-11-20T21:05:00Z"));
    let ledger = FakeLedger::new();
    let insert = |activation: &str| {
        let (connector, cursor) = activated(connector(&tenant("acme"), at(activation)), at(activation));
        ledger.insert(connector.clone(), cursor);
        connector.id
    };
    let mut all: Vec<ConnectorId> = (0..due).map(|_| insert("2026-11-20T20:15:00Z")).collect();
    all.sort();
    insert("2026-11-20T21:00:00Z");
    World { clock, ledger, queue: FakeQueue::new(), due: all }
}

impl World {
    fn ports(&self, plan: &FaultPlan) -> Ports {
        let (ledger, queue) = (self.ledger.clone(), self.queue.clone());
        let (due, queue) = (Flaky::new(ledger, plan), Flaky::new(queue, plan));
        functions::dispatcher_ports(due, queue, self.clock.clone(), SeededRng::new(1))
    }

    /// How often each connector was sent; those never sent are missing.
    fn sent(&self) -> BTreeMap<ConnectorId, usize> {
        let mut sent = BTreeMap::new();
        for id in self.queue.sent() {
            *sent.entry(id).or_default() += 1;
        }
        sent
    }

    /// One tick now; the plan's faults hit its calls.
    async fn tick(&self, plan: &FaultPlan) -> Result<Dispatched, TickError> {
        dispatch(&self.ports(plan), self.clock.now() + RUN).await
    }

    /// A whole tick, with watchdog and metrics; the plan's faults hit its calls. Returns its metrics too.
    async fn tick_with_metrics(
        &self,
        plan: &FaultPlan,
    ) -> (Result<Dispatched, PortError>, BTreeMap<&'static str, i64>) {
        let metrics_sink = FakeMetricsSink::new();
        let watchdog = functions::watchdog(self.ledger.clone(), FakeBus::new(), self.clock.clone());
        let deadline = self.clock.now() + RUN;
        let ticked = tick(&self.ports(plan), &watchdog, &metrics_sink, deadline).await;
        let records = metrics_sink.records_after(0);
        let metrics = records[0].metrics.iter().map(|metric| (metric.name, metric.value)).collect();
        (ticked, metrics)
    }

    fn assert_each_sent_once(&self) {
        let once: BTreeMap<ConnectorId, usize> = self.due.iter().map(|id| (id.clone(), 1)).collect();
        assert_eq!(self.sent(), once);
    }
}

#[test]
fn ticks_at_the_same_time_send_nothing_twice() {
    let world = world(130);
    let (first, second) = (world.ports(&FaultPlan::yielding()), world.ports(&FaultPlan::yielding()));
    let deadline = world.clock.now() + RUN;
    let mut a = SteppedWorker::new(dispatch(&first, deadline));
    let mut b = SteppedWorker::new(dispatch(&second, deadline));
    interleave(&mut a, &mut b, &[]);
    let (a, b) = (a.outcome().unwrap().unwrap(), b.outcome().unwrap().unwrap());
    assert_eq!(a.sent + b.sent, 130);
    world.assert_each_sent_once();
}

/// A tick that fails or dies at any call, and then ticks without faults until the claims have expired.
#[tokio::test]
async fn a_tick_that_fails_or_dies_anywhere_loses_no_connector() {
    for fault in [InjectedFault::Fail, InjectedFault::LoseResponse, InjectedFault::Crash] {
        for nth in 1.. {
            let world = world(24);
            let plan = FaultPlan::none().inject_at_call(nth, fault);
            let ports = world.ports(&plan);
            drop(plan.run(dispatch(&ports, world.clock.now() + RUN)).await);
            let calls = plan.calls().len();
            for _ in 0..2 {
                world.clock.advance(CLAIM_DURATION);
                dispatch(&world.ports(&FaultPlan::none()), world.clock.now() + RUN).await.unwrap();
            }
            let sent = world.sent();
            assert!(world.due.iter().all(|id| sent.contains_key(id)), "{fault:?} at call {nth}: {sent:?}");
            if calls < nth {
                break;
            }
        }
    }
}

/// One connector's claim fails, whichever it is. The same tick sends all others. The next tick sends this
/// one, or, if only its answer was lost, a tick after its claim has expired. The tick reports that it failed.
#[tokio::test]
async fn a_failed_claim_stops_no_other_connector() {
    for fault in [InjectedFault::Fail, InjectedFault::LoseResponse] {
        for nth in 1..=24 {
            let world = world(24);
            let failed = world.tick(&FaultPlan::none().inject("claim", nth, fault)).await;
            assert!(is_transient(&failed), "{fault:?} at claim {nth}: {failed:?}");
            assert_eq!(world.sent().len(), 23, "{fault:?} at claim {nth}");
            if fault == InjectedFault::LoseResponse {
                assert_eq!(world.tick(&FaultPlan::none()).await.unwrap(), Dispatched::default());
                world.clock.advance(CLAIM_DURATION);
                assert_eq!(world.tick(&FaultPlan::none()).await.unwrap().sent, 24);
                assert_eq!(world.sent().len(), 24);
            } else {
                assert_eq!(world.tick(&FaultPlan::none()).await.unwrap().sent, 1);
                world.assert_each_sent_once();
            }
        }
    }
}

/// A partially failed tick records its metrics like any other tick.
#[tokio::test]
async fn a_partially_failed_tick_records_what_it_has_done() {
    let (failed, metrics) =
        world(24).tick_with_metrics(&FaultPlan::none().inject("claim", 3, InjectedFault::Fail)).await;
    assert!(matches!(failed, Err(PortError::Transient { .. })), "{failed:?}");
    assert_eq!((metrics["Ticks"], metrics["TicksFailed"]), (1, 1));
    assert_eq!((metrics["ConnectorsDue"], metrics["ConnectorsSent"], metrics["SendsGivenBack"]), (24, 23, 0));

    let (failed, metrics) =
        world(130).tick_with_metrics(&FaultPlan::none().inject_always("send", InjectedFault::Fail)).await;
    assert!(matches!(failed, Err(PortError::Transient { .. })), "{failed:?}");
    assert_eq!((metrics["TicksFailed"], metrics["ConnectorsSent"]), (1, 0));
    assert!(
        metrics["ConnectorsDue"] > 0 && metrics["SendsGivenBack"] == metrics["ConnectorsDue"],
        "{metrics:?}"
    );
}

/// If no claim succeeds, nothing is sent, and nothing has to wait once claims succeed again.
#[tokio::test]
async fn if_all_claims_fail_the_tick_fails_and_costs_no_run() {
    let world = world(24);
    let failed = world.tick(&FaultPlan::none().inject_always("claim", InjectedFault::Fail)).await;
    assert!(is_transient(&failed), "{failed:?}");
    assert_eq!(world.queue.batches(), Vec::<Vec<ConnectorId>>::new());
    world.tick(&FaultPlan::none()).await.unwrap();
    world.assert_each_sent_once();
}

/// A partition of the index can't be read: the same tick sends the connectors of the others.
#[tokio::test]
async fn a_failed_partition_stops_no_other_partition() {
    for shard in 0..DUE_SHARDS {
        let world = world(24);
        // In this minute the tick begins with the first partition.
        world.clock.set(at("2026-11-20T21:20:00Z"));
        let failed =
            world.tick(&FaultPlan::none().inject("due", usize::from(shard) + 1, InjectedFault::Fail)).await;
        assert!(is_transient(&failed), "shard {shard}: {failed:?}");
        let sent = world.sent();
        assert!(
            world.due.iter().all(|id| sent.contains_key(id) != (due_shard(id) == shard)),
            "shard {shard}"
        );
        world.tick(&FaultPlan::none()).await.unwrap();
        world.assert_each_sent_once();
    }
}

/// All claims of a batch that can't be sent are released, and so are those of each batch in flight beside it.
#[tokio::test]
async fn a_failed_queue_releases_every_claim() {
    let world = world(130);
    let failed = world.tick(&FaultPlan::none().inject_always("send", InjectedFault::Fail)).await;
    assert!(is_transient(&failed), "{failed:?}");
    world.tick(&FaultPlan::none()).await.unwrap();
    world.assert_each_sent_once();
}
