//! A connection check of a destination that is not stored: what it says, what it costs, and what it leaves.

use archive::names::ConnectorId;
use control::budget::Budgets;
use control::onboarding::{ConnectorUpdate, NewConnector, OnboardingError};
use control::preflight::PreflightReport;
use protocol::budget::Budget;
use protocol::connector::{Destination, OwnedResource, S3Destination, State, Verb};
use tests::fakes::{RoleSetup, Trust};
use tests::fixtures::{self, at, tenant};

use super::{World, acme, is_not_found, new_connector, stranger};

fn somewhere() -> S3Destination {
    fixtures::connector(&tenant("acme"), at("2026-11-20T20:00:00Z")).destination.s3().cloned().unwrap()
}

async fn draft(world: &World) -> ConnectorId {
    let new = NewConnector { destination: Destination::None, ..new_connector() };
    world.onboarding.create(&acme(), new).await.unwrap().id
}

async fn try_it(
    world: &World,
    id: &ConnectorId,
    to: &S3Destination,
) -> Result<PreflightReport, OnboardingError> {
    world.onboarding.try_destination(&acme(), id, to, |_| ()).await
}

#[tokio::test]
async fn a_check_of_an_unsaved_destination_changes_nothing() {
    let world = World::new();
    for id in [draft(&world).await, world.active().await] {
        let before = world.ledger.connector(&id);
        let mut stages = 0;
        let report = world.onboarding.try_destination(&acme(), &id, &somewhere(), |_| stages += 1).await;
        assert_eq!((report.unwrap().passed, stages), (true, 8));
        assert_eq!(world.ledger.connector(&id), before);
    }
}

#[tokio::test]
async fn of_the_stored_destination_it_is_the_same_as_verify() {
    let world = World::new();
    let id = world.connected().await;
    let stored = world.ledger.connector(&id).destination.s3().cloned().unwrap();
    assert!(try_it(&world, &id, &stored).await.unwrap().passed);
    assert_eq!((world.state(&id), world.recorded(&id).await[0]), (State::Ready, Verb::Verify));
}

#[tokio::test]
async fn it_costs_as_much_as_verify() {
    let mut world = World::new();
    world.onboarding.budgets = Budgets::default().with_limit(Budget::Verifications, 2);
    let id = draft(&world).await;
    for _ in 0..2 {
        try_it(&world, &id, &somewhere()).await.unwrap();
    }
    let probes = world.prober.probes().len();
    let refused = try_it(&world, &id, &somewhere()).await;
    assert!(matches!(refused, Err(OnboardingError::Exhausted(_))), "{refused:?}");
    assert_eq!(world.prober.probes().len(), probes);
}

#[tokio::test]
async fn what_another_connector_owns_is_refused_only_to_whom_its_owner_lets_in() {
    let world = World::new();
    let theirs = world.active().await;
    let taken = world.ledger.connector(&theirs).destination.s3().cloned().unwrap();
    let id = draft(&world).await;
    let refused = try_it(&world, &id, &taken).await.unwrap_err();
    assert!(matches!(refused, OnboardingError::AlreadyOwned(OwnedResource::Destination)), "{refused:?}");
    assert!(!refused.to_string().contains(theirs.as_str()), "{refused}");
    world.prober.change(|setup| setup.trust = Trust::Only(archive::names::ExternalId::new(9, 9)));
    let report = try_it(&world, &id, &taken).await.unwrap();
    assert!(!report.passed, "whoever is not let in learns nothing");
}

#[tokio::test]
async fn an_unsafe_role_is_refused_and_stops_the_delivery_that_uses_it() {
    let world = World::new();
    let (same, other) = (world.active().await, world.active().await);
    let role = world.ledger.connector(&same).destination.s3().cloned().unwrap().role;
    world.prober.change(|setup| *setup = RoleSetup { trust: Trust::Anyone, ..RoleSetup::correct() });
    let written = world.prober.written().len();
    let elsewhere = S3Destination { role, ..somewhere() };
    for id in [&same, &other] {
        let report = try_it(&world, id, &elsewhere).await.unwrap();
        assert!(!report.passed && report.is_unsafe());
    }
    assert_eq!((world.state(&same), world.state(&other)), (State::Paused, State::Active));
    assert_eq!(world.prober.written().len(), written, "nothing is written through it");
}

#[tokio::test]
async fn values_that_cannot_match_and_connectors_of_others_are_refused_before_anything_is_tried() {
    let world = World::new();
    let id = draft(&world).await;
    let wrong = S3Destination { region: "cn-north-1".parse().unwrap(), ..somewhere() };
    let refused = try_it(&world, &id, &wrong).await;
    assert!(matches!(refused, Err(OnboardingError::DestinationMismatch(_))), "{refused:?}");
    assert!(is_not_found(world.onboarding.try_destination(&stranger(), &id, &somewhere(), |_| ()).await));
    world.onboarding.disable(&acme(), &id, None).await.unwrap();
    let refused = try_it(&world, &id, &somewhere()).await;
    assert!(matches!(refused, Err(OnboardingError::NotAllowed(_))), "{refused:?}");
    assert_eq!(world.prober.probes(), []);
}

#[tokio::test]
async fn what_was_tried_is_saved_by_an_update_which_checks_again() {
    let world = World::new();
    let (id, to) = (draft(&world).await, somewhere());
    try_it(&world, &id, &to).await.unwrap();
    let edit = ConnectorUpdate { destination: Some(to.clone()), ..ConnectorUpdate::default() };
    let outcome = world.onboarding.update(&acme(), &id, Some(1), edit, |_| ()).await.unwrap();
    assert_eq!((outcome.connector.state, outcome.connector.destination), (State::Ready, to.into()));
}
