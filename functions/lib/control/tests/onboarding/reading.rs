//! Reads: each tenant sees its own connectors and nothing else.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use archive::names::ConnectorId;
use archive::part::PartNumber;
use archive::time::Time;
use control::onboarding::{ExportContent, ExportFilter, NewConnector, OnboardingError};
use ports::ConnectorFilter;
use ports::Runs as _;
use protocol::caller::Caller;
use protocol::connector::Verb;
use protocol::loss_forecast::LossForecast;
use protocol::machine::Mark;
use protocol::timeline::CellState;
use tests::delegate_port;
use tests::fakes::{FakeLedger, FakeSigner};
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
    assert!(is_not_found(onboarding.timeline(&who, &id).await));
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

/// Seals the next window, and delivers it if `delivered`.
async fn export(world: &World, id: &ConnectorId, delivered: bool) {
    let (connector, cursor) = (world.ledger.connector(id), world.ledger.cursor(id));
    let to = connector.window_schedule().unwrap().window(cursor.watermark, None).to;
    let seal = fixtures::seal(&connector, &cursor, to, &fixtures::worker());
    world.ledger.seal(&seal).await.unwrap();
    if delivered {
        let mark = Mark { at: seal.part.sealed_at, part: seal.part, published_keys: None, unblock: false };
        world.ledger.mark(&mark).await.unwrap();
    }
}

#[tokio::test]
async fn the_health_of_a_connector_says_what_waits_and_what_would_be_lost() {
    let mut world = World::new();
    world.onboarding.event_retention = Some(Duration::from_hours(24));
    let id = world.active().await;
    let health = async |world: &World| {
        let view = world.onboarding.read(&acme(), &id).await.unwrap();
        world.onboarding.health(&view).await.unwrap()
    };
    let new = health(&world).await;
    assert_eq!((new.last, new.waiting, new.loss), (None, None, None));
    for delivered in [true, true, false, false] {
        export(&world, &id, delivered).await;
    }
    let parts = world.ledger.parts(&id);
    let now = health(&world).await;
    assert_eq!(now.last, Some(parts[1].clone()), "the newest delivered one");
    assert_eq!(now.status.delivered_manifest, parts[1].manifest.as_ref().map(|it| it.sha256()));
    let waiting = now.waiting.unwrap();
    assert_eq!((waiting.parts, waiting.since, waiting.from), (2, parts[2].sealed_at, parts[2].window.from));
    assert_eq!(now.loss, Some(LossForecast::Sealed));
    world.clock.advance(Duration::from_hours(9));
    let lost_from = world.ledger.cursor(&id).watermark + Duration::from_hours(24);
    assert_eq!(health(&world).await.loss.unwrap().lost_from(), Some(lost_from), "it is stale");
}

#[tokio::test]
async fn exports_are_found_by_content_and_date_wherever_they_are() {
    let world = World::new();
    let id = world.active().await;
    for number in 1..=60 {
        export(&world, &id, number <= 58).await;
    }
    let view = world.onboarding.read(&acme(), &id).await.unwrap();
    let find = async |filter, before: Option<u64>| {
        let before = before.map(PartNumber::new);
        let page = world.onboarding.find_exports(&view, filter, before, 20).await.unwrap();
        let numbers: Vec<u64> = page.parts.iter().map(|part| part.number.get()).collect();
        (numbers, page.next.map(PartNumber::get))
    };
    let all = ExportFilter::default();
    assert_eq!(find(all, None).await, ((41..=60).rev().collect(), Some(41)));
    assert_eq!(find(all, Some(11)).await, ((1..=10).rev().collect(), None));
    let waiting = ExportFilter { content: ExportContent::Waiting, ..all };
    assert_eq!(find(waiting, None).await, (vec![60, 59], None));
    let quiet = ExportFilter { content: ExportContent::Quiet, ..all };
    assert_eq!(find(quiet, None).await, (vec![], None), "all fixtures have events");
    // The first window is the rest of an hour: part 6 begins at 01:00 on the next day.
    let (from, to) = (Some(at("2026-11-21T01:00:00Z")), Some(at("2026-11-21T04:00:00Z")));
    assert_eq!(find(ExportFilter { from, to, ..all }, None).await, (vec![8, 7, 6], None));
    let before_all = ExportFilter { to: Some(at("2026-11-20T00:00:00Z")), ..all };
    assert_eq!(find(before_all, None).await, (vec![], None));
}

/// A ledger that counts the reads of part records.
#[derive(Debug, Clone)]
struct Counted {
    ledger: FakeLedger,
    reads: Arc<AtomicUsize>,
}

delegate_port!(Spender, Counted, |it| it.ledger, |_name, call| match method {
    _ => call.await,
});
delegate_port!(Consents, Counted, |it| it.ledger, |_name, call| match method {
    _ => call.await,
});
delegate_port!(Connectors, Counted, |it| it.ledger, |_name, call| match method {
    history(id, before, limit) => {
        it.reads.fetch_add(1, Ordering::Relaxed);
        it.ledger.history(id, before, limit).await
    }
    _ => call.await,
});

#[tokio::test]
async fn fourteen_days_of_hourly_parts_are_one_read() {
    let (ledger, reads) = (FakeLedger::new(), Arc::new(AtomicUsize::new(0)));
    let world = World::over(ledger.clone(), Counted { ledger, reads: Arc::clone(&reads) });
    let id = world.active().await;
    let counted = async |parts: usize| {
        while world.ledger.parts(&id).len() < parts {
            export(&world, &id, true).await;
        }
        let now = world.ledger.cursor(&id).watermark + Duration::from_mins(6);
        world.clock.advance(now.since(world.clock.wall()));
        reads.store(0, Ordering::Relaxed);
        let timeline = world.onboarding.timeline(&acme(), &id).await.unwrap().unwrap();
        (timeline, reads.load(Ordering::Relaxed))
    };
    let (_, reads) = counted(30).await;
    assert_eq!(reads, 1, "all of a young connector's parts");
    let (timeline, reads) = counted(500).await;
    assert_eq!(reads, 1);
    assert_eq!((timeline.days.len(), timeline.span.from), (14, timeline.days[0].start));
    let arrived = timeline.cells().filter(|cell| cell.state == CellState::Delivered).count();
    assert_eq!(arrived, timeline.cells().filter(|cell| cell.due_at.is_none()).count());
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
