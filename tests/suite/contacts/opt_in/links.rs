//! The link of a confirmation mail: what opening it does, and which links confirm nothing.

use std::time::Duration;

use control::onboarding::OnboardingError;
use ports::Rng as _;
use protocol::contacts::{AddressStatus, LINK_VALIDITY, LinkError, LinkToken};
use tests::fakes::SeededRng;
use tests::fixtures::{tenant, unique_id};

use super::{Deployment, acme, address, operator};

#[tokio::test]
async fn opening_a_link_changes_nothing_and_its_button_confirms_once_however_often_it_is_pressed() {
    let deployment = Deployment::new();
    let draft = deployment.draft(&tenant("acme")).await;
    let one = address("one@acme.example");
    deployment.set(&acme(), &draft.id, std::slice::from_ref(&one)).await.unwrap();
    let token = deployment.newest_token(&one);
    let before = deployment.status(&draft).await;
    assert!(matches!(before[..], [AddressStatus::Pending { .. }]), "{before:?}");
    for _ in 0..50 {
        let seen = deployment.onboarding.link(&token).await.unwrap();
        assert_eq!((&seen.email, &seen.status), (&one, &before[0]));
    }
    assert_eq!(deployment.status(&draft).await, before, "mail scanners open links");
    deployment.world.clock.advance(Duration::from_hours(1));
    let confirmed = deployment.onboarding.confirm(&token).await.unwrap();
    for _ in 0..5 {
        deployment.world.clock.advance(LINK_VALIDITY);
        assert_eq!(deployment.onboarding.confirm(&token).await.unwrap(), confirmed, "the first time counts");
        assert_eq!(deployment.onboarding.link(&token).await.unwrap(), confirmed);
    }
    // It holds for each connector of the tenant, and for no other tenant.
    let (second, other) =
        (deployment.draft(&tenant("acme")).await, deployment.draft(&tenant("globex")).await);
    let sent = deployment.world.mailer.sent().len();
    deployment.set(&acme(), &second.id, std::slice::from_ref(&one)).await.unwrap();
    assert_eq!(deployment.status(&second).await, [confirmed.status]);
    assert_eq!(deployment.world.mailer.sent().len(), sent);
    deployment.set(&operator(), &other.id, std::slice::from_ref(&one)).await.unwrap();
    assert!(matches!(deployment.status(&other).await[..], [AddressStatus::Pending { .. }]));
}

#[tokio::test]
async fn a_guessed_replaced_or_expired_link_confirms_nothing_and_says_why() {
    let deployment = Deployment::new();
    let draft = deployment.draft(&tenant("acme")).await;
    let one = address("one@acme.example");
    deployment.set(&acme(), &draft.id, std::slice::from_ref(&one)).await.unwrap();
    let first = deployment.newest_token(&one);
    let why = async |token: &LinkToken| match deployment.onboarding.confirm(token).await {
        Err(OnboardingError::Link(why)) => why,
        other => panic!("{other:?}"),
    };
    let guesses = SeededRng::new(unique_id());
    for _ in 0..200 {
        assert_eq!(why(&LinkToken::new(|| guesses.next_u64())).await, LinkError::Unknown);
    }
    deployment.world.clock.advance(LINK_VALIDITY);
    let until = deployment.world.clock.wall();
    assert_eq!(why(&first).await, LinkError::Expired(until));
    assert!(matches!(deployment.status(&draft).await[..], [AddressStatus::Expired { .. }]));
    assert!(deployment.onboarding.link(&first).await.is_ok(), "the page says that it has expired");
    deployment.onboarding.ask_contacts(&acme(), &draft.id, None).await.unwrap();
    deployment.forward_notices().await;
    assert_eq!(why(&first).await, LinkError::Replaced);
    deployment.onboarding.confirm(&deployment.newest_token(&one)).await.unwrap();
    // Nothing in storage lets its reader confirm.
    let known = format!("{:?}", deployment.world.ledger);
    assert!(!known.contains(&deployment.newest_token(&one).expose()));
}
