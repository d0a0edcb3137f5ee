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

use axum::http::StatusCode;
use axum::response::Response;
use control::preflight::{PreflightReport, PreflightVerdict};
use maud::{Markup, html};
use protocol::connector::Connector;
use protocol::health::Status;

use crate::Portal;
use crate::components::{Tone, copyable, notice};
use crate::standing::{name, standing};
use crate::tenant::OfConnector;

pub(crate) use conflict::{Difference, conflict_page};
pub(crate) use done::{Done, done_notice};

/// The path of a page of a connector.
pub(crate) fn path(connector: &Connector, page: &str) -> String {
    match page {
        "" => format!("/portal/connectors/{}", connector.id),
        page => format!("/portal/connectors/{}/{page}", connector.id),
    }
}

/// The status of the page's connector, without a request for its newest manifest.
pub(crate) fn status(portal: &Portal, of: &OfConnector) -> Status {
    let now = portal.onboarding.clock.now();
    Status::of(&of.view.connector, of.view.cursor.as_ref(), None, portal.onboarding.timing, now)
}

/// The head of a page of a connector: the way back, its title, and how the connector stands.
pub(crate) fn head(portal: &Portal, of: &OfConnector, title: &str) -> Markup {
    let connector = &of.view.connector;
    html! {
        div.head {
            nav.trail aria-label="Where you are" {
                a href=(of.path("/portal/connectors")) { "Connectors" }
                span aria-hidden="true" { "/" }
                a href=(path(connector, "")) { (name(connector)) }
            }
            h1 { (title) }
            p.state { (standing(connector, &status(portal, of))) " " span.mono { (connector.id) } }
        }
    }
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
                p { (finding.cause) " " code { (finding.code) } }
                (remedy(&finding.remedy))
            }
        },
    )
}

/// What to do. A statement of a policy at its end can be copied.
pub(crate) fn remedy(text: &str) -> Markup {
    let statement = text.find('{').filter(|_| text.trim_end().ends_with('}')).map(|at| text.split_at(at));
    html! {
        @match statement {
            Some((before, statement)) => {
                p { (before) }
                (copyable("statement", statement))
            }
            None => p { (text) },
        }
    }
}
