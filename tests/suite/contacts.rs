//! Whom the notifier tells what: a connector's own contacts and nobody else's, at least once, and for a day at most.

use std::sync::Arc;
use std::time::Duration;

use domain::connector::{Caller, Change, Connector, Verb};
use domain::contacts::{KINDS, SecretId, VERBS, Webhook, WebhookSecret, retry::TRIED_FOR};
use domain::cursor::Cursor;
use domain::fault::{Block, Fault, Reason, Stage};
use domain::names::WebhookUrl;
use domain::notice::{Backlog, Notice, Recovery};
use domain::ports::{Connectors as _, Later as _, Mailer, Posted};
use domain::time::Time;
use notifier::{Notifier, batch};
use serde_json::{Value, json};
use tests::failing::Outage;
use tests::fakes::{FakeClock, FakeLater, FakeLedger, FakeMailer, FakeMeter, FakePoster, SeededRandomness};
use tests::fixtures::{activated, at, connector, fresh, tenant};

const TEMPLATE: &str = include_str!("../../template.yaml");
const MINUTE: Duration = Duration::from_mins(1);

/// A notifier on the fakes.
struct World {
    clock: FakeClock,
    ledger: FakeLedger,
    poster: FakePoster,
    mailer: FakeMailer,
    later: FakeLater,
    meter: FakeMeter,
    notifier: Notifier,
}

impl World {
    fn new() -> Self {
        let clock = FakeClock::at(at("2026-11-20T20:15:30Z"));
        let (ledger, poster, mailer) = (FakeLedger::new(), FakePoster::new(), FakeMailer::new());
        let later = FakeLater::new(&clock);
        let notifier = Notifier {
            connectors: Arc::new(ledger.clone()),
            poster: Arc::new(poster.clone()),
            mailer: Some(Arc::new(mailer.clone()) as Arc<dyn Mailer>),
            later: Arc::new(later.clone()),
            clock: Arc::new(clock.clone()),
            randomness: Arc::new(SeededRandomness::new(7)),
        };
        Self { clock, ledger, poster, mailer, later, meter: FakeMeter::new(), notifier }
    }

    /// An active connector of this tenant with a webhook and two addresses.
    async fn connector(&self, of: &str) -> Connector {
        let now = self.clock.wall();
        let (mut connector, cursor) = activated(connector(&tenant(of), now), now);
        let emails = ["one", "two"].map(|name| format!("{name}@{of}.example").parse().unwrap());
        connector.contacts.emails = emails.to_vec().try_into().unwrap();
        let (secret, url) = (SecretId::new(fresh()), format!("https://hooks.{of}.example/"));
        self.ledger.keep_secret(&connector.id, &secret, &secret_of(of)).await.unwrap();
        connector.contacts.webhook = Some(Webhook { url: url.parse().unwrap(), secret, retiring: None });
        self.ledger.insert(connector.clone(), cursor);
        connector
    }

    /// Hands these messages to the notifier, and returns those that failed.
    async fn handle(&self, bodies: &[String]) -> Vec<String> {
        let records =
            bodies.iter().enumerate().map(|(n, body)| json!({"messageId": n.to_string(), "body": body}));
        let event = serde_json::from_value(json!({"Records": records.collect::<Vec<_>>()})).unwrap();
        let answer = batch::handle(&self.notifier, &self.meter, event).await;
        answer.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect()
    }

    async fn tell(&self, notice: &Notice) {
        let failed = self.handle(&[self.event(notice)]).await;
        assert_eq!(failed, [""; 0]);
    }

    /// A notice as the bus hands it on.
    fn event(&self, notice: &Notice) -> String {
        json!({
            "version": "0", "id": "17793124-05d4-b198-2fde-7ededc63b103", "detail-type": notice.fact.kind(),
            "source": "auditferry", "account": "111111111111", "time": self.clock.wall(), "region": "eu-central-1",
            "resources": [], "detail": notice,
        })
        .to_string()
    }

    /// Lets the queue hand out what is due, minute by minute.
    async fn go_on(&self, span: Duration) {
        let end = self.clock.wall() + span;
        while self.clock.wall() < end {
            self.clock.advance(MINUTE);
            let due = self.later.due();
            assert_eq!(self.handle(&due).await, [""; 0]);
        }
    }

