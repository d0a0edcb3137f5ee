//! Error responses in each protocol's own form.
//!
//! Sources: Amazon DynamoDB developer guide, "Error handling with DynamoDB"; Amazon S3 API reference, "Error
//! Responses"; AWS STS API reference, "Common Errors"; Amazon SQS developer guide, "Handling Amazon SQS error
//! responses" (AWS JSON); EventBridge API reference, "Common Errors".

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Response, StatusCode};

use super::fault::{Fault, Service};
use super::forward::Body;

/// The response of a load balancer in front of the service.
const PROXY_ERROR_PAGE: &str = "<html><body><b>Http/1.1 Service Unavailable</b></body> </html>";

/// The error response of a fault; `None` if it is another kind of fault.
pub(super) fn error_response(service: Service, fault: Fault) -> Option<Response<Body>> {
    let (status, code, message) = match (fault, service) {
        (Fault::Throttled, Service::DynamoDb) => {
            (400, "ProvisionedThroughputExceededException", "The level of throughput was exceeded.")
        }
        (Fault::Throttled, Service::EventBridge) => (400, "ThrottlingException", "Rate exceeded"),
        (Fault::Throttled, Service::S3) => (503, "SlowDown", "Please reduce your request rate."),
        (Fault::Throttled, Service::Sqs) => (400, "RequestThrottled", "Request is throttled."),
        (Fault::Throttled, Service::Sts) => (400, "Throttling", "Rate exceeded"),
        (Fault::InternalError, Service::DynamoDb) => (500, "InternalServerError", "Internal server error"),
        (Fault::InternalError, Service::EventBridge) => (500, "InternalException", "Internal error"),
        (Fault::InternalError, Service::S3) => {
            (500, "InternalError", "We encountered an internal error. Please try again.")
        }
        (Fault::InternalError, Service::Sqs | Service::Sts) => (500, "InternalFailure", "Internal failure"),
        (Fault::Unavailable, _) => return Some(response(503, "text/html", PROXY_ERROR_PAGE.to_owned())),
        (Fault::RetryAfter, _) => (503, "ServiceUnavailable", "Service is temporarily unavailable."),
        (Fault::Conflict | Fault::ConflictButWritten, _) => (
            409,
            "ConditionalRequestConflict",
            "The conditional request cannot succeed due to a conflicting operation against this resource.",
        ),
        _ => return None,
    };
    let mut response = service_error(service, status, code, message);
    if fault == Fault::RetryAfter {
        response.headers_mut().insert("retry-after", "1".parse().expect("a header value"));
    }
    Some(response)
}

fn service_error(service: Service, status: u16, code: &str, message: &str) -> Response<Body> {
    let json = |of: &str| format!(r#"{{"__type":"{of}{code}","message":"{message}"}}"#);
    match service {
        Service::DynamoDb => {
            response(status, "application/x-amz-json-1.0", json("com.amazonaws.dynamodb.v20120810#"))
        }
        Service::Sqs => response(status, "application/x-amz-json-1.0", json("com.amazonaws.sqs#")),
        Service::EventBridge => response(status, "application/x-amz-json-1.1", json("")),
        Service::S3 => {
            let body = format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{code}</Code>\
                 <Message>{message}</Message><RequestId>656c76696e6727732072657175657374</RequestId></Error>"
            );
            response(status, "application/xml", body)
        }
        Service::Sts => {
            let at_fault = if status < 500 { "Sender" } else { "Receiver" };
            let body = format!(
                "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error>\
                 <Type>{at_fault}</Type><Code>{code}</Code><Message>{message}</Message></Error>\
                 <RequestId>c6104cbe-af31-11e0-8154-cbc7ccf896c7</RequestId></ErrorResponse>"
            );
            response(status, "text/xml", body)
        }
    }
}

fn response(status: u16, content_type: &str, body: String) -> Response<Body> {
    let body = Full::new(Bytes::from(body)).map_err(|never| match never {}).boxed_unsync();
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).expect("a status");
    response.headers_mut().insert("content-type", content_type.parse().expect("a header value"));
    response
}
