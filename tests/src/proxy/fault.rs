//! The faults of a request, and the requests they apply to.

use std::fmt;

use hyper::header::{CONTENT_LENGTH, IF_NONE_MATCH};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method};

/// The service, which determines the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// DynamoDB: AWS JSON 1.0.
    DynamoDb,
    /// EventBridge: AWS JSON 1.1.
    EventBridge,
    /// S3: REST with XML.
    S3,
    /// SQS: AWS JSON 1.0.
    Sqs,
    /// STS: the Query protocol with XML.
    Sts,
}

impl Service {
    /// The operation of a request, with its table or path.
    pub(super) fn describe(self, head: &Parts, body: &[u8]) -> String {
        match self {
            Self::S3 => {
                let tags =
                    head.uri.query().is_some_and(|query| query.split('&').any(|field| field == "tagging"));
                format!("{} {}{}", head.method, head.uri.path(), if tags { "?tagging" } else { "" })
            }
            Self::Sts => {
                let body = String::from_utf8_lossy(body);
                body.split('&').find_map(|field| field.strip_prefix("Action=")).unwrap_or_default().to_owned()
            }
            Self::DynamoDb | Self::EventBridge | Self::Sqs => {
                let target = head.headers.get("x-amz-target").and_then(|target| target.to_str().ok());
                let operation = target.and_then(|target| target.split('.').nth(1)).unwrap_or_default();
                let body: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
                match body["TableName"].as_str() {
                    Some(table) => format!("{operation} {table}"),
                    None => operation.to_owned(),
                }
            }
        }
    }
}

/// A fault of a request or of its response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// The connection is reset before anything has reached the service.
    RequestLost,
    /// The connection is reset in the middle of the request's body, on both sides.
    RequestBroken,
    /// The request arrives in pieces.
    RequestSlow,
    /// One byte of the request's body is changed.
    RequestAltered,
    /// The service executes the request; then the connection is reset.
    ResponseLost,
    /// The connection is reset in the middle of the response's body.
    ResponseBroken,
    /// The response arrives in pieces.
    ResponseSlow,
    /// One byte of the response's body is changed.
    ResponseAltered,
    /// The response stalls in the middle, for longer than a client should wait.
    ResponseStalled,
    /// Throttled, in the form of the service's own protocol.
    Throttled,
    /// 500, in the form of the service's own protocol.
    InternalError,
    /// 503 with an HTML page of a load balancer, and without `Retry-After`.
    Unavailable,
    /// 503 in the form of the protocol, with `Retry-After`.
    RetryAfter,
    /// 409 `ConditionalRequestConflict`, and the object is not written.
    Conflict,
    /// 409 `ConditionalRequestConflict`, and the object is written anyway.
    ConflictButWritten,
}

impl Fault {
    /// All faults that take less time than a client's timeout.
    pub const QUICK: [Self; 14] = [
        Self::RequestLost,
        Self::RequestBroken,
        Self::RequestSlow,
        Self::RequestAltered,
        Self::ResponseLost,
        Self::ResponseBroken,
        Self::ResponseSlow,
        Self::ResponseAltered,
        Self::Throttled,
        Self::InternalError,
        Self::Unavailable,
        Self::RetryAfter,
        Self::Conflict,
        Self::ConflictButWritten,
    ];

    /// Whether it can happen at this service. Only S3 has checksums that both sides check: the bytes of the
    /// others are protected by TLS and by the request's signature. Only S3's conditional writes return 409.
    pub(super) fn applies_to_service(self, service: Service) -> bool {
        let of_s3 = [Self::RequestAltered, Self::ResponseAltered, Self::Conflict, Self::ConflictButWritten];
        match service {
            // An attempt at S3 may take a minute: no test should wait that long.
            Service::S3 => self != Self::ResponseStalled,
            _ => !of_s3.contains(&self),
        }
    }

    /// Whether it can happen to this request.
    pub(super) fn applies_to(self, request: &RequestTraits) -> bool {
        match self {
            Self::RequestBroken | Self::RequestSlow | Self::RequestAltered => request.has_body,
            Self::ResponseBroken | Self::ResponseSlow | Self::ResponseStalled => request.has_response_body,
            Self::ResponseAltered => request.is_get,
            Self::Conflict | Self::ConflictButWritten => request.is_create_only,
            _ => true,
        }
    }
}

/// The properties of a request that decide which faults apply.
#[derive(Debug)]
pub(super) struct RequestTraits {
    has_body: bool,
    /// Its response has a body, if it is a success.
    has_response_body: bool,
    is_get: bool,
    is_create_only: bool,
}

impl RequestTraits {
    pub(super) fn from_request(service: Service, head: &Parts) -> Self {
        let length = |headers: &HeaderMap| headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse::<u64>().ok();
        let is_get = head.method == Method::GET;
        Self {
            has_body: length(&head.headers).is_some_and(|length| length > 1),
            has_response_body: service != Service::S3 || is_get,
            is_get,
            is_create_only: head.headers.contains_key(IF_NONE_MATCH),
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::DynamoDb => "DynamoDB",
            Self::EventBridge => "EventBridge",
            Self::S3 => "S3",
            Self::Sqs => "SQS",
            Self::Sts => "STS",
        })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::RequestLost => "reset before the request arrived",
            Self::RequestBroken => "reset in the middle of the request",
            Self::RequestSlow => "a slow request",
            Self::RequestAltered => "a byte of the request altered",
            Self::ResponseLost => "executed, response lost",
            Self::ResponseBroken => "reset in the middle of the response",
            Self::ResponseSlow => "a slow response",
            Self::ResponseAltered => "a byte of the response altered",
            Self::ResponseStalled => "a stalled response",
            Self::Throttled => "throttled",
            Self::InternalError => "500",
            Self::Unavailable => "503 without Retry-After",
            Self::RetryAfter => "503 with Retry-After",
            Self::Conflict => "409, not written",
            Self::ConflictButWritten => "409, but written",
        })
    }
}
