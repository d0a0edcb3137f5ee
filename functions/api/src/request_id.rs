//! The ID of a request. It is in every log line of the request, in a header of its response, and in the
//! problem details of an internal error.

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;

use crate::Api;
use crate::problem;

/// The response header with the ID.
const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// A request ID: 1 to 128 visible ASCII characters. It is API Gateway's own ID, which its access log contains
/// too, if it has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    /// An ID from outside; `None` if it can't be in a header or a log line. Only the code that calls the
    /// router may set one: a caller's header is ignored.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_one = (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        is_one.then(|| Self(text.to_owned()))
    }

    fn new(random: u64) -> Self {
        Self(format!("{random:016x}"))
    }
}

/// Assigns an ID to the request and its response.
pub(crate) async fn assign_request_id(State(api): State<Api>, request: Request, next: Next) -> Response {
    let given = request.extensions().get::<RequestId>().cloned();
    let RequestId(id) = given.unwrap_or_else(|| RequestId::new(api.onboarding.rng.next_u64()));
    let span = tracing::info_span!("request", request_id = id);
    let mut response = problem::add_request_id(next.run(request).instrument(span).await, &id);
    response.headers_mut().extend(HeaderValue::from_str(&id).ok().map(|id| (HEADER, id)));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_fits_into_a_header_and_a_log_line() {
        assert!(RequestId::parse("JKJaXmPLvHcESHA=").is_some());
        assert!(RequestId::new(7).0.parse::<u64>().is_ok_and(|id| id == 7));
        for bad in ["", "a b", "a\nb", "\u{e9}", &"a".repeat(129)] {
            assert_eq!(RequestId::parse(bad), None, "{bad:?}");
        }
    }
}
