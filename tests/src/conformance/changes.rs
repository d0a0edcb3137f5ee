//! Changes of settings: each stored once, with its record, over the version that it started from.

use archive::names::ExternalId;
use futures_util::future::join_all;
use protocol::caller::Caller;
use protocol::connector::{Change, Connector, Verb};

use super::{Ledger, STALE, STORED, activate, create, save, start};
use crate::fixtures::{self, at, tenant, unique_id};

/// A change is stored only over the version that it started from.
pub async fn a_stale_change_is_refused(ledger: &impl Ledger) {
    let (stored, cursor) = activate(ledger).await;
    let mut ours = stored.clone();
    ours.pause().unwrap();
    let mut theirs = stored.clone();
    let elsewhere = fixtures::connector(&stored.tenant, start()).destination.s3().cloned().unwrap();
    theirs.connect(elsewhere).unwrap();
    assert_eq!(save(ledger, &stored, &ours).await, STORED);
    assert_eq!(save(ledger, &stored, &theirs).await, STALE);
    assert_eq!(ledger.get(&ours.id).await.unwrap(), Some((ours.clone(), Some(cursor))));
    assert_eq!(versions(ledger, &ours, None, 10).await, [4, 3, 2], "the refused change has left a record");
    let unknown = fixtures::connector(&tenant("acme"), start());
    let changed = fixtures::verified(unknown.clone(), start());
    assert_eq!(save(ledger, &unknown, &changed).await, STALE);
    assert_eq!(ledger.get(&unknown.id).await.unwrap(), None);
    assert_eq!(versions(ledger, &unknown, None, 10).await, [0; 0]);
}

/// A cursor is stored once: a second activation stores neither settings nor cursor.
pub async fn a_second_activation_stores_nothing(ledger: &impl Ledger) {
    let (stored, mut cursor) = activate(ledger).await;
    let again = Connector { version: stored.version + 1, ..stored.clone() };
    cursor.watermark = at("2026-11-20T23:00:00Z");
    let change = fixtures::change(&stored, &again);
    assert_eq!(ledger.save(&change, Some(&cursor), &[]).await.unwrap(), STALE);
    let (connector, kept) = ledger.get(&stored.id).await.unwrap().unwrap();
    assert_eq!((connector.version, kept.unwrap().watermark), (stored.version, start()));
}

/// A retry after a lost response gets `Saved`; the change is stored once.
pub async fn a_retried_change_is_stored_once(ledger: &impl Ledger) {
    let draft = fixtures::connector(&tenant("acme"), start());
    assert_eq!(create(ledger, &draft).await, STORED);
    assert_eq!(create(ledger, &draft).await, STORED);
    let ready = fixtures::verified(draft.clone(), start());
    assert_eq!(save(ledger, &draft, &ready).await, STORED);
    assert_eq!(save(ledger, &draft, &ready).await, STORED);
    let (active, cursor) = fixtures::activated(draft.clone(), start());
    let activation = fixtures::change(&ready, &active);
    assert_eq!(ledger.save(&activation, Some(&cursor), &[]).await.unwrap(), STORED);
    assert_eq!(ledger.save(&activation, Some(&cursor), &[]).await.unwrap(), STORED);
    assert_eq!(ledger.get(&draft.id).await.unwrap(), Some((active, Some(cursor))));
    assert_eq!(versions(ledger, &draft, None, 10).await, [3, 2, 1]);
    // The first of them is no longer the current version, but it was stored.
    assert_eq!(create(ledger, &draft).await, STORED);
}

/// Of workers that change the same version one is stored, completely, and the others get `Stale`.
pub async fn of_racing_changes_exactly_one_is_stored(ledger: &impl Ledger) {
    let draft = fixtures::connector(&tenant("acme"), start());
    assert_eq!(create(ledger, &draft).await, STORED);
    let changes: Vec<Change> = (0..8)
        .map(|_| {
            let mut after = draft.clone();
            after.rotate_external_id(ExternalId::new(1, unique_id())).unwrap();
            fixtures::change(&draft, &after)
        })
        .collect();
    let answers = join_all(changes.iter().map(|change| ledger.save(change, None, &[]))).await;
    let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    let stored: Vec<_> = changes.iter().zip(&answers).filter(|(_, answer)| **answer == STORED).collect();
    let [(winner, _)] = stored.as_slice() else { panic!("{answers:?}") };
    assert!(answers.iter().all(|answer| [STORED, STALE].contains(answer)), "{answers:?}");
    assert_eq!(ledger.get(&draft.id).await.unwrap(), Some((winner.after.clone(), None)));
    assert_eq!(ledger.changes(&draft.id, None, 1).await.unwrap(), [(*winner).clone()]);
}

/// The change records say who, when, what, before and after. They are read newest first, up to the limit.
pub async fn the_changes_are_read_from_the_newest_back(ledger: &impl Ledger) {
    let draft = fixtures::connector(&tenant("acme"), start());
    let by = [
        Caller::Operator { name: "arn:aws:iam::111111111111:user/ann".into() },
        Caller::Tenant { tenant: tenant("acme"), name: "bob@acme.example".into() },
        Caller::System,
    ];
    let created = Change { by: by[0].clone(), ..fixtures::creation(&draft) };
    ledger.create(&draft, &created, &[]).await.unwrap();
    let mut all = vec![created];
    let mut before = draft.clone();
    for n in 0..20 {
        let mut after = before.clone();
        after.rotate_external_id(ExternalId::new(n, n)).unwrap();
        let change = Change {
            at: start() + std::time::Duration::from_secs(n),
            by: by[usize::try_from(n).unwrap() % by.len()].clone(),
            what: Verb::RotateExternalId,
            ..fixtures::change(&before, &after)
        };
        assert_eq!(ledger.save(&change, None, &[]).await.unwrap(), STORED);
        all.insert(0, change);
        before = after;
    }
    assert_eq!(ledger.changes(&draft.id, None, 100).await.unwrap(), all);
    assert_eq!(versions(ledger, &draft, None, 2).await, [21, 20]);
    assert_eq!(versions(ledger, &draft, Some(20), 2).await, [19, 18]);
    assert_eq!(versions(ledger, &draft, Some(2), 2).await, [1]);
    assert_eq!(versions(ledger, &draft, Some(1), 2).await, [0; 0]);
    assert_eq!(versions(ledger, &draft, Some(0), 2).await, [0; 0]);
    assert_eq!(versions(ledger, &draft, Some(u64::MAX), 1).await, [21]);
    assert_eq!(versions(ledger, &draft, None, 0).await, [0; 0]);
    // Neither settings nor parts are returned as changes, nor changes as them.
    assert_eq!(ledger.get(&draft.id).await.unwrap(), Some((before, None)));
    assert_eq!(ledger.history(&draft.id, None, 10).await.unwrap(), []);
}

async fn versions(ledger: &impl Ledger, of: &Connector, before: Option<u64>, limit: u32) -> Vec<u64> {
    let changes = ledger.changes(&of.id, before, limit).await.unwrap();
    changes.iter().map(|change| change.version).collect()
}
