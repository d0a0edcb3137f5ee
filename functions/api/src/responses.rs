//! Successful responses.

use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, ETAG, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::etag::etag;
use crate::problem::Problem;

pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Result<Response, Problem> {
    let bytes = serde_json::to_vec(body).map_err(|_| Problem::unserializable())?;
    Ok((status, [(CONTENT_TYPE, HeaderValue::from_static("application/json"))], bytes).into_response())
}

/// A JSON response with the version as its `ETag`.
pub(crate) fn json_with_etag(
    status: StatusCode,
    version: u64,
    body: &impl Serialize,
) -> Result<Response, Problem> {
    let mut response = json(status, body)?;
    response.headers_mut().extend(etag(version).map(|tag| (ETAG, tag)));
    Ok(response)
}
