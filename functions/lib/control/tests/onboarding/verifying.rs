//! What follows from a connection check: what it permits, what it stops, and what it leaves alone.

use archive::names::ConnectorId;
use control::onboarding::{ConnectorUpdate, NewConnector, OnboardingError, UpdateOutcome};
use ports::Connectors as _;
use protocol::connector::{Destination, NotAllowedError, S3Destination, State, Verb};
use tests::fakes::{RoleSetup, Trust};
use tests::fixtures::{self, at, tenant};

use super::{World, acme, new_connector};

fn elsewhere() -> S3Destination {
    fixtures::connector(&tenant("acme"), at("2026-11-20T20:00:00Z")).destination.s3().cloned().unwrap()
}

async fn update(world: &World, id: &ConnectorId, edit: ConnectorUpdate) -> UpdateOutcome {
    world.onboarding.update(&acme(), id, None, edit, |_| ()).await.unwrap()
}

fn to(destination: S3Destination) -> ConnectorUpdate {
    ConnectorUpdate { destination: Some(destination), ..ConnectorUpdate::default() }
}

/// The customer's role denies access; everything else is fine.
fn role_denied() -> RoleSetup {
    RoleSetup { trust: Trust::Only(archive::names::ExternalId::new(9, 9)), ..RoleSetup::correct() }
}

#[tokio::test]
async fn an_activation_verifies_first_and_creates_a_cursor_that_starts_now() {
    let world = World::new();
    let id = world.connected().await;
    let mut stages = 0;
    let activated = world.onboarding.activate(&acme(), &id, None, |_| stages += 1).await.unwrap();
    assert_eq!((activated.state, stages), (State::Active, 8));
    let (cursor, now) = (world.ledger.cursor(&id), world.clock.wall());
    assert_eq!((cursor.watermark, activated.activated_at), (now, Some(now)));
    assert_eq!(cursor.next_run_at, at("2026-11-20T21:05:00Z"), "its first window has settled by then");
    assert_eq!(world.published_verbs(), [Verb::Create, Verb::Verify, Verb::Activate]);
}

#[tokio::test]
async fn a_connector_that_starts_in_the_past_is_due_from_there() {
    let world = World::new();
    let start_from = Some(at("2026-11-01T00:00:00Z"));
    let id =
        world.onboarding.create(&acme(), NewConnector { start_from, ..new_connector() }).await.unwrap().id;
    world.onboarding.activate(&acme(), &id, None, |_| ()).await.unwrap();
    let cursor = world.ledger.cursor(&id);
    assert_eq!(Some(cursor.watermark), start_from);
    assert!(cursor.next_run_at < world.clock.wall());
}

#[tokio::test]
async fn a_failed_check_prevents_the_activation() {
    let world = World::new();
    let id = world.connected().await;
    world.prober.change(|setup| *setup = role_denied());
    let refused = world.onboarding.activate(&acme(), &id, None, |_| ()).await;
    assert!(matches!(refused, Err(OnboardingError::NotVerified(_))), "{refused:?}");
    assert_eq!((world.state(&id), world.published_verbs()), (State::Draft, vec![Verb::Create]));
}

#[tokio::test]
async fn nothing_is_probed_for_an_activation_or_a_resumption_that_its_state_forbids() {
    let world = World::new();
    let (active, draft) = (world.active().await, world.connected().await);
    let so_far = world.prober.probes().len();
    let refused = world.onboarding.activate(&acme(), &active, None, |_| ()).await;
    assert!(
        matches!(
            &refused,
            Err(OnboardingError::NotAllowed(NotAllowedError::WrongState { needs: "ready", .. }))
        ),
        "{refused:?}"
    );
    for id in [&active, &draft] {
        let refused = world.onboarding.resume(&acme(), id, None, |_| ()).await;
        assert!(
            matches!(
                &refused,
                Err(OnboardingError::NotAllowed(NotAllowedError::WrongState { needs: "paused", .. }))
            ),
            "{refused:?}"
        );
    }
    let new = NewConnector { destination: Destination::None, ..new_connector() };
    let nowhere = world.onboarding.create(&acme(), new).await.unwrap().id;
    let refused = world.onboarding.activate(&acme(), &nowhere, None, |_| ()).await;
    assert!(
        matches!(refused, Err(OnboardingError::NotAllowed(NotAllowedError::NoDestination(_)))),
        "{refused:?}"
    );
    assert_eq!(world.prober.probes().len(), so_far);
}

#[tokio::test]
async fn a_resumption_verifies_and_runs_at_once() {
    let world = World::new();
    let id = world.active().await;
    world.onboarding.pause(&acme(), &id, None).await.unwrap();
    world.prober.change(|setup| *setup = role_denied());
    let refused = world.onboarding.resume(&acme(), &id, None, |_| ()).await;
    assert!(matches!(refused, Err(OnboardingError::NotVerified(_))), "{refused:?}");
    assert_eq!(world.state(&id), State::Paused);
    world.prober.change(|setup| *setup = RoleSetup::correct());
    assert_eq!(world.onboarding.resume(&acme(), &id, None, |_| ()).await.unwrap().state, State::Active);
    assert_eq!(world.ledger.cursor(&id).next_run_at, world.clock.wall());
}

