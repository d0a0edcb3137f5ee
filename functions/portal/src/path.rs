//! The parameters in a path. An invalid one is answered as something that does not exist.

use std::str::FromStr;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

use crate::Portal;
use crate::error::PageError;

/// One parameter of the path, parsed.
#[derive(Debug)]
pub(crate) struct PathValue<T>(pub(crate) T);

impl<S: Send + Sync, T: FromStr> FromRequestParts<S> for PathValue<T> {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, PageError> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        let value = path.ok().and_then(|Path(text)| text.parse().ok());
        value.map(Self).ok_or(PageError::NotFound)
    }
}

/// Two parameters of the path, parsed.
#[derive(Debug)]
pub(crate) struct PathPair<A, B>(pub(crate) A, pub(crate) B);

impl<A: FromStr, B: FromStr> FromRequestParts<Portal> for PathPair<A, B> {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, portal: &Portal) -> Result<Self, PageError> {
        let path = Path::<(String, String)>::from_request_parts(parts, portal).await;
        let found = path.ok().and_then(|Path((a, b))| Some(Self(a.parse().ok()?, b.parse().ok()?)));
        found.ok_or(PageError::NotFound)
    }
}
