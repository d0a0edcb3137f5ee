//! Budget use: counted by one write, never above the limit, and together with the change it is used for.

use std::time::Duration;

use archive::time::Time;
use futures_util::future::join_all;
use ports::Rng as _;
use ports::{RunAnswer, SaveAnswer, SpendOutcome};
use protocol::budget::{Budget, BudgetScope, Party, Spending};
use protocol::connector::{Connector, State};

use super::{Ledger, STALE, STORED, activate, create, save, start};
use crate::fakes::SeededRng;
use crate::fixtures::{self, tenant};

/// A use of a budget of a tenant that no other promise uses.
fn spending(budget: Budget, amount: u32, limit: u32, now: Time) -> Spending {
    let scope = BudgetScope::Tenant(tenant("budgeted"));
    Spending { budget, scope, party: Party::Tenant, amount, limit, now }
}

async fn spend(ledger: &impl Ledger, spending: &Spending) -> bool {
    ledger.spend(spending).await.unwrap() == SpendOutcome::Counted
}

/// How many connectors the tenant has, by how many more a limit allows.
async fn connectors_counted(ledger: &impl Ledger, limit: u32) -> u32 {
    let mut more = 0;
    while more <= limit {
        let connector = fixtures::connector(&tenant("budgeted"), start());
        let spends = [spending(Budget::Connectors, 1, limit, start())];
        let answer = ledger.create(&connector, &fixtures::creation(&connector), &spends).await.unwrap();
        if answer == SaveAnswer::Exhausted(Budget::Connectors) {
            assert_eq!(ledger.get(&connector.id).await.unwrap(), None, "a denied attempt writes nothing");
            break;
        }
        assert_eq!(answer, STORED);
        more += 1;
    }
    limit - more
}

/// Use is granted up to the limit, then denied until the next period begins.
pub async fn a_limit_is_kept_until_its_period_is_over(ledger: &impl Ledger) {
    for (budget, period) in
        [(Budget::Runs, Duration::from_hours(1)), (Budget::Confirmations, Duration::from_hours(24))]
    {
        let (begin, end) = (start().floor(period), start().floor(period) + period);
        for (now, granted) in [
            (begin, true),
            (end - Duration::from_millis(1), true),
            (begin, false),
            (end - Duration::from_millis(1), false),
            (end, true),
            (end, true),
            (end + period, true),
        ] {
            let spending = spending(budget, 1, 2, now);
            assert_eq!(spend(ledger, &spending).await, granted, "{budget:?} at {now}");
        }
        // A clock that jumps back finds the use of that period.
        assert!(!spend(ledger, &spending(budget, 1, 2, begin)).await);
        assert!(!spend(ledger, &spending(budget, 1, 2, end)).await);
    }
}

/// An amount is granted whole or not at all.
pub async fn an_amount_is_granted_whole_or_not_at_all(ledger: &impl Ledger) {
    let of = |amount| spending(Budget::TestMessages, amount, 6, start());
    assert!(!spend(ledger, &of(7)).await, "more than the limit");
    assert!(spend(ledger, &of(4)).await);
    assert!(!spend(ledger, &of(3)).await);
    assert!(!spend(ledger, &of(7)).await);
    assert!(spend(ledger, &of(2)).await);
    assert!(!spend(ledger, &of(1)).await);
}

/// A lowered limit applies at once, a raised one too.
pub async fn a_changed_limit_applies_at_once(ledger: &impl Ledger) {
    let of = |limit| spending(Budget::Changes, 1, limit, start());
    assert!(spend(ledger, &of(2)).await && spend(ledger, &of(2)).await);
    assert!(!spend(ledger, &of(1)).await && !spend(ledger, &of(2)).await);
    assert!(spend(ledger, &of(3)).await);
}

/// Budgets, tenants, connectors and the vendor's operators each have their own counter, whatever a tenant is
/// called.
pub async fn each_counter_is_separate(ledger: &impl Ledger) {
    let (connector, now) = (fixtures::connector(&tenant("acme"), start()), start());
    let mut scopes = vec![
        BudgetScope::Connector(connector.id.clone()),
        BudgetScope::Tenant(tenant(connector.id.as_str())),
    ];
    scopes.extend(fixtures::unusual_tenants().into_iter().map(BudgetScope::Tenant));
    for budget in [Budget::Changes, Budget::Verifications, Budget::TestMessages] {
        for scope in &scopes {
            for party in [Party::Tenant, Party::Operators] {
                let spending = Spending { budget, scope: scope.clone(), party, amount: 1, limit: 1, now };
                assert!(spend(ledger, &spending).await, "{spending:?}");
                assert!(!spend(ledger, &spending).await, "{spending:?}");
            }
        }
    }
}

