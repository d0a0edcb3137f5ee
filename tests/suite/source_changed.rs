//! Another events table, or other keys, in the settings: nothing is sealed from it until an operator accepts
//! it.

use std::sync::Arc;

use archive::sort_key::SortKeyForm;
use archive::time::Time;
use control::onboarding::{AcceptOutcome, Onboarding, OnboardingError};
use exporter::export;
use ports::Connectors as _;
use ports::Source as _;
use protocol::caller::Caller;
use protocol::connector::Connector;
use protocol::events_source::{Acceptance, EventsSource};
use protocol::machine::{InternalErrorKind, Outcome};
use protocol::source_change::SourceChange;
use tests::fakes::{FakeClock, FakeProber, FakeSource};
use tests::fault_injection::{FaultPlan, InjectedFault};
use tests::fixtures::{at, vendor};

use crate::promises::{Fakes, World};

/// A connector that has sealed and delivered noon's window, with an event in the next one.
async fn exporting() -> (Fakes, World, Connector) {
    let fakes = Fakes::new();
    let world = World::on(&fakes);
    let connector = world.activate(at("2023-07-10T11:40:00Z"), |_| {}).await;
    world.write(&connector, at("2023-07-10T11:50:00Z"), "before").await;
    world.run_until(&connector, at("2023-07-10T12:05:00Z")).await;
    world.write(&connector, at("2023-07-10T12:10:00Z"), "behind").await;
    (fakes, world, connector)
}

/// A run over this table, when the next window is due.
async fn run_with_source(world: &World, source: FakeSource, connector: &Connector) -> Outcome {
    world.advance_to(world.clock.wall().max(at("2023-07-10T13:05:00Z"))).await;
    let mut exporter = world.exporter(&FaultPlan::none());
    exporter.ports.source = Arc::new(source);
    export(&exporter, &connector.id, at("2023-07-10T13:20:00Z")).await
}

fn internal_error(outcome: Outcome) -> (InternalErrorKind, String) {
    let Outcome::Failed { error, .. } = outcome else { panic!("{outcome:?}") };
    (error.kind, error.detail)
}

/// The acceptance of a source, as the ledger stores it.
async fn accept(fakes: &Fakes, connector: &Connector, source: &EventsSource, from: Time) {
    let acceptance = Acceptance { from, at: from, by: "ann".into() };
    let cursor = fakes.ledger.cursor(&connector.id);
    let change = SourceChange::accepting(source, &cursor, acceptance).unwrap().unwrap();
    assert!(fakes.ledger.change_source(&connector.id, &change).await.unwrap());
}

#[tokio::test]
async fn an_empty_table_that_was_named_by_mistake_is_never_sealed_as_a_quiet_hour() {
    let (fakes, world, connector) = exporting().await;
    let before = fakes.ledger.cursor(&connector.id);
    let clock = FakeClock::at(Time::LAST);
    let empty = FakeSource::new(SortKeyForm::Rfc3339, &clock).named("evnts");
    let (kind, detail) = internal_error(run_with_source(&world, empty, &connector).await);
    assert_eq!(kind, InternalErrorKind::SourceChanged);
    for text in ["table evnts", "table events", "auditferry source accept"] {
        assert!(detail.contains(text), "{detail}");
    }
    let after = fakes.ledger.cursor(&connector.id);
    assert_eq!((after.next, after.watermark), (before.next, before.watermark));
    assert_eq!(world.files(&connector).len(), 1, "nothing was delivered");

    // The setting is restored: the event follows, and nothing needs to be accepted.
    let Outcome::Completed(run) = run_with_source(&world, fakes.source.clone(), &connector).await else {
        panic!()
    };
    assert_eq!((run.sealed, run.events, run.heartbeats), (1, 1, 0));
    world.verdict(&connector).assert_clean();
}

#[tokio::test]
async fn a_table_that_is_read_by_other_keys_is_another_source() {
    let (_, world, connector) = exporting().await;
    let other_form = FakeSource::new(SortKeyForm::Ulid, &FakeClock::at(Time::LAST));
    let (kind, detail) = internal_error(run_with_source(&world, other_form, &connector).await);
    assert_eq!(kind, InternalErrorKind::SourceChanged);
    assert!(detail.contains("sk (ulid)") && detail.contains("sk (rfc3339)"), "{detail}");
}

