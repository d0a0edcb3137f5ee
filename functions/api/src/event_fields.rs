//! Where the fields are in a connector's events: the mapping that was guessed, or that an operator sets in
//! its place. Nothing here reads an event.

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use control::explorer_records::{ExplorerCaller, ExplorerRecords};

use crate::Api;
use crate::body::JsonBody;
use crate::fields::Fields;
use crate::pagination::QueryParams;
use crate::problem::Problem;
use crate::responses::json;
use crate::target::Target;
use crate::views::EventFieldSetting;

/// The mapping of the connector that a request names.
pub(crate) struct Mapping {
    records: ExplorerRecords,
    by: ExplorerCaller,
    target: Target,
}

impl FromRequestParts<Api> for Mapping {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let target = Target::from_request_parts(parts, api).await?;
        Ok(Self { records: api.records.clone(), by: target.caller.clone().into(), target })
    }
}

/// `GET /v1/connectors/{id}/event-fields`.
pub(crate) async fn read(mapping: Mapping, query: QueryParams) -> Result<Response, Problem> {
    query.finish()?;
    let Mapping { records, by, target } = mapping;
    let stored = records.mapping(&by, &target.id).await?;
    json(StatusCode::OK, &EventFieldSetting::of(stored.as_ref(), &target.caller))
}

/// `PUT /v1/connectors/{id}/event-fields`. A repeated request changes nothing.
pub(crate) async fn set(
    mapping: Mapping,
    query: QueryParams,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    query.finish()?;
    let text = fields(body)?;
    let Mapping { records, by, target } = mapping;
    let stored = records.set_mapping(&by, &target.id, &text).await?;
    json(StatusCode::OK, &EventFieldSetting::of(Some(&stored), &target.caller))
}

/// The body of a mapping: the name of a preset, or where each field is.
pub(crate) fn fields(mut body: Fields) -> Result<String, Problem> {
    let text = body.text_or_json("fields");
    let text = body.required("fields", text);
    body.finish()?;
    Ok(text.unwrap_or_default())
}
