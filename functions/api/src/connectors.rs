//! Connectors as resources: create, list, read, update, delete.

use archive::names::TenantId;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{HeaderValue, LOCATION};
use axum::response::Response;
use control::setup::setup;
use ports::ConnectorFilter;

use crate::body::{EmptyBody, JsonBody};
use crate::caller::{Authenticated, AuthenticatedCaller};
use crate::pagination::QueryParams;
use crate::preconditions::{IdempotencyKeyHeader, IfMatch};
use crate::problem::Problem;
use crate::responses::json;
use crate::target::{Action, Target};
use crate::views::{ConnectorPage, Deleted, DetailExtras, Settings};
use crate::{Api, requests};

/// `POST /v1/connectors`.
pub(crate) async fn create(
    State(api): State<Api>,
    AuthenticatedCaller(Authenticated { caller, .. }): AuthenticatedCaller,
    IdempotencyKeyHeader(key): IdempotencyKeyHeader,
    query: QueryParams,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    query.finish()?;
    let onboarding = api.onboarding;
    let new = requests::parse_create(body, &caller, key, &onboarding.partitions)?;
    let created = onboarding.create(&caller, new).await?;
    let quick_create_url = setup(&created, &onboarding.vendor).quick_create_url;
    let extras = DetailExtras { quick_create_url, ..DetailExtras::default() };
    let path = format!("/v1/connectors/{}", created.id);
    let target = Target { onboarding, caller, id: created.id };
    let mut response = target.detail_with(StatusCode::CREATED, extras).await?;
    response.headers_mut().extend(HeaderValue::from_str(&path).ok().map(|path| (LOCATION, path)));
    Ok(response)
}

/// `GET /v1/connectors`. Deleted connectors are listed only on request.
pub(crate) async fn list(
    State(api): State<Api>,
    AuthenticatedCaller(Authenticated { caller, .. }): AuthenticatedCaller,
    mut query: QueryParams,
) -> Result<Response, Problem> {
    let tenant: Option<TenantId> = query.take("tenant")?;
    let deleted = query.take("deleted")?.unwrap_or(false);
    let page = query.page("connector")?;
    let filter = ConnectorFilter { tenant: tenant.as_ref(), include_deleted: deleted };
    let found = api.onboarding.list(&caller, filter, page.cursor.as_ref(), page.limit_plus_one()).await?;
    let (found, next_cursor) = page.split(found, |connector| connector.id.clone());
    let connectors = found.iter().map(Settings::of).collect();
    json(StatusCode::OK, &ConnectorPage { connectors, next_cursor })
}

/// `GET /v1/connectors/{id}`.
pub(crate) async fn read(target: Target, query: QueryParams) -> Result<Response, Problem> {
    query.finish()?;
    target.detail(StatusCode::OK).await
}

/// `PATCH /v1/connectors/{id}`. A new destination is verified at once, and the response contains the result.
pub(crate) async fn update(
    Action { target, version, body: JsonBody(body) }: Action<JsonBody>,
) -> Result<Response, Problem> {
    let edit = requests::parse_update(body)?;
    let updated = target.onboarding.update(&target.caller, &target.id, version, edit, |_| ()).await?;
    let extras = DetailExtras { verification: updated.verification, ..DetailExtras::default() };
    target.detail_with(StatusCode::OK, extras).await
}

/// `DELETE /v1/connectors/{id}`. The response first says what would be lost, which the caller must accept.
pub(crate) async fn delete(
    target: Target,
    IfMatch(version): IfMatch,
    mut query: QueryParams,
    _: EmptyBody,
) -> Result<Response, Problem> {
    let accepted = query.take::<bool>("accept_loss")?.unwrap_or(false);
    query.finish()?;
    let (deleted, lost) = target.onboarding.delete(&target.caller, &target.id, version, accepted).await?;
    json(StatusCode::OK, &Deleted { connector: Settings::of(&deleted), lost })
}
