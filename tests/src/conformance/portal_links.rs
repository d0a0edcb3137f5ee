//! The portal's links: one conditional write redeems, a budget is used together with the link that it is used
//! for, and a list is newest first.

use std::time::Duration;

use archive::time::Time;
use futures_util::future::join_all;
use ports::{PortalLinks, SpendOutcome};
use protocol::budget::{Budget, BudgetScope, Party, Spending};
use protocol::caller::Caller;
use protocol::portal::{LinkId, LinkScope, Network, OperatorVisit, PortalLink};

use super::start;
use crate::fixtures::{link_secret, portal_link, tenant, unique_id, unusual_tenants};

fn of_tenant(id: &str) -> LinkScope {
    LinkScope::Tenant { tenant: tenant(id) }
}

fn operator() -> Caller {
    Caller::Operator { name: "ops".into() }
}

async fn create(ledger: &impl PortalLinks, scope: LinkScope, now: Time) -> PortalLink {
    let link = portal_link(scope, now);
    assert_eq!(ledger.create_portal_link(&link, &[]).await.unwrap(), SpendOutcome::Counted);
    link
}

fn redeemed(link: &PortalLink, now: Time) -> PortalLink {
    let network = Network::of("203.0.113.77".parse().unwrap());
    link.redeem(link_secret().hash(), network, now).unwrap()
}

/// The IDs of a page, and where it continues.
async fn page(
    ledger: &impl PortalLinks,
    scope: &LinkScope,
    before: Option<&LinkId>,
    limit: u32,
) -> (Vec<LinkId>, Option<LinkId>) {
    let page = ledger.portal_links(scope, before, limit).await.unwrap();
    (page.items.into_iter().map(|link| link.id).collect(), page.next)
}

fn hand_over(limit: u32) -> Spending {
    Spending {
        budget: Budget::HandOvers,
        scope: BudgetScope::Tenant(tenant("acme")),
        party: Party::Tenant,
        amount: 1,
        limit,
        now: start(),
    }
}

/// A link is read back as it was stored, in each of its states.
pub async fn a_link_is_stored_with_its_session(ledger: &impl PortalLinks) {
    let new = portal_link(of_tenant("acme"), start());
    assert_eq!(ledger.portal_link(&new.id).await.unwrap(), None);
    assert_eq!(ledger.create_portal_link(&new, &[]).await.unwrap(), SpendOutcome::Counted);
    assert_eq!(ledger.portal_link(&new.id).await.unwrap(), Some(new.clone()));
    let redeemed = redeemed(&new, start());
    let left = redeemed.leave(start()).unwrap();
    let asked = left.request_new(start()).unwrap();
    let revoked = asked.revoke(operator(), start()).unwrap();
    for state in [redeemed, left, asked, revoked] {
        assert!(ledger.store_portal_link(&state).await.unwrap());
        assert_eq!(ledger.portal_link(&new.id).await.unwrap(), Some(state));
    }
}

/// However many redeem a link at once, one session is stored.
pub async fn of_two_who_redeem_one_link_one_gets_a_session(ledger: &impl PortalLinks) {
    let new = create(ledger, of_tenant("acme"), start()).await;
    let attempts: Vec<_> = (0..4).map(|_| redeemed(&new, start())).collect();
    let stored = join_all(attempts.iter().map(|attempt| ledger.store_portal_link(attempt))).await;
    let won: Vec<_> = attempts.iter().zip(stored).filter(|(_, stored)| *stored.as_ref().unwrap()).collect();
    assert_eq!(won.len(), 1);
    let (winner, _) = won.first().unwrap();
    assert_eq!(ledger.portal_link(&new.id).await.unwrap().as_ref(), Some(*winner));
}

/// A write from a version that is no longer the stored one changes nothing, even if it is the same write.
pub async fn a_transition_of_a_former_version_is_refused(ledger: &impl PortalLinks) {
    let new = create(ledger, of_tenant("acme"), start()).await;
    let revoked = new.revoke(operator(), start()).unwrap();
    assert!(ledger.store_portal_link(&revoked).await.unwrap());
    assert!(!ledger.store_portal_link(&revoked).await.unwrap(), "nor the same again");
    assert!(!ledger.store_portal_link(&redeemed(&new, start())).await.unwrap());
    assert_eq!(ledger.portal_link(&new.id).await.unwrap(), Some(revoked));
    let never_created = redeemed(&portal_link(of_tenant("acme"), start()), start());
    assert!(!ledger.store_portal_link(&never_created).await.unwrap());
    assert_eq!(ledger.portal_link(&never_created.id).await.unwrap(), None);
}

/// Creating the same link again changes nothing and costs nothing, whatever happened to it since. Another
/// link can't have its ID.
pub async fn a_link_is_created_once_and_pays_once(ledger: &impl PortalLinks) {
    let new = portal_link(of_tenant("acme"), start());
    for _ in 0..3 {
        let outcome = ledger.create_portal_link(&new, &[hand_over(1)]).await.unwrap();
        assert_eq!(outcome, SpendOutcome::Counted);
    }
    let redeemed = redeemed(&new, start());
    assert!(ledger.store_portal_link(&redeemed).await.unwrap());
    let again = ledger.create_portal_link(&new, &[hand_over(1)]).await.unwrap();
    assert_eq!(again, SpendOutcome::Counted);
    assert_eq!(ledger.portal_link(&new.id).await.unwrap(), Some(redeemed.clone()));
    let other = PortalLink { secret: link_secret().hash(), ..new };
    assert!(ledger.create_portal_link(&other, &[]).await.is_err());
    assert_eq!(ledger.portal_link(&other.id).await.unwrap(), Some(redeemed));
}

