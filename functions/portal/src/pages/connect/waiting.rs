//! The way from *Activate* to the first file: when it comes, how to come back, and the file once it is there.
//!
//! The page asks for itself again, by a script or by the browser's own reload. That does not extend the
//! session: a forgotten window must not keep it open.

use archive::part::{Part, PartKind, PartNumber};
use archive::time::Time;
use axum::extract::State;
use axum::response::Response;
use control::onboarding::ConnectorView;
use control::portal::Visitor;
use maud::{Markup, html};
use protocol::connector::{Connector, State as ConnectorState};
use protocol::cursor::Cursor;

use super::is_unfinished;
use crate::Portal;
use crate::address::{of_connector, of_part};
use crate::components::{Tone, badge, clock_time, count, date_time, notice, size, span};
use crate::connector_state;
use crate::error::PageError;
use crate::frequency::every;
use crate::layout::{ApiTwin, Layout, Section};
use crate::pages::enter::see_other;
use crate::tenant::OfConnector;

/// `GET /portal/connectors/{id}/waiting`.
pub(crate) async fn show(State(portal): State<Portal>, of: OfConnector) -> Result<Response, PageError> {
    let OfConnector { visitor, view: ConnectorView { connector, cursor } } = &of;
    let (caller, id) = (visitor.caller(), &connector.id);
    if is_unfinished(connector.state) {
        return Ok(see_other(&of_connector(id, "connect")));
    }
    let Some(cursor) = cursor.as_ref().filter(|_| connector.is_exporting()) else {
        return Ok(see_other(&of_connector(id, "")));
    };
    let first = if cursor.delivered > PartNumber::NONE {
        portal
            .onboarding
            .exports(&caller, id, Some(PartNumber::NONE.next().next()), 1)
            .await?
            .into_iter()
            .next()
    } else {
        None
    };
    let layout = of.layout(&portal).section(Section::Connectors);
    let layout = layout.twin(ApiTwin::get(format!("/v1/connectors/{id}/exports")));
    let health = of.path("/portal/health");
    if let Some(part) = first {
        return Ok(layout.page("The first file has arrived", &arrived(connector, cursor, &part, &health)));
    }
    let now = portal.onboarding.clock.now();
    let body = waiting(&layout, visitor, connector, cursor, &health, now);
    Ok(layout.reloading_page("Waiting for the first file", &body))
}

fn waiting(
    layout: &Layout<'_>,
    visitor: &Visitor,
    connector: &Connector,
    cursor: &Cursor,
    health: &str,
    now: Time,
) -> Markup {
    let due = cursor.next_run_at;
    html! {
        div.head {
            h1 { "Waiting for the first file" }
            p.quiet { "To " (connector_state::name(connector)) }
        }
        div.messages {
            @if let Some(block) = &cursor.block {
                (notice(Tone::Bad, &html! {
                    p { strong { "The file can't be delivered. " } (block.cause) " Nothing is lost: it waits." }
                    p { a href=(health) { "See what to do" } }
                }))
            } @else if connector.state == ConnectorState::Paused {
                (notice(Tone::Warn, &html! { p { "Delivery is paused, so the file waits until it is resumed." } }))
            }
        }
        div.stack {
            section.card data-waiting {
                div role="status" {
                    dl.facts.big {
                        div {
                            dt { "The file comes" }
                            @if due > now {
                                dd { "at " (clock_time(due)) " UTC " small { "in " (span(due.since(now))) } }
                            } @else {
                                dd { "any moment" }
                            }
                        }
                        div { dt { "It has the events since" } dd { (date_time(cursor.watermark)) } }
                        div { dt { "Then" } dd { (every(connector.frequency)) } }
                    }
                }
                p.quiet {
                    "This page looks for it by itself. A file comes even if nothing happened in this time: it says so."
                }
            }
            section.card {
                h2 { "You need not wait here" }
                ul.ticks {
                    li {
                        "Until " (clock_time(visitor.ends_at()))
                        " UTC you can come back in this browser without a link."
                    }
                    li {
                        @if let Some(url) = &visitor.link().return_url {
                            "After that "
                            a href=(url.as_str()) rel="noreferrer" { "open it from " (layout.vendor()) }
                            " again, for a new link."
                        } @else {
                            "After that ask " (layout.vendor()) " for a new link. The export goes on without you."
                        }
                    }
                    li { a href=(health) { "Health" } " shows at any time whether files arrive." }
                }
            }
        }
    }
}

fn arrived(connector: &Connector, cursor: &Cursor, part: &Part, health: &str) -> Markup {
    let events = match part.kind {
        PartKind::Heartbeat => "none in this time".to_owned(),
        _ => count(part.events, "event"),
    };
    let page = of_part(&connector.id, part.number);
    let key = connector.destination.s3().map(|to| to.prefix.key(&part.name())).unwrap_or_default();
    html! {
        div.head {
            h1 { "The first file has arrived" }
            p.quiet { "In " (connector_state::name(connector)) }
        }
        section.card data-arrived {
            h2 { a href=(page) { "File " (part.number.get()) } " " (badge(Tone::Good, "delivered")) }
            dl.facts.big {
                div { dt { "Events" } dd { (events) } }
                div { dt { "Size" } dd { (size(part.size)) } }
                div { dt { "Window" } dd { (clock_time(part.window.from)) " to " (clock_time(part.window.to)) " UTC" } }
                @if let Some(at) = part.delivered_at { div { dt { "Arrived" } dd { (date_time(at)) } } }
            }
            p { "Its name in the bucket:" }
            pre tabindex="0" { code { (key) } }
            p.quiet { "Beside it lies a signed manifest, by which anyone can check the file and that none is missing." }
            div.actions {
                a.button.primary href=(health) { "Go to Health" }
                a.button href=(page) { "See the file's proof" }
            }
        }
        p.quiet.after {
            "From now on a file comes " (every(connector.frequency)) ". The next is due at "
            (date_time(cursor.next_run_at)) "."
        }
    }
}
