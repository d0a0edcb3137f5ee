//! Saved explorations: a write needs the version before it, and a tenant has no more than its limit, whoever
//! saves and deletes at once.

use futures_util::future::join_all;
use ports::{ExplorationAnswer, SavedExplorations};
use protocol::budget::{Budget, BudgetScope, Party, Spending};
use protocol::caller::Caller;
use protocol::exploration::{
    Chart, Columns, ExplorationChange, ExplorationId, Interval, NewExploration, SavedExploration,
};

use super::start;
use crate::fixtures::{tenant, unique_id, unusual_tenants};

const LIMIT: u32 = 200;

fn of_tenant(id: &str) -> SavedExploration {
    let new = NewExploration {
        tenant: tenant(id),
        connector: None,
        name: "Fehler „Ä“ <b>".parse().unwrap(),
        filter: "action:\"Console Login\" -outcome:success".parse().unwrap(),
        columns: Columns::try_from(vec!["time".to_owned(), "/a~1b".to_owned()]).unwrap(),
        chart: Some(Chart::new(Interval::Week, Some("action".into()), vec!["bars".into()]).unwrap()),
    };
    let request = Some(new.fingerprint());
    SavedExploration::new(ExplorationId::new(unique_id()), new, request, ann(), start())
}

fn ann() -> Caller {
    Caller::Tenant { tenant: tenant("acme"), name: "ann".into() }
}

fn renamed(exploration: &SavedExploration, name: &str) -> SavedExploration {
    let change = ExplorationChange { name: Some(name.parse().unwrap()), ..ExplorationChange::default() };
    exploration.changed(change, start()).unwrap()
}

fn spending(limit: u32) -> Spending {
    Spending {
        budget: Budget::Changes,
        scope: BudgetScope::Tenant(tenant("acme")),
        party: Party::Tenant,
        amount: 1,
        limit,
        now: start(),
    }
}

async fn create(ledger: &impl SavedExplorations, exploration: &SavedExploration) -> ExplorationAnswer {
    ledger.create_exploration(exploration, LIMIT, &[]).await.unwrap()
}

async fn created(ledger: &impl SavedExplorations) -> SavedExploration {
    let new = of_tenant("acme");
    assert_eq!(create(ledger, &new).await, ExplorationAnswer::Created);
    new
}

async fn stored(ledger: &impl SavedExplorations, one: &SavedExploration) -> Option<SavedExploration> {
    ledger.exploration(&one.tenant, &one.id).await.unwrap()
}

/// An exploration is read back as it was stored, in each of its states.
pub async fn an_exploration_is_stored_changed_and_deleted(ledger: &impl SavedExplorations) {
    let new = of_tenant("acme");
    assert_eq!(stored(ledger, &new).await, None);
    assert_eq!(create(ledger, &new).await, ExplorationAnswer::Created);
    assert_eq!(stored(ledger, &new).await, Some(new.clone()));
    let without = ExplorationChange { chart: Some(None), ..ExplorationChange::default() };
    let changed = renamed(&new, "Other").changed(without, start()).unwrap();
    assert!(ledger.store_exploration(&renamed(&new, "Other")).await.unwrap());
    assert!(ledger.store_exploration(&changed).await.unwrap());
    assert_eq!(stored(ledger, &new).await, Some(changed.clone()));
    let deleted = changed.delete(ann(), start()).unwrap();
    assert!(ledger.store_exploration(&deleted).await.unwrap());
    assert_eq!(stored(ledger, &new).await, Some(deleted));
    assert_eq!(ledger.explorations(&new.tenant).await.unwrap(), []);
}

/// A write from a version that is no longer the stored one changes nothing, even if it is the same write.
pub async fn a_change_of_a_former_version_is_refused(ledger: &impl SavedExplorations) {
    let new = created(ledger).await;
    let changed = renamed(&new, "Second");
    assert!(ledger.store_exploration(&changed).await.unwrap());
    assert!(!ledger.store_exploration(&changed).await.unwrap(), "nor the same again");
    assert!(!ledger.store_exploration(&new.delete(ann(), start()).unwrap()).await.unwrap());
    assert_eq!(stored(ledger, &new).await, Some(changed));
    let never_created = renamed(&of_tenant("acme"), "Third");
    assert!(!ledger.store_exploration(&never_created).await.unwrap());
    assert_eq!(stored(ledger, &never_created).await, None);
}

/// However many change an exploration at once, one change is stored.
pub async fn of_two_who_change_one_exploration_one_is_asked_to_look_again(ledger: &impl SavedExplorations) {
    let new = created(ledger).await;
    let mut attempts: Vec<_> = (0..3).map(|n| renamed(&new, &format!("By {n}"))).collect();
    attempts.push(new.delete(ann(), start()).unwrap());
    let answers = join_all(attempts.iter().map(|attempt| ledger.store_exploration(attempt))).await;
    let won: Vec<_> = attempts.iter().zip(answers).filter(|(_, stored)| *stored.as_ref().unwrap()).collect();
    assert_eq!(won.len(), 1);
    assert_eq!(stored(ledger, &new).await.as_ref(), Some(won[0].0));
}

