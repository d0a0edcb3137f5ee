//! Settings: what is typed is kept, a stale form shows both values, and nothing is stored in vain.

use archive::frequency::Frequency;
use axum::http::StatusCode;
use protocol::connector::{Connector, Encryption, State};
use protocol::delivery_error::{DeliveryError, DeliveryErrorKind, DeliveryStage};

use super::MARKUP;
use super::world::World;

fn form<'a>(version: &'a str, changed: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let stored = [
        ("version", version),
        ("frequency", "1"),
        ("format", "json"),
        ("compression", "none"),
        ("encryption", "default"),
        ("kms_key", ""),
    ];
    let value = |name: &str| changed.iter().find(|(changed, _)| *changed == name).map(|(_, value)| *value);
    stored.into_iter().map(|(name, stored)| (name, value(name).unwrap_or(stored))).collect()
}

fn path(connector: &Connector) -> String {
    format!("/portal/connectors/{}/settings", connector.id)
}

#[tokio::test]
async fn a_change_is_saved_once_and_no_change_is_none() {
    let world = World::new();
    let connector = world.active("acme", "acme-log", 2, 0).await;
    let dana = world.person("acme").await;
    let version = connector.version.to_string();
    let page = world.get(&dana, &path(&connector)).await;
    for said in
        ["From the next file on.", "pauses until the new destination is verified", "numbered from there"]
    {
        assert!(page.has(said), "{said}");
    }
    let nothing = world.post(&dana, &path(&connector), &form(&version, &[])).await;
    assert!(nothing.location().ends_with("?done=unchanged"));
    let changed = form(&version, &[("frequency", "6"), ("format", "ndjson"), ("compression", "gzip")]);
    let saved = world.post(&dana, &path(&connector), &changed).await;
    assert!(saved.location().ends_with("?done=saved"), "{}", saved.body);
    let stored = world.stored(&connector);
    assert_eq!(stored.frequency, Frequency::try_from(6).unwrap());
    assert_eq!((stored.encoding.suffix().as_str(), stored.state), (".ndjson.gz", State::Active));
    assert_eq!(stored.version, connector.version + 1);
    let double_click = world.post(&dana, &path(&connector), &changed).await;
    assert!(double_click.location().ends_with("?done=saved"), "{}", double_click.body);
    assert_eq!(world.stored(&connector).version, connector.version + 1);
}

#[tokio::test]
async fn a_stale_form_says_who_changed_it_and_shows_both_values_and_can_be_saved_then() {
    let world = World::new();
    let connector = world.active("acme", "acme-log", 2, 0).await;
    let (dana, ops) = (world.person("acme").await, world.operators().await);
    let version = connector.version.to_string();
    let theirs = form(&version, &[("frequency", "12")]);
    assert_eq!(world.post(&ops, &path(&connector), &theirs).await.status, StatusCode::SEE_OTHER);
    let mine = form(&version, &[("frequency", "6")]);
    let conflict = world.post(&dana, &path(&connector), &mine).await;
    assert_eq!(conflict.status, StatusCode::CONFLICT);
    for text in ["Changed by <strong>the vendor</strong>", "Nov 30, 13:20 UTC", ">12 h<", ">6 h<"] {
        assert!(conflict.has(text), "{text}: {}", conflict.body);
    }
    assert!(!conflict.has("user/Ops"), "tenants don't see which of the vendor's people it was");
    let newer = (connector.version + 1).to_string();
    assert!(conflict.has(&format!("name=\"version\" value=\"{newer}\"")));
    assert_eq!(world.stored(&connector).frequency.hours(), 12, "nothing was saved yet");
    let saved = world.post(&dana, &path(&connector), &form(&newer, &[("frequency", "6")])).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER);
    assert_eq!(world.stored(&connector).frequency.hours(), 6);
}

#[tokio::test]
async fn what_is_wrong_stands_beside_its_field_and_what_was_typed_stays() {
    let world = World::new();
    let connector = world.active("acme", "acme-log", 2, 0).await;
    let dana = world.person("acme").await;
    let version = connector.version.to_string();
    for (changed, field) in [
        (vec![("frequency", MARKUP)], "frequency"),
        (vec![("format", MARKUP)], "format"),
        (vec![("compression", MARKUP)], "compression"),
        (vec![("encryption", MARKUP)], "encryption"),
        (vec![("encryption", "kms"), ("kms_key", MARKUP)], "kms_key"),
        (vec![("encryption", "kms")], "kms_key"),
        (vec![("kms_key", "arn:aws:kms:eu-central-1:222222222222:key/1")], "kms_key"),
    ] {
        let refused = world.post(&dana, &path(&connector), &form(&version, &changed)).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{changed:?}");
        assert!(refused.has(&format!("href=\"#{field}\"")), "{changed:?}: {}", refused.body);
        assert!(refused.has(&format!("id=\"{field}-error\"")), "{changed:?}");
        assert!(!refused.has(MARKUP), "{changed:?}");
    }
    assert_eq!(world.stored(&connector), connector);
}

#[tokio::test]
async fn another_encryption_is_checked_at_once_and_a_failure_keeps_delivery_paused() {
    let world = World::new();
    let connector = world.active("acme", "acme-log", 2, 0).await;
    let dana = world.person("acme").await;
    let key = "arn:aws:kms:eu-central-1:222222222222:key/00000000-0000-0000-0000-000000000001";
    world.prober.change(|setup| {
        setup.put = Some(DeliveryError {
            stage: DeliveryStage::PutObject,
            kind: DeliveryErrorKind::KeyDenied,
            code: "AccessDenied".into(),
            message: format!("not authorized to perform: kms:GenerateDataKey {MARKUP}"),
        });
    });
    let version = connector.version.to_string();
    let kms = [("encryption", "kms"), ("kms_key", key)];
    let failed = world.post(&dana, &path(&connector), &form(&version, &kms)).await;
    assert_eq!(failed.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", failed.body);
    assert!(failed.has("delivery waits") && failed.has("kms:GenerateDataKey") && !failed.has(MARKUP));
    let stored = world.stored(&connector);
    assert_eq!(stored.state, State::Paused);
    assert!(matches!(&stored.destination.s3().unwrap().encryption, Encryption::Kms(_)));
}
