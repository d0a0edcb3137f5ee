//! The record of searches: one for each search and hour, in the tenant's list from the newest hour back.

use std::time::Duration;

use archive::names::{ConnectorId, TenantId};
use archive::time::Time;
use futures_util::future::join_all;
use ports::SearchLog;
use protocol::caller::Caller;
use protocol::exploration::{SearchKind, SearchRecord};

use super::start;
use crate::fixtures::{tenant, unusual_tenants};

fn search(tenant: &TenantId, filter: &str, at: Time) -> SearchRecord {
    SearchRecord {
        tenant: tenant.clone(),
        connector: ConnectorId::new(7),
        by: Caller::Operator { name: "arn:aws:iam::111122223333:user/„Ann“".into() },
        kind: SearchKind::Facets,
        filter: filter.parse().unwrap(),
        at,
    }
}

async fn record(ledger: &impl SearchLog, search: &SearchRecord) -> bool {
    ledger.record_search(search).await.unwrap()
}

/// The first record of an hour stays, however many workers record the same search.
pub async fn a_search_is_recorded_once_in_an_hour(ledger: &impl SearchLog) {
    let acme = tenant("acme");
    let later = |seconds| search(&acme, "action:*", start() + Duration::from_secs(seconds));
    assert!(record(ledger, &later(0)).await);
    let again = join_all([0, 1, 2].map(later).iter().map(|search| ledger.record_search(search))).await;
    assert!(again.into_iter().all(|first| !first.unwrap()));
    assert_eq!(ledger.searches(&acme, None, 10).await.unwrap().items, [later(0)]);
    assert!(record(ledger, &later(3_600)).await);
    assert_eq!(ledger.searches(&acme, None, 10).await.unwrap().items, [later(3_600), later(0)]);
}

/// A list has exactly the searches of its tenant, whatever that is called.
pub async fn the_searches_are_those_of_exactly_this_tenant(ledger: &impl SearchLog) {
    for tenant in unusual_tenants() {
        assert!(record(ledger, &search(&tenant, "", start())).await, "{tenant:?}");
    }
    for tenant in unusual_tenants() {
        let page = ledger.searches(&tenant, None, 10).await.unwrap();
        assert_eq!((page.items, page.next), (vec![search(&tenant, "", start())], None));
    }
    assert_eq!(ledger.searches(&tenant("nobody"), None, 10).await.unwrap().items, []);
}

/// Each search is on one page; the last page says that it is the last.
pub async fn searches_are_read_page_by_page_from_the_newest_hour_back(ledger: &impl SearchLog) {
    let acme = tenant("acme");
    let mut expected = Vec::new();
    for nth in 0..7_u64 {
        // Several in one hour, and several hours.
        let at = start() + Duration::from_hours(nth / 3);
        let one = search(&acme, &format!("action:{nth}"), at);
        assert!(record(ledger, &one).await);
        expected.push(one);
    }
    expected.sort_by_key(|search| std::cmp::Reverse(search.id()));
    for limit in [1, 3, 6, 7, 100] {
        let (mut found, mut before) = (Vec::new(), None);
        loop {
            let page = ledger.searches(&acme, before.as_ref(), limit).await.unwrap();
            assert!(page.items.len() <= limit as usize);
            found.extend(page.items);
            before = page.next;
            if before.is_none() {
                break;
            }
        }
        assert_eq!(found, expected, "in pages of {limit}");
    }
}
