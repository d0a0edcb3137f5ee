//! Endpoints of `serve` that no deployment has: the customer's administrator, who launches the stack, and an
//! event bus for other processes that use these stand-ins.

use std::sync::Arc;

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use sandbox::guard::OwnerAuth;
use sandbox::wiring::Sandbox;
use serde::Deserialize;
use serde_json::{Value, json};

use super::launch::StackLaunch;

/// The path that launches a customer's stack.
pub(super) const STACKS_PATH: &str = "/stand-in/stacks";
/// The path of the event bus.
pub(super) const BUS_PATH: &str = "/stand-in/bus";
/// The content type of a request to the event bus, as the AWS SDKs send it.
const BUS_TYPE: &str = "application/x-amz-json-1.1";
/// The largest request to the bus, in bytes: AWS allows 1 MiB for ten events, which JSON escapes may double.
const MAX_BODY_BYTES: usize = 2 << 20;
/// The name of the event bus.
pub(super) const BUS: &str = "auditferry";

/// The customer's routes, for this user only.
pub(super) fn stacks(embedded: &Arc<Sandbox>) -> Router {
    Router::new().route(STACKS_PATH, post(launch)).with_state(Arc::clone(embedded))
}

/// The event bus's routes. They authenticate requests themselves: an AWS SDK signs requests, and can't send
/// the token.
pub(super) fn bus(embedded: &Arc<Sandbox>, owner: OwnerAuth) -> Router {
    // The SDKs request the root path below their endpoint.
    Router::new()
        .route(BUS_PATH, post(put_events))
        .route(&format!("{BUS_PATH}/"), post(put_events))
        .with_state(BusState { embedded: Arc::clone(embedded), owner })
}

/// The state of the event bus's routes.
#[derive(Clone)]
struct BusState {
    embedded: Arc<Sandbox>,
    owner: OwnerAuth,
}

/// `POST /stand-in/stacks`, with a [`StackLaunch`] as the body.
async fn launch(State(embedded): State<Arc<Sandbox>>, headers: HeaderMap, body: Bytes) -> Response {
    if !is_json(&headers) {
        return problem_response(StatusCode::UNSUPPORTED_MEDIA_TYPE, "send it as application/json");
    }
    let (stack, outputs) = match StackLaunch::read(&body).and_then(StackLaunch::plan) {
        Ok(planned) => planned,
        Err(why) => return problem_response(StatusCode::BAD_REQUEST, &why),
    };
    match embedded.launch_stack(&stack) {
        Ok(()) => json_response(StatusCode::CREATED, &json!({ "Outputs": outputs })),
        Err(error) => problem_response(StatusCode::CONFLICT, &error.to_string()),
    }
}

/// The body of `PutEvents`, with the stored fields only.
/// Source: `EventBridge` API reference, `PutEvents`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entries {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    source: String,
    detail_type: String,
    detail: String,
}

/// `PutEvents`, the bus's only operation here.
async fn put_events(State(BusState { embedded, owner }): State<BusState>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY_BYTES).await else {
        return problem_response(StatusCode::PAYLOAD_TOO_LARGE, "a request to the bus has at most 2 MiB");
    };
    if !owner.is_owner(&parts).await
        && let Err(answer) = embedded.stack().check_signature(&parts, &body, "events")
    {
        return *answer;
    }
    if !has_type(&parts.headers, BUS_TYPE) {
        return problem_response(StatusCode::UNSUPPORTED_MEDIA_TYPE, &format!("send it as {BUS_TYPE}"));
    }
    let Ok(Entries { entries }) = serde_json::from_slice::<Entries>(&body) else {
        return problem_response(StatusCode::BAD_REQUEST, "not a PutEvents request");
    };
    let mut event_ids = Vec::new();
    for Entry { source, detail_type, detail } in entries {
        let detail: Value = serde_json::from_str(&detail).unwrap_or(Value::String(detail));
        let event = json!({ "source": source, "detail-type": detail_type, "detail": detail });
        if embedded.bus().append(event).is_err() {
            return problem_response(StatusCode::INTERNAL_SERVER_ERROR, "the event could not be stored");
        }
        event_ids.push(json!({ "EventId": format!("{:016x}", embedded.randomness().next_u64()) }));
    }
    json_response(StatusCode::OK, &json!({ "FailedEntryCount": 0, "Entries": event_ids }))
}

/// Whether a request's content type is JSON.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    has_type(headers, "application/json")
}

/// Whether a request has this content type, with any parameters.
fn has_type(headers: &HeaderMap, expected: &str) -> bool {
    let named = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let essence = named.and_then(|kind| kind.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case(expected))
}

pub(super) fn json_response(status: StatusCode, body: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

pub(super) fn problem_response(status: StatusCode, detail: &str) -> Response {
    let title = status.canonical_reason().unwrap_or_default();
    let body = json!({ "title": title, "status": status.as_u16(), "detail": detail });
    (status, [(header::CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response()
}
