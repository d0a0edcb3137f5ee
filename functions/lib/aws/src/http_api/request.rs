//! Converts API Gateway's event to a request.
//!
//! The gateway routes, authorizes and logs by `rawPath`, with its escapes decoded. Some texts a URL parser
//! would read as another path (`..`, `\`, `#`, `%3F`, a tab). So `rawPath` must never be parsed as a URL: the
//! router gets it byte for byte, or nothing at all.

use std::collections::BTreeMap;
use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hyper::header::{COOKIE, HeaderName, HeaderValue};
use hyper::{HeaderMap, Method, Request, Uri};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// What an event in payload format 2.0 contains. `A` is `requestContext.authorizer`, of which each function
/// reads what it needs; one whose routes have no authorizer ignores it (`serde::de::IgnoredAny`).
#[derive(Debug)]
pub struct GatewayRequest<A> {
    /// The request as the caller sent it, with all of its body.
    pub http: Request<Bytes>,
    /// The gateway's ID of the request, which is in its access log too.
    pub request_id: Option<String>,
    /// What the gateway's authorizer has verified.
    pub authorizer: Option<A>,
    /// The address that opened the connection to the gateway. It is no header, so a caller can't choose it.
    pub source_ip: Option<IpAddr>,
}

/// Why an event can't be converted to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// 404: no router has such a path.
    #[error("the path is not one that a router has")]
    UnknownPath,
    /// 400: for this reason, in one sentence.
    #[error("{0}")]
    Malformed(&'static str),
}

/// The fields of an event that are used.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound = "A: DeserializeOwned")]
struct Event<A> {
    raw_path: String,
    #[serde(default)]
    raw_query_string: Option<String>,
    #[serde(default)]
    cookies: Option<Vec<String>>,
    #[serde(default)]
    headers: Option<BTreeMap<String, String>>,
    request_context: RequestContext<A>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound = "A: DeserializeOwned")]
struct RequestContext<A> {
    #[serde(default)]
    request_id: Option<String>,
    #[serde(default = "none")]
    authorizer: Option<A>,
    http: Http,
}

