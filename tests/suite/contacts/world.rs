//! A notifier on the fakes, connectors with contacts, and notices about them.

use std::sync::Arc;
use std::time::Duration;

use archive::names::WebhookUrl;
use archive::time::Time;
use notifier::{ConfirmationMails, Notifier, batch};
use ports::Connectors as _;
use protocol::caller::Caller;
use protocol::connector::{Change, Connector, Verb};
use protocol::contacts::{SecretId, Webhook, WebhookSecret};
use protocol::cursor::Cursor;
use protocol::delivery_error::{Block, DeliveryError, DeliveryErrorKind, DeliveryStage};
use protocol::notice::{Backlog, Notice, Recovery};
use serde_json::json;
use tests::fakes::{FakeClock, FakeLedger, FakeMailer, FakeMetricsSink, FakeWebhookClient};
use tests::fixtures::{self, activated, at, connector, tenant, unique_id};
use tests::functions;
use tests::lambda::{NoticeQueue, RecursiveLoop, message_id, sqs_event};

const TEMPLATE: &str = include_str!("../../../template.yaml");
const MINUTE: Duration = Duration::from_mins(1);

/// A notifier on the fakes.
pub(super) struct World {
    pub(super) clock: FakeClock,
    pub(super) ledger: FakeLedger,
    pub(super) poster: FakeWebhookClient,
    pub(super) mailer: FakeMailer,
    pub(super) delay_queue: NoticeQueue,
    pub(super) metrics_sink: FakeMetricsSink,
    pub(super) notifier: Notifier,
}

impl World {
    /// As deployed: the template decides whether Lambda lets the notifier loop.
    pub(super) fn new() -> Self {
        let notifier = TEMPLATE.split_once("\n  Notifier:\n").unwrap().1.split_once("\n\n").unwrap().0;
        let is_meant = notifier.lines().any(|line| line == "      RecursiveLoop: Allow");
        Self::with(if is_meant { RecursiveLoop::Allow } else { RecursiveLoop::Terminate })
    }

    pub(super) fn with(loops: RecursiveLoop) -> Self {
        let clock = FakeClock::at(at("2026-11-20T20:15:30Z"));
        let (ledger, poster, mailer) = (FakeLedger::new(), FakeWebhookClient::new(), FakeMailer::new());
        let delay_queue = NoticeQueue::new(&clock, loops);
        let (connectors, webhooks, queue) = (ledger.clone(), poster.clone(), delay_queue.clone());
        let notifier = Notifier {
            confirmation_mails: Some(ConfirmationMails {
                mailer: Arc::new(mailer.clone()),
                vendor: "vendor.example".parse().unwrap(),
                portal: "https://audit.vendor.example".parse().unwrap(),
            }),
            ..functions::notifier(connectors, webhooks, mailer.clone(), queue, clock.clone())
        };
        Self { clock, ledger, poster, mailer, delay_queue, metrics_sink: FakeMetricsSink::new(), notifier }
    }

    /// An active connector of this tenant with a webhook and two addresses, which are confirmed.
    pub(super) async fn connector(&self, of: &str) -> Connector {
        let connector = self.unconfirmed(of).await;
        self.ledger.confirm(&connector);
        connector
    }

    /// The same, with addresses that have never been asked.
    pub(super) async fn unconfirmed(&self, of: &str) -> Connector {
        let now = self.clock.wall();
        let (mut connector, cursor) = activated(connector(&tenant(of), now), now);
        let emails = ["one", "two"].map(|name| format!("{name}@{of}.example").parse().unwrap());
        connector.contacts.emails = emails.to_vec().try_into().unwrap();
        let (secret, url) = (SecretId::new(unique_id()), format!("https://hooks.{of}.example/"));
        self.ledger.store_secret(&connector.id, &secret, &secret_of(of)).await.unwrap();
        connector.contacts.webhook = Some(Webhook { url: url.parse().unwrap(), secret, retiring: None });
        self.ledger.insert(connector.clone(), cursor);
        connector
    }

    /// Runs the notifier on these messages, and returns the places of those that failed.
    pub(super) async fn handle(&self, bodies: &[String]) -> Vec<String> {
        let event = serde_json::from_value(sqs_event(bodies)).unwrap();
        let answer = batch::handle(&self.notifier, &self.metrics_sink, event).await;
        let failed: Vec<_> = answer.batch_item_failures.into_iter().map(|one| one.item_identifier).collect();
        (0..bodies.len())
            .filter(|place| failed.contains(&message_id(*place)))
            .map(|n| n.to_string())
            .collect()
    }

