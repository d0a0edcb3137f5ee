//! One deployment in memory, its customers' accounts, and the ground truth about both.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use archive::names::{ConnectorId, ExternalId, TenantId};
use archive::part::{Compression, Encoding, Format};
use archive::time::Time;
use futures_util::FutureExt as _;
use protocol::connector::{Connector, Encryption, S3Destination};
use protocol::cursor::Cursor;
use tests::fakes::{FakeBus, FakeCustomers, FakeLedger, FakeQueue, FakeSource, FakeStaging};
use tests::fixtures;

use super::engine::Engine;
use super::ground_truth::GroundTruth;
use super::mutants::Mutant;
use super::plan::{Length, Plan};
use super::rng::SimRng;

/// The account that takes a bucket's name once it is free.
pub(crate) const OTHER_ACCOUNT: &str = "999999999999";
const HOUR: Duration = Duration::from_hours(1);

/// Everything outside the functions.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) engine: Arc<Engine>,
    pub(crate) plan: Plan,
    pub(crate) mutant: Option<Mutant>,
    pub(crate) ledger: FakeLedger,
    pub(crate) source: FakeSource,
    pub(crate) staging: FakeStaging,
    pub(crate) customers: FakeCustomers,
    pub(crate) bus: FakeBus,
    pub(crate) queue: FakeQueue,
    /// The connectors' IDs; their settings are in the ledger.
    pub(crate) ids: Vec<ConnectorId>,
    /// The bus rejects everything.
    pub(crate) bus_down: AtomicBool,
    /// The key that signs manifests is unreachable.
    pub(crate) key_unavailable: AtomicBool,
    /// How many signing keys there have been; the last of them is the deployment's.
    pub(crate) keys: AtomicU8,
    /// Whether faults still occur.
    pub(crate) injects_faults: AtomicBool,
    truth: Mutex<GroundTruth>,
}

impl World {
    /// A deployment with its connectors, all activated now, and correctly set up customers.
    pub(crate) fn new(engine: Arc<Engine>, plan: Plan, mutant: Option<Mutant>) -> Self {
        let source = FakeSource::new(plan.form, &engine.wall).with_page_size(plan.page);
        let mut world = Self {
            ledger: FakeLedger::with_clock(&engine.wall),
            source: if plan.numeric { source.with_numeric_keys() } else { source },
            staging: FakeStaging::new(),
            customers: FakeCustomers::new(),
            bus: FakeBus::new(),
            queue: FakeQueue::new(),
            ids: Vec::new(),
            bus_down: AtomicBool::new(false),
            key_unavailable: AtomicBool::new(false),
            keys: AtomicU8::new(1),
            injects_faults: AtomicBool::new(true),
            truth: Mutex::default(),
            engine,
            plan,
            mutant,
        };
        for number in 0..world.plan.tenants {
            world.add_tenant(number);
        }
        world
    }

    fn add_tenant(&mut self, number: usize) {
        // Names with a common beginning: a prefix mistaken for a whole name would mix them.
        let tenant: TenantId = format!("acme{}", "-x".repeat(number)).parse().expect("a tenant ID");
        let shards = self.engine.draw(|rng| rng.one_of(&[1, 1, 2, 3]));
        let shared_bucket = self.engine.draw(|rng| rng.per_mille(300));
        for of_tenant in 0..self.plan.connectors {
            let account = 200_000_000_000 + number as u64;
            let own = if shared_bucket { String::new() } else { format!("-{of_tenant}") };
            let destination = S3Destination {
                role: format!("arn:aws:iam::{account}:role/auditferry/Delivery{of_tenant}")
                    .parse()
                    .expect("a role"),
                bucket: format!("audit-log-of-{account}{own}").parse().expect("a bucket"),
                region: "eu-central-1".parse().expect("a region"),
                prefix: format!("audit-{of_tenant}").parse().expect("a prefix"),
                encryption: Encryption::Default,
            };
            let connector =
                self.engine.draw(|rng| draft(rng, &self.plan, &tenant, shards, self.engine.now()));
            self.add(Connector { destination: destination.into(), ..connector });
        }
    }