/// Creating the same exploration again changes nothing and costs nothing, also once it is changed.
pub async fn an_exploration_is_created_once_and_pays_once(ledger: &impl SavedExplorations) {
    let new = of_tenant("acme");
    for _ in 0..3 {
        let answer = ledger.create_exploration(&new, 1, &[spending(1)]).await.unwrap();
        assert_eq!(answer, ExplorationAnswer::Created);
    }
    let changed = renamed(&new, "Other");
    assert!(ledger.store_exploration(&changed).await.unwrap());
    let again = ledger.create_exploration(&new, 1, &[spending(1)]).await.unwrap();
    assert_eq!((again, stored(ledger, &new).await), (ExplorationAnswer::Created, Some(changed)));
}

/// An ID stands for one exploration of its tenant, even once that is deleted. Another tenant may have one
/// with the same ID.
pub async fn another_exploration_with_an_id_stores_nothing(ledger: &impl SavedExplorations) {
    let new = created(ledger).await;
    let other = SavedExploration { request: None, ..new.clone() };
    assert_eq!(create(ledger, &other).await, ExplorationAnswer::Exists);
    let deleted = new.delete(ann(), start()).unwrap();
    assert!(ledger.store_exploration(&deleted).await.unwrap());
    for late in [&other, &new] {
        assert_eq!(create(ledger, late).await, ExplorationAnswer::Exists);
    }
    assert_eq!(stored(ledger, &new).await, Some(deleted));
    let of_globex = SavedExploration { tenant: tenant("globex"), ..new };
    assert_eq!(create(ledger, &of_globex).await, ExplorationAnswer::Created);
    assert_eq!(stored(ledger, &of_globex).await, Some(of_globex));
}

/// However many are saved at once, no more are stored than the limit allows.
pub async fn of_many_saved_at_once_the_limit_is_stored(ledger: &impl SavedExplorations) {
    let new: Vec<_> = (0..7).map(|_| of_tenant("acme")).collect();
    let answers = join_all(new.iter().map(|one| ledger.create_exploration(one, 4, &[]))).await;
    let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    assert_eq!(answers.iter().filter(|answer| **answer == ExplorationAnswer::Created).count(), 4);
    assert_eq!(answers.iter().filter(|answer| **answer == ExplorationAnswer::Full).count(), 3);
    assert_eq!(ledger.explorations(&tenant("acme")).await.unwrap().len(), 4);
    let of_globex = of_tenant("globex");
    let answer = ledger.create_exploration(&of_globex, 4, &[]).await.unwrap();
    assert_eq!(answer, ExplorationAnswer::Created, "another tenant's count");
}

/// However many delete an exploration at once and again, one place is free.
pub async fn a_deletion_frees_its_place_once(ledger: &impl SavedExplorations) {
    let (first, second) = (created(ledger).await, created(ledger).await);
    let deleted = first.delete(ann(), start()).unwrap();
    let answers = join_all((0..3).map(|_| ledger.store_exploration(&deleted))).await;
    let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    // An answer may also say so of a deletion that it found stored.
    assert!(answers.contains(&true));
    assert!(!ledger.store_exploration(&deleted).await.unwrap());
    let third = of_tenant("acme");
    let answer = async |one: &SavedExploration| ledger.create_exploration(one, 2, &[]).await.unwrap();
    assert_eq!(answer(&third).await, ExplorationAnswer::Created);
    assert_eq!(answer(&of_tenant("acme")).await, ExplorationAnswer::Full);
    let mut left = vec![second, third];
    left.sort_by(|one, other| one.id.cmp(&other.id));
    assert_eq!(ledger.explorations(&tenant("acme")).await.unwrap(), left);
}

/// An exploration whose budget is used up is neither found nor counted.
pub async fn an_exhausted_budget_stores_no_exploration(ledger: &impl SavedExplorations) {
    let (first, second) = (of_tenant("acme"), of_tenant("acme"));
    let answer = ledger.create_exploration(&first, 2, &[spending(1)]).await.unwrap();
    assert_eq!(answer, ExplorationAnswer::Created);
    let answer = ledger.create_exploration(&second, 2, &[spending(1)]).await.unwrap();
    assert_eq!(answer, ExplorationAnswer::Exhausted);
    assert_eq!(stored(ledger, &second).await, None);
    let answer = ledger.create_exploration(&second, 2, &[spending(2)]).await.unwrap();
    assert_eq!(answer, ExplorationAnswer::Created);
}

/// A list has exactly the explorations of its tenant, whatever that is called, by ID.
pub async fn a_list_has_exactly_the_explorations_of_its_tenant(ledger: &impl SavedExplorations) {
    let mut expected = Vec::new();
    for tenant in unusual_tenants() {
        let mut saved = Vec::new();
        for _ in 0..2 {
            let one = SavedExploration { tenant: tenant.clone(), ..of_tenant("acme") };
            assert_eq!(create(ledger, &one).await, ExplorationAnswer::Created);
            saved.push(one);
        }
        saved.sort_by(|one, other| one.id.cmp(&other.id));
        expected.push((tenant, saved));
    }
    for (tenant, saved) in expected {
        assert_eq!(ledger.explorations(&tenant).await.unwrap(), saved, "{tenant:?}");
    }
    assert_eq!(ledger.explorations(&tenant("nobody")).await.unwrap(), []);
}
