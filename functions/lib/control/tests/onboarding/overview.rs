//! Overviews: whose connectors they have, in which order, and that a bound is said.

use std::time::Duration;

use archive::names::ConnectorId;
use control::onboarding::{NewConnector, OnboardingError, Survey};
use ports::Runs as _;
use protocol::delivery_error::{Block, DeliveryErrorKind, DeliveryStage};
use protocol::health::Health;
use protocol::watch::SweepCursor;

use super::{OPERATOR, World, acme, new_connector, stranger};

fn ids(survey: &Survey) -> Vec<ConnectorId> {
    survey.connectors.iter().map(|entry| entry.connector.id.clone()).collect()
}

async fn block(world: &World, id: &ConnectorId) {
    let since = world.clock.wall();
    let block = Block {
        stage: DeliveryStage::PutObject,
        kind: DeliveryErrorKind::Gone,
        code: "NoSuchBucket".into(),
        cause: "The bucket does not exist.".into(),
        remedy: "Create it again.".into(),
        since,
        attempts: 1,
        next_attempt: since,
    };
    world.ledger.block(id, &block).await.unwrap();
}

#[tokio::test]
async fn trouble_comes_first_and_of_that_what_has_lasted_longest() {
    let world = World::new();
    let draft = world.connected().await;
    let healthy = world.active().await;
    let paused = world.active().await;
    world.onboarding.pause(&acme(), &paused, None).await.unwrap();
    let newly_blocked = world.active().await;
    let long_blocked = world.active().await;
    block(&world, &long_blocked).await;
    world.clock.advance(Duration::from_mins(1));
    block(&world, &newly_blocked).await;
    let survey = world.onboarding.survey(&OPERATOR, "", None).await.unwrap();
    let expected = [long_blocked, newly_blocked, paused, healthy, draft];
    assert_eq!(ids(&survey), expected);
    assert_eq!(survey.connectors[0].status.health, Some(Health::Blocked));
    let of_tenant = world.onboarding.overview(&acme(), &"acme".parse().unwrap()).await.unwrap();
    assert_eq!(of_tenant, survey.connectors);
}

#[tokio::test]
async fn an_overview_is_the_tenants_own_and_a_survey_the_operators() {
    let world = World::new();
    world.active().await;
    let foreign = world.onboarding.overview(&stranger(), &"acme".parse().unwrap()).await;
    assert!(matches!(foreign, Err(OnboardingError::Forbidden(_))));
    let survey = world.onboarding.survey(&acme(), "", None).await;
    assert!(matches!(survey, Err(OnboardingError::Forbidden(_))));
}

#[tokio::test]
async fn a_survey_finds_by_id_tenant_and_bucket_without_regard_to_case() {
    let world = World::new();
    let ours = world.connected().await;
    let theirs = NewConnector { tenant: "Globex Corp".parse().unwrap(), ..new_connector() };
    let theirs = world.onboarding.create(&OPERATOR, theirs).await.unwrap();
    let bucket = theirs.destination.s3().unwrap().bucket.to_string();
    for search in ["globex", "Globex Corp", theirs.id.as_str(), bucket.as_str(), &bucket.to_uppercase()] {
        let survey = world.onboarding.survey(&OPERATOR, search, None).await.unwrap();
        assert_eq!(ids(&survey), std::slice::from_ref(&theirs.id), "{search}");
    }
    let none = world.onboarding.survey(&OPERATOR, "no such", None).await.unwrap();
    assert_eq!((ids(&none), none.next), (vec![], None));
    assert_ne!(ours, theirs.id);
}

#[tokio::test]
async fn a_bound_that_ends_a_survey_is_said_and_the_next_one_goes_on_from_there() {
    let world = World::new();
    let mut all = Vec::new();
    // The fake has three connectors on a page, and a survey reads four pages.
    for _ in 0..20 {
        all.push(world.connected().await);
    }
    let first = world.onboarding.survey(&OPERATOR, "", None).await.unwrap();
    let next: SweepCursor = first.next.clone().expect("more follow");
    let second = world.onboarding.survey(&OPERATOR, "", Some(&next)).await.unwrap();
    assert_eq!((first.connectors.len(), second.connectors.len(), second.next.is_none()), (12, 8, true));
    let mut found = [ids(&first), ids(&second)].concat();
    found.sort();
    all.sort();
    assert_eq!(found, all);
    // A whole tenant ID is found however far behind it lies.
    let exact = world.onboarding.survey(&OPERATOR, "acme", None).await.unwrap();
    assert_eq!(exact.connectors.len(), 20);
}
