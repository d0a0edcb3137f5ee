//! What an idempotency key promises.

use archive::names::IdempotencyKey;

use super::*;

fn key(text: &str) -> IdempotencyKey {
    text.parse().unwrap()
}

#[tokio::test]
async fn a_repeated_request_saves_one_exploration_and_returns_it_as_it_is_by_now() {
    let world = World::new();
    let save = async || world.records.save(&acmes(), new("mine"), Some(&key("k"))).await.unwrap();
    let saved = save().await;
    assert_eq!(save().await, saved);
    let acme = tenant("acme");
    let changed = world.records.change(&acmes(), (&acme, &saved.id), None, &filter("b")).await.unwrap();
    assert_eq!(save().await.id, changed.id);
    assert_eq!(world.records.list(&acmes(), &acme).await.unwrap(), [changed]);
}

#[tokio::test]
async fn of_many_with_one_key_at_once_all_get_the_same_exploration() {
    let ledger = FakeLedger::new();
    let world = World::over(ledger.clone(), Flaky::new(ledger, &FaultPlan::yielding()));
    let k = key("k");
    let (by, ops) = (acmes(), ops());
    let requests = (0..6).map(|n| {
        let by = if n % 2 == 0 { &by } else { &ops };
        world.records.save(by, new("mine"), Some(&k))
    });
    let saved: Vec<_> = join_all(requests).await.into_iter().map(Result::unwrap).collect();
    assert!(saved.iter().all(|one| *one == saved[0]));
    assert_eq!(world.records.list(&by, &tenant("acme")).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_key_with_other_values_is_refused_and_another_tenants_key_is_another() {
    let world = World::new();
    let saved = world.records.save(&acmes(), new("mine"), Some(&key("k"))).await.unwrap();
    let error = world.records.save(&acmes(), new("other"), Some(&key("k"))).await.unwrap_err();
    assert!(matches!(error, ExplorerRecordsError::KeyReused(_)), "{error:?}");
    let of_globex = NewExploration { tenant: tenant("globex"), ..new("mine") };
    let others = world.records.save(&globexes(), of_globex, Some(&key("k"))).await.unwrap();
    assert_ne!(others.id, saved.id);
    let second = world.records.save(&acmes(), new("other"), Some(&key("l"))).await.unwrap();
    assert_ne!(second.id, saved.id);
}

#[tokio::test]
async fn a_late_request_brings_no_deleted_exploration_back() {
    let world = World::new();
    let saved = world.records.save(&acmes(), new("mine"), Some(&key("k"))).await.unwrap();
    world.records.delete(&acmes(), (&tenant("acme"), &saved.id), None).await.unwrap();
    let error = world.records.save(&acmes(), new("mine"), Some(&key("k"))).await.unwrap_err();
    assert!(matches!(error, ExplorerRecordsError::KeyEnded(_)), "{error:?}");
    assert!(error.remedy().unwrap().contains("new idempotency key"));
}

#[tokio::test]
async fn a_request_whose_answer_was_lost_is_repeated_and_pays_once() {
    let ledger = FakeLedger::new();
    let plan = FaultPlan::none().inject("create_exploration", 1, InjectedFault::LoseResponse);
    let mut world = World::over(ledger.clone(), Flaky::new(ledger, &plan));
    world.records.budgets = Budgets::default().with_limit(Budget::Changes, 1);
    let save = async || world.records.save(&acmes(), new("mine"), Some(&key("k"))).await;
    assert!(matches!(save().await.unwrap_err(), ExplorerRecordsError::Port(_)));
    // Later, so that it is another creation by another time.
    world.clock.advance(Duration::from_secs(1));
    let saved = save().await.unwrap();
    assert_eq!(world.records.list(&acmes(), &tenant("acme")).await.unwrap(), [saved]);
}
