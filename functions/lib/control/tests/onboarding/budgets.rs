//! What a tenant may use: refused beyond the limit with the time of the reset, spent together with what it is
//! used for, and never in the way of operators, of what stops a connector, or of Auditferry itself.

use std::time::Duration;

use archive::names::ConnectorId;
use control::budget::{BudgetExhaustedError, Budgets};
use control::onboarding::{ConnectorUpdate, NewConnector, NewContacts, OnboardingError};
use ports::Connectors as _;
use protocol::budget::{Budget, BudgetScope};
use protocol::caller::Caller;
use protocol::connector::{Connector, Destination, State, Verb};
use tests::fakes::{FakeLedger, RoleSetup, Trust};
use tests::fault_injection::{FaultPlan, Flaky, InjectedFault};
use tests::fixtures;

use super::{World, acme, key, new_connector, stranger};

const HOUR: Duration = Duration::from_hours(1);

fn operator() -> Caller {
    Caller::Operator { name: "ops".into() }
}

/// A deployment with small budgets.
fn small() -> World {
    let mut world = World::new();
    world.onboarding.budgets =
        "connectors=3,changes=4,verifications=3,runs=2,test_messages=4,confirmations=2".parse().unwrap();
    world
}

fn exhausted<T: std::fmt::Debug>(answer: Result<T, OnboardingError>) -> BudgetExhaustedError {
    match answer {
        Err(OnboardingError::Exhausted(exhausted)) => exhausted,
        other => panic!("{other:?}"),
    }
}

/// A change that always makes a difference.
async fn change(world: &World, caller: &Caller, id: &ConnectorId) -> Result<(), OnboardingError> {
    world.onboarding.rotate_external_id(caller, id, None).await.map(drop)
}

fn to(destination: Option<protocol::connector::S3Destination>) -> ConnectorUpdate {
    ConnectorUpdate { destination, ..ConnectorUpdate::default() }
}

/// Another destination of the same tenant.
fn elsewhere() -> Option<protocol::connector::S3Destination> {
    new_connector().destination.s3().cloned()
}

#[tokio::test]
async fn connectors_are_limited_and_an_operator_may_exceed_the_limit() {
    let world = small();
    let mut created = Vec::new();
    for _ in 0..3 {
        created.push(world.onboarding.create(&acme(), new_connector()).await.unwrap().id);
    }
    let refused = exhausted(world.onboarding.create(&acme(), new_connector()).await);
    assert_eq!((refused.budget, refused.limit, refused.resets_at), (Budget::Connectors, 3, None));
    assert_eq!(world.published_verbs().len(), 3, "a refused attempt leaves nothing");
    let theirs = NewConnector { tenant: "globex".parse().unwrap(), ..new_connector() };
    world.onboarding.create(&stranger(), theirs).await.unwrap();
    world.onboarding.create(&operator(), new_connector()).await.unwrap();
    // The extra one counts too: two must be deleted before a new one fits.
    world.clock.advance(HOUR);
    for deleted in &created[..2] {
        exhausted(world.onboarding.create(&acme(), new_connector()).await);
        world.onboarding.delete(&acme(), deleted, None, false).await.unwrap();
    }
    world.onboarding.create(&acme(), new_connector()).await.unwrap();
    exhausted(world.onboarding.create(&acme(), new_connector()).await);
}

/// Otherwise the limit on connectors would not limit the records that they leave.
#[tokio::test]
async fn alternating_creations_and_deletions_are_limited_too() {
    let world = small();
    for _ in 0..4 {
        let id = world.onboarding.create(&acme(), new_connector()).await.unwrap().id;
        world.onboarding.delete(&acme(), &id, None, false).await.unwrap();
    }
    let refused = exhausted(world.onboarding.create(&acme(), new_connector()).await);
    assert_eq!(
        (refused.budget, refused.scope),
        (Budget::Changes, BudgetScope::Tenant("acme".parse().unwrap()))
    );
    world.clock.advance(HOUR);
    world.onboarding.create(&acme(), new_connector()).await.unwrap();
}

