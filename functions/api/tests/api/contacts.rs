//! Contacts: a webhook's secret is shown once, in the response that creates it, and errors are reported with
//! their pointers.

use std::time::Duration;

use control::budget::Budgets;
use ports::Connectors as _;
use protocol::contacts::WebhookSecret;
use serde_json::{Value, json};

use crate::world::{ApiResponse, TestCaller, World, id_in};

async fn set(world: &World, path: &str, body: Value) -> ApiResponse {
    world.request(TestCaller::Tenant("acme"), "PUT", &format!("{path}/contacts"), Some(body)).await
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
    let moved = set(&world, &path, json!({"webhook": "https://HOOKS.acme.example:443/out"})).await;
    for answer in [&again, &moved] {
        assert_eq!((answer.status, answer.body.get("webhook_secret")), (200, None), "it keeps its secret");
    }
    let rotated = world.post(&path, "rotate-webhook-secret").await;
    let new = rotated.body["webhook_secret"].as_str().unwrap();
    assert_ne!(new, shown.expose());
    let webhook = world.ledger.connector(&id).contacts.webhook.unwrap();
    assert_eq!(webhook.retiring.unwrap().until, world.clock.wall() + Duration::from_hours(24));

    let notices = format!("{:?}", world.bus.published());
    for resource in ["", "/changes", "/setup", "/exports"] {
        let answer = format!("{:?}", world.get(&format!("{path}{resource}")).await);
        for secret in [&shown.expose(), new] {
            assert!(!answer.contains(secret) && !notices.contains(secret), "{resource}: {answer}");
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
    let elsewhere = set(&world, &path, json!({"webhook": "https://hooks.acme.example.org/out"})).await;
    let fresh = elsewhere.body["webhook_secret"].as_str().unwrap();
    assert!(fresh != new && fresh != shown.expose(), "another host never gets this host's secret");
    assert_eq!(world.ledger.connector(&id).contacts.webhook.unwrap().retiring, None);
    let gone = set(&world, &path, json!({})).await;
    assert_eq!((gone.status, gone.body.get("contacts")), (200, None));
}

#[tokio::test]
async fn errors_of_contacts_have_pointers_and_repeat_no_url() {
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
async fn a_test_is_published_on_the_bus_once_in_five_minutes() {
    let world = World::new();
    let path = world.active("acme").await;
    assert_eq!(world.post(&path, "test-contacts").await.code(), "no_contacts");
    let set = set(&world, &path, json!({"emails": ["security@acme.example"]})).await;
    assert!(
        set.body["note"].as_str().unwrap().contains("No mails are sent"),
        "this deployment has no sender"
    );
    let before = world.bus.published().len();
    let tested =
        world.request(TestCaller::Tenant("acme"), "POST", &format!("{path}/test-contacts"), None).await;
    assert_eq!((tested.status, world.post(&path, "test-contacts").await.code()), (202, "tested_just_now"));
    let notices: Vec<Value> = world.bus.published()[before..].iter().map(|notice| json!(notice)).collect();
    assert_eq!((notices.len(), &notices[0]["what"]), (1, &json!("test_contacts")));
    world.clock.advance(Duration::from_mins(5));
    assert_eq!(world.post(&path, "test-contacts").await.status, 202);
}

#[tokio::test]
async fn the_status_of_each_address_is_shown_and_an_operator_confirms_it() {
    let world = World::new();
    let path = world.active("acme").await;
    let set = set(&world, &path, json!({"emails": ["one@acme.example", "two@acme.example"]})).await;
    let waiting = |email: &str| json!({"email": email, "status": "waiting"});
    assert_eq!(set.body["addresses"], json!([waiting("one@acme.example"), waiting("two@acme.example")]));
    let confirm = format!("{path}/confirm-address");
    let ask = async |who: TestCaller, email: Value| {
        world.request(who, "POST", &confirm, Some(json!({"email": email}))).await
    };
    let by_tenant = ask(TestCaller::Tenant("acme"), json!("one@acme.example")).await;
    assert_eq!((by_tenant.status, by_tenant.code()), (403, "forbidden"));
    assert_eq!(ask(TestCaller::Tenant("globex"), json!("one@acme.example")).await.status, 404);
    let stranger = ask(TestCaller::Operator, json!("three@acme.example")).await;
    assert_eq!((stranger.status, stranger.code()), (409, "not_a_contact"));
    for (body, pointer) in
        [(json!({}), "/email"), (json!({"email": 7}), "/email"), (json!({"mail": "x"}), "/email")]
    {
        let refused = world.request(TestCaller::Operator, "POST", &confirm, Some(body)).await;
        assert!(refused.status == 422 && refused.pointers().contains(&pointer), "{refused:?}");
    }
    let confirmed = ask(TestCaller::Operator, json!("ONE@acme.example")).await;
    assert_eq!(confirmed.status, 200);
    let shown = &confirmed.body["addresses"][0];
    assert_eq!((&shown["status"], &shown["how"]), (&json!("confirmed"), &json!("contract")));
    assert!(shown["by"]["name"].is_string(), "operators see the name: {shown}");
    let for_tenant = world.request(TestCaller::Tenant("acme"), "GET", &path, None).await;
    assert_eq!(for_tenant.body["addresses"][0].get("by"), None, "a tenant does not");
    assert_eq!(for_tenant.body["addresses"][1], waiting("two@acme.example"));
    let again = world.post(&path, "ask-contacts").await;
    assert_eq!((again.status, again.code()), (409, "nothing_to_ask"));
}

#[tokio::test]
async fn confirmation_mails_have_a_budget_and_the_rejection_says_when_it_is_available_again() {
    let world = World::with_confirmation_mails(Budgets::default());
    let path = world.active("acme").await;
    for n in 0..2 {
        let emails: Vec<String> = (0..5).map(|m| format!("a{n}{m}@acme.example")).collect();
        let set = set(&world, &path, json!({"emails": emails})).await;
        assert_eq!((set.status, &set.body["addresses"][4]["status"]), (200, &json!("asked")));
    }
    let refused = set(&world, &path, json!({"emails": ["one@acme.example"]})).await;
    assert_eq!((refused.status, refused.code()), (429, "budget_exhausted"));
    assert!(refused.headers.contains_key("retry-after"), "{refused:?}");
    let again = world.post(&path, "ask-contacts").await;
    assert_eq!(again.status, 202, "their mails are still pending: {again:?}");
}

#[tokio::test]
async fn another_tenants_contacts_are_neither_set_nor_tested_nor_seen() {
    let world = World::new();
    let path = world.active("acme").await;
    set(&world, &path, json!({"webhook": "https://hooks.acme.example/"})).await;
    let globex = TestCaller::Tenant("globex");
    let body = Some(json!({"webhook": "https://hooks.globex.example/"}));
    let stolen = world.request(globex, "PUT", &format!("{path}/contacts"), body).await;
    let rotated = world.request(globex, "POST", &format!("{path}/rotate-webhook-secret"), None).await;
    let tested = world.request(globex, "POST", &format!("{path}/test-contacts"), None).await;
    for answer in [stolen, rotated, tested] {
        assert_eq!((answer.status, answer.code()), (404, "not_found"));
        assert!(!format!("{answer:?}").contains("hooks.acme"));
    }
    let kept = world.ledger.connector(&id_in(&path)).contacts.webhook.unwrap();
    assert_eq!((kept.url.host().as_str(), kept.retiring), ("hooks.acme.example", None));
}
