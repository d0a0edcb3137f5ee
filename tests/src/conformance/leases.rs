//! The lease that a run has, from its beginning to its release.

use std::time::Duration;

use domain::cursor::Cursor;
use domain::names::ConnectorId;
use domain::part::PartNumber;
use domain::ports::{Claim, LeaseAnswer};
use domain::protocol::Release;

use super::{Ledger, activate, create, cursor, start};
use crate::fixtures::{self, at, worker};

const MINUTE: Duration = Duration::from_secs(60);

/// One worker at a time has the lease, and it may take it again.
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

/// A worker whose clock is a day ahead takes its lease with it: nobody waits for that.
pub async fn a_lease_longer_than_any_run_counts_for_nothing(ledger: &impl Ledger) {
    let (connector, _) = activate(ledger).await;
    let lease = async |now, until| ledger.lease(&connector.id, &worker(), now, until).await.unwrap();
    let tomorrow = start() + MINUTE * 60 * 24;
    assert_eq!(lease(tomorrow, tomorrow + MINUTE).await, LeaseAnswer::Granted);
    assert_eq!(lease(start(), start() + MINUTE).await, LeaseAnswer::Granted);
    let longest = start() + domain::ports::LONGEST_LEASE;
    assert_eq!(lease(start() + MINUTE * 2, longest).await, LeaseAnswer::Granted);
    assert_eq!(lease(start() + MINUTE * 3, longest).await, LeaseAnswer::Held);
}

/// There is nothing to run for a connector that is not there or was never activated.
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

/// A release gives the lease back and sets the next run.
pub async fn a_release_gives_back_and_sets_the_next_run(ledger: &impl Ledger) {
    let (connector, before) = activate(ledger).await;
    let (first, second) = (worker(), worker());
    let next_run_at = at("2026-11-20T22:05:00Z");
    let release = Release { seen: before.next_run_at, next_run_at, now: start() + MINUTE };
    ledger.lease(&connector.id, &first, start(), start() + MINUTE).await.unwrap();
    ledger.release(&connector.id, &second, &release).await.unwrap();
    assert_eq!(cursor(ledger, &connector).await, before, "the second has no lease to give back");
    ledger.release(&connector.id, &first, &release).await.unwrap();
    assert_eq!(cursor(ledger, &connector).await, Cursor { next_run_at, ..before });
    let answer = ledger.lease(&connector.id, &second, start(), start() + MINUTE).await.unwrap();
    assert_eq!(answer, LeaseAnswer::Granted);
}

/// A run that was asked for while another was under way is not forgotten, and the lease is free all the same.
pub async fn a_release_keeps_a_run_asked_for_meanwhile(ledger: &impl Ledger) {
    let (connector, before) = activate(ledger).await;
    let (first, asked) = (worker(), start() + MINUTE);
    ledger.lease(&connector.id, &first, start(), start() + MINUTE * 15).await.unwrap();
    assert_eq!(ledger.request_run(&connector.id, asked, asked, None).await.unwrap(), Some(asked));
    let next_run_at = at("2026-11-20T22:05:00Z");
    let release = Release { seen: before.next_run_at, next_run_at, now: asked + MINUTE };
    ledger.release(&connector.id, &first, &release).await.unwrap();
    let after = cursor(ledger, &connector).await;
    assert_eq!((after.next_run_at, after.cut), (asked, Some(asked)));
    let answer = ledger.lease(&connector.id, &worker(), asked, asked + MINUTE).await.unwrap();
    assert_eq!(answer, LeaseAnswer::Granted);
}

/// A run that was asked for while another was under way, and that a dispatcher has sent in vain, since the lease was
/// taken, is due at once: it does not wait until the claim runs out.
pub async fn a_release_makes_a_run_due_that_was_sent_in_vain(ledger: &impl Ledger) {
    let (connector, before) = activate(ledger).await;
    let (first, asked) = (worker(), start() + MINUTE);
    ledger.lease(&connector.id, &first, start(), start() + MINUTE * 15).await.unwrap();
    ledger.request_run(&connector.id, asked, asked, None).await.unwrap();
    let claim = Claim { id: connector.id.clone(), seen: asked };
    assert!(ledger.claim(&claim, asked + MINUTE * 20).await.unwrap());
    let sent = ledger.lease(&connector.id, &worker(), asked + MINUTE, asked + MINUTE * 15).await.unwrap();
    assert_eq!(sent, LeaseAnswer::Held);
    let now = asked + MINUTE * 5;
    let release = Release { seen: before.next_run_at, next_run_at: at("2026-11-20T22:05:00Z"), now };
    ledger.release(&connector.id, &first, &release).await.unwrap();
    let after = cursor(ledger, &connector).await;
    assert_eq!((after.next_run_at, after.cut), (now, Some(asked)));
}
