//! The explorer's records over the fakes: who saves, sees, changes and deletes explorations, and who sees
//! which searches.

mod keys;
mod mappings;

use std::sync::Arc;
use std::time::Duration;

use control::budget::Budgets;
use control::explorer_records::{ExplorerCaller, ExplorerRecords, ExplorerRecordsError};
use control::portal::{Activity, Credential, NewLink, PortalAccess, Visitor};
use futures_util::future::join_all;
use ports::{Connectors, SavedExplorations, SearchLog};
use protocol::budget::Budget;
use protocol::caller::Caller;
use protocol::exploration::{
    Columns, ExplorationChange, FilterText, MAX_EXPLORATIONS, NewExploration, SavedExploration, SearchKind,
    SearchRecord,
};
use protocol::portal::{Ability, LinkKind, LinkScope, Network, PortalToken};
use tests::fakes::{FakeBus, FakeClock, FakeLedger, SeededRng, portal_access};
use tests::fault_injection::{FaultPlan, Flaky, InjectedFault};
use tests::fixtures::{self, at, tenant};

struct World {
    ledger: FakeLedger,
    clock: FakeClock,
    records: ExplorerRecords,
}

impl World {
    fn new() -> Self {
        let ledger = FakeLedger::new();
        Self::over(ledger.clone(), ledger)
    }

    /// With another implementation of the port [`SavedExplorations`].
    fn over(ledger: FakeLedger, saved: impl SavedExplorations + 'static) -> Self {
        let clock = FakeClock::at(at("2026-11-30T10:00:00Z"));
        let records = ExplorerRecords {
            saved: Arc::new(saved),
            searches: Arc::new(ledger.clone()),
            mappings: Arc::new(ledger.clone()),
            connectors: Arc::new(ledger.clone()),
            clock: Arc::new(clock.clone()),
            rng: Arc::new(SeededRng::new(7)),
            budgets: Budgets::default().with_limit(Budget::Changes, 1_000),
        };
        Self { ledger, clock, records }
    }

    /// A session of a link with these abilities, for acme or for operators.
    async fn visitor(&self, scope: LinkScope, abilities: &[Ability]) -> Visitor {
        // Each link has another time, and so another ID.
        self.clock.advance(Duration::from_millis(1));
        let access: PortalAccess = portal_access(Arc::new(self.ledger.clone()), &FakeBus::new(), &self.clock);
        let new = NewLink {
            scope,
            kind: LinkKind::Redirect,
            abilities: abilities.iter().copied().collect(),
            addressee: "Dana Ruiz".parse().unwrap(),
            return_url: None,
            validity: None,
        };
        let ops = Caller::Operator { name: "ops".into() };
        let link = access.create(&ops, Credential::Iam, new).await.unwrap();
        let token: PortalToken = link.url.rsplit_once('/').unwrap().1.parse().unwrap();
        let network = Network::of("203.0.113.77".parse().unwrap());
        let (cookie, _) = access.redeem(&token, network).await.unwrap().unwrap();
        access.authenticate(&cookie, Activity::Person).await.unwrap()
    }

    async fn save(&self, new: NewExploration) -> SavedExploration {
        self.records.save(&acmes(), new, None).await.unwrap()
    }
}

fn acmes() -> ExplorerCaller {
    Caller::Tenant { tenant: tenant("acme"), name: "ann".into() }.into()
}

fn globexes() -> ExplorerCaller {
    Caller::Tenant { tenant: tenant("globex"), name: "gil".into() }.into()
}

fn ops() -> ExplorerCaller {
    Caller::Operator { name: "ops".into() }.into()
}

fn acme() -> LinkScope {
    LinkScope::Tenant { tenant: tenant("acme") }
}

fn new(name: &str) -> NewExploration {
    NewExploration {
        tenant: tenant("acme"),
        connector: None,
        name: name.parse().unwrap(),
        filter: "outcome:failure".parse().unwrap(),
        columns: Columns::default(),
        chart: None,
    }
}

fn filter(text: &str) -> ExplorationChange {
    ExplorationChange { filter: Some(text.parse::<FilterText>().unwrap()), ..ExplorationChange::default() }
}

#[tokio::test]
async fn what_one_person_saves_all_of_the_tenant_see_by_name() {
    let world = World::new();
    for name in ["logins", "Ärger", "Admins"] {
        world.save(new(name)).await;
    }
    let dana = world.visitor(acme(), &[Ability::Explore]).await;
    let dana = ExplorerCaller::try_from(&dana).unwrap();
    for by in [acmes(), dana, ops()] {
        let found = world.records.list(&by, &tenant("acme")).await.unwrap();
        let names: Vec<_> = found.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["Admins", "logins", "Ärger"]);
    }
}

