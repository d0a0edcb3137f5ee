//! The parameters in a path. An invalid one is answered as something that does not exist.

use std::str::FromStr;

use archive::names::ConnectorId;
use archive::part::PartNumber;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

use crate::Portal;
use crate::error::PageError;

/// One parameter of the path, parsed.
#[derive(Debug)]
pub(crate) struct PathValue<T>(pub(crate) T);

impl<T: FromStr> FromRequestParts<Portal> for PathValue<T> {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, portal: &Portal) -> Result<Self, PageError> {
        let path = Path::<String>::from_request_parts(parts, portal).await;
        let value = path.ok().and_then(|Path(text)| text.parse().ok());
        value.map(Self).ok_or(PageError::NotFound)
    }
}

/// A connector and one of its parts.
#[derive(Debug)]
pub(crate) struct PathPart(pub(crate) ConnectorId, pub(crate) PartNumber);

impl FromRequestParts<Portal> for PathPart {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, portal: &Portal) -> Result<Self, PageError> {
        let path = Path::<(String, u64)>::from_request_parts(parts, portal).await;
        let found = path.ok().and_then(|Path((id, number))| Some((id.parse().ok()?, number)));
        found.map(|(id, number)| Self(id, PartNumber::new(number))).ok_or(PageError::NotFound)
    }
}
