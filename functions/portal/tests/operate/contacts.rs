//! Contacts, and the page behind the link of a confirmation mail.

use axum::http::StatusCode;
use ports::Consents as _;
use protocol::connector::Connector;
use protocol::contacts::{AddressStatus, LinkToken};
use tests::fixtures::tenant;

use super::MARKUP;
use super::world::World;

fn path(connector: &Connector) -> String {
    format!("/portal/connectors/{}/contacts", connector.id)
}

/// Sends the requested mail as the notifier does, and returns its link's token.
async fn mail(world: &World, email: &str) -> LinkToken {
    let (acme, address) = (tenant("acme"), email.parse().unwrap());
    let consent = world.ledger.consent(&acme, &address).await.unwrap().unwrap();
    let token = LinkToken::new(|| 7);
    let sent = consent.mark_sent(token.hash(), world.clock.wall()).unwrap();
    world.ledger.store_link(&token.hash(), &acme, &address).await.unwrap();
    assert!(world.ledger.store_consent(&acme, &sent).await.unwrap());
    token
}

#[tokio::test]
async fn contacts_are_set_and_a_webhooks_secret_is_shown_once() {
    let world = World::new();
    let connector = world.active("acme", "acme-log", 2, 0).await;
    let dana = world.person("acme").await;
    let version = connector.version.to_string();
    let fields = [
        ("version", version.as_str()),
        ("email-1", "security@acme.example"),
        ("webhook", "https://hooks.acme.example/audit"),
    ];
    let set = world.post(&dana, &path(&connector), &fields).await;
    assert_eq!(set.status, StatusCode::OK);
    assert!(set.has("whsec_") && set.has("it is shown once"));
    assert_eq!(set.headers["cache-control"], "no-store");
    let page = world.get(&dana, &path(&connector)).await;
    for text in ["security@acme.example", "mail on its way", "https://hooks.acme.example/audit"] {
        assert!(page.has(text), "{text}: {}", page.body);
    }
    assert!(!page.has("whsec_"));
    // A second click is stale: it shows what is stored, and makes no second secret.
    let again = world.post(&dana, &path(&connector), &fields).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    assert!(!again.has("whsec_") && again.has("nothing left to save"), "{}", again.body);
    let version = world.stored(&connector).version.to_string();
    let rotated =
        world.post(&dana, &format!("{}/rotate-secret", path(&connector)), &[("version", &version)]).await;
    assert!(rotated.has("whsec_") && rotated.has("signs for another day"));
}

#[tokio::test]
async fn a_wrong_address_stands_beside_its_field() {
    let world = World::new();
    let connector = world.active("acme", "acme-log", 2, 0).await;
    let dana = world.person("acme").await;
    let version = connector.version.to_string();
    let fields = [
        ("version", version.as_str()),
        ("email-1", "security@acme.example"),
        ("email-3", MARKUP),
        ("webhook", "http://127.0.0.1/"),
    ];
    let refused = world.post(&dana, &path(&connector), &fields).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.has("href=\"#email-3\"") && refused.has("href=\"#webhook\""), "{}", refused.body);
    assert!(refused.has("value=\"security@acme.example\"") && !refused.has(MARKUP));
    assert!(world.stored(&connector).contacts.is_empty());
}

#[tokio::test]
async fn a_test_is_refused_with_its_reason_within_five_minutes() {
    let world = World::new();
    let connector = world.active("acme", "acme-log", 2, 0).await;
    let dana = world.person("acme").await;
    let test = format!("{}/test", path(&connector));
    let nobody = world.post(&dana, &test, &[]).await;
    assert_eq!(nobody.status, StatusCode::CONFLICT);
    assert!(nobody.has("has no contacts"));
    let version = connector.version.to_string();
    let fields = [("version", version.as_str()), ("email-1", "security@acme.example")];
    world.post(&dana, &path(&connector), &fields).await;
    assert!(world.post(&dana, &test, &[]).await.location().ends_with("?done=tested"));
    let again = world.post(&dana, &test, &[]).await;
    assert!(again.has("they can be tested again after"), "{}", again.body);
    let double_click = world.post(&dana, &test, &[("version", &version)]).await;
    assert!(double_click.location().ends_with("?done=tested"), "{}", double_click.body);
}

#[tokio::test]
async fn a_test_is_offered_once_somebody_would_get_it() {
    let world = World::new();
    let connector = world.active("acme", "acme-log", 2, 0).await;
    let dana = world.person("acme").await;
    let version = connector.version.to_string();
    let fields = [("version", version.as_str()), ("email-1", "security@acme.example")];
    world.post(&dana, &path(&connector), &fields).await;
    let again = world.post(&dana, &path(&connector), &fields).await;
    assert!(
        again.location().ends_with("?done=contacts-saved"),
        "a double click is no conflict: {}",
        again.body
    );
    let page = world.get(&dana, &path(&connector)).await;
    assert!(!page.has("Send a test") && page.has("Nobody would get a test yet"), "{}", page.body);
    let ops = world.operators().await;
    let confirm = format!("{}/confirm", path(&connector));
    world.post(&ops, &confirm, &[("email", "security@acme.example")]).await;
    assert!(world.get(&dana, &path(&connector)).await.has("Send a test"));
}

#[tokio::test]
async fn opening_the_link_of_a_mail_changes_nothing_and_its_buttons_do() {
    let world = World::new();
    let connector = world.active("acme", "acme-log", 2, 0).await;
    let dana = world.person("acme").await;
    let (version, email) = (connector.version.to_string(), "security@acme.example");
    world.post(&dana, &path(&connector), &[("version", &version), ("email-1", email)]).await;
    let token = mail(&world, email).await;
    let link = format!("/portal/confirm/{}", token.expose());
    let status = async || {
        let consent = world.ledger.consent(&tenant("acme"), &email.parse().unwrap()).await.unwrap().unwrap();
        consent.status(world.clock.wall())
    };
    for _ in 0..3 {
        let page = world.get("", &link).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.has("Send me notices") && page.has("Decline") && page.has(email));
        assert!(matches!(status().await, AddressStatus::Pending { .. }));
    }
    for (answer, shown) in [("confirm", "Confirmed"), ("confirm", "Confirmed"), ("decline", "Declined")] {
        let answered = world.post("", &link, &[("answer", answer)]).await;
        assert_eq!((answered.status, answered.location()), (StatusCode::SEE_OTHER, link.as_str()));
        assert!(world.get("", &link).await.has(shown));
    }
    assert!(matches!(status().await, AddressStatus::Declined { .. }));
    assert_eq!(world.post("", &link, &[("answer", "x")]).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn an_unknown_and_an_expired_link_of_a_mail_say_which() {
    let world = World::new();
    let connector = world.active("acme", "acme-log", 2, 0).await;
    let dana = world.person("acme").await;
    let (version, email) = (connector.version.to_string(), "security@acme.example");
    world.post(&dana, &path(&connector), &[("version", &version), ("email-1", email)]).await;
    let token = mail(&world, email).await;
    for unknown in ["x".to_owned(), LinkToken::new(|| 8).expose()] {
        let page = world.get("", &format!("/portal/confirm/{unknown}")).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND);
        assert!(page.has("This link is not valid") && !page.has(email), "{}", page.body);
    }
    world.clock.advance(protocol::contacts::LINK_VALIDITY);
    let link = format!("/portal/confirm/{}", token.expose());
    let page = world.get("", &link).await;
    assert!(page.has("expired") && !page.has("Send me notices"), "{}", page.body);
    let late = world.post("", &link, &[("answer", "confirm")]).await;
    assert_eq!(late.status, StatusCode::GONE);
}
