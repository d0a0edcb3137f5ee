//! The ID of a request: it stands in every line of the log that the request wrote, in the header of its answer, and
//! in the problem that is ours to mend.

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;

use crate::Api;
use crate::problem;

/// The header of every answer that holds the ID.
const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// What a request is called: 1 to 128 visible ASCII characters. API Gateway's own ID where it has one, which its
/// access log has too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    /// An ID that somebody else has given; `None` if it can't stand in a header or a line of a log. Only what stands
    /// before the router may give one: a header of the caller's is not looked at.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let is_one = (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        is_one.then(|| Self(text.to_owned()))
    }

    fn new(random: u64) -> Self {
        Self(format!("{random:016x}"))
    }
}

/// Gives the request its ID, and the answer that of its request.
pub(crate) async fn identify(State(api): State<Api>, request: Request, next: Next) -> Response {
    let given = request.extensions().get::<RequestId>().cloned();
    let RequestId(id) = given.unwrap_or_else(|| RequestId::new(api.onboarding.rng.next_u64()));
    let span = tracing::info_span!("request", request_id = id);
    let mut answer = problem::name_request(next.run(request).instrument(span).await, &id);
    answer.headers_mut().extend(HeaderValue::from_str(&id).ok().map(|id| (HEADER, id)));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_can_stand_in_a_header_and_in_a_log() {
        assert!(RequestId::of("JKJaXmPLvHcESHA=").is_some());
        assert!(RequestId::new(7).0.parse::<u64>().is_ok_and(|id| id == 7));
        for bad in ["", "a b", "a\nb", "\u{e9}", &"a".repeat(129)] {
            assert_eq!(RequestId::of(bad), None, "{bad:?}");
        }
    }
}
