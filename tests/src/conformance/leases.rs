//! The lease of a run, from its beginning to its release.

use std::time::Duration;

use archive::names::ConnectorId;
use archive::part::{Part, PartNumber};
use ports::{Claim, ClaimAnswer, RunAnswer};
use protocol::cursor::{Cursor, PublishedKeys};
use protocol::delivery_error::DeliveryStage;
use protocol::machine::{LeaseAnswer, Mark, Release};

use super::{Ledger, activate, create, cursor, seal_next, start};
use crate::fixtures::{self, at, worker};

const MINUTE: Duration = Duration::from_secs(60);

/// One worker at a time has the lease, and it may acquire it again.
pub async fn a_lease_is_one_workers_until_it_runs_out(ledger: &impl Ledger) {
    let (connector, _) = activate(ledger).await;
    let (first, second, now) = (worker(), worker(), start());
    let lease = async |who, now| ledger.lease(&connector.id, who, now, now + MINUTE).await.unwrap();
    assert_eq!(lease(&first, now).await, LeaseAnswer::Granted);
    assert_eq!(lease(&second, now).await, LeaseAnswer::Held);
    assert_eq!(lease(&first, now + MINUTE / 2).await, LeaseAnswer::Granted);
    assert_eq!(lease(&second, now + MINUTE).await, LeaseAnswer::Held, "the first has made it longer");
    assert_eq!(lease(&second, now + MINUTE * 2).await, LeaseAnswer::Granted);
    assert_eq!(lease(&first, now + MINUTE * 2).await, LeaseAnswer::Held);
}

/// A worker with a clock a day ahead acquires a lease by its own clock: nobody waits for that.
pub async fn a_lease_longer_than_any_run_is_ignored(ledger: &impl Ledger) {
    let (connector, _) = activate(ledger).await;
    let lease = async |now, until| ledger.lease(&connector.id, &worker(), now, until).await.unwrap();
    let tomorrow = start() + MINUTE * 60 * 24;
    assert_eq!(lease(tomorrow, tomorrow + MINUTE).await, LeaseAnswer::Granted);
    assert_eq!(lease(start(), start() + MINUTE).await, LeaseAnswer::Granted);
    let longest = start() + ports::MAX_LEASE;
    assert_eq!(lease(start() + MINUTE * 2, longest).await, LeaseAnswer::Granted);
    assert_eq!(lease(start() + MINUTE * 3, longest).await, LeaseAnswer::Held);
}

/// A connector that does not exist or was never activated has nothing to run.
pub async fn a_connector_that_was_never_activated_is_unknown(ledger: &impl Ledger) {
    let draft = fixtures::connector(&fixtures::tenant("acme"), start());
    create(ledger, &draft).await;
    for id in [draft.id, ConnectorId::new(u64::MAX)] {
        let answer = ledger.lease(&id, &worker(), start(), start() + MINUTE).await.unwrap();
        assert_eq!(answer, LeaseAnswer::Unknown);
        assert!(ledger.snapshot(&id).await.unwrap().is_none());
        assert!(ledger.part(&id, PartNumber::FIRST).await.unwrap().is_none());
    }
}

/// A release frees the lease and sets the next run.
pub async fn a_release_frees_the_lease_and_sets_the_next_run(ledger: &impl Ledger) {
    let (connector, before) = activate(ledger).await;
    let (first, second) = (worker(), worker());
    let next_run_at = at("2026-11-20T22:05:00Z");
    let release = Release { seen: before.next_run_at, next_run_at, now: start() + MINUTE };
    ledger.lease(&connector.id, &first, start(), start() + MINUTE).await.unwrap();
    ledger.release(&connector.id, &second, &release).await.unwrap();
    assert_eq!(cursor(ledger, &connector).await, before, "the second has no lease to release");
    ledger.release(&connector.id, &first, &release).await.unwrap();
    assert_eq!(cursor(ledger, &connector).await, Cursor { next_run_at, ..before });
    let answer = ledger.lease(&connector.id, &second, start(), start() + MINUTE).await.unwrap();
    assert_eq!(answer, LeaseAnswer::Granted);
}

