//! The pages of the log over a verified copy of a bucket, for auditors: no portal, no session, no vendor.
//!
//! Whoever serves them (`auditferry explore`) lets only its own user in. The pages are those of the portal,
//! with the verdict of the verification on each.

use std::sync::Arc;

use archive::names::{ConnectorId, TenantId};
use archive::time::Time;
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{Redirect, Response};
use axum::routing::{get, post};
use control::explorer::Explorer;
use ports::Clock;
use protocol::caller::Caller;

use crate::assets::{self, Assets};
use crate::brand::Brand;
use crate::components::Tone;
use crate::error::{PageError, SharedPageError};
use crate::layout::Layout;
use crate::middleware::{body_limit, compress, headers};
use crate::pages::log;

/// A verified copy of a bucket, and who looks at it.
#[derive(Clone)]
pub struct OfflineLog {
    /// Answers questions about it.
    pub explorer: Explorer,
    /// Whoever started the program.
    pub caller: Caller,
    /// Whose log it is, as its manifests say.
    pub tenant: TenantId,
    /// The connector that wrote it.
    pub connector: ConnectorId,
    /// The beginning of its first window.
    pub since: Time,
    /// The result of its verification.
    pub verdict: Verdict,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The name on the pages: no vendor shows them.
    pub brand: Brand,
}

impl std::fmt::Debug for OfflineLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OfflineLog").field("connector", &self.connector).finish_non_exhaustive()
    }
}

/// The result of a verification, as the pages show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Which of the four it is.
    pub kind: VerdictKind,
    /// The sentence with which `verify` ends.
    pub summary: String,
    /// What was found, a sentence each.
    pub findings: Vec<String>,
    /// What was verified: a folder, or a location in S3.
    pub archive: String,
    /// When.
    pub at: Time,
}

/// The four results of a verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VerdictKind {
    /// Nothing is missing, changed, added or out of order, and the signer is confirmed.
    Proven,
    /// The same, and the signer is not confirmed.
    Consistent,
    /// It could not be checked as a whole.
    Incomplete,
    /// Something is missing, changed, added or out of order.
    Violated,
}

impl VerdictKind {
    pub(crate) const fn tone(self) -> Tone {
        match self {
            Self::Proven => Tone::Good,
            Self::Consistent | Self::Incomplete => Tone::Warn,
            Self::Violated => Tone::Bad,
        }
    }
}

/// The state of the pages.
#[derive(Clone)]
pub(crate) struct Offline {
    pub(crate) log: Arc<OfflineLog>,
    pub(crate) assets: Arc<Assets>,
}

impl Offline {
    /// The frame of a page.
    pub(crate) fn layout(&self) -> Layout<'_> {
        Layout::offline(&self.log.brand.branding, &self.assets, &self.log.verdict)
    }
}

/// The pages of the log over a verified copy. They have no guard of their own: whoever serves them must let
/// nobody else in.
pub fn offline_router(log: OfflineLog) -> Router {
    let state = Offline { assets: Arc::new(Assets::new(&log.brand)), log: Arc::new(log) };
    Router::new()
        .route("/portal", get(async || Redirect::to("/portal/log")))
        .route("/portal/log", get(log::show))
        .route("/portal/log/facets", get(log::facets::show))
        .route("/portal/log/event", get(log::event::show))
        .route("/portal/log/downloads", post(log::download::start))
        .route("/portal/log/downloads/{id}", get(log::download::show))
        .route("/portal/log/downloads/{id}/file", get(log::download::fetch))
        .route("/portal/assets/{name}", get(assets::serve_offline))
        .fallback(async || PageError::NotFound)
        .method_not_allowed_fallback(async || PageError::MethodNotAllowed)
        .layer(from_fn(body_limit::limit))
        .layer(from_fn_with_state(state.clone(), render_error))
        .layer(from_fn(headers::set))
        .layer(from_fn(compress::compress))
        .with_state(state)
}

/// Renders the errors of the pages as pages.
async fn render_error(State(offline): State<Offline>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let Some(SharedPageError(error)) = response.extensions_mut().remove() else { return response };
    let mut page = offline.layout().error(&error, None);
    *page.status_mut() = error.status();
    page
}
