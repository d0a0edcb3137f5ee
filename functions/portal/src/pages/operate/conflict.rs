//! What is shown to somebody whose form is older than what is stored: who changed it, when, and both values.

use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};
use protocol::connector::{Change, Connector};

use super::{head, with_status};
use crate::Portal;
use crate::components::{Tone, date_time, notice};
use crate::error::PageError;
use crate::layout::{ApiTwin, Section};
use crate::tenant::OfConnector;

/// How many changes are searched for the one that the form did not know.
const SEARCHED: u32 = 50;

/// A value of a form that is not stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Difference {
    /// What it is.
    pub(crate) what: String,
    /// What is stored.
    pub(crate) stored: String,
    /// What the form says.
    pub(crate) yours: String,
}

impl Difference {
    /// A difference, if there is one.
    pub(crate) fn of(what: impl Into<String>, stored: String, yours: String) -> Option<Self> {
        (stored != yours).then(|| Self { what: what.into(), stored, yours })
    }
}

/// The page of a conflict. `form` is the page's form again, with what was typed and the stored version.
pub(crate) async fn conflict_page(
    portal: &Portal,
    of: &OfConnector,
    (page, title, twin): (&str, &str, ApiTwin),
    opened: u64,
    differences: &[Difference],
    form: &Markup,
) -> Result<Response, PageError> {
    let (caller, connector) = (of.visitor.caller(), &of.view.connector);
    let changes = portal.onboarding.changes(&caller, &connector.id, None, SEARCHED).await?;
    let unknown = changes.iter().filter(|change| change.version > opened);
    let body = html! {
        (head(portal, of, page, title))
        div.stack {
            div.notice.warn role="alert" tabindex="-1" data-focus {
                div {
                    h2 { "Somebody changed this in the meantime" }
                    ul { @for change in unknown.take(5) { li { (line(change, &of.visitor.caller(), connector)) } } }
                    p { "Nothing of yours is saved yet." }
                }
            }
            @if differences.is_empty() {
                (notice(Tone::Neutral, &html! { p { "What is stored now is what you chose, so there is nothing left to save." } }))
            } @else {
                section.card {
                    h2 { "The difference" }
                    div.table tabindex="0" role="region" aria-label="The difference" {
                        table.cards {
                            thead { tr { th scope="col" { "Setting" } th scope="col" { "Stored now" } th scope="col" { "Yours" } } }
                            tbody { @for difference in differences {
                                tr {
                                    th scope="row" { (difference.what) }
                                    td data-label="Stored now" { (difference.stored) }
                                    td data-label="Yours" { (difference.yours) }
                                }
                            } }
                        }
                    }
                }
            }
            (form)
        }
    };
    Ok(with_status(
        StatusCode::CONFLICT,
        of.layout(portal).section(Section::Connectors).twin(twin).page(title, &body),
    ))
}

fn line(change: &Change, reader: &protocol::caller::Caller, connector: &Connector) -> Markup {
    let verb = serde_json::to_value(change.what).ok();
    let verb = verb.as_ref().and_then(|verb| verb.as_str()).unwrap_or("change").replace('_', " ");
    html! {
        "Changed by " strong { (change.by.name_visible_to(reader).unwrap_or("the vendor")) }
        " at " (date_time(change.at)) " (" (verb) ", version " (change.version)
        @if change.version == connector.version { ", the newest" } ")"
    }
}
