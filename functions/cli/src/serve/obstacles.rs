//! `/stand-in/obstacles`: fault injection. Sets and removes the faults of a customer's administrator, to see
//! what the customer would see.
//!
//! `GET` lists all faults and those that are set. `PUT /stand-in/obstacles/KIND` sets one; its body names the
//! bucket. `DELETE` removes it, from one bucket with `?bucket=NAME`. Both are idempotent. All faults end with
//! `serve`, but a deleted bucket stays deleted.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, put};
use sandbox::wiring::Sandbox;
use sandbox::{Obstacle, Stack, StackError};
use serde::Deserialize;
use serde_json::{Value, json};

use super::customer::{is_json, json_response, problem_response};

/// The path of the faults.
pub(super) const OBSTACLES_PATH: &str = "/stand-in/obstacles";

/// The maximum delay of new roles, in seconds: a day.
const MAX_DELAY_SECONDS: u32 = 86_400;

/// A fault, by its name in the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A fault of one bucket.
    Bucket(Obstacle),
    /// The bucket is deleted, with all its objects.
    DeletedBucket,
    /// STS knows a new role only after some seconds.
    NewRoleDelay,
}

/// Each fault: its name, kind and effect.
const KINDS: [(&str, Kind, &str); 14] = [
    (
        "new-role-delay",
        Kind::NewRoleDelay,
        "IAM takes that many seconds to propagate a new role, as after Create stack; it affects roles that this serve created",
    ),
    ("bucket-policy", Kind::Bucket(Obstacle::BucketPolicy), "the bucket's policy denies every write"),
    (
        "bucket-policy-demands-aes256",
        Kind::Bucket(Obstacle::RequiresAes256),
        "the bucket's policy denies writes that don't request SSE-S3; connect with the encryption aes256",
    ),
    (
        "bucket-policy-demands-signed-payload",
        Kind::Bucket(Obstacle::RequiresSignedPayload),
        "the bucket's policy denies writes with an unsigned body; Auditferry signs each body, so nothing fails",
    ),
    (
        "service-control-policy",
        Kind::Bucket(Obstacle::ServiceControlPolicy),
        "a service control policy (SCP) of the account's organization denies every write",
    ),
    (
        "resource-control-policy",
        Kind::Bucket(Obstacle::ResourceControlPolicy),
        "a resource control policy (RCP) of the account's organization denies every write",
    ),
    (
        "permissions-boundary",
        Kind::Bucket(Obstacle::PermissionsBoundary),
        "the role has a permissions boundary that does not allow the write",
    ),
    (
        "kms-key-policy",
        Kind::Bucket(Obstacle::KeyDenied),
        "the role may not use the KMS key; it affects only connectors with a key",
    ),
    (
        "kms-bucket-key",
        Kind::Bucket(Obstacle::BucketKey),
        "the KMS key is used through an S3 Bucket Key, so a write needs kms:Decrypt too, which Auditferry's session has",
    ),
    (
        "kms-key-disabled",
        Kind::Bucket(Obstacle::KeyDisabled),
        "the KMS key is disabled; it affects only connectors with a key",
    ),
    (
        "object-lock",
        Kind::Bucket(Obstacle::ObjectLock),
        "Object Lock with a default retention: each write needs a checksum, which Auditferry sends, so nothing fails",
    ),
    (
        "wrong-region",
        Kind::Bucket(Obstacle::OtherRegion),
        "the bucket is in us-west-2, or in eu-west-1 if it was created in us-west-2",
    ),
    (
        "deleted-bucket",
        Kind::DeletedBucket,
        "the bucket is deleted with its objects; DELETE creates it again, empty",
    ),
    (
        "clock-skew",
        Kind::Bucket(Obstacle::ClockSkew),
        "the vendor's clock and S3's clock differ by more than 15 minutes",
    ),
];

/// The body for faults of a bucket.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BucketBody {
    bucket: String,
}

/// The body for the delay of new roles.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DelayBody {
    seconds: u32,
}

/// The status and detail of an error response.
type ErrorResponse = (StatusCode, String);

/// The routes of fault injection.
pub(super) fn routes(embedded: &Arc<Sandbox>) -> Router {
    Router::new()
        .route(OBSTACLES_PATH, get(list).delete(clear_all))
        .route(&format!("{OBSTACLES_PATH}/{{kind}}"), put(set).post(set).delete(clear))
        .with_state(Arc::clone(embedded))
}

async fn list(State(embedded): State<Arc<Sandbox>>) -> Response {
    let kinds = KINDS.map(|(name, kind, what)| {
        let needs = if kind == Kind::NewRoleDelay { "seconds" } else { "bucket" };
        json!({ "kind": name, "needs": needs, "what": what })
    });
    let stack = embedded.stack();
    let body = json!({ "kinds": kinds, "buckets": stack.customer_buckets(), "set": active_obstacles(stack) });
    json_response(StatusCode::OK, &body)
}

async fn set(
    State(embedded): State<Arc<Sandbox>>,
    Path(kind): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !is_json(&headers) {
        return problem_response(StatusCode::UNSUPPORTED_MEDIA_TYPE, "send it as application/json");
    }
    respond(embedded.stack(), set_one(embedded.stack(), &kind, &body))
}

