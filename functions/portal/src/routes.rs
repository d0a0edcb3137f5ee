//! The routes: which page serves which method and path, and the ability that it requires. They stand here
//! and nowhere else.

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodFilter, on};
use protocol::portal::Ability;

use crate::error::PageError;
use crate::middleware::{body_limit, compress, cross_site, error_page, headers};
use crate::session::{Gate, require_session};
use crate::{Portal, assets, pages};

/// A route of the portal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// The method; `HEAD` is served with `GET`.
    pub method: &'static str,
    /// The path, with parameters in braces.
    pub path: &'static str,
    /// The ability that a session needs; `None` if the page needs no session.
    pub ability: Option<Ability>,
}

/// Makes the router and [`ROUTES`] of one table. `Open` pages need no session; `Poll` is a page that a script
/// asks for news, which does not extend the session.
macro_rules! routes {
    ($($method:ident $path:literal $need:ident $($module:ident)::+,)*) => {
        /// Every route.
        pub const ROUTES: &[Route] = &[$(
            Route { method: stringify!($method), path: $path, ability: needs!($need).ability() },
        )*];

        fn pages(portal: &Portal) -> Router<Portal> {
            Router::new()
                $(.route(
                    $path,
                    on(MethodFilter::$method, $($module)::+)
                        .layer(from_fn_with_state((portal.clone(), needs!($need)), require_session)),
                ))*
        }
    };
}

macro_rules! needs {
    (Open) => {
        Gate::Open
    };
    (Poll) => {
        Gate::Poll
    };
    ($ability:ident) => {
        Gate::Session(Ability::$ability)
    };
}

routes! {
    GET "/portal" Open pages::enter::home,
    GET "/portal/" Open pages::enter::home,
    GET "/portal/enter" Open pages::enter::home,
    GET "/portal/enter/{token}" Open pages::enter::open,
    POST "/portal/enter/{token}" Open pages::enter::redeem,
    POST "/portal/enter/{token}/new-link" Open pages::enter::request_new,
    POST "/portal/leave" View pages::enter::leave,
    GET "/portal/health" View pages::health::show,
    GET "/portal/health/live" Poll pages::health::news,
    GET "/portal/connectors/{id}" View pages::connector::show,
    GET "/portal/connectors/{id}/exports" View pages::exports::show,
    GET "/portal/connectors/{id}/exports/{number}" View pages::part::show,
    GET "/portal/connectors/{id}/changes" View pages::changes::of_connector,
    GET "/portal/changes" View pages::changes::of_tenant,
    GET "/portal/proof" View pages::proof::show,
    GET "/portal/assets/{name}" Open assets::serve,
}

/// The router, with the middleware of every request.
pub(crate) fn router(portal: Portal) -> Router {
    pages(&portal)
        .fallback(async || PageError::NotFound)
        .method_not_allowed_fallback(async || PageError::MethodNotAllowed)
        .layer(from_fn(body_limit::limit))
        .layer(from_fn_with_state(portal.clone(), cross_site::refuse))
        .layer(from_fn_with_state(portal.clone(), error_page::render))
        .layer(from_fn(headers::set))
        .layer(from_fn(compress::compress))
        .with_state(portal)
}
