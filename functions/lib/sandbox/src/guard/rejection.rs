//! The responses to requests that the guard rejects, in the format that the server's clients read.

use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

/// Why a request is rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum GuardError {
    /// It names another host; the value is one of the valid names.
    Host(String),
    /// A web page of another origin sent it.
    Origin,
    /// The sender is not known to be the owner.
    Unauthenticated,
}

/// The format of an error response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Problem details (RFC 9457), as in the API.
    Problem,
    /// JSON as in DynamoDB.
    AwsJson,
    /// XML as in S3 and STS.
    AwsXml,
}

impl GuardError {
    fn message(&self) -> String {
        match self {
            Self::Host(host) => format!(
                "The request's Host is not this server's. It serves this machine only: use http://{host}."
            ),
            Self::Origin => {
                "A web page of another origin sent this request. This server serves programs on this machine \
                 only."
                    .to_owned()
            }
            Self::Unauthenticated => {
                "This server is for the user who started it. If the user can't be determined, send the token that `serve` has \
                 printed, which is also in the file `token` of its folder: authorization: Bearer TOKEN"
                    .to_owned()
            }
        }
    }
}

impl Dialect {
    /// The error response in this format.
    pub(crate) fn response(self, error: &GuardError) -> Response {
        let message = error.message();
        match self {
            Self::Problem if *error == GuardError::Unauthenticated => {
                let mut response = problem(StatusCode::UNAUTHORIZED, "unauthenticated", &message);
                let bearer = axum::http::HeaderValue::from_static("Bearer");
                response.headers_mut().insert(WWW_AUTHENTICATE, bearer);
                response
            }
            Self::Problem => problem(StatusCode::FORBIDDEN, "forbidden", &message),
            Self::AwsJson => aws_json(StatusCode::FORBIDDEN, "AccessDeniedException", &message),
            Self::AwsXml => {
                // Nothing in it needs escaping, as a host name can't contain special characters.
                let xml = format!(
                    "<?xml version=\"1.0\" \
                     encoding=\"UTF-8\"?><Error><Code>AccessDenied</Code><Message>{message}</Message></Error>"
                );
                (StatusCode::FORBIDDEN, [(CONTENT_TYPE, "application/xml")], xml).into_response()
            }
        }
    }
}

/// A problem of the API's own types, as in infra/openapi.yaml.
fn problem(status: StatusCode, code: &str, message: &str) -> Response {
    let title = status.canonical_reason().unwrap_or_default();
    let body = json!({
        "type": format!("urn:auditferry:problem:{code}"), "title": title, "status": status.as_u16(), "code": code, "detail": message,
    });
    (status, [(CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response()
}

/// An error of an AWS service with a JSON protocol.
pub(crate) fn aws_json(status: StatusCode, code: &str, message: &str) -> Response {
    let body = json!({ "__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": message });
    (status, [(CONTENT_TYPE, "application/x-amz-json-1.0")], body.to_string()).into_response()
}