/// A link whose budget is used up is neither found nor listed.
pub async fn an_exhausted_budget_stores_no_link(ledger: &impl PortalLinks) {
    let acme = of_tenant("acme");
    let first = portal_link(acme.clone(), start());
    let outcome = ledger.create_portal_link(&first, &[hand_over(1)]).await.unwrap();
    assert_eq!(outcome, SpendOutcome::Counted);
    let second = portal_link(acme.clone(), start());
    let outcome = ledger.create_portal_link(&second, &[hand_over(1)]).await.unwrap();
    assert_eq!(outcome, SpendOutcome::Exhausted);
    assert_eq!(ledger.portal_link(&second.id).await.unwrap(), None);
    assert_eq!(page(ledger, &acme, None, 10).await, (vec![first.id], None));
}

/// However many are handed on at once, no more are stored than the budget allows.
pub async fn of_many_hand_overs_at_once_the_limit_is_stored(ledger: &impl PortalLinks) {
    let acme = of_tenant("acme");
    let links: Vec<_> = (0..8).map(|_| portal_link(acme.clone(), start())).collect();
    let spends = [hand_over(5)];
    let outcomes = join_all(links.iter().map(|link| ledger.create_portal_link(link, &spends))).await;
    let counted = outcomes.into_iter().filter(|outcome| *outcome.as_ref().unwrap() == SpendOutcome::Counted);
    assert_eq!(counted.count(), 5);
    assert_eq!(page(ledger, &acme, None, 10).await.0.len(), 5);
}

/// A list has exactly the links of its tenant, whatever that is called, or of the operators, newest first.
pub async fn a_list_has_the_links_of_exactly_its_scope_newest_first(ledger: &impl PortalLinks) {
    let tenants = unusual_tenants().into_iter().map(|tenant| LinkScope::Tenant { tenant });
    let mut scopes: Vec<_> = tenants.collect();
    scopes.extend([of_tenant("O"), of_tenant("#O"), LinkScope::Operators]);
    let mut expected = Vec::new();
    for scope in &scopes {
        let older = create(ledger, scope.clone(), start()).await;
        let newer = create(ledger, scope.clone(), start() + Duration::from_millis(1)).await;
        expected.push(vec![newer.id, older.id]);
    }
    for (scope, expected) in scopes.iter().zip(expected) {
        assert_eq!(page(ledger, scope, None, 10).await, (expected, None), "{scope:?}");
    }
    assert_eq!(page(ledger, &of_tenant("nobody"), None, 10).await, (Vec::new(), None));
}

/// Each link of a list is on one page; the last page says that it is the last.
pub async fn a_list_is_read_page_by_page(ledger: &impl PortalLinks) {
    let acme = of_tenant("acme");
    let mut expected = Vec::new();
    for nth in 0..7 {
        expected.push(create(ledger, acme.clone(), start() + Duration::from_secs(nth)).await.id);
    }
    expected.reverse();
    for limit in [1, 3, 7, 100] {
        let (mut found, mut before) = (Vec::new(), None);
        loop {
            let (ids, next) = page(ledger, &acme, before.as_ref(), limit).await;
            assert!(ids.len() <= limit as usize);
            found.extend(ids);
            before = next;
            if before.is_none() {
                break;
            }
        }
        assert_eq!(found, expected, "in pages of {limit}");
    }
}

/// A list has what was stored last.
pub async fn a_list_shows_a_revocation_at_once(ledger: &impl PortalLinks) {
    let acme = of_tenant("acme");
    let revoked = create(ledger, acme.clone(), start()).await.revoke(operator(), start()).unwrap();
    assert!(ledger.store_portal_link(&revoked).await.unwrap());
    assert_eq!(ledger.portal_links(&acme, None, 10).await.unwrap().items, [revoked]);
}

/// The first visit by a link to a tenant's pages stays.
pub async fn a_visit_is_recorded_once(ledger: &impl PortalLinks) {
    let (acme, globex) = (tenant("acme"), tenant("globex"));
    let by = LinkId::new(start(), unique_id());
    let visit = |tenant, link: &LinkId, seconds| OperatorVisit {
        tenant,
        link: link.clone(),
        by: operator(),
        at: start() + Duration::from_secs(seconds),
    };
    let first = visit(acme.clone(), &by, 1);
    let of_globex = visit(globex.clone(), &by, 2);
    assert!(ledger.record_visit(&first).await.unwrap());
    assert!(ledger.record_visit(&of_globex).await.unwrap());
    assert!(!ledger.record_visit(&visit(acme.clone(), &by, 3)).await.unwrap());
    assert_eq!(ledger.visits(&acme, 10).await.unwrap(), [first]);
    assert_eq!(ledger.visits(&globex, 10).await.unwrap(), [of_globex]);
}

/// Visits are listed newest first, apart from the tenant's links.
pub async fn visits_are_in_no_list_of_links(ledger: &impl PortalLinks) {
    let acme = tenant("acme");
    let new = create(ledger, of_tenant("acme"), start()).await;
    let mut visits = Vec::new();
    for nth in 1..=3 {
        let at = start() + Duration::from_secs(nth);
        let link = LinkId::new(at, unique_id());
        let visit = OperatorVisit { tenant: acme.clone(), link, by: operator(), at };
        assert!(ledger.record_visit(&visit).await.unwrap());
        visits.push(visit);
    }
    visits.reverse();
    assert_eq!(ledger.visits(&acme, 10).await.unwrap(), visits);
    assert_eq!(ledger.visits(&acme, 2).await.unwrap(), visits[..2]);
    assert_eq!(page(ledger, &of_tenant("acme"), None, 10).await, (vec![new.id], None));
    assert_eq!(ledger.visits(&tenant("globex"), 10).await.unwrap(), []);
}
