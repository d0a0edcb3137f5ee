//! Converts API Gateway's event to the router's request.
//!
//! The gateway routes, authorizes and logs by `rawPath`, with its escapes decoded. Some texts a URL parser
//! would read as another path (`..`, `\`, `#`, `%3F`, a tab). So `rawPath` must never be parsed as a URL: the
//! router gets it byte for byte, or nothing at all.
//!
//! Source: API Gateway developer guide, "Create AWS Lambda proxy integrations for HTTP APIs", payload format
//! 2.0.

use std::collections::BTreeMap;

use api::{GatewayEventError, RequestId};
use axum::body::Body;
use axum::extract::Request;
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::authorizer::{Authorizer, identity};

/// An event in payload format 2.0; only the fields that are used.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GatewayEvent {
    raw_path: String,
    #[serde(default)]
    raw_query_string: Option<String>,
    #[serde(default)]
    headers: Option<BTreeMap<String, String>>,
    request_context: RequestContext,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext {
    #[serde(default)]
    request_id: Option<String>,
    #[serde(default)]
    authorizer: Option<Authorizer>,
    http: Http,
}

#[derive(Deserialize)]
struct Http {
    method: String,
}

/// The request of an event, with the caller's identity and the gateway's request ID.
///
/// # Errors
/// If the event can't be converted; the function answers with this error and goes on.
pub(crate) fn request(event: &str) -> Result<Request, GatewayEventError> {
    let event: GatewayEvent = serde_json::from_str(event)
        .map_err(|_| GatewayEventError::Malformed("The event is not in payload format 2.0."))?;
    let uri = uri(&event.raw_path, event.raw_query_string.as_deref().unwrap_or_default())?;
    let method = Method::from_bytes(event.request_context.http.method.as_bytes())
        .map_err(|_| GatewayEventError::Malformed("Invalid HTTP method."))?;
    let mut request = Request::new(body(event.body, event.is_base64_encoded)?);
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    *request.headers_mut() = headers(event.headers.unwrap_or_default())?;
    let RequestContext { request_id, authorizer, .. } = event.request_context;
    if let Some(identity) = authorizer.and_then(identity) {
        request.extensions_mut().insert(identity);
    }
    if let Some(id) = request_id.as_deref().and_then(RequestId::parse) {
        request.extensions_mut().insert(id);
    }
    Ok(request)
}

/// The URI whose path is `path` and whose query is `query`, byte for byte. No path of the API has an escape,
/// and the router would decode one a second time, so a path with `%` is rejected. So is one that exceeds the
/// maximum length of a URI (65,534 bytes).
fn uri(path: &str, query: &str) -> Result<Uri, GatewayEventError> {
    let parsed = |text: String| PathAndQuery::try_from(text).ok();
    let alone = parsed(path.to_owned()).ok_or(GatewayEventError::UnknownPath)?;
    if !path.starts_with('/') || path.contains('%') || alone.path() != path || alone.query().is_some() {
        return Err(GatewayEventError::UnknownPath);
    }
    if query.is_empty() {
        return Ok(Uri::from(alone));
    }
    let whole = parsed(format!("{path}?{query}"))
        .filter(|whole| (whole.path(), whole.query()) == (path, Some(query)));
    whole.map(Uri::from).ok_or(GatewayEventError::Malformed("Invalid query string."))
}

fn headers(given: BTreeMap<String, String>) -> Result<HeaderMap, GatewayEventError> {
    let mut headers = HeaderMap::with_capacity(given.len().min(100));
    for (name, value) in given {
        let name = HeaderName::from_bytes(name.as_bytes()).ok();
        let value = HeaderValue::from_bytes(value.as_bytes()).ok();
        let (Some(name), Some(value)) = (name, value) else {
            return Err(GatewayEventError::Malformed("Invalid header."));
        };
        // The map's limit is 32,768 names.
        headers.try_append(name, value).map_err(|_| GatewayEventError::Malformed("Too many headers."))?;
    }
    Ok(headers)
}

fn body(given: Option<String>, is_base64: bool) -> Result<Body, GatewayEventError> {
    let Some(text) = given else { return Ok(Body::empty()) };
    if !is_base64 {
        return Ok(Body::from(text));
    }
    let bytes = STANDARD
        .decode(text)
        .map_err(|_| GatewayEventError::Malformed("The body is flagged as base64 but is not base64."))?;
    Ok(Body::from(bytes))
}

