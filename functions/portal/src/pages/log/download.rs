//! What people take with them: a file of exactly what they see, with its receipt.

use archive::names::ConnectorId;
use archive::query::output::{Cells, OutputFormat, Receipt};
use axum::response::Response;
use control::explorer::{DownloadAnswer, DownloadRequest, DownloadStatusRequest, RowsRequest};
use maud::{Markup, html};

use super::chart::Place;
use super::links::{LOG, Links};
use super::saved::redirect;
use super::view::View;
use super::viewer::Viewer;
use crate::components::{Tone, badge, count, full_time, notice, number, size};
use crate::error::{PageError, sentence};
use crate::form::Form;
use crate::path::PathValue;
use crate::tenant::Query;

const DOWNLOADS: &str = "/portal/log/downloads";

/// The formats, in the words of the form.
const FORMATS: [(OutputFormat, &str); 3] = [
    (OutputFormat::Csv, "CSV, for spreadsheets: the columns below, and the whole event last"),
    (OutputFormat::Ndjson, "NDJSON, exact: one event a line"),
    (OutputFormat::Json, "JSON, exact: one array"),
];

/// The form above the rows: take them along.
pub(super) fn form(place: Place<'_>) -> Markup {
    let Place { view, links, chart, is_offline } = place;
    let filter = view.rows_filter(chart.interval).unwrap_or_else(|| view.filter.clone());
    let rows = View { filter, ..view.first_page() };
    html! {
        details.choose {
            summary { "Download them" }
            form method="post" action=(links.path(DOWNLOADS)) aria-label="Download" {
                input type="hidden" name="view" value=(rows.query());
                fieldset {
                    legend { "Format" }
                    @for (format, words) in FORMATS {
                        label.choice {
                            input type="radio" name="format" value=(format.as_str()) checked[format == OutputFormat::Csv];
                            span { (words) }
                        }
                    }
                }
                label.choice {
                    input type="checkbox" name="exact" value="1";
                    span { "Exact cells in CSV. Without it a cell that a spreadsheet would run gets an apostrophe in front." }
                }
                div.actions { button type="submit" { "Make the file" } }
                p.hint { "It has all events of the filter" @if view.selected.is_some() { " and of what is selected" } ", not only this page." @if !is_offline { " That you made it is recorded, without the values of persons." } }
            }
        }
    }
}

/// Asks for a file.
pub(crate) async fn start(viewer: Viewer, form: Form) -> Result<Response, PageError> {
    let view = View::parse(&Form::parse(form.raw("view").as_bytes()));
    let archive = viewer.archive(view.connector.as_ref()).ok_or(PageError::NotFound)?;
    let wanted = form.text("format");
    let format = FORMATS.into_iter().map(|(format, _)| format).find(|format| format.as_str() == wanted);
    let (Some(format), None) = (format, &view.wrong) else {
        return Err(PageError::Malformed("Choose a format, and a filter that is one.".to_owned()));
    };
    let request = DownloadRequest {
        rows: RowsRequest { filter: view.filter.clone(), order: view.order, ..RowsRequest::default() },
        format,
        columns: view.columns.clone(),
        cells: if form.has("exact") { Cells::Exact } else { Cells::Safe },
    };
    let started = viewer.explorer.download(&viewer.asker(archive), request).await?;
    Ok(redirect(&address(&viewer.links(), &archive.id, &started.id, "")))
}

