//! Idempotency keys: a repeated request has no further effect, a different one is refused, and the key ends
//! with its connector.

use archive::names::ConnectorId;
use archive::part::{Compression, Encoding, Format};
use control::onboarding::{ConnectorUpdate, Difference, KeyReusedError, NewConnector, OnboardingError};
use ports::PortError;
use protocol::caller::Caller;
use protocol::connector::{Connector, Destination, NotAllowedError, State};
use tests::fakes::{FakeLedger, SeededRng};
use tests::fault_injection::{FaultPlan, Flaky, InjectedFault};
use tests::interleaving::SteppedWorker;

use super::{OPERATOR, World, acme, key, new_connector, stranger};

fn keyed() -> NewConnector {
    NewConnector { idempotency_key: Some(key("order-1")), ..new_connector() }
}

async fn delete(world: &World, id: &ConnectorId) {
    world.onboarding.delete(&acme(), id, None, true).await.unwrap();
}

fn reused(answer: Result<Connector, OnboardingError>) -> KeyReusedError {
    match answer {
        Err(OnboardingError::KeyReused(reused)) => reused,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_key_with_other_values_is_refused_and_names_them() {
    let world = World::new();
    let request = keyed();
    let created = world.onboarding.create(&acme(), request.clone()).await.unwrap();
    let mut elsewhere = new_connector().destination;
    elsewhere.s3_mut().unwrap().prefix = "other".parse().unwrap();
    let zipped = Encoding { format: Format::Ndjson, compression: Compression::Gzip };
    let start = Some("2026-11-01T00:00:00Z".parse().unwrap());
    for (other, fields) in [
        (NewConnector { frequency: "6".parse().unwrap(), ..request.clone() }, &["frequency"][..]),
        (NewConnector { encoding: zipped, ..request.clone() }, &["encoding.format", "encoding.compression"]),
        (NewConnector { start_from: start, ..request.clone() }, &["start_from"]),
        (NewConnector { shards: 2.try_into().unwrap(), ..request.clone() }, &["shards"]),
        (
            NewConnector { destination: elsewhere, ..request.clone() },
            &["destination.role", "destination.bucket", "destination.prefix"],
        ),
        (
            NewConnector { destination: Destination::None, ..request.clone() },
            &["destination.role", "destination.bucket", "destination.region", "destination.prefix"],
        ),
    ] {
        let reused = reused(world.onboarding.create(&OPERATOR, other).await);
        let differing: Vec<&str> = reused.differences.iter().map(|difference| difference.field).collect();
        assert_eq!((&reused.id, differing.as_slice()), (&created.id, fields));
        assert!(fields.iter().all(|field| reused.to_string().contains(field)), "{reused}");
    }
    let six = NewConnector { frequency: "6".parse().unwrap(), ..request.clone() };
    let reused = reused(world.onboarding.create(&acme(), six).await);
    let difference = Difference { field: "frequency", was: Some("1".into()), is: Some("6".into()) };
    assert_eq!(reused.differences, [difference]);
    assert_eq!(
        reused.to_string(),
        format!(
            "the idempotency key was used to create {} with other values: frequency was 1 and is now 6",
            created.id
        )
    );
    assert_eq!((world.published_verbs().len(), world.ledger.connector(&created.id)), (1, created));
}

/// The original request counts, not later changes.
#[tokio::test]
async fn a_changed_connector_still_belongs_to_its_key() {
    let world = World::new();
    let request = keyed();
    let id = world.onboarding.create(&acme(), request.clone()).await.unwrap().id;
    let daily = ConnectorUpdate { frequency: Some("24".parse().unwrap()), ..ConnectorUpdate::default() };
    world.onboarding.update(&acme(), &id, None, daily, |_| ()).await.unwrap();
    let again = world.onboarding.create(&acme(), request.clone()).await.unwrap();
    assert_eq!((again.id, again.frequency.hours()), (id, 24));
    reused(world.onboarding.create(&acme(), NewConnector { frequency: again.frequency, ..request }).await);
}

#[tokio::test]
async fn a_key_ends_with_its_connector_however_often() {
    let world = World::new();
    let mut ids = Vec::new();
    for round in 0..20_u8 {
        let frequency = (1 + round).try_into().unwrap();
        let new = NewConnector { frequency, ..keyed() };
        let created = world.onboarding.create(&Caller::System, new.clone()).await.unwrap();
        assert_eq!((created.state, created.frequency), (State::Draft, frequency), "round {round}");
        assert!(!ids.contains(&created.id), "a new one");
        assert_eq!(world.onboarding.create(&Caller::System, new).await.unwrap(), created);
        delete(&world, &created.id).await;
        ids.push(created.id);
    }
    // A disabled connector can be enabled again, so the key still stands for it.
    let last = world.onboarding.create(&acme(), keyed()).await.unwrap();
    world.onboarding.disable(&acme(), &last.id, None).await.unwrap();
    let again = NewConnector { destination: last.destination.clone(), ..keyed() };
    assert_eq!(world.onboarding.create(&acme(), again).await.unwrap().state, State::Disabled);
}

/// Otherwise alternating creations and deletions would make each creation more expensive than the previous
/// one.
#[tokio::test]
async fn an_old_key_is_looked_up_by_binary_search() {
    let plan = FaultPlan::none();
    let ledger = FakeLedger::new();
    let world = World::over(ledger.clone(), Flaky::new(ledger, &plan));
    for _ in 0..100 {
        let id = world.onboarding.create(&OPERATOR, keyed()).await.unwrap().id;
        delete(&world, &id).await;
    }
    let before = plan.count("get");
    world.onboarding.create(&OPERATOR, keyed()).await.unwrap();
    assert!(plan.count("get") - before <= 16, "{}", plan.count("get") - before);
}

#[tokio::test]
async fn two_workers_with_one_key_create_one_connector_also_after_a_deleted_one() {
    for ended in [0, 1, 2, 5] {
        let plan = FaultPlan::yielding();
        let ledger = FakeLedger::new();
        let calm = World::over(ledger.clone(), ledger.clone());
        let mut racing = World::over(ledger.clone(), Flaky::new(ledger, &plan));
        // Another process draws other external IDs.
        racing.onboarding.rng = std::sync::Arc::new(SeededRng::new(11));
        for _ in 0..ended {
            let id = calm.onboarding.create(&acme(), keyed()).await.unwrap().id;
            delete(&calm, &id).await;
        }
        let (request, caller) = (keyed(), acme());
        let mut worker = SteppedWorker::new(racing.onboarding.create(&caller, request.clone()));
        while plan.count("create") < 1 {
            assert!(worker.step(), "it never stored it");
        }
        let first = calm.onboarding.create(&caller, request.clone()).await.unwrap();
        assert_eq!(worker.finish().unwrap(), first);
        // The same race with other values is refused.
        delete(&calm, &first.id).await;
        let (other, created) =
            (NewConnector { frequency: "6".parse().unwrap(), ..request.clone() }, plan.count("create"));
        let mut worker = SteppedWorker::new(racing.onboarding.create(&caller, other));
        while plan.count("create") == created {
            assert!(worker.step(), "it never stored it");
        }
        let first = calm.onboarding.create(&caller, request).await.unwrap();
        assert_eq!(reused(worker.finish()).id, first.id);
    }
}

#[tokio::test]
async fn a_creation_whose_answer_was_lost_is_found_by_its_key() {
    for ended in [0, 3] {
        let plan = FaultPlan::none().inject("create", ended + 1, InjectedFault::LoseResponse);
        let ledger = FakeLedger::new();
        let world = World::over(ledger.clone(), Flaky::new(ledger, &plan));
        let request = keyed();
        for _ in 0..ended {
            let id = world.onboarding.create(&acme(), request.clone()).await.unwrap().id;
            delete(&world, &id).await;
        }
        let lost = world.onboarding.create(&acme(), request.clone()).await;
        assert!(matches!(lost, Err(OnboardingError::Port(PortError::Transient { .. }))), "{lost:?}");
        let found = world.onboarding.create(&acme(), request.clone()).await.unwrap();
        assert_eq!(world.onboarding.create(&acme(), request).await.unwrap(), found);
        assert_eq!(plan.count("create"), ended + 1);
    }
}

/// A repeated request returns the connector even when the budget is used up.
#[tokio::test]
async fn a_request_that_is_repeated_costs_nothing() {
    let mut world = World::new();
    world.onboarding.budgets = "connectors=1,changes=1".parse().unwrap();
    let request = keyed();
    let created = world.onboarding.create(&acme(), request.clone()).await.unwrap();
    for _ in 0..5 {
        assert_eq!(world.onboarding.create(&acme(), request.clone()).await.unwrap(), created);
    }
}

#[tokio::test]
async fn operator_settings_are_refused_to_tenants_in_the_domain() {
    let world = World::new();
    let four = NewConnector { shards: 4.try_into().unwrap(), ..new_connector() };
    let refused = world.onboarding.create(&acme(), four.clone()).await;
    assert!(matches!(refused, Err(OnboardingError::Forbidden("the number of shards"))), "{refused:?}");
    world.onboarding.create(&OPERATOR, four).await.unwrap();
    let id = world.connected().await;
    let edit = ConnectorUpdate { shards: Some(1.try_into().unwrap()), ..ConnectorUpdate::default() };
    let refused = world.onboarding.update(&acme(), &id, None, edit, |_| ()).await;
    assert!(matches!(refused, Err(OnboardingError::Forbidden(_))), "{refused:?}");
    let refused = world.onboarding.create(&stranger(), keyed()).await;
    assert!(matches!(refused, Err(OnboardingError::Forbidden(_))), "{refused:?}");
}

#[tokio::test]
async fn a_start_in_the_future_is_refused_at_creation() {
    let world = World::new();
    let start = world.clock.wall() + std::time::Duration::from_millis(1);
    let early = NewConnector { start_from: Some(start), ..new_connector() };
    let refused = world.onboarding.create(&acme(), early).await;
    assert!(
        matches!(refused, Err(OnboardingError::NotAllowed(NotAllowedError::StartInFuture(at))) if at == start)
    );
    assert!(world.published_verbs().is_empty());
}

#[tokio::test]
async fn every_caller_must_accept_the_loss_of_a_deletion() {
    let world = World::new();
    let id = world.active().await;
    let delete = async |accepts| world.onboarding.delete(&acme(), &id, None, accepts).await;
    // A caller should not accept a loss only to learn that the state forbids the deletion.
    assert!(matches!(delete(false).await, Err(OnboardingError::NotAllowed(_))));
    world.onboarding.disable(&acme(), &id, None).await.unwrap();
    let Err(OnboardingError::LossNotAccepted(loss)) = delete(false).await else { panic!("it would be lost") };
    assert_eq!(world.state(&id), State::Disabled);
    let (deleted, lost) = delete(true).await.unwrap();
    assert_eq!((deleted.state, lost), (State::Deleted, loss));
}

/// The version is checked also by operations that begin with something other than a change.
#[tokio::test]
async fn no_operation_starts_on_a_stale_version() {
    let world = World::new();
    let id = world.active().await;
    let (seen, probes) = (world.ledger.connector(&id).version, world.prober.probes().len());
    let (onboarding, other, caller) = (&world.onboarding, Some(seen + 1), acme());
    let stale = |answer: Option<OnboardingError>| {
        assert!(
            matches!(answer, Some(OnboardingError::Stale { current, .. }) if current == seen),
            "{answer:?}"
        );
    };
    stale(onboarding.verify(&caller, &id, other, |_| ()).await.err());
    stale(onboarding.activate(&caller, &id, other, |_| ()).await.err());
    stale(onboarding.resume(&caller, &id, other, |_| ()).await.err());
    stale(onboarding.run(&caller, &id, other, None).await.err());
    assert_eq!(world.prober.probes().len(), probes);
    onboarding.run(&caller, &id, Some(seen), None).await.unwrap();
    onboarding.verify(&caller, &id, Some(seen), |_| ()).await.unwrap();
}
