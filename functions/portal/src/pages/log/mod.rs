//! The log: who did what, when, from where, and did it fail. A chart, the values of fields, and the events,
//! each with its proof.
//!
//! The address is the state (`view`). A filter text and a form fill each other (`refine`). `chart`, `facets`
//! and `table` show what the reader answers; `reach` says how current it is, and what was left out. `event`
//! is one event's page, `saved` what people keep, `searches` who has looked, `download` what they take with
//! them. `viewer` is who looks, in the portal or offline.

pub(crate) mod chart;
pub(crate) mod download;
pub(crate) mod event;
pub(crate) mod facets;
mod interval;
mod json;
pub(crate) mod links;
mod reach;
mod refine;
pub(crate) mod saved;
pub(crate) mod searches;
mod table;
mod view;
mod viewer;

use archive::names::TenantId;
use archive::query::Span;
use archive::query::counts::Interval;
use archive::time::Time;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use control::explorer::{
    AskError, Asker, CountsAnswer, CountsRequest, RefusalCode, RowsAnswer, RowsRequest, SealState,
};
use control::portal_events::PortalEvents;
use futures_util::future::{join, join3};
use maud::{Markup, html};

use self::chart::{Chart, Place};
use self::links::{LOG, Links};
use self::refine::FieldError;
use self::view::{By, ChartView, View};
use self::viewer::{Archive, Viewer};
use crate::components::{Tone, notice};
use crate::error::{PageError, sentence};
use crate::form::Form;
use crate::layout::ApiTwin;
use crate::tenant::Query;

/// How many rows a page has.
const ROWS: u32 = 50;

/// The page.
pub(crate) async fn show(viewer: Viewer, Query(query): Query) -> Result<Response, PageError> {
    let (view, links) = (View::parse(&query), viewer.links());
    if viewer.shown == PortalEvents::Off {
        return Ok(viewer.layout().page("Audit log", &not_shown()));
    }
    if viewer.archives.is_empty() {
        return Ok(viewer.layout().page("Audit log", &nothing_exported(&links)));
    }
    let archive = viewer.archive(view.connector.as_ref()).ok_or(PageError::NotFound)?;
    let interval = interval::fitting(view.chart.interval, span(&view, archive, viewer.clock.now()));
    // What no filter can say, no heading and no file says either.
    let view = if view.rows_filter(interval).is_none() { view.first_page() } else { view };
    let sent = refine::is_sent(&query) && view.wrong.is_none();
    let refined = if sent { refine::apply(&view.filter, &query) } else { Ok(view.filter.clone()) };
    let errors = match refined {
        Ok(filter) if sent => {
            let address = links.to(&view.with_filter(filter));
            return Ok((StatusCode::SEE_OTHER, [(LOCATION, address)]).into_response());
        }
        Ok(_) => Vec::new(),
        Err(errors) => errors,
    };
    let page = Page { viewer: &viewer, archive, view: &view, links: &links, interval };
    let body = page.body(sent.then_some((&query, &errors))).await?;
    let layout = viewer.layout();
    let layout = if viewer.is_offline() { layout } else { layout.twin(twin(&viewer.tenant, archive, &view)) };
    Ok(layout.page("Audit log", &body))
}

/// What the page shows, and to whom.
struct Page<'a> {
    viewer: &'a Viewer,
    archive: &'a Archive,
    view: &'a View,
    links: &'a Links,
    interval: Interval,
}

/// What the reader has answered.
struct Answers {
    chart: Chart,
    counts: CountsAnswer,
    /// `None` if this deployment shows counts only.
    rows: Option<Result<RowsAnswer, AskError>>,
    facets: facets::Facets,
    /// Why the chart is not split as it was asked for.
    not_split: Option<String>,
}

