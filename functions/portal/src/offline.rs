//! The pages of the log over a verified copy of a bucket, for auditors: no portal, no session, no vendor.
//!
//! Whoever serves them (`auditferry explore`) lets only its own user in. The pages are those of the portal,
//! with the verdict of the verification on each.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{Redirect, Response};
use axum::routing::{get, post};

use crate::assets::Assets;
use crate::error::{PageError, SharedPageError};
use crate::layout::Layout;
use crate::middleware::{body_limit, compress, headers};
use crate::pages::log;
use crate::path::PathValue;
use crate::verified::{Offline, OfflineLog};

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
        .route("/portal/assets/{name}", get(file))
        .fallback(async || PageError::NotFound)
        .method_not_allowed_fallback(async || PageError::MethodNotAllowed)
        .layer(from_fn(body_limit::limit))
        .layer(from_fn_with_state(state.clone(), render_error))
        .layer(from_fn(headers::set))
        .layer(from_fn(compress::compress))
        .with_state(state)
}

/// Style, script and icon.
async fn file(
    State(offline): State<Offline>,
    PathValue(name): PathValue<String>,
) -> Result<Response, PageError> {
    offline.assets.answer(&name)
}

/// Renders the errors of the pages as pages.
async fn render_error(State(offline): State<Offline>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let Some(SharedPageError(error)) = response.extensions_mut().remove() else { return response };
    let mut page = Layout::offline(&offline).error(&error, None);
    *page.status_mut() = error.status();
    page
}
