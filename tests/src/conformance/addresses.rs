//! The ledger's records of contacts: consent of addresses, notification history, and each tenant's share of
//! notifier time.

use std::time::Duration;

use archive::names::{ConnectorId, EmailAddress, TenantId};
use control::contacts::fair_share;
use futures_util::future::join_all;
use ports::{Consents, NotificationStore};
use protocol::caller::Caller;
use protocol::contacts::{Consent, LinkToken};
use protocol::notification::{ContactFact, ContactKey, ContactMessage, Decision, NotificationHistory};

use super::start;
use crate::fixtures::{tenant, unique_id};

/// Both ports for contacts.
pub trait Contacts: Consents + NotificationStore {}
impl<T: Consents + NotificationStore> Contacts for T {}

fn address(text: &str) -> EmailAddress {
    text.parse().unwrap()
}

fn token() -> LinkToken {
    LinkToken::new(unique_id)
}

fn confirmed(text: &str) -> Consent {
    let by = Caller::Operator { name: "ops".into() };
    Consent::unknown(address(text)).confirm_by_contract(&by, start()).unwrap().unwrap()
}

/// A consent belongs to a tenant and an address, regardless of the address's case.
pub async fn a_consent_is_stored_per_tenant_and_address(ledger: &impl Contacts) {
    let (acme, globex) = (tenant("acme"), tenant("globex"));
    let one = address("Ann@Acme.example");
    assert_eq!(ledger.consent(&acme, &one).await.unwrap(), None);
    let requested = Consent::unknown(one.clone()).ask(start()).unwrap();
    assert!(ledger.store_consent(&acme, &requested).await.unwrap());
    let sent = requested.mark_sent(token().hash(), start()).unwrap();
    assert!(ledger.store_consent(&acme, &sent).await.unwrap());
    assert_eq!(ledger.consent(&acme, &address("ann@acme.example")).await.unwrap(), Some(sent));
    assert_eq!(ledger.consent(&globex, &one).await.unwrap(), None, "another tenant's own");
    assert_eq!(ledger.consent(&acme, &address("ann@acme.example.org")).await.unwrap(), None);
}

/// Of two writers that read the same version one writes.
pub async fn of_two_answers_to_one_consent_one_is_stored(ledger: &impl Contacts) {
    let acme = tenant("acme");
    let (requested, by_contract) =
        (Consent::unknown(address("a@acme.example")).ask(start()).unwrap(), confirmed("a@acme.example"));
    assert!(ledger.store_consent(&acme, &requested).await.unwrap());
    assert!(!ledger.store_consent(&acme, &by_contract).await.unwrap(), "something is there");
    let (one, two) = (
        requested.mark_sent(token().hash(), start()).unwrap(),
        requested.mark_sent(token().hash(), start()).unwrap(),
    );
    assert!(ledger.store_consent(&acme, &one).await.unwrap());
    assert!(!ledger.store_consent(&acme, &two).await.unwrap());
    assert!(!ledger.store_consent(&acme, &one).await.unwrap(), "nor the same again");
    assert_eq!(ledger.consent(&acme, &requested.address).await.unwrap(), Some(one));
}

/// A link is found by the hash of its token only, whatever characters its tenant's ID has.
pub async fn a_link_is_found_by_its_token(ledger: &impl Contacts) {
    let (token, odd) = (token(), "#odd|tenant ü".parse::<TenantId>().unwrap());
    assert_eq!(ledger.link(&token.hash()).await.unwrap(), None);
    let one = address("Ann@acme.example");
    for _ in 0..2 {
        ledger.store_link(&token.hash(), &odd, &one).await.unwrap();
    }
    assert_eq!(ledger.link(&token.hash()).await.unwrap(), Some((odd, one)));
    assert_eq!(ledger.link(&self::token().hash()).await.unwrap(), None);
}

