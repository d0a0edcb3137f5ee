//! The headers of every answer. A test walks all routes and checks them.
//!
//! `Referrer-Policy` is `same-origin`, not `no-referrer`: with the latter a browser sends `Origin: null` with
//! a form (Fetch standard, "append a request `Origin` header"), and `cross_site` could not distinguish it
//! from a stranger's.
//!
//! Source of the list: OWASP Cheat Sheet Series, "HTTP Security Response Headers".

use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::middleware::Next;
use axum::response::Response;

/// Everything is refused that the pages do not need. Nothing is loaded from elsewhere and nothing is inline.
/// Forms may lead to the portal alone.
pub(crate) const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, HeaderValue); 8] = [
    (CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_POLICY)),
    (REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ),
];

/// Pages whose own address holds a secret. A browser then sends the portal's origin alone, even to the portal
/// itself: with `same-origin` the next page could read the secret as its referrer.
const WITH_SECRET: [&str; 2] = ["/portal/enter/", "/portal/confirm/"];

/// Sets them. An answer that names no caching of its own is never stored.
pub(crate) async fn set(request: Request, next: Next) -> Response {
    let has_secret = WITH_SECRET.iter().any(|start| request.uri().path().starts_with(start));
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, value);
    }
    if has_secret {
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("strict-origin"));
    }
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
