//! Many connectors whose buckets are missing for days. The schedule continues, their parts are sealed and
//! wait, and once the buckets exist again everything must be delivered. The real dispatcher and exporter run
//! on in-memory ports, so that hours of the schedule take no time here; the durations in AWS are estimated
//! from the number of calls.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use archive::names::ConnectorId;
use archive::time::Time;
use dispatcher::dispatch;
use exporter::export;
use ports::Clock as _;
use protocol::connector::Connector;
use tests::fakes::{FakeClock, FakeQueue, SeededRng};
use tests::fault_injection::FaultPlan;
use tests::fixtures::{activated, at, connector, tenant};
use tests::functions::{self, Fakes};
use tests::oracle::{compare, files};

/// The assumed duration of each call of a port: DynamoDB responds in a third of that, a put to S3 takes twice
/// as long.
const CALL_DURATION: Duration = Duration::from_millis(30);
/// The schedule, a function's time limit, and the template's defaults: concurrent exporters, and connectors
/// per exporter.
const TICK: Duration = Duration::from_mins(5);
const TIME_LIMIT: Duration = Duration::from_mins(15);
const MAX_CONCURRENCY: usize = 10;
const BATCH_SIZE: usize = 10;
/// A connector that is not done this long after the repair never will be.
const DRAIN_TIMEOUT: Duration = Duration::from_hours(48);
const HOUR: Duration = Duration::from_hours(1);

/// The runs and calls in a period of the schedule.
#[derive(Debug, Clone, Default)]
pub(crate) struct Load {
    pub(crate) runs: u64,
    /// Calls of the exporter's ports by name; each is one request, except for pages and pieces in memory.
    pub(crate) calls: BTreeMap<&'static str, u64>,
}

/// The result of draining a backlog.
#[derive(Debug)]
pub(crate) struct DrainResult {
    pub(crate) waiting: Load,
    pub(crate) draining: Load,
    /// Parts that waited when the buckets existed again.
    pub(crate) waited: u64,
    /// Time from the repair until half of the connectors and until all had everything.
    pub(crate) half_after: Duration,
    pub(crate) all_after: Duration,
    /// The longest run of one connector.
    pub(crate) longest_run: Duration,
    pub(crate) delivered: usize,
    pub(crate) files: usize,
}

struct World {
    /// Writes to the events table are visible at once.
    fakes: Fakes,
    queue: FakeQueue,
    randomness: SeededRng,
    now: Time,
    /// The time from which each function is free.
    functions: Vec<Time>,
    longest_run: Duration,
}

/// Runs `count` hourly connectors whose buckets are missing for `days` days; two of three hours have an
/// event.
///
/// # Panics
/// If an event is lost, duplicated or foreign, or not delivered two days after the repair.
pub(crate) async fn drain(count: usize, days: u32) -> DrainResult {
    let begin = at("2026-11-09T00:00:00Z");
    let repaired_at = begin + HOUR * 24 * days + Duration::from_mins(20);
    let mut world = World::new(begin);
    let connectors: Vec<(Connector, Vec<String>)> =
        (0..count).map(|n| world.connector(n, begin, 24 * u64::from(days))).collect();

    let mut waiting = Load::default();
    while world.now < repaired_at {
        world.tick(&mut waiting).await;
    }
    let waited = connectors.iter().map(|(c, _)| world.fakes.ledger.parts(&c.id).len() as u64).sum();
    for (connector, _) in &connectors {
        assert!(world.fakes.ledger.cursor(&connector.id).block.is_some(), "{} is not blocked", connector.id);
        let to = connector.destination.s3().expect("a destination");
        let (bucket, owner) = (to.bucket.as_str(), to.role.account());
        world.fakes.customers.create_bucket(bucket, owner.as_str(), to.region.as_str());
    }

    let mut draining = Load::default();
    let mut done: BTreeMap<ConnectorId, Duration> = BTreeMap::new();
    while done.len() < count {
        assert!(world.now.since(repaired_at) < DRAIN_TIMEOUT, "{} of {count} are done", done.len());
        for (id, ended) in world.tick(&mut draining).await {
            let cursor = world.fakes.ledger.cursor(&id);
            if cursor.undelivered().is_none() && cursor.block.is_none() {
                done.entry(id).or_insert(ended.since(repaired_at));
            }
        }
    }
    let mut after: Vec<Duration> = done.into_values().collect();
    after.sort_unstable();

    let (mut delivered, mut parts) = (0, 0);
    for (connector, events) in &connectors {
        let bucket = connector.destination.s3().expect("a destination").bucket.as_str();
        let verdict =
            compare(&files(&world.fakes.customers.objects(bucket)), events.iter().map(String::as_str));
        verdict.assert_clean();
        delivered += verdict.delivered;
        parts += verdict.parts;
    }
    DrainResult {
        waiting,
        draining,
        waited,
        half_after: after[after.len() / 2],
        all_after: after[after.len() - 1],
        longest_run: world.longest_run,
        delivered,
        files: parts,
    }
}

