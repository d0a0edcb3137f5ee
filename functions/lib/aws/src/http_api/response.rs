//! Converts a router's response to API Gateway's format.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::{BodyExt as _, Limited};
use hyper::Response;
use hyper::body::Body;
use hyper::header::SET_COOKIE;
use serde::Serialize;

/// The maximum response of a function (AWS Lambda developer guide, "Lambda quotas").
const MAX_RESPONSE_BYTES: usize = 6 << 20;

/// A response in payload format 2.0.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewayResponse {
    status_code: u16,
    headers: BTreeMap<String, String>,
    /// The values of `Set-Cookie`, one per cookie.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cookies: Vec<String>,
    body: String,
    is_base64_encoded: bool,
}

/// A response's body is incomplete, or larger than a function may return.
#[derive(Debug, thiserror::Error)]
#[error("the body of a response is incomplete or larger than 6 MiB")]
pub struct ResponseError(#[source] Box<dyn std::error::Error + Send + Sync>);

impl GatewayResponse {
    /// Collects a response.
    ///
    /// # Errors
    /// If its body is incomplete or larger than a function may return.
    pub async fn from_response<B>(response: Response<B>) -> Result<Self, ResponseError>
    where
        B: Body,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let (parts, body) = response.into_parts();
        let bytes = Limited::new(body, MAX_RESPONSE_BYTES).collect().await.map_err(ResponseError)?.to_bytes();
        let mut headers = BTreeMap::<String, String>::new();
        let mut cookies = Vec::new();
        for (name, value) in &parts.headers {
            let value = String::from_utf8_lossy(value.as_bytes());
            // The one header whose values must never be joined: an expiry date contains a comma (RFC 6265,
            // section 3).
            if name == SET_COOKIE {
                cookies.push(value.into_owned());
                continue;
            }
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
        Ok(Self { status_code: parts.status.as_u16(), headers, cookies, body, is_base64_encoded })
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http_body_util::Full;
    use hyper::StatusCode;

    use super::*;

    async fn converted(response: Response<Full<Bytes>>) -> GatewayResponse {
        GatewayResponse::from_response(response).await.unwrap()
    }

    #[tokio::test]
    async fn text_stays_text_and_binary_is_base64_encoded() {
        let mut response = Response::new(Full::from("{}"));
        *response.status_mut() = StatusCode::ACCEPTED;
        for value in ["GET", "HEAD"] {
            response.headers_mut().append("allow", value.parse().unwrap());
        }
        let text = converted(response).await;
        assert_eq!((text.status_code, text.body.as_str(), text.is_base64_encoded), (202, "{}", false));
        assert_eq!(text.headers["allow"], "GET, HEAD");
        assert!(!serde_json::to_string(&text).unwrap().contains("cookies"));
        let binary = converted(Response::new(Full::from(vec![0xff]))).await;
        assert_eq!((binary.body.as_str(), binary.is_base64_encoded), ("/w==", true));
    }

    #[tokio::test]
    async fn cookies_are_never_joined() {
        let mut response = Response::new(Full::from(""));
        let expired = "auditferry-local=; Expires=Thu, 01 Jan 1970 00:00:00 GMT";
        for value in ["__Host-auditferry=a; Path=/; Secure; HttpOnly; SameSite=Lax", expired] {
            response.headers_mut().append(SET_COOKIE, value.parse().unwrap());
        }
        let converted = serde_json::to_value(converted(response).await).unwrap();
        assert_eq!(
            converted["cookies"],
            serde_json::json!(["__Host-auditferry=a; Path=/; Secure; HttpOnly; SameSite=Lax", expired])
        );
        assert_eq!(converted["headers"], serde_json::json!({}));
    }

    #[tokio::test]
    async fn a_body_that_no_function_may_return_is_an_error() {
        let text = |bytes: usize| Full::<Bytes>::from(vec![b' '; bytes]);
        let largest = Response::new(text(MAX_RESPONSE_BYTES));
        assert!(GatewayResponse::from_response(largest).await.is_ok());
        let larger = Response::new(text(MAX_RESPONSE_BYTES + 1));
        assert!(GatewayResponse::from_response(larger).await.is_err());
    }
}
