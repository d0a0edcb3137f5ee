//! Refuses large bodies before anything parses them.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::error::PageError;

/// The maximum size of a body. The largest form has a pasted stack output of some kilobytes.
const MAX_BODY_BYTES: usize = 64 << 10;

pub(crate) async fn limit(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    match to_bytes(body, MAX_BODY_BYTES).await {
        Ok(bytes) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
        Err(_) => PageError::TooLarge.into_response(),
    }
}
