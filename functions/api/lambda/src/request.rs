//! From API Gateway's event to the request that the router is given.
//!
//! The gateway routes, authorizes and logs by `rawPath`, which it hands over with its escapes decoded. So a text that
//! a URL parser would read as another path (`..`, `\`, `#`, `%3F`, a tab) must never be parsed as one: the router gets
//! `rawPath` byte for byte, or nothing at all.
//!
//! Source: API Gateway developer guide, "Create AWS Lambda proxy integrations for HTTP APIs", payload format 2.0.

use std::collections::BTreeMap;

use api::{GatewayEventError, RequestId};
use axum::body::Body;
use axum::extract::Request;
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::gateway::{Authorizer, identity};

/// An event of payload format 2.0, as far as it is looked at.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    raw_path: String,
    #[serde(default)]
    raw_query_string: Option<String>,
    #[serde(default)]
    headers: Option<BTreeMap<String, String>>,
    request_context: Context,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Context {
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

/// The request of an event, with who asks and the gateway's ID of it.
///
/// # Errors
/// What can't be read of it; the function answers that, and goes on.
pub(crate) fn request(event: &str) -> Result<Request, GatewayEventError> {
    let event: Event = serde_json::from_str(event)
        .map_err(|_| GatewayEventError::Malformed("It is no event of payload format 2.0."))?;
    let uri = uri(&event.raw_path, event.raw_query_string.as_deref().unwrap_or_default())?;
    let method = Method::from_bytes(event.request_context.http.method.as_bytes())
        .map_err(|_| GatewayEventError::Malformed("The method is none of HTTP."))?;
    let mut request = Request::new(body(event.body, event.is_base64_encoded)?);
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    *request.headers_mut() = headers(event.headers.unwrap_or_default())?;
    let Context { request_id, authorizer, .. } = event.request_context;
    if let Some(identity) = authorizer.and_then(identity) {
        request.extensions_mut().insert(identity);
    }
    if let Some(id) = request_id.as_deref().and_then(RequestId::of) {
        request.extensions_mut().insert(id);
    }
    Ok(request)
}

/// The URI whose path is `path` and whose query is `query`, byte for byte. A path of ours has no escape, and the
/// router would decode one a second time, so a `%` is no path of ours either. What is longer than a URI can be
/// (65,534 bytes) is none.
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
    whole.map(Uri::from).ok_or(GatewayEventError::Malformed("The query can't be one of a URL."))
}

fn headers(given: BTreeMap<String, String>) -> Result<HeaderMap, GatewayEventError> {
    let mut headers = HeaderMap::with_capacity(given.len().min(100));
    for (name, value) in given {
        let name = HeaderName::from_bytes(name.as_bytes()).ok();
        let value = HeaderValue::from_bytes(value.as_bytes()).ok();
        let (Some(name), Some(value)) = (name, value) else {
            return Err(GatewayEventError::Malformed("A header can't be one of HTTP."));
        };
        // The map has room for 32,768 names.
        headers
            .try_append(name, value)
            .map_err(|_| GatewayEventError::Malformed("There are too many headers."))?;
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
        .map_err(|_| GatewayEventError::Malformed("The body is flagged as base64 and is none."))?;
    Ok(Body::from(bytes))
}

#[cfg(test)]
mod tests {
    use api::ROUTES;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn asked(path: &str, query: &str) -> Result<Request, GatewayEventError> {
        let event = json!({
            "version": "2.0", "rawPath": path, "rawQueryString": query,
            "requestContext": {"http": {"method": "GET", "path": path}},
        });
        request(&event.to_string())
    }

    /// A path of ours, and what someone makes of it.
    fn path() -> impl Strategy<Value = String> {
        let ours =
            prop::sample::select(ROUTES).prop_map(|(_, path)| path.replace("{id}", "con_0123456789abcdef"));
        let odd = prop::sample::select(vec![
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
        let odd = prop_oneof![odd.prop_map(ToOwned::to_owned), any::<String>()];
        (ours, prop::collection::vec((any::<prop::sample::Index>(), odd), 0..4)).prop_map(
            |(mut path, changes)| {
                for (place, odd) in changes {
                    let mut places: Vec<usize> = path.char_indices().map(|(at, _)| at).collect();
                    places.push(path.len());
                    path.insert_str(places[place.index(places.len())], &odd);
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
                match asked(&path, query) {
                    Ok(request) => {
                        prop_assert_eq!(request.uri().path(), &path);
                        prop_assert_eq!(request.uri().query().unwrap_or_default(), query);
                        prop_assert!(request.uri().host().is_none() && !path.contains('%'));
                    }
                    Err(GatewayEventError::UnknownPath) => prop_assert!(!ROUTES.iter().any(|(_, route)| *route == path)),
                    Err(GatewayEventError::Malformed(_)) => prop_assert!(!query.is_empty()),
                }
            }
        }

        #[test]
        fn no_event_makes_it_panic(text in any::<String>(), body in any::<String>(), flag: bool, name in any::<String>()) {
            let _ = request(&text);
            let event = json!({
                "rawPath": text, "rawQueryString": text, "headers": {name: body}, "body": body, "isBase64Encoded": flag,
                "requestContext": {"requestId": text, "http": {"method": text},
                    "authorizer": {"jwt": {"claims": {"sub": text}}}},
            });
            let _ = request(&event.to_string());
        }
    }

    #[test]
    fn every_route_is_reached_by_its_own_path() {
        for (_, route) in ROUTES {
            let path = route.replace("{id}", "con_0123456789abcdef");
            assert_eq!(
                asked(&path, "a=1&a=%C3%A9+b").unwrap().uri().to_string(),
                format!("{path}?a=1&a=%C3%A9+b")
            );
        }
    }

    #[test]
    fn a_path_that_a_url_parser_reads_otherwise_is_none() {
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
            assert_eq!(asked(path, "").err(), Some(GatewayEventError::UnknownPath), "{path:?}");
        }
        // These stay what they are: a router that compares whole segments knows none of them.
        for path in ["/v1/connectors/zzz/../../keys", "/v1//keys", "/v1/./keys", "/v1/keys/"] {
            assert_eq!(asked(path, "").unwrap().uri().path(), path);
        }
        assert_eq!(
            asked(&format!("/{}", "a".repeat(70_000)), "").err(),
            Some(GatewayEventError::UnknownPath)
        );
        assert!(matches!(asked("/v1/keys", &"a".repeat(70_000)), Err(GatewayEventError::Malformed(_))));
        assert!(matches!(asked("/v1/keys", "a#b"), Err(GatewayEventError::Malformed(_))));
    }
}