impl World {
    fn new(begin: Time) -> Self {
        let fakes = Fakes::new();
        Self {
            fakes: Fakes { source: fakes.source.with_page_size(100), ..fakes },
            queue: FakeQueue::new(),
            randomness: SeededRng::new(1),
            now: begin,
            functions: vec![begin; MAX_CONCURRENCY],
            longest_run: Duration::ZERO,
        }
    }

    /// A connector with its events and its role, but without its bucket.
    fn connector(&self, n: usize, begin: Time, hours: u64) -> (Connector, Vec<String>) {
        let tenant = tenant(&format!("acme-{n}"));
        let (connector, cursor) = activated(connector(&tenant, begin), begin);
        self.fakes.ledger.insert(connector.clone(), cursor);
        let to = connector.destination.s3().expect("a destination");
        let id = connector.external_id.as_str();
        self.fakes.customers.put_role(to.role.as_str(), id, to.bucket.as_str(), to.prefix.as_str());
        let hours = (0..hours).filter(|hour| hour % 3 != 0);
        let events = hours.map(|hour| {
            let time = begin + HOUR * u32::try_from(hour).expect("few hours") + Duration::from_secs(7);
            let json = format!(r#"{{"id":"{hour}","time":"{time}","of":"{tenant}"}}"#);
            self.fakes.source.event(&tenant, &format!("{time}#{hour}"), &json, begin);
            json
        });
        let events = events.collect();
        (connector, events)
    }

    /// One tick: dispatches, and runs the sent connectors. Returns each with the end of its run.
    async fn tick(&mut self, load: &mut Load) -> Vec<(ConnectorId, Time)> {
        self.now = self.now + TICK;
        let (due, queue, clock) = (self.fakes.ledger.clone(), self.queue.clone(), FakeClock::at(self.now));
        let ports = functions::dispatcher_ports(due, queue, clock, self.randomness.clone());
        dispatch(&ports, self.now + TICK).await.expect("a ledger and a queue that work");
        let mut ended = Vec::new();
        for batch in self.queue.receive().chunks(BATCH_SIZE) {
            let function = (0..MAX_CONCURRENCY).min_by_key(|n| self.functions[*n]).expect("a function");
            let start = self.now.max(self.functions[function]);
            let mut free = start;
            for id in batch {
                let end = self.run(id, start, load).await;
                free = free.max(end);
                ended.push((id.clone(), end));
            }
            self.functions[function] = free;
        }
        ended
    }

    /// One run on its own clock, which each call advances. Returns its end.
    async fn run(&mut self, id: &ConnectorId, start: Time, load: &mut Load) -> Time {
        let clock = FakeClock::at(start);
        let plan = FaultPlan::none().with_latency(&clock, CALL_DURATION);
        let mut ports = self.fakes.exporter_ports(&plan, &clock);
        ports.randomness = Arc::new(self.randomness.clone());
        let exporter = functions::exporter(ports);
        export(&exporter, id, start + TIME_LIMIT).await;
        load.runs += 1;
        for call in plan.calls() {
            *load.calls.entry(call).or_default() += 1;
        }
        let end = clock.now();
        self.longest_run = self.longest_run.max(end.since(start));
        end
    }
}
