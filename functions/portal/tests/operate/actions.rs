//! Pause, resume, *Send now*, *Try again now*, rotate, disable, enable, delete.

use std::sync::Arc;

use axum::http::StatusCode;
use ports::Connectors as _;
use protocol::connector::State;
use protocol::delivery_error::{DeliveryError, DeliveryErrorKind, DeliveryStage};
use protocol::portal::{Abilities, LinkScope};
use tests::fakes::Trust;
use tests::fault_injection::{FaultPlan, Flaky};
use tests::fixtures::tenant;

use super::MARKUP;
use super::world::World;

#[tokio::test]
async fn a_pause_and_a_resumption_each_lead_to_a_page_that_says_so_however_often_they_are_clicked() {
    let world = World::new();
    let connector = world.active("acme", "acme-log", 3, 0).await;
    let dana = world.person("acme").await;
    let path = |action: &str| format!("/portal/connectors/{}/{action}", connector.id);
    for _ in 0..2 {
        let answer = world.post(&dana, &path("pause"), &[]).await;
        assert_eq!(
            (answer.status, answer.location().ends_with("?done=paused")),
            (StatusCode::SEE_OTHER, true)
        );
    }
    assert_eq!(world.stored(&connector).state, State::Paused);
    assert_eq!(world.stored(&connector).version, connector.version + 1, "one change for two clicks");
    for _ in 0..2 {
        let answer = world.post(&dana, &path("resume"), &[]).await;
        assert_eq!(
            (answer.status, answer.location().ends_with("?done=resumed")),
            (StatusCode::SEE_OTHER, true)
        );
    }
    assert_eq!(world.stored(&connector).state, State::Active);
}

#[tokio::test]
async fn two_people_at_the_same_moment_are_both_answered_with_what_is_done() {
    let mut world = World::new();
    let connector = world.active("acme", "acme-log", 3, 0).await;
    let dana = world.person("acme").await;
    let scope = LinkScope::Tenant { tenant: tenant("acme") };
    let kim = world.session(scope, Abilities::all(), "Kim Doe").await;
    world.onboarding.connectors = Arc::new(Flaky::new(world.ledger.clone(), &FaultPlan::yielding()));
    for (action, done) in
        [("pause", "paused"), ("resume", "resumed"), ("disable", "disabled"), ("enable", "enabled")]
    {
        let path = format!("/portal/connectors/{}/{action}", connector.id);
        let (one, two) = tokio::join!(world.post(&dana, &path, &[]), world.post(&kim, &path, &[]));
        for answer in [one, two] {
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{action}: {}", answer.body);
            assert!(answer.location().ends_with(&format!("?done={done}")), "{}", answer.location());
        }
    }
}

#[tokio::test]
async fn a_resumption_that_fails_its_check_says_why_and_delivery_stays_paused() {
    let world = World::new();
    let connector = world.active("acme", "acme-log", 3, 0).await;
    let dana = world.person("acme").await;
    world.post(&dana, &format!("/portal/connectors/{}/pause", connector.id), &[]).await;
    world.prober.change(|setup| {
        setup.put = Some(DeliveryError {
            stage: DeliveryStage::PutObject,
            kind: DeliveryErrorKind::Denied,
            code: "AccessDenied".into(),
            message: MARKUP.into(),
        });
    });
    let answer = world.post(&dana, &format!("/portal/connectors/{}/resume", connector.id), &[]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.has("Delivery was not resumed.") && answer.has("s3:PutObject"), "{}", answer.body);
    assert!(!answer.has(MARKUP));
    assert_eq!(world.stored(&connector).state, State::Paused);
}

#[tokio::test]
async fn a_second_click_on_send_now_is_the_same_request() {
    let world = World::new();
    let connector = world.active("acme", "acme-log", 3, 0).await;
    let dana = world.person("acme").await;
    let path = format!("/portal/connectors/{}/run", connector.id);
    for _ in 0..20 {
        // Twelve an hour are allowed, so twenty requests would exhaust the budget.
        let answer = world.post(&dana, &path, &[("key", "portal-3-0-7")]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        assert!(answer.location().ends_with("?done=requested"));
    }
    assert!(world.ledger.cursor(&connector.id).cut.is_some());
    for nth in 0..20 {
        world.post(&dana, &path, &[("key", &format!("another-{nth}"))]).await;
    }
    let refused = world.post(&dana, &path, &[("key", "one-too-many")]).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.has("it resets at"), "{}", refused.body);
}