#[tokio::test]
async fn another_tenant_sees_and_changes_nothing() {
    let world = World::new();
    let saved = world.save(new("mine")).await;
    let (records, acme) = (&world.records, tenant("acme"));
    let (by, one) = (globexes(), (&acme, &saved.id));
    let refused = [
        records.save(&by, new("x"), None).await.unwrap_err(),
        records.list(&by, &acme).await.unwrap_err(),
        records.read(&by, &acme, &saved.id).await.unwrap_err(),
        records.change(&by, one, None, &filter("x")).await.unwrap_err(),
        records.delete(&by, one, None).await.unwrap_err(),
        records.searches(&by, &acme, None, 10).await.unwrap_err(),
    ];
    for error in refused {
        assert!(matches!(error, ExplorerRecordsError::OtherTenant(_)), "{error:?}");
    }
    // The same ID in the own partition.
    let own = tenant("globex");
    let error = records.read(&by, &own, &saved.id).await.unwrap_err();
    assert!(matches!(error, ExplorerRecordsError::NotFound(_)), "{error:?}");
    let error = records.delete(&by, (&own, &saved.id), None).await.unwrap_err();
    assert!(matches!(error, ExplorerRecordsError::NotFound(_)), "{error:?}");
    assert_eq!(records.list(&acmes(), &acme).await.unwrap(), [saved]);
}

#[tokio::test]
async fn a_visitor_without_the_ability_to_explore_is_refused() {
    let world = World::new();
    let others: Vec<_> = Ability::ALL.into_iter().filter(|ability| *ability != Ability::Explore).collect();
    for scope in [acme(), LinkScope::Operators] {
        let visitor = world.visitor(scope.clone(), &others).await;
        let error = ExplorerRecordsError::from(ExplorerCaller::try_from(&visitor).unwrap_err());
        assert!(error.to_string().contains("explore") && error.remedy().is_some(), "{error}");
        let visitor = world.visitor(scope, &[Ability::Explore]).await;
        let by = ExplorerCaller::try_from(&visitor).unwrap();
        assert_eq!(*by.caller(), visitor.caller());
    }
}

#[tokio::test]
async fn an_exploration_names_a_connector_of_its_own_tenant_only() {
    let world = World::new();
    let draft = |of: &str| fixtures::connector(&tenant(of), at("2026-11-20T00:00:00Z"));
    let (own, others) = (draft("acme"), draft("globex"));
    for connector in [&own, &others] {
        let creation = fixtures::creation(connector);
        Connectors::create(&world.ledger, connector, &creation, &[]).await.unwrap();
    }
    let of = |connector| NewExploration { connector: Some(connector), ..new("x") };
    assert_eq!(world.save(of(own.id.clone())).await.connector, Some(own.id.clone()));
    for missing in [others.id, archive::names::ConnectorId::new(u64::MAX)] {
        let error = world.records.save(&ops(), of(missing), None).await.unwrap_err();
        assert!(matches!(error, ExplorerRecordsError::NoConnector(_)), "{error:?}");
    }
}

#[tokio::test]
async fn a_change_needs_the_version_that_it_names_and_the_same_again_changes_nothing() {
    let world = World::new();
    let saved = world.save(new("mine")).await;
    let acme = tenant("acme");
    let one = (&acme, &saved.id);
    let change =
        async |version, text: &str| world.records.change(&acmes(), one, version, &filter(text)).await;
    let changed = change(Some(1), "action:a").await.unwrap();
    assert_eq!((changed.version, changed.filter.as_str()), (2, "action:a"));
    assert_eq!(change(Some(1), "action:a").await.unwrap(), changed, "a repeated request");
    let error = change(Some(1), "action:b").await.unwrap_err();
    assert!(matches!(error, ExplorerRecordsError::Stale { current: 2, .. }), "{error:?}");
    assert_eq!(change(None, "action:b").await.unwrap().version, 3);
    let error = world.records.delete(&acmes(), one, Some(2)).await.unwrap_err();
    assert!(matches!(error, ExplorerRecordsError::Stale { current: 3, .. }), "{error:?}");
    for _ in 0..2 {
        world.records.delete(&acmes(), one, Some(3)).await.unwrap();
    }
    let error = change(None, "action:c").await.unwrap_err();
    assert!(matches!(error, ExplorerRecordsError::NotFound(_)), "{error:?}");
    assert_eq!(world.records.list(&acmes(), &acme).await.unwrap(), []);
}

