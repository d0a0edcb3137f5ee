//! Requests that never become one: what stands before the router could not read them. They are answered as the router
//! answers what it does not know.

use axum::response::{IntoResponse, Response};

use crate::guard;
use crate::problem::Problem;

/// Why there is no request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    /// 404: its path can't be one of ours.
    Path,
    /// 400: for this reason, in one sentence.
    Event(&'static str),
}

impl IntoResponse for Unreadable {
    fn into_response(self) -> Response {
        let problem = match self {
            Self::Path => Problem::no_such_path(),
            Self::Event(why) => Problem::malformed(why),
        };
        guard::uncached(problem.into_response())
    }
}
