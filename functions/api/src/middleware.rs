//! Middleware for every request and every response.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, CONTENT_LENGTH, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::problem::Problem;

/// The maximum size of a body. The largest useful one is about 2 KiB.
pub(crate) const MAX_BODY_BYTES: usize = 64 << 10;

/// Rejects larger bodies before anything parses them; with a larger `Content-Length`, without reading them.
pub(crate) async fn limit_body(request: Request, next: Next) -> Response {
    let content_length =
        request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if content_length.is_some_and(|length: u64| length > MAX_BODY_BYTES as u64) {
        return Problem::too_large().into_response();
    }
    let (parts, body) = request.into_parts();
    match to_bytes(body, MAX_BODY_BYTES).await {
        Ok(bytes) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
        Err(error) if exceeds_limit(&error) => Problem::too_large().into_response(),
        Err(_) => Problem::malformed("The body is incomplete.").into_response(),
    }
}

fn exceeds_limit(error: &axum::Error) -> bool {
    let source = std::error::Error::source(error);
    source.is_some_and(<dyn std::error::Error>::is::<http_body_util::LengthLimitError>)
}

/// Responses are for the caller only, and may be outdated a moment later.
pub(crate) async fn no_store(response: Response) -> Response {
    with_no_store(response)
}

/// Adds `Cache-Control: no-store` and `X-Content-Type-Options: nosniff`.
pub(crate) fn with_no_store(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
