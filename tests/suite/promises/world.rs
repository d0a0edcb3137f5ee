//! A vendor, its customers and a clock: the world in which a promise is tested, on the fakes or, through the
//! real SDK, on the embedded stand-ins.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use archive::names::TenantId;
use archive::part::{Part, PartLimits};
use archive::sort_key::{SortKey, SortKeyForm};
use archive::time::Time;
use async_trait::async_trait;
use bytes::Bytes;
use exporter::{Exporter, Ports, export};
use ports::Clock as _;
use protocol::connector::{Connector, Shards};
use protocol::cursor::Cursor;
use protocol::machine::{Outcome, Timing};
use tests::fakes::{FakeBus, FakeClock, SeededRng};
use tests::fault_injection::FaultPlan;
use tests::fixtures::{self, RealEvent, TIMING, at, keys, tenant, unique_id};
use tests::functions::{self, Fakes};
use tests::oracle::{self, File, Verdict};

/// The time limit of a run.
const RUN: Duration = Duration::from_secs(900);
/// The interval of the dispatcher's ticks.
const TICK: Duration = Duration::from_secs(300);

/// The storage behind a world.
#[async_trait(?Send)]
pub(crate) trait Backend {
    /// The ports of a worker; the plan's faults hit their calls.
    fn ports(&self, plan: &FaultPlan, clock: &FakeClock) -> Ports;
    /// Stores an event in one of the tenant's shards.
    async fn store(&self, tenant: &TenantId, shards: Shards, shard: u8, sort_key: &SortKey, json: &str);
    /// Removes the tenant's events before that time, as their TTL would.
    async fn expire(&self, tenant: &TenantId, before: Time);
    /// Stores a connector and its first cursor.
    async fn insert(&self, connector: &Connector, cursor: &Cursor);
    async fn save(&self, connector: &Connector);
    async fn request_run(&self, connector: &Connector, now: Time, cut: Time);
    async fn cursor(&self, connector: &Connector) -> Cursor;
    /// All parts, by number.
    async fn parts(&self, connector: &Connector) -> Vec<Part>;
    /// Creates the connector's bucket, as its owner.
    fn create_bucket(&self, connector: &Connector);
    /// Creates the connector's role, as its owner.
    fn put_role(&self, connector: &Connector);
    /// Deletes the connector's bucket and its objects.
    fn delete_bucket(&self, connector: &Connector);
    /// The objects of the connector's bucket.
    fn objects(&self, connector: &Connector) -> Vec<(String, Bytes)>;
}

/// An event that is not visible yet.
struct PendingEvent {
    visible_at: Time,
    tenant: TenantId,
    shards: Shards,
    sort_key: SortKey,
    json: String,
}

/// A vendor with its customers, on a backend, at a time.
pub(crate) struct World {
    pub(crate) clock: FakeClock,
    pub(crate) bus: FakeBus,
    pub(crate) limits: PartLimits,
    pub(crate) timing: Timing,
    /// A scenario tries a fault at every `stride`th call of a run: on the stand-ins each try takes a while,
    /// on the fakes all are tried.
    pub(crate) stride: usize,
    backend: Box<dyn Backend>,
    randomness: SeededRng,
    /// Events that are written and not yet visible.
    pending: Mutex<Vec<PendingEvent>>,
    /// Every event that is visible, by tenant.
    written: Mutex<BTreeMap<TenantId, Vec<String>>>,
}

impl World {
    /// A world on the fakes, on the day of the recorded events, before the first of them.
    pub(crate) fn on(fakes: &Fakes) -> Self {
        Self::new(Box::new(fakes.clone()), fakes.bus.clone(), at("2023-07-10T11:30:00Z"))
    }

    pub(crate) fn new(backend: Box<dyn Backend>, bus: FakeBus, now: Time) -> Self {
        Self {
            clock: FakeClock::at(now),
            bus,
            limits: PartLimits::default(),
            timing: TIMING,
            stride: 1,
            backend,
            randomness: SeededRng::new(42),
            pending: Mutex::default(),
            written: Mutex::default(),
        }
    }

    /// The same world whose parts hold at most this many events.
    pub(crate) fn with_parts_of(mut self, events: u64) -> Self {
        self.limits.events = events;
        self
    }

    /// The same world with this clock.
    pub(crate) fn with_clock(self, clock: FakeClock) -> Self {
        Self { clock, ..self }
    }

    /// The same world with this stride.
    pub(crate) fn with_stride(self, stride: usize) -> Self {
        Self { stride, ..self }
    }

    /// A new tenant's connector, activated at `now`, with the right role and bucket.
    pub(crate) async fn activate(&self, now: Time, change: impl FnOnce(&mut Connector)) -> Connector {
        self.advance_to(now).await;
        let mut draft = fixtures::connector(&tenant(&format!("acme-{}", unique_id())), now);
        change(&mut draft);
        let (connector, cursor) = fixtures::activated(draft, now);
        self.backend.insert(&connector, &cursor).await;
        self.backend.create_bucket(&connector);
        self.backend.put_role(&connector);
        connector
    }

