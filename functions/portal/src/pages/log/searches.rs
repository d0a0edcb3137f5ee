//! Who has searched the log: the tenant's own people and the vendor's see the same list.

use axum::response::Response;
use maud::{Markup, html};
use protocol::caller::Caller;
use protocol::exploration::{SearchId, SearchKind, SearchRecord};

use super::links::LOG;
use super::viewer::Viewer;
use crate::components::full_time;
use crate::error::PageError;
use crate::layout::ApiTwin;
use crate::tenant::Query;

const SEARCHES: &str = "/portal/log/searches";
/// How many a page has.
const PAGE: u32 = 50;

/// The page.
pub(crate) async fn show(viewer: Viewer, Query(query): Query) -> Result<Response, PageError> {
    let records = viewer.records().ok_or(PageError::NotFound)?;
    let before = query.text("before").parse::<SearchId>().ok();
    let page = records.records.searches(&records.by, &viewer.tenant, before.as_ref(), PAGE).await?;
    let (links, reader) = (viewer.links(), records.by.caller());
    let body = html! {
        div.head {
            p { a href=(links.path(LOG)) { "Back to the log" } }
            h1 { "Who has searched" }
            p.quiet { "Each question about your log is recorded for a year, the same one in an hour once. What was typed of persons is not kept." }
        }
        section.card {
            @if page.items.is_empty() { p { "Nobody has searched yet." } }
            @else { (list(&page.items, reader)) }
            nav.pages aria-label="Pages" {
                @if let Some(next) = &page.next { a href=(links.path(&format!("{SEARCHES}?before={next}"))) rel="next" { "Older" } }
            }
        }
    };
    let tenant = crate::address::encode(viewer.tenant.as_str());
    let layout = viewer.layout().twin(ApiTwin::get(format!("/v1/tenants/{tenant}/searches")));
    Ok(layout.page("Who has searched", &body))
}

fn list(searches: &[SearchRecord], reader: &Caller) -> Markup {
    html! {
        div.table tabindex="0" role="region" aria-label="Searches" {
            table {
                thead { tr {
                    th scope="col" { "When" }
                    th scope="col" { "Who" }
                    th scope="col" { "What" }
                    th scope="col" { "Filter" }
                } }
                tbody { @for search in searches {
                    tr {
                        td.nowrap { (full_time(search.at)) }
                        th scope="row" { (search.by.name_visible_to(reader).unwrap_or("the vendor")) }
                        td.nowrap { (words(search.kind)) }
                        td.mono { @if search.filter.as_str().is_empty() { "all events" } @else { (search.filter) } }
                    }
                } }
            }
        }
    }
}

const fn words(kind: SearchKind) -> &'static str {
    match kind {
        SearchKind::Rows => "looked at events",
        SearchKind::Counts => "counted events",
        SearchKind::Facets => "counted values",
        SearchKind::Fields => "looked at fields",
        SearchKind::Download => "made a file",
    }
}
