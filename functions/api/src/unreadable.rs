//! Requests that never become one: what stands before the router could not read them. They are answered as the router
//! answers what it does not know.

use axum::response::{IntoResponse, Response};

use crate::guard;
use crate::problem::Problem;

/// Why there is no request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GatewayEventError {
    /// 404: its path can't be one of ours.
    UnknownPath,
    /// 400: for this reason, in one sentence.
    Malformed(&'static str),
}

impl IntoResponse for GatewayEventError {
    fn into_response(self) -> Response {
        let problem = match self {
            Self::UnknownPath => Problem::no_such_path(),
            Self::Malformed(why) => Problem::malformed(why),
        };
        guard::uncached(problem.into_response())
    }
}
