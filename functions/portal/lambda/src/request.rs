//! The request of an API Gateway event, with the address that it came from.

use aws::http_api::{EventError, GatewayRequest};
use axum::body::Body;
use axum::extract::Request;
use axum::http::{StatusCode, Uri};
use portal::SourceIp;
use serde::de::IgnoredAny;

/// The request of an event. One whose path no page can have becomes a request for `/`, which the router
/// answers with its page for unknown addresses.
///
/// # Errors
/// The status of the answer to an event that API Gateway does not send.
pub(crate) fn request(event: &str) -> Result<Request, StatusCode> {
    match GatewayRequest::<IgnoredAny>::from_event(event) {
        Ok(GatewayRequest { http, source_ip, .. }) => {
            let mut request = http.map(Body::from);
            if let Some(address) = source_ip {
                request.extensions_mut().insert(SourceIp(address));
            }
            Ok(request)
        }
        Err(EventError::UnknownPath) => {
            let mut request = Request::new(Body::empty());
            *request.uri_mut() = Uri::from_static("/");
            Ok(request)
        }
        Err(EventError::Malformed(_)) => Err(StatusCode::BAD_REQUEST),
    }
}