/// However many request at once, no more are granted than the limit allows.
pub async fn of_many_at_once_the_limit_is_granted(ledger: &impl Ledger) {
    let spending = spending(Budget::Verifications, 1, 5, start());
    let answers = join_all((0..25).map(|_| spend(ledger, &spending))).await;
    assert_eq!(answers.into_iter().filter(|granted| *granted).count(), 5);
}

/// For any requests, in any order and concurrency: the granted amounts of each counter stay within the limit,
/// and a denied amount did not fit.
pub async fn no_interleaving_exceeds_a_limit(ledger: &impl Ledger) {
    let rng = SeededRng::new(16);
    let below = |end: u64| rng.next_u64() % end;
    for round in 0..6_u64 {
        let limit = 1 + u32::try_from(round).unwrap();
        let one = || (1 + u32::try_from(below(3)).unwrap(), below(3), below(2) == 0);
        let waves: Vec<Vec<_>> = (0..=below(9)).map(|_| (0..=below(5)).map(|_| one()).collect()).collect();
        let mut used = std::collections::BTreeMap::<_, u32>::new();
        for wave in waves {
            let requests: Vec<Spending> = wave
                .into_iter()
                .map(|(amount, hour, operators)| {
                    let now = start() + Duration::from_hours(24 * (round + 1) + hour);
                    let party = if operators { Party::Operators } else { Party::Tenant };
                    Spending { party, ..spending(Budget::Changes, amount, limit, now) }
                })
                .collect();
            let granted = join_all(requests.iter().map(|spending| spend(ledger, spending))).await;
            let before = used.clone();
            for (spending, granted) in requests.iter().zip(&granted) {
                *used.entry(spending.counter()).or_default() += if *granted { spending.amount } else { 0 };
            }
            for (spending, granted) in requests.iter().zip(&granted) {
                let (now, then) = (used[&spending.counter()], before.get(&spending.counter()));
                assert!(now <= limit, "{now} of {limit}");
                let least = then.copied().unwrap_or_default();
                assert!(*granted || now + spending.amount > limit || least + spending.amount > limit);
            }
        }
    }
}

/// A change and its budget use are stored together or not at all.
pub async fn a_change_uses_its_budget_only_if_it_is_stored(ledger: &impl Ledger) {
    let first = fixtures::connector(&tenant("budgeted"), start());
    create(ledger, &first).await;
    let spends = [Spending {
        scope: BudgetScope::Connector(first.id.clone()),
        ..spending(Budget::Changes, 1, 2, start())
    }];
    let after = |before: &Connector| Connector { version: before.version + 1, ..before.clone() };
    let change = async |before: &Connector| {
        let change = fixtures::change(before, &after(before));
        ledger.save(&change, None, &spends).await.unwrap()
    };
    assert_eq!(change(&first).await, STORED);
    assert_eq!(change(&first).await, STORED, "asked again, it is the same change");
    let second = after(&first);
    let overtaken = Connector { version: 7, ..second.clone() };
    assert_eq!(change(&overtaken).await, STALE, "not from the stored version");
    assert_eq!(change(&second).await, STORED, "no budget was used for what was not stored");
    let third = after(&second);
    assert_eq!(change(&third).await, SaveAnswer::Exhausted(Budget::Changes));
    assert_eq!(ledger.get(&first.id).await.unwrap().unwrap().0, third, "a refused change is not stored");
    assert_eq!(ledger.changes(&first.id, None, 100).await.unwrap().len(), 3, "and leaves no record");
    assert_eq!(change(&second).await, STORED, "a stored change still gets the same answer");
}

/// If a change needs two budgets and one is exhausted, neither is used.
pub async fn a_change_that_needs_two_budgets_uses_both_or_none(ledger: &impl Ledger) {
    let connector = fixtures::connector(&tenant("budgeted"), start());
    create(ledger, &connector).await;
    let messages = spending(Budget::TestMessages, 3, 5, start());
    let changes = spending(Budget::Changes, 1, 1, start());
    let after = Connector { version: connector.version + 1, ..connector.clone() };
    let change = fixtures::change(&connector, &after);
    assert!(spend(ledger, &changes).await);
    let spends = [messages.clone(), changes];
    let answer = ledger.save(&change, None, &spends).await.unwrap();
    assert_eq!(answer, SaveAnswer::Exhausted(Budget::Changes));
    let rest = Spending { amount: 5, ..messages };
    assert!(spend(ledger, &rest).await, "none of the other was used");
}

