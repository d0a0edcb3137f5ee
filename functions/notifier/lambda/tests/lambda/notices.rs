//! How notices, other messages and an invalid environment are handled.

use std::time::Duration;

use archive::names::EmailAddress;
use archive::time::Time;
use ports::DelayQueue as _;
use ports::MAX_DELAY;
use protocol::caller::Caller;
use protocol::connector::{Change, Connector, Verb};
use protocol::contacts::{Consent, LinkToken};
use protocol::notice::Notice;
use serde_json::{Value, json};
use tests::fakes::FakeClock;
use tests::fixtures;
use tests::lambda::{NoticeQueue, RecursiveLoop};

use crate::world::{CANARY, SENDER, World, batch, notifier, webhook_secret};

/// A notice as the bus delivers it.
fn event(connector: &Connector, now: Time) -> String {
    let (by, after) = (Caller::System, connector.clone());
    let notice =
        Notice::changed(&Change { version: 2, at: now, by, what: Verb::TestContacts, before: None, after });
    json!({
        "version": "0", "id": "17793124-05d4-b198-2fde-7ededc63b103", "detail-type": notice.fact.kind(),
        "source": "auditferry", "account": "111111111111", "time": now, "region": "eu-central-1",
        "resources": [],
        "detail": notice,
    })
    .to_string()
}

fn none_failed() -> Value {
    json!({ "batchItemFailures": [] })
}

#[tokio::test]
async fn a_contact_is_mailed_and_an_unreachable_one_is_retried_through_the_queue() {
    let world = World::start().await;
    let connector = world.connector().await;
    let mut function = notifier(&world.environment()).await;
    let messages = [event(&connector, world.embedded.clock().now())];
    assert_eq!(function.invoke(&batch(&messages)).await.unwrap(), none_failed());

    let mails = world.mails();
    let [mail] = mails.as_slice() else { panic!("{mails:?}") };
    assert_eq!(
        (&mail["FromEmailAddress"], &mail["Destination"]["ToAddresses"]),
        (&json!(SENDER), &json!(["security@acme.example"]))
    );
    let text = mail["Content"]["Simple"]["Body"]["Text"]["Data"].as_str().unwrap();
    assert!(text.contains(connector.id.as_str()) && text.contains("This is a test"), "{text}");

    let queued = world.queued();
    let [again] = queued.as_slice() else { panic!("{queued:?}") };
    assert!(again["QueueUrl"].as_str().unwrap().ends_with("/111111111111/notices"));
    assert!((20..=60).contains(&again["DelaySeconds"].as_u64().unwrap()), "{again}");
    let body = again["MessageBody"].as_str().unwrap().to_owned();
    let content: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((&content["only"], &content["tried"]), (&json!("webhook"), &json!(1)));
    let group = again["MessageGroupId"].as_str().unwrap();
    assert!(group.len() == 32 && !group.contains("acme"), "a fair queue needs the tenant: {group}");

    // If it is delivered early, it is requeued, and no contact is notified.
    assert_eq!(function.invoke(&batch(&[body])).await.unwrap(), none_failed());
    assert_eq!((world.queued().len(), world.mails().len()), (2, 1));
    function.kill().await;
}

/// A message that is not due yet is requeued again and again. Lambda counts that by the trace of each
/// invocation, which the SDK propagates, so the notifier looks like a recursive loop: without `RecursiveLoop:
/// Allow` it ends after 16 invocations.
#[tokio::test]
async fn a_requeued_message_keeps_its_trace_and_lambda_lets_it_go_on_only_if_allowed() {
    let world = World::start().await;
    let connector = world.connector().await;
    let clock = FakeClock::at(world.embedded.clock().now());
    for (loops, invocations, dead) in [(RecursiveLoop::Terminate, 16, 1), (RecursiveLoop::Allow, 20, 0)] {
        let queue = NoticeQueue::new(&clock, loops);
        let mut environment = world.environment();
        environment.push(("AWS_ENDPOINT_URL_SQS", queue.listen().await.unwrap()));
        let mut function = notifier(&environment).await;
        let notice = event(&connector, world.embedded.clock().now());
        queue.send_after(&notice, Duration::ZERO, &connector.tenant).await.unwrap();
        let mut invoked = 0;
        for _ in 0..20 {
            let Some(invocation) = queue.invoke() else { break };
            let batch = batch(&invocation.bodies());
            let response = function.invoke_traced(&batch, Some(&invocation.trace)).await;
            assert_eq!(response.unwrap(), none_failed());
            queue.answer(invocation, &[]);
            invoked += 1;
            // Advances the queue's clock, not the notifier's: for the notifier the message is still early.
            clock.advance(MAX_DELAY);
        }
        assert_eq!(
            (invoked, queue.longest_chain(), queue.dead_letters().len()),
            (invocations, invocations, dead)
        );
        function.kill().await;
    }
}

/// A notice that the contacts were set, as the bus delivers it.
fn set(connector: &Connector, now: Time) -> String {
    let mut notice: Value = serde_json::from_str(&event(connector, now)).unwrap();
    notice["detail"]["what"] = json!("set_contacts");
    notice.to_string()
}

