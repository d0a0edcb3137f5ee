//! Revoking what one has handed on oneself, and listing links as they count.

use protocol::portal::LinkStatus;

use super::*;

fn is_missing<T>(result: Result<T, PortalError>) -> bool {
    matches!(result, Err(PortalError::NotFound(_)))
}

#[tokio::test]
async fn a_person_revokes_what_was_handed_on_from_the_own_link_and_nothing_else() {
    let world = World::new();
    let (own, other) = (world.link().await, world.link().await);
    let (_, dana) = world.enter(&own).await;
    let (_, someone) = world.enter(&other).await;
    let handed_on = world.hand_on(&dana, &[Ability::SetUp]).await.unwrap();
    let (cookie, ann) = world.enter(&handed_on).await;
    for (visitor, link) in
        [(&someone, &handed_on), (&ann, &handed_on), (&ann, &own), (&dana, &other), (&dana, &own)]
    {
        assert!(is_missing(world.access.revoke_own(visitor, &link.link.id).await));
    }
    assert!(world.visit(&cookie).await.is_ok());
    for _ in 0..2 {
        let revoked = world.access.revoke_own(&dana, &handed_on.link.id).await.unwrap();
        assert_eq!(revoked.status(world.now()), LinkStatus::Revoked { at: world.now() });
    }
    assert!(world.visit(&cookie).await.is_err());
}

#[tokio::test]
async fn a_link_whose_givers_link_is_revoked_is_listed_as_revoked() {
    let world = World::new();
    let own = world.link().await;
    let (_, dana) = world.enter(&own).await;
    world.clock.advance(minutes(1));
    let handed_on = world.hand_on(&dana, &[Ability::SetUp]).await.unwrap();
    world.access.revoke(&ops(), &own.link.id).await.unwrap();
    let at = world.now();
    // Both on one page, and the giver's on a later one.
    for limit in [10, 1] {
        let page = world.access.list(&acmes(), &acme(), None, limit).await.unwrap();
        let listed = page.items.iter().find(|link| link.id == handed_on.link.id).unwrap();
        assert_eq!(listed.status(at), LinkStatus::Revoked { at }, "{limit}");
    }
}
