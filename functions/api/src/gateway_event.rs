//! Events that can't be converted to a request. They are answered as the router answers an unknown path or a
//! malformed request.

use axum::response::{IntoResponse, Response};

use crate::middleware;
use crate::problem::Problem;

/// Why an event can't be converted to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GatewayEventError {
    /// 404: the path can't be one of the API's.
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
        middleware::with_no_store(problem.into_response())
    }
}
