//! The portal's links and sessions, wired to AWS as portal, API and command line need them.

use std::sync::Arc;

use archive::names::{PortalUrl, ReturnUrl};
use control::portal::PortalAccess;
use ports::MetricsSink;

use crate::clients::ClientFactory;
use crate::clock::{SystemClock, SystemRng};
use crate::dynamodb::ledger::{ClockOffset, DynamoLedger};
use crate::eventbridge::bus::EventBridgeBus;
use crate::eventbridge::observed_bus::ObservedBus;
use crate::settings::OnboardingSettings;

/// Links and sessions in AWS, of the portal at `url`; a link may lead back to `return_urls` and what is below
/// them. With `metrics`, openings, refusals and notices that the bus does not accept are counted.
#[must_use]
pub fn portal_access(
    (url, return_urls): (PortalUrl, Vec<ReturnUrl>),
    onboarding: &OnboardingSettings,
    services: &ClientFactory,
    metrics: Option<Arc<dyn MetricsSink>>,
) -> PortalAccess {
    let clock = Arc::new(SystemClock::new());
    let (table, bus) = (onboarding.ledger.table.clone(), onboarding.bus.name.clone());
    let mut bus = ObservedBus::new(Arc::new(EventBridgeBus::new(services.events(), bus)));
    if let Some(metrics) = &metrics {
        bus = bus.with_metrics(Arc::clone(metrics), Arc::clone(&clock) as _);
    }
    PortalAccess {
        links: Arc::new(DynamoLedger::new(services.dynamodb(), table, ClockOffset::default())),
        clock,
        rng: Arc::new(SystemRng),
        url,
        return_urls,
        budgets: onboarding.budgets,
        bus: Arc::new(bus),
        metrics,
    }
}
