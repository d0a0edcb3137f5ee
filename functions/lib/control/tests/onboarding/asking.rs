//! Asking addresses for their consent again.

use std::time::Duration;

use control::onboarding::{MailMode, NewContacts, OnboardingError};
use ports::Consents as _;
use protocol::connector::NotAllowedError;
use protocol::contacts::{AddressStatus, LinkToken};

use super::{OPERATOR, World};
use tests::fixtures::tenant;

const ADDRESS: &str = "ann@acme.example";

#[tokio::test]
async fn an_address_is_asked_again_once_its_mail_is_a_day_old_and_a_lost_request_is_repeated_at_once() {
    let mut world = World::new();
    world.onboarding.mail_mode = MailMode::DoubleOptIn;
    let id = world.connected().await;
    let emails = vec![ADDRESS.parse().unwrap()].try_into().unwrap();
    world.onboarding.set_contacts(&OPERATOR, &id, None, NewContacts { emails, webhook: None }).await.unwrap();
    let ask = async || world.onboarding.ask_contacts(&OPERATOR, &id, None).await;
    // The mail is requested and not sent: its notice may have been lost, so it is published again.
    ask().await.unwrap();
    let (acme, address) = (tenant("acme"), ADDRESS.parse().unwrap());
    let requested = world.ledger.consent(&acme, &address).await.unwrap().unwrap();
    let now = world.onboarding.clock.now();
    let sent = requested.mark_sent(LinkToken::new(|| 7).hash(), now).unwrap();
    assert!(world.ledger.store_consent(&acme, &sent).await.unwrap());
    // It is minutes old: nobody is asked twice a day.
    let too_soon = ask().await;
    assert!(
        matches!(too_soon, Err(OnboardingError::NotAllowed(NotAllowedError::NothingToAsk { .. }))),
        "{too_soon:?}"
    );
    world.clock.advance(Duration::from_hours(25));
    ask().await.unwrap();
    let again = world.ledger.consent(&acme, &address).await.unwrap().unwrap();
    assert_eq!(again.version, sent.version + 1);
    assert!(!matches!(again.status(now), AddressStatus::Waiting));
}
