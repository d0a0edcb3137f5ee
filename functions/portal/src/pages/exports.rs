//! The files of a connector, newest first, by what they contain and by date.

use archive::part::{Part, PartKind, PartNumber};
use archive::time::Time;
use axum::extract::State;
use axum::response::Response;
use control::onboarding::{ExportContent, ExportFilter, ExportsPage};
use maud::{Markup, html};

use crate::Portal;
use crate::address::of_part;
use crate::components::{Tone, badge, date, full_time, hour, number, size};
use crate::connector_state::name;
use crate::error::PageError;
use crate::form::Form;
use crate::layout::{ApiTwin, Section};
use crate::pages::connector::head;
use crate::tenant::{OfConnector, Query};

/// How many files a page has.
const PAGE: usize = 50;

/// What the page can be filtered by: the name in the query, and the words.
const KINDS: [(&str, &str, ExportContent); 5] = [
    ("", "all", ExportContent::Any),
    ("events", "with events", ExportContent::Events),
    ("quiet", "quiet", ExportContent::Quiet),
    ("late", "with late events", ExportContent::Late),
    ("waiting", "waiting for delivery", ExportContent::Waiting),
];

/// The search as the query has it. A date that is none is left out, and the field shows it.
struct Search {
    kind: &'static str,
    from: String,
    to: String,
    before: Option<PartNumber>,
    filter: ExportFilter,
    wrong: bool,
}

impl Search {
    fn parse(query: &Form) -> Self {
        let (kind, _, content) =
            KINDS.into_iter().find(|(name, ..)| *name == query.text("kind")).unwrap_or(KINDS[0]);
        let (from, to) = (midnight(query.text("from")), midnight(query.text("to")));
        let is_wrong = |name: &str, parsed: Option<Time>| !query.text(name).is_empty() && parsed.is_none();
        Self {
            kind,
            from: query.text("from").to_owned(),
            to: query.text("to").to_owned(),
            before: query.text("before").parse().ok().map(PartNumber::new),
            wrong: is_wrong("from", from) || is_wrong("to", to),
            // The last day is meant with all of its hours.
            filter: ExportFilter { content, from, to: to.map(Time::next_midnight) },
        }
    }

    /// The query of the page that begins before this part; of the first page for `None`.
    fn query(&self, before: Option<PartNumber>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("kind", self.kind), ("from", &self.from), ("to", &self.to)] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        if let Some(before) = before {
            query.append_pair("before", &before.get().to_string());
        }
        format!("?{}", query.finish())
    }

    fn is_narrowed(&self) -> bool {
        !(self.kind.is_empty() && self.from.is_empty() && self.to.is_empty())
    }
}

/// The first instant of a date such as `2026-11-20`.
fn midnight(date: &str) -> Option<Time> {
    format!("{date}T00:00:00Z").parse().ok()
}

/// The page.
pub(crate) async fn show(
    State(portal): State<Portal>,
    of: OfConnector,
    Query(query): Query,
) -> Result<Response, PageError> {
    let search = Search::parse(&query);
    let page = portal.onboarding.find_exports(&of.view, search.filter, search.before, PAGE).await?;
    let connector = &of.view.connector;
    let delivered = of.view.cursor.as_ref().map_or(PartNumber::NONE, |cursor| cursor.delivered);
    let body = html! {
        (head(&of, "exports", &html! { "Files of " (name(connector)) }))
        section.card {
            (form(&search))
            (list(&of, &search, &page, delivered))
        }
    };
    let twin = ApiTwin::get(format!("/v1/connectors/{}/exports?limit={PAGE}", connector.id));
    let layout = of.layout(&portal).section(Section::Connectors).twin(twin);
    Ok(layout.page("Files", &body))
}