#[tokio::test]
async fn changes_are_limited_per_hour() {
    let world = small();
    let id = world.connected().await;
    for _ in 0..4 {
        change(&world, &acme(), &id).await.unwrap();
    }
    let before = world.ledger.connector(&id);
    let refused = exhausted(change(&world, &acme(), &id).await);
    assert_eq!(
        refused.to_string(),
        format!(
            "connector {id} has used its limit of 4 changes per hour; it resets at 2026-11-20T21:00:00.000Z"
        )
    );
    assert_eq!((world.ledger.connector(&id), world.recorded(&id).await.len()), (before.clone(), 5));
    let emails = vec!["a@acme.example".parse().unwrap()].try_into().unwrap();
    let contacts = NewContacts { emails, webhook: None };
    exhausted(world.onboarding.set_contacts(&acme(), &id, None, contacts).await);
    let daily = ConnectorUpdate { frequency: Some("24".parse().unwrap()), ..ConnectorUpdate::default() };
    exhausted(world.onboarding.update(&acme(), &id, None, daily, |_| ()).await);
    // An update without a difference is free, and another connector has its own budget.
    let same = ConnectorUpdate { frequency: Some(before.frequency), ..ConnectorUpdate::default() };
    world.onboarding.update(&acme(), &id, None, same, |_| ()).await.unwrap();
    change(&world, &acme(), &world.connected().await).await.unwrap();
    world.clock.advance(refused.retry_after());
    change(&world, &acme(), &id).await.unwrap();
}

#[tokio::test]
async fn a_tenants_used_up_changes_do_not_limit_operators() {
    let world = small();
    let id = world.connected().await;
    while change(&world, &acme(), &id).await.is_ok() {}
    for _ in 0..4 {
        change(&world, &operator(), &id).await.unwrap();
    }
    exhausted(change(&world, &operator(), &id).await);
    for _ in 0..9 {
        change(&world, &Caller::System, &id).await.unwrap();
    }
}

#[tokio::test]
async fn what_stops_a_connector_is_never_refused() {
    let world = small();
    let id = world.active().await;
    while change(&world, &acme(), &id).await.is_ok() {}
    while world.onboarding.verify(&acme(), &id, None, |_| ()).await.is_ok() {}
    world.onboarding.pause(&acme(), &id, None).await.unwrap();
    exhausted(world.onboarding.resume(&acme(), &id, None, |_| ()).await);
    world.onboarding.disable(&acme(), &id, None).await.unwrap();
    exhausted(world.onboarding.enable(&acme(), &id, None).await);
    world.onboarding.delete(&acme(), &id, None, true).await.unwrap();
    assert_eq!(world.state(&id), State::Deleted);
}

#[tokio::test]
async fn connection_checks_are_limited_and_a_refused_one_writes_no_object() {
    let world = small();
    let id = world.connected().await;
    world.onboarding.activate(&acme(), &id, None, |_| ()).await.unwrap();
    world.onboarding.pause(&acme(), &id, None).await.unwrap();
    world.onboarding.resume(&acme(), &id, None, |_| ()).await.unwrap();
    world.onboarding.verify(&acme(), &id, None, |_| ()).await.unwrap();
    let (probes, published) = (world.prober.probes().len(), world.published_verbs());
    let refused = exhausted(world.onboarding.verify(&acme(), &id, None, |_| ()).await);
    assert_eq!((refused.budget, refused.limit), (Budget::Verifications, 3));
    // A new destination is checked at once, so the update is refused as a whole, and not stored in vain.
    let before = world.ledger.connector(&id);
    let refused = exhausted(world.onboarding.update(&acme(), &id, None, to(elsewhere()), |_| ()).await);
    assert_eq!((refused.budget, world.ledger.connector(&id)), (Budget::Verifications, before));
    assert_eq!((world.prober.probes().len(), world.published_verbs()), (probes, published));
    // The weekly check is Auditferry's own, and operators have their own count.
    world.onboarding.verify(&Caller::System, &id, None, |_| ()).await.unwrap();
    world.onboarding.verify(&operator(), &id, None, |_| ()).await.unwrap();
}

