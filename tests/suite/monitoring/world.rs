//! A deployment on the fakes, minute by minute: ticks, batches, and the metrics of both as log lines.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use archive::names::TenantId;
use archive::sort_key::{SortKey, SortKeyForm};
use archive::time::Time;
use aws::metrics::EmfMetricsSink;
use dispatcher::Watchdog;
use exporter::{Exporter, batch};
use protocol::connector::{Connector, Shards};
use protocol::notice::Notice;
use protocol::notification::NOTIFIED_KINDS;
use serde_json::{Value, json};
use tests::fakes::{
    FakeBus, FakeClock, FakeCustomers, FakeDelayQueue, FakeLedger, FakeMailer, FakeMetricsSink, FakeQueue,
    FakeSigner, FakeSource, FakeStaging, FakeWebhookClient, SeededRng, Shape, StoredItem, signing,
};
use tests::fault_injection::FaultPlan;
use tests::fixtures::{activated, at, connector, tenant};
use tests::functions;
use tests::lambda::sqs_event;

use super::alarm::{State, alarm};
use super::faulty::Faulty;

/// The interval of the ticks.
pub(crate) const TICK: Duration = Duration::from_mins(5);
/// How long the source keeps an event.
pub(crate) const RETENTION: Duration = Duration::from_hours(48);
const TIME_LIMIT: Duration = Duration::from_mins(4);

/// One value of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Point {
    pub(crate) at: Time,
    pub(crate) value: i64,
}

/// What was read of the log so far: its lines, and the data points of each metric.
#[derive(Default)]
struct Log {
    lines: Vec<Value>,
    points: BTreeMap<String, Vec<Point>>,
}

pub(crate) struct World {
    pub(crate) clock: FakeClock,
    pub(crate) ledger: FakeLedger,
    pub(crate) watched: Faulty<FakeLedger>,
    pub(crate) queue: FakeQueue,
    pub(crate) source: FakeSource,
    pub(crate) staging: Faulty<FakeStaging>,
    pub(crate) customers: FakeCustomers,
    pub(crate) signer: Faulty<FakeSigner>,
    pub(crate) bus: FakeBus,
    pub(crate) mailer: FakeMailer,
    delay_queue: FakeDelayQueue,
    /// How many of the bus's notices the notifier has received.
    forwarded: usize,
    pub(crate) tenant: TenantId,
    pub(crate) connector: Connector,
    metrics_sink: FakeMetricsSink,
    log: RefCell<Log>,
    events: u64,
}

impl World {
    /// A deployment with one connector, which exports every hour.
    pub(crate) fn new() -> Self {
        let start = at("2026-11-20T00:02:00Z");
        let clock = FakeClock::at(start);
        let (ledger, customers, tenant) = (FakeLedger::new(), FakeCustomers::new(), tenant("acme"));
        let (mut connector, cursor) = activated(connector(&tenant, start), start);
        connector.contacts.emails = vec!["security@acme.example".parse().unwrap()].try_into().unwrap();
        customers.provision(&connector);
        ledger.insert(connector.clone(), cursor);
        ledger.confirm(&connector);
        Self {
            watched: Faulty::new(ledger.clone()),
            queue: FakeQueue::new(),
            source: FakeSource::new(SortKeyForm::Rfc3339, &FakeClock::at(Time::LAST)),
            staging: Faulty::new(FakeStaging::new()),
            signer: Faulty::new(FakeSigner::new(1)),
            bus: FakeBus::new(),
            mailer: FakeMailer::new(),
            delay_queue: FakeDelayQueue::new(&clock),
            forwarded: 0,
            metrics_sink: FakeMetricsSink::new(),
            log: RefCell::default(),
            events: 0,
            clock,
            ledger,
            customers,
            tenant,
            connector,
        }
    }

    /// Stores an event of the present time in the partition of the tenant; its item names `bears` as its
    /// tenant.
    pub(crate) fn store(&mut self, partition_key: &str, text: &str) {
        self.events += 1;
        let now = self.clock.wall();
        self.source.store(StoredItem {
            partition: FakeSource::partition(&self.tenant, Shards::ONE, 0),
            partition_key: partition_key.to_owned(),
            sort_key: SortKey::Text(format!("{now}#evt_{}", self.events)),
            shape: Shape::Text(text.to_owned()),
            visible_at: now,
        });
    }

    fn exporter(&self) -> Exporter {
        let (ledger, source, staging) = (self.ledger.clone(), self.source.clone(), self.staging.clone());
        let (customers, bus) = (self.customers.clone(), self.bus.clone());
        let plan = FaultPlan::none();
        let mut ports =
            functions::exporter_ports(&plan, &self.clock, ledger, source, staging, customers, bus);
        ports.signing = signing(self.signer.clone());
        ports.randomness = Arc::new(SeededRng::new(7));
        Exporter { retention: Some(RETENTION), ..functions::exporter(ports) }
    }

