//! Errors as problem details (RFC 9457).
//!
//! `type` and `code` identify the problem and never change. `detail` is for people, and contains a remedy if
//! one exists. No problem contains an external ID or another tenant's data.

mod code;
mod from_domain;
mod redact;

use archive::time::Time;
use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, ETAG, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::response::{IntoResponse, Response};
use control::budget::BudgetExhaustedError;
use control::onboarding::{DeletionLoss, Difference, KeyReusedError};
use control::preflight::PreflightReport;
use protocol::budget::Budget;
use serde::Serialize;

pub(crate) use self::code::Code;
use self::from_domain::sentence;
use crate::etag::etag;
use crate::wire::wire;

/// The prefix of `type`; the code follows.
const TYPE: &str = "urn:auditferry:problem:";
/// `Retry-After` of a temporary failure, in seconds.
const RETRY_AFTER_SECONDS: &str = "2";

/// The maximum number of errors in a response: its size must not grow with the request.
const MAX_ERRORS: usize = 20;

/// A problem. Boxed, since it is rare and is the error type of many signatures.
#[derive(Debug, Clone)]
pub(crate) struct Problem(Box<Details>);

wire! {
    /// RFC 9457.
    #[derive(Debug, Clone, Serialize)]
    pub(crate) struct Details as "Problem" {
        #[serde(rename = "type")]
        kind: String => {"pattern": format!("^{TYPE}[a-z_]+$")},
        title: &'static str,
        #[serde(serialize_with = "serialize_status")]
        status: StatusCode,
        detail: String,
        code: Code,
        /// At most 20; `detail` says how many are omitted.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        errors: Vec<FieldError> => {"maxItems": MAX_ERRORS},
        #[serde(skip_serializing_if = "Option::is_none")]
        current_version: Option<u64> => {"minimum": 1},
        #[serde(skip_serializing_if = "Option::is_none")]
        verification: Option<Box<PreflightReport>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        loss: Option<DeletionLoss>,
        #[serde(flatten)]
        budget: Option<ExhaustedBudget>,
        /// Of an internal error; its cause is in the log under this ID. Every response has it as
        /// `X-Request-Id`.
        #[serde(skip_serializing_if = "Option::is_none")]
        request_id: Option<String> => {"pattern": "^[!-~]{1,128}$"},
    }
}

wire! {
    /// The exhausted budget, and when it is available again. Without `frees_at` it is available only after
    /// something is released.
    #[derive(Debug, Clone, Serialize)]
    pub(crate) struct ExhaustedBudget {
        #[serde(serialize_with = "serialize_budget")]
        budget: Budget,
        /// Size of the budget.
        limit: u32 => {"minimum": 1},
        #[serde(skip_serializing_if = "Option::is_none")]
        frees_at: Option<Time>,
        #[serde(skip)]
        retry_after: u64,
    }
}

