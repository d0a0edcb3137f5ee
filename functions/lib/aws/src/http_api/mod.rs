//! API Gateway's HTTP API in front of a function: its events become requests, and responses become its
//! answers. API and portal share it; who a caller is stays with each of them.
//!
//! Source: API Gateway developer guide, "Create AWS Lambda proxy integrations for HTTP APIs", payload format
//! 2.0.

mod request;
mod response;

pub use self::request::{EventError, GatewayRequest};
pub use self::response::{GatewayResponse, ResponseError};
