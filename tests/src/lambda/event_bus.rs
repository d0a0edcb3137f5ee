//! An event bus that takes whatever it is told, and keeps it.
//!
//! Source: EventBridge API reference, `PutEvents`.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::post;
use serde_json::{Value, json};

use super::serve;

/// The bus; it goes with the test's runtime.
#[derive(Debug, Clone)]
pub struct EventBus {
    /// For `AWS_ENDPOINT_URL_EVENTBRIDGE`.
    pub url: String,
    told: Kept,
}

type Kept = Arc<Mutex<Vec<Value>>>;

impl EventBus {
    /// Starts listening.
    ///
    /// # Errors
    /// If no port is free.
    pub async fn start() -> std::io::Result<Self> {
        let told = Kept::default();
        let router = Router::new().route("/", post(put_events)).with_state(Arc::clone(&told));
        Ok(Self { url: format!("http://{}", serve(router).await?), told })
    }

    /// Every entry that it was told, as it was sent, the oldest first.
    ///
    /// # Panics
    /// If it was told something that is no entry.
    #[must_use]
    pub fn told(&self) -> Vec<Value> {
        self.told.lock().expect("the server has not panicked").clone()
    }

    /// The `DetailType`s of what was told of one connector, the oldest first.
    ///
    /// # Panics
    /// If it was told something that is no notice.
    #[must_use]
    pub fn told_of(&self, connector: &str) -> Vec<String> {
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let detail = |entry: &Value| -> Value {
            serde_json::from_str(&text(&entry["Detail"])).expect("the detail is JSON")
        };
        let told = self.told();
        told.iter()
            .filter(|entry| detail(entry)["connector"] == connector)
            .map(|entry| text(&entry["DetailType"]))
            .collect()
    }
}

async fn put_events(State(told): State<Kept>, request: String) -> impl IntoResponse {
    let mut request: Value = serde_json::from_str(&request).expect("the request is JSON");
    let Value::Array(entries) = request["Entries"].take() else { panic!("no entries: {request}") };
    let taken: Vec<Value> = (0..entries.len()).map(|n| json!({ "EventId": n.to_string() })).collect();
    told.lock().expect("nobody panics here").extend(entries);
    let answer = json!({ "FailedEntryCount": 0, "Entries": taken }).to_string();
    ([("content-type", "application/x-amz-json-1.1")], answer)
}