/// A new destination costs a change and a check; the same update again costs only a check.
#[tokio::test]
async fn repeating_an_update_to_a_failed_destination_costs_only_a_check() {
    let mut world = small();
    world.onboarding.budgets =
        Budgets::default().with_limit(Budget::Changes, 1).with_limit(Budget::Verifications, 2);
    let id = world.connected().await;
    let trust = Trust::Only(archive::names::ExternalId::new(9, 9));
    world.prober.change(|setup| *setup = RoleSetup { trust, ..RoleSetup::correct() });
    let there = elsewhere();
    for _ in 0..2 {
        let updated = world.onboarding.update(&acme(), &id, None, to(there.clone()), |_| ()).await.unwrap();
        assert!(!updated.verification.unwrap().passed);
    }
    let refused = exhausted(world.onboarding.update(&acme(), &id, None, to(there), |_| ()).await);
    assert_eq!(refused.budget, Budget::Verifications);
}

#[tokio::test]
async fn a_refused_change_of_the_webhook_stores_no_secret() {
    let world = small();
    let (id, onboarding) = (world.active().await, &world.onboarding);
    let to = |url: &str| NewContacts { webhook: Some(url.parse().unwrap()), ..NewContacts::default() };
    onboarding.set_contacts(&acme(), &id, None, to("https://a.example/")).await.unwrap();
    for _ in 0..3 {
        let stale = onboarding.rotate_webhook_secret(&acme(), &id, Some(1)).await.unwrap_err();
        assert!(matches!(stale, OnboardingError::Stale { .. }), "{stale:?}");
    }
    assert_eq!(world.ledger.secrets_of(&id), 1);
    while change(&world, &acme(), &id).await.is_ok() {}
    for _ in 0..3 {
        let refused = exhausted(onboarding.rotate_webhook_secret(&acme(), &id, None).await);
        assert_eq!(refused.budget, Budget::Changes);
        let moved = onboarding.set_contacts(&acme(), &id, None, to("https://b.example/")).await;
        assert_eq!(exhausted(moved).budget, Budget::Changes);
    }
    assert_eq!(world.ledger.secrets_of(&id), 1);
}

/// The result of a check is stored even if the budget of changes is used up: an unsafe role stops delivery.
#[tokio::test]
async fn the_result_of_a_check_needs_no_budget() {
    let world = small();
    let id = world.active().await;
    while change(&world, &acme(), &id).await.is_ok() {}
    world.prober.change(|setup| setup.trust = Trust::Anyone);
    world.onboarding.verify(&acme(), &id, None, |_| ()).await.unwrap();
    assert_eq!(
        (world.state(&id), world.published_verbs().last()),
        (State::Paused, Some(&Verb::RefuseDestination))
    );
}

#[tokio::test]
async fn runs_are_limited_and_a_repeated_request_is_free() {
    let world = small();
    let id = world.active().await;
    let run = async |caller: &Caller, with: &str| {
        world.onboarding.run(caller, &id, None, Some(&key(with))).await.map(drop)
    };
    for with in ["a", "a", "a", "b", "b"] {
        run(&acme(), with).await.unwrap();
    }
    let refused = exhausted(run(&acme(), "c").await);
    assert_eq!((refused.budget, refused.limit), (Budget::Runs, 2));
    run(&acme(), "b").await.unwrap();
    run(&operator(), "d").await.unwrap();
    // A run that follows from another operation is not a requested one.
    world.onboarding.pause(&acme(), &id, None).await.unwrap();
    world.onboarding.resume(&acme(), &id, None, |_| ()).await.unwrap();
}

