//! Who has searched a tenant's log, which the tenant sees.

use axum::http::StatusCode;
use axum::response::Response;

use crate::log::TenantRecords;
use crate::pagination::Page;
use crate::problem::Problem;
use crate::responses::json;
use crate::views::{SearchPage, SearchView};

/// `GET /v1/tenants/{tenant}/searches`, the newest hour first.
pub(crate) async fn list(kept: TenantRecords) -> Result<Response, Problem> {
    let TenantRecords { records, mut query, tenant, by } = kept;
    let page = Page::of(&mut query, "search");
    query.finish()?;
    let found = records.searches(&by, &tenant, page.cursor.as_ref(), page.limit()).await?;
    let searches = found.items.iter().map(|search| SearchView::of(search, by.caller())).collect();
    let next_cursor = found.next.map(|next| page.cursor_at(&next));
    json(StatusCode::OK, &SearchPage { searches, next_cursor })
}