    /// Writes an event of this time and ID, visible at once. Returns its JSON.
    pub(crate) async fn write(&self, connector: &Connector, time: Time, id: &str) -> String {
        self.write_visible(connector, time, id, self.clock.now()).await
    }

    /// Writes an event that becomes visible at `visible_at`.
    pub(crate) async fn write_visible(
        &self,
        connector: &Connector,
        time: Time,
        id: &str,
        visible_at: Time,
    ) -> String {
        let json = format!(r#"{{"id":"{id}","time":"{time}","of":"{}"}}"#, connector.tenant);
        // Keys of one table may have any precision.
        self.store(
            connector,
            keys::key(SortKeyForm::Rfc3339, false, time, unique_id()),
            json.clone(),
            visible_at,
        )
        .await;
        json
    }

    pub(crate) async fn write_real(&self, connector: &Connector, events: &[RealEvent]) {
        for event in events {
            let key = SortKey::Text(event.sort_key());
            self.store(connector, key, event.json.clone(), self.clock.now()).await;
        }
    }

    /// Stores an item under any key, which no verdict expects.
    pub(crate) async fn store_unexpected(&self, connector: &Connector, sort_key: &str) {
        let key = SortKey::Text(sort_key.into());
        self.backend.store(&connector.tenant, connector.shards, 0, &key, "{}").await;
    }

    async fn store(&self, connector: &Connector, sort_key: SortKey, json: String, visible_at: Time) {
        let (tenant, shards) = (connector.tenant.clone(), connector.shards);
        self.pending.lock().unwrap().push(PendingEvent { visible_at, tenant, shards, sort_key, json });
        self.advance_to(self.clock.now()).await;
    }

    /// Sets the clock, and makes the events visible that are due.
    pub(crate) async fn advance_to(&self, now: Time) {
        self.clock.set(now);
        let due: Vec<_> =
            self.pending.lock().unwrap().extract_if(.., |event| event.visible_at <= now).collect();
        for PendingEvent { tenant, shards, sort_key, json, .. } in due {
            let shard = u8::try_from(json.len() % usize::from(shards.get())).unwrap();
            self.backend.store(&tenant, shards, shard, &sort_key, &json).await;
            self.written.lock().unwrap().entry(tenant).or_default().push(json);
        }
    }

    /// An exporter; the plan's faults hit its calls.
    pub(crate) fn exporter(&self, plan: &FaultPlan) -> Exporter {
        let mut ports = self.backend.ports(plan, &self.clock);
        ports.randomness = std::sync::Arc::new(self.randomness.clone());
        Exporter { timing: self.timing, part_limits: self.limits, ..functions::exporter(ports) }
    }

    /// One run now. `None` if the worker died in it.
    pub(crate) async fn run_with(&self, connector: &Connector, plan: &FaultPlan) -> Option<Outcome> {
        let exporter = self.exporter(plan);
        let deadline = self.clock.now() + RUN;
        plan.run(export(&exporter, &connector.id, deadline)).await
    }

    /// One run now, without faults.
    pub(crate) async fn run(&self, connector: &Connector) -> Outcome {
        self.run_with(connector, &FaultPlan::none()).await.expect("no worker dies without a fault")
    }

    /// All runs that fall due up to `end`, each at its time.
    pub(crate) async fn run_until(&self, connector: &Connector, end: Time) {
        for _ in 0..5000 {
            let due = self.cursor(connector).await.next_run_at.max(self.clock.now());
            if due > end {
                self.advance_to(end).await;
                return;
            }
            self.advance_to(due).await;
            if matches!(self.run(connector).await, Outcome::Busy) {
                // A dead worker still has the lease; the dispatcher tries again.
                self.advance_to(due + TICK).await;
            }
        }
        panic!("{} runs forever: {:?}", connector.id, self.cursor(connector).await);
    }

    pub(crate) fn backend(&self) -> &dyn Backend {
        self.backend.as_ref()
    }

    pub(crate) async fn cursor(&self, connector: &Connector) -> Cursor {
        self.backend.cursor(connector).await
    }

    /// The customer's files, as seen from outside.
    pub(crate) fn files(&self, connector: &Connector) -> Vec<File> {
        oracle::files(&self.backend.objects(connector))
    }

    /// The customer's files, compared with everything that its tenant wrote.
    pub(crate) fn verdict(&self, connector: &Connector) -> Verdict {
        let written = self.written.lock().unwrap();
        let expected = written.get(&connector.tenant).into_iter().flatten();
        oracle::compare(&self.files(connector), expected.map(String::as_str))
    }
}
