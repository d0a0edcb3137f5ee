//! Concurrent changes of one connector: the version decides, and no change is silently lost.

use archive::names::WebhookUrl;
use control::onboarding::{NewContacts, OnboardingError};
use ports::Connectors as _;
use ports::PortError;
use protocol::connector::{Connector, State, Verb};
use protocol::contacts::{SecretId, WebhookSecret};
use tests::fakes::{FakeLedger, RoleSetup, Trust};
use tests::fault_injection::{FaultPlan, Flaky, InjectedFault};
use tests::fixtures;
use tests::interleaving::SteppedWorker;

use super::{World, acme, changed_by_another};

/// A deployment whose ledger calls fail by a plan, and one with the same ledger and no failures.
fn flaky(plan: &FaultPlan) -> (World, World) {
    let ledger = FakeLedger::new();
    (World::over(ledger.clone(), Flaky::new(ledger.clone(), plan)), World::over(ledger.clone(), ledger))
}

fn to(url: &str) -> NewContacts {
    let webhook: WebhookUrl = url.parse().unwrap();
    NewContacts { webhook: Some(webhook), ..NewContacts::default() }
}

/// Runs a worker until just before its `nth` call of that name.
fn until<T>(worker: &mut SteppedWorker<'_, T>, plan: &FaultPlan, call: &str, nth: usize) {
    while plan.count(call) < nth {
        assert!(worker.step(), "it never called `{call}`");
    }
}

fn is_stale<T>(answer: &Result<T, OnboardingError>, version: u64) -> bool {
    matches!(answer, Err(OnboardingError::Stale { current, .. }) if *current == version)
}

#[tokio::test]
async fn a_change_of_a_stale_version_is_refused() {
    let world = World::new();
    let id = world.active().await;
    let seen = world.ledger.connector(&id).version;
    world.onboarding.rotate_external_id(&acme(), &id, Some(seen)).await.unwrap();
    let refused = world.onboarding.pause(&acme(), &id, Some(seen)).await;
    assert!(is_stale(&refused, seen + 1), "{refused:?}");
    assert_eq!(world.state(&id), State::Active);
    world.onboarding.pause(&acme(), &id, Some(seen + 1)).await.unwrap();
}

#[tokio::test]
async fn a_change_without_a_version_is_applied_to_what_a_concurrent_writer_stored() {
    let plan = FaultPlan::yielding();
    let (world, calm) = flaky(&plan);
    let id = calm.active().await;
    let caller = acme();
    let mut worker = SteppedWorker::new(world.onboarding.pause(&caller, &id, None));
    until(&mut worker, &plan, "save", 1);
    changed_by_another(&world.ledger, &id, |connector| connector.frequency = "24".parse().unwrap()).await;
    let paused = worker.finish().unwrap();
    assert_eq!((paused.state, paused.frequency), (State::Paused, "24".parse().unwrap()));
    assert_eq!(world.ledger.connector(&id), paused);
}

#[tokio::test]
async fn a_change_that_always_loses_the_race_is_refused_after_four_attempts() {
    let plan = FaultPlan::yielding();
    let (world, calm) = flaky(&plan);
    let id = calm.active().await;
    let caller = acme();
    let mut worker = SteppedWorker::new(world.onboarding.pause(&caller, &id, None));
    for nth in 1..=4 {
        until(&mut worker, &plan, "save", nth);
        changed_by_another(&world.ledger, &id, |_| ()).await;
    }
    let refused = worker.finish();
    assert!(is_stale(&refused, world.ledger.connector(&id).version), "{refused:?}");
    assert_eq!((plan.count("save"), world.state(&id)), (4, State::Active));
}

/// The check is of the destination as read, not of one set during the check.
#[tokio::test]
async fn a_check_does_not_verify_a_destination_set_during_it() {
    for unsafe_role in [false, true] {
        let plan = FaultPlan::yielding();
        let (world, calm) = flaky(&plan);
        let id = calm.active().await;
        let trust = if unsafe_role { Trust::Anyone } else { Trust::ThisConnector };
        world.prober.change(|setup| *setup = RoleSetup { trust, ..RoleSetup::correct() });
        let caller = acme();
        let mut worker = SteppedWorker::new(world.onboarding.verify(&caller, &id, None, |_| ()));
        until(&mut worker, &plan, "save", usize::from(!unsafe_role));
        until(&mut worker, &plan, "get", 2);
        let elsewhere = fixtures::connector(&"acme".parse().unwrap(), world.clock.wall())
            .destination
            .s3()
            .cloned()
            .unwrap();
        let swap = |connector: &mut Connector| connector.connect(elsewhere.clone()).unwrap();
        changed_by_another(&world.ledger, &id, swap).await;
        worker.finish().unwrap();
        let now = world.ledger.connector(&id);
        assert_eq!((now.verified_at, now.state), (None, State::Paused));
        assert_eq!(world.recorded(&id).await[0], Verb::Update, "nothing was stored since");
    }
}

#[tokio::test]
async fn a_concurrently_set_webhook_is_not_overwritten() {
    let plan = FaultPlan::yielding();
    let (world, calm) = flaky(&plan);
    let id = calm.active().await;
    let caller = acme();
    let mut worker =
        SteppedWorker::new(world.onboarding.set_contacts(&caller, &id, None, to("https://a.example/")));
    until(&mut worker, &plan, "save", 1);
    let (theirs, _) =
        calm.onboarding.set_contacts(&caller, &id, None, to("https://b.example/")).await.unwrap();
    let refused = worker.finish();
    assert!(is_stale(&refused, theirs.version), "{refused:?}");
    assert_eq!(world.ledger.connector(&id).contacts, theirs.contacts);
}

