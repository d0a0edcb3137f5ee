//! Entity tags: the version of a record as HTTP has it.

use axum::http::header::HeaderValue;

/// The entity tag of a version, quoted (RFC 9110, section 8.8.3).
pub(crate) fn etag(version: u64) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("\"{version}\"")).ok()
}
