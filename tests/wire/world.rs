//! A deployment whose every request goes through a proxy: the real dispatcher and exporter with the SDK's own
//! clients, on the embedded stand-ins of DynamoDB, S3 and STS and those of SQS and EventBridge.
//!
//! Setup and checks of the tests themselves bypass the proxies.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use archive::part::PartLimits;
use archive::time::Time;
use aws::clients::{ClientFactory, Clients, Endpoints};
use aws::clock::SystemClock;
use aws::dynamodb::events::{DynamoSource, EventsTable, EventsWriter, NewEvent};
use aws::dynamodb::ledger::{ClockOffset, DynamoLedger};
use aws::eventbridge::bus::EventBridgeBus;
use aws::s3::customers::StsCustomers;
use aws::s3::staging::S3Staging;
use aws::settings::S3Settings;
use aws::sqs::queue::SqsQueue;
use aws_credential_types::Credentials;
use bytes::Bytes;
use dispatcher::dispatch;
use exporter::Exporter;
use ports::Clock as _;
use ports::Connectors as _;
use protocol::connector::{Connector, Shards};
use protocol::cursor::Cursor;
use sandbox::{Role, Stack};
use tests::fakes::{FakeMetricsSink, FakeSigner, SeededRng, signing};
use tests::fixtures::{self, RealEvent, cloudtrail, tenant};
use tests::lambda::{EventBus, MessageQueue, sqs_event};
use tests::oracle::{self, Verdict};
use tests::proxy::{Fault, Proxy, Service};
use tests::{delegate_port, functions};

const REGION: &str = "eu-central-1";
const LEDGER: &str = "ledger";
const EVENTS: &str = "events";
const STAGING: &str = "vendor-staging";
const BUS: &str = "auditferry-events";
/// The time limit of a dispatcher and an exporter.
pub(crate) const LIMIT: Duration = Duration::from_mins(15);
/// The most events of a part: a window becomes several parts.
const PART_EVENTS: u64 = 5;

/// How many requests of a thousand meet a fault, by service. A run calls DynamoDB much more often than STS,
/// and a tick calls SQS once.
const FAULTS_PER_MILLE: [(Service, u64); 5] = [
    (Service::DynamoDb, 60),
    (Service::S3, 120),
    (Service::Sts, 350),
    (Service::Sqs, 500),
    (Service::EventBridge, 200),
];

/// A deployment, and the proxies in front of its services.
pub(crate) struct World {
    stack: Stack,
    queue: MessageQueue,
    /// How many messages of the queue were received.
    received: usize,
    direct: Clients,
    through: ClientFactory,
    queue_url: String,
    pub(crate) proxies: Vec<Proxy>,
    pub(crate) connectors: Vec<(Connector, &'static [RealEvent])>,
    randomness: SeededRng,
    signer: CountedSigner,
    /// How far the functions' clock is ahead of the wall clock, in milliseconds.
    shift_ms: i64,
    /// The queue, bus and proxies live as long as this.
    _bus: EventBus,
}

impl World {
    pub(crate) async fn start(seed: u64, menu: &[Fault]) -> Self {
        let stack = Stack::start(None).await.unwrap();
        let (queue, bus) = (MessageQueue::start().await.unwrap(), EventBus::start().await.unwrap());
        let of = |service| match service {
            Service::DynamoDb => stack.dynamodb_url().to_owned(),
            Service::EventBridge => bus.url.clone(),
            Service::S3 => stack.s3_url().to_owned(),
            Service::Sqs => queue.endpoint.clone(),
            Service::Sts => stack.sts_url().to_owned(),
        };
        let mut proxies = Vec::new();
        for (n, (service, of_thousand)) in (0..).zip(FAULTS_PER_MILLE) {
            proxies
                .push(Proxy::start(service, &of(service), menu, of_thousand, seed * 10 + n).await.unwrap());
        }
        proxies.iter().for_each(|proxy: &Proxy| stack.trust_proxy(&proxy.url));
        let through = |service| proxies.iter().find(|p| p.service() == service).unwrap().url.clone();
        let (direct, through) = (services(&stack, of).all(), services(&stack, through));
        let queue_url = queue.url();
        aws::dynamodb::ledger::create_table(&direct.dynamodb, LEDGER).await.unwrap();
        aws::dynamodb::events::create_table(&direct.dynamodb, EVENTS).await.unwrap();
        stack.create_bucket(STAGING, Stack::VENDOR_ACCOUNT, REGION).unwrap();
        let randomness = SeededRng::new(seed);
        let mut world = Self {
            stack,
            queue,
            received: 0,
            direct,
            through,
            queue_url,
            proxies,
            connectors: Vec::new(),
            randomness,
            signer: CountedSigner { key: FakeSigner::new(1), signatures: Arc::default() },
            shift_ms: 0,
            _bus: bus,
        };
        world.set_now(fixtures::at("2023-07-10T11:40:00Z"));
        world
    }