/// Otherwise a webhook would be stored whose secret nobody has.
#[tokio::test]
async fn a_concurrently_removed_webhook_does_not_come_back_without_a_secret() {
    let plan = FaultPlan::yielding();
    let (world, calm) = flaky(&plan);
    let (id, caller) = (calm.active().await, acme());
    calm.onboarding.set_contacts(&caller, &id, None, to("https://a.example/")).await.unwrap();
    let mut worker =
        SteppedWorker::new(world.onboarding.set_contacts(&caller, &id, None, to("https://a.example/b")));
    until(&mut worker, &plan, "get", 2);
    calm.onboarding.set_contacts(&caller, &id, None, NewContacts::default()).await.unwrap();
    let refused = worker.finish();
    assert!(is_stale(&refused, world.ledger.connector(&id).version), "{refused:?}");
    assert_eq!(world.ledger.connector(&id).contacts.webhook, None);
}

/// Otherwise the webhook would move back to its old host and sign with the new host's secret.
#[tokio::test]
async fn a_concurrently_moved_webhook_is_not_moved_back_with_the_other_hosts_secret() {
    let plan = FaultPlan::yielding();
    let (world, calm) = flaky(&plan);
    let (id, caller) = (calm.active().await, acme());
    calm.onboarding.set_contacts(&caller, &id, None, to("https://a.example/")).await.unwrap();
    let mut worker =
        SteppedWorker::new(world.onboarding.set_contacts(&caller, &id, None, to("https://a.example/b")));
    until(&mut worker, &plan, "get", 2);
    calm.onboarding.set_contacts(&caller, &id, None, to("https://b.example/")).await.unwrap();
    let refused = worker.finish();
    assert!(is_stale(&refused, world.ledger.connector(&id).version), "{refused:?}");
    assert_eq!(world.ledger.connector(&id).contacts.webhook.unwrap().url.host(), "b.example");
}

/// Setting only addresses is independent of concurrent changes.
#[tokio::test]
async fn addresses_alone_need_no_version() {
    let plan = FaultPlan::yielding();
    let (world, calm) = flaky(&plan);
    let (id, caller) = (calm.active().await, acme());
    let emails = vec!["a@acme.example".parse().unwrap()].try_into().unwrap();
    let new = NewContacts { emails, webhook: None };
    let mut worker = SteppedWorker::new(world.onboarding.set_contacts(&caller, &id, None, new.clone()));
    until(&mut worker, &plan, "get", 2);
    changed_by_another(&world.ledger, &id, |connector| connector.frequency = "24".parse().unwrap()).await;
    let (connector, secret) = worker.finish().unwrap();
    assert_eq!((connector.contacts.emails, secret), (new.emails, None));
}

#[tokio::test]
async fn a_lost_answer_to_storing_a_secret_is_a_transient_error() {
    let plan = FaultPlan::none().inject("store_secret", 1, InjectedFault::LoseResponse);
    let (world, calm) = flaky(&plan);
    let (id, caller) = (calm.active().await, acme());
    let lost = world.onboarding.set_contacts(&caller, &id, None, to("https://a.example/")).await;
    assert!(matches!(lost, Err(OnboardingError::Port(PortError::Transient { .. }))), "{lost:?}");
    assert!(world.ledger.connector(&id).contacts.is_empty(), "no reference without its secret");
}

/// The ID and the secret that a fresh deployment generates next.
async fn next_secret() -> (SecretId, WebhookSecret) {
    let twin = World::new();
    let id = twin.connected().await;
    let caller = acme();
    let (connector, secret) =
        twin.onboarding.set_contacts(&caller, &id, None, to("https://a.example/")).await.unwrap();
    (connector.contacts.webhook.unwrap().secret, secret.unwrap())
}

/// After a lost answer the ledger client retries and finds the ID taken, by a secret that this service can't
/// read. So it uses another ID.
#[tokio::test]
async fn a_taken_secret_id_is_never_referenced() {
    let other = WebhookSecret::new(|| 99);
    for kept in [next_secret().await.1, other] {
        let world = World::new();
        let id = world.connected().await;
        let (taken, _) = next_secret().await;
        assert!(world.ledger.store_secret(&id, &taken, &kept).await.unwrap());
        let caller = acme();
        let answer = world.onboarding.set_contacts(&caller, &id, None, to("https://a.example/")).await;
        let (connector, shown) = answer.unwrap();
        let named = connector.contacts.webhook.unwrap().secret;
        assert_ne!(named, taken);
        assert_eq!(world.ledger.secret(&id, &named).await.unwrap(), shown, "what is shown is what signs");
        assert!(shown.is_some_and(|shown| shown != kept));
        assert_eq!(world.ledger.secret(&id, &taken).await.unwrap(), Some(kept), "and nothing is replaced");
    }
}

/// The role of the API may not read secrets (`template.yaml`), so its code must not try to.
#[tokio::test]
async fn contacts_are_set_and_secrets_rotated_without_reading_a_secret() {
    let plan = (1..20).fold(FaultPlan::none(), |plan, call| plan.inject("secret", call, InjectedFault::Fail));
    let (world, calm) = flaky(&plan);
    let (id, caller) = (calm.active().await, acme());
    let set = world.onboarding.set_contacts(&caller, &id, None, to("https://a.example/")).await.unwrap();
    let rotated = world.onboarding.rotate_webhook_secret(&caller, &id, None).await.unwrap();
    assert_ne!(set.1, Some(rotated.1));
}
