//! The HTTP API: connectors as resources, over the same [`Onboarding`] that the command line uses.
//!
//! [`router`] is all of it. The Lambda (`main.rs`) puts API Gateway before it, `auditferry serve` a socket. What
//! may be asked and what is answered is written down in `infra/openapi.yaml`; a test holds both together.
//!
//! Who asks is found by [`Callers`], before anything else: no handler can be reached without a caller.

mod answers;
mod body;
mod caller;
mod connectors;
mod contacts;
mod fields;
mod guard;
mod keys;
mod paging;
mod path;
mod preconditions;
mod problem;
mod records;
mod request_id;
mod requests;
mod routes;
mod unreadable;
mod verbs;

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use domain::onboarding::Onboarding;

pub use caller::{Always, Callers, Gateway, Identity};
pub use request_id::RequestId;
pub use routes::ROUTES;
pub use unreadable::GatewayEventError;

/// What every handler is given.
#[derive(Clone)]
struct Api {
    onboarding: Onboarding,
    callers: Arc<dyn Callers>,
}

/// The API over these domain functions, for whom `callers` lets in.
pub fn router(onboarding: Onboarding, callers: Arc<dyn Callers>) -> Router {
    let api = Api { onboarding, callers };
    routes::routes()
        .layer(from_fn(guard::limit_body))
        .layer(map_response(guard::never_cached))
        .layer(from_fn_with_state(api.clone(), request_id::identify))
        .with_state(api)
}
