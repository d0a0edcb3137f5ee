//! The portal's links and sessions: making, redeeming, checking and revoking them.
//!
//! [`PortalAccess`] is used by the API and the command line, which make links, and by the portal, which opens
//! them. Only [`PortalAccess::authenticate`] creates a [`Visitor`], and every page of the portal takes one.
//! So no page is reached without a session.

mod access;
mod error;
mod handed_on;
mod make;
mod sessions;
mod visitor;

use std::sync::Arc;

use archive::names::{PortalUrl, ReturnUrl};
use ports::{Bus, Clock, MetricsSink, PortalLinks, Rng};
use protocol::metrics::{Metric, MetricRecord};
use protocol::portal::LinkNotice;

use crate::budget::Budgets;

pub use access::{Activity, OpenedLink};
pub use error::{PortalError, SessionError};
pub use make::{CreatedLink, Credential, NewHandOver, NewLink};
pub use sessions::Sessions;
pub use visitor::{MissingAbilityError, Visitor};

/// All dependencies of the portal's links and sessions.
#[derive(Clone)]
pub struct PortalAccess {
    /// The records of links.
    pub links: Arc<dyn PortalLinks>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The source of IDs and secrets.
    pub rng: Arc<dyn Rng>,
    /// Where the portal is. Links are made of it, never of a request's `Host`.
    pub url: PortalUrl,
    /// The pages of the vendor's product that a link may lead back to, and all pages below them.
    pub return_urls: Vec<ReturnUrl>,
    /// How many links a tenant may hand on.
    pub budgets: Budgets,
    /// Where the vendor hears of links. A bus that refuses stops nothing.
    pub bus: Arc<dyn Bus>,
    /// Where openings and refusals are counted; `None` for the command line.
    pub metrics: Option<Arc<dyn MetricsSink>>,
}

impl PortalAccess {
    /// Tells the vendor. The step that it reports is stored already, so a bus that refuses undoes nothing;
    /// the adapter logs and counts the failure.
    async fn publish(&self, notice: LinkNotice) {
        drop(self.bus.publish_link(&notice).await);
    }

    fn count(&self, metric: &'static str) {
        if let Some(metrics) = &self.metrics {
            metrics.record(&MetricRecord {
                at: self.clock.now(),
                name: "metrics of the portal",
                properties: Vec::new(),
                metrics: vec![Metric::count(metric, 1)],
            });
        }
    }
}

impl std::fmt::Debug for PortalAccess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PortalAccess")
    }
}