#[tokio::test]
async fn a_new_address_gets_one_link_and_nothing_else_until_it_confirms() {
    let world = World::start().await;
    let mut connector = world.connector().await;
    let connectors = world.embedded.connectors();
    let now = world.embedded.clock().now();
    let before = connector.clone();
    let new: EmailAddress = "new@acme.example".parse().unwrap();
    connector.contacts.emails = vec![new.clone()].try_into().unwrap();
    connector.contacts.webhook = None;
    connector.version += 1;
    connectors.save(&fixtures::change(&before, &connector), None, &[]).await.unwrap();
    let requested = Consent::unknown(new.clone()).ask(now).unwrap();
    assert!(connectors.store_consent(&connector.tenant, &requested).await.unwrap());
    let mut function = notifier(&world.environment()).await;
    let messages = [set(&connector, now), set(&connector, now), event(&connector, now)];
    for _ in 0..2 {
        assert_eq!(function.invoke(&batch(&messages)).await.unwrap(), none_failed());
    }
    let mails = world.mails();
    let [mail] = mails.as_slice() else { panic!("{mails:?}") };
    assert_eq!(mail["Destination"]["ToAddresses"], json!(["new@acme.example"]));
    let text = mail["Content"]["Simple"]["Body"]["Text"]["Data"].as_str().unwrap();
    let token =
        text.lines().find_map(|line| line.strip_prefix("https://audit.vendor.example/portal/confirm/"));
    let token: LinkToken = token.unwrap().parse().unwrap();

    // The page's button, through the real ledger; then the address gets every notice.
    let onboarding = world.embedded.onboarding();
    assert_eq!(onboarding.link(&token).await.unwrap().email, new);
    onboarding.confirm(&token).await.unwrap();
    assert_eq!(function.invoke(&batch(&[event(&connector, now)])).await.unwrap(), none_failed());
    assert_eq!(world.mails().len(), 2);
    let ended = function.kill().await;
    for secret in [token.expose().as_str(), token.hash().as_str(), "new@acme.example"] {
        assert!(!ended.stdout.contains(secret), "{secret} is in the log");
    }
}

#[tokio::test]
async fn no_secret_no_address_and_no_webhook_path_is_in_the_log_or_the_queue() {
    let world = World::start().await;
    let connector = world.connector().await;
    let now = world.embedded.clock().now();
    let mut log = String::new();
    for level in ["INFO", "TRACE"] {
        let mut environment = world.environment();
        environment.push(("LOG_LEVEL", level.to_owned()));
        let mut function = notifier(&environment).await;
        let poison = format!(r#"{{"detail-type": "{CANARY}", "detail": "security@acme.example"}}"#);
        let day_old = event(&connector, now - Duration::from_hours(25));
        let messages = [event(&connector, now), poison, format!("{CANARY} security@acme.example"), day_old];
        assert_eq!(function.invoke(&batch(&messages)).await.unwrap(), none_failed());
        let ended = function.kill().await;
        assert_eq!(ended.stderr, "", "everything is in the log");
        for message in [
            "a contact was notified",
            "giving up on notifying a contact",
            "a message was dropped: it is not a notice",
        ] {
            assert!(ended.log().iter().any(|line| line["message"] == message), "{message}: {}", ended.stdout);
        }
        let metrics = ended.log().into_iter().find(|line| line["_aws"].is_object()).unwrap();
        let metric_names = ["ContactsTold", "ContactsUnreached", "MailsRefused", "MessagesDropped"];
        assert_eq!(metric_names.map(|name| metrics[name].as_i64().unwrap()), [2, 1, 0, 2]);
        log += &ended.stdout;
    }
    let vendor = world.embedded.stack().vendor_credentials().secret_access_key;
    let secret = webhook_secret().expose();
    for canary in [CANARY, &secret, "security@acme.example", connector.external_id.as_str(), &vendor, "v1,"] {
        let line = log.lines().find(|line| line.contains(canary));
        assert_eq!(line, None, "{canary} is in the log");
    }
    for message in world.queued() {
        let message = message.to_string();
        assert!(!message.contains(CANARY) && !message.contains(connector.external_id.as_str()), "{message}");
    }
}

#[tokio::test]
async fn a_missing_ledger_fails_the_messages_and_not_the_process() {
    let world = World::start().await;
    let connector = world.connector().await;
    let mut environment = world.environment();
    environment.retain(|(name, _)| *name != "LEDGER_TABLE");
    environment.push(("LEDGER_TABLE", "no-such-table".to_owned()));
    let mut function = notifier(&environment).await;
    let messages = [event(&connector, world.embedded.clock().now())];
    let failed = json!({ "batchItemFailures": [{ "itemIdentifier": "message-0" }] });
    for _ in 0..2 {
        assert_eq!(function.invoke(&batch(&messages)).await.unwrap(), failed);
    }
    function.kill().await;
    assert_eq!(world.mails().len(), 0);
}

#[tokio::test]
async fn all_errors_of_the_environment_are_reported_at_once() {
    let world = World::start().await;
    let mut environment = world.environment();
    environment.retain(|(name, _)| name.starts_with("AWS_"));
    environment.push(("NOTICE_QUEUE_URL", "notices".to_owned()));
    environment.push(("NOTIFY_SENDER", "Audit <audit@vendor.example>".to_owned()));
    let ended = notifier(&environment).await.shut_down().await;
    assert!(ended.code.is_some_and(|code| code != 0), "{ended:?}");
    let log = ended.log();
    let [line] = log.as_slice() else { panic!("one line: {log:?}") };
    let settings = line["settings"].as_str().unwrap();
    for error in ["LEDGER_TABLE is not set", "NOTICE_QUEUE_URL is `notices`", "NOTIFY_SENDER is `Audit <"] {
        assert!(settings.contains(error), "{settings}");
    }
}
