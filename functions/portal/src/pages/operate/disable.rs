//! Disabling: what it breaks, what is kept, and until when.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use protocol::connector::{DISABLED_RETENTION, State as Stage};

use super::{Done, actions, head, status};
use crate::Portal;
use crate::address::of_connector;
use crate::components::{Tone, count, date_time, notice};
use crate::error::PageError;
use crate::layout::{ApiTwin, Section};
use crate::tenant::OfConnector;

const TITLE: &str = "Disabling";

/// The page.
pub(crate) async fn show(State(portal): State<Portal>, of: OfConnector) -> Response {
    let connector = &of.view.connector;
    let body = html! {
        (head(&portal, &of, "disable", TITLE))
        @match connector.state {
            Stage::Deleted => (notice(Tone::Neutral, &html! { p { "This connector is deleted." } })),
            Stage::Disabled => (disabled(&of)),
            _ => (question(&portal, &of)),
        }
    };
    let twin = ApiTwin { method: "POST", path: format!("/v1/connectors/{}/disable", connector.id) };
    of.layout(&portal).section(Section::Connectors).twin(twin).page(TITLE, &body)
}

/// Disables the connector.
pub(crate) async fn submit(State(portal): State<Portal>, of: OfConnector) -> Result<Response, PageError> {
    let connector = &of.view.connector;
    if connector.state != Stage::Disabled {
        let disabled = portal.onboarding.disable(&of.visitor.caller(), &connector.id, None).await;
        actions::settle(&portal, &of, disabled, |state| state == Stage::Disabled).await?;
    }
    Ok(Done::Disabled.at(&of_connector(&connector.id, "")))
}

fn question(portal: &Portal, of: &OfConnector) -> Markup {
    let connector = &of.view.connector;
    let (until, waiting) =
        (portal.onboarding.clock.now() + DISABLED_RETENTION, status(portal, of).undelivered_parts);
    html! {
        div.stack.readable {
            div.columns.even {
                section.card {
                    h2 { "What stops" }
                    ul.points {
                        @if connector.is_exporting() {
                            li { "No new file comes, and no event is sealed any more." }
                            @if waiting > 0 { li { (count(waiting, "file")) " that " (if waiting == 1 { "waits" } else { "wait" }) " now: not delivered until you enable it again." } }
                            li { "Events go on being written. What your vendor's table deletes in the meantime is lost." }
                            li { "Whoever reads the files, such as a SIEM, sees no heartbeat any more." }
                        } @else {
                            li { "It exports nothing now, so nothing breaks." }
                        }
                    }
                }
                section.card {
                    h2 { "What is kept" }
                    ul.points {
                        li { "Settings, schedule, contacts, records and everything that is sealed, until " (date_time(until)) "." }
                        li { "The role and the folder stay reserved for this connector." }
                        li { "What was delivered is yours, and stays in your bucket." }
                    }
                    p.hint { "Until then " strong { "Enable" } " brings it all back: it continues where it stopped, with what the vendor's table still has. After that it is deleted." }
                }
            }
            @if connector.state == Stage::Active {
                (notice(Tone::Neutral, &html! { p { "To stop only the delivery, pause it instead: events are sealed on, and nothing is lost." } }))
            }
            div.actions {
                (actions::button(connector, "disable", "Disable this connector", "danger"))
                @if connector.state == Stage::Active { (actions::button(connector, "pause", "Pause instead", "")) }
                a.button href=(of_connector(&connector.id, "settings")) { "Keep it" }
            }
        }
    }
}

fn disabled(of: &OfConnector) -> Markup {
    let connector = &of.view.connector;
    html! {
        section.card {
            h2 { "It is disabled" }
            @if let Some(at) = connector.disabled_at {
                p { "Since " (date_time(at)) ". Everything is kept until " (date_time(at + DISABLED_RETENTION)) "." }
            }
            div.actions { (actions::button(connector, "enable", "Enable", "primary")) }
        }
    }
}
