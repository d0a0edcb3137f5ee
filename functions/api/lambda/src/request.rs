//! The request of an API Gateway event, with what the API's router reads from its extensions.

use api::RequestId;
use aws::http_api::{EventError, GatewayRequest};
use axum::body::Body;
use axum::extract::Request;

use crate::authorizer::{Authorizer, identity};

/// The request of an event, with the caller's identity and the gateway's request ID.
///
/// # Errors
/// If the event can't be converted; the function answers with this error and goes on.
pub(crate) fn request(event: &str) -> Result<Request, EventError> {
    let GatewayRequest { http, request_id, authorizer, .. } =
        GatewayRequest::<Authorizer>::from_event(event)?;
    let mut request = http.map(Body::from);
    if let Some(identity) = authorizer.and_then(identity) {
        request.extensions_mut().insert(identity);
    }
    if let Some(id) = request_id.as_deref().and_then(RequestId::parse) {
        request.extensions_mut().insert(id);
    }
    Ok(request)
}

#[cfg(test)]
mod tests {
    use api::ROUTES;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn parsed(path: &str, query: &str) -> Result<Request, EventError> {
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
                    Err(EventError::UnknownPath) => {
                        prop_assert!(!ROUTES.iter().any(|(_, route)| *route == path));
                    }
                    Err(EventError::Malformed(_)) => prop_assert!(!query.is_empty()),
                }
            }
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
}
