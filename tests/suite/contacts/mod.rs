//! Whom the notifier notifies of what: a connector's own contacts and nobody else's, at least once, and for a
//! day at most.

mod daily;
mod opt_in;
mod tarpits;
mod world;

use std::time::Duration;

use archive::time::Time;
use control::contacts::retry::GIVE_UP_AFTER;
use ports::Connectors as _;
use ports::DelayQueue as _;
use ports::WebhookResponse;
use protocol::connector::Verb;
use protocol::contacts::{SecretId, WebhookSecret};
use protocol::notice::Fact;
use protocol::notification::{FIRST_FILE_KINDS, NOTICE_COOLDOWN, NOTIFIED_KINDS, NOTIFIED_VERBS};
use serde_json::{Value, json};
use tests::fault_injection::Outage;
use tests::fixtures::unique_id;
use tests::lambda::RecursiveLoop;
use world::{World, blocked, changed, each_kind, first_file, secret_of, url};

const TEMPLATE: &str = include_str!("../../../template.yaml");

#[tokio::test]
async fn each_kind_of_notice_reaches_all_contacts_of_its_connector_and_nobody_else() {
    let world = World::new();
    let (acme, globex) = (world.connector("acme").await, world.connector("globex").await);
    for (nth, notice) in (1..).zip(each_kind(&acme, world.clock.wall())) {
        // One notice of a cause is delivered a day; here that is its reminder.
        world.clock.advance(NOTICE_COOLDOWN);
        world.notify(&notice).await;
        let notified = world.recipients();
        for contact in ["hooks.acme.example", "one@acme.example", "two@acme.example"] {
            assert_eq!(notified.iter().filter(|one| *one == contact).count(), nth, "{contact} of {notice:?}");
        }
        assert_eq!(notified.len(), 3 * nth, "{notified:?}");
    }
    assert!(world.recipients().iter().all(|one| one.ends_with("acme.example")));
    let mails = world.mailer.sent();
    assert!(mails.iter().all(|(_, mail)| !format!("{mail:?}").contains(globex.id.as_str())));
}

#[tokio::test]
async fn an_activation_and_the_first_file_are_each_reported_once_and_later_files_never() {
    let world = World::new();
    let acme = world.connector("acme").await;
    let now = world.clock.wall();
    let first = first_file(&acme, now);
    let mut second = first.clone();
    let Fact::Delivered(delivery) = &mut second.fact else { panic!("{second:?}") };
    delivery.part = delivery.part.next();
    second.id = format!("{}-exportdelivered-2", acme.id);
    for notice in [changed(&acme, Verb::Activate), first.clone(), second] {
        world.notify(&notice).await;
    }
    let subjects: Vec<_> = world.mailer.sent().into_iter().map(|(_, mail)| mail.subject).collect();
    let expected = ["is active", "has arrived"];
    assert_eq!(subjects.len(), 2 * expected.len(), "two addresses: {subjects:?}");
    for text in expected {
        assert_eq!(subjects.iter().filter(|subject| subject.contains(text)).count(), 2, "{subjects:?}");
    }
    // A worker that died after the decision leaves the notice to the next one.
    world.notify(&first).await;
    assert_eq!(world.mailer.sent().len(), 6);
}

