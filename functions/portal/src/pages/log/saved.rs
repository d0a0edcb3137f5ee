//! What people keep: explorations under a name, which all people of a tenant share, and the starters that
//! every log has.

use archive::query::filter::Filter;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use control::explorer::starters::{Starter, starters};
use control::explorer_records::ExplorerRecordsError;
use maud::{Markup, html};
use protocol::exploration::{
    Chart, Columns, ExplorationChange, ExplorationId, FilterText, Interval as SavedInterval, NewExploration,
    SavedExploration,
};

use super::links::{LOG, Links};
use super::view::{By, ChartView, View};
use super::viewer::{Archive, Viewer};
use crate::components::full_time;
use crate::error::{PageError, sentence};
use crate::form::Form;
use crate::path::PathValue;

const SAVED: &str = "/portal/log/saved";
/// How many are named on the page of the log; the list has all.
const IN_MENU: usize = 8;

/// The saved explorations and the starters, above the log.
pub(super) async fn menu(viewer: &Viewer, archive: &Archive, links: &Links) -> Result<Markup, PageError> {
    let Some(records) = viewer.records() else { return Ok(html! {}) };
    let mut saved = records.records.list(&records.by, &viewer.tenant).await?;
    saved.retain(|one| one.connector.as_ref().is_none_or(|id| *id == archive.id));
    let more = saved.len() > IN_MENU;
    let starters = of_archive(viewer, archive).await;
    Ok(html! {
        nav.saved aria-label="Saved" {
            @for starter in &starters { a href=(links.to(&view_of_starter(starter, archive))) { (starter.name) } }
            @for one in saved.iter().take(IN_MENU) { a href=(links.to(&view_of(one))) { (one.name) } }
            a href=(links.path(SAVED)) { @if more { "All saved" } @else { "Saved" } }
            a href=(links.path("/portal/log/searches")) { "Who has searched" }
        }
    })
}

/// The starters that fit this archive's events.
async fn of_archive(viewer: &Viewer, archive: &Archive) -> Vec<Starter> {
    let Some(records) = viewer.records() else { return Vec::new() };
    // Without a mapping the usual names are tried.
    let mapping = records.records.mapping(&records.by, &archive.id).await.ok().flatten();
    let preset = mapping.and_then(|mapping| mapping.preset);
    starters(preset.as_deref())
}

fn view_of_starter(starter: &Starter, archive: &Archive) -> View {
    let chart = ChartView { interval: Some(starter.interval), ..ChartView::default() };
    let chart = ChartView { by: By::Field(starter.by), ..chart };
    View { connector: Some(archive.id.clone()), filter: starter.filter.clone(), chart, ..View::default() }
}

/// The page of a saved exploration.
pub(super) fn view_of(saved: &SavedExploration) -> View {
    use archive::query::counts::Interval;
    let text = saved.filter.as_str();
    let (filter, wrong) = match text.parse() {
        Ok(filter) => (filter, None),
        Err(error) => (Filter::default(), Some((text.to_owned(), error))),
    };
    let chart = saved.chart.as_ref().map_or_else(ChartView::default, |chart| ChartView {
        interval: Some(match chart.interval() {
            SavedInterval::Hour => Interval::Hour,
            SavedInterval::Day => Interval::Day,
            SavedInterval::Week => Interval::Week,
        }),
        by: chart.by().map_or(By::Nothing, |by| By::parse(by).unwrap_or_default()),
        bars: chart.series().first().cloned(),
        line: chart.series().get(1).cloned(),
    });
    let columns = saved.columns.as_slice().iter().filter_map(|column| column.parse().ok()).collect();
    View { connector: saved.connector.clone(), filter, wrong, chart, columns, ..View::default() }
}

/// What is saved of a page.
fn new_exploration(viewer: &Viewer, view: &View, name: &str) -> Result<NewExploration, PageError> {
    use archive::query::counts::Interval;
    let malformed =
        |error: archive::names::InvalidValueError| PageError::Malformed(sentence(&error.to_string()));
    let interval = match view.chart.interval {
        Some(Interval::Hour) => SavedInterval::Hour,
        Some(Interval::Week) => SavedInterval::Week,
        Some(Interval::Day | Interval::Whole) | None => SavedInterval::Day,
    };
    let by = view.chart.by.field().map(|field| field.as_str().to_owned());
    // A saved series has a name; what has no value is chosen anew.
    let named = |series: &Option<String>| series.clone().filter(|name| !name.is_empty());
    let series = match (named(&view.chart.bars), named(&view.chart.line)) {
        (Some(bars), Some(line)) if bars != line => vec![bars, line],
        (Some(bars), _) => vec![bars],
        (None, _) => Vec::new(),
    };
    let columns: Vec<String> = view.columns.iter().map(ToString::to_string).collect();
    Ok(NewExploration {
        tenant: viewer.tenant.clone(),
        connector: view.connector.clone(),
        name: name.parse().map_err(malformed)?,
        filter: FilterText::cut(&view.filter.to_string()),
        columns: Columns::try_from(columns).map_err(malformed)?,
        chart: Some(Chart::new(interval, by, series).map_err(malformed)?),
    })
}

