//! One notice a day for each cause and contact, for a connector that flaps: through crashes, duplicate
//! messages and concurrent workers.

use std::sync::Arc;
use std::time::Duration;

use archive::time::Time;
use ports::WebhookResponse;
use protocol::connector::{Connector, Verb};
use protocol::cursor::Cursor;
use protocol::delivery_error::{Block, DeliveryError, DeliveryErrorKind, DeliveryStage};
use protocol::notice::{Backlog, Notice, Recovery};
use protocol::notification::NOTICE_COOLDOWN;
use serde_json::Value;
use tests::fault_injection::{FaultPlan, Flaky, InjectedFault};

use super::world::{World, blocked, changed, url};

fn recovered(connector: &Connector, blocked_since: Time, now: Time) -> Notice {
    let backlog = Backlog::of(&Cursor::new(now, now, now));
    let recovery = Recovery { blocked_since, blocked_seconds: 60, caught_up_from: None, backlog };
    Notice::recovered(&connector.tenant, &connector.id, recovery)
}

fn denied(connector: &Connector, now: Time) -> Notice {
    let (stage, kind) = (DeliveryStage::PutObject, DeliveryErrorKind::Denied);
    let error = DeliveryError { stage, kind, code: "AccessDenied".into(), message: "Access Denied".into() };
    let block = Block::new(&error, connector.destination.s3().unwrap().diagnose(&error), None, now, 0);
    Notice::blocked(&connector.tenant, &connector.id, block, &Cursor::new(now, now, now), None)
}

/// The bodies that the webhook has received, by type.
fn webhook(world: &World) -> Vec<(String, Value)> {
    let bodies = world.poster.sent().into_iter().map(|(_, message)| message.body);
    let bodies = bodies.map(|body| serde_json::from_slice::<Value>(&body).unwrap());
    bodies.map(|body| (body["type"].as_str().unwrap().to_owned(), body["data"].clone())).collect()
}

#[tokio::test]
async fn a_connector_that_flaps_for_three_days_notifies_each_contact_four_times_and_counts_the_rest() {
    let world = World::new();
    let acme = world.connector("acme").await;
    for _ in 0..3 * 24 * 6 + 1 {
        let since = world.clock.wall();
        world.notify(&blocked(&acme, since)).await;
        world.clock.advance(Duration::from_mins(5));
        world.notify(&recovered(&acme, since, world.clock.wall())).await;
        world.clock.advance(Duration::from_mins(5));
    }
    let sent = webhook(&world);
    let blocks: Vec<_> = sent.iter().filter(|(kind, _)| kind == "ExportBlocked").collect();
    let ends = sent.iter().filter(|(kind, _)| kind == "ExportRecovered").count();
    assert_eq!((blocks.len(), ends), (4, 4), "the end of a published block is published, and no other");
    let held: Vec<_> = blocks.iter().map(|(_, data)| data.get("held_back").cloned()).collect();
    assert_eq!(held, [None, Some(143.into()), Some(143.into()), Some(143.into())]);
    assert_eq!(world.mailer.sent().len(), 2 * 8, "two addresses, as often");
    let mails = world.mailer.sent();
    let (_, last) =
        mails.iter().rev().find(|(_, mail)| mail.subject.contains("has been blocked since")).unwrap();
    assert!(last.text.contains("143 more times since our last message"), "{}", last.text);
    assert_eq!(world.count("NoticesHeldBack"), 3 * 2 * (3 * 143));
}

#[tokio::test]
async fn another_cause_another_connector_and_a_test_notify_within_the_day() {
    let world = World::new();
    let (acme, other) = (world.connector("acme").await, world.connector("acme").await);
    let now = world.clock.wall();
    for notice in [blocked(&acme, now), denied(&acme, now), blocked(&other, now)] {
        world.notify(&notice).await;
    }
    assert_eq!(world.recipients().len(), 3 * 3);
    for _ in 0..2 {
        world.notify(&changed(&acme, Verb::TestContacts)).await;
    }
    assert_eq!(world.recipients().len(), 5 * 3);
    world.notify(&changed(&acme, Verb::Pause)).await;
    assert_eq!(world.recipients().len(), 6 * 3);
}