#[cfg(test)]
mod tests {
    use api::ROUTES;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn parsed(path: &str, query: &str) -> Result<Request, GatewayEventError> {
        let event = json!({
            "version": "2.0", "rawPath": path, "rawQueryString": query,
            "requestContext": {"http": {"method": "GET", "path": path}},
        });
        request(&event.to_string())
    }

    /// A path of the API with random insertions.
    fn path() -> impl Strategy<Value = String> {
        let ours =
            prop::sample::select(ROUTES).prop_map(|(_, path)| path.replace("{id}", "con_0123456789abcdef"));
        let fragment = prop::sample::select(vec![
            "..",
            "/..",
            "/../",
            "/./",
            "//",
            "\\",
            "/..\\",
            "%2e%2e",
            "%2f",
            "%3F",
            "?",
            "#",
            "\t",
            "\n",
            " ",
            ";x=1",
            "@",
            ":80",
            "\u{e9}",
            "\u{ff0f}",
            "\u{2025}",
            "\u{0}",
            "http://other/v1/keys",
            "/v1/keys",
            "keys",
            "*",
        ]);
        let fragment = prop_oneof![fragment.prop_map(ToOwned::to_owned), any::<String>()];
        (ours, prop::collection::vec((any::<prop::sample::Index>(), fragment), 0..4)).prop_map(
            |(mut path, changes)| {
                for (position, fragment) in changes {
                    let mut positions: Vec<usize> = path.char_indices().map(|(at, _)| at).collect();
                    positions.push(path.len());
                    path.insert_str(positions[position.index(positions.len())], &fragment);
                }
                path
            },
        )
    }

    proptest! {
        #[test]
        fn the_router_sees_the_gateways_path_or_none(
            path in prop_oneof![path(), any::<String>(), "[/a-z.#?%\\\\]{0,20}"], query in any::<String>(),
        ) {
            for query in ["", "limit=1", &query] {
                match parsed(&path, query) {
                    Ok(request) => {
                        prop_assert_eq!(request.uri().path(), &path);
                        prop_assert_eq!(request.uri().query().unwrap_or_default(), query);
                        prop_assert!(request.uri().host().is_none() && !path.contains('%'));
                    }
                    Err(GatewayEventError::UnknownPath) => {
                        prop_assert!(!ROUTES.iter().any(|(_, route)| *route == path));
                    }
                    Err(GatewayEventError::Malformed(_)) => prop_assert!(!query.is_empty()),
                }
            }
        }

        #[test]
        fn no_event_makes_it_panic(
            text in any::<String>(), body in any::<String>(), flag: bool, name in any::<String>(),
        ) {
            let _ = request(&text);
            let event = json!({
                "rawPath": text, "rawQueryString": text, "headers": {name: body}, "body": body,
                "isBase64Encoded": flag,
                "requestContext": {"requestId": text, "http": {"method": text},
                    "authorizer": {"jwt": {"claims": {"sub": text}}}},
            });
            let _ = request(&event.to_string());
        }
    }

    #[test]
    fn every_route_is_reached_by_its_path() {
        for (_, route) in ROUTES {
            let path = route.replace("{id}", "con_0123456789abcdef");
            assert_eq!(
                parsed(&path, "a=1&a=%C3%A9+b").unwrap().uri().to_string(),
                format!("{path}?a=1&a=%C3%A9+b")
            );
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
            assert_eq!(parsed(path, "").err(), Some(GatewayEventError::UnknownPath), "{path:?}");
        }
        // These stay unchanged: the router compares whole segments and knows none of them.
        for path in ["/v1/connectors/zzz/../../keys", "/v1//keys", "/v1/./keys", "/v1/keys/"] {
            assert_eq!(parsed(path, "").unwrap().uri().path(), path);
        }
        assert_eq!(
            parsed(&format!("/{}", "a".repeat(70_000)), "").err(),
            Some(GatewayEventError::UnknownPath)
        );
        assert!(matches!(parsed("/v1/keys", &"a".repeat(70_000)), Err(GatewayEventError::Malformed(_))));
        assert!(matches!(parsed("/v1/keys", "a#b"), Err(GatewayEventError::Malformed(_))));
    }
}