/// The form that saves what a page shows.
pub(super) fn form(view: &View, links: &Links) -> Markup {
    html! {
        details.choose {
            summary { "Save it under a name" }
            form method="post" action=(links.path(SAVED)) aria-label="Save" {
                input type="hidden" name="view" value=(view.first_page().query());
                div.field {
                    label for="name" { "Name, for all people of your company" }
                    input id="name" name="name" type="text" required maxlength="100" placeholder="Daily Login Activity";
                }
                div.actions { button type="submit" { "Save" } }
            }
        }
    }
}

/// All of them, with what can be done with each.
pub(crate) async fn list(viewer: Viewer) -> Result<Response, PageError> {
    let records = viewer.records().ok_or(PageError::NotFound)?;
    let saved = records.records.list(&records.by, &viewer.tenant).await?;
    let links = viewer.links();
    let body = html! {
        div.head {
            p { a href=(links.path(LOG)) { "Back to the log" } }
            h1 { "Saved explorations" }
            p.quiet { "All people of your company see them. The address of an exploration can be sent to whoever has a session here." }
        }
        @if saved.is_empty() {
            section.card { p { "Nothing is saved yet. Search the log, and save what you see under a name." } }
        }
        div.stack {
            @for one in &saved { (entry(one, &links)) }
        }
    };
    Ok(viewer.layout().page("Saved explorations", &body))
}

fn entry(one: &SavedExploration, links: &Links) -> Markup {
    let id = &one.id;
    html! {
        section.card {
            h2 { a href=(links.to(&view_of(one))) { (one.name) } }
            p.mono { @if one.filter.as_str().is_empty() { "all events" } @else { (one.filter) } }
            p.quiet { "Changed " (full_time(one.changed_at)) }
            div.actions {
                form method="post" action=(links.path(&format!("{SAVED}/{id}"))) aria-label={ "Rename " (one.name) } {
                    input type="hidden" name="version" value=(one.version);
                    label.hidden for={ "name-" (id) } { "New name of " (one.name) }
                    input id={ "name-" (id) } name="name" type="text" required maxlength="100" value=(one.name);
                    button type="submit" { "Rename" }
                }
                form method="post" action=(links.path(&format!("{SAVED}/{id}/delete"))) {
                    input type="hidden" name="version" value=(one.version);
                    button.danger type="submit" { "Delete" span.hidden { " " (one.name) } }
                }
            }
        }
    }
}

/// Saves what a page shows.
pub(crate) async fn save(viewer: Viewer, form: Form) -> Result<Response, PageError> {
    let records = viewer.records().ok_or(PageError::NotFound)?;
    let view = View::parse(&Form::parse(form.raw("view").as_bytes()));
    if view.wrong.is_some() {
        return Err(PageError::Malformed("What is saved must be a filter.".to_owned()));
    }
    let new = new_exploration(&viewer, &view, form.text("name"))?;
    let saved = records.records.save(&records.by, new, None).await?;
    Ok(redirect(&viewer.links().to(&view_of(&saved))))
}

/// Gives one another name.
pub(crate) async fn rename(
    viewer: Viewer,
    PathValue(id): PathValue<ExplorationId>,
    form: Form,
) -> Result<Response, PageError> {
    let records = viewer.records().ok_or(PageError::NotFound)?;
    let name = form.text("name").parse();
    let name = name.map_err(|error: archive::names::InvalidValueError| {
        PageError::Malformed(sentence(&error.to_string()))
    })?;
    let change = ExplorationChange { name: Some(name), ..ExplorationChange::default() };
    let version = form.version()?;
    let changed = records.records.change(&records.by, (&viewer.tenant, &id), Some(version), &change).await;
    finished(&viewer, changed.map(drop))
}

/// Deletes one.
pub(crate) async fn delete(
    viewer: Viewer,
    PathValue(id): PathValue<ExplorationId>,
    form: Form,
) -> Result<Response, PageError> {
    let records = viewer.records().ok_or(PageError::NotFound)?;
    let version = form.version()?;
    let deleted = records.records.delete(&records.by, (&viewer.tenant, &id), Some(version)).await;
    finished(&viewer, deleted)
}

fn finished(viewer: &Viewer, done: Result<(), ExplorerRecordsError>) -> Result<Response, PageError> {
    done?;
    Ok(redirect(&viewer.links().path(SAVED)))
}

pub(super) fn redirect(address: &str) -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, address.to_owned())]).into_response()
}
