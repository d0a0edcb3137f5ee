//! The routes: which handler serves which method and path. They stand here and nowhere else.

use axum::Router;
use axum::routing::{MethodFilter, on};

use crate::problem::Problem;
use crate::{
    Api, connectors, contacts, downloads, event_fields, events, explorations, keys, portal_links, records,
    searches, verbs,
};

/// Hands every operation to the macro `$then`: its method, its path, and its handler. The router is made of
/// them, and in tests the document. Of one path, `Allow` names the methods in this order.
macro_rules! operations {
    ($then:ident) => {
        $then! {
            GET "/v1/connectors" connectors::list,
            POST "/v1/connectors" connectors::create,
            GET "/v1/connectors/{id}" connectors::read,
            PATCH "/v1/connectors/{id}" connectors::update,
            DELETE "/v1/connectors/{id}" connectors::delete,
            POST "/v1/connectors/{id}/verify" verbs::verify,
            POST "/v1/connectors/{id}/activate" verbs::activate,
            POST "/v1/connectors/{id}/pause" verbs::pause,
            POST "/v1/connectors/{id}/resume" verbs::resume,
            POST "/v1/connectors/{id}/disable" verbs::disable,
            POST "/v1/connectors/{id}/enable" verbs::enable,
            POST "/v1/connectors/{id}/run" verbs::run,
            POST "/v1/connectors/{id}/rotate-external-id" verbs::rotate_external_id,
            PUT "/v1/connectors/{id}/contacts" contacts::set,
            POST "/v1/connectors/{id}/rotate-webhook-secret" contacts::rotate_webhook_secret,
            POST "/v1/connectors/{id}/test-contacts" contacts::test,
            POST "/v1/connectors/{id}/ask-contacts" contacts::ask,
            POST "/v1/connectors/{id}/confirm-address" contacts::confirm,
            GET "/v1/connectors/{id}/event-fields" event_fields::read,
            PUT "/v1/connectors/{id}/event-fields" event_fields::set,
            GET "/v1/connectors/{id}/exports" records::exports,
            GET "/v1/connectors/{id}/changes" records::changes,
            GET "/v1/connectors/{id}/timeline" records::timeline,
            GET "/v1/connectors/{id}/setup" records::setup,
            GET "/v1/keys" keys::keys,
            GET "/v1/portal-links" portal_links::list,
            POST "/v1/portal-links" portal_links::create,
            DELETE "/v1/portal-links" portal_links::revoke_all,
            DELETE "/v1/portal-links/{link}" portal_links::revoke,
            GET "/v1/portal-visits" portal_links::visits,
            GET "/v1/tenants/{tenant}/events" events::rows,
            GET "/v1/tenants/{tenant}/events/counts" events::counts,
            GET "/v1/tenants/{tenant}/events/facets" events::facets,
            GET "/v1/tenants/{tenant}/events/fields" events::fields,
            POST "/v1/tenants/{tenant}/events/downloads" downloads::create,
            GET "/v1/tenants/{tenant}/events/downloads/{download}" downloads::read,
            GET "/v1/tenants/{tenant}/explorations" explorations::list,
            POST "/v1/tenants/{tenant}/explorations" explorations::create,
            GET "/v1/tenants/{tenant}/explorations/{exploration}" explorations::read,
            PATCH "/v1/tenants/{tenant}/explorations/{exploration}" explorations::update,
            DELETE "/v1/tenants/{tenant}/explorations/{exploration}" explorations::delete,
            GET "/v1/tenants/{tenant}/searches" searches::list,
        }
    };
}
#[cfg(test)]
pub(crate) use operations;

macro_rules! router {
    ($($method:ident $path:literal $module:ident :: $handler:ident,)*) => {
        /// Every operation: its method and path, as in `infra/openapi.yaml`. `HEAD` is served with `GET`.
        pub const ROUTES: &[(&str, &str)] = &[$((stringify!($method), $path)),*];

        /// The router of [`ROUTES`].
        pub(crate) fn routes() -> Router<Api> {
            Router::new()
                $(.route($path, on(MethodFilter::$method, $module::$handler)))*
                .fallback(async || Problem::no_such_path())
                .method_not_allowed_fallback(async || Problem::method_not_allowed())
        }
    };
}
operations!(router);