/// A run requested during another one is kept, and the lease is released anyway.
pub async fn a_release_keeps_a_run_requested_in_the_meantime(ledger: &impl Ledger) {
    let (connector, before) = activate(ledger).await;
    let (first, requested_at) = (worker(), start() + MINUTE);
    ledger.lease(&connector.id, &first, start(), start() + MINUTE * 15).await.unwrap();
    assert_eq!(
        ledger.request_run(&connector.id, requested_at, requested_at, None, &[]).await.unwrap(),
        RunAnswer::Requested(requested_at)
    );
    let next_run_at = at("2026-11-20T22:05:00Z");
    let release = Release { seen: before.next_run_at, next_run_at, now: requested_at + MINUTE };
    ledger.release(&connector.id, &first, &release).await.unwrap();
    let after = cursor(ledger, &connector).await;
    assert_eq!((after.next_run_at, after.cut), (requested_at, Some(requested_at)));
    let answer = ledger.lease(&connector.id, &worker(), requested_at, requested_at + MINUTE).await.unwrap();
    assert_eq!(answer, LeaseAnswer::Granted);
}

/// A run requested during another one, and sent in vain by a dispatcher because of the lease, is due at once.
/// It does not wait until the claim expires.
pub async fn a_release_makes_a_run_due_that_was_sent_in_vain(ledger: &impl Ledger) {
    let (connector, before) = activate(ledger).await;
    let (first, requested_at) = (worker(), start() + MINUTE);
    ledger.lease(&connector.id, &first, start(), start() + MINUTE * 15).await.unwrap();
    ledger.request_run(&connector.id, requested_at, requested_at, None, &[]).await.unwrap();
    let claim = Claim { id: connector.id.clone(), next_run_at: requested_at };
    assert_eq!(ledger.claim(&claim, requested_at + MINUTE * 20).await.unwrap(), ClaimAnswer::Claimed);
    let sent = ledger
        .lease(&connector.id, &worker(), requested_at + MINUTE, requested_at + MINUTE * 15)
        .await
        .unwrap();
    assert_eq!(sent, LeaseAnswer::Held);
    let now = requested_at + MINUTE * 5;
    let release = Release { seen: before.next_run_at, next_run_at: at("2026-11-20T22:05:00Z"), now };
    ledger.release(&connector.id, &first, &release).await.unwrap();
    let after = cursor(ledger, &connector).await;
    assert_eq!((after.next_run_at, after.cut), (now, Some(requested_at)));
}

/// A run's last mark moves `delivered`, sets the next run and releases the lease, with everything else that a
/// mark writes.
pub async fn a_last_mark_marks_and_releases(ledger: &impl Ledger) {
    let (connector, before) = activate(ledger).await;
    let part = seal_next(ledger, &connector, at("2026-11-20T21:00:00Z")).await.part;
    ledger.block(&connector.id, &super::runs::block(DeliveryStage::PutObject, "AccessDenied")).await.unwrap();
    let sealed = cursor(ledger, &connector).await;
    let (first, published) = (worker(), PublishedKeys { location: "there".into(), keys: Vec::new() });
    ledger.lease(&connector.id, &first, start(), start() + MINUTE).await.unwrap();
    let next_run_at = at("2026-11-20T22:05:00Z");
    let release = Release { seen: before.next_run_at, next_run_at, now: start() + MINUTE };
    let mark =
        Mark { part: part.clone(), at: start(), published_keys: Some(published.clone()), unblock: true };
    ledger.mark_last(&first, &mark, &release).await.unwrap();
    let published = Some(published);
    let marked =
        Cursor { delivered: part.number, next_run_at, published_keys: published, block: None, ..sealed };
    assert_eq!(cursor(ledger, &connector).await, marked);
    let record = ledger.part(&connector.id, part.number).await.unwrap().unwrap();
    assert_eq!(record, Part { delivered_at: Some(start()), ..part });
    let answer = ledger.lease(&connector.id, &worker(), start(), start() + MINUTE).await.unwrap();
    assert_eq!(answer, LeaseAnswer::Granted);

    ledger.mark_last(&first, &Mark { at: start() + MINUTE, ..mark }, &release).await.unwrap();
    assert_eq!(cursor(ledger, &connector).await, marked, "a second one changes nothing");
    let answer = ledger.lease(&connector.id, &first, start(), start() + MINUTE).await.unwrap();
    assert_eq!(answer, LeaseAnswer::Held, "nor does it take another's lease away");
}