#[tokio::test]
async fn test_messages_are_counted_per_tenant_and_recipient_for_every_caller() {
    let world = small();
    let reached_by = async |emails: &[&str]| {
        let id = world.onboarding.create(&Caller::System, new_connector()).await.unwrap().id;
        let emails: Vec<_> = emails.iter().map(|address| address.parse().unwrap()).collect();
        let webhook = Some("https://hooks.acme.example/".parse().unwrap());
        let new = NewContacts { emails: emails.try_into().unwrap(), webhook };
        world.onboarding.set_contacts(&Caller::System, &id, None, new).await.unwrap();
        id
    };
    let (two, three) =
        (reached_by(&["a@a.example"]).await, reached_by(&["a@a.example", "b@b.example"]).await);
    let five = reached_by(&["a@a.example", "b@b.example", "c@c.example", "d@d.example"]).await;
    let test = async |caller: &Caller, id: &ConnectorId| {
        world.onboarding.test_contacts(caller, id, None).await.map(drop)
    };
    let too_many = exhausted(test(&acme(), &five).await);
    assert!(
        too_many.to_string().ends_with("4 test messages per day, but 5 were requested at once"),
        "{too_many}"
    );
    test(&acme(), &two).await.unwrap();
    exhausted(test(&acme(), &three).await);
    let refused = exhausted(test(&operator(), &three).await);
    assert_eq!(refused.resets_at.unwrap().to_string(), "2026-11-21T00:00:00.000Z");
    assert_eq!(world.published_verbs().iter().filter(|verb| **verb == Verb::TestContacts).count(), 1);
    assert_eq!(world.ledger.connector(&three).contacts.tested_at, None, "a refused test delays no other");
    world.clock.advance(HOUR);
    test(&operator(), &two).await.unwrap();
    exhausted(test(&acme(), &three).await);
    world.clock.advance(Duration::from_hours(3));
    test(&acme(), &three).await.unwrap();
}

#[tokio::test]
async fn confirmation_mails_share_one_budget() {
    let world = small();
    let spend = async |caller: &Caller, amount| {
        let scope = BudgetScope::Tenant("acme".parse().unwrap());
        world.onboarding.spend(caller, Budget::Confirmations, scope, amount).await
    };
    spend(&acme(), 1).await.unwrap();
    exhausted(spend(&operator(), 2).await);
    spend(&operator(), 1).await.unwrap();
    exhausted(spend(&acme(), 1).await);
    spend(&Caller::System, 9).await.unwrap();
}

/// If the ledger fails, the operation is refused and nothing is done.
#[tokio::test]
async fn a_failed_spending_refuses_the_operation() {
    let plan = FaultPlan::none().inject_always("spend", InjectedFault::Fail);
    let ledger = FakeLedger::new();
    let world = World::over(ledger.clone(), Flaky::new(ledger, &plan));
    let id = world.connected().await;
    let probes = world.prober.probes().len();
    let refused = world.onboarding.verify(&acme(), &id, None, |_| ()).await;
    assert!(matches!(refused, Err(OnboardingError::Port(_))), "{refused:?}");
    let scope = BudgetScope::Tenant("acme".parse().unwrap());
    let refused = world.onboarding.spend(&acme(), Budget::Confirmations, scope, 1).await;
    assert!(matches!(refused, Err(OnboardingError::Port(_))), "{refused:?}");
    assert_eq!(world.prober.probes().len(), probes);
}

/// A stale change, and one that the state forbids, spend nothing.
#[tokio::test]
async fn a_failed_change_spends_nothing() {
    let world = small();
    let id = world.connected().await;
    for _ in 0..9 {
        let stale = world.onboarding.rotate_external_id(&acme(), &id, Some(7)).await;
        assert!(matches!(stale, Err(OnboardingError::Stale { .. })));
        assert!(matches!(
            world.onboarding.enable(&acme(), &id, None).await,
            Err(OnboardingError::NotAllowed(_))
        ));
        let refused = world.onboarding.run(&acme(), &id, None, None).await;
        assert!(matches!(refused, Err(OnboardingError::NotAllowed(_))));
    }
    for _ in 0..4 {
        change(&world, &acme(), &id).await.unwrap();
    }
    let fixed = fixtures::connector(&"acme".parse().unwrap(), world.clock.wall());
    let nowhere = Connector { destination: Destination::None, ..fixed };
    world.ledger.create(&nowhere, &fixtures::creation(&nowhere), &[]).await.unwrap();
    for _ in 0..9 {
        let refused = world.onboarding.verify(&acme(), &nowhere.id, None, |_| ()).await;
        assert!(matches!(refused, Err(OnboardingError::NotAllowed(_))));
    }
}
