//! Operating connectors: the list, settings, actions, rotation of the external ID, disabling and deletion.
//!
//! Each action is a POST that leads to a page with a message, so a reload repeats nothing. An action that has
//! its effect already, as after a double click, leads to the same message.

pub(crate) mod actions;
mod conflict;
pub(crate) mod delete;
pub(crate) mod disable;
mod done;
mod encoding;
pub(crate) mod list;
pub(crate) mod rotate;
pub(crate) mod settings;
mod settings_form;

use axum::http::StatusCode;
use axum::response::Response;
use control::preflight::{PreflightReport, PreflightVerdict};
use maud::{Markup, html};
use protocol::health::Status;

use crate::Portal;
use crate::components::{Tone, notice, with_code};
use crate::connector_state::{name, state_badge};
use crate::pages::connector;
use crate::tenant::OfConnector;

pub(crate) use conflict::{Difference, conflict_page};
pub(crate) use done::{Done, done_notice};

/// The status of the page's connector, without a request for its newest manifest.
pub(crate) fn status(portal: &Portal, of: &OfConnector) -> Status {
    let now = portal.onboarding.clock.now();
    Status::of(&of.view.connector, of.view.cursor.as_ref(), None, portal.onboarding.timing, now)
}

/// The head of a page of a connector: its title, and how the connector stands. `page` is the last piece of
/// the page's path.
pub(crate) fn head(portal: &Portal, of: &OfConnector, page: &str, title: &str) -> Markup {
    let connector = &of.view.connector;
    connector::head(
        of,
        page,
        &html! { (title) " of " (name(connector)) " " (state_badge(connector, &status(portal, of))) },
    )
}

/// The page with another status than 200.
pub(crate) fn with_status(status: StatusCode, mut response: Response) -> Response {
    *response.status_mut() = status;
    response
}

/// What a connection check has found, where it has failed.
pub(crate) fn failed_check(report: &PreflightReport, what: &str) -> Markup {
    let failed = report.reports.iter().filter(|report| report.verdict == PreflightVerdict::Failed);
    notice(
        Tone::Bad,
        &html! {
            p { strong { (what) } " The connection check did not pass. Nothing is lost: your events are still sealed, and their files wait." }
            @for finding in failed.filter_map(|report| report.finding.as_ref()) {
                p { (with_code(&finding.cause)) " " code { (finding.code) } }
                p { (with_code(&finding.remedy)) }
            }
        },
    )
}
