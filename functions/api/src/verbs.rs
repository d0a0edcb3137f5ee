//! The actions on a connector, besides changes of its settings.

use archive::names::ConnectorId;
use archive::time::Time;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;

use crate::Api;
use crate::body::EmptyBody;
use crate::caller::AuthenticatedCaller;
use crate::connectors::detail;
use crate::pagination::QueryParams;
use crate::path::PathId;
use crate::preconditions::{IdempotencyKeyHeader, IfMatch};
use crate::problem::Problem;
use crate::responses::json;

/// The extractors of every action.
pub(crate) type VerbRequest = (State<Api>, AuthenticatedCaller, PathId, IfMatch, QueryParams);

/// `POST …/verify`. A failed verification is a normal response; a verification that can't be made is a
/// problem.
pub(crate) async fn verify(
    (State(api), AuthenticatedCaller(caller), PathId(id), IfMatch(version), query): VerbRequest,
    _: EmptyBody,
) -> Result<Response, Problem> {
    query.finish()?;
    json(StatusCode::OK, &api.onboarding.verify(&caller, &id, version, |_| ()).await?)
}

/// `POST …/activate`: verifies, and activates if that passed.
pub(crate) async fn activate(
    (State(api), AuthenticatedCaller(caller), PathId(id), IfMatch(version), query): VerbRequest,
    _: EmptyBody,
) -> Result<Response, Problem> {
    query.finish()?;
    api.onboarding.activate(&caller, &id, version, |_| ()).await?;
    detail(&api, &caller, &id, StatusCode::OK).await
}

/// `POST …/pause`: delivery stops, sealing goes on.
pub(crate) async fn pause(
    (State(api), AuthenticatedCaller(caller), PathId(id), IfMatch(version), query): VerbRequest,
    _: EmptyBody,
) -> Result<Response, Problem> {
    query.finish()?;
    api.onboarding.pause(&caller, &id, version).await?;
    detail(&api, &caller, &id, StatusCode::OK).await
}

/// `POST …/resume`: verifies, and resumes delivery if that passed.
pub(crate) async fn resume(
    (State(api), AuthenticatedCaller(caller), PathId(id), IfMatch(version), query): VerbRequest,
    _: EmptyBody,
) -> Result<Response, Problem> {
    query.finish()?;
    api.onboarding.resume(&caller, &id, version, |_| ()).await?;
    detail(&api, &caller, &id, StatusCode::OK).await
}

/// `POST …/disable`: stops everything, keeps everything for 30 days.
pub(crate) async fn disable(
    (State(api), AuthenticatedCaller(caller), PathId(id), IfMatch(version), query): VerbRequest,
    _: EmptyBody,
) -> Result<Response, Problem> {
    query.finish()?;
    api.onboarding.disable(&caller, &id, version).await?;
    detail(&api, &caller, &id, StatusCode::OK).await
}

/// `POST …/enable`: enables a disabled connector again.
pub(crate) async fn enable(
    (State(api), AuthenticatedCaller(caller), PathId(id), IfMatch(version), query): VerbRequest,
    _: EmptyBody,
) -> Result<Response, Problem> {
    query.finish()?;
    api.onboarding.enable(&caller, &id, version).await?;
    detail(&api, &caller, &id, StatusCode::OK).await
}

/// `POST …/rotate-external-id`: creates the next external ID. A repeated request creates another one; the
/// current ID stays valid.
pub(crate) async fn rotate_external_id(
    (State(api), AuthenticatedCaller(caller), PathId(id), IfMatch(version), query): VerbRequest,
    _: EmptyBody,
) -> Result<Response, Problem> {
    query.finish()?;
    api.onboarding.rotate_external_id(&caller, &id, version).await?;
    detail(&api, &caller, &id, StatusCode::OK).await
}

#[derive(Serialize)]
struct RunAccepted {
    connector: ConnectorId,
    up_to: Time,
}

/// `POST …/run`: requests a run now, once for each idempotency key. The run starts with the dispatcher's next
/// tick, or, if a run is in progress, with the first tick after its end.
pub(crate) async fn run(
    (State(api), AuthenticatedCaller(caller), PathId(id), IfMatch(version), query): VerbRequest,
    IdempotencyKeyHeader(key): IdempotencyKeyHeader,
    _: EmptyBody,
) -> Result<Response, Problem> {
    query.finish()?;
    let up_to = api.onboarding.run(&caller, &id, version, key.as_ref()).await?;
    json(StatusCode::ACCEPTED, &RunAccepted { connector: id, up_to })
}