wire! {
    /// An error in one field, or in one parameter of the query.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
    pub(crate) struct FieldError {
        /// JSON pointer (RFC 6901) to the field; empty for the body itself. A parameter's is `/` and its
        /// name.
        pub(crate) pointer: String,
        /// What is wrong, and the expected format.
        pub(crate) detail: String,
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn serialize_status<S: serde::Serializer>(status: &StatusCode, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_u16(status.as_u16())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn serialize_budget<S: serde::Serializer>(budget: &Budget, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(budget.as_str())
}

impl Problem {
    fn new(code: Code, detail: impl Into<String>) -> Self {
        Self(Box::new(Details {
            kind: format!("{TYPE}{}", code.as_str()),
            title: code.title(),
            status: code.status(),
            detail: detail.into(),
            code,
            errors: Vec::new(),
            current_version: None,
            verification: None,
            loss: None,
            budget: None,
            request_id: None,
        }))
    }

    /// 401: the request is not authenticated.
    pub(crate) fn unauthenticated() -> Self {
        let detail = "Sign the request with SigV4 as the vendor, or send a token with a tenant claim.";
        Self::new(Code::Unauthenticated, detail)
    }

    /// 403: only an operator may do this.
    pub(crate) fn forbidden(what: &str) -> Self {
        let detail = format!("{what}: only an operator may do this.");
        Self::new(Code::Forbidden, detail)
    }

    /// 404: the connector does not exist or belongs to another tenant; the two can't be distinguished.
    pub(crate) fn not_found() -> Self {
        let detail = "No connector with this ID.";
        Self::new(Code::NotFound, detail)
    }

    /// 404: the tenant has no log, or it is another tenant's; the two can't be distinguished.
    pub(crate) fn no_log() -> Self {
        Self::new(Code::NoSuchLog, "No log of a tenant with this ID.")
    }

    /// 404: the text is not the ID of a download.
    pub(crate) fn no_such_download() -> Self {
        Self::new(Code::NoSuchLog, "No download with this ID.")
    }

    /// 404: the tenant has no such exploration, or the text is not the ID of one.
    pub(crate) fn no_such_exploration() -> Self {
        Self::new(Code::NoSuchLog, "No saved exploration with this ID.")
    }

    /// 404: the link does not exist or belongs to another tenant; the two can't be distinguished.
    pub(crate) fn no_such_link() -> Self {
        Self::new(Code::NoSuchLink, "No link with this ID.")
    }

    /// 409: the deployment has no portal.
    pub(crate) fn no_portal() -> Self {
        let detail = "This deployment has no portal, so there are no links. Its operators can give it one: \
                      set the parameter PortalUrl.";
        Self::new(Code::NoPortal, detail)
    }

    /// 404: the path does not exist.
    pub(crate) fn no_such_path() -> Self {
        let detail = "This path does not exist; the API serves /v1/keys, /v1/portal-visits, \
                      /v1/tenants/{tenant}/searches, /v1/portal-links, /v1/connectors, \
                      /v1/tenants/{tenant}/events, /v1/tenants/{tenant}/explorations and the paths below the \
                      latter four.";
        Self::new(Code::NoSuchPath, detail)
    }

    /// 405. The router adds `Allow`.
    pub(crate) fn method_not_allowed() -> Self {
        let detail = "This path does not support the method; the header Allow lists those that it supports.";
        Self::new(Code::MethodNotAllowed, detail)
    }

    /// 413: the body is too large.
    pub(crate) fn too_large() -> Self {
        let detail = "The body is larger than 64 KiB.";
        Self::new(Code::TooLarge, detail)
    }

    /// 415: the body is not JSON.
    pub(crate) fn unsupported_media_type() -> Self {
        let detail = "Send the body as application/json, in UTF-8.";
        Self::new(Code::UnsupportedMediaType, detail)
    }

    /// 400: the request can't be parsed.
    pub(crate) fn malformed(detail: impl Into<String>) -> Self {
        Self::new(Code::Malformed, detail)
    }

    /// 400: parameters of the query are invalid.
    pub(crate) fn malformed_parameters(errors: Vec<FieldError>) -> Self {
        Self::with_errors(Code::Malformed, "parameters", errors)
    }

    /// 422: the request can be parsed, but contains invalid values.
    pub(crate) fn unprocessable(errors: Vec<FieldError>) -> Self {
        Self::with_errors(Code::Refused, "fields", errors)
    }

    fn with_errors(code: Code, what: &str, mut errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [one] => one.detail.clone(),
            many if many.len() <= MAX_ERRORS => format!("{} {what} are invalid; see errors.", many.len()),
            many => {
                let (all, more) = (many.len(), many.len() - MAX_ERRORS);
                format!(
                    "{all} {what} are invalid; errors contains the first {MAX_ERRORS}, \
                     and {more} more are not shown."
                )
            }
        };
        errors.truncate(MAX_ERRORS);
        let mut problem = Self::new(code, detail);
        problem.0.errors = errors;
        problem
    }

    /// 422: the idempotency key was used with other values; lists each value that differs, with its pointer.
    pub(crate) fn key_reused(reused: &KeyReusedError) -> Self {
        let detail = format!("{} Use a new key.", sentence(&reused.to_string()));
        let mut problem = Self::new(Code::IdempotencyKeyReused, detail);
        let pointer = |field: &str| format!("/{}", field.replace('.', "/"));
        let of = |d: &Difference| FieldError { pointer: pointer(d.field), detail: d.to_string() };
        problem.0.errors = reused.differences.iter().map(of).collect();
        problem
    }

    /// 409: data would be lost, and the caller has not accepted that.
    pub(crate) fn would_lose(loss: DeletionLoss) -> Self {
        let detail =
            format!("{} To delete anyway, repeat with ?accept_loss=true.", sentence(&loss.to_string()));
        let mut problem = Self::new(Code::WouldLose, detail);
        problem.0.loss = Some(loss);
        problem
    }

    /// 429: a budget is exhausted (RFC 6585, section 4). `Retry-After` is in seconds (RFC 9110, section
    /// 10.2.3).
    pub(crate) fn budget_exhausted(exhausted: &BudgetExhaustedError) -> Self {
        let detail = format!("{} {}", sentence(&exhausted.to_string()), exhausted.remedy());
        let mut problem = Self::new(Code::BudgetExhausted, detail);
        problem.0.budget = Some(ExhaustedBudget {
            budget: exhausted.budget,
            limit: exhausted.limit,
            frees_at: exhausted.resets_at.filter(|_| exhausted.amount <= exhausted.limit),
            retry_after: exhausted.retry_after().as_secs(),
        });
        problem
    }

    /// 500: the response can't be serialized.
    pub(crate) fn unserializable() -> Self {
        let detail = "The response could not be serialized.";
        Self::new(Code::Internal, detail)
    }

    /// What its body says.
    #[cfg(test)]
    pub(crate) const fn details(&self) -> &Details {
        &self.0
    }

    /// The headers of the response.
    fn headers(&self) -> Vec<(HeaderName, HeaderValue)> {
        let details = &self.0;
        let mut headers = vec![(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"))];
        match details.status {
            StatusCode::UNAUTHORIZED => {
                headers.push((WWW_AUTHENTICATE, HeaderValue::from_static("AWS4-HMAC-SHA256, Bearer")));
            }
            StatusCode::SERVICE_UNAVAILABLE => {
                headers.push((RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_SECONDS)));
            }
            _ => {}
        }
        let retry_after = details.budget.as_ref().map(|budget| HeaderValue::from(budget.retry_after));
        headers.extend(retry_after.map(|seconds| (RETRY_AFTER, seconds)));
        headers.extend(details.current_version.and_then(etag).map(|tag| (ETAG, tag)));
        headers
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        // A plain body: a `Vec` would add a content type of its own to ours.
        let mut response = Body::from(serde_json::to_vec(&self.0).unwrap_or_default()).into_response();
        *response.status_mut() = self.0.status;
        response.headers_mut().extend(self.headers());
        if self.0.status.is_server_error() {
            // For `add_request_id`, the only place that has the request's ID.
            response.extensions_mut().insert(self);
        }
        response
    }
}

/// The response; if it is an internal error, with the ID under which the log contains its cause.
pub(crate) fn add_request_id(mut response: Response, id: &str) -> Response {
    match response.extensions_mut().remove::<Problem>() {
        Some(mut problem) => {
            problem.0.request_id = Some(id.to_owned());
            let (parts, _) = response.into_parts();
            Response::from_parts(parts, Body::from(serde_json::to_vec(&problem.0).unwrap_or_default()))
        }
        None => response,
    }
}
