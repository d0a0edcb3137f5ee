//! The operations of the API on the fakes.

use std::sync::Arc;

use control::budget::Budgets;
use control::onboarding::{KeyCache, MailMode, Onboarding};
use control::partition::PartitionFormat;
use ports::Connectors;

use super::{FakeBus, FakeClock, FakeProber, FakeSigner, SeededRng};
use crate::fixtures::{TIMING, vendor};

/// The operations of a deployment with the default settings, the key of seed 1 and neither a sender nor a
/// published template.
pub fn onboarding(
    connectors: Arc<dyn Connectors>,
    prober: &FakeProber,
    bus: &FakeBus,
    clock: &FakeClock,
) -> Onboarding {
    Onboarding {
        connectors,
        prober: Arc::new(prober.clone()),
        bus: Arc::new(bus.clone()),
        clock: Arc::new(clock.clone()),
        rng: Arc::new(SeededRng::new(7)),
        timing: TIMING,
        vendor: vendor(),
        signing: Some(FakeSigner::new(1).signing()),
        key_cache: KeyCache::default(),
        mail_mode: MailMode::None,
        partitions: PartitionFormat::default(),
        budgets: Budgets::default(),
        public_urls: None,
        event_retention: None,
        checks: None,
    }
}
