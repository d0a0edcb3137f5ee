//! The portal's links and sessions on the fakes.

use std::sync::Arc;

use control::budget::Budgets;
use control::portal::PortalAccess;
use ports::PortalLinks;

use super::{FakeBus, FakeClock, SeededRng};

/// Links and sessions of a deployment with the default settings, whose links may lead back to the settings of
/// the vendor's product.
///
/// # Panics
/// Never: the URLs are well-formed.
pub fn portal_access(links: Arc<dyn PortalLinks>, bus: &FakeBus, clock: &FakeClock) -> PortalAccess {
    PortalAccess {
        links,
        clock: Arc::new(clock.clone()),
        rng: Arc::new(SeededRng::new(7)),
        url: "https://audit.vendor.example".parse().expect("a URL"),
        return_urls: vec!["https://app.vendor.example/settings".parse().expect("a URL")],
        budgets: Budgets::default(),
        bus: Arc::new(bus.clone()),
        metrics: None,
    }
}