/// Creation and deletion count a tenant's connectors, whether they are limited or not.
pub async fn connectors_are_counted_on_creation_and_deletion(ledger: &impl Ledger) {
    assert_eq!(connectors_counted(ledger, 3).await, 0);
    let unlimited = fixtures::connector(&tenant("budgeted"), start());
    assert_eq!(create(ledger, &unlimited).await, STORED, "an unlimited one is counted too");
    assert_eq!(connectors_counted(ledger, 4).await, 4);
    let mut disabled = unlimited.clone();
    disabled.disable(start()).unwrap();
    assert_eq!(save(ledger, &unlimited, &disabled).await, STORED);
    assert_eq!(connectors_counted(ledger, 4).await, 4, "a disabled one can be enabled again");
    let mut deleted = disabled.clone();
    deleted.delete().unwrap();
    assert_eq!(deleted.state, State::Deleted);
    assert_eq!(save(ledger, &disabled, &deleted).await, STORED);
    assert_eq!(save(ledger, &disabled, &deleted).await, STORED, "asked again");
    assert_eq!(connectors_counted(ledger, 4).await, 3, "it is free once");
    let other = fixtures::connector(&tenant("budgeted2"), start());
    let of_another = [Spending {
        scope: BudgetScope::Tenant(other.tenant.clone()),
        ..spending(Budget::Connectors, 1, 1, start())
    }];
    let created = ledger.create(&other, &fixtures::creation(&other), &of_another).await.unwrap();
    assert_eq!(created, STORED, "another tenant's count is another");
}

/// An existing ID is reported before an exhausted budget: a retry gets what it created.
pub async fn an_existing_id_is_reported_before_an_exhausted_budget(ledger: &impl Ledger) {
    let connector = fixtures::connector(&tenant("budgeted"), start());
    let spends = [spending(Budget::Connectors, 1, 1, start())];
    let creation = fixtures::creation(&connector);
    assert_eq!(ledger.create(&connector, &creation, &spends).await.unwrap(), STORED);
    assert_eq!(ledger.create(&connector, &creation, &spends).await.unwrap(), STORED);
    let other = Connector { frequency: 6.try_into().unwrap(), ..connector.clone() };
    let answer = ledger.create(&other, &fixtures::creation(&other), &spends).await.unwrap();
    assert_eq!(answer, STALE);
}

/// Concurrent clients together create as many as the limit allows.
pub async fn racing_creators_get_exactly_the_limit(ledger: &impl Ledger) {
    let creations: Vec<Connector> =
        (0..16).map(|_| fixtures::connector(&tenant("budgeted"), start())).collect();
    let spends = [spending(Budget::Connectors, 1, 4, start())];
    let answers = join_all(creations.iter().map(async |connector| {
        ledger.create(connector, &fixtures::creation(connector), &spends).await.unwrap()
    }))
    .await;
    assert_eq!(answers.iter().filter(|answer| **answer == STORED).count(), 4, "{answers:?}");
    let mut stored = 0;
    for connector in &creations {
        stored += usize::from(ledger.get(&connector.id).await.unwrap().is_some());
    }
    assert_eq!(stored, 4);
}

/// A run uses its budget once per key, and not at all if no run is requested.
pub async fn a_run_uses_its_budget_once_per_key(ledger: &impl Ledger) {
    let (connector, _) = activate(ledger).await;
    let draft = fixtures::connector(&tenant("acme"), start());
    create(ledger, &draft).await;
    let spends = |id: &archive::names::ConnectorId| {
        let scope = BudgetScope::Connector(id.clone());
        [Spending { scope, ..spending(Budget::Runs, 1, 2, start()) }]
    };
    let now = start() + Duration::from_secs(60);
    let ask = async |id, key| ledger.request_run(id, now, now, key, &spends(id)).await.unwrap();
    assert_eq!(ask(&draft.id, None).await, RunAnswer::NotActivated);
    assert_eq!(ask(&connector.id, Some("a")).await, RunAnswer::Requested(now));
    assert_eq!(ask(&connector.id, Some("a")).await, RunAnswer::Requested(now));
    assert_eq!(ask(&connector.id, Some("b")).await, RunAnswer::Requested(now));
    let before = super::cursor(ledger, &connector).await;
    assert_eq!(ask(&connector.id, Some("c")).await, RunAnswer::Exhausted(Budget::Runs));
    assert_eq!(ask(&connector.id, None).await, RunAnswer::Exhausted(Budget::Runs));
    assert_eq!(super::cursor(ledger, &connector).await, before, "a denied attempt writes nothing");
    assert_eq!(ask(&connector.id, Some("b")).await, RunAnswer::Requested(now), "an earlier request");
}
