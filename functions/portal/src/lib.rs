//! The portal: the pages on which a customer's people connect a bucket, see that the log arrives, and fix
//! what is wrong, by one link and without an account.
//!
//! [`router`] is the whole portal. The Lambda (`lambda`) runs it behind API Gateway, `auditferry serve` on a
//! socket. Each page is a view of the functions of `control` that the API calls too. All pages work without
//! JavaScript.
//!
//! [`offline_router`] has the pages of the log alone, over a verified copy of a bucket.
//!
//! `routes` is the table of all pages, with the ability that each requires. `middleware` sets the policies of
//! every answer, refuses forged requests, and finds the person ([`control::portal::Visitor`]) behind a
//! request: no page is reached without one. `layout`, `components` and `fields` are what pages share.

mod address;
mod assets;
mod brand;
mod components;
mod connector_state;
mod cookie;
mod error;
mod fields;
mod form;
mod frequency;
mod layout;
mod middleware;
mod offline;
mod pages;
mod path;
mod routes;
mod session;
mod tenant;
mod verified;

use std::sync::Arc;

use assets::Assets;
use axum::Router;
use control::branding::Branding;
use control::explorer::Explorer;
use control::explorer_records::ExplorerRecords;
use control::onboarding::Onboarding;
use control::portal::PortalAccess;
use control::portal_events::PortalEvents;

pub use brand::Brand;
pub use offline::offline_router;
pub use routes::{ROUTES, Route};
pub use verified::{OfflineLog, Verdict, VerdictKind};

/// The state of every page.
#[derive(Clone)]
struct Portal {
    onboarding: Onboarding,
    access: PortalAccess,
    log: LogAccess,
    branding: Arc<Branding>,
    assets: Arc<Assets>,
}

/// What the pages of the log need.
#[derive(Debug, Clone)]
pub struct LogAccess {
    /// Asks the reader, which alone may read events and checks each question itself.
    pub explorer: Explorer,
    /// What people keep of their searches.
    pub records: ExplorerRecords,
    /// What the deployment shows, so that no page asks for what would be refused.
    pub shown: PortalEvents,
}

/// The router of the portal over these functions, in the vendor's clothes.
///
/// A request may have an extension [`SourceIp`], the address of the person, which the front that received the
/// request sets; without it the network of a redemption is recorded as unknown.
pub fn router(onboarding: Onboarding, access: PortalAccess, log: LogAccess, brand: Brand) -> Router {
    let assets = Arc::new(Assets::new(&brand));
    routes::router(Portal { onboarding, access, log, branding: Arc::new(brand.branding), assets })
}

/// The address from which a request came, as an extension of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceIp(pub std::net::IpAddr);
