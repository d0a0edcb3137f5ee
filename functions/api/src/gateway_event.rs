//! Events that can't be converted to a request. They are answered as the router answers an unknown path or a
//! malformed request.

use aws::http_api::EventError;
use axum::response::{IntoResponse as _, Response};

use crate::middleware;
use crate::problem::Problem;

/// The answer to an event that is not a request.
#[must_use]
pub fn refuse_event(error: EventError) -> Response {
    let problem = match error {
        EventError::UnknownPath => Problem::no_such_path(),
        EventError::Malformed(why) => Problem::malformed(why),
    };
    middleware::with_no_store(problem.into_response())
}