    /// Who was told, and how often: the hosts of webhooks, and addresses.
    fn told(&self) -> Vec<String> {
        let webhooks = self.poster.sent().into_iter().map(|(url, _)| url.host());
        let mails = self.mailer.sent().into_iter().map(|(to, _)| to.to_string());
        webhooks.chain(mails).collect()
    }

    fn count(&self, figure: &str) -> i64 {
        let records = self.meter.records_after(0);
        let figures = records.iter().flat_map(|record| &record.figures);
        figures.filter(|one| one.name == figure).map(|one| one.value).sum()
    }
}

fn secret_of(tenant: &str) -> WebhookSecret {
    // 32 letters of base64 are 24 bytes.
    format!("whsec_{:A<32}", tenant).parse().unwrap()
}

fn url(connector: &Connector) -> WebhookUrl {
    connector.contacts.webhook.as_ref().unwrap().url.clone()
}

fn blocked(connector: &Connector, now: Time) -> Notice {
    let fault = Fault {
        stage: Stage::PutObject,
        reason: Reason::Gone,
        code: "NoSuchBucket".into(),
        message: "The specified bucket does not exist".into(),
    };
    let block = Block::new(&fault, connector.destination.as_ref().unwrap(), None, now, 0);
    Notice::blocked(&connector.tenant, &connector.id, block, &Cursor::new(now, now, now), None)
}

fn changed(connector: &Connector, what: Verb) -> Notice {
    let (at, by, after) = (connector.created_at, Caller::System, connector.clone());
    Notice::changed(&Change { version: connector.version, at, by, what, before: None, after })
}

/// A notice of each kind that contacts are told of.
fn each_kind(connector: &Connector, now: Time) -> Vec<Notice> {
    let (tenant, id, cursor) = (&connector.tenant, &connector.id, Cursor::new(now, now, now));
    let recovery = Recovery {
        blocked_since: now,
        blocked_seconds: 60,
        caught_up_from: None,
        backlog: Backlog::of(&cursor),
    };
    vec![
        blocked(connector, now),
        blocked(connector, now).again(now),
        Notice::recovered(tenant, id, recovery),
        Notice::stale(tenant, id, now, &cursor, None),
        Notice::on_time(tenant, id, now, &cursor, now),
        changed(connector, Verb::Pause),
        changed(connector, Verb::RefuseDestination),
        changed(connector, Verb::TestContacts),
    ]
}

#[tokio::test]
async fn each_kind_of_notice_reaches_all_contacts_of_its_connector_and_nobody_else() {
    let world = World::new();
    let (acme, globex) = (world.connector("acme").await, world.connector("globex").await);
    for (nth, notice) in (1..).zip(each_kind(&acme, world.clock.wall())) {
        world.tell(&notice).await;
        let told = world.told();
        for contact in ["hooks.acme.example", "one@acme.example", "two@acme.example"] {
            assert_eq!(told.iter().filter(|one| *one == contact).count(), nth, "{contact} of {notice:?}");
        }
        assert_eq!(told.len(), 3 * nth, "{told:?}");
    }
    assert!(world.told().iter().all(|one| one.ends_with("acme.example")));
    let mails = world.mailer.sent();
    assert!(mails.iter().all(|(_, mail)| !format!("{mail:?}").contains(globex.id.as_str())));
}

#[tokio::test]
async fn a_webhook_is_signed_with_its_own_secret_and_the_one_before_until_that_retires() {
    let world = World::new();
    let acme = world.connector("acme").await;
    world.connector("globex").await;
    let (new, now) = (SecretId::new(fresh()), world.clock.wall());
    let fresh_secret: WebhookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".parse().unwrap();
    world.ledger.keep_secret(&acme.id, &new, &fresh_secret).await.unwrap();
    let signed_by = async || {
        world.tell(&changed(&acme, Verb::TestContacts)).await;
        let (_, sent) = world.poster.sent().pop().unwrap();
        let at = Time::from_millis(sent.timestamp.parse::<i64>().unwrap() * 1000).unwrap();
        let by =
            [("acme", secret_of("acme")), ("globex", secret_of("globex")), ("new", fresh_secret.clone())]
                .map(|(name, secret)| (name, secret.sign(&sent.id, at, &sent.body)));
        let known =
            |signature: &str| by.iter().find(|(_, s)| s == signature).map_or("nobody", |(name, _)| *name);
        sent.signature.split(' ').map(known).collect::<Vec<_>>()
    };
    assert_eq!(signed_by().await, ["acme"]);
    world.ledger.change(&acme.id, |connector| connector.rotate_webhook_secret(now, &new).unwrap());
    assert_eq!(signed_by().await, ["new", "acme"]);
    world.clock.advance(Duration::from_hours(24));
    assert_eq!(signed_by().await, ["new"]);
}