#[tokio::test]
async fn a_rotation_keeps_the_former_id_until_a_check_passes_with_the_new_one() {
    let world = World::new();
    let connector = world.active("acme", "acme-log", 3, 0).await;
    let dana = world.person("acme").await;
    let path = format!("/portal/connectors/{}/rotate", connector.id);
    let version = connector.version.to_string();
    let first = world.post(&dana, &path, &[("version", &version)]).await;
    assert!(first.location().ends_with("?done=rotated"));
    let next = world.stored(&connector).next_external_id.unwrap();
    let again = world.post(&dana, &path, &[("version", &version)]).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER);
    assert_eq!(world.stored(&connector).next_external_id, Some(next.clone()), "a double click makes one");
    let page = world.get(&dana, &path).await;
    for shown in [next.as_str(), connector.external_id.as_str(), "ExternalId", "sts:ExternalId"] {
        assert!(page.has(shown), "{shown}");
    }
    // The role was not changed yet.
    world.prober.change(|setup| setup.trust = Trust::Only(connector.external_id.clone()));
    let early = world.post(&dana, &path, &[("step", "check")]).await;
    assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(early.has("still takes only the former external ID"), "{}", early.body);
    assert_eq!(world.stored(&connector).external_id, connector.external_id);
    world.prober.change(|setup| setup.trust = Trust::Only(next.clone()));
    let done = world.post(&dana, &path, &[("step", "check")]).await;
    assert!(done.location().ends_with("?done=rotation-complete"));
    let stored = world.stored(&connector);
    assert_eq!((stored.external_id, stored.next_external_id), (next, None));
}

#[tokio::test]
async fn a_disabled_connector_says_until_when_it_is_kept_and_comes_back() {
    let world = World::new();
    let connector = world.active("acme", "acme-log", 3, 2).await;
    let dana = world.person("acme").await;
    let path = |action: &str| format!("/portal/connectors/{}/{action}", connector.id);
    let page = world.get(&dana, &path("disable")).await;
    assert!(page.has("2 files") && page.has("Dec 30, 13:20 UTC"), "{}", page.body);
    for _ in 0..2 {
        assert!(world.post(&dana, &path("disable"), &[]).await.location().ends_with("?done=disabled"));
    }
    assert_eq!(world.stored(&connector).state, State::Disabled);
    for _ in 0..2 {
        assert!(world.post(&dana, &path("enable"), &[]).await.location().ends_with("?done=enabled"));
    }
    assert_eq!(world.stored(&connector).state, State::Paused);
}

#[tokio::test]
async fn a_deletion_needs_the_typed_name_and_the_accepted_loss() {
    let world = World::new();
    let connector = world.active("acme", "acme-log", 3, 2).await;
    let dana = world.person("acme").await;
    let path = |action: &str| format!("/portal/connectors/{}/{action}", connector.id);
    assert!(world.get(&dana, &path("delete")).await.has("Disable it first"));
    world.post(&dana, &path("disable"), &[]).await;
    let page = world.get(&dana, &path("delete")).await;
    assert!(page.has("2 sealed files") && page.has("type acme-log"), "{}", page.body);
    let version = world.stored(&connector).version.to_string();
    for (fields, error) in [
        (vec![("confirm", "acme-log")], "accept what is lost"),
        (vec![("confirm", MARKUP), ("accept_loss", "yes")], "exactly as it stands there"),
    ] {
        let fields = [fields, vec![("version", version.as_str())]].concat();
        let refused = world.post(&dana, &path("delete"), &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.has(error) && !refused.has(MARKUP), "{error}: {}", refused.body);
    }
    assert_eq!(world.stored(&connector).state, State::Disabled);
    let all = [("confirm", "acme-log"), ("accept_loss", "yes"), ("version", version.as_str())];
    for _ in 0..2 {
        let done = world.post(&dana, &path("delete"), &all).await;
        assert_eq!(done.location(), "/portal/connectors?done=deleted");
    }
    assert_eq!(world.stored(&connector).state, State::Deleted);
    let gone = world.get(&dana, "/portal/connectors?done=deleted").await;
    assert!(gone.has("Deleted.") && gone.has("No bucket is connected yet"));
}

#[tokio::test]
async fn the_list_has_every_connector_with_what_needs_something_first() {
    let world = World::new();
    let healthy = world.active("acme", "acme-log", 3, 0).await;
    let blocked = world.active("acme", "acme-siem", 3, 2).await;
    world.block(&blocked, MARKUP).await;
    let draft = world.draft("acme").await;
    world.active("globex", "globex-log", 3, 0).await;
    let dana = world.person("acme").await;
    let page = world.get(&dana, "/portal/connectors").await;
    assert_eq!(page.status, StatusCode::OK);
    let place = |text: &str| page.body.find(text).unwrap_or_else(|| panic!("no {text}: {}", page.body));
    assert!(place(blocked.id.as_str()) < place(healthy.id.as_str()));
    assert!(place(healthy.id.as_str()) < place(draft.id.as_str()));
    for text in ["blocked since Nov 30, 08:06", "2 files", "not connected yet", "3 events"] {
        assert!(page.has(text), "{text}");
    }
    assert!(!page.has("globex") && !page.has(MARKUP));
    assert!(page.has("/v1/connectors?tenant=acme"));
    assert!(world.ledger.get(&draft.id).await.unwrap().is_some());
}
