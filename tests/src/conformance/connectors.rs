//! The ledger as the API and the command line use it.

use domain::fault::{Block, Stage};
use domain::names::ConnectorId;
use domain::part::PartNumber;
use domain::ports::Saved;
use domain::time::Time;

use super::{Ledger, activate, cursor, seal_next, start};
use crate::fixtures::{self, at, tenant};

/// An ID is given once; what stands there already stays.
pub async fn a_connector_is_created_once(ledger: &impl Ledger) {
    let first = fixtures::connector(&tenant("acme"), start());
    let mut second = fixtures::connector(&tenant("globex"), start());
    second.id = first.id.clone();
    assert_eq!(ledger.create(&first).await.unwrap(), Saved::Yes);
    assert_eq!(ledger.create(&second).await.unwrap(), Saved::Stale);
    assert_eq!(ledger.get(&first.id).await.unwrap(), Some((first, None)));
    assert_eq!(ledger.get(&ConnectorId::new(u64::MAX)).await.unwrap(), None);
}

/// Every setting comes back as it was stored.
pub async fn every_setting_is_kept(ledger: &impl Ledger) {
    let mut connector = fixtures::connector(&tenant("acme"), start());
    connector.shards = 7.try_into().unwrap();
    connector.frequency = 24.try_into().unwrap();
    connector.encoding.compression = domain::part::Compression::Zstd;
    connector.encoding.format = domain::part::Format::Ndjson;
    connector.start_from = Some(at("2026-01-01T00:00:00.001Z"));
    let destination = connector.destination.as_mut().unwrap();
    destination.prefix = "".parse().unwrap();
    destination.kms_key = Some("arn:aws:kms:eu-central-1:123456789012:alias/audit".parse().unwrap());
    ledger.create(&connector).await.unwrap();
    assert_eq!(ledger.get(&connector.id).await.unwrap(), Some((connector.clone(), None)));
    connector.destination = None;
    connector.start_from = None;
    connector.version += 1;
    assert_eq!(ledger.save(&connector, None).await.unwrap(), Saved::Yes);
    assert_eq!(ledger.get(&connector.id).await.unwrap(), Some((connector, None)));
}

/// A change is stored only over the version that it was made from.
pub async fn a_stale_change_is_refused(ledger: &impl Ledger) {
    let (stored, cursor) = activate(ledger).await;
    let mut ours = stored.clone();
    ours.pause().unwrap();
    let mut theirs = stored;
    theirs.connect(fixtures::connector(&tenant("acme"), start()).destination.unwrap());
    assert_eq!(ledger.save(&ours, None).await.unwrap(), Saved::Yes);
    assert_eq!(ledger.save(&theirs, None).await.unwrap(), Saved::Stale);
    assert_eq!(ledger.get(&ours.id).await.unwrap(), Some((ours.clone(), Some(cursor))));
    let unknown = fixtures::connector(&tenant("acme"), start());
    assert_eq!(ledger.save(&unknown, None).await.unwrap(), Saved::Stale);
    assert_eq!(ledger.get(&unknown.id).await.unwrap(), None);
}

/// A cursor is stored once: a second activation stores neither settings nor cursor.
pub async fn a_second_activation_stores_nothing(ledger: &impl Ledger) {
    let (stored, mut cursor) = activate(ledger).await;
    let mut again = stored.clone();
    again.version += 1;
    cursor.watermark = at("2026-11-20T23:00:00Z");
    assert_eq!(ledger.save(&again, Some(&cursor)).await.unwrap(), Saved::Stale);
    let (connector, kept) = ledger.get(&stored.id).await.unwrap().unwrap();
    assert_eq!((connector.version, kept.unwrap().watermark), (stored.version, start()));
}

/// A list is in the order of IDs, and a tenant's holds its own only.
pub async fn a_list_holds_one_tenants_connectors_by_id(ledger: &impl Ledger) {
    let mut all = Vec::new();
    for name in ["globex", "acme", "acme2", "acme"] {
        let connector = fixtures::connector(&tenant(name), start());
        ledger.create(&connector).await.unwrap();
        all.push(connector);
    }
    all.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(ledger.list(None).await.unwrap(), all);
    let acmes: Vec<_> = all.into_iter().filter(|connector| connector.tenant == tenant("acme")).collect();
    assert_eq!(ledger.list(Some(&tenant("acme"))).await.unwrap(), acmes);
    assert_eq!(ledger.list(Some(&tenant("initech"))).await.unwrap(), []);
}

/// The history goes from the newest part back, as many at a time as are asked for.
pub async fn the_history_is_read_from_the_newest_back(ledger: &impl Ledger) {
    let (connector, _) = activate(ledger).await;
    for _ in 0..5 {
        seal_next(ledger, &connector, start()).await;
    }
    let numbers = async |before: Option<u64>, limit| {
        let before = before.map(PartNumber::new);
        let parts = ledger.history(&connector.id, before, limit).await.unwrap();
        parts.iter().map(|part| part.number.get()).collect::<Vec<_>>()
    };
    assert_eq!(numbers(None, 2).await, [5, 4]);
    assert_eq!(numbers(Some(4), 2).await, [3, 2]);
    assert_eq!(numbers(Some(2), 2).await, [1]);
    assert_eq!(numbers(Some(1), 2).await, [0u64; 0]);
    assert_eq!(numbers(None, 100).await, [5, 4, 3, 2, 1]);
}

/// "Run now" makes an activated connector due, and no other.
pub async fn a_run_can_be_asked_for_once_activated(ledger: &impl Ledger) {
    let draft = fixtures::connector(&tenant("acme"), start());
    ledger.create(&draft).await.unwrap();
    let now = start() + std::time::Duration::from_secs(60);
    assert!(!ledger.request_run(&draft.id, now, now).await.unwrap());
    assert!(!ledger.request_run(&ConnectorId::new(u64::MAX), now, now).await.unwrap());
    assert!(ledger.due(domain::ports::due_shard(&draft.id), Time::LAST, None).await.unwrap().due.is_empty());

    let (connector, before) = activate(ledger).await;
    assert!(ledger.request_run(&connector.id, now, now).await.unwrap());
    let after = cursor(ledger, &connector).await;
    assert_eq!(after, domain::cursor::Cursor { next_run_at: now, cut: Some(now), ..before });
}

/// Whoever asks for a run of a blocked connector may have mended what was wrong: it is tried at once.
pub async fn a_run_that_is_asked_for_does_not_wait_for_a_blocks_next_attempt(ledger: &impl Ledger) {
    let (connector, _) = activate(ledger).await;
    let block = super::runs::block(Stage::PutObject, "NoSuchBucket");
    ledger.block(&connector.id, &block).await.unwrap();
    let now = start() + std::time::Duration::from_secs(60);
    assert!(ledger.request_run(&connector.id, now, now).await.unwrap());
    let after = cursor(ledger, &connector).await;
    assert_eq!(after.block, Some(Block { next_attempt: now, ..block }));
    assert_eq!((after.next_run_at, after.cut), (now, Some(now)));
}
