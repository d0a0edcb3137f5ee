//! The ledger for the API and the command line.

use archive::names::{ConnectorId, ExternalId, TenantId};
use archive::part::PartNumber;
use archive::time::Time;
use ports::{ConnectorFilter, LastFile, RunAnswer};
use protocol::connector::{Connector, Encryption, State};
use protocol::contacts::{Contacts, RetiringSecret, SecretId, Webhook, WebhookSecret};
use protocol::delivery_error::{Block, DeliveryStage};
use protocol::machine::Mark;

use super::{Ledger, STALE, STORED, activate, create, cursor, save, seal_next, start};
use crate::fixtures::{self, at, tenant};

/// All tenants' connectors, without deleted ones.
const ALL: ConnectorFilter<'_> = ConnectorFilter { tenant: None, include_deleted: false };

fn of(tenant: &TenantId) -> ConnectorFilter<'_> {
    ConnectorFilter { tenant: Some(tenant), ..ALL }
}

/// Deletes a connector and returns its remaining record.
async fn delete(ledger: &impl Ledger, connector: &Connector) -> Connector {
    let mut after = connector.clone();
    after.delete().unwrap();
    assert_eq!(save(ledger, connector, &after).await, STORED);
    after
}

/// An ID is assigned once; an existing connector stays.
pub async fn a_connector_is_created_once(ledger: &impl Ledger) {
    let first = fixtures::connector(&tenant("acme"), start());
    let mut second = fixtures::connector(&tenant("globex"), start());
    second.id = first.id.clone();
    assert_eq!(create(ledger, &first).await, STORED);
    assert_eq!(create(ledger, &second).await, STALE);
    assert_eq!(ledger.get(&first.id).await.unwrap(), Some((first, None)));
    assert_eq!(ledger.get(&ConnectorId::new(u64::MAX)).await.unwrap(), None);
}

/// Every setting is read as it was stored.
pub async fn every_setting_is_kept(ledger: &impl Ledger) {
    let mut connector = fixtures::connector(&tenant("acme"), start());
    connector.shards = 7.try_into().unwrap();
    connector.frequency = 24.try_into().unwrap();
    connector.encoding.compression = archive::part::Compression::Zstd;
    connector.encoding.format = archive::part::Format::Ndjson;
    connector.start_from = Some(at("2026-01-01T00:00:00.001Z"));
    let destination = connector.destination.s3_mut().unwrap();
    destination.prefix = "".parse().unwrap();
    destination.encryption =
        Encryption::Kms("arn:aws:kms:eu-central-1:123456789012:alias/audit".parse().unwrap());
    connector.next_external_id = Some(ExternalId::new(7, 8));
    connector.activated_at = Some(at("2026-01-02T00:00:00.002Z"));
    connector.verified_at = Some(at("2026-01-03T00:00:00.003Z"));
    connector.disabled_at = Some(at("2026-01-04T00:00:00.004Z"));
    connector.contacts = Contacts {
        emails: vec!["b@acme.example".parse().unwrap(), "a@acme.example".parse().unwrap()]
            .try_into()
            .unwrap(),
        webhook: Some(Webhook {
            url: "https://hooks.acme.example/a?b=c".parse().unwrap(),
            secret: SecretId::new(2),
            retiring: Some(RetiringSecret {
                secret: SecretId::new(1),
                until: at("2026-01-05T00:00:00.005Z"),
            }),
        }),
        tested_at: Some(at("2026-01-06T00:00:00.006Z")),
        asked_again_at: Some(at("2026-01-07T00:00:00.007Z")),
    };
    create(ledger, &connector).await;
    assert_eq!(ledger.get(&connector.id).await.unwrap(), Some((connector.clone(), None)));
    for state in [State::Ready, State::Active, State::Paused, State::Disabled, State::Deleted, State::Draft] {
        let after = Connector { state, version: connector.version + 1, ..connector.clone() };
        assert_eq!(save(ledger, &connector, &after).await, STORED);
        assert_eq!(ledger.get(&connector.id).await.unwrap(), Some((after.clone(), None)));
        connector = after;
    }
    let bare =
        Connector::draft(connector.id.clone(), connector.tenant.clone(), ExternalId::new(1, 2), start());
    let bare = Connector { version: connector.version + 1, ..bare };
    assert_eq!(save(ledger, &connector, &bare).await, STORED);
    assert_eq!(ledger.get(&connector.id).await.unwrap(), Some((bare, None)));
}

/// A list is ordered by ID; a tenant's list has only its own connectors.
pub async fn a_list_has_one_tenants_connectors_by_id(ledger: &impl Ledger) {
    let mut all = Vec::new();
    for name in ["globex", "acme", "acme2", "acme"] {
        let connector = fixtures::connector(&tenant(name), start());
        create(ledger, &connector).await;
        all.push(connector);
    }
    all.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(ledger.list(ALL, None, 100).await.unwrap(), all);
    let acmes: Vec<_> = all.into_iter().filter(|connector| connector.tenant == tenant("acme")).collect();
    assert_eq!(ledger.list(of(&tenant("acme")), None, 100).await.unwrap(), acmes);
    assert_eq!(ledger.list(of(&tenant("initech")), None, 100).await.unwrap(), []);
}