    /// A tick with this time limit.
    pub(crate) async fn tick_within(&self, limit: Duration) {
        let (ledger, queue, clock) = (self.ledger.clone(), self.queue.clone(), self.clock.clone());
        let ports = functions::dispatcher_ports(ledger, queue, clock.clone(), SeededRng::new(7));
        let watchdog = functions::watchdog(self.watched.clone(), self.bus.clone(), clock);
        let watchdog = Watchdog { retention: Some(RETENTION), ..watchdog };
        let deadline = self.clock.wall() + limit;
        dispatcher::tick(&ports, &watchdog, &self.metrics_sink, deadline).await.unwrap();
    }

    /// A batch of these messages.
    pub(crate) async fn batch(&self, bodies: &[String]) {
        let deadline = self.clock.wall() + TIME_LIMIT;
        let batch = serde_json::from_value(sqs_event(bodies)).unwrap();
        batch::handle(&self.exporter(), &self.metrics_sink, batch, deadline).await;
    }

    /// The messages that the queue delivers now.
    pub(crate) fn messages(&self) -> Vec<String> {
        self.queue.receive().iter().map(|id| json!({ "connector_id": id.as_str() }).to_string()).collect()
    }

    /// Five healthy minutes: an event, a tick, and the exports that it sends.
    pub(crate) async fn tick(&mut self) {
        let tenant = self.tenant.to_string();
        self.store(&tenant, r#"{"action":"login"}"#);
        self.tick_within(TIME_LIMIT).await;
        let messages = self.messages();
        self.batch(&messages).await;
        self.notify_contacts(&[]).await;
        self.clock.advance(TICK);
    }

    /// The notifier's batch, if there is anything: these messages, those that are due, and the new notices
    /// that the bus's rules forward.
    pub(crate) async fn notify_contacts(&mut self, more: &[String]) {
        let published = self.bus.published();
        let new = published
            .iter()
            .skip(self.forwarded)
            .filter(|notice| NOTIFIED_KINDS.contains(&notice.fact.kind()));
        let event =
            |notice| json!({ "detail-type": kind(notice), "time": self.clock.wall(), "detail": notice });
        let bodies = new.map(|notice| event(notice).to_string()).chain(self.delay_queue.receive_due());
        let bodies: Vec<String> = bodies.chain(more.iter().cloned()).collect();
        self.forwarded = published.len();
        if bodies.is_empty() {
            return;
        }
        let notifier = functions::notifier(
            self.ledger.clone(),
            FakeWebhookClient::new(),
            self.mailer.clone(),
            self.delay_queue.clone(),
            self.clock.clone(),
        );
        let batch = serde_json::from_value(sqs_event(&bodies)).unwrap();
        notifier::batch::handle(&notifier, &self.metrics_sink, batch).await;
    }

    /// Healthy ticks for `span`.
    pub(crate) async fn advance(&mut self, span: Duration) {
        let end = self.clock.wall() + span;
        while self.clock.wall() < end {
            self.tick().await;
        }
    }

    /// Five minutes in which nobody receives the sent exports.
    pub(crate) async fn tick_without_exporter(&mut self) {
        let tenant = self.tenant.to_string();
        self.store(&tenant, r#"{"action":"login"}"#);
        self.tick_within(TIME_LIMIT).await;
        self.messages();
        self.clock.advance(TICK);
    }

    /// The log's lines of metrics.
    pub(crate) fn lines(&self) -> Vec<Value> {
        self.read_new_lines();
        self.log.borrow().lines.clone()
    }

    /// Reads the log's new lines as `CloudWatch` reads them.
    fn read_new_lines(&self) {
        let log = EmfMetricsSink::new("auditferry".to_owned());
        let mut read = self.log.borrow_mut();
        let Log { lines, points } = &mut *read;
        for record in self.metrics_sink.records_after(lines.len()) {
            let line: Value = serde_json::from_str(&log.emf_line(&record)).unwrap();
            for directive in line["_aws"]["CloudWatchMetrics"].as_array().unwrap() {
                for metric in directive["Metrics"].as_array().unwrap() {
                    let name = metric["Name"].as_str().unwrap().to_owned();
                    let at = Time::from_millis(line["_aws"]["Timestamp"].as_i64().unwrap()).unwrap();
                    let point = Point { at, value: line[&name].as_i64().unwrap() };
                    points.entry(name).or_default().push(point);
                }
            }
            lines.push(line);
        }
    }

    /// The data points of a metric.
    pub(crate) fn points(&self, metric: &str) -> Vec<Point> {
        self.read_new_lines();
        self.log.borrow().points.get(metric).cloned().unwrap_or_default()
    }

    /// The state of an alarm now.
    pub(crate) fn state(&self, id: &str) -> State {
        let alarm = alarm(id);
        alarm.state(&self.points(alarm.get("MetricName")), self.clock.wall())
    }
}

fn kind(notice: &Notice) -> &'static str {
    notice.fact.kind()
}