impl Page<'_> {
    async fn body(&self, sent: Option<(&Form, &Vec<FieldError>)>) -> Result<Markup, PageError> {
        let Self { viewer, archive, view, links, .. } = *self;
        let sent = sent.map(|(form, errors)| (form, errors.as_slice()));
        let asker = viewer.asker(archive);
        let is_asked = view.wrong.is_none() && sent.is_none();
        let answers = async { if is_asked { Some(self.ask(&asker).await) } else { None } };
        let (answers, saved) = join(answers, saved::menu(viewer, archive, links)).await;
        let saved = saved?;
        Ok(html! {
            div.head.explorer {
                h1 { "Audit log" }
                (self.archives())
                (self.filter())
                (refine::form(view, sent, links))
                (saved)
            }
            @match answers {
                None => {},
                Some(Err(error)) => (refused(error)?),
                Some(Ok(answers)) => (self.answers(&answers)?),
            }
        })
    }

    /// Asks for the chart, the rows and the facets at once.
    async fn ask(&self, asker: &Asker) -> Result<Answers, AskError> {
        let Self { viewer, archive, view, interval, .. } = *self;
        let explorer = &viewer.explorer;
        let span = span(view, archive, viewer.clock.now());
        let counts = CountsRequest {
            filter: view.filter.clone(),
            from: None,
            to: None,
            interval,
            by: view.chart.by.field(),
            sealing: true,
        };
        let rows = async {
            if viewer.shown != PortalEvents::Events {
                return None;
            }
            let request = RowsRequest {
                filter: view.rows_filter(interval).unwrap_or_else(|| view.filter.clone()),
                order: view.order,
                limit: Some(ROWS),
                cursor: view.cursor.clone(),
                ..RowsRequest::default()
            };
            Some(explorer.rows(asker, request).await)
        };
        let facets = facets::ask(viewer, archive, view);
        let (mut counts_of_split, rows, facets) =
            join3(explorer.counts(asker, counts.clone()), rows, facets).await;
        let (mut chart, mut not_split) = (view.chart.clone(), None);
        // A field with too many values is no reason to show nothing.
        if let (Err(AskError::Refused(refusal)), Some(_)) = (&counts_of_split, counts.by) {
            not_split = Some(sentence(&refusal.detail));
            chart = ChartView { by: By::Nothing, bars: None, line: None, ..chart };
            counts_of_split = explorer.counts(asker, CountsRequest { by: None, ..counts }).await;
        }
        let mut counts = counts_of_split?;
        if viewer.is_offline() {
            expect_nothing(&mut counts);
        }
        let chart = Chart::new(&chart, span, &counts);
        Ok(Answers { chart, counts, rows, facets, not_split })
    }

    fn answers(&self, answers: &Answers) -> Result<Markup, PageError> {
        let Self { viewer, view, links, archive, .. } = *self;
        let place = Place { view, chart: &answers.chart, links, is_offline: viewer.is_offline() };
        let fields: &[By] =
            if viewer.shown == PortalEvents::Events { &facets::SPLITS } else { &facets::SPLITS_OF_COUNTS };
        Ok(html! {
            (reach::sentence(&answers.counts.lag, viewer))
            (reach::notes(&answers.counts.lag))
            div.explore {
                (facets::panel(&answers.facets, view, links))
                div.stack {
                    @if let Some(why) = &answers.not_split { (notice(Tone::Warn, &html! { p { (why) " The chart counts all events instead." } })) }
                    (chart::figure(place, &answers.counts, fields))
                    @match &answers.rows {
                        None => (counts_only()),
                        Some(Err(error)) => (refused_rows(error, view, links)?),
                        Some(Ok(rows)) => (table::card(place, archive, rows)),
                    }
                }
            }
        })
    }

    /// Whose archive it is, if there are several.
    fn archives(&self) -> Markup {
        let Self { viewer, archive, view, links, .. } = *self;
        html! {
            @if viewer.archives.len() > 1 {
                nav.choices aria-label="Archive" {
                    span.hint { "The archive of" }
                    @for other in &viewer.archives {
                        @let to = View { connector: Some(other.id.clone()), ..view.first_page() };
                        a href=(links.to(&to)) aria-current=[(other.id == archive.id).then_some("true")] { (other.name) }
                    }
                }
            } @else if !viewer.is_offline() {
                p.quiet { "The archive of " (archive.name) }
            }
        }
    }

    /// The text of the filter.
    fn filter(&self) -> Markup {
        let Self { view, links, .. } = *self;
        let (text, error) = match &view.wrong {
            Some((text, error)) => (text.clone(), Some(error)),
            None => (view.filter.to_string(), None),
        };
        html! {
            form.query method="get" action=(LOG) role="search" aria-label="Filter" {
                (links.hidden(view, &["filter"]))
                div.field.wrong[error.is_some()] {
                    label.hidden for="filter" { "Filter" }
                    input id="filter" name="filter" type="text" value=(text) maxlength="2000" autocapitalize="none" autocomplete="off" spellcheck="false"
                        placeholder="action:login* outcome:failure -actor:bot" aria-describedby=[error.map(|_| "filter-error")] aria-invalid=[error.map(|_| "true")];
                    @if let Some(error) = error { p.error id="filter-error" role="alert" { (sentence(&error.to_string())) } }
                }
                button.primary type="submit" { "Search" }
            }
            @for column in &view.wrong_columns {
                p.error role="alert" { code { (column.chars().take(60).collect::<String>()) } " is no column. A column is the name of a field, or a place in the event such as " code { "/userAgent" } "." }
            }
        }
    }
}

