//! The portal's links and sessions, wired to AWS as portal, API and command line need them.

use std::sync::Arc;

use archive::names::{PortalUrl, ReturnUrl};
use control::budget::Budgets;
use control::portal::PortalAccess;
use ports::MetricsSink;

use crate::clients::ClientFactory;
use crate::clock::{SystemClock, SystemRng};
use crate::dynamodb::ledger::{ClockOffset, DynamoLedger};
use crate::eventbridge::bus::EventBridgeBus;
use crate::eventbridge::observed_bus::ObservedBus;
use crate::settings::{BusSettings, LedgerSettings};

/// Links and sessions in AWS. `url` is the portal's, and a link may lead back to the pages of `return_urls`
/// and those below them. With `metrics`, openings, refusals and notices that the bus does not accept are
/// counted.
#[must_use]
pub fn portal_access(
    ledger: LedgerSettings,
    bus: BusSettings,
    services: &ClientFactory,
    url: PortalUrl,
    return_urls: Vec<ReturnUrl>,
    budgets: Budgets,
    metrics: Option<Arc<dyn MetricsSink>>,
) -> PortalAccess {
    let clock = Arc::new(SystemClock::new());
    let mut bus = ObservedBus::new(Arc::new(EventBridgeBus::new(services.events(), bus.name)));
    if let Some(metrics) = &metrics {
        bus = bus.with_metrics(Arc::clone(metrics), Arc::clone(&clock) as _);
    }
    PortalAccess {
        links: Arc::new(DynamoLedger::new(services.dynamodb(), ledger.table, ClockOffset::default())),
        clock,
        rng: Arc::new(SystemRng),
        url,
        return_urls,
        budgets,
        bus: Arc::new(bus),
        metrics,
    }
}
