//! The operations on connectors, wired to AWS as the API and the command line both need them.

use std::sync::Arc;

use control::onboarding::Onboarding;
use control::setup::Vendor;
use control::signing::ManifestSigner;
use ports::MetricsSink;

use crate::clients::ClientFactory;
use crate::clock::{SystemClock, SystemRng};
use crate::dynamodb::ledger::{ClockOffset, DynamoLedger};
use crate::eventbridge::bus::EventBridgeBus;
use crate::eventbridge::observed_bus::ObservedBus;
use crate::s3::anonymous_reader::AnonymousReader;
use crate::s3::customers::StsProber;
use crate::settings::OnboardingSettings;
use crate::webhooks::EgressPolicy;

/// Onboarding in AWS. `prober` assumes the customers' roles as whoever they trust. With `metrics`, notices
/// that the bus does not accept are counted as well as logged.
#[must_use]
pub fn onboarding(
    settings: OnboardingSettings,
    services: &ClientFactory,
    vendor: Vendor,
    prober: StsProber,
    signing: Option<ManifestSigner>,
    metrics: Option<Arc<dyn MetricsSink>>,
) -> Onboarding {
    let clock = Arc::new(SystemClock::new());
    let ledger =
        Arc::new(DynamoLedger::new(services.dynamodb(), settings.ledger.table, ClockOffset::default()));
    let mut bus = ObservedBus::new(Arc::new(EventBridgeBus::new(services.events(), settings.bus.name)));
    if let Some(metrics) = metrics {
        bus = bus.with_metrics(metrics, Arc::clone(&clock) as _);
    }
    Onboarding {
        signing,
        mail_mode: settings.mail_mode,
        partitions: settings.partitions,
        budgets: settings.budgets,
        public_urls: Some(Arc::new(AnonymousReader::new(EgressPolicy::public))),
        event_retention: settings.retention.period,
        checks: Some(Arc::clone(&ledger) as _),
        ..Onboarding::new(
            ledger,
            Arc::new(prober),
            Arc::new(bus),
            clock,
            Arc::new(SystemRng),
            settings.timing,
            vendor,
        )
    }
}