#[tokio::test]
async fn sealed_parts_are_delivered_all_the_same() {
    let (fakes, world, connector) = exporting().await;
    world.advance_to(at("2023-07-10T13:05:00Z")).await;
    let died =
        world.run_with(&connector, &FaultPlan::none().inject("open_customer", 1, InjectedFault::Crash)).await;
    assert!(died.is_none());
    let sealed = fakes.ledger.cursor(&connector.id);
    assert!(sealed.undelivered().is_some());
    world.advance_to(at("2023-07-10T13:30:00Z")).await;
    let mut exporter = world.exporter(&FaultPlan::none());
    exporter.ports.source = Arc::new(fakes.source.named("evnts"));
    let outcome = export(&exporter, &connector.id, at("2023-07-10T13:45:00Z")).await;
    assert_eq!(internal_error(outcome).0, InternalErrorKind::SourceChanged);
    let after = fakes.ledger.cursor(&connector.id);
    assert_eq!((after.undelivered(), after.next), (None, sealed.next));
}

#[tokio::test]
async fn an_accepted_table_is_read_from_the_named_time_and_nothing_comes_twice() {
    let (fakes, world, connector) = exporting().await;
    let moved = fakes.source.named("events-2");
    let source = moved.identity().await.unwrap();
    accept(&fakes, &connector, &source, at("2023-07-10T11:55:00Z")).await;
    let Outcome::Completed(run) = run_with_source(&world, moved, &connector).await else { panic!() };
    assert_eq!((run.sealed, run.events), (1, 1));
    world.verdict(&connector).assert_clean();
    assert_eq!(fakes.ledger.cursor(&connector.id).reads_from(), at("2023-07-10T11:55:00Z"));

    // The previous functions, which are still running, seal nothing any more.
    assert_eq!(
        internal_error(run_with_source(&world, fakes.source.clone(), &connector).await).0,
        InternalErrorKind::SourceChanged
    );
}

#[tokio::test]
async fn an_unavailable_source_seals_nothing() {
    let (fakes, world, connector) = exporting().await;
    world.advance_to(at("2023-07-10T13:05:00Z")).await;
    let before = fakes.ledger.cursor(&connector.id).next;
    let outcome = world
        .run_with(&connector, &FaultPlan::none().inject("identity", 1, InjectedFault::Fail))
        .await
        .unwrap();
    assert_eq!(internal_error(outcome).0, InternalErrorKind::Port);
    assert_eq!(fakes.ledger.cursor(&connector.id).next, before);
    world.run_until(&connector, at("2023-07-10T13:30:00Z")).await;
    world.verdict(&connector).assert_clean();
}

fn onboarding(fakes: &Fakes, world: &World) -> Onboarding {
    let (ledger, bus) = (Arc::new(fakes.ledger.clone()), Arc::new(fakes.bus.clone()));
    let exporter = world.exporter(&FaultPlan::none());
    exporter.with_reverification(ledger, Arc::new(FakeProber::new()), bus, vendor()).onboarding.unwrap()
}

/// Only an operator can accept, and is refused if events would be lost.
#[tokio::test]
async fn a_tenant_accepts_nothing_and_an_operator_nothing_that_loses_events() {
    let (fakes, world, connector) = exporting().await;
    let onboarding = onboarding(&fakes, &world);
    let new = fakes.source.named("events-2").identity().await.unwrap();
    let tenant = Caller::Tenant { tenant: connector.tenant.clone(), name: "mallory".into() };
    let noon = at("2023-07-10T12:00:00Z");
    let refused = onboarding.accept_source(&tenant, &connector.id, &new, noon).await;
    assert!(matches!(refused, Err(OnboardingError::Forbidden(_))), "{refused:?}");
    let operator = Caller::Operator { name: "ann".into() };
    let late = onboarding.accept_source(&operator, &connector.id, &new, at("2023-07-10T12:00:01Z")).await;
    assert!(matches!(late, Ok(AcceptOutcome::Refused(_))), "{late:?}");
    let accepted = onboarding.accept_source(&operator, &connector.id, &new, noon).await;
    assert_eq!(accepted.unwrap(), AcceptOutcome::From(noon));
    let again = onboarding.accept_source(&operator, &connector.id, &new, noon).await;
    assert_eq!(again.unwrap(), AcceptOutcome::Unchanged);
}