/// No character of an ID is special to the ledger, and tenants are distinguished by bytes.
pub async fn a_list_has_the_connectors_of_exactly_this_tenant_whatever_it_is_called(ledger: &impl Ledger) {
    let all: Vec<Connector> =
        fixtures::unusual_tenants().iter().map(|tenant| fixtures::connector(tenant, start())).collect();
    for connector in &all {
        assert_eq!(create(ledger, connector).await, STORED);
    }
    for connector in &all {
        let found = ledger.list(of(&connector.tenant), None, 100).await.unwrap();
        assert_eq!(found, std::slice::from_ref(connector), "{:?}", connector.tenant);
        assert_eq!(ledger.get(&connector.id).await.unwrap(), Some((connector.clone(), None)));
    }
}

/// Deleted connectors are listed on request, as they were.
pub async fn a_list_has_deleted_connectors_only_on_request(ledger: &impl Ledger) {
    let acme = tenant("acme");
    let (kept, deleted) = (fixtures::connector(&acme, start()), fixtures::connector(&acme, start()));
    create(ledger, &deleted).await;
    create(ledger, &kept).await;
    let deleted = delete(ledger, &deleted).await;
    for filter in [ALL, of(&acme)] {
        assert_eq!(ledger.list(filter, None, 100).await.unwrap(), std::slice::from_ref(&kept));
        let mut both = vec![kept.clone(), deleted.clone()];
        both.sort_by(|a, b| a.id.cmp(&b.id));
        assert_eq!(
            ledger.list(ConnectorFilter { include_deleted: true, ..filter }, None, 100).await.unwrap(),
            both
        );
    }
}

/// Pages return every connector once, whatever their size.
pub async fn a_list_is_read_page_by_page(ledger: &impl Ledger) {
    let (acme, globex) = (tenant("acme"), tenant("globex"));
    for n in 0..12 {
        let connector = fixtures::connector(if n % 3 == 0 { &globex } else { &acme }, start());
        create(ledger, &connector).await;
        if n % 5 > 2 {
            delete(ledger, &connector).await;
        }
    }
    for filter in [ALL, of(&acme), of(&globex), ConnectorFilter { include_deleted: true, ..ALL }] {
        let all = ledger.list(filter, None, 100).await.unwrap();
        for limit in 1..9 {
            let mut read: Vec<Connector> = Vec::new();
            loop {
                let page = ledger.list(filter, read.last().map(|last| &last.id), limit).await.unwrap();
                assert!(page.len() <= limit as usize);
                if page.is_empty() {
                    break;
                }
                read.extend(page);
            }
            assert_eq!(read, all);
        }
        assert_eq!(ledger.list(filter, None, 0).await.unwrap(), []);
    }
}

/// The history is newest first, with as many parts per page as requested.
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
pub async fn a_run_can_be_requested_once_activated(ledger: &impl Ledger) {
    let draft = fixtures::connector(&tenant("acme"), start());
    create(ledger, &draft).await;
    let now = start() + std::time::Duration::from_secs(60);
    assert_eq!(ledger.request_run(&draft.id, now, now, None, &[]).await.unwrap(), RunAnswer::NotActivated);
    assert_eq!(
        ledger.request_run(&ConnectorId::new(u64::MAX), now, now, None, &[]).await.unwrap(),
        RunAnswer::NotActivated
    );
    assert!(ledger.due(ports::due_shard(&draft.id), Time::LAST, None).await.unwrap().items.is_empty());

    let (connector, before) = activate(ledger).await;
    assert_eq!(
        ledger.request_run(&connector.id, now, now, None, &[]).await.unwrap(),
        RunAnswer::Requested(now)
    );
    let after = cursor(ledger, &connector).await;
    assert_eq!(after, protocol::cursor::Cursor { next_run_at: now, cut: Some(now), ..before });
}

/// A run request for a blocked connector may follow a fix: it is attempted at once.
pub async fn a_requested_run_does_not_wait_for_a_blocks_next_attempt(ledger: &impl Ledger) {
    let (connector, _) = activate(ledger).await;
    let block = super::runs::block(DeliveryStage::PutObject, "NoSuchBucket");
    ledger.block(&connector.id, &block).await.unwrap();
    let now = start() + std::time::Duration::from_secs(60);
    assert_eq!(
        ledger.request_run(&connector.id, now, now, None, &[]).await.unwrap(),
        RunAnswer::Requested(now)
    );
    let after = cursor(ledger, &connector).await;
    assert_eq!(after.block, Some(Block { next_attempt: now, ..block }));
    assert_eq!((after.next_run_at, after.cut), (now, Some(now)));
}