/// The watchdog's reminder repeats what lasts, even if it began within the day.
#[tokio::test]
async fn a_held_back_problem_that_lasts_comes_with_the_next_reminder() {
    let world = World::new();
    let acme = world.connector("acme").await;
    let first = world.clock.wall();
    world.notify(&blocked(&acme, first)).await;
    world.notify(&recovered(&acme, first, first)).await;
    world.clock.advance(Duration::from_hours(1));
    let again = world.clock.wall();
    world.notify(&blocked(&acme, again)).await;
    assert_eq!(webhook(&world).len(), 2);
    world.clock.advance(NOTICE_COOLDOWN);
    world.notify(&blocked(&acme, again).as_reminder(world.clock.wall())).await;
    world.notify(&recovered(&acme, again, world.clock.wall())).await;
    let kinds: Vec<String> = webhook(&world).into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, ["ExportBlocked", "ExportRecovered", "ExportBlocked", "ExportRecovered"]);
}

/// A crash after any call: the message is redelivered, and the contact is notified of this one notice at
/// least once.
#[tokio::test]
async fn a_crash_or_a_lost_answer_at_any_call_notifies_at_least_once() {
    for fault in [InjectedFault::Crash, InjectedFault::Fail, InjectedFault::LoseResponse] {
        for nth in 1.. {
            let mut world = World::new();
            let acme = world.connector("acme").await;
            let plan = FaultPlan::none().inject_at_call(nth, fault);
            world.notifier.connectors = Arc::new(Flaky::new(world.ledger.clone(), &plan));
            world.notifier.state = Arc::new(Flaky::new(world.ledger.clone(), &plan));
            let message = world.event(&blocked(&acme, world.clock.wall()));
            let failed = plan.run(world.handle(std::slice::from_ref(&message))).await;
            let calls = plan.calls().len();
            if failed.is_none_or(|failed| !failed.is_empty()) {
                assert_eq!(world.handle(&[message]).await, [""; 0], "redelivered, {fault:?} at {nth}");
            }
            world.advance(Duration::from_mins(2)).await;
            let notified = world.recipients();
            for contact in ["hooks.acme.example", "one@acme.example", "two@acme.example"] {
                assert!(notified.iter().any(|one| one == contact), "{contact}, {fault:?} at call {nth}");
            }
            let ids: std::collections::BTreeSet<String> =
                world.poster.sent().into_iter().map(|(_, message)| message.id).collect();
            assert_eq!(ids.len(), 1);
            if calls < nth {
                break;
            }
        }
    }
}

#[tokio::test]
async fn of_two_concurrent_notices_of_one_cause_one_is_delivered_and_one_held_back() {
    let world = World::new();
    let acme = world.connector("acme").await;
    let now = world.clock.wall();
    let messages: Vec<String> =
        (0..10).map(|n| world.event(&blocked(&acme, now + Duration::from_millis(n)))).collect();
    assert_eq!(world.handle(&messages).await, [""; 0]);
    assert_eq!((webhook(&world).len(), world.mailer.sent().len()), (1, 2));
    assert_eq!(world.count("NoticesHeldBack"), 27);
}

/// A retry for a webhook that is down is the same notice: its own decision does not hold it back.
#[tokio::test]
async fn a_retried_notice_is_not_held_back_by_itself() {
    let world = World::new();
    let acme = world.connector("acme").await;
    world.poster.respond_with(&url(&acme), WebhookResponse::Rejected("it answered 503".into()));
    world.notify(&blocked(&acme, world.clock.wall())).await;
    world.clock.advance(Duration::from_mins(10));
    world.notify(&blocked(&acme, world.clock.wall())).await;
    world.poster.respond_with(&url(&acme), WebhookResponse::Accepted);
    world.advance(Duration::from_hours(5)).await;
    let ids: Vec<String> = world.poster.sent().into_iter().map(|(_, message)| message.id).collect();
    assert!(ids.len() >= 2 && ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(world.count("ContactsTold"), 3);
}
