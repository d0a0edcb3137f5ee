//! The HTTP API: connectors, links to the portal, and the log of a tenant as resources, over the same
//! functions of `control` as the CLI and the portal.
//!
//! [`router`] is the whole API. The Lambda (`main.rs`) runs it behind API Gateway, `auditferry serve` on a
//! socket. Requests and responses are documented in `infra/openapi.yaml`, which is generated from
//! this code (`document`); tests check that both agree.
//!
//! Every request is authenticated by an [`Authenticator`] first: no handler can be reached without a caller.

mod body;
mod caller;
mod connectors;
mod contacts;
#[cfg(test)]
mod document;
mod downloads;
mod etag;
mod event_fields;
mod events;
mod explorations;
mod fields;
mod gateway_event;
mod keys;
mod log;
mod middleware;
mod pagination;
mod parameters;
mod path;
mod portal_links;
mod preconditions;
mod problem;
mod query;
mod records;
mod request_id;
mod requests;
mod responses;
mod routes;
#[cfg(test)]
mod schema;
mod searches;
mod target;
mod verbs;
mod views;
mod wire;

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use control::explorer::Explorer;
use control::explorer_records::ExplorerRecords;
use control::onboarding::Onboarding;
use control::portal::PortalAccess;

pub use caller::{Authenticated, Authenticator, FixedCaller, GatewayAuthenticator, Identity};
pub use gateway_event::refuse_event;
pub use request_id::RequestId;
pub use routes::ROUTES;

/// The state of every handler.
#[derive(Clone)]
struct Api {
    onboarding: Onboarding,
    portal: Option<PortalAccess>,
    explorer: Explorer,
    records: ExplorerRecords,
    authenticator: Arc<dyn Authenticator>,
}

/// The router of the API over these domain functions. Without `portal` there are no links to make, and an
/// explorer without a reader shows no events.
pub fn router(
    onboarding: Onboarding,
    portal: Option<PortalAccess>,
    explorer: Explorer,
    records: ExplorerRecords,
    callers: Arc<dyn Authenticator>,
) -> Router {
    let api = Api { onboarding, portal, explorer, records, authenticator: callers };
    routes::routes()
        .layer(from_fn(middleware::limit_body))
        .layer(map_response(middleware::no_store))
        .layer(from_fn_with_state(api.clone(), request_id::assign_request_id))
        .with_state(api)
}