/// The default of a field whose type has none.
fn none<A>() -> Option<A> {
    None
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Http {
    method: String,
    #[serde(default)]
    source_ip: Option<String>,
}

impl<A: DeserializeOwned> GatewayRequest<A> {
    /// Reads an event.
    ///
    /// # Errors
    /// If it can't be converted; the function answers with this error and goes on.
    pub fn from_event(event: &str) -> Result<Self, EventError> {
        let event: Event<A> = serde_json::from_str(event)
            .map_err(|_| EventError::Malformed("The event is not in payload format 2.0."))?;
        let uri = uri(&event.raw_path, event.raw_query_string.as_deref().unwrap_or_default())?;
        let RequestContext { request_id, authorizer, http: Http { method, source_ip } } =
            event.request_context;
        let method = Method::from_bytes(method.as_bytes())
            .map_err(|_| EventError::Malformed("Invalid HTTP method."))?;
        let mut http = Request::new(body(event.body, event.is_base64_encoded)?);
        *http.method_mut() = method;
        *http.uri_mut() = uri;
        *http.headers_mut() = headers(event.headers.unwrap_or_default(), &event.cookies.unwrap_or_default())?;
        let source_ip = source_ip.and_then(|ip| ip.parse().ok());
        Ok(Self { http, request_id, authorizer, source_ip })
    }
}

/// The URI whose path is `path` and whose query is `query`, byte for byte. No path of ours has an escape, and
/// a router would decode one a second time, so a path with `%` is rejected. So is one that exceeds the
/// maximum length of a URI (65,534 bytes).
fn uri(path: &str, query: &str) -> Result<Uri, EventError> {
    let parsed = |text: &str| Uri::builder().path_and_query(text).build().ok();
    let alone = parsed(path).ok_or(EventError::UnknownPath)?;
    if !path.starts_with('/') || path.contains('%') || alone.path() != path || alone.query().is_some() {
        return Err(EventError::UnknownPath);
    }
    if query.is_empty() {
        return Ok(alone);
    }
    parsed(&format!("{path}?{query}"))
        .filter(|whole| (whole.path(), whole.query()) == (path, Some(query)))
        .ok_or(EventError::Malformed("Invalid query string."))
}

/// The gateway takes the cookies out of the headers. They become one header again, as a browser sends it
/// (RFC 6265, section 5.4), and replace any other one.
fn headers(given: BTreeMap<String, String>, cookies: &[String]) -> Result<HeaderMap, EventError> {
    let mut headers = HeaderMap::with_capacity(given.len().min(100));
    let value = |text: &str| {
        HeaderValue::from_bytes(text.as_bytes()).map_err(|_| EventError::Malformed("Invalid header."))
    };
    for (name, text) in given {
        let name =
            HeaderName::from_bytes(name.as_bytes()).map_err(|_| EventError::Malformed("Invalid header."))?;
        // The map's limit is 32,768 names.
        headers.try_append(name, value(&text)?).map_err(|_| EventError::Malformed("Too many headers."))?;
    }
    if !cookies.is_empty() {
        headers
            .try_insert(COOKIE, value(&cookies.join("; "))?)
            .map_err(|_| EventError::Malformed("Too many headers."))?;
    }
    Ok(headers)
}

fn body(given: Option<String>, is_base64: bool) -> Result<Bytes, EventError> {
    let Some(text) = given else { return Ok(Bytes::new()) };
    if !is_base64 {
        return Ok(Bytes::from(text));
    }
    let bytes = STANDARD
        .decode(text)
        .map_err(|_| EventError::Malformed("The body is flagged as base64 but is not base64."))?;
    Ok(Bytes::from(bytes))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::de::IgnoredAny;
    use serde_json::{Value, json};

    use super::*;

    fn request(event: &str) -> Result<GatewayRequest<IgnoredAny>, EventError> {
        GatewayRequest::from_event(event)
    }

    fn parsed(path: &str, query: &str) -> Result<Request<Bytes>, EventError> {
        let event = json!({
            "version": "2.0", "rawPath": path, "rawQueryString": query,
            "requestContext": {"http": {"method": "GET", "path": path}},
        });
        request(&event.to_string()).map(|request| request.http)
    }

    /// An event with these fields beside the required ones.
    fn with(fields: &Value) -> Result<GatewayRequest<IgnoredAny>, EventError> {
        let mut event = json!({"rawPath": "/", "requestContext": {"http": {"method": "POST"}}});
        event.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        request(&event.to_string())
    }

    proptest! {
        #[test]
        fn no_event_makes_it_panic(
            text in any::<String>(), body in any::<String>(), flag: bool, name in any::<String>(),
        ) {
            let _ = request(&text);
            let event = json!({
                "rawPath": text, "rawQueryString": text, "headers": {name: body}, "body": body,
                "cookies": [text, body], "isBase64Encoded": flag,
                "requestContext": {"requestId": text, "http": {"method": text, "sourceIp": text},
                    "authorizer": {"jwt": {"claims": {"sub": text}}}},
            });
            let _ = request(&event.to_string());
        }

        /// Whatever a cookie contains, it can't become a second header or a second request.
        #[test]
        fn cookies_are_one_header_or_the_event_is_refused(
            cookies in prop::collection::vec(any::<String>(), 1..4),
        ) {
            if let Ok(request) = with(&json!({"cookies": cookies})) {
                let mut values = request.http.headers().get_all(COOKIE).iter();
                let joined = cookies.join("; ");
                prop_assert_eq!(values.next().map(HeaderValue::as_bytes), Some(joined.as_bytes()));
                prop_assert!(values.next().is_none() && request.http.headers().len() == 1);
                prop_assert!(!cookies.iter().any(|cookie| cookie.contains(['\r', '\n', '\0'])));
            }
        }
    }

    #[test]
    fn a_path_that_a_url_parser_would_change_is_rejected() {
        for path in [
            "",
            "*",
            "v1/keys",
            "/v1/keys#x",
            "/v1/keys?x",
            "/v1/%6beys",
            "/v1/k eys",
            "/v1/\tkeys",
            "/v1/keys\u{7f}",
        ] {
            assert_eq!(parsed(path, "").err(), Some(EventError::UnknownPath), "{path:?}");
        }
        // These stay unchanged: a router compares whole segments and knows none of them.
        for path in ["/v1/connectors/zzz/../../keys", "/v1//keys", "/v1/./keys", "/v1/keys/"] {
            assert_eq!(parsed(path, "").unwrap().uri().path(), path);
        }
        assert_eq!(parsed(&format!("/{}", "a".repeat(70_000)), "").err(), Some(EventError::UnknownPath));
        assert!(matches!(parsed("/v1/keys", &"a".repeat(70_000)), Err(EventError::Malformed(_))));
        assert!(matches!(parsed("/v1/keys", "a#b"), Err(EventError::Malformed(_))));
    }

    #[test]
    fn the_cookies_of_an_event_become_one_header() {
        let cookies = |fields: Value| {
            let request = with(&fields).unwrap().http;
            request
                .headers()
                .get_all(COOKIE)
                .iter()
                .map(|value| value.to_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        let two = json!({"cookies": ["__Host-auditferry=a.b", "theme=dark"]});
        assert_eq!(cookies(two), ["__Host-auditferry=a.b; theme=dark"]);
        assert!(cookies(json!({"cookies": []})).is_empty());
        assert_eq!(cookies(json!({"headers": {"cookie": "a=1"}})), ["a=1"]);
        assert_eq!(cookies(json!({"headers": {"cookie": "a=1"}, "cookies": ["a=2"]})), ["a=2"]);
        let split = with(&json!({"cookies": ["a=1\r\nx-forged: 1"]}));
        assert_eq!(split.err(), Some(EventError::Malformed("Invalid header.")));
    }

    #[test]
    fn the_address_is_the_gateways_and_no_header() {
        let from = |ip: Value| {
            let context = json!({"http": {"method": "GET", "sourceIp": ip}});
            let fields = json!({"headers": {"x-forwarded-for": "192.0.2.9"}, "requestContext": context});
            with(&fields).unwrap().source_ip.map(|ip| ip.to_string())
        };
        assert_eq!(from(json!("192.0.2.1")).as_deref(), Some("192.0.2.1"));
        assert_eq!(from(json!("2001:db8::1")).as_deref(), Some("2001:db8::1"));
        for none in [json!(null), json!("IP"), json!("192.0.2.1, 192.0.2.9")] {
            assert_eq!(from(none), None);
        }
    }

    #[test]
    fn a_binary_body_is_decoded() {
        let body = |fields: Value| with(&fields).map(|request| request.http.into_body().to_vec());
        assert_eq!(body(json!({"body": "a=1"})), Ok(b"a=1".to_vec()));
        assert_eq!(body(json!({"body": "/w==", "isBase64Encoded": true})), Ok(vec![0xff]));
        assert!(matches!(body(json!({"body": "?", "isBase64Encoded": true})), Err(EventError::Malformed(_))));
        assert_eq!(body(json!({})), Ok(Vec::new()));
    }
}
