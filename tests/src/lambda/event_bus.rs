//! An event bus that records the published entries, rejects what EventBridge would, and has outages on
//! demand.
//!
//! Source: EventBridge API reference, `PutEvents` and `PutEventsResultEntry`; EventBridge user guide,
//! "Calculating PutEvents event entry size".

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use serde_json::{Value, json};

use super::aws_json::{ErrorResponse, Operation, entries, text, truncated_response};
use super::serve;
use crate::fakes::locked;
use crate::fault_injection::{Outage, Outages};

const PUT_EVENTS: Operation = Operation {
    target: "AWSEvents.PutEvents",
    content_type: "application/x-amz-json-1.1",
    signed_for: "events",
};
/// How many entries a request may have.
const MAX_ENTRIES: usize = 10;
/// All entries of a request together must be smaller than this, bytes.
const REQUEST_SIZE_LIMIT: usize = 1024 * 1024;

/// The bus; it ends with the test's runtime.
#[derive(Debug, Clone)]
pub struct EventBus {
    /// The value of `AWS_ENDPOINT_URL_EVENTBRIDGE`.
    pub url: String,
    shared: Arc<Mutex<BusState>>,
}

#[derive(Debug, Default)]
struct BusState {
    published: Vec<Value>,
    outages: Outages,
}

impl EventBus {
    /// Starts listening.
    ///
    /// # Errors
    /// If no port is free.
    pub async fn start() -> std::io::Result<Self> {
        let shared = Arc::<Mutex<BusState>>::default();
        let router = Router::new().route("/", post(put_events)).with_state(Arc::clone(&shared));
        Ok(Self { url: format!("http://{}", serve(router).await?), shared })
    }

    /// Every accepted entry, as it was sent, oldest first.
    #[must_use]
    pub fn published(&self) -> Vec<Value> {
        locked(&self.shared).published.clone()
    }

    /// The `DetailType`s of one connector's entries, oldest first.
    #[must_use]
    pub fn detail_types_of(&self, connector: &str) -> Vec<String> {
        let published = self.published();
        let of_it = published.iter().filter(|entry| detail(entry)["connector"] == connector);
        of_it.map(|entry| text(entry, "DetailType").to_owned()).collect()
    }

    /// The next `calls` requests meet this outage.
    pub fn outage(&self, outage: Outage, calls: usize) {
        locked(&self.shared).outages.plan(outage, calls);
    }
}

/// An entry's detail; null if it isn't JSON.
fn detail(entry: &Value) -> Value {
    serde_json::from_str(text(entry, "Detail")).unwrap_or_default()
}

async fn put_events(State(shared): State<Arc<Mutex<BusState>>>, headers: HeaderMap, body: Bytes) -> Response {
    let mut state = locked(&shared);
    let outage = state.outages.take();
    match state.put(&headers, &body, outage) {
        Ok(_) if outage == Some(Outage::ResponseLost) => truncated_response(),
        Ok(answer) => PUT_EVENTS.answer(&answer),
        Err(error) => error.into_response(),
    }
}

impl BusState {
    fn put(
        &mut self,
        headers: &HeaderMap,
        body: &[u8],
        outage: Option<Outage>,
    ) -> Result<Value, ErrorResponse> {
        let mut content = PUT_EVENTS.read(headers, body)?;
        match outage {
            Some(Outage::Throttled) => {
                return Err(ErrorResponse::bad_request("ThrottlingException", "Rate exceeded"));
            }
            Some(Outage::Denied) => {
                return Err(ErrorResponse::bad_request(
                    "AccessDeniedException",
                    "not authorized to perform: events:PutEvents",
                ));
            }
            _ => {}
        }
        let entries = entries(&mut content);
        if !(1..=MAX_ENTRIES).contains(&entries.len()) {
            let message =
                format!("{} entries; the member must have a length of 1 to {MAX_ENTRIES}", entries.len());
            return Err(ErrorResponse::bad_request("ValidationException", message));
        }
        if entries.iter().map(size).sum::<usize>() >= REQUEST_SIZE_LIMIT {
            let message = "Total size of the entries in the request is over the limit.";
            return Err(ErrorResponse::bad_request("ValidationException", message));
        }
        let results: Vec<Value> = entries.into_iter().map(|entry| self.put_one(entry, outage)).collect();
        let failed = results.iter().filter(|result| result["EventId"].is_null()).count();
        Ok(json!({ "FailedEntryCount": failed, "Entries": results }))
    }

    /// The result of one entry: a rejected one does not keep the others from being accepted.
    fn put_one(&mut self, entry: Value, outage: Option<Outage>) -> Value {
        let error_code = match outage {
            Some(Outage::EntriesFail) => Some("InternalFailure"),
            Some(Outage::EntriesDenied) => Some("NotAuthorizedForSourceException"),
            _ => error_code(&entry),
        };
        if let Some(code) = error_code {
            return json!({ "ErrorCode": code, "ErrorMessage": "words" });
        }
        self.published.push(entry);
        json!({ "EventId": format!("event-{}", self.published.len()) })
    }
}

/// The error code of an invalid entry.
fn error_code(entry: &Value) -> Option<&'static str> {
    let has = |name: &str| !text(entry, name).is_empty();
    if !(has("Source") && has("DetailType") && has("Detail")) || entry["EventBusName"] == "" {
        Some("InvalidArgument")
    } else if text(entry, "Source").starts_with("aws.") {
        Some("NotAuthorizedForSourceException")
    } else if !detail(entry).is_object() {
        Some("MalformedDetail")
    } else {
        None
    }
}

/// Bytes, as EventBridge counts them. We send neither a time nor resources.
fn size(entry: &Value) -> usize {
    ["Source", "DetailType", "Detail"].iter().map(|name| text(entry, name).len()).sum()
}
