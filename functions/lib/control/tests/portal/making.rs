//! Who may make which link.

use protocol::portal::LinkFact;
use tests::fault_injection::{FaultPlan, Flaky, InjectedFault, Outage};

use super::*;

async fn refused(world: &World, caller: &Caller, credential: Credential, new: NewLink) -> PortalError {
    let error = world.access.create(caller, credential, new).await.unwrap_err();
    assert_eq!(world.access.list(&ops(), &acme(), None, 10).await.unwrap().items, []);
    error
}

#[tokio::test]
async fn an_operator_makes_a_link_whose_secret_is_in_its_url_only() {
    let world = World::new();
    let link = world.link().await;
    let token = token(&link);
    assert_eq!(token.link, link.link.id);
    let stored = world.ledger.portal_link(&link.link.id).await.unwrap().unwrap();
    assert_eq!((&stored, stored.created_by.clone()), (&link.link, ops()));
    let notices = world.bus.published_links();
    let [notice] = notices.as_slice() else { panic!("{notices:?}") };
    assert!(matches!(&notice.fact, LinkFact::Created { by, .. } if *by == ops()), "{notice:?}");
    for seen in [serde_json::to_string(&stored).unwrap(), serde_json::to_string(notice).unwrap()] {
        assert!(!seen.contains(&token.secret.expose()), "{seen}");
    }
}

#[tokio::test]
async fn only_operators_make_links() {
    let world = World::new();
    for caller in [acmes(), Caller::System] {
        for credential in [Credential::Iam, Credential::Token] {
            let error = refused(&world, &caller, credential, invitation()).await;
            assert!(matches!(error, PortalError::Forbidden(_)), "{error:?}");
        }
    }
    assert_eq!(world.notices(), [""; 0]);
}

#[tokio::test]
async fn a_link_for_operators_needs_aws_credentials_and_is_never_an_invitation() {
    let world = World::new();
    let error = refused(&world, &ops(), Credential::Token, operators_link()).await;
    assert!(matches!(error, PortalError::NotSigned), "{error:?}");
    let invitation = NewLink { kind: LinkKind::Invite, ..operators_link() };
    let error = refused(&world, &ops(), Credential::Iam, invitation).await;
    assert!(matches!(error, PortalError::OperatorsInvitation), "{error:?}");
    let link = world.access.create(&ops(), Credential::Iam, operators_link()).await.unwrap();
    assert_eq!(link.link.scope, LinkScope::Operators);
}

#[tokio::test]
async fn a_link_leads_back_to_an_allowed_page_only() {
    let world = World::new();
    let back_to = |url: &str| NewLink { return_url: Some(url.parse().unwrap()), ..invitation() };
    for other in [
        "https://app.vendor.example",
        "https://app.vendor.example/settings2",
        "https://evil.example/settings",
    ] {
        let error = refused(&world, &ops(), Credential::Iam, back_to(other)).await;
        assert!(matches!(&error, PortalError::ReturnUrl(url) if url.as_str() == other), "{error:?}");
    }
    for allowed in [APP.to_owned(), format!("{APP}/audit-log")] {
        let link = world.make(back_to(&allowed)).await.link;
        assert_eq!(link.return_url.unwrap().as_str(), allowed);
    }
}

#[tokio::test]
async fn a_link_lasts_from_a_minute_to_its_kinds_longest_time() {
    let world = World::new();
    let (second, hours) = (Duration::from_secs(1), Duration::from_hours);
    for (kind, default, longest, words) in [
        (LinkKind::Redirect, minutes(5), minutes(5), "5 minutes"),
        (LinkKind::Invite, hours(72), hours(14 * 24), "336 hours"),
    ] {
        let lasting = |validity| NewLink { kind, validity, ..invitation() };
        for bad in [Duration::ZERO, minutes(1) - second, longest + second, Duration::MAX] {
            let new = lasting(Some(bad));
            let error = world.access.create(&ops(), Credential::Iam, new).await.unwrap_err();
            assert!(matches!(error, PortalError::Validity { longest } if longest == words), "{error:?}");
        }
        for (validity, lasts) in [(None, default), (Some(minutes(1)), minutes(1)), (Some(longest), longest)] {
            let link = world.make(lasting(validity)).await.link;
            assert_eq!(link.expires_at, world.now() + lasts, "{kind:?} {validity:?}");
        }
    }
}

#[tokio::test]
async fn a_bus_that_refuses_keeps_no_link_from_anyone() {
    let world = World::new();
    world.bus.outage(Outage::Denied, usize::MAX);
    let link = world.link().await;
    let (cookie, _) = world.enter(&link).await;
    assert!(world.access.request_new(&token(&link)).await.unwrap());
    world.access.revoke(&ops(), &link.link.id).await.unwrap();
    assert!(world.visit(&cookie).await.is_err());
    assert_eq!(world.notices(), [""; 0]);
}

#[tokio::test]
async fn a_link_that_could_not_be_stored_is_not_returned() {
    let plan = FaultPlan::none().inject_always("create_portal_link", InjectedFault::Fail);
    let ledger = FakeLedger::new();
    let world = World::over(ledger.clone(), Flaky::new(ledger, &plan));
    let error = world.access.create(&ops(), Credential::Iam, invitation()).await.unwrap_err();
    assert!(matches!(error, PortalError::Port(_)), "{error:?}");
    assert_eq!(world.notices(), [""; 0]);
}

#[tokio::test]
async fn a_tenant_lists_its_own_links_and_visits_only() {
    let world = World::new();
    let link = world.link().await.link;
    let globex = LinkScope::Tenant { tenant: tenant("globex") };
    assert_eq!(world.access.list(&acmes(), &acme(), None, 10).await.unwrap().items, [link]);
    let error = world.access.list(&acmes(), &globex, None, 10).await.unwrap_err();
    assert!(matches!(error, PortalError::OtherTenant(_)), "{error:?}");
    let error = world.access.list(&acmes(), &LinkScope::Operators, None, 10).await.unwrap_err();
    assert!(matches!(error, PortalError::Forbidden(_)), "{error:?}");
    assert_eq!(world.access.visits(&acmes(), &tenant("acme"), 10).await.unwrap(), []);
    let error = world.access.visits(&acmes(), &tenant("globex"), 10).await.unwrap_err();
    assert!(matches!(error, PortalError::OtherTenant(_)), "{error:?}");
}