    fn clock(&self) -> SystemClock {
        SystemClock::with_offset(self.shift_ms)
    }

    pub(crate) fn now(&self) -> Time {
        self.clock().now()
    }

    fn set_now(&mut self, now: Time) {
        self.shift_ms = now.millis() - SystemClock::new().now().millis();
    }

    pub(crate) fn advance(&mut self, span: Duration) {
        self.shift_ms += i64::try_from(span.as_millis()).unwrap();
    }

    /// Creates tenants, each with a connector of its own and recorded events from before noon to after one.
    pub(crate) async fn populate(&mut self, tenants: usize, events_each: usize) {
        let noon = fixtures::at("2023-07-10T12:00:00Z");
        let first = cloudtrail().partition_point(|event| event.time < noon) - events_each / 2;
        let now = self.now();
        let writer = EventsWriter::new(
            self.direct.dynamodb.clone(),
            EventsTable::default_layout(EVENTS),
            Arc::new(self.clock()),
            Arc::new(self.randomness.clone()),
        );
        for n in 0..tenants {
            let tenant = tenant(&format!("acme-{n}"));
            let (connector, cursor) =
                fixtures::activated(fixtures::connector(&tenant, now), now.floor(Duration::from_hours(1)));
            fixtures::store(&self.ledger(&self.direct.dynamodb), &connector, &cursor).await;
            let to = connector.destination.s3().unwrap();
            let (bucket, account) = (to.bucket.as_str(), to.role.account());
            self.stack.create_bucket(bucket, account.as_str(), to.region.as_str()).unwrap();
            let role = Role {
                arn: to.role.to_string(),
                external_id: Some(connector.external_id.to_string()),
                bucket: bucket.to_owned(),
                prefix: to.prefix.to_string(),
            };
            self.stack.put_role(role).unwrap();
            // Different events for each tenant, so that none can be mistaken for another's.
            let from = first + n * events_each % (cloudtrail().len() - first - events_each);
            let events = &cloudtrail()[from..from + events_each];
            for batch in events.chunks(25) {
                let event =
                    |event: &RealEvent| NewEvent::new(event.time, event.id.clone(), event.json.clone());
                let batch: Vec<NewEvent> = batch.iter().map(event).collect();
                writer.write(&tenant, Shards::ONE, &batch).await.unwrap();
            }
            self.connectors.push((connector, events));
        }
    }

    /// One tick of the schedule: dispatches, and runs what is in the queue, ten connectors per function and
    /// all functions at once. Functions that fail are retried by later ticks.
    pub(crate) async fn tick(&mut self) {
        let deadline = self.now() + LIMIT;
        let queue = SqsQueue::new(&self.through, self.queue_url.clone());
        let due = self.ledger(&self.through.dynamodb());
        let ports = functions::dispatcher_ports(due, queue, self.clock(), self.randomness.clone());
        drop(dispatch(&ports, deadline).await);
        let messages = self.queue.accepted();
        let new = messages[self.received..].to_vec();
        self.received = messages.len();
        let exporter = self.exporter();
        let runs = new.chunks(10).map(|batch| {
            let batch = serde_json::from_value(sqs_event(batch)).unwrap();
            let exporter = &exporter;
            async move { exporter::batch::handle(exporter, &FakeMetricsSink::new(), batch, deadline).await }
        });
        futures_util::future::join_all(runs).await;
    }