#[tokio::test]
async fn a_webhook_that_is_down_is_tried_again_alone_until_it_takes_the_same_message() {
    let world = World::new();
    let acme = world.connector("acme").await;
    world.poster.answers(&url(&acme), Posted::NotTaken("it answered 503".into()));
    world.tell(&blocked(&acme, world.clock.wall())).await;
    world.go_on(Duration::from_hours(3)).await;
    world.poster.answers(&url(&acme), Posted::Taken);
    world.go_on(Duration::from_hours(8)).await;
    let sent = world.poster.sent();
    assert!((6..=12).contains(&sent.len()), "{} tries", sent.len());
    assert!(sent.iter().all(|(_, message)| message.id == sent[0].1.id && message.body == sent[0].1.body));
    assert_ne!(sent[0].1.timestamp, sent.last().unwrap().1.timestamp, "each is signed for its own time");
    assert_eq!(world.mailer.sent().len(), 2, "whoever has it is not told again");
    assert_eq!(
        (world.later.held().len(), world.count("ContactsTold"), world.count("ContactsUnreached")),
        (0, 3, 0)
    );
}

#[tokio::test]
async fn a_webhook_that_stays_down_is_given_up_after_a_day_counted_once_and_no_failed_message() {
    let world = World::new();
    let acme = world.connector("acme").await;
    world.poster.answers(&url(&acme), Posted::NotTaken("no answer within 10 seconds".into()));
    world.tell(&blocked(&acme, world.clock.wall())).await;
    world.go_on(TRIED_FOR + Duration::from_hours(1)).await;
    let tries = world.poster.sent().len();
    assert!((12..=22).contains(&tries), "{tries} tries");
    assert_eq!((world.count("ContactsUnreached"), world.later.held().len()), (1, 0));
    world.go_on(TRIED_FOR).await;
    assert_eq!(world.poster.sent().len(), tries);
}

#[tokio::test]
async fn one_that_wants_no_more_is_not_asked_again_for_this_notice() {
    let world = World::new();
    let acme = world.connector("acme").await;
    world.poster.answers(&url(&acme), Posted::Gone);
    world.tell(&blocked(&acme, world.clock.wall())).await;
    world.go_on(TRIED_FOR).await;
    assert_eq!((world.poster.sent().len(), world.count("ContactsUnreached")), (1, 1));
}

#[tokio::test]
async fn whoever_is_taken_off_hears_nothing_more_of_what_was_to_be_tried_again_either() {
    let world = World::new();
    let acme = world.connector("acme").await;
    world.poster.answers(&url(&acme), Posted::NotTaken("it answered 500".into()));
    world.mailer.outage(Outage::Throttled, 2);
    world.tell(&blocked(&acme, world.clock.wall())).await;
    assert_eq!((world.later.held().len(), world.told().len()), (3, 1));
    world.ledger.change(&acme.id, |connector| {
        let one = vec!["one@acme.example".parse().unwrap()].try_into().unwrap();
        connector.set_contacts(one, None, &SecretId::new(0)).unwrap();
    });
    world.go_on(TRIED_FOR).await;
    assert_eq!(world.told(), ["hooks.acme.example", "one@acme.example"]);
}

#[tokio::test]
async fn a_mail_that_ses_refuses_is_counted_each_time_and_tried_until_someone_has_mended_it() {
    let world = World::new();
    let acme = world.connector("acme").await;
    world.mailer.outage(Outage::Denied, 4);
    world.tell(&blocked(&acme, world.clock.wall())).await;
    assert_eq!((world.count("MailsRefused"), world.mailer.sent().len()), (2, 0));
    world.go_on(Duration::from_hours(1)).await;
    assert_eq!((world.count("MailsRefused"), world.mailer.sent().len()), (4, 2));
    assert_eq!((world.poster.sent().len(), world.count("ContactsUnreached")), (1, 0));
}

