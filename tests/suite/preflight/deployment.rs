//! An active connector on the fakes, and an exporter that checks it every week.

use std::sync::Arc;
use std::time::Duration;

use archive::sort_key::SortKeyForm;
use archive::time::Time;
use control::onboarding::Onboarding;
use exporter::{Exporter, export};
use ports::Connectors as _;
use protocol::connector::{Change, Connector};
use protocol::machine::Outcome;
use tests::fakes::{FakeBus, FakeClock, FakeCustomers, FakeLedger, FakeProber, FakeSource, FakeStaging};
use tests::fault_injection::FaultPlan;
use tests::fixtures::{self, activated, at};
use tests::functions::{self, Fakes};

/// When it was activated and verified.
pub(crate) fn start() -> Time {
    at("2026-11-20T20:00:00Z")
}

pub(crate) const DAY: Duration = Duration::from_hours(24);

/// A deployment with one active connector.
pub(crate) struct Deployment {
    pub(crate) clock: FakeClock,
    pub(crate) ledger: FakeLedger,
    pub(crate) customers: FakeCustomers,
    pub(crate) prober: FakeProber,
    pub(crate) bus: FakeBus,
    pub(crate) exporter: Exporter,
    id: archive::names::ConnectorId,
}

impl Deployment {
    /// A connector that exports once a day, with a valid setup of the customer.
    pub(crate) async fn start() -> Self {
        let clock = FakeClock::at(start());
        let (ledger, customers) = (FakeLedger::with_clock(&clock), FakeCustomers::new());
        let (prober, bus) = (FakeProber::new(), FakeBus::new());
        let mut draft = super::connector();
        draft.frequency = 24.try_into().unwrap();
        let (connector, cursor) = activated(draft, start());
        fixtures::store(&ledger, &connector, &cursor).await;
        customers.provision(&connector);
        let fakes = Fakes {
            ledger: ledger.clone(),
            source: FakeSource::new(SortKeyForm::Rfc3339, &clock),
            staging: FakeStaging::new(),
            customers: customers.clone(),
            bus: bus.clone(),
        };
        let exporter = functions::exporter(fakes.exporter_ports(&FaultPlan::none(), &clock));
        let exporter = exporter.with_reverification(
            Arc::new(ledger.clone()),
            Arc::new(prober.clone()),
            Arc::new(bus.clone()),
            tests::fixtures::vendor(),
        );
        Self { clock, ledger, customers, prober, bus, exporter, id: connector.id }
    }

    /// A run at this time after the start, with so much time.
    pub(crate) async fn run_within(&self, after: Duration, time: Duration) -> Outcome {
        self.clock.set(start() + after);
        export(&self.exporter, &self.id, start() + after + time).await
    }

    /// A run at this time after the start.
    pub(crate) async fn run(&self, after: Duration) -> Outcome {
        self.run_within(after, Duration::from_mins(15)).await
    }

    pub(crate) fn connector(&self) -> Connector {
        self.ledger.connector(&self.id)
    }

    /// The changes of its settings since it was activated, newest first.
    pub(crate) async fn changes(&self) -> Vec<Change> {
        let mut changes = self.ledger.changes(&self.id, None, 100).await.unwrap();
        changes.truncate(changes.len() - 2);
        changes
    }

    pub(crate) fn onboarding(&self) -> &Onboarding {
        self.exporter.onboarding.as_ref().unwrap()
    }
}