/// A retry with the same key, after a lost response, gets the same answer and no second run.
pub async fn a_run_requested_again_with_its_key_is_the_same_run(ledger: &impl Ledger) {
    let (connector, _) = activate(ledger).await;
    let times = [1, 2, 3, 4].map(|minutes| start() + std::time::Duration::from_secs(60 * minutes));
    let [first, again, other, keyless] = times;
    let ask = async |now, key| ledger.request_run(&connector.id, now, now, key, &[]).await.unwrap();
    assert_eq!(ask(first, Some("a")).await, RunAnswer::Requested(first));
    let before = cursor(ledger, &connector).await;
    ledger.block(&connector.id, &super::runs::block(DeliveryStage::PutObject, "NoSuchBucket")).await.unwrap();
    assert_eq!(ask(again, Some("a")).await, RunAnswer::Requested(first));
    let after = cursor(ledger, &connector).await;
    assert_eq!((after.next_run_at, after.cut), (before.next_run_at, before.cut));
    assert_ne!(after.block.unwrap().next_attempt, again, "nothing at all changes");
    assert_eq!(ask(other, Some("b")).await, RunAnswer::Requested(other), "another key is another run");
    assert_eq!(cursor(ledger, &connector).await.cut, Some(other));
    assert_eq!(ask(keyless, None).await, RunAnswer::Requested(keyless), "without a key each is one");
    assert_eq!(cursor(ledger, &connector).await.cut, Some(keyless));
    assert_eq!(ask(again, Some("b")).await, RunAnswer::Requested(other));
}

/// A secret is stored once under its ID, for its own connector; neither settings nor records contain it.
pub async fn a_secret_is_stored_once_and_outside_the_settings(ledger: &impl Ledger) {
    let (acme, globex) =
        (fixtures::connector(&tenant("acme"), start()), fixtures::connector(&tenant("globex"), start()));
    create(ledger, &acme).await;
    let secret = |text: &str| text.parse::<WebhookSecret>().unwrap();
    let first = secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    let second = secret("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    let id = SecretId::new(7);
    assert_eq!(ledger.secret(&acme.id, &id).await.unwrap(), None);
    assert!(ledger.store_secret(&acme.id, &id, &first).await.unwrap());
    assert!(!ledger.store_secret(&acme.id, &id, &second).await.unwrap());
    assert!(!ledger.store_secret(&acme.id, &id, &first).await.unwrap());
    assert_eq!(ledger.secret(&acme.id, &id).await.unwrap(), Some(first.clone()));
    assert_eq!(ledger.secret(&acme.id, &SecretId::new(8)).await.unwrap(), None);
    assert_eq!(ledger.secret(&globex.id, &id).await.unwrap(), None, "another connector's");
    assert_eq!(ledger.get(&acme.id).await.unwrap(), Some((acme.clone(), None)));
    let listed = ledger.list(ALL, None, 100).await.unwrap();
    assert_eq!(listed, std::slice::from_ref(&acme), "it is not a connector");
    let shown = format!("{:?}", ledger.changes(&acme.id, None, 100).await.unwrap());
    assert!(!shown.contains(&first.expose()));
}

/// A scan goes through all connectors of all tenants and states, page by page, and shows none twice.
pub async fn a_scan_has_every_connector_once(ledger: &impl Ledger) {
    let mut all = Vec::new();
    for name in ["globex", "acme", "acme2", "acme", "initech"] {
        let connector = fixtures::connector(&tenant(name), start());
        create(ledger, &connector).await;
        all.push(connector);
    }
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = ledger.scan(after.as_ref()).await.unwrap();
        found.extend(page.items);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    all.sort_by(|a, b| a.id.cmp(&b.id));
    found.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(found, all);
}

/// What is read of many connectors at once is what a single read has, for those that are activated.
pub async fn the_progress_of_many_is_that_of_each(ledger: &impl Ledger) {
    let draft = fixtures::connector(&tenant("acme"), start());
    create(ledger, &draft).await;
    let (quiet, _) = activate(ledger).await;
    let (sealed, _) = activate(ledger).await;
    let part = seal_next(ledger, &sealed, start()).await.part;
    let ids = [draft.id, quiet.id.clone(), sealed.id.clone()];
    for delivered_at in [None, Some(start())] {
        if let Some(at) = delivered_at {
            let mark = Mark { part: part.clone(), at, published_keys: None, unblock: false };
            ledger.mark(&mark).await.unwrap();
        }
        let progress = ledger.progress(&ids).await.unwrap();
        assert_eq!(progress.keys().collect::<Vec<_>>(), {
            let mut active = vec![&quiet.id, &sealed.id];
            active.sort();
            active
        });
        for connector in [&quiet, &sealed] {
            assert_eq!(progress[&connector.id].cursor, cursor(ledger, connector).await);
        }
        let last = progress[&sealed.id].last_file;
        assert_eq!(last, delivered_at.map(|delivered_at| LastFile { delivered_at, events: part.events }));
        assert_eq!(progress[&quiet.id].last_file, None);
    }
}