fn form(search: &Search) -> Markup {
    html! {
        form.filter method="get" role="search" aria-label="Files" {
            div.field {
                label for="kind" { "Show" }
                select id="kind" name="kind" {
                    @for (value, words, _) in KINDS { option value=(value) selected[value == search.kind] { (words) } }
                }
            }
            div.field { label for="from" { "From" } input id="from" name="from" type="date" value=(search.from); }
            div.field { label for="to" { "To, included" } input id="to" name="to" type="date" value=(search.to); }
            div.actions {
                button type="submit" { "Show" }
                @if search.is_narrowed() { a href="?" { "Show all" } }
            }
        }
        @if search.wrong {
            p.error role="alert" { "A date looks like 2026-11-20. What was no date is not used." }
        }
    }
}

fn list(of: &OfConnector, search: &Search, page: &ExportsPage, delivered: PartNumber) -> Markup {
    html! {
        @if page.parts.is_empty() {
            p {
                @if page.next.is_some() { "No such file among the last 500." }
                @else if search.is_narrowed() || search.before.is_some() { "No such file." }
                @else { "No file yet. The first one comes at the next full hour after the activation." }
            }
        } @else {
            div.table tabindex="0" role="region" aria-label="Files" {
                table.files {
                    caption.hidden { "Files, newest first" }
                    thead { tr {
                        th scope="col" { "File" }
                        th scope="col" { "Window" }
                        th scope="col" { "State" }
                        th.number scope="col" { "Events" }
                        th.number.wide scope="col" { "Late" }
                        th.number.wide scope="col" { "Size" }
                    } }
                    tbody { @for part in &page.parts {
                        tr {
                            th scope="row" { a href=(of_part(&of.view.connector.id, part.number)) { (number(part.number.get())) } }
                            td { (window(part)) }
                            td { (state(part, delivered)) }
                            td.number { @if part.kind == PartKind::Heartbeat { "quiet" } @else { (number(part.events)) } }
                            td.number.wide { @if part.late > 0 { (number(part.late)) } }
                            td.number.wide { (size(part.size)) }
                        }
                    } }
                }
            }
        }
        nav.pages aria-label="Pages" {
            @if search.before.is_some() { a href=(search.query(None)) { "Newest" } }
            @if let Some(next) = page.next {
                a href=(search.query(Some(next))) rel="next" { @if page.parts.len() < PAGE { "Search further back" } @else { "Older" } }
            }
        }
    }
}

/// `Nov 20, 20:00 to 21:00`. A part with late events only closes none.
pub(crate) fn window(part: &Part) -> Markup {
    let (from, to) = (part.window.from, part.window.to);
    html! {
        @if from == to { "late events, found " (date(part.sealed_at)) ", " (hour(part.sealed_at)) }
        @else {
            time datetime=(from) { (date(from)) ", " (hour(from)) }
            " to "
            time datetime=(to) { @if hour(to) == "00:00" { "24:00" } @else { (hour(to)) } }
        }
    }
}

/// Whether it is in the bucket, and since when.
pub(crate) fn state(part: &Part, delivered: PartNumber) -> Markup {
    html! {
        @match part.delivered_at {
            Some(at) => { (badge(Tone::Good, "delivered")) " " span.quiet { (full_time(at)) } },
            None if part.number <= delivered => (badge(Tone::Good, "delivered")),
            None => { (badge(Tone::Warn, "waits")) " " span.quiet { "sealed " (full_time(part.sealed_at)) } },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_is_kept_from_page_to_page_and_a_date_that_is_none_is_said() {
        let search = Search::parse(&Form::parse(b"kind=late&from=2026-11-01&to=2026-11-20&before=42"));
        assert_eq!(search.filter.content, ExportContent::Late);
        assert_eq!(search.filter.to, Some("2026-11-21T00:00:00Z".parse().unwrap()));
        assert_eq!(search.before, Some(PartNumber::new(42)));
        let next = search.query(Some(PartNumber::new(7)));
        assert_eq!(next, "?kind=late&from=2026-11-01&to=2026-11-20&before=7");
        let wrong = Search::parse(&Form::parse(b"kind=<b>&from=\"><script>"));
        assert!(wrong.wrong && wrong.kind.is_empty() && wrong.filter.from.is_none());
        assert!(!form(&wrong).into_string().contains("<script>"));
    }
}