#[tokio::test]
async fn without_a_sender_webhooks_are_told_all_the_same() {
    let mut world = World::new();
    world.notifier.mailer = None;
    let acme = world.connector("acme").await;
    world.tell(&blocked(&acme, world.clock.wall())).await;
    assert_eq!((world.told(), world.later.held().len()), (vec!["hooks.acme.example".to_owned()], 0));
}

/// Also of a deleted connector, of one that was never there, and of a notice that someone else has put into the queue.
#[tokio::test]
async fn what_concerns_nobody_is_told_to_nobody_and_what_is_not_ours_is_dropped_and_counted() {
    let world = World::new();
    let (acme, globex) = (world.connector("acme").await, world.connector("globex").await);
    let now = world.clock.wall();
    let mut foreign = blocked(&acme, now);
    foreign.connector = globex.id.clone();
    let mut unknown = blocked(&acme, now);
    unknown.connector = "con_ffffffffffffffff".parse().unwrap();
    let nothing_to_tell = changed(&acme, Verb::Resume);
    world.ledger.change(&acme.id, |connector| connector.state = domain::connector::State::Deleted);
    let mut wrong: Value = serde_json::from_str(&world.event(&blocked(&globex, now))).unwrap();
    wrong["detail"]["block"] = json!("none");
    let failed = world
        .handle(&[
            world.event(&blocked(&acme, now)),
            world.event(&foreign),
            world.event(&unknown),
            world.event(&nothing_to_tell),
            wrong.to_string(),
            "poison".to_owned(),
            String::new(),
            r#"{"connector_id": "con_0000000000000001"}"#.to_owned(),
        ])
        .await;
    assert_eq!((failed, world.told()), (vec![], vec![]));
    assert_eq!(world.count("MessagesDropped"), 5);
}

#[tokio::test]
async fn a_fault_of_ours_fails_its_message_alone() {
    let world = World::new();
    let (acme, globex) = (world.connector("acme").await, world.connector("globex").await);
    // Settings that name a secret which is not there.
    world.ledger.change(&acme.id, |connector| {
        connector.contacts.webhook.as_mut().unwrap().secret = SecretId::new(fresh());
    });
    let now = world.clock.wall();
    let messages = [world.event(&blocked(&acme, now)), world.event(&blocked(&globex, now))];
    assert_eq!(world.handle(&messages).await, ["0"]);
    assert!(world.told().contains(&"hooks.globex.example".to_owned()));
    assert!(!world.told().contains(&"hooks.acme.example".to_owned()));
    // And what can't be put back is handed out again whole.
    world.poster.answers(&url(&globex), Posted::NotTaken("it answered 500".into()));
    world.later.outage(Outage::Throttled, 1);
    assert_eq!(world.handle(&messages[1..]).await, ["0"]);
}

#[tokio::test]
async fn a_message_that_comes_early_waits_on_without_a_try() {
    let world = World::new();
    let acme = world.connector("acme").await;
    world.poster.answers(&url(&acme), Posted::NotTaken("it answered 500".into()));
    world.tell(&changed(&acme, Verb::TestContacts)).await;
    let held = world.later.held();
    assert_eq!((world.handle(&held).await, world.poster.sent().len()), (vec![], 1));
    world.later.later("{}", Duration::ZERO).await.unwrap();
    assert_eq!(world.later.held().len(), 3, "put back, and the one that was there");
}

/// What stands in a rule's pattern behind `name: [`.
fn listed(rule: &str, name: &str) -> Vec<String> {
    let text = TEMPLATE.split_once(&format!("\n  {rule}:\n")).unwrap().1;
    let text = text.split_once(&format!("{name}: [")).unwrap().1.split_once(']').unwrap().0;
    text.split(',').map(|word| word.trim().to_owned()).collect()
}

#[test]
fn the_rules_of_the_template_hand_on_what_is_read_and_nothing_else() {
    assert_eq!(listed("TroubleToContacts", "detail-type"), KINDS);
    assert_eq!(listed("ChangesToContacts", "detail-type"), ["ConnectorChanged"]);
    assert_eq!(listed("ChangesToContacts", "what"), VERBS);
}
