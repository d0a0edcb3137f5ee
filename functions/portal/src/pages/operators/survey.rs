//! The connectors of all tenants, those in trouble first.

use archive::names::ConnectorId;
use axum::extract::State;
use axum::response::Response;
use control::onboarding::ConnectorOverview;
use maud::{Markup, html};
use protocol::connector::State as Stage;
use protocol::health::Health;
use protocol::watch::SweepCursor;

use crate::Portal;
use crate::address::{encode, of_connector};
use crate::components::{Tone, badge, count, notice, with_code};
use crate::connector_state::{name, state_badge};
use crate::error::PageError;
use crate::form::Form;
use crate::layout::{ApiTwin, Layout, Section};
use crate::pages::operate::list::progress;
use crate::session::Person;
use crate::tenant::Query;

/// How many connectors a page shows.
const PAGE: usize = 50;

/// The page.
pub(crate) async fn show(
    State(portal): State<Portal>,
    Person(visitor): Person,
    Query(query): Query,
) -> Result<Response, PageError> {
    let (search, after) = (query.text("q"), after(&query));
    let survey = portal.onboarding.survey(&visitor.caller(), search, after.as_ref()).await?;
    let number: usize = query.text("page").parse().unwrap_or(1).clamp(1, 1_000);
    let shown: Vec<_> = survey.connectors.iter().skip((number - 1) * PAGE).take(PAGE).collect();
    let total = survey.connectors.len();
    let body = html! {
        div.head.with-actions {
            h1 { "All tenants" }
            div.actions { a.button href="/portal/operators/links" { "Links" } }
        }
        div.stack {
            (search_form(search))
            @if survey.next.is_some() || after.is_some() { (bounded(&query, survey.next.as_ref())) }
            section.card {
                (summary(&survey.connectors, survey.next.is_some() || after.is_some()))
                @if shown.is_empty() { (nothing(search, survey.next.is_some())) } @else { (table(&portal, &shown)) }
                (pages(&query, number, total))
            }
        }
    };
    let layout = Layout::new(&portal, Some(&visitor)).section(Section::Operators);
    Ok(layout.twin(ApiTwin::get("/v1/connectors")).page("All tenants", &body))
}

/// Where the survey goes on: both parts of the key, or none.
fn after(query: &Form) -> Option<SweepCursor> {
    let connector: ConnectorId = query.text("after").parse().ok()?;
    Some(SweepCursor { tenant: query.text("after_tenant").parse().ok()?, connector })
}

fn search_form(search: &str) -> Markup {
    html! {
        form.search method="get" action="/portal/operators" role="search" {
            label.hidden for="q" { "Tenant, connector ID or bucket" }
            input #q type="search" name="q" value=(search) placeholder="Tenant, connector ID or bucket" autocomplete="off" spellcheck="false";
            button type="submit" { "Find" }
            @if !search.is_empty() { a.button href="/portal/operators" { "Show all" } }
        }
    }
}

fn bounded(query: &Form, next: Option<&SweepCursor>) -> Markup {
    let search = encode(query.text("q"));
    html! {
        (notice(Tone::Warn, &html! {
            p {
                "There are too many connectors for one page, so this shows a part of them: at most 2,000 are read at once. Those of other parts may be in more trouble. "
                @match next {
                    Some(next) => a href={ "/portal/operators?q=" (search) "&after=" (next.connector) "&after_tenant=" (encode(next.tenant.as_str())) } { "Show the next part" },
                    None => a href={ "/portal/operators?q=" (search) } { "Begin again" },
                }
            }
        }))
    }
}

fn summary(connectors: &[ConnectorOverview], is_part: bool) -> Markup {
    let number =
        |of: fn(&ConnectorOverview) -> bool| connectors.iter().filter(|entry| of(entry)).count() as u64;
    let blocked = number(|entry| entry.status.health == Some(Health::Blocked));
    let late = number(|entry| entry.status.health == Some(Health::Stale));
    let healthy = number(|entry| {
        entry.status.health == Some(Health::Healthy) && entry.connector.state == Stage::Active
    });
    html! {
        p.tally {
            strong { (count(connectors.len() as u64, "connector")) @if is_part { " in this part" } }
            @if blocked > 0 { (badge(Tone::Bad, &format!("{blocked} blocked"))) }
            @if late > 0 { (badge(Tone::Bad, &format!("{late} late"))) }
            @if healthy > 0 { (badge(Tone::Good, &format!("{healthy} healthy"))) }
        }
    }
}

fn nothing(search: &str, goes_on: bool) -> Markup {
    html! {
        @if search.is_empty() {
            p { "There is no connector yet. " a href="/portal/operators/links" { "Make a link" } " for the first tenant, who connects a bucket by it." }
        } @else {
            p { "Nothing " @if goes_on { "of this part " } "has this ID, and no tenant or bucket contains " strong { (search) } "." }
        }
    }
}

fn table(portal: &Portal, connectors: &[&ConnectorOverview]) -> Markup {
    let now = portal.onboarding.clock.now();
    html! {
        div.table {
            table.cards {
                caption.hidden { "Connectors of all tenants, those in trouble first" }
                thead { tr {
                    th scope="col" { "Tenant" } th scope="col" { "Connector" } th scope="col" { "State" }
                    th scope="col" { "Last file" } th scope="col" { "Waiting" } th scope="col" { "Next" }
                } }
                tbody { @for entry in connectors {
                    @let connector = &entry.connector;
                    tr {
                        th scope="row" { a href={ "/portal/health?tenant=" (encode(connector.tenant.as_str())) } { (connector.tenant.escaped()) } }
                        td data-label="Connector" {
                            a href=(of_connector(&connector.id, "")) { (name(connector)) } br;
                            span.mono.quiet { (connector.id) }
                        }
                        td data-label="State" {
                            (state_badge(connector, &entry.status))
                            @if let Some(block) = &entry.status.block { p.hint { (with_code(&block.cause)) } }
                        }
                        (progress(entry, now))
                    }
                } }
            }
        }
    }
}

fn pages(query: &Form, number: usize, total: usize) -> Markup {
    let at = |number: usize| {
        let after = match after(query) {
            Some(after) => {
                format!("&after={}&after_tenant={}", after.connector, encode(after.tenant.as_str()))
            }
            None => String::new(),
        };
        format!("/portal/operators?q={}{after}&page={number}", encode(query.text("q")))
    };
    html! {
        @if total > PAGE {
            nav.pages aria-label="Pages" {
                @if number > 1 { a href=(at(number - 1)) { "Previous" } }
                span.quiet { "Page " (number) " of " (total.div_ceil(PAGE)) }
                @if number * PAGE < total { a href=(at(number + 1)) { "Next" } }
            }
        }
    }
}