async fn clear(
    State(embedded): State<Arc<Sandbox>>,
    Path(kind): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let cleared = parse_kind(&kind).and_then(|kind| {
        let bucket = only_bucket(query.as_deref(), kind)?;
        clear_kind(embedded.stack(), kind, bucket.as_deref())
    });
    respond(embedded.stack(), cleared)
}

async fn clear_all(State(embedded): State<Arc<Sandbox>>) -> Response {
    let stack = embedded.stack();
    respond(stack, KINDS.iter().try_for_each(|(_, kind, _)| clear_kind(stack, *kind, None)))
}

/// Responds with the active faults after a change, or with the error.
fn respond(stack: &Stack, done: Result<(), ErrorResponse>) -> Response {
    match done {
        Ok(()) => json_response(StatusCode::OK, &json!({ "set": active_obstacles(stack) })),
        Err((status, detail)) => problem_response(status, &detail),
    }
}

fn set_one(stack: &Stack, kind: &str, body: &[u8]) -> Result<(), ErrorResponse> {
    let kind = parse_kind(kind)?;
    if kind == Kind::NewRoleDelay {
        let form = format!("the body must be {{\"seconds\": N}}, N from 0 to {MAX_DELAY_SECONDS}");
        let DelayBody { seconds } = parse_body(body, &form)?;
        if seconds > MAX_DELAY_SECONDS {
            return Err((StatusCode::BAD_REQUEST, form));
        }
        stack.set_new_role_delay(Duration::from_secs(seconds.into()));
        return Ok(());
    }
    let BucketBody { bucket } = parse_body(body, "the body must be {\"bucket\": \"NAME\"}")?;
    let set = match kind {
        Kind::Bucket(obstacle) => stack.add_obstacle(&bucket, obstacle),
        // A bucket that is deleted already is a success.
        Kind::DeletedBucket if stack.deleted_buckets().contains(&bucket) => Ok(()),
        Kind::DeletedBucket => stack.delete_customer_bucket(&bucket),
        Kind::NewRoleDelay => Ok(()),
    };
    set.map_err(|error| error_response(stack, &error))
}

/// Removes one kind of fault, from all buckets or from one.
fn clear_kind(stack: &Stack, kind: Kind, bucket: Option<&str>) -> Result<(), ErrorResponse> {
    let selected = |name: &str| bucket.is_none_or(|only| only == name);
    match kind {
        Kind::Bucket(obstacle) => stack.clear_obstacles(|set, name| set == obstacle && selected(name)),
        Kind::NewRoleDelay => stack.set_new_role_delay(Duration::ZERO),
        Kind::DeletedBucket => {
            for name in stack.deleted_buckets().into_iter().filter(|name| selected(name)) {
                stack.restore_bucket(&name).map_err(|error| error_response(stack, &error))?;
            }
        }
    }
    Ok(())
}

fn active_obstacles(stack: &Stack) -> Vec<Value> {
    let delay = stack.new_role_delay().as_secs();
    let delay = (delay > 0).then(|| json!({ "kind": "new-role-delay", "seconds": delay }));
    let name = |searched: Kind| KINDS.iter().find(|(_, kind, _)| *kind == searched).map(|(name, ..)| *name);
    let set = stack.obstacles().into_iter();
    let set = set.map(|(bucket, obstacle)| json!({ "kind": name(Kind::Bucket(obstacle)), "bucket": bucket }));
    let deleted = stack.deleted_buckets().into_iter();
    let deleted = deleted.map(|bucket| json!({ "kind": "deleted-bucket", "bucket": bucket }));
    delay.into_iter().chain(set).chain(deleted).collect()
}

fn parse_kind(kind: &str) -> Result<Kind, ErrorResponse> {
    KINDS.iter().find(|(name, ..)| *name == kind).map(|(_, kind, _)| *kind).ok_or_else(|| {
        let names = KINDS.map(|(name, ..)| name).join(", ");
        (StatusCode::NOT_FOUND, format!("unknown obstacle `{kind}`; valid are: {names}"))
    })
}

fn parse_body<'a, T: Deserialize<'a>>(body: &'a [u8], form: &str) -> Result<T, ErrorResponse> {
    serde_json::from_slice(body).map_err(|error| (StatusCode::BAD_REQUEST, format!("{form}: {error}")))
}

/// The bucket of `?bucket=NAME`, if the query names one.
fn only_bucket(query: Option<&str>, kind: Kind) -> Result<Option<String>, ErrorResponse> {
    let mut bucket = None;
    for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        if name != "bucket" || kind == Kind::NewRoleDelay || bucket.is_some() {
            let detail = format!(
                "invalid query parameter `{name}`; only one ?bucket=NAME is allowed, for obstacles of a bucket"
            );
            return Err((StatusCode::BAD_REQUEST, detail));
        }
        bucket = Some(value.into_owned());
    }
    Ok(bucket)
}

fn error_response(stack: &Stack, error: &StackError) -> ErrorResponse {
    match error {
        StackError::NoSuchBucket(_) => {
            let buckets = stack.customer_buckets();
            let there = if buckets.is_empty() { "none".to_owned() } else { buckets.join(", ") };
            (StatusCode::NOT_FOUND, format!("{error}; the customers' buckets are: {there}"))
        }
        StackError::VendorBucket(_) | StackError::BucketExists(_) => {
            (StatusCode::CONFLICT, error.to_string())
        }
        _ => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    }
}
