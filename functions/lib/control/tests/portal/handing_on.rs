//! What a visitor may hand on to a colleague.

use control::budget::Budgets;
use protocol::budget::Budget;
use protocol::portal::{LinkFact, SESSION_LIMIT, SessionRefusal};

use super::*;

#[tokio::test]
async fn a_link_is_handed_on_with_a_part_of_the_own_abilities() {
    let world = World::new();
    let new = NewLink { abilities: [Ability::Invite, Ability::SetUp].into_iter().collect(), ..invitation() };
    let own = world.make(new).await;
    let (_, visitor) = world.enter(&own).await;
    let error = world.hand_on(&visitor, &[Ability::SetUp, Ability::Operate]).await.unwrap_err();
    assert_eq!(error.to_string(), "your own link does not allow: operate");
    let link = world.hand_on(&visitor, &[Ability::SetUp]).await.unwrap();
    assert_eq!(link.link.abilities.to_string(), "view, set-up");
    let hand_over = link.link.hand_over.clone().unwrap();
    assert_eq!((hand_over.from, hand_over.by.as_str()), (own.link.id.clone(), "Dana Ruiz"));
    let notices = world.bus.published_links();
    let from = match &notices.last().unwrap().fact {
        LinkFact::Created { handed_on_from, .. } => handed_on_from.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(from, Some(own.link.id));
    let (_, colleague) = world.enter(&link).await;
    let name = "Ann Admin".to_owned();
    assert_eq!(colleague.caller(), Caller::Tenant { tenant: tenant("acme"), name });
}

#[tokio::test]
async fn a_link_without_the_ability_to_invite_is_not_handed_on() {
    let world = World::new();
    let new = NewLink { abilities: [Ability::SetUp].into_iter().collect(), ..invitation() };
    let (_, visitor) = world.enter(&world.make(new).await).await;
    let error = world.hand_on(&visitor, &[Ability::SetUp]).await.unwrap_err();
    assert!(matches!(error, PortalError::Missing(_)), "{error:?}");
}

#[tokio::test]
async fn a_link_that_was_handed_on_is_not_handed_on_again() {
    let world = World::new();
    let (_, visitor) = world.enter(&world.link().await).await;
    let link = world.hand_on(&visitor, &Ability::ALL).await.unwrap();
    let (_, colleague) = world.enter(&link).await;
    let error = world.hand_on(&colleague, &[]).await.unwrap_err();
    assert!(matches!(error, PortalError::HandedOn), "{error:?}");
}

#[tokio::test]
async fn an_operators_link_is_never_handed_on() {
    let world = World::new();
    let link = world.access.create(&ops(), Credential::Iam, operators_link()).await.unwrap();
    let (_, operator) = world.enter(&link).await;
    let error = world.hand_on(&operator, &[]).await.unwrap_err();
    assert!(matches!(error, PortalError::OperatorsInvitation), "{error:?}");
}

#[tokio::test]
async fn what_is_handed_on_lasts_no_longer_than_the_own_link_or_session() {
    let world = World::new();
    // The link's own time is longer than its session, or shorter.
    for (kind, validity) in [(LinkKind::Invite, None), (LinkKind::Redirect, Some(minutes(1)))] {
        let own = world.make(NewLink { kind, validity, ..invitation() }).await;
        let (cookie, visitor) = world.enter(&own).await;
        let end = own.link.expires_at.max(world.now() + SESSION_LIMIT);
        let link = world.hand_on(&visitor, &[Ability::SetUp]).await.unwrap();
        assert_eq!(link.link.expires_at, end);
        world.clock.set(end - minutes(10));
        drop(world.visit(&cookie).await);
        let (cookie, colleague) = world.enter(&link).await;
        assert_eq!(colleague.ends_at(), end, "nor does its session");
        world.clock.set(end);
        let visit = world.visit(&cookie).await;
        assert!(
            matches!(visit, Err(SessionError::Refused(SessionRefusal::Ended(at))) if at == end),
            "{visit:?}"
        );
    }
}

#[tokio::test]
async fn a_long_invitation_is_handed_on_for_72_hours_at_most() {
    let world = World::new();
    let new = NewLink { validity: Some(LinkKind::MAX_VALIDITY), ..invitation() };
    let (_, visitor) = world.enter(&world.make(new).await).await;
    let link = world.hand_on(&visitor, &[]).await.unwrap();
    assert_eq!(link.link.expires_at, world.now() + Duration::from_hours(72));
}

#[tokio::test]
async fn a_tenant_may_hand_on_five_links_a_day_whoever_does() {
    let world = World::new();
    let mut visitors = Vec::new();
    for _ in 0..3 {
        visitors.push(world.enter(&world.link().await).await.1);
    }
    assert_eq!(Budgets::default().limit(Budget::HandOvers), 5);
    for visitor in visitors.iter().cycle().take(5) {
        world.hand_on(visitor, &[]).await.unwrap();
    }
    let made = world.notices().len();
    for visitor in &visitors {
        let error = world.hand_on(visitor, &[]).await.unwrap_err();
        let PortalError::Exhausted(error) = error else { panic!("{error:?}") };
        assert_eq!(error.resets_at, Some(at("2026-12-01T00:00:00Z")));
    }
    assert_eq!(world.notices().len(), made, "nothing is published of what was refused");
    let links = world.access.list(&ops(), &acme(), None, 100).await.unwrap().items;
    assert_eq!(links.iter().filter(|link| link.hand_over.is_some()).count(), 5);
    // Another tenant has its own count, and the next day a new one.
    let globex = NewLink { scope: LinkScope::Tenant { tenant: tenant("globex") }, ..invitation() };
    let (_, other) = world.enter(&world.make(globex).await).await;
    world.hand_on(&other, &[]).await.unwrap();
    world.clock.set(at("2026-12-01T00:00:00Z"));
    let (_, tomorrow) = world.enter(&world.link().await).await;
    world.hand_on(&tomorrow, &[]).await.unwrap();
}