#[tokio::test]
async fn a_change_or_deletion_whose_answer_was_lost_is_found_stored() {
    let ledger = FakeLedger::new();
    let lost = InjectedFault::LoseResponse;
    let plan = FaultPlan::none().inject("store_exploration", 1, lost).inject("store_exploration", 2, lost);
    let world = World::over(ledger.clone(), Flaky::new(ledger, &plan));
    let saved = world.save(new("mine")).await;
    let acme = tenant("acme");
    let one = (&acme, &saved.id);
    let change = async || world.records.change(&acmes(), one, Some(1), &filter("b")).await;
    assert!(matches!(change().await.unwrap_err(), ExplorerRecordsError::Port(_)));
    assert_eq!(change().await.unwrap().version, 2);
    let delete = async || world.records.delete(&acmes(), one, Some(2)).await;
    assert!(matches!(delete().await.unwrap_err(), ExplorerRecordsError::Port(_)));
    delete().await.unwrap();
    assert_eq!(world.records.list(&acmes(), &acme).await.unwrap(), []);
}

#[tokio::test]
async fn of_two_who_change_one_exploration_at_once_nobody_overwrites_what_they_have_not_seen() {
    let ledger = FakeLedger::new();
    let world = World::over(ledger.clone(), Flaky::new(ledger, &FaultPlan::yielding()));
    let saved = world.save(new("mine")).await;
    let acme = tenant("acme");
    let by = acmes();
    let changes = ["action:a", "action:b", "action:c"].map(filter);
    let at_version = |change| world.records.change(&by, (&acme, &saved.id), Some(1), change);
    let answers = join_all(changes.iter().map(at_version)).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
    let is_stale = |answer: &&_| matches!(answer, Err(ExplorerRecordsError::Stale { current: 2, .. }));
    assert_eq!(answers.iter().filter(is_stale).count(), 2, "{answers:?}");
    let latest = |change| world.records.change(&by, (&acme, &saved.id), None, change);
    let answers = join_all(changes.iter().map(latest)).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
}

#[tokio::test]
async fn a_tenant_has_no_more_explorations_than_the_limit_and_a_deletion_frees_a_place() {
    let world = World::new();
    let mut last = None;
    for n in 0..MAX_EXPLORATIONS {
        last = Some(world.save(new(&format!("{n}"))).await);
    }
    let error = world.records.save(&acmes(), new("one more"), None).await.unwrap_err();
    assert!(matches!(error, ExplorerRecordsError::Full(_)), "{error:?}");
    assert!(error.to_string().contains("200") && error.remedy().unwrap().contains("Delete"));
    world.records.delete(&acmes(), (&tenant("acme"), &last.unwrap().id), None).await.unwrap();
    world.save(new("one more")).await;
}

#[tokio::test]
async fn who_saves_and_deletes_without_end_is_stopped_by_the_budget_of_changes() {
    let mut world = World::new();
    world.records.budgets = Budgets::default().with_limit(Budget::Changes, 2);
    for _ in 0..2 {
        let saved = world.save(new("x")).await;
        world.records.delete(&acmes(), (&tenant("acme"), &saved.id), None).await.unwrap();
    }
    let error = world.records.save(&acmes(), new("x"), None).await.unwrap_err();
    assert!(matches!(error, ExplorerRecordsError::Exhausted(_)), "{error:?}");
    world.records.save(&ops(), new("x"), None).await.unwrap();
}

#[tokio::test]
async fn a_tenant_sees_who_has_searched_its_log_and_not_which_of_the_vendors_people() {
    let world = World::new();
    let search = |by: &ExplorerCaller, kind| SearchRecord {
        tenant: tenant("acme"),
        connector: archive::names::ConnectorId::new(7),
        by: by.caller().clone(),
        kind,
        filter: "actor:(hidden)".parse().unwrap(),
        at: world.clock.wall(),
    };
    let searches = [search(&acmes(), SearchKind::Rows), search(&ops(), SearchKind::Download)];
    for search in &searches {
        assert!(world.ledger.record_search(search).await.unwrap());
    }
    let found = world.records.searches(&acmes(), &tenant("acme"), None, 10).await.unwrap();
    let reader = acmes();
    let mut names: Vec<_> =
        found.items.iter().map(|search| search.by.name_visible_to(reader.caller())).collect();
    names.sort_unstable();
    assert_eq!(names, [None, Some("ann")]);
    assert_eq!(found.next, None);
    // Of several in an hour the newest is first.
    for second in 1..=8 {
        let at = world.clock.wall() + std::time::Duration::from_secs(second);
        let connector = archive::names::ConnectorId::new(100 - second);
        let search = SearchRecord { at, connector, ..search(&ops(), SearchKind::Counts) };
        world.ledger.record_search(&search).await.unwrap();
    }
    let found = world.records.searches(&acmes(), &tenant("acme"), None, 10).await.unwrap();
    assert!(found.items.is_sorted_by(|one, next| one.at >= next.at), "{found:?}");
}
