//! The vendor's public keys, with which anyone who has a copy of a bucket verifies its manifests.

use archive::manifest::KeyId;
use archive::note::RingKey;
use archive::time::Time;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;

use crate::Api;
use crate::caller::AuthenticatedCaller;
use crate::pagination::QueryParams;
use crate::problem::Problem;
use crate::responses::json;

/// A public key and its validity.
#[derive(Serialize)]
struct PublicKey {
    id: String,
    name: String,
    /// The key in the format of a note verifier (C2SP signed-note).
    key: String,
    /// Whether it signs new manifests; otherwise it only hands over to the signing key.
    signs: bool,
    /// The first instant at which it is valid; `None` if its keeper gives none.
    from: Option<Time>,
    /// The first instant at which it is no longer valid; `None` if that is not decided.
    until: Option<Time>,
}

#[derive(Serialize)]
struct KeyList {
    keys: Vec<PublicKey>,
}

/// `GET /v1/keys`, the signing key first. Every caller may see the keys: they are in every customer's bucket.
pub(crate) async fn keys(
    State(api): State<Api>,
    AuthenticatedCaller(_): AuthenticatedCaller,
    query: QueryParams,
) -> Result<Response, Problem> {
    query.finish()?;
    let keys = api.onboarding.keys().await?;
    let keys = keys.into_iter().enumerate().map(|(index, RingKey { key, from, until })| PublicKey {
        id: KeyId::from(key.id()).to_string(),
        name: key.name().to_string(),
        key: key.to_string(),
        signs: index == 0,
        from,
        until,
    });
    json(StatusCode::OK, &KeyList { keys: keys.collect() })
}
