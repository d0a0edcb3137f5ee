//! The functions on a test's ports, with the settings that the tests share: dispatcher, watchdog, exporter
//! and notifier. What a test has otherwise it sets itself, in the value that it gets.

use std::sync::Arc;

use archive::part::PartLimits;
use archive::sort_key::SortKeyForm;
use archive::time::Time;
use dispatcher::{RateLimiter, Watchdog};
use exporter::Exporter;
use notifier::Notifier;
use ports::{
    Bus, Clock, Connectors, Customers, DelayQueue, DueConnectors, Mailer, NotificationStore, Queue, Rng,
    Runs, Source, Staging, Watch, WebhookClient,
};

use crate::fakes::{
    FakeBus, FakeClock, FakeCustomers, FakeLedger, FakeSigner, FakeSource, FakeStaging, SeededRng, signing,
};
use crate::fault_injection::{FaultPlan, Flaky};
use crate::fixtures::TIMING;

/// What an exporter reads and writes, on the fakes. A clone has the same fakes.
#[derive(Debug, Clone)]
pub struct Fakes {
    /// The ledger.
    pub ledger: FakeLedger,
    /// The events table.
    pub source: FakeSource,
    /// The staging bucket.
    pub staging: FakeStaging,
    /// The customers' accounts.
    pub customers: FakeCustomers,
    /// The vendor's event bus.
    pub bus: FakeBus,
}

impl Default for Fakes {
    fn default() -> Self {
        Self::new()
    }
}

impl Fakes {
    /// Empty fakes, whose events table has times as sort keys.
    #[must_use]
    pub fn new() -> Self {
        Self::with_keys(SortKeyForm::Rfc3339)
    }

    /// With an events table whose configured sort keys have this form.
    #[must_use]
    pub fn with_keys(form: SortKeyForm) -> Self {
        Self {
            ledger: FakeLedger::new(),
            // A test makes events visible by storing them in time, so this clock may stand still.
            source: FakeSource::new(form, &FakeClock::at(Time::LAST)),
            staging: FakeStaging::new(),
            customers: FakeCustomers::new(),
            bus: FakeBus::new(),
        }
    }

    /// An exporter's ports on these fakes; the plan's faults hit their calls.
    #[must_use]
    pub fn exporter_ports(&self, plan: &FaultPlan, clock: &FakeClock) -> exporter::Ports {
        let Self { ledger, source, staging, customers, bus } = self.clone();
        exporter_ports(plan, clock, ledger, source, staging, customers, bus)
    }
}

/// An exporter's ports, with the key of seed 1; the plan's faults hit their calls.
pub fn exporter_ports(
    plan: &FaultPlan,
    clock: &FakeClock,
    runs: impl Runs + 'static,
    source: impl Source + 'static,
    staging: impl Staging + 'static,
    customers: impl Customers + 'static,
    bus: impl Bus + 'static,
) -> exporter::Ports {
    exporter::Ports {
        runs: Arc::new(Flaky::new(runs, plan)),
        source: Arc::new(Flaky::new(source, plan)),
        staging: Arc::new(Flaky::new(staging, plan)),
        customers: Arc::new(Flaky::new(customers, plan)),
        signing: signing(Flaky::new(FakeSigner::new(1), plan)),
        bus: Arc::new(Flaky::new(bus, plan)),
        clock: Arc::new(clock.clone()),
        randomness: Arc::new(SeededRng::new(0)),
    }
}

/// An exporter with the default settings. It verifies no connector again.
#[must_use]
pub fn exporter(ports: exporter::Ports) -> Exporter {
    Exporter { ports, timing: TIMING, part_limits: PartLimits::default(), retention: None, onboarding: None }
}

/// A dispatcher's ports, with the default rate limit.
pub fn dispatcher_ports(
    due: impl DueConnectors + 'static,
    queue: impl Queue + 'static,
    clock: impl Clock + 'static,
    randomness: impl Rng + 'static,
) -> dispatcher::Ports {
    dispatcher::Ports {
        due: Arc::new(due),
        queue: Arc::new(queue),
        clock: Arc::new(clock),
        randomness: Arc::new(randomness),
        rate_limiter: RateLimiter::default(),
    }
}

/// A watchdog over a source that keeps its events forever.
pub fn watchdog(
    ledger: impl Watch + 'static,
    bus: impl Bus + 'static,
    clock: impl Clock + 'static,
) -> Watchdog {
    Watchdog {
        ledger: Arc::new(ledger),
        bus: Arc::new(bus),
        clock: Arc::new(clock),
        timing: TIMING,
        retention: None,
    }
}

/// A notifier with a sender but without a portal, so it sends no confirmation mails.
pub fn notifier(
    ledger: impl Connectors + NotificationStore + Clone + 'static,
    webhooks: impl WebhookClient + 'static,
    mailer: impl Mailer + 'static,
    queue: impl DelayQueue + 'static,
    clock: impl Clock + 'static,
) -> Notifier {
    Notifier {
        connectors: Arc::new(ledger.clone()),
        state: Arc::new(ledger),
        webhooks: Arc::new(webhooks),
        mailer: Some(Arc::new(mailer)),
        confirmation_mails: None,
        queue: Arc::new(queue),
        clock: Arc::new(clock),
        randomness: Arc::new(SeededRng::new(7)),
    }
}