    pub(crate) fn exporter(&self) -> Exporter {
        let through = self.through.all();
        let Clients { dynamodb, s3, sts, customers, events } = &through;
        let ports = exporter::Ports {
            runs: Arc::new(self.ledger(&self.through.dynamodb())),
            source: Arc::new(DynamoSource::new(dynamodb.clone(), EventsTable::default_layout(EVENTS))),
            staging: Arc::new(S3Staging::new(s3.clone(), STAGING.to_owned())),
            signing: signing(self.signer.clone()),
            customers: Arc::new(StsCustomers::new(sts.clone(), customers.clone())),
            bus: Arc::new(EventBridgeBus::new(events.clone(), BUS.to_owned())),
            clock: Arc::new(self.clock()),
            randomness: Arc::new(self.randomness.clone()),
        };
        let part_limits = PartLimits { events: PART_EVENTS, ..PartLimits::default() };
        Exporter { part_limits, ..functions::exporter(ports) }
    }

    fn ledger(&self, dynamodb: &aws_sdk_dynamodb::Client) -> DynamoLedger {
        DynamoLedger::new(dynamodb.clone(), LEDGER.to_owned(), ClockOffset::millis(self.shift_ms))
    }

    /// How often KMS would have been called to sign since the last call of this: once for each signature.
    pub(crate) fn signatures(&self) -> u64 {
        self.signer.signatures.swap(0, Ordering::SeqCst)
    }

    pub(crate) fn stop_faults(&self) {
        for proxy in &self.proxies {
            proxy.stop_faults();
        }
    }

    /// The cursor of each connector.
    pub(crate) async fn cursors(&self) -> Vec<Cursor> {
        let ledger = self.ledger(&self.direct.dynamodb);
        let mut cursors = Vec::new();
        for (connector, _) in &self.connectors {
            cursors.push(ledger.get(&connector.id).await.unwrap().unwrap().1.unwrap());
        }
        cursors
    }

    /// What each customer has got, compared with what its tenant wrote.
    pub(crate) fn verdicts(&self) -> Vec<Verdict> {
        let verdict = |(connector, events): &(Connector, &[RealEvent])| {
            let bucket = connector.destination.s3().unwrap().bucket.as_str();
            let objects = self.stack.objects(bucket).unwrap().into_iter();
            let read = |path| Bytes::from(std::fs::read(path).unwrap());
            let objects: Vec<_> = objects.map(|object| (object.key, read(object.path))).collect();
            oracle::compare(&oracle::files(&objects), events.iter().map(|event| event.json.as_str()))
        };
        self.connectors.iter().map(verdict).collect()
    }
}

/// A key that counts its signatures. The adapter calls KMS once for each
/// (functions/lib/aws/tests/edges/signing.rs).
#[derive(Debug, Clone)]
struct CountedSigner {
    key: FakeSigner,
    signatures: Arc<AtomicU64>,
}

delegate_port!(Signer, CountedSigner, |it| it.key, |_name, call| match method {
    sign => {
        it.signatures.fetch_add(1, Ordering::SeqCst);
        call.await
    }
    _ => call.await,
});

fn services(stack: &Stack, url: impl Fn(Service) -> String) -> ClientFactory {
    let keys = stack.vendor_credentials();
    let keys = Credentials::new(keys.access_key_id, keys.secret_access_key, None, None, "test");
    let endpoints = Endpoints {
        dynamodb: url(Service::DynamoDb),
        events: Some(url(Service::EventBridge)),
        kms: None,
        s3: url(Service::S3),
        ses: None,
        sqs: Some(url(Service::Sqs)),
        sts: url(Service::Sts),
    };
    ClientFactory::at(&endpoints, REGION, keys, S3Settings { force_path_style: true })
}
