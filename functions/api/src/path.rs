//! The connector ID in a path. An invalid ID is answered as a connector that does not exist.

use archive::names::ConnectorId;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

use crate::Api;
use crate::problem::Problem;

/// The ID in the path.
#[derive(Debug)]
pub(crate) struct PathId(pub(crate) ConnectorId);

impl FromRequestParts<Api> for PathId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let path = Path::<String>::from_request_parts(parts, api).await;
        let id = path.ok().and_then(|Path(text)| text.parse().ok());
        id.map(Self).ok_or_else(Problem::not_found)
    }
}
