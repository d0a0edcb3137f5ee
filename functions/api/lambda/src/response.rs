//! Converts the router's response to API Gateway's format.
//!
//! Source: API Gateway developer guide, "Create AWS Lambda proxy integrations for HTTP APIs", response of
//! payload format 2.0.

use std::collections::BTreeMap;

use axum::body::to_bytes;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

/// The maximum response of a function (AWS Lambda developer guide, "Lambda quotas").
const MAX_RESPONSE_BYTES: usize = 6 << 20;

/// A response in payload format 2.0.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GatewayResponse {
    status_code: u16,
    headers: BTreeMap<String, String>,
    body: String,
    is_base64_encoded: bool,
}

impl GatewayResponse {
    /// # Errors
    /// If the body is incomplete or larger than a function may return.
    pub(crate) async fn from_response(response: Response) -> Result<Self, axum::Error> {
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, MAX_RESPONSE_BYTES).await?;
        let mut headers = BTreeMap::<String, String>::new();
        for (name, value) in &parts.headers {
            let value = String::from_utf8_lossy(value.as_bytes());
            // The gateway accepts one string for each name; values of a list may be joined (RFC 9110, section
            // 5.3).
            headers
                .entry(name.to_string())
                .and_modify(|list| list.extend([", ", &value]))
                .or_insert_with(|| value.to_string());
        }
        let (body, is_base64_encoded) = match String::from_utf8(bytes.to_vec()) {
            Ok(text) => (text, false),
            Err(error) => (STANDARD.encode(error.as_bytes()), true),
        };
        Ok(Self { status_code: parts.status.as_u16(), headers, body, is_base64_encoded })
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::StatusCode;

    use super::*;

    #[tokio::test]
    async fn text_stays_text_and_binary_is_base64_encoded() {
        let mut response = Response::new(Body::from("{}"));
        *response.status_mut() = StatusCode::ACCEPTED;
        for value in ["GET", "HEAD"] {
            response.headers_mut().append("allow", value.parse().unwrap());
        }
        let converted = GatewayResponse::from_response(response).await.unwrap();
        assert_eq!(
            (converted.status_code, converted.body.as_str(), converted.is_base64_encoded),
            (202, "{}", false)
        );
        assert_eq!(converted.headers["allow"], "GET, HEAD");
        let converted = GatewayResponse::from_response(Response::new(Body::from(vec![0xff]))).await.unwrap();
        assert_eq!((converted.body.as_str(), converted.is_base64_encoded), ("/w==", true));
    }
}
