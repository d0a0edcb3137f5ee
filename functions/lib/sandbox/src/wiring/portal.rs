//! What the portal needs of the sandbox.

use std::sync::Arc;

use archive::names::PortalUrl;
use aws::s3::staging::S3Staging;
use control::budget::Budgets;
use control::portal::PortalAccess;
use ports::LogoStore;

use super::{STAGING_BUCKET, Sandbox};

impl Sandbox {
    /// The portal's links and sessions, over this ledger. Links are made of this URL and lead back nowhere.
    #[must_use]
    pub fn portal_access(&self, url: PortalUrl) -> PortalAccess {
        PortalAccess {
            links: Arc::new(self.ledger()),
            clock: self.clock(),
            rng: self.randomness(),
            url,
            return_urls: Vec::new(),
            budgets: Budgets::default(),
            bus: Arc::clone(&self.bus) as _,
            metrics: None,
        }
    }

    /// The vendor's logo, in the staging bucket.
    #[must_use]
    pub fn logo_store(&self) -> Arc<dyn LogoStore> {
        Arc::new(S3Staging::new(self.clients.s3.clone(), STAGING_BUCKET.to_owned()))
    }
}
