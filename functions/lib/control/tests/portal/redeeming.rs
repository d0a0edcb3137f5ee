//! Opening and redeeming a link, and asking for a new one.

use protocol::contacts::LinkToken;
use protocol::portal::LinkFact;
use tests::fault_injection::{FaultPlan, Flaky, InjectedFault};
use tests::interleaving::SteppedWorker;

use super::*;

fn flaky(plan: &FaultPlan) -> World {
    let ledger = FakeLedger::new();
    World::over(ledger.clone(), Flaky::new(ledger, plan))
}

/// The same link with another secret.
fn guessed(link: &CreatedLink) -> PortalToken {
    PortalToken { link: link.link.id.clone(), secret: LinkToken::new(|| 1) }
}

#[tokio::test]
async fn opening_a_link_changes_nothing_however_often() {
    let world = World::new();
    let link = world.link().await;
    for _ in 0..3 {
        let opened = world.access.open(&token(&link)).await.unwrap().unwrap();
        assert_eq!((opened.link, opened.refusal), (link.link.clone(), None));
    }
    assert_eq!(world.ledger.portal_link(&link.link.id).await.unwrap(), Some(link.link.clone()));
    assert_eq!((world.counted("PortalLinksOpened"), world.notices()), (3, vec!["PortalLinkCreated"]));
    world.redeem(&link).await.unwrap();
}

#[tokio::test]
async fn redeeming_is_recorded_with_time_and_network() {
    let world = World::new();
    let link = world.link().await;
    let (cookie, redeemed) = world.access.redeem(&token(&link), network()).await.unwrap().unwrap();
    let session = redeemed.session.clone().unwrap();
    assert_eq!((session.started_at, session.network), (world.now(), network()));
    assert_ne!(cookie.secret, token(&link).secret, "the session has a secret of its own");
    let notices = world.bus.published_links();
    let [_, notice] = notices.as_slice() else { panic!("{notices:?}") };
    assert_eq!(notice.fact, LinkFact::Redeemed { network: network() });
    assert_eq!((notice.at, notice.addressee.as_str()), (world.now(), "Dana Ruiz"));
    assert_eq!(world.counted("PortalLinksRedeemed"), 1);
    assert!(!serde_json::to_string(notice).unwrap().contains(&cookie.secret.expose()));
}

#[tokio::test]
async fn of_two_who_redeem_a_link_at_once_one_gets_a_session() {
    let world = flaky(&FaultPlan::yielding());
    let link = world.link().await;
    let mut first = SteppedWorker::new(world.redeem(&link));
    let mut second = SteppedWorker::new(world.redeem(&link));
    while first.step() & second.step() {}
    let results = [first.finish(), second.finish()];
    let refused = results.iter().filter(|result| **result == Err(LinkRefusal::Redeemed(world.now())));
    assert_eq!((refused.count(), results.iter().filter(|result| result.is_ok()).count()), (1, 1));
    let cookie = results.into_iter().find_map(Result::ok).unwrap();
    assert!(world.visit(&cookie).await.is_ok());
    assert_eq!(world.counted("PortalLinksRedeemed"), 1);
}

#[tokio::test]
async fn a_lost_answer_shuts_nobody_out_of_his_own_link() {
    let plan = FaultPlan::none().inject("store_portal_link", 1, InjectedFault::LoseResponse);
    let world = flaky(&plan);
    let link = world.link().await;
    let (cookie, _) = world.enter(&link).await;
    assert_eq!(world.redeem(&link).await, Err(LinkRefusal::Redeemed(world.now())));
    assert!(world.visit(&cookie).await.is_ok());
    assert_eq!(world.notices(), ["PortalLinkCreated", "PortalLinkRedeemed"]);
}

#[tokio::test]
async fn a_write_that_failed_is_tried_again_and_one_that_keeps_failing_is_an_error() {
    let once = FaultPlan::none().inject("store_portal_link", 1, InjectedFault::Fail);
    let world = flaky(&once);
    let link = world.link().await;
    assert!(world.redeem(&link).await.is_ok());
    let always = FaultPlan::none().inject_always("store_portal_link", InjectedFault::Fail);
    let world = flaky(&always);
    let link = world.link().await;
    assert!(world.access.redeem(&token(&link), network()).await.is_err());
    let stored = world.ledger.portal_link(&link.link.id).await.unwrap().unwrap();
    assert_eq!(stored.session, None, "nobody was let in, so the link is still good");
}

#[tokio::test]
async fn a_link_that_cant_be_redeemed_says_why() {
    let world = World::new();
    let [expired, used, revoked] = [world.link().await, world.link().await, world.link().await];
    world.redeem(&used).await.unwrap();
    world.access.revoke(&ops(), &revoked.link.id).await.unwrap();
    let (start, end) = (world.now(), expired.link.expires_at);
    world.clock.set(end);
    for (link, why) in [
        (&expired, LinkRefusal::Expired(end)),
        (&used, LinkRefusal::Redeemed(start)),
        (&revoked, LinkRefusal::Revoked(start)),
    ] {
        assert_eq!(world.redeem(link).await, Err(why));
        let opened = world.access.open(&token(link)).await.unwrap().unwrap();
        assert_eq!(opened.refusal, Some(why));
    }
    assert_eq!(world.counted("PortalLinksRefused"), 3);
}

#[tokio::test]
async fn a_wrong_secret_learns_nothing_about_the_link() {
    let world = World::new();
    let link = world.link().await;
    world.redeem(&link).await.unwrap();
    world.ledger.expire_portal_link(&world.link().await.link.id);
    for token in [guessed(&link), guessed(&world.link().await)] {
        assert_eq!(world.access.open(&token).await.unwrap(), Err(LinkRefusal::Unknown));
        assert_eq!(world.access.redeem(&token, network()).await.unwrap(), Err(LinkRefusal::Unknown));
        assert!(!world.access.request_new(&token).await.unwrap());
    }
    assert_eq!(world.counted("PortalLinksRefused"), 4);
    assert_eq!(world.counted("PortalLinksOpened"), 0);
}

#[tokio::test]
async fn a_new_link_is_requested_once_whatever_happened_but_never_for_a_revoked_one() {
    let world = World::new();
    let (expired, revoked) = (world.link().await, world.link().await);
    world.access.revoke(&ops(), &revoked.link.id).await.unwrap();
    world.clock.set(expired.link.expires_at);
    assert!(world.access.request_new(&token(&expired)).await.unwrap());
    assert!(!world.access.request_new(&token(&expired)).await.unwrap());
    assert!(!world.access.request_new(&token(&revoked)).await.unwrap());
    let requested = world.bus.published_links().into_iter().filter(|notice| notice.at == world.now());
    let requested: Vec<_> = requested.collect();
    let [notice] = requested.as_slice() else { panic!("{requested:?}") };
    assert_eq!((&notice.link, notice.fact.kind()), (&expired.link.id, "PortalLinkRequested"));
}

#[tokio::test]
async fn a_request_whose_answer_was_lost_reaches_the_vendor() {
    let plan = FaultPlan::none().inject("store_portal_link", 1, InjectedFault::LoseResponse);
    let world = flaky(&plan);
    let link = world.link().await;
    assert!(world.access.request_new(&token(&link)).await.unwrap());
    assert_eq!(world.notices(), ["PortalLinkCreated", "PortalLinkRequested"]);
}
