//! What the exporter of a deployment consists of: its ports and its settings.

use std::sync::Arc;
use std::time::Duration;

use archive::part::PartLimits;
use control::onboarding::Onboarding;
use control::setup::Vendor;
use control::signing::ManifestSigner;
use ports::{Bus, Clock, Connectors, Customers, Prober, Rng, Runs, Source, Staging};
use protocol::machine::Timing;

/// The ports that an export needs.
#[derive(Clone)]
pub struct Ports {
    /// Connectors, cursors and part records.
    pub runs: Arc<dyn Runs>,
    /// The events table, read-only.
    pub source: Arc<dyn Source>,
    /// The vendor's staging bucket.
    pub staging: Arc<dyn Staging>,
    /// The keys that sign manifests.
    pub signing: ManifestSigner,
    /// The customers' accounts, where files are delivered.
    pub customers: Arc<dyn Customers>,
    /// The vendor's event bus.
    pub bus: Arc<dyn Bus>,
    /// The clock, injected.
    pub clock: Arc<dyn Clock>,
    /// The random number generator, injected.
    pub randomness: Arc<dyn Rng>,
}

impl std::fmt::Debug for Ports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ports")
    }
}

/// The exporter of one deployment.
#[derive(Debug, Clone)]
pub struct Exporter {
    /// The ports to everything outside.
    pub ports: Ports,
    /// Settle time and look-back.
    pub timing: Timing,
    /// Maximum size of a part.
    pub part_limits: PartLimits,
    /// How long the source keeps an event, if not forever. A notice of a block uses it to state the time
    /// from which events would be lost.
    pub retention: Option<Duration>,
    /// Verifies active connectors again, if set. [`Exporter::with_reverification`] sets it.
    pub onboarding: Option<Onboarding>,
}

impl Exporter {
    /// The same exporter, which also verifies active connectors again and publishes the resulting changes to
    /// `bus`.
    #[must_use]
    pub fn with_reverification(
        &self,
        connectors: Arc<dyn Connectors>,
        prober: Arc<dyn Prober>,
        bus: Arc<dyn Bus>,
        vendor: Vendor,
    ) -> Self {
        let Ports { clock, randomness, signing, .. } = self.ports.clone();
        // The defaults are never used here: the exporter sets no contacts, so that it need not know whether
        // mails are sent. It creates and activates no connector, so that it derives no tenant's partition
        // keys. Budgets do not apply to Auditferry itself.
        let onboarding = Onboarding {
            signing: Some(signing),
            ..Onboarding::new(connectors, prober, bus, clock, randomness, self.timing, vendor)
        };
        Self { onboarding: Some(onboarding), ..self.clone() }
    }
}