/// How far a file is, and its receipt. Until it is ready the page loads itself again.
pub(crate) async fn show(
    viewer: Viewer,
    PathValue(id): PathValue<String>,
    Query(query): Query,
) -> Result<Response, PageError> {
    let (answer, connector) = status(&viewer, &id, &query).await?;
    let links = viewer.links();
    let body = html! {
        div.head {
            p { a href=(links.path(LOG)) { "Back to the log" } }
            h1 { "Download" }
        }
        section.card {
            @match (answer.state.as_str(), &answer.receipt) {
                ("ready", Some(receipt)) => (ready(&links, &connector, &answer, receipt)),
                ("failed", _) => {
                    (badge(Tone::Bad, "failed"))
                    p { (sentence(answer.reason.as_deref().unwrap_or("it could not be made"))) }
                },
                (state, _) => {
                    (badge(Tone::Neutral, if state == "queued" { "waits" } else { "being made" }))
                    p role="status" data-reload="3000" { "The file is being made. This page looks again by itself; you can leave it and come back." }
                    p { a.button href=(address(&links, &connector, &id, "")) { "Look again" } }
                },
            }
            p.quiet { "The file is kept until " (full_time(answer.kept_until)) "." }
        }
    };
    let is_ready = matches!(answer.state.as_str(), "ready" | "failed");
    let layout = viewer.layout();
    Ok(if is_ready { layout.page("Download", &body) } else { layout.reloading_page("Download", &body) })
}

/// Leads to the file, by an address that is made for this click.
pub(crate) async fn fetch(
    viewer: Viewer,
    PathValue(id): PathValue<String>,
    Query(query): Query,
) -> Result<Response, PageError> {
    let (answer, _) = status(&viewer, &id, &query).await?;
    answer.url.map(|url| redirect(&url)).ok_or(PageError::NotFound)
}

async fn status(viewer: &Viewer, id: &str, query: &Form) -> Result<(DownloadAnswer, ConnectorId), PageError> {
    let connector = query.text("connector").parse::<ConnectorId>().ok();
    let archive = viewer.archive(connector.as_ref()).ok_or(PageError::NotFound)?;
    let request = DownloadStatusRequest { id: id.to_owned() };
    let answer = viewer.explorer.download_status(&viewer.asker(archive), request).await?;
    Ok((answer, archive.id.clone()))
}

fn ready(links: &Links, connector: &ConnectorId, answer: &DownloadAnswer, receipt: &Receipt) -> Markup {
    html! {
        (badge(Tone::Good, "ready"))
        p { a.button.primary href=(address(links, connector, &answer.id, "/file")) { "Download " (receipt.format.as_str()) ", " (size(receipt.size)) } }
        @if !receipt.whole {
            (notice(Tone::Warn, &html! { p { "The file does not have all events that match: it ends where a limit was reached, or something could not be read." } }))
        }
        h2 { "Receipt" }
        dl.rows {
            dt { "Events" } dd { (number(receipt.rows)) }
            dt { "Filter" } dd.mono { @let filter = receipt.filter.to_string(); @if filter.is_empty() { "all events" } @else { (filter) } }
            dt { "Parts" }
            dd {
                (count(receipt.parts.len() as u64, "part")) ", named with their signed hashes below"
                @if receipt.unsealed_rows > 0 { "; " (count(receipt.unsealed_rows, "event")) " in no part, so no manifest vouches for them" }
            }
            @if !receipt.missing.is_empty() { dt { "Not read" } dd { (count(receipt.missing.len() as u64, "part")) } }
            dt { "SHA-256 of the file" } dd.mono { (receipt.sha256) }
            dt { "Made" } dd { (full_time(receipt.made_at)) }
        }
        details {
            summary { "Parts and their hashes" }
            div.table tabindex="0" role="region" aria-label="Parts" {
                table {
                    thead { tr { th.number scope="col" { "Part" } th.number scope="col" { "Events" } th scope="col" { "SHA-256 of the part" } } }
                    tbody { @for part in &receipt.parts {
                        tr { th.number scope="row" { (number(part.number.get())) } td.number { (number(part.rows)) } td.mono { (part.sha256) } }
                    } }
                }
            }
        }
    }
}

fn address(links: &Links, connector: &ConnectorId, id: &str, what: &str) -> String {
    links.path(&format!("{DOWNLOADS}/{}{what}?connector={connector}", crate::address::encode(id)))
}
