//! The actions on a connector, besides changes of its settings.

use axum::http::StatusCode;
use axum::response::Response;

use crate::body::EmptyBody;
use crate::pagination::QueryParams;
use crate::preconditions::{IdempotencyKeyHeader, IfMatch};
use crate::problem::Problem;
use crate::responses::json;
use crate::target::{Action, Target};
use crate::views::RunAccepted;

/// `POST …/verify`. A failed verification is a normal response; a verification that can't be made is a
/// problem.
pub(crate) async fn verify(Action { target, version, .. }: Action) -> Result<Response, Problem> {
    json(StatusCode::OK, &target.onboarding.verify(&target.caller, &target.id, version, |_| ()).await?)
}

/// `POST …/activate`: verifies, and activates if that passed.
pub(crate) async fn activate(Action { target, version, .. }: Action) -> Result<Response, Problem> {
    target.onboarding.activate(&target.caller, &target.id, version, |_| ()).await?;
    target.detail(StatusCode::OK).await
}

/// `POST …/pause`: delivery stops, sealing goes on.
pub(crate) async fn pause(Action { target, version, .. }: Action) -> Result<Response, Problem> {
    target.onboarding.pause(&target.caller, &target.id, version).await?;
    target.detail(StatusCode::OK).await
}

/// `POST …/resume`: verifies, and resumes delivery if that passed.
pub(crate) async fn resume(Action { target, version, .. }: Action) -> Result<Response, Problem> {
    target.onboarding.resume(&target.caller, &target.id, version, |_| ()).await?;
    target.detail(StatusCode::OK).await
}

/// `POST …/disable`: stops everything, keeps everything for 30 days.
pub(crate) async fn disable(Action { target, version, .. }: Action) -> Result<Response, Problem> {
    target.onboarding.disable(&target.caller, &target.id, version).await?;
    target.detail(StatusCode::OK).await
}

/// `POST …/enable`: enables a disabled connector again.
pub(crate) async fn enable(Action { target, version, .. }: Action) -> Result<Response, Problem> {
    target.onboarding.enable(&target.caller, &target.id, version).await?;
    target.detail(StatusCode::OK).await
}

/// `POST …/rotate-external-id`: creates the next external ID. A repeated request creates another one; the
/// current ID stays valid.
pub(crate) async fn rotate_external_id(Action { target, version, .. }: Action) -> Result<Response, Problem> {
    target.onboarding.rotate_external_id(&target.caller, &target.id, version).await?;
    target.detail(StatusCode::OK).await
}

/// `POST …/run`: requests a run now, once for each idempotency key. The run starts with the dispatcher's
/// next tick, or, if a run is in progress, with the first tick after its end.
pub(crate) async fn run(
    target: Target,
    IfMatch(version): IfMatch,
    query: QueryParams,
    IdempotencyKeyHeader(key): IdempotencyKeyHeader,
    _: EmptyBody,
) -> Result<Response, Problem> {
    query.finish()?;
    let up_to = target.onboarding.run(&target.caller, &target.id, version, key.as_ref()).await?;
    json(StatusCode::ACCEPTED, &RunAccepted { connector: &target.id, up_to })
}
