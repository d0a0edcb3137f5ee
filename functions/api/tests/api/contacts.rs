//! Contacts: a webhook's secret is shown once, in the answer that it was made with, and what is wrong is told with its
//! place.

use std::time::Duration;

use domain::contacts::WebhookSecret;
use domain::ports::Connectors as _;
use serde_json::{Value, json};

use crate::world::{Answer, Who, World, id_in};

async fn set(world: &World, path: &str, body: Value) -> Answer {
    world.ask(Who::Tenant("acme"), "PUT", &format!("{path}/contacts"), Some(body)).await
}

#[tokio::test]
async fn a_webhooks_secret_is_shown_once_and_is_the_one_that_signs() {
    let world = World::new();
    let path = world.active("acme").await;
    let made = set(&world, &path, json!({"webhook": "https://hooks.acme.example/in"})).await;
    assert_eq!(
        (made.status, &made.body["contacts"]["webhook"]["url"]),
        (200, &json!("https://hooks.acme.example/in"))
    );
    let shown: WebhookSecret = made.body["webhook_secret"].as_str().unwrap().parse().unwrap();
    let id = id_in(&path);
    let webhook = world.ledger.connector(&id).contacts.webhook.unwrap();
    assert_eq!(world.ledger.secret(&id, &webhook.secret).await.unwrap(), Some(shown.clone()));

    let again = set(&world, &path, json!({"webhook": "https://hooks.acme.example/in"})).await;
    let moved = set(&world, &path, json!({"webhook": "https://hooks.acme.example/out"})).await;
    for answer in [&again, &moved] {
        assert_eq!((answer.status, answer.body.get("webhook_secret")), (200, None), "it keeps its secret");
    }
    let rotated = world.post(&path, "rotate-webhook-secret").await;
    let new = rotated.body["webhook_secret"].as_str().unwrap();
    assert_ne!(new, shown.shown());
    let webhook = world.ledger.connector(&id).contacts.webhook.unwrap();
    assert_eq!(webhook.retiring.unwrap().until, world.clock.wall() + Duration::from_hours(24));

    let told = format!("{:?}", world.bus.told());
    for reading in ["", "/changes", "/setup", "/exports"] {
        let answer = format!("{:?}", world.get(&format!("{path}{reading}")).await);
        for secret in [&shown.shown(), new] {
            assert!(!answer.contains(secret) && !told.contains(secret), "{reading}: {answer}");
        }
    }
    let changes = world.get(&format!("{path}/changes")).await;
    let verbs: Vec<&str> = changes.body["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["what"].as_str().unwrap())
        .take(3)
        .collect();
    assert_eq!(verbs, ["rotate_webhook_secret", "set_contacts", "set_contacts"]);
    let gone = set(&world, &path, json!({})).await;
    assert_eq!((gone.status, gone.body.get("contacts")), (200, None));
}

#[tokio::test]
async fn what_is_wrong_with_contacts_is_told_with_its_place_and_no_url_is_repeated() {
    let world = World::new();
    let path = world.active("acme").await;
    for (body, pointer) in [
        (json!({"emails": ["a@acme.example", "no address"]}), "/emails/1"),
        (json!({"emails": ["a@acme.example\r\nBcc: b@acme.example"]}), "/emails/0"),
        (json!({"emails": [7]}), "/emails/0"),
        (json!({"emails": "a@acme.example"}), "/emails"),
        (json!({"emails": (0..6).map(|n| format!("a{n}@acme.example")).collect::<Vec<_>>()}), "/emails"),
        (json!({"webhook": "http://hooks.acme.example/canary"}), "/webhook"),
        (json!({"webhook": "https://127.0.0.1/canary"}), "/webhook"),
        (json!({"webhook": "https://169.254.169.254/canary"}), "/webhook"),
        (json!({"webhook": "https://u:canary@hooks.acme.example/"}), "/webhook"),
        (json!({"webhook": "https://hooks.acme.example:8443/canary"}), "/webhook"),
        (json!({"webhook": 7}), "/webhook"),
        (json!({"secret": "whsec_canary"}), "/secret"),
    ] {
        let refused = set(&world, &path, body.clone()).await;
        assert_eq!((refused.status, refused.pointers()), (422, vec![pointer]), "{body}");
        assert!(!format!("{refused:?}").contains("canary"), "{refused:?}");
    }
    assert!(world.ledger.connector(&id_in(&path)).contacts.is_default());
}

#[tokio::test]
async fn a_test_is_told_on_the_bus_once_in_five_minutes() {
    let world = World::new();
    let path = world.active("acme").await;
    assert_eq!(world.post(&path, "test-contacts").await.code(), "no_contacts");
    let set = set(&world, &path, json!({"emails": ["security@acme.example"]})).await;
    assert!(
        set.body["note"].as_str().unwrap().contains("No mails are sent"),
        "this deployment has no sender"
    );
    let before = world.bus.told().len();
    let tested = world.ask(Who::Tenant("acme"), "POST", &format!("{path}/test-contacts"), None).await;
    assert_eq!((tested.status, world.post(&path, "test-contacts").await.code()), (202, "tested_just_now"));
    let told: Vec<Value> = world.bus.told()[before..].iter().map(|notice| json!(notice)).collect();
    assert_eq!((told.len(), &told[0]["what"]), (1, &json!("test_contacts")));
    world.clock.advance(Duration::from_mins(5));
    assert_eq!(world.post(&path, "test-contacts").await.status, 202);
}

#[tokio::test]
async fn another_tenants_contacts_are_neither_set_nor_tested_nor_seen() {
    let world = World::new();
    let path = world.active("acme").await;
    set(&world, &path, json!({"webhook": "https://hooks.acme.example/"})).await;
    let globex = Who::Tenant("globex");
    let body = Some(json!({"webhook": "https://hooks.globex.example/"}));
    let stolen = world.ask(globex, "PUT", &format!("{path}/contacts"), body).await;
    let rotated = world.ask(globex, "POST", &format!("{path}/rotate-webhook-secret"), None).await;
    let tested = world.ask(globex, "POST", &format!("{path}/test-contacts"), None).await;
    for answer in [stolen, rotated, tested] {
        assert_eq!((answer.status, answer.code()), (404, "not_found"));
        assert!(!format!("{answer:?}").contains("hooks.acme"));
    }
    let kept = world.ledger.connector(&id_in(&path)).contacts.webhook.unwrap();
    assert_eq!((kept.url.host().as_str(), kept.retiring), ("hooks.acme.example", None));
}