    pub(super) async fn notify(&self, notice: &Notice) {
        let failed = self.handle(&[self.event(notice)]).await;
        assert_eq!(failed, [""; 0]);
    }

    /// A notice as the bus forwards it.
    pub(super) fn event(&self, notice: &Notice) -> String {
        json!({
            "version": "0", "id": "17793124-05d4-b198-2fde-7ededc63b103", "detail-type": notice.fact.kind(),
            "source": "auditferry", "account": "111111111111", "time": self.clock.wall(),
            "region": "eu-central-1", "resources": [], "detail": notice,
        })
        .to_string()
    }

    /// Delivers due messages of the queue, minute by minute.
    pub(super) async fn advance(&self, span: Duration) {
        let end = self.clock.wall() + span;
        while self.clock.wall() < end {
            self.clock.advance(MINUTE);
            while let Some(invocation) = self.delay_queue.invoke() {
                assert_eq!(self.handle(&invocation.bodies()).await, [""; 0]);
                self.delay_queue.answer(invocation, &[]);
            }
        }
    }

    /// Everyone who was notified, once for each delivery: hosts of webhooks, and addresses.
    pub(super) fn recipients(&self) -> Vec<String> {
        let webhooks = self.poster.sent().into_iter().map(|(url, _)| url.host());
        let mails = self.mailer.sent().into_iter().map(|(to, _)| to.to_string());
        webhooks.chain(mails).collect()
    }

    pub(super) fn count(&self, metric: &str) -> i64 {
        let records = self.metrics_sink.records_after(0);
        let metrics = records.iter().flat_map(|record| &record.metrics);
        metrics.filter(|one| one.name == metric).map(|one| one.value).sum()
    }
}

pub(super) fn secret_of(tenant: &str) -> WebhookSecret {
    // 32 letters of base64 are 24 bytes.
    format!("whsec_{:A<32}", tenant).parse().unwrap()
}

pub(super) fn url(connector: &Connector) -> WebhookUrl {
    connector.contacts.webhook.as_ref().unwrap().url.clone()
}

pub(super) fn blocked(connector: &Connector, now: Time) -> Notice {
    let error = DeliveryError {
        stage: DeliveryStage::PutObject,
        kind: DeliveryErrorKind::Gone,
        code: "NoSuchBucket".into(),
        message: "The specified bucket does not exist".into(),
    };
    let block = Block::new(&error, connector.destination.s3().unwrap().diagnose(&error), None, now, 0);
    Notice::blocked(&connector.tenant, &connector.id, block, &Cursor::new(now, now, now), None)
}

pub(super) fn changed(connector: &Connector, what: Verb) -> Notice {
    let (at, by, after) = (connector.created_at, Caller::System, connector.clone());
    Notice::changed(&Change { version: connector.version, at, by, what, before: None, after })
}

/// The notice of a connector's first delivered part.
pub(super) fn first_file(connector: &Connector, now: Time) -> Notice {
    let seal = fixtures::seal(connector, &Cursor::new(now, now, now), now + MINUTE, &fixtures::worker());
    Notice::delivered(&connector.tenant, &seal.part)
}

/// A notice of each kind that is delivered to contacts.
pub(super) fn each_kind(connector: &Connector, now: Time) -> Vec<Notice> {
    let (tenant, id, cursor) = (&connector.tenant, &connector.id, Cursor::new(now, now, now));
    let recovery = Recovery {
        blocked_since: now,
        blocked_seconds: 60,
        caught_up_from: None,
        backlog: Backlog::of(&cursor),
    };
    vec![
        blocked(connector, now),
        blocked(connector, now).as_reminder(now),
        Notice::recovered(tenant, id, recovery),
        Notice::stale(tenant, id, now, &cursor, None),
        Notice::on_time(tenant, id, now, &cursor, now),
        changed(connector, Verb::Activate),
        first_file(connector, now),
        changed(connector, Verb::Pause),
        changed(connector, Verb::RefuseDestination),
        changed(connector, Verb::TestContacts),
    ]
}