#[tokio::test]
async fn a_webhook_is_signed_with_its_own_secret_and_the_previous_one_until_that_expires() {
    let world = World::new();
    let acme = world.connector("acme").await;
    world.connector("globex").await;
    let (new, now) = (SecretId::new(unique_id()), world.clock.wall());
    let fresh_secret: WebhookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".parse().unwrap();
    world.ledger.store_secret(&acme.id, &new, &fresh_secret).await.unwrap();
    let signed_by = async || {
        world.notify(&changed(&acme, Verb::TestContacts)).await;
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
async fn a_webhook_that_is_down_is_retried_alone_until_it_accepts_the_same_message() {
    let world = World::new();
    let acme = world.connector("acme").await;
    world.poster.respond_with(&url(&acme), WebhookResponse::Rejected("it answered 503".into()));
    world.notify(&blocked(&acme, world.clock.wall())).await;
    world.advance(Duration::from_hours(3)).await;
    world.poster.respond_with(&url(&acme), WebhookResponse::Accepted);
    world.advance(Duration::from_hours(8)).await;
    let sent = world.poster.sent();
    assert!((6..=12).contains(&sent.len()), "{} tries", sent.len());
    assert!(sent.iter().all(|(_, message)| message.id == sent[0].1.id && message.body == sent[0].1.body));
    assert_ne!(sent[0].1.timestamp, sent.last().unwrap().1.timestamp, "each is signed with its own time");
    assert_eq!(world.mailer.sent().len(), 2, "contacts that have it are not notified again");
    assert_eq!(
        (world.delay_queue.waiting().len(), world.count("ContactsTold"), world.count("ContactsUnreached")),
        (0, 3, 0)
    );
}

#[tokio::test]
async fn a_webhook_that_stays_down_is_abandoned_after_a_day_counted_once_and_fails_no_message() {
    let world = World::new();
    let acme = world.connector("acme").await;
    world.poster.respond_with(&url(&acme), WebhookResponse::TimedOut);
    world.notify(&blocked(&acme, world.clock.wall())).await;
    world.advance(GIVE_UP_AFTER + Duration::from_hours(1)).await;
    let tries = world.poster.sent().len();
    assert!((12..=22).contains(&tries), "{tries} tries");
    assert_eq!((world.count("ContactsUnreached"), world.delay_queue.waiting().len()), (1, 0));
    assert_eq!(world.delay_queue.dead_letters(), [""; 0]);
    let chain = world.delay_queue.longest_chain();
    assert!((80..=120).contains(&chain), "{chain} invocations: infra/README.md says about a hundred");
    world.advance(GIVE_UP_AFTER).await;
    assert_eq!(world.poster.sent().len(), tries);
}

/// Why the template sets `RecursiveLoop: Allow`. Without it, nothing counts the contact as abandoned, and its
/// address is lost.
#[tokio::test]
async fn where_lambda_stops_loops_a_contact_is_lost_within_three_hours() {
    let world = World::with(RecursiveLoop::Terminate);
    let acme = world.connector("acme").await;
    world.poster.respond_with(&url(&acme), WebhookResponse::Rejected("no answer within 10 seconds".into()));
    world.notify(&blocked(&acme, world.clock.wall())).await;
    world.advance(Duration::from_hours(2)).await;
    assert_eq!(world.delay_queue.dead_letters().len(), 0);
    world.advance(Duration::from_hours(2)).await;
    let tries = world.poster.sent().len();
    assert!((7..=10).contains(&tries), "{tries} tries");
    assert_eq!((world.delay_queue.dead_letters().len(), world.delay_queue.waiting().len()), (1, 0));
    world.poster.respond_with(&url(&acme), WebhookResponse::Accepted);
    world.advance(GIVE_UP_AFTER).await;
    assert_eq!((world.poster.sent().len(), world.count("ContactsUnreached")), (tries, 0));
}

/// Why a retry is sent as a new message: a message that returns by itself is counted, and ends at the fifth
/// receive. A day takes a hundred.
#[tokio::test]
async fn a_message_that_fails_five_times_ends_in_the_dead_letter_queue() {
    let world = World::new();
    let acme = world.connector("acme").await;
    world
        .delay_queue
        .send_after(&world.event(&blocked(&acme, world.clock.wall())), Duration::ZERO, &acme.tenant)
        .await
        .unwrap();
    world.ledger.change(&acme.id, |connector| {
        connector.contacts.webhook.as_mut().unwrap().secret = SecretId::new(unique_id());
    });
    let mut received = 0;
    for _ in 0..12 {
        while let Some(invocation) = world.delay_queue.invoke() {
            assert_eq!(world.handle(&invocation.bodies()).await, ["0"]);
            world.delay_queue.answer(invocation, &[0]);
            received += 1;
        }
        world.clock.advance(Duration::from_mins(10));
    }
    assert_eq!(
        (received, world.delay_queue.dead_letters().len(), world.delay_queue.waiting().len()),
        (5, 1, 0)
    );
}

#[tokio::test]
async fn a_webhook_that_answers_410_is_not_retried_for_this_notice() {
    let world = World::new();
    let acme = world.connector("acme").await;
    world.poster.respond_with(&url(&acme), WebhookResponse::Gone);
    world.notify(&blocked(&acme, world.clock.wall())).await;
    world.advance(GIVE_UP_AFTER).await;
    assert_eq!((world.poster.sent().len(), world.count("ContactsUnreached")), (1, 1));
}

#[tokio::test]
async fn a_removed_contact_gets_no_pending_retries() {
    let world = World::new();
    let acme = world.connector("acme").await;
    world.poster.respond_with(&url(&acme), WebhookResponse::Rejected("it answered 500".into()));
    world.mailer.outage(Outage::Throttled, 2);
    world.notify(&blocked(&acme, world.clock.wall())).await;
    assert_eq!((world.delay_queue.waiting().len(), world.recipients().len()), (3, 1));
    world.ledger.change(&acme.id, |connector| {
        let one = vec!["one@acme.example".parse().unwrap()].try_into().unwrap();
        connector.set_contacts(one, None, &SecretId::new(0)).unwrap();
    });
    world.advance(GIVE_UP_AFTER).await;
    assert_eq!(world.recipients(), ["hooks.acme.example", "one@acme.example"]);
}

#[tokio::test]
async fn a_mail_that_ses_refuses_is_counted_each_time_and_retried_until_someone_fixes_it() {
    let world = World::new();
    let acme = world.connector("acme").await;
    world.mailer.outage(Outage::Denied, 4);
    world.notify(&blocked(&acme, world.clock.wall())).await;
    assert_eq!((world.count("MailsRefused"), world.mailer.sent().len()), (2, 0));
    world.advance(Duration::from_hours(1)).await;
    assert_eq!((world.count("MailsRefused"), world.mailer.sent().len()), (4, 2));
    assert_eq!((world.poster.sent().len(), world.count("ContactsUnreached")), (1, 0));
}

#[tokio::test]
async fn without_a_sender_webhooks_are_still_notified() {
    let mut world = World::new();
    world.notifier.mailer = None;
    let acme = world.connector("acme").await;
    world.notify(&blocked(&acme, world.clock.wall())).await;
    assert_eq!(
        (world.recipients(), world.delay_queue.waiting().len()),
        (vec!["hooks.acme.example".to_owned()], 0)
    );
}

/// Also notices of a deleted connector, of one that never existed, and a notice that someone else has put
/// into the queue.
#[tokio::test]
async fn a_notice_without_contacts_notifies_nobody_and_a_foreign_message_is_dropped_and_counted() {
    let world = World::new();
    let (acme, globex) = (world.connector("acme").await, world.connector("globex").await);
    let now = world.clock.wall();
    let mut foreign = blocked(&acme, now);
    foreign.connector = globex.id.clone();
    let mut unknown = blocked(&acme, now);
    unknown.connector = "con_ffffffffffffffff".parse().unwrap();
    let nothing_to_notify = changed(&acme, Verb::Resume);
    world.ledger.change(&acme.id, |connector| connector.state = protocol::connector::State::Deleted);
    let mut wrong: Value = serde_json::from_str(&world.event(&blocked(&globex, now))).unwrap();
    wrong["detail"]["block"] = json!("none");
    let failed = world
        .handle(&[
            world.event(&blocked(&acme, now)),
            world.event(&foreign),
            world.event(&unknown),
            world.event(&nothing_to_notify),
            wrong.to_string(),
            "poison".to_owned(),
            String::new(),
            r#"{"connector_id": "con_0000000000000001"}"#.to_owned(),
        ])
        .await;
    assert_eq!((failed, world.recipients()), (vec![], vec![]));
    assert_eq!(world.count("MessagesDropped"), 5);
}

#[tokio::test]
async fn an_internal_error_fails_its_message_alone() {
    let world = World::new();
    let (acme, globex) = (world.connector("acme").await, world.connector("globex").await);
    // Settings that name a missing secret.
    world.ledger.change(&acme.id, |connector| {
        connector.contacts.webhook.as_mut().unwrap().secret = SecretId::new(unique_id());
    });
    let now = world.clock.wall();
    let messages = [world.event(&blocked(&acme, now)), world.event(&blocked(&globex, now))];
    assert_eq!(world.handle(&messages).await, ["0"]);
    assert!(world.recipients().contains(&"hooks.globex.example".to_owned()));
    assert!(!world.recipients().contains(&"hooks.acme.example".to_owned()));
    // A message that can't be sent again fails and is redelivered whole.
    world.poster.respond_with(&url(&globex), WebhookResponse::Rejected("it answered 500".into()));
    world.delay_queue.outage(Outage::Throttled, 1);
    assert_eq!(world.handle(&messages[1..]).await, ["0"]);
}

#[tokio::test]
async fn an_early_message_is_delayed_again_without_an_attempt() {
    let world = World::new();
    let acme = world.connector("acme").await;
    world.poster.respond_with(&url(&acme), WebhookResponse::Rejected("it answered 500".into()));
    world.notify(&changed(&acme, Verb::TestContacts)).await;
    let held = world.delay_queue.waiting();
    assert_eq!((world.handle(&held).await, world.poster.sent().len()), (vec![], 1));
    world.delay_queue.send_after("{}", Duration::ZERO, &acme.tenant).await.unwrap();
    assert_eq!(world.delay_queue.waiting().len(), 3, "delayed again, and the one that was there");
}

/// The list after `name: [` in a rule's pattern.
fn listed(rule: &str, name: &str) -> Vec<String> {
    let text = TEMPLATE.split_once(&format!("\n  {rule}:\n")).unwrap().1;
    let text = text.split_once(&format!("{name}: [")).unwrap().1.split_once(']').unwrap().0;
    text.split(',').map(|word| word.trim().to_owned()).collect()
}

#[test]
fn the_rules_of_the_template_forward_what_the_notifier_reads_and_nothing_else() {
    assert_eq!(listed("TroubleToContacts", "detail-type"), NOTIFIED_KINDS);
    assert_eq!(listed("FirstFilesToContacts", "detail-type"), FIRST_FILE_KINDS);
    assert_eq!(listed("FirstFilesToContacts", "part"), ["1"]);
    assert_eq!(listed("ChangesToContacts", "detail-type"), ["ConnectorChanged"]);
    let verbs = NOTIFIED_VERBS.map(|verb| serde_json::to_value(verb).unwrap());
    assert_eq!(listed("ChangesToContacts", "what"), verbs.map(|verb| verb.as_str().unwrap().to_owned()));
}
