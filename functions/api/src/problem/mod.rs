//! Why something was not done: problem details as RFC 9457 has them.
//!
//! `type` and `code` name the problem and never change. `detail` is for people, and says what to do where there is
//! something to do. No problem holds an external ID, or anything of another tenant.

mod from_domain;
mod masked;

use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, ETAG, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::response::{IntoResponse, Response};
use domain::budget::BudgetExhaustedError;
use domain::onboarding::{DeletionLoss, Difference, KeyReusedError};
use domain::time::Time;
use domain::verify::PreflightReport;
use serde::Serialize;

use self::from_domain::sentence;
use crate::preconditions::etag;

/// What `type` starts with; the code follows.
const TYPE: &str = "urn:auditferry:problem:";
/// After how many seconds a passing failure is worth another try.
const RETRY_AFTER_SECONDS: &str = "2";

/// So many findings are named: an answer must not grow with what somebody sends.
const MOST_ERRORS: usize = 20;

/// A problem. Boxed, because it is the rare case and as an error goes through every signature.
#[derive(Debug, Clone)]
pub(crate) struct Problem(Box<Details>);

#[derive(Debug, Clone, Serialize)]
struct Details {
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    #[serde(serialize_with = "as_number")]
    status: StatusCode,
    detail: String,
    code: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
    #[serde(skip_serializing_if = "Option::is_none")]
    current_version: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verification: Option<Box<PreflightReport>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    loss: Option<DeletionLoss>,
    #[serde(flatten)]
    budget: Option<UsedUp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

/// Which budget is used up, and when it frees; without that it frees with what is given back only.
#[derive(Debug, Clone, Serialize)]
struct UsedUp {
    budget: &'static str,
    limit: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    frees_at: Option<Time>,
    #[serde(skip)]
    retry_after: u64,
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct FieldError {
    /// Where in the body, as a JSON pointer (RFC 6901); empty for the body itself.
    pub(crate) pointer: String,
    /// What is wrong, and the right form.
    pub(crate) detail: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn as_number<S: serde::Serializer>(status: &StatusCode, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_u16(status.as_u16())
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self(Box::new(Details {
            kind: format!("{TYPE}{code}"),
            title,
            status,
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

    /// 401: the request shows no caller.
    pub(crate) fn unauthenticated() -> Self {
        let detail = "Sign the request with SigV4 as the vendor, or send a token that names a tenant.";
        Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", "Who asks is not known", detail)
    }

    /// 403: it is an operator's to ask.
    pub(crate) fn forbidden(what: &str) -> Self {
        let detail = format!("{what}: only an operator may ask for this.");
        Self::new(StatusCode::FORBIDDEN, "forbidden", "Not yours to ask", detail)
    }

    /// 404: no such connector, or another tenant's; the two can't be told apart.
    pub(crate) fn not_found() -> Self {
        let detail = "There is no connector of this ID among yours.";
        Self::new(StatusCode::NOT_FOUND, "not_found", "No such connector", detail)
    }

    /// 404: no such path.
    pub(crate) fn no_such_path() -> Self {
        let detail =
            "Nothing is at this path; there are /v1/keys, /v1/connectors and what lies below the latter.";
        Self::new(StatusCode::NOT_FOUND, "no_such_path", "No such path", detail)
    }

    /// 405. The router adds `Allow`.
    pub(crate) fn method_not_allowed() -> Self {
        let detail = "This path does not know the method; the header Allow names those that it knows.";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "Another method", detail)
    }

    /// 413.
    pub(crate) fn too_large() -> Self {
        let detail = "The body is larger than 64 KiB.";
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "Too large", detail)
    }

    /// 415.
    pub(crate) fn unsupported_media_type() -> Self {
        let detail = "Send the body as application/json, in UTF-8.";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "Another type", detail)
    }

    /// 400: what was sent can't be read.
    pub(crate) fn malformed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", "The request can't be read", detail)
    }

    /// 422: what was sent can be read, and is refused.
    pub(crate) fn refused(mut errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [one] => one.detail.clone(),
            many if many.len() <= MOST_ERRORS => format!("{} fields are wrong; see errors.", many.len()),
            many => {
                let (all, more) = (many.len(), many.len() - MOST_ERRORS);
                format!("{all} fields are wrong; see errors for the first {MOST_ERRORS}, and {more} more.")
            }
        };
        errors.truncate(MOST_ERRORS);
        let mut problem =
            Self::new(StatusCode::UNPROCESSABLE_ENTITY, "refused", "A value is refused", detail);
        problem.0.errors = errors;
        problem
    }

    /// 422: the key was used for another request; each value that differs, with its place.
    pub(crate) fn key_reused(reused: &KeyReusedError) -> Self {
        let detail = format!("{} Use a new key.", sentence(&reused.to_string()));
        let title = "The key was used with other values";
        let mut problem =
            Self::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", title, detail);
        let pointer = |field: &str| format!("/{}", field.replace('.', "/"));
        let of = |d: &Difference| FieldError { pointer: pointer(d.field), detail: d.to_string() };
        problem.0.errors = reused.differences.iter().map(of).collect();
        problem
    }

    /// 409: something would be lost, and nobody has said that it may.
    pub(crate) fn would_lose(loss: DeletionLoss) -> Self {
        let detail =
            format!("{} To delete anyway, repeat with ?accept_loss=true.", sentence(&loss.to_string()));
        let mut problem = Self::conflict("would_lose", "Something would be lost", detail);
        problem.0.loss = Some(loss);
        problem
    }

    /// 429: a budget is used up. RFC 6585, section 4; `Retry-After` in seconds, RFC 9110, section 10.2.3.
    pub(crate) fn exhausted(exhausted: &BudgetExhaustedError) -> Self {
        let detail = format!("{} {}", sentence(&exhausted.to_string()), exhausted.remedy());
        let title = "The budget is used up";
        let mut problem = Self::new(StatusCode::TOO_MANY_REQUESTS, "budget_exhausted", title, detail);
        problem.0.budget = Some(UsedUp {
            budget: exhausted.budget.as_str(),
            limit: exhausted.limit,
            frees_at: exhausted.resets_at.filter(|_| exhausted.amount <= exhausted.limit),
            retry_after: exhausted.retry_after().as_secs(),
        });
        problem
    }

    /// 500: an answer that can't be written.
    pub(crate) fn unwritable() -> Self {
        let detail = "The answer could not be written.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Our fault", detail)
    }

    /// 409.
    fn conflict(code: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, title, detail)
    }

    /// The headers that go with it.
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
        // A plain body: that of a `Vec` would come with a content type of its own, beside ours.
        let mut answer = Body::from(serde_json::to_vec(&self.0).unwrap_or_default()).into_response();
        *answer.status_mut() = self.0.status;
        answer.headers_mut().extend(self.headers());
        if self.0.status.is_server_error() {
            // For `name_request`, which alone knows the request's ID.
            answer.extensions_mut().insert(self);
        }
        answer
    }
}

/// The answer, and if it is a failure of ours, with the ID under which its cause stands in the log.
pub(crate) fn name_request(mut answer: Response, id: &str) -> Response {
    match answer.extensions_mut().remove::<Problem>() {
        Some(mut problem) => {
            problem.0.request_id = Some(id.to_owned());
            let (parts, _) = answer.into_parts();
            Response::from_parts(parts, Body::from(serde_json::to_vec(&problem.0).unwrap_or_default()))
        }
        None => answer,
    }
}
