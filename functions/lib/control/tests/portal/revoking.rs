//! Revoking links, and what was handed on from them.

use protocol::portal::{LinkId, LinkStatus, SessionRefusal};
use tests::fault_injection::{FaultPlan, Flaky, InjectedFault};

use super::*;

fn is_revoked(visit: &Result<Visitor, SessionError>, when: Time) -> bool {
    matches!(visit, Err(SessionError::Refused(SessionRefusal::Revoked(at))) if *at == when)
}

#[tokio::test]
async fn revoking_a_link_ends_its_session_at_once() {
    let world = World::new();
    let link = world.link().await;
    let (cookie, _) = world.enter(&link).await;
    let revoked = world.access.revoke(&ops(), &link.link.id).await.unwrap();
    assert_eq!(revoked.status(world.now()), LinkStatus::Revoked { at: world.now() });
    assert!(is_revoked(&world.visit(&cookie).await, world.now()));
    assert_eq!(world.notices(), ["PortalLinkCreated", "PortalLinkRedeemed", "PortalLinkRevoked"]);
}

#[tokio::test]
async fn revoking_twice_changes_nothing_and_says_who_was_first() {
    let world = World::new();
    let link = world.link().await;
    let first = world.access.revoke(&acmes(), &link.link.id).await.unwrap();
    world.clock.advance(minutes(1));
    assert_eq!(world.access.revoke(&ops(), &link.link.id).await.unwrap(), first);
    assert_eq!(world.notices(), ["PortalLinkCreated", "PortalLinkRevoked"]);
}

#[tokio::test]
async fn a_revocation_whose_answer_was_lost_is_a_revocation() {
    let plan = FaultPlan::none().inject("store_portal_link", 1, InjectedFault::LoseResponse);
    let ledger = FakeLedger::new();
    let world = World::over(ledger.clone(), Flaky::new(ledger, &plan));
    let link = world.link().await;
    let revoked = world.access.revoke(&ops(), &link.link.id).await.unwrap();
    assert_eq!(revoked.revoked.unwrap().by, ops());
    assert_eq!(world.notices(), ["PortalLinkCreated", "PortalLinkRevoked"]);
}

#[tokio::test]
async fn revoking_a_link_ends_what_was_handed_on_from_it() {
    let world = World::new();
    let own = world.link().await;
    let (_, visitor) = world.enter(&own).await;
    let [used, open] =
        [world.hand_on(&visitor, &[]).await.unwrap(), world.hand_on(&visitor, &[]).await.unwrap()];
    let (cookie, _) = world.enter(&used).await;
    world.clock.advance(minutes(1));
    world.access.revoke(&ops(), &own.link.id).await.unwrap();
    let now = world.now();
    assert!(is_revoked(&world.visit(&cookie).await, now));
    assert_eq!(world.redeem(&open).await, Err(LinkRefusal::Revoked(now)));
    assert_eq!(
        world.access.open(&token(&open)).await.unwrap().unwrap().refusal,
        Some(LinkRefusal::Revoked(now))
    );
    assert!(!world.access.request_new(&token(&open)).await.unwrap());
}

#[tokio::test]
async fn revoking_what_was_handed_on_leaves_the_own_link() {
    let world = World::new();
    let (cookie, visitor) = world.enter(&world.link().await).await;
    let link = world.hand_on(&visitor, &[]).await.unwrap();
    world.access.revoke(&visitor.caller(), &link.link.id).await.unwrap();
    assert_eq!(world.redeem(&link).await, Err(LinkRefusal::Revoked(world.now())));
    assert!(world.visit(&cookie).await.is_ok());
}

#[tokio::test]
async fn a_link_whose_origin_is_gone_opens_nothing() {
    let world = World::new();
    let own = world.link().await;
    let (_, visitor) = world.enter(&own).await;
    let link = world.hand_on(&visitor, &[]).await.unwrap();
    let (cookie, _) = world.enter(&link).await;
    world.ledger.expire_portal_link(&own.link.id);
    let visit = world.visit(&cookie).await;
    assert!(matches!(visit, Err(SessionError::Refused(SessionRefusal::Unknown))), "{visit:?}");
    assert_eq!(world.redeem(&link).await, Err(LinkRefusal::Unknown));
}

#[tokio::test]
async fn a_tenant_revokes_its_own_links_only_and_learns_of_no_other() {
    let world = World::new();
    let globex = NewLink { scope: LinkScope::Tenant { tenant: tenant("globex") }, ..invitation() };
    let others = world.make(globex).await;
    let operators = world.access.create(&ops(), Credential::Iam, operators_link()).await.unwrap();
    let never_made = LinkId::new(world.now(), 1);
    for id in [&others.link.id, &operators.link.id, &never_made] {
        let error = world.access.revoke(&acmes(), id).await.unwrap_err();
        assert!(matches!(&error, PortalError::NotFound(of) if of == id), "{error:?}");
    }
    assert!(world.redeem(&others).await.is_ok() && world.redeem(&operators).await.is_ok());
    for scope in [others.link.scope, operators.link.scope] {
        assert!(world.access.revoke_all(&acmes(), &scope).await.is_err());
    }
}

#[tokio::test]
async fn revoking_all_ends_every_session_of_the_tenant_and_nobody_elses() {
    let world = World::new();
    let expired = world.make(NewLink { validity: Some(minutes(1)), ..invitation() }).await;
    world.clock.advance(Duration::from_hours(9));
    let (mine, visitor) = world.enter(&world.link().await).await;
    let open = world.link().await;
    let handed_on = world.hand_on(&visitor, &[]).await.unwrap();
    let globex = NewLink { scope: LinkScope::Tenant { tenant: tenant("globex") }, ..invitation() };
    let (theirs, _) = world.enter(&world.make(globex).await).await;
    // More than one page of the list.
    for _ in 0..150 {
        world.link().await;
    }
    assert_eq!(world.access.revoke_all(&ops(), &acme()).await.unwrap(), 153);
    assert!(is_revoked(&world.visit(&mine).await, world.now()));
    for link in [&open, &handed_on] {
        assert_eq!(world.redeem(link).await, Err(LinkRefusal::Revoked(world.now())));
    }
    assert!(world.visit(&theirs).await.is_ok());
    let expired = world.ledger.portal_link(&expired.link.id).await.unwrap().unwrap();
    assert_eq!(expired.revoked, None, "nothing is left to revoke");
    assert_eq!(world.access.revoke_all(&ops(), &acme()).await.unwrap(), 0);
}

/// A vendor's product may make a link at every click.
#[tokio::test]
async fn revoking_all_links_reads_none_that_is_long_over() {
    let plan = FaultPlan::none();
    let ledger = FakeLedger::new();
    let world = World::over(ledger.clone(), Flaky::new(ledger, &plan));
    for _ in 0..500 {
        world.link().await;
    }
    world.clock.advance(LinkKind::MAX_VALIDITY + protocol::portal::SESSION_LIMIT + minutes(1));
    let (cookie, _) = world.enter(&world.link().await).await;
    assert_eq!(world.access.revoke_all(&ops(), &acme()).await.unwrap(), 1);
    assert_eq!(plan.count("portal_links"), 1);
    assert!(is_revoked(&world.visit(&cookie).await, world.now()));
}