/// A contact's notification history is stored per contact and connector; of two concurrent writers one
/// writes.
pub async fn a_notification_history_is_stored_once(ledger: &impl Contacts) {
    let (acme, connector) = (tenant("acme"), ConnectorId::new(unique_id()));
    let of = (&acme, &connector);
    let contact = ContactKey::of_webhook(&"https://hooks.acme.example/a".parse().unwrap());
    assert_eq!(ledger.notification_history(of, &contact).await.unwrap(), None);
    let what = ContactFact::Paused;
    let (kind, id) = ("ConnectorChanged".to_owned(), "one".to_owned());
    let news = ContactMessage {
        id,
        kind,
        at: start(),
        tenant: acme.clone(),
        connector: connector.clone(),
        fact: what,
        held_back: 0,
    };
    let (decision, first) = NotificationHistory::default().decide(&news);
    let first = first.unwrap();
    assert_eq!(decision, Decision::Send { held_back: 0 });
    assert!(ledger.store_notification_history(of, &contact, &first).await.unwrap());
    assert!(!ledger.store_notification_history(of, &contact, &first).await.unwrap());
    let (_, second) = first.decide(&ContactMessage { id: "two".into(), ..news });
    let second = second.unwrap();
    assert!(ledger.store_notification_history(of, &contact, &second).await.unwrap());
    assert_eq!(ledger.notification_history(of, &contact).await.unwrap(), Some(second));
    let others = ContactKey::of_webhook(&"https://hooks.acme.example/b".parse().unwrap());
    assert_eq!(ledger.notification_history(of, &others).await.unwrap(), None);
    assert_eq!(
        ledger.notification_history((&acme, &ConnectorId::new(unique_id())), &contact).await.unwrap(),
        None
    );
}

/// Of any number at once each begins where another ends, from now on. Refunded time is used again.
pub async fn a_tenants_time_is_spent_once(ledger: &impl Contacts) {
    let (acme, globex) = (tenant("acme"), tenant("globex"));
    let (now, cost) = (start(), Duration::from_secs(2));
    let spends = join_all((0..8).map(|_| ledger.spend_time(&acme, cost, now))).await;
    let mut begins: Vec<_> = spends.into_iter().map(Result::unwrap).collect();
    begins.sort_unstable();
    assert_eq!(begins, (0..8).map(|nth| now + cost * nth).collect::<Vec<_>>());
    assert_eq!(ledger.spend_time(&globex, cost, now).await.unwrap(), now, "another's is its own");
    ledger.refund_time(&acme, Duration::from_secs(6)).await.unwrap();
    assert_eq!(ledger.spend_time(&acme, cost, now).await.unwrap(), now + cost * 5);
    // Unused time is not saved beyond now.
    let later = now + Duration::from_mins(5);
    assert_eq!(ledger.spend_time(&acme, cost, later).await.unwrap(), later);
    // A clock that was a month ahead, and is right again, keeps nobody waiting for a month.
    let wrong = now + Duration::from_hours(24 * 30);
    assert_eq!(ledger.spend_time(&acme, cost, wrong).await.unwrap(), wrong);
    let right = later + Duration::from_secs(7);
    assert_eq!(ledger.spend_time(&acme, cost, right).await.unwrap(), right);
    assert!(wrong > right + fair_share::MAX_RESERVATION);
    ledger.refund_time(&tenant("initech"), cost).await.unwrap();
}

/// A tenant's slow hosts are stored and removed.
pub async fn a_slow_host_is_stored_and_removed(ledger: &impl Contacts) {
    let (acme, globex, host) = (tenant("acme"), tenant("globex"), "hooks.acme.example");
    assert_eq!(ledger.slow_until(&acme, host).await.unwrap(), None);
    ledger.store_slow_until(&acme, host, None).await.unwrap();
    for until in [start(), start() + Duration::from_secs(1)] {
        ledger.store_slow_until(&acme, host, Some(until)).await.unwrap();
        assert_eq!(ledger.slow_until(&acme, host).await.unwrap(), Some(until));
    }
    assert_eq!(ledger.slow_until(&globex, host).await.unwrap(), None);
    assert_eq!(ledger.slow_until(&acme, "hooks.acme.example.org").await.unwrap(), None);
    ledger.store_slow_until(&acme, host, None).await.unwrap();
    assert_eq!(ledger.slow_until(&acme, host).await.unwrap(), None);
}
