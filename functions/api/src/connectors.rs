//! Connectors as resources: create, list, read, update, delete.

use archive::names::{ConnectorId, TenantId};
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{HeaderValue, LOCATION};
use axum::response::Response;
use control::onboarding::{ConnectorView, DeletionLoss};
use control::setup::setup;
use ports::ConnectorFilter;
use protocol::caller::Caller;
use protocol::health::Status;
use serde::Serialize;

use crate::body::{EmptyBody, JsonBody};
use crate::caller::AuthenticatedCaller;
use crate::pagination::{NextCursor, QueryParams};
use crate::path::PathId;
use crate::preconditions::{IdempotencyKeyHeader, IfMatch};
use crate::problem::Problem;
use crate::responses::{Detail, DetailExtras, Settings, json, json_with_etag};
use crate::{Api, requests};

/// `POST /v1/connectors`.
pub(crate) async fn create(
    State(api): State<Api>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    IdempotencyKeyHeader(key): IdempotencyKeyHeader,
    query: QueryParams,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    query.finish()?;
    let new = requests::parse_create(body, &caller, key, &api.onboarding.partitions)?;
    let created = api.onboarding.create(&caller, new).await?;
    let quick_create_url = setup(&created, &api.onboarding.vendor).quick_create_url;
    let extras = DetailExtras { quick_create_url, ..DetailExtras::default() };
    let mut response = detail_with(&api, &caller, &created.id, StatusCode::CREATED, extras).await?;
    let path = format!("/v1/connectors/{}", created.id);
    response.headers_mut().extend(HeaderValue::from_str(&path).ok().map(|path| (LOCATION, path)));
    Ok(response)
}

#[derive(Serialize)]
struct ConnectorList<'a> {
    connectors: Vec<Settings<'a>>,
    #[serde(flatten)]
    next: NextCursor,
}

/// `GET /v1/connectors`. Deleted connectors are listed only on request.
pub(crate) async fn list(
    State(api): State<Api>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    mut query: QueryParams,
) -> Result<Response, Problem> {
    let tenant: Option<TenantId> = query.take("tenant")?;
    let deleted = query.take("deleted")?.unwrap_or(false);
    let page = query.page("connector")?;
    let filter = ConnectorFilter { tenant: tenant.as_ref(), include_deleted: deleted };
    let found = api.onboarding.list(&caller, filter, page.cursor.as_ref(), page.limit_plus_one()).await?;
    let (found, next_cursor) = page.split(found, |connector| connector.id.clone());
    let connectors = found.iter().map(Settings::of).collect();
    json(StatusCode::OK, &ConnectorList { connectors, next: NextCursor { next_cursor } })
}

/// `GET /v1/connectors/{id}`.
pub(crate) async fn read(
    State(api): State<Api>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathId(id): PathId,
    query: QueryParams,
) -> Result<Response, Problem> {
    query.finish()?;
    detail(&api, &caller, &id, StatusCode::OK).await
}

/// `PATCH /v1/connectors/{id}`. A new destination is verified at once, and the response contains the result.
pub(crate) async fn update(
    State(api): State<Api>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathId(id): PathId,
    IfMatch(version): IfMatch,
    query: QueryParams,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    query.finish()?;
    let edit = requests::parse_update(body)?;
    let verification = api.onboarding.update(&caller, &id, version, edit, |_| ()).await?.verification;
    let extras = DetailExtras { verification, ..DetailExtras::default() };
    detail_with(&api, &caller, &id, StatusCode::OK, extras).await
}

#[derive(Serialize)]
struct Deleted<'a> {
    #[serde(flatten)]
    connector: Settings<'a>,
    lost: DeletionLoss,
}

/// `DELETE /v1/connectors/{id}`. The response first says what would be lost, which the caller must accept.
pub(crate) async fn delete(
    State(api): State<Api>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathId(id): PathId,
    IfMatch(version): IfMatch,
    mut query: QueryParams,
    _: EmptyBody,
) -> Result<Response, Problem> {
    let accepted = query.take::<bool>("accept_loss")?.unwrap_or(false);
    query.finish()?;
    let (deleted, lost) = api.onboarding.delete(&caller, &id, version, accepted).await?;
    json(StatusCode::OK, &Deleted { connector: Settings::of(&deleted), lost })
}

/// The response for one connector in its current state.
pub(crate) async fn detail(
    api: &Api,
    caller: &Caller,
    id: &ConnectorId,
    status: StatusCode,
) -> Result<Response, Problem> {
    detail_with(api, caller, id, status, DetailExtras::default()).await
}

/// The same, with additional fields.
pub(crate) async fn detail_with(
    api: &Api,
    caller: &Caller,
    id: &ConnectorId,
    status: StatusCode,
    extras: DetailExtras,
) -> Result<Response, Problem> {
    let ConnectorView { connector, cursor } = api.onboarding.read(caller, id).await?;
    let addresses = api.onboarding.addresses(caller, &connector).await?;
    let contacts_hint = api.onboarding.contacts_warning(&addresses);
    let extras = DetailExtras { addresses, contacts_hint, ..extras };
    let last = api.onboarding.newest_delivered(caller, id, cursor.as_ref()).await?;
    let now = api.onboarding.clock.now();
    let connector_status = Status::of(&connector, cursor.as_ref(), last.as_ref(), api.onboarding.timing, now);
    json_with_etag(status, &Detail::of(&connector, &connector_status, last.as_ref(), extras))
}
