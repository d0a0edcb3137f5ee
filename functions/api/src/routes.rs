//! The routes: which handler serves which method and path.

use axum::Router;
use axum::routing::{get, post, put};

use crate::problem::Problem;
use crate::{Api, connectors, contacts, keys, records, verbs};

/// Every operation: its method and path, as in `infra/openapi.yaml`. `HEAD` is served with `GET`.
pub const ROUTES: &[(&str, &str)] = &[
    ("POST", "/v1/connectors"),
    ("GET", "/v1/connectors"),
    ("GET", "/v1/connectors/{id}"),
    ("PATCH", "/v1/connectors/{id}"),
    ("DELETE", "/v1/connectors/{id}"),
    ("POST", "/v1/connectors/{id}/verify"),
    ("POST", "/v1/connectors/{id}/activate"),
    ("POST", "/v1/connectors/{id}/pause"),
    ("POST", "/v1/connectors/{id}/resume"),
    ("POST", "/v1/connectors/{id}/disable"),
    ("POST", "/v1/connectors/{id}/enable"),
    ("POST", "/v1/connectors/{id}/run"),
    ("POST", "/v1/connectors/{id}/rotate-external-id"),
    ("PUT", "/v1/connectors/{id}/contacts"),
    ("POST", "/v1/connectors/{id}/rotate-webhook-secret"),
    ("POST", "/v1/connectors/{id}/test-contacts"),
    ("POST", "/v1/connectors/{id}/ask-contacts"),
    ("POST", "/v1/connectors/{id}/confirm-address"),
    ("GET", "/v1/connectors/{id}/exports"),
    ("GET", "/v1/connectors/{id}/changes"),
    ("GET", "/v1/connectors/{id}/setup"),
    ("GET", "/v1/keys"),
];

/// The router of [`ROUTES`].
pub(crate) fn routes() -> Router<Api> {
    let one = get(connectors::read).patch(connectors::update).delete(connectors::delete);
    Router::new()
        .route("/v1/connectors", get(connectors::list).post(connectors::create))
        .route("/v1/connectors/{id}", one)
        .route("/v1/connectors/{id}/verify", post(verbs::verify))
        .route("/v1/connectors/{id}/activate", post(verbs::activate))
        .route("/v1/connectors/{id}/pause", post(verbs::pause))
        .route("/v1/connectors/{id}/resume", post(verbs::resume))
        .route("/v1/connectors/{id}/disable", post(verbs::disable))
        .route("/v1/connectors/{id}/enable", post(verbs::enable))
        .route("/v1/connectors/{id}/run", post(verbs::run))
        .route("/v1/connectors/{id}/rotate-external-id", post(verbs::rotate_external_id))
        .route("/v1/connectors/{id}/contacts", put(contacts::set))
        .route("/v1/connectors/{id}/rotate-webhook-secret", post(contacts::rotate_webhook_secret))
        .route("/v1/connectors/{id}/test-contacts", post(contacts::test))
        .route("/v1/connectors/{id}/ask-contacts", post(contacts::ask))
        .route("/v1/connectors/{id}/confirm-address", post(contacts::confirm))
        .route("/v1/connectors/{id}/exports", get(records::exports))
        .route("/v1/connectors/{id}/changes", get(records::changes))
        .route("/v1/connectors/{id}/setup", get(records::setup))
        .route("/v1/keys", get(keys::keys))
        .fallback(async || Problem::no_such_path())
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
}
