//! The vendor's public keys, with which anyone who has a copy of a bucket verifies its manifests.

use archive::manifest::KeyId;
use archive::note::RingKey;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::Api;
use crate::caller::AuthenticatedCaller;
use crate::pagination::QueryParams;
use crate::problem::Problem;
use crate::responses::json;
use crate::views::{KeyList, PublicKey};

/// `GET /v1/keys`, the signing key first. Every caller may see the keys: they are in every customer's bucket.
pub(crate) async fn keys(
    State(api): State<Api>,
    AuthenticatedCaller(_): AuthenticatedCaller,
    query: QueryParams,
) -> Result<Response, Problem> {
    query.finish()?;
    let keys = api.onboarding.keys().await?;
    let keys = keys.into_iter().enumerate().map(|(index, RingKey { key, from, until })| PublicKey {
        id: KeyId::from(key.id()),
        name: key.name().to_string(),
        key: key.to_string(),
        signs: index == 0,
        from,
        until,
    });
    json(StatusCode::OK, &KeyList { keys: keys.collect() })
}
