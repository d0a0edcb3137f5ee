//! Reads: each tenant sees its own connectors and nothing else.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use archive::time::Time;
use control::onboarding::{NewConnector, OnboardingError};
use ports::ConnectorFilter;
use ports::Runs as _;
use protocol::caller::Caller;
use protocol::connector::Verb;
use tests::delegate_port;
use tests::fakes::FakeSigner;
use tests::fixtures::{self, at};

use super::{OPERATOR, World, acme, is_not_found, new_connector, stranger};

const ALL: ConnectorFilter<'static> = ConnectorFilter { tenant: None, include_deleted: false };

#[tokio::test]
async fn a_tenant_reads_its_own_connector_and_never_learns_of_others() {
    let world = World::new();
    let id = world.active().await;
    let view = world.onboarding.read(&acme(), &id).await.unwrap();
    assert_eq!((view.connector, view.cursor), (world.ledger.connector(&id), Some(world.ledger.cursor(&id))));
    assert_eq!(world.onboarding.read(&OPERATOR, &id).await.unwrap().connector.id, id);
    let (onboarding, who) = (&world.onboarding, stranger());
    assert!(is_not_found(onboarding.read(&who, &id).await));
    assert!(is_not_found(onboarding.exports(&who, &id, None, 10).await));
    assert!(is_not_found(onboarding.changes(&who, &id, None, 10).await));
    assert!(is_not_found(onboarding.setup(&who, &id).await));
}

#[tokio::test]
async fn a_tenant_lists_only_its_own_connectors_and_the_vendor_any() {
    let world = World::new();
    let ours = world.connected().await;
    let new = NewConnector { tenant: "globex".parse().unwrap(), ..new_connector() };
    let theirs = world.onboarding.create(&stranger(), new).await.unwrap().id;
    let list = async |caller: &Caller, filter| {
        let listed = world.onboarding.list(caller, filter, None, 10).await.unwrap();
        listed.into_iter().map(|connector| connector.id).collect::<Vec<_>>()
    };
    let globex = "globex".parse().unwrap();
    let of_globex = ConnectorFilter { tenant: Some(&globex), ..ALL };
    assert_eq!(list(&acme(), ALL).await, std::slice::from_ref(&ours));
    let refused = world.onboarding.list(&acme(), of_globex, None, 10).await;
    assert!(matches!(refused, Err(OnboardingError::Forbidden(_))), "{refused:?}");
    assert_eq!(list(&OPERATOR, of_globex).await, [theirs]);
    assert_eq!(list(&OPERATOR, ALL).await.len(), 2);
    world.onboarding.delete(&acme(), &ours, None, false).await.unwrap();
    assert!(list(&acme(), ALL).await.is_empty());
    assert_eq!(list(&acme(), ConnectorFilter { include_deleted: true, ..ALL }).await, [ours]);
}

#[tokio::test]
async fn exports_and_changes_are_listed_newest_first() {
    let world = World::new();
    let id = world.active().await;
    let (connector, cursor) = (world.ledger.connector(&id), world.ledger.cursor(&id));
    let to = connector.window_schedule().unwrap().window(cursor.watermark, None).to;
    world.ledger.seal(&fixtures::seal(&connector, &cursor, to, &fixtures::worker())).await.unwrap();
    assert_eq!(world.onboarding.exports(&acme(), &id, None, 10).await.unwrap(), world.ledger.parts(&id));
    let changes = world.onboarding.changes(&acme(), &id, None, 10).await.unwrap();
    let verbs: Vec<Verb> = changes.iter().map(|change| change.what).collect();
    assert_eq!(verbs, [Verb::Activate, Verb::Verify, Verb::Create]);
}

#[tokio::test]
async fn the_keys_are_the_signing_ones_and_empty_without_any() {
    let mut world = World::new();
    let keys = world.onboarding.keys().await.unwrap();
    assert_eq!(keys, world.onboarding.signing.as_ref().unwrap().public_keys().await.unwrap());
    assert_eq!(keys.len(), 1);
    world.onboarding.signing = None;
    assert!(world.onboarding.keys().await.unwrap().is_empty());
}

/// A signer that counts the requests for its validity, and may fail.
#[derive(Debug, Clone)]
struct Kept {
    key: FakeSigner,
    until: Option<Time>,
    answers: bool,
    asked: Arc<AtomicUsize>,
}

delegate_port!(Signer, Kept, |it| it.key, |_name, call| match method {
    validity() => {
        it.asked.fetch_add(1, Ordering::Relaxed);
        let answer = Validity { from: None, until: it.until };
        it.answers.then_some(answer).ok_or_else(|| PortError::Denied { what: "asking", source: "no".into() })
    }
    _ => call.await,
});

/// Repeated reads of the keys must not use up the quota that the exporter signs with.
#[tokio::test]
async fn the_keys_are_fetched_once_a_minute_and_a_change_shows_within_it() {
    let (mut world, asked) = (World::new(), Arc::new(AtomicUsize::new(0)));
    let mut kept = Kept { key: FakeSigner::new(1), until: None, answers: true, asked: Arc::clone(&asked) };
    let ending = Some(at("2026-11-20T21:00:00Z"));
    let mut calls = 0;
    for (until, answers) in [(None, true), (ending, true), (ending, false), (None, true)] {
        kept = Kept { until, answers, ..kept };
        world.onboarding.signing = Some(tests::fakes::signing(kept.clone()));
        calls += 1;
        for _ in 0..200 {
            let keys = world.onboarding.clone().keys().await;
            assert_eq!(keys.ok().map(|keys| keys[0].until), answers.then_some(until));
            assert_eq!(asked.load(Ordering::Relaxed), calls, "fetched once");
        }
        world.clock.advance(Duration::from_mins(1));
    }
    // A failure is cached too, but only for seconds.
    kept.answers = false;
    world.onboarding.signing = Some(tests::fakes::signing(kept.clone()));
    assert!(world.onboarding.keys().await.is_err());
    kept.answers = true;
    world.onboarding.signing = Some(tests::fakes::signing(kept));
    assert!(world.onboarding.keys().await.is_err());
    world.clock.advance(Duration::from_secs(5));
    assert!(world.onboarding.keys().await.is_ok());
}

#[tokio::test]
async fn the_set_up_is_the_connectors_own() {
    let world = World::new();
    let id = world.connected().await;
    let shown = world.onboarding.setup(&acme(), &id).await.unwrap();
    assert_eq!(shown, control::setup::setup(&world.ledger.connector(&id), &world.onboarding.vendor));
}
