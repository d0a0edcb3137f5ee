//! The vendor's public keys, by which whoever has a copy of a bucket verifies its manifests.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::manifest::{KeyId, RingKey};
use domain::time::Time;
use serde::Serialize;

use crate::Api;
use crate::answers::json;
use crate::caller::Entered;
use crate::paging::QueryParams;
use crate::problem::Problem;

/// A key and what it is good for.
#[derive(Serialize)]
struct Published {
    id: String,
    name: String,
    /// As a verifier takes it.
    key: String,
    /// Whether it signs what is sealed now; else it only hands over to the one that does.
    signs: bool,
    /// The first instant at which it is valid; none if its keeper tells none.
    from: Option<Time>,
    /// The first instant at which it is valid no longer; none if that is not settled.
    until: Option<Time>,
}

#[derive(Serialize)]
struct Keys {
    keys: Vec<Published>,
}

/// `GET /v1/keys`, the one that signs first. Every caller may see them: they are in every customer's bucket.
pub(crate) async fn keys(
    State(api): State<Api>,
    Entered(_): Entered,
    query: QueryParams,
) -> Result<Response, Problem> {
    query.finish()?;
    let keys = api.onboarding.keys().await?;
    let keys = keys.into_iter().enumerate().map(|(place, RingKey { key, from, until })| Published {
        id: KeyId::from(key.id()).to_string(),
        name: key.name().to_string(),
        key: key.to_string(),
        signs: place == 0,
        from,
        until,
    });
    json(StatusCode::OK, &Keys { keys: keys.collect() })
}
