//! The connectors of a tenant, those in trouble first.

use axum::extract::State;
use axum::response::Response;
use control::onboarding::ConnectorOverview;
use maud::{Markup, html};
use protocol::portal::Ability;

use super::done_notice;
use crate::Portal;
use crate::address::{encode, of_connector};
use crate::components::{count, date_time};
use crate::connector_state::{name, state_badge};
use crate::error::PageError;
use crate::frequency::every;
use crate::layout::{ApiTwin, Section};
use crate::tenant::{OfTenant, Query};

/// The list.
pub(crate) async fn show(
    State(portal): State<Portal>,
    of: OfTenant,
    Query(query): Query,
) -> Result<Response, PageError> {
    let connectors = portal.onboarding.overview(&of.visitor.caller(), &of.tenant).await?;
    let may_set_up = of.visitor.has(Ability::SetUp);
    let new = of.path("/portal/connectors/new");
    let body = html! {
        div.head.with-actions {
            h1 { "Connectors" }
            @if may_set_up && !connectors.is_empty() {
                div.actions { a.button href=(new) { "Connect another bucket" } }
            }
        }
        div.stack {
            (done_notice(&query))
            @if connectors.is_empty() { (nothing(may_set_up, &new)) } @else { section.card { (table(&portal, &connectors)) } }
        }
    };
    let twin = ApiTwin::get(format!("/v1/connectors?tenant={}", encode(of.tenant.as_str())));
    Ok(of.layout(&portal).section(Section::Connectors).twin(twin).page("Connectors", &body))
}

fn nothing(may_set_up: bool, new: &str) -> Markup {
    html! {
        section.card.empty {
            h2 { "No bucket is connected yet" }
            p { "A connector says in which of your buckets your audit log arrives, and how often. Setting one up takes about ten minutes, most of them in your AWS account." }
            @if may_set_up {
                p { a.button.primary href=(new) { "Connect a bucket" } }
            } @else {
                p.hint { "Your link does not allow this. Ask whoever sent it for one that does." }
            }
        }
    }
}

fn table(portal: &Portal, connectors: &[ConnectorOverview]) -> Markup {
    let now = portal.onboarding.clock.now();
    html! {
        div.table {
            table.cards {
                caption.hidden { "Connectors, those that need something first" }
                thead { tr {
                    th scope="col" { "Connector" }
                    th scope="col" { "State" }
                    th scope="col" { "Last file" }
                    th scope="col" { "Waiting" }
                    th scope="col" { "Next" }
                } }
                tbody { @for entry in connectors {
                    @let connector = &entry.connector;
                    tr {
                        th scope="row" {
                            a href=(of_connector(&connector.id, "")) { (name(connector)) }
                            br;
                            span.quiet { (every(connector.frequency)) " · " (connector.encoding.suffix().trim_start_matches('.')) }
                        }
                        td data-label="State" { (state_badge(connector, &entry.status)) }
                        (progress(entry, now))
                    }
                } }
            }
        }
    }
}

/// The cells that say how far a connector is: last file, waiting, next.
pub(crate) fn progress(entry: &ConnectorOverview, now: archive::time::Time) -> Markup {
    let status = &entry.status;
    html! {
        td data-label="Last file" {
            @match entry.last_file {
                Some(file) => {
                    (date_time(file.delivered_at)) br;
                    span.quiet { @if file.events == 0 { "quiet" } @else { (count(file.events, "event")) } }
                }
                None => span.quiet { "none yet" },
            }
        }
        td data-label="Waiting" {
            @if status.undelivered_parts == 0 { span.quiet { "nothing" } } @else { (count(status.undelivered_parts, "file")) }
        }
        td data-label="Next" {
            @match status.next_run_at {
                Some(next) if next <= now => "now",
                Some(next) => (date_time(next)),
                None => span.quiet { "–" },
            }
        }
    }
}
