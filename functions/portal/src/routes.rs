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
/// asks for news, which does not extend the session. `Operators` pages are for the vendor's operators: for
/// anybody else they do not exist. `PollSetUp` and `OperatorsInvite` need an ability besides.
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
        Gate::Poll(Ability::View)
    };
    (PollSetUp) => {
        Gate::Poll(Ability::SetUp)
    };
    (PollExplore) => {
        Gate::Poll(Ability::Explore)
    };
    (Operators) => {
        Gate::Operators(Ability::View)
    };
    (OperatorsInvite) => {
        Gate::Operators(Ability::Invite)
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
    GET "/portal/log" Explore pages::log::show,
    GET "/portal/log/facets" Explore pages::log::facets::show,
    GET "/portal/log/event" Explore pages::log::event::show,
    GET "/portal/log/searches" Explore pages::log::searches::show,
    GET "/portal/log/saved" Explore pages::log::saved::list,
    POST "/portal/log/saved" Explore pages::log::saved::save,
    POST "/portal/log/saved/{id}" Explore pages::log::saved::rename,
    POST "/portal/log/saved/{id}/delete" Explore pages::log::saved::delete,
    POST "/portal/log/downloads" Explore pages::log::download::start,
    GET "/portal/log/downloads/{id}" PollExplore pages::log::download::show,
    GET "/portal/log/downloads/{id}/file" Explore pages::log::download::fetch,
    GET "/portal/connectors" View pages::operate::list::show,
    GET "/portal/connectors/{id}/settings" Operate pages::operate::settings::show,
    POST "/portal/connectors/{id}/settings" Operate pages::operate::settings::save,
    POST "/portal/connectors/{id}/pause" Operate pages::operate::actions::pause,
    POST "/portal/connectors/{id}/resume" Operate pages::operate::actions::resume,
    POST "/portal/connectors/{id}/run" Operate pages::operate::actions::run,
    POST "/portal/connectors/{id}/retry" Operate pages::operate::actions::retry,
    POST "/portal/connectors/{id}/enable" Operate pages::operate::actions::enable,
    GET "/portal/connectors/{id}/rotate" Operate pages::operate::rotate::show,
    POST "/portal/connectors/{id}/rotate" Operate pages::operate::rotate::submit,
    GET "/portal/connectors/{id}/disable" Operate pages::operate::disable::show,
    POST "/portal/connectors/{id}/disable" Operate pages::operate::disable::submit,
    GET "/portal/connectors/{id}/delete" Operate pages::operate::delete::show,
    POST "/portal/connectors/{id}/delete" Operate pages::operate::delete::submit,
    GET "/portal/connectors/{id}/contacts" Contacts pages::contacts::show,
    POST "/portal/connectors/{id}/contacts" Contacts pages::contacts::edit::save,
    POST "/portal/connectors/{id}/contacts/test" Contacts pages::contacts::edit::test,
    POST "/portal/connectors/{id}/contacts/ask" Contacts pages::contacts::edit::ask,
    POST "/portal/connectors/{id}/contacts/confirm" Contacts pages::contacts::edit::confirm_by_contract,
    POST "/portal/connectors/{id}/contacts/rotate-secret" Contacts pages::contacts::edit::rotate_secret,
    GET "/portal/confirm/{token}" Open pages::contacts::confirm::show,
    POST "/portal/confirm/{token}" Open pages::contacts::confirm::answer,
    GET "/portal/invite" Invite pages::access::invite::show,
    POST "/portal/invite" Invite pages::access::invite::submit,
    GET "/portal/access" View pages::access::links::show,
    POST "/portal/access/revoke" Invite pages::access::links::revoke,
    GET "/portal/operators" Operators pages::operators::survey::show,
    GET "/portal/operators/links" Operators pages::operators::links::show,
    POST "/portal/operators/links" OperatorsInvite pages::operators::links::create,
    POST "/portal/operators/links/revoke" OperatorsInvite pages::operators::links::revoke,
    POST "/portal/operators/links/revoke-all" OperatorsInvite pages::operators::links::revoke_all,
    GET "/portal/connectors/new" SetUp pages::connect::begin,
    POST "/portal/connectors" SetUp pages::connect::create,
    GET "/portal/connectors/{id}/connect" SetUp pages::connect::show,
    POST "/portal/connectors/{id}/connect" SetUp pages::connect::submit,
    GET "/portal/connectors/{id}/check/{check}" PollSetUp pages::connect::show_check,
    GET "/portal/connectors/{id}/waiting" Poll pages::connect::show_waiting,
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