    fn add(&mut self, draft: Connector) {
        let now = self.engine.now();
        let (connector, mut cursor) = fixtures::activated(draft, now);
        // The same draws make the same settings and the same rows: nothing of this process enters a
        // simulation.
        let since = connector.start_from.unwrap_or(now);
        cursor = Cursor { since, watermark: since, ..cursor };
        fixtures::store(&self.ledger, &connector, &cursor).now_or_never().expect("the fake does not wait");
        let to = destination(&connector);
        self.truth().add_connector(&connector.id, &connector.tenant, since);
        self.truth().add_folder(to.bucket.as_str(), to.prefix.as_str(), &connector.id);
        if self.ids.iter().all(|id| destination(&self.ledger.connector(id)).bucket != to.bucket) {
            self.create_bucket(&connector, false);
        }
        self.put_role(&connector, &connector.external_id);
        self.ids.push(connector.id);
    }

    pub(crate) fn truth(&self) -> MutexGuard<'_, GroundTruth> {
        self.truth.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn has_mutant(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }

    pub(crate) fn injects_faults(&self) -> bool {
        self.injects_faults.load(Ordering::Relaxed)
    }

    pub(crate) fn is_key_unavailable(&self) -> bool {
        self.key_unavailable.load(Ordering::Relaxed)
    }

    pub(crate) fn is_bus_down(&self) -> bool {
        self.bus_down.load(Ordering::Relaxed)
    }

    pub(crate) fn connector(&self, index: usize) -> Connector {
        self.ledger.connector(&self.ids[index])
    }

    /// Creates the connector's bucket, owned by the customer or by another account.
    pub(crate) fn create_bucket(&self, connector: &Connector, another: bool) {
        let to = destination(connector);
        let account = to.role.account();
        let owner = if another { OTHER_ACCOUNT } else { account.as_str() };
        self.customers.create_bucket(to.bucket.as_str(), owner, to.region.as_str());
        self.truth().bucket_created(to.bucket.as_str(), another);
    }

    /// Deletes the connector's bucket with all its objects.
    pub(crate) fn delete_bucket(&self, connector: &Connector) {
        let bucket = destination(connector).bucket;
        self.record_bucket(bucket.as_str());
        self.customers.delete_bucket(bucket.as_str());
    }

    /// Records all objects of a bucket in the ground truth.
    pub(crate) fn record_bucket(&self, bucket: &str) {
        let objects = self.customers.objects(bucket);
        self.truth().record_bucket(bucket, objects);
    }

    /// Creates the role that the connector needs, for this external ID.
    pub(crate) fn put_role(&self, connector: &Connector, external_id: &ExternalId) {
        let to = destination(connector);
        self.customers.put_role(
            to.role.as_str(),
            external_id.as_str(),
            to.bucket.as_str(),
            to.prefix.as_str(),
        );
    }
}

/// Where a connector's files go.
pub(crate) fn destination(connector: &Connector) -> S3Destination {
    connector.destination.s3().cloned().expect("every connector here has one")
}

fn draft(rng: &mut SimRng, plan: &Plan, tenant: &TenantId, shards: u8, now: Time) -> Connector {
    let (hours, backlog): (u8, u32) = match plan.length {
        Length::Hours => (rng.one_of(&[1, 1, 2]), rng.one_of(&[0, 0, 0, 3])),
        Length::Day => (rng.one_of(&[1, 2, 6]), rng.one_of(&[0, 0, 5, 20])),
        Length::Weeks => (rng.one_of(&[12, 24]), rng.one_of(&[0, 24, 24 * 40])),
    };
    let external_id = ExternalId::new(rng.next_u64(), rng.next_u64());
    let mut connector = Connector::draft(ConnectorId::new(rng.next_u64()), tenant.clone(), external_id, now);
    connector.shards = shards.try_into().expect("a few shards");
    connector.frequency = hours.try_into().expect("a frequency");
    connector.start_from = (backlog > 0).then(|| now - HOUR * backlog);
    connector.encoding = encoding(rng);
    connector
}

/// Draws a format and a compression.
pub(crate) fn encoding(rng: &mut SimRng) -> Encoding {
    Encoding { format: rng.one_of(&Format::ALL), compression: rng.one_of(&Compression::ALL) }
}
