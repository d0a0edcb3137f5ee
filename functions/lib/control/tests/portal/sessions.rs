//! What a session is good for, and how long.

use protocol::portal::SessionRefusal;
use protocol::portal::{IDLE_LIMIT, SESSION_LIMIT};

use super::*;

fn refusal(visit: Result<Visitor, SessionError>) -> SessionRefusal {
    match visit {
        Err(SessionError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_session_ends_after_half_an_hour_without_use() {
    let world = World::new();
    let (cookie, _) = world.enter(&world.link().await).await;
    world.clock.advance(minutes(29));
    let visitor = world.visit(&cookie).await.unwrap();
    assert_eq!(visitor.ends_at(), world.now() + IDLE_LIMIT);
    world.clock.advance(minutes(30));
    assert_eq!(refusal(world.visit(&cookie).await), SessionRefusal::Ended(world.now()));
    assert_eq!(world.counted("PortalSessionsRefused"), 1);
}

#[tokio::test]
async fn a_session_ends_after_eight_hours_whatever_its_use() {
    let world = World::new();
    let (cookie, _) = world.enter(&world.link().await).await;
    let end = world.now() + SESSION_LIMIT;
    while world.now() + minutes(20) < end {
        world.clock.advance(minutes(20));
        assert!(world.visit(&cookie).await.unwrap().ends_at() <= end);
    }
    world.clock.set(end);
    assert_eq!(refusal(world.visit(&cookie).await), SessionRefusal::Ended(end));
}

#[tokio::test]
async fn a_page_that_asks_by_itself_does_not_extend_the_session() {
    let world = World::new();
    let (cookie, _) = world.enter(&world.link().await).await;
    let end = world.now() + IDLE_LIMIT;
    for _ in 0..29 {
        world.clock.advance(minutes(1));
        let visitor = world.access.authenticate(&cookie, Activity::Poll).await.unwrap();
        assert_eq!(visitor.ends_at(), end);
    }
    world.clock.advance(minutes(1));
    let polled = world.access.authenticate(&cookie, Activity::Poll).await;
    assert_eq!(refusal(polled), SessionRefusal::Ended(end));
}

#[tokio::test]
async fn a_session_that_was_left_is_over_and_its_link_stays_used() {
    let world = World::new();
    let link = world.link().await;
    let (cookie, visitor) = world.enter(&link).await;
    for _ in 0..2 {
        world.access.leave(&visitor).await.unwrap();
    }
    let now = world.now();
    assert_eq!(refusal(world.visit(&cookie).await), SessionRefusal::Left(now));
    assert_eq!(world.redeem(&link).await, Err(LinkRefusal::Redeemed(now)));
}

#[tokio::test]
async fn the_secret_of_a_link_opens_no_session() {
    let world = World::new();
    let link = world.link().await;
    assert_eq!(refusal(world.visit(&token(&link)).await), SessionRefusal::Unknown);
    world.enter(&link).await;
    assert_eq!(refusal(world.visit(&token(&link)).await), SessionRefusal::Unknown);
    world.ledger.expire_portal_link(&link.link.id);
    assert_eq!(refusal(world.visit(&token(&link)).await), SessionRefusal::Unknown);
}

#[tokio::test]
async fn a_clock_that_jumps_back_makes_no_session_last_longer() {
    let world = World::new();
    let (cookie, _) = world.enter(&world.link().await).await;
    let start = world.now();
    world.clock.advance(minutes(20));
    world.visit(&cookie).await.unwrap();
    let end = world.now() + IDLE_LIMIT;
    // Another worker's clock is a little behind: the person goes on, and nothing is moved.
    world.clock.set(start + minutes(15));
    assert_eq!(world.visit(&cookie).await.unwrap().ends_at(), end);
    // A clock that is wrong opens nothing.
    world.clock.set(start - minutes(15));
    assert_eq!(refusal(world.visit(&cookie).await), SessionRefusal::Ended(end));
    world.clock.set(end);
    assert_eq!(refusal(world.visit(&cookie).await), SessionRefusal::Ended(end));
}

#[tokio::test]
async fn a_visitor_has_the_links_abilities_and_tenant_and_no_other() {
    let world = World::new();
    let new = NewLink { abilities: Abilities::from_iter([Ability::SetUp]), ..invitation() };
    let (_, visitor) = world.enter(&world.make(new).await).await;
    assert!(visitor.require(Ability::View).is_ok() && visitor.require(Ability::SetUp).is_ok());
    let error = visitor.require(Ability::Operate).unwrap_err();
    assert_eq!(error.to_string(), "your link does not allow this: it lacks the ability operate");
    assert_eq!(visitor.tenant(None).unwrap(), tenant("acme"));
    assert_eq!(visitor.tenant(Some(tenant("acme"))).unwrap(), tenant("acme"));
    let error = visitor.tenant(Some(tenant("globex"))).unwrap_err();
    assert!(matches!(error, PortalError::OtherTenant(_)), "{error:?}");
    let name = "Dana Ruiz".to_owned();
    assert_eq!(visitor.caller(), Caller::Tenant { tenant: tenant("acme"), name });
    assert!(!visitor.is_operator());
}

#[tokio::test]
async fn an_operators_visit_is_recorded_once_for_each_tenant_and_a_tenants_never() {
    let world = World::new();
    let link = world.access.create(&ops(), Credential::Iam, operators_link()).await.unwrap();
    let (_, operator) = world.enter(&link).await;
    assert!(operator.is_operator() && operator.caller() == ops());
    assert!(matches!(operator.tenant(None), Err(PortalError::NoTenant)));
    let (_, dana) = world.enter(&world.link().await).await;
    let (acme, globex, first) = (tenant("acme"), tenant("globex"), world.now());
    for _ in 0..2 {
        world.access.record_visit(&operator, &acme).await.unwrap();
        world.access.record_visit(&dana, &globex).await.unwrap();
        world.clock.advance(minutes(1));
    }
    let visits = world.access.visits(&acmes(), &acme, 10).await.unwrap();
    let [visit] = visits.as_slice() else { panic!("{visits:?}") };
    assert_eq!((visit.at, &visit.link, &visit.by), (first, &link.link.id, &ops()));
    assert_eq!(world.access.visits(&ops(), &globex, 10).await.unwrap(), []);
}