/// Nothing is on its way into a copy: what is not delivered there is missing.
fn expect_nothing(counts: &mut CountsAnswer) {
    for interval in counts.sealing.iter_mut().flat_map(|sealing| &mut sealing.intervals) {
        if interval.state == SealState::Waiting {
            interval.state = SealState::Missing;
        }
    }
}

/// The span of the chart: that of the filter, within what the connector exports.
fn span(view: &View, archive: &Archive, now: Time) -> Span {
    view.filter.span().intersect(Span { from: archive.since, to: now })
}

/// A refusal in the place of what was asked for; anything else is an error of the page.
fn refused(error: AskError) -> Result<Markup, PageError> {
    match error {
        AskError::Refused(refusal) if matches!(refusal.code, RefusalCode::Invalid | RefusalCode::TooMuch) => {
            Ok(notice(Tone::Warn, &html! { p { (sentence(&refusal.detail)) } }))
        }
        AskError::Refused(refusal) if refusal.code == RefusalCode::NotShown => {
            Ok(notice(Tone::Neutral, &html! { p { (sentence(&refusal.detail)) } }))
        }
        error => Err(error.into()),
    }
}

fn refused_rows(error: &AskError, view: &View, links: &Links) -> Result<Markup, PageError> {
    let refused = match error {
        AskError::Refused(refusal) => refused(AskError::Refused(refusal.clone()))?,
        AskError::Port(_) => notice(
            Tone::Warn,
            &html! { p { "The events could not be read just now. Nothing is lost; load the page again." } },
        ),
    };
    Ok(html! {
        section.card #rows {
            h2 { "Events" }
            (refused)
            @if view.cursor.is_some() { p { a href=(links.to(&View { cursor: None, ..view.clone() })) { "Go to the first page" } } }
        }
    })
}

fn not_shown() -> Markup {
    html! {
        div.narrow {
            h1 { "Audit log" }
            p { "This deployment shows no events here. Your files in your bucket have all of them, and " a href="/portal/proof" { "Proof" } " says how to check them." }
            p.quiet { "The vendor can change that by the parameter PortalEvents." }
        }
    }
}

fn nothing_exported(links: &Links) -> Markup {
    html! {
        div.narrow {
            h1 { "Audit log" }
            p { "Nothing is exported yet. The log can be searched here once a connector is activated." }
            p { a.button href=(links.path("/portal/connectors")) { "Go to Connectors" } }
        }
    }
}

fn counts_only() -> Markup {
    html! {
        section.card #rows {
            h2 { "Events" }
            p { "This deployment shows how many events there are, by action, category and outcome, and not the events. Your files in your bucket have all of them." }
        }
    }
}

fn twin(tenant: &TenantId, archive: &Archive, view: &View) -> ApiTwin {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("connector", &archive.id.to_string());
    let filter = view.filter.to_string();
    if !filter.is_empty() {
        query.append_pair("filter", &filter);
    }
    let tenant = crate::address::encode(tenant.as_str());
    ApiTwin::get(format!("/v1/tenants/{tenant}/events?{}", query.finish()))
}
