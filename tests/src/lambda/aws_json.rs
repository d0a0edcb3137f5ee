//! The AWS JSON protocol as a service sees it: the checks of a request before its content, and the form of an
//! error response.
//!
//! Sources: Smithy specification, "AWS JSON 1.0 protocol" and "AWS JSON 1.1 protocol"; AWS IAM user guide,
//! "Create a signed AWS API request".

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::{Value, json};

/// One operation of a service.
#[derive(Debug)]
pub(super) struct Operation {
    /// The value of `x-amz-target`.
    pub(super) target: &'static str,
    /// The content type, with the protocol's version in it.
    pub(super) content_type: &'static str,
    /// The service's name in a signature's scope.
    pub(super) signed_for: &'static str,
}

/// An error response to a whole request.
#[derive(Debug)]
pub(super) struct ErrorResponse {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl ErrorResponse {
    /// An error response with status 400.
    pub(super) fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code, message: message.into() }
    }

    /// An error response with status 403.
    pub(super) fn forbidden(code: &'static str, message: impl Into<String>) -> Self {
        Self { status: StatusCode::FORBIDDEN, ..Self::bad_request(code, message) }
    }
}

impl IntoResponse for ErrorResponse {
    fn into_response(self) -> Response {
        let body = json!({ "__type": self.code, "message": self.message }).to_string();
        (self.status, [("content-type", "application/x-amz-json-1.0")], body).into_response()
    }
}

impl Operation {
    /// The content of a request to this operation.
    pub(super) fn read(&self, headers: &HeaderMap, body: &[u8]) -> Result<Value, ErrorResponse> {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if header("x-amz-target") != self.target {
            let message = format!("{} is not {}", header("x-amz-target"), self.target);
            return Err(ErrorResponse::bad_request("UnknownOperationException", message));
        }
        if header("content-type") != self.content_type {
            return Err(ErrorResponse::bad_request("SerializationException", "another content type"));
        }
        self.check_signature(header("authorization"), header("x-amz-date"))
            .map_err(|invalid| ErrorResponse::forbidden("IncompleteSignatureException", invalid))?;
        serde_json::from_slice(body)
            .map_err(|error| ErrorResponse::bad_request("SerializationException", error.to_string()))
    }

    /// Checks that a signature of version 4 for this service covers what names the operation. It is not
    /// verified: these stand-ins have no keys.
    fn check_signature(&self, authorization: &str, date: &str) -> Result<(), String> {
        let invalid = |what: &str| format!("{what}: {authorization}, x-amz-date: {date}");
        let parts =
            authorization.strip_prefix("AWS4-HMAC-SHA256 ").ok_or_else(|| invalid("not of version 4"))?;
        let part = |name: &str| {
            let mut parts = parts.split(',').map(str::trim);
            parts.find_map(|part| part.strip_prefix(name)).ok_or_else(|| invalid(name))
        };
        let scope: Vec<&str> = part("Credential=")?.split('/').collect();
        let [_, day, _, service, "aws4_request"] = scope.as_slice() else { return Err(invalid("no scope")) };
        if *service != self.signed_for || !date.starts_with(&format!("{day}T")) {
            return Err(invalid("of another service or day"));
        }
        let signed: Vec<&str> = part("SignedHeaders=")?.split(';').collect();
        if !["host", "x-amz-date", "x-amz-target"].iter().all(|name| signed.contains(name)) {
            return Err(invalid("not over all that must be signed"));
        }
        let signature = part("Signature=")?;
        let is_signature = signature.len() == 64 && signature.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_signature { Ok(()) } else { Err(invalid("no signature")) }
    }

    pub(super) fn answer(&self, content: &Value) -> Response {
        ([("content-type", self.content_type)], content.to_string()).into_response()
    }
}

/// A response that breaks off.
pub(super) fn truncated_response() -> Response {
    let error = stream::iter([Err::<Bytes, _>(std::io::Error::other("the connection breaks off"))]);
    Body::from_stream(error).into_response()
}

/// The entries of a batch; empty if they are not a list.
pub(super) fn entries(content: &mut Value) -> Vec<Value> {
    match content["Entries"].take() {
        Value::Array(entries) => entries,
        _ => Vec::new(),
    }
}

/// A string of an entry; empty if it is missing.
pub(super) fn text<'a>(entry: &'a Value, name: &str) -> &'a str {
    entry[name].as_str().unwrap_or_default()
}
