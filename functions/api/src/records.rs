//! The read-only resources of a connector: its exports, its timeline, its changes, and the
//! customer's setup.

use archive::part::PartNumber;
use axum::http::StatusCode;
use axum::response::Response;

use crate::pagination::QueryParams;
use crate::problem::Problem;
use crate::responses::json;
use crate::target::Target;
use crate::views::{ChangePage, ChangeView, ExportPage, ExportView, TimelineView};

/// `GET /v1/connectors/{id}/exports`, newest first.
pub(crate) async fn exports(
    Target { onboarding, caller, id }: Target,
    query: QueryParams,
) -> Result<Response, Problem> {
    let page = query.page("part")?;
    let connector = onboarding.read(&caller, &id).await?.connector;
    let before = page.cursor.map(PartNumber::new);
    let parts = onboarding.exports(&caller, &id, before, page.limit_plus_one()).await?;
    let (parts, next_cursor) = page.split(parts, |part| part.number.get());
    let exports = parts.iter().map(|part| ExportView::of(part, &connector)).collect();
    json(StatusCode::OK, &ExportPage { exports, next_cursor })
}

/// `GET /v1/connectors/{id}/changes`, newest first.
pub(crate) async fn changes(
    Target { onboarding, caller, id }: Target,
    query: QueryParams,
) -> Result<Response, Problem> {
    let page = query.page("change")?;
    let changes = onboarding.changes(&caller, &id, page.cursor, page.limit_plus_one()).await?;
    let (changes, next_cursor) = page.split(changes, |change| change.version);
    let changes = changes.iter().map(|change| ChangeView::of(change, &caller)).collect();
    json(StatusCode::OK, &ChangePage { changes, next_cursor })
}

/// `GET /v1/connectors/{id}/timeline`.
pub(crate) async fn timeline(
    Target { onboarding, caller, id }: Target,
    query: QueryParams,
) -> Result<Response, Problem> {
    query.finish()?;
    let timeline = onboarding.timeline(&caller, &id).await?;
    json(StatusCode::OK, &TimelineView::of(timeline.as_ref()))
}

/// `GET /v1/connectors/{id}/setup`.
pub(crate) async fn setup(
    Target { onboarding, caller, id }: Target,
    query: QueryParams,
) -> Result<Response, Problem> {
    query.finish()?;
    json(StatusCode::OK, &onboarding.setup(&caller, &id).await?)
}
