//! The ledger for the dispatcher.

use std::time::Duration;

use archive::names::ConnectorId;
use archive::time::Time;
use futures_util::future::join_all;
use ports::{Claim, ClaimAnswer, DUE_SHARDS, DuePage, RunAnswer, due_shard};

use super::{Ledger, STORED, activate, create, cursor, start};
use crate::fixtures;

const HOUR: Duration = Duration::from_secs(3600);

/// All due connectors, over all shards and pages.
async fn all_due(ledger: &impl Ledger, now: Time) -> Vec<Claim> {
    let mut all = Vec::new();
    for shard in 0..DUE_SHARDS {
        all.extend(due_in(ledger, shard, now).await);
    }
    all
}

async fn due_in(ledger: &impl Ledger, shard: u8, now: Time) -> Vec<Claim> {
    let mut all: Vec<Claim> = Vec::new();
    loop {
        let DuePage { items, next } = ledger.due(shard, now, all.last()).await.unwrap();
        assert!(items.iter().all(|claim| due_shard(&claim.id) == shard), "a connector of another shard");
        assert!(!items.is_empty() || next.is_none(), "an empty page without a way to continue");
        all.extend(items);
        if next.is_none() {
            return all;
        }
        assert_eq!(next.as_ref(), all.last());
    }
}

/// The index is sparse: a connector that was never activated is not in it.
pub async fn only_activated_connectors_are_listed(ledger: &impl Ledger) {
    let draft = fixtures::connector(&fixtures::tenant("acme"), start());
    assert_eq!(create(ledger, &draft).await, STORED);
    let (connector, cursor) = activate(ledger).await;
    let due = all_due(ledger, Time::LAST).await;
    assert_eq!(due, [Claim { id: connector.id, next_run_at: cursor.next_run_at }]);
}

/// A connector is listed from the instant of `next_run_at` on, not a millisecond before.
pub async fn a_connector_is_due_from_its_next_run_on(ledger: &impl Ledger) {
    let (_, cursor) = activate(ledger).await;
    let just_before = cursor.next_run_at - Duration::from_millis(1);
    assert_eq!(all_due(ledger, just_before).await, []);
    assert_eq!(all_due(ledger, cursor.next_run_at).await.len(), 1);
}

/// Of several ticks that read the same time, one claims. The others get `AlreadyClaimed`, and nothing is
/// listed any more.
pub async fn of_racing_ticks_exactly_one_claims(ledger: &impl Ledger) {
    let (connector, before) = activate(ledger).await;
    let claim = Claim { id: connector.id.clone(), next_run_at: before.next_run_at };
    let until = before.next_run_at + HOUR;
    let answers = join_all((0..12).map(|_| ledger.claim(&claim, until))).await;
    let claimed = answers.into_iter().filter(|answer| matches!(answer, Ok(ClaimAnswer::Claimed))).count();
    assert_eq!(claimed, 1);
    assert_eq!(cursor(ledger, &connector).await.next_run_at, until);
    assert_eq!(all_due(ledger, before.next_run_at).await, []);
    assert_eq!(all_due(ledger, until).await, [Claim { next_run_at: until, ..claim }], "it comes back");
}

/// A claim of a connector that does not exist claims nothing and creates none.
pub async fn a_claim_of_nothing_claims_nothing(ledger: &impl Ledger) {
    let claim = Claim { id: ConnectorId::new(u64::MAX), next_run_at: start() };
    assert_eq!(ledger.claim(&claim, start() + HOUR).await.unwrap(), ClaimAnswer::AlreadyClaimed);
    assert_eq!(all_due(ledger, Time::LAST).await, []);
}

/// A claim that could not be sent is released.
pub async fn a_claim_can_be_released(ledger: &impl Ledger) {
    let (connector, before) = activate(ledger).await;
    let claim = Claim { id: connector.id.clone(), next_run_at: before.next_run_at };
    let until = before.next_run_at + HOUR;
    assert_eq!(ledger.claim(&claim, until).await.unwrap(), ClaimAnswer::Claimed);
    ledger.release_claim(&claim, until).await.unwrap();
    assert_eq!(cursor(ledger, &connector).await, before);
    assert_eq!(all_due(ledger, claim.next_run_at).await, [claim]);
}

/// Releasing a claim changes nothing if a run was requested since.
pub async fn a_claim_is_not_released_after_a_later_run_request(ledger: &impl Ledger) {
    let (connector, before) = activate(ledger).await;
    let claim = Claim { id: connector.id.clone(), next_run_at: before.next_run_at };
    let until = before.next_run_at + HOUR;
    assert_eq!(ledger.claim(&claim, until).await.unwrap(), ClaimAnswer::Claimed);
    let requested_at = before.next_run_at + HOUR / 2;
    assert_eq!(
        ledger.request_run(&connector.id, requested_at, requested_at, None, &[]).await.unwrap(),
        RunAnswer::Requested(requested_at)
    );
    ledger.release_claim(&claim, until).await.unwrap();
    assert_eq!(cursor(ledger, &connector).await.next_run_at, requested_at);
}

/// More than a page in one shard: each connector once, the longest due first.
pub async fn a_shard_with_many_due_is_read_page_by_page(ledger: &impl Ledger) {
    let mut expected = Vec::new();
    while expected.len() < 120 {
        let draft = fixtures::connector(&fixtures::tenant("acme"), start());
        if due_shard(&draft.id) != 3 {
            continue;
        }
        // Several are due at the same time, and the IDs' order is not the times'.
        let at = start() + Duration::from_secs(60 * (1000 - expected.len() as u64 / 5));
        let (connector, cursor) = fixtures::activated(draft, at);
        let cursor = protocol::cursor::Cursor { next_run_at: at, ..cursor };
        fixtures::store(ledger, &connector, &cursor).await;
        expected.push((at, connector.id));
    }
    let found = due_in(ledger, 3, Time::LAST).await;
    let times: Vec<Time> = found.iter().map(|claim| claim.next_run_at).collect();
    assert!(times.is_sorted(), "the longest due come first");
    let mut found: Vec<_> = found.into_iter().map(|claim| (claim.next_run_at, claim.id)).collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
}
