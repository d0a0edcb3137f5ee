//! Builds the responses of the services.

use std::io;

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::Response;

/// A response; its body may be a file that is streamed.
pub(crate) type Answer = Response<BoxBody<Bytes, io::Error>>;

/// A body that is in memory.
pub(crate) fn body(bytes: impl Into<Bytes>) -> BoxBody<Bytes, io::Error> {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed()
}

/// A response without a body.
pub(crate) fn empty(status: u16) -> Answer {
    text(status, "text/plain", Bytes::new())
}

/// A response with a body of this content type.
pub(crate) fn text(status: u16, content_type: &'static str, content: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(body(content));
    *answer.status_mut() = hyper::StatusCode::from_u16(status).unwrap_or_default();
    let headers = answer.headers_mut();
    headers.insert("content-type", hyper::header::HeaderValue::from_static(content_type));
    headers.insert("x-amzn-requestid", hyper::header::HeaderValue::from_static("BENCH"));
    answer
}

/// A response of the AWS JSON protocol, with the checksum that DynamoDB sends.
pub(crate) fn aws_json(status: u16, content: Bytes) -> Answer {
    let checksum = crc32fast::hash(&content);
    let mut answer = text(status, "application/x-amz-json-1.0", content);
    answer.headers_mut().insert("x-amz-crc32", checksum.into());
    answer
}