/// A worker that has lost its lease still marks, and leaves the rest to the current holder.
pub async fn a_last_mark_without_the_lease_only_marks(ledger: &impl Ledger) {
    let (connector, before) = activate(ledger).await;
    let part = seal_next(ledger, &connector, at("2026-11-20T21:00:00Z")).await.part;
    let sealed = cursor(ledger, &connector).await;
    ledger.lease(&connector.id, &worker(), start(), start() + MINUTE).await.unwrap();
    let release = Release { seen: before.next_run_at, next_run_at: start() + MINUTE * 60, now: start() };
    let mark = Mark { part: part.clone(), at: start(), published_keys: None, unblock: false };
    ledger.mark_last(&worker(), &mark, &release).await.unwrap();
    assert_eq!(cursor(ledger, &connector).await, Cursor { delivered: part.number, ..sealed });
    let answer = ledger.lease(&connector.id, &worker(), start(), start() + MINUTE).await.unwrap();
    assert_eq!(answer, LeaseAnswer::Held);
}

/// If another worker has already marked the part, the lease is released anyway.
pub async fn a_last_mark_after_another_workers_releases(ledger: &impl Ledger) {
    let (connector, before) = activate(ledger).await;
    let part = seal_next(ledger, &connector, at("2026-11-20T21:00:00Z")).await.part;
    let (first, next_run_at) = (worker(), at("2026-11-20T22:05:00Z"));
    ledger.lease(&connector.id, &first, start(), start() + MINUTE).await.unwrap();
    let mark = Mark { part, at: start(), published_keys: None, unblock: false };
    ledger.mark(&mark).await.unwrap();
    let release = Release { seen: before.next_run_at, next_run_at, now: start() };
    let marked = cursor(ledger, &connector).await;
    ledger.mark_last(&first, &mark, &release).await.unwrap();
    assert_eq!(cursor(ledger, &connector).await, Cursor { next_run_at, ..marked });
    let answer = ledger.lease(&connector.id, &worker(), start(), start() + MINUTE).await.unwrap();
    assert_eq!(answer, LeaseAnswer::Granted);
}

/// A run requested during another one is kept, and the part is marked.
pub async fn a_last_mark_keeps_a_run_requested_in_the_meantime(ledger: &impl Ledger) {
    let (connector, before) = activate(ledger).await;
    let part = seal_next(ledger, &connector, at("2026-11-20T21:00:00Z")).await.part;
    let (first, requested_at) = (worker(), start() + MINUTE);
    ledger.lease(&connector.id, &first, start(), start() + MINUTE * 15).await.unwrap();
    ledger.request_run(&connector.id, requested_at, requested_at, None, &[]).await.unwrap();
    let next_run_at = at("2026-11-20T22:05:00Z");
    let release = Release { seen: before.next_run_at, next_run_at, now: requested_at + MINUTE };
    let mark = Mark { part: part.clone(), at: start(), published_keys: None, unblock: false };
    ledger.mark_last(&first, &mark, &release).await.unwrap();
    let after = cursor(ledger, &connector).await;
    assert_eq!((after.delivered, after.next_run_at), (part.number, requested_at));
    let answer = ledger.lease(&connector.id, &worker(), requested_at, requested_at + MINUTE).await.unwrap();
    assert_eq!(answer, LeaseAnswer::Granted);
}
