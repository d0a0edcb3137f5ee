//! The operations on connectors and on the portal's links, wired to AWS as portal, API and command line need
//! them.

use std::sync::Arc;

use archive::names::{PortalUrl, ReturnUrl};
use control::explorer_records::ExplorerRecords;
use control::onboarding::Onboarding;
use control::portal::PortalAccess;
use control::setup::Vendor;
use control::signing::ManifestSigner;
use ports::{MetricsSink, PortError};

use crate::clients::ClientFactory;
use crate::clock::{SystemClock, SystemRng};
use crate::dynamodb::ledger::{ClockOffset, DynamoLedger};
use crate::eventbridge::bus::EventBridgeBus;
use crate::eventbridge::observed_bus::ObservedBus;
use crate::s3::anonymous_reader::AnonymousReader;
use crate::s3::customers::StsProber;
use crate::settings::OnboardingSettings;
use crate::sts::assumed_role::sts_as_role;
use crate::sts::caller_identity::{CallerIdentity, caller_identity};
use crate::webhooks::EgressPolicy;

const STARTING: &str = "starting with the identity of this function";

/// What all operations share: one client of each service, for each one adds to a cold start.
pub struct Operations {
    settings: OnboardingSettings,
    ledger: Arc<DynamoLedger>,
    bus: Arc<ObservedBus>,
    clock: Arc<SystemClock>,
    metrics: Option<Arc<dyn MetricsSink>>,
}

impl std::fmt::Debug for Operations {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Operations")
    }
}

impl Operations {
    /// With `metrics`, what happens to links is counted, and so are notices that the bus does not accept.
    #[must_use]
    pub fn new(
        settings: OnboardingSettings,
        services: &ClientFactory,
        metrics: Option<Arc<dyn MetricsSink>>,
    ) -> Self {
        let clock = Arc::new(SystemClock::new());
        let (table, bus) = (settings.ledger.table.clone(), settings.bus.name.clone());
        let mut bus = ObservedBus::new(Arc::new(EventBridgeBus::new(services.events(), bus)));
        if let Some(metrics) = &metrics {
            bus = bus.with_metrics(Arc::clone(metrics), Arc::clone(&clock) as _);
        }
        let ledger = Arc::new(DynamoLedger::new(services.dynamodb(), table, ClockOffset::default()));
        Self { settings, ledger, bus: Arc::new(bus), clock, metrics }
    }

    /// Links and sessions of the portal at `url`; a link may lead back to `return_urls` and what is below
    /// them.
    #[must_use]
    pub fn portal_access(&self, url: PortalUrl, return_urls: Vec<ReturnUrl>) -> PortalAccess {
        PortalAccess {
            links: Arc::clone(&self.ledger) as _,
            clock: Arc::clone(&self.clock) as _,
            rng: Arc::new(SystemRng),
            url,
            return_urls,
            budgets: self.settings.budgets,
            bus: Arc::clone(&self.bus) as _,
            metrics: self.metrics.clone(),
        }
    }

    /// What people keep of the explorer.
    #[must_use]
    pub fn explorer_records(&self) -> ExplorerRecords {
        ExplorerRecords {
            saved: Arc::clone(&self.ledger) as _,
            searches: Arc::clone(&self.ledger) as _,
            mappings: Arc::clone(&self.ledger) as _,
            connectors: Arc::clone(&self.ledger) as _,
            clock: Arc::clone(&self.clock) as _,
            rng: Arc::new(SystemRng),
            budgets: self.settings.budgets,
        }
    }

    /// Onboarding of this vendor. `prober` assumes the customers' roles as whoever they trust.
    #[must_use]
    pub fn onboarding(
        self,
        vendor: Vendor,
        prober: StsProber,
        signing: Option<ManifestSigner>,
    ) -> Onboarding {
        let Self { settings, ledger, bus, clock, .. } = self;
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
                bus,
                clock,
                Arc::new(SystemRng),
                settings.timing,
                vendor,
            )
        }
    }

    /// Onboarding as a function runs it, in its own account and region. It probes as the exporter's role,
    /// which customers' roles trust.
    ///
    /// # Errors
    /// If STS does not answer, or Lambda has set no region.
    pub async fn onboarding_in_function(
        self,
        services: &ClientFactory,
        signing: ManifestSigner,
    ) -> Result<Onboarding, PortError> {
        let sts = services.sts();
        let CallerIdentity { account, partition, .. } = caller_identity(&sts).await?;
        let region =
            services.region().ok_or_else(|| PortError::bug(STARTING, "no region: Lambda sets AWS_REGION"))?;
        let region = region.parse().map_err(|error| PortError::bug(STARTING, error))?;
        let vendor = self.settings.vendor.vendor(account, partition, region);
        let role = vendor.exporter_role_arn().parse().map_err(|error| PortError::bug(STARTING, error))?;
        let prober = StsProber::new(sts_as_role(&sts, &role), services.customers());
        Ok(self.onboarding(vendor, prober, Some(signing)))
    }
}