#[tokio::test]
async fn a_new_destination_that_passes_resumes_by_itself() {
    let world = World::new();
    let id = world.active().await;
    let there = elsewhere();
    let updated = update(&world, &id, to(there.clone())).await;
    assert!(updated.verification.unwrap().passed);
    assert_eq!((updated.connector.state, updated.connector.destination), (State::Active, there.into()));
    assert_eq!(world.state(&id), State::Active);
    assert_eq!(world.published_verbs()[3..], [Verb::Update, Verb::Verify, Verb::Resume]);
}

#[tokio::test]
async fn a_new_destination_that_does_not_pass_is_kept_and_waits() {
    let world = World::new();
    let id = world.active().await;
    world.prober.change(|setup| *setup = role_denied());
    let there = elsewhere();
    let updated = update(&world, &id, to(there.clone())).await;
    assert!(!updated.verification.unwrap().passed);
    assert_eq!(
        (updated.connector.state, updated.connector.destination.clone()),
        (State::Paused, there.into())
    );
    assert_eq!(updated.connector, world.ledger.connector(&id));
}

#[tokio::test]
async fn a_manual_pause_is_not_resumed_by_an_update() {
    let world = World::new();
    let (paused, draft) = (world.active().await, world.connected().await);
    world.onboarding.pause(&acme(), &paused, None).await.unwrap();
    for (id, state) in [(&paused, State::Paused), (&draft, State::Ready)] {
        let updated = update(&world, id, to(elsewhere())).await;
        assert!(updated.verification.unwrap().passed);
        assert_eq!((updated.connector.state, world.state(id)), (state, state));
    }
}

#[tokio::test]
async fn an_update_without_a_new_destination_is_not_verified() {
    let world = World::new();
    let id = world.active().await;
    let (so_far, there) =
        (world.prober.probes().len(), world.ledger.connector(&id).destination.s3().cloned().unwrap());
    let daily = ConnectorUpdate { frequency: Some("24".parse().unwrap()), ..ConnectorUpdate::default() };
    let updated = update(&world, &id, daily.clone()).await;
    assert_eq!((updated.connector.frequency, updated.verification), (daily.frequency.unwrap(), None));
    assert_eq!(update(&world, &id, to(there)).await.verification, None, "it is verified already");
    assert_eq!(world.prober.probes().len(), so_far);
}

#[tokio::test]
async fn an_unverified_destination_is_verified_by_any_update_that_names_it() {
    let world = World::new();
    let id = world.active().await;
    world.prober.change(|setup| *setup = role_denied());
    let there = elsewhere();
    update(&world, &id, to(there.clone())).await;
    world.prober.change(|setup| *setup = RoleSetup::correct());
    let other = ConnectorUpdate { frequency: Some("24".parse().unwrap()), ..ConnectorUpdate::default() };
    assert_eq!(update(&world, &id, other).await.verification, None);
    assert!(update(&world, &id, to(there)).await.verification.unwrap().passed);
    assert!(world.ledger.connector(&id).verified_at.is_some());
}

#[tokio::test]
async fn an_update_is_one_change_and_without_a_difference_none() {
    let world = World::new();
    let id = world.active().await;
    let before = world.ledger.connector(&id);
    let same = ConnectorUpdate {
        frequency: Some(before.frequency),
        destination: before.destination.s3().cloned(),
        ..ConnectorUpdate::default()
    };
    assert_eq!(update(&world, &id, same).await.connector, before);
    assert_eq!(world.ledger.connector(&id), before);
    world.prober.change(|setup| *setup = role_denied());
    let both = ConnectorUpdate { frequency: Some("24".parse().unwrap()), ..to(elsewhere()) };
    assert_eq!(update(&world, &id, both).await.connector.version, before.version + 1);
    let last = world.ledger.changes(&id, None, 1).await.unwrap().remove(0);
    assert_eq!((last.what, last.version), (Verb::Update, before.version + 1));
}

#[tokio::test]
async fn a_role_assumable_by_anyone_pauses_the_connector_and_a_denied_one_does_not() {
    let world = World::new();
    let id = world.active().await;
    world.prober.change(|setup| *setup = role_denied());
    assert!(!world.onboarding.verify(&acme(), &id, None, |_| ()).await.unwrap().passed);
    assert_eq!(world.state(&id), State::Active);
    world.prober.change(|setup| setup.trust = Trust::Anyone);
    assert!(!world.onboarding.verify(&acme(), &id, None, |_| ()).await.unwrap().passed);
    assert_eq!(
        (world.state(&id), world.published_verbs().last()),
        (State::Paused, Some(&Verb::RefuseDestination))
    );
}
