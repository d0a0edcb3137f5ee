//! A queue that keeps what it is sent, and refuses what it is told to refuse.
//!
//! Source: Amazon SQS API reference, `SendMessageBatch`, in the AWS JSON protocol.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};

/// The queue; it goes with the test's runtime.
#[derive(Debug, Clone)]
pub(crate) struct Queue {
    /// For `AWS_ENDPOINT_URL_SQS`.
    pub(crate) endpoint: String,
    kept: Kept,
}

#[derive(Debug, Default)]
struct Messages {
    taken: Vec<String>,
    to_refuse: usize,
    refused: Vec<String>,
}

type Kept = Arc<Mutex<Messages>>;

impl Queue {
    /// Refuses the first `to_refuse` messages, each by an entry of its own in an answer that is a success as such.
    pub(crate) async fn start(to_refuse: usize) -> Self {
        let kept = Kept::new(Mutex::new(Messages { to_refuse, ..Messages::default() }));
        let router = Router::new().route("/", post(send)).with_state(Arc::clone(&kept));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { endpoint, kept }
    }

    /// For `EXPORT_QUEUE_URL`.
    pub(crate) fn url(&self) -> String {
        format!("{}/111111111111/export", self.endpoint)
    }

    /// The bodies of the messages in it, in no particular order: sorted.
    pub(crate) fn taken(&self) -> Vec<String> {
        let mut taken = self.kept.lock().unwrap().taken.clone();
        taken.sort();
        taken
    }

    /// The bodies of the messages that it has refused.
    pub(crate) fn refused(&self) -> Vec<String> {
        self.kept.lock().unwrap().refused.clone()
    }
}

async fn send(State(kept): State<Kept>, headers: HeaderMap, request: String) -> Response {
    if headers.get("x-amz-target").is_none_or(|target| target != "AmazonSQS.SendMessageBatch") {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let request: Value = serde_json::from_str(&request).unwrap();
    assert!(request["QueueUrl"].as_str().unwrap().ends_with("/111111111111/export"), "{request}");
    let mut kept = kept.lock().unwrap();
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for entry in request["Entries"].as_array().unwrap() {
        let body = entry["MessageBody"].as_str().unwrap().to_owned();
        if kept.to_refuse > 0 {
            kept.to_refuse -= 1;
            kept.refused.push(body);
            failed.push(json!({ "Id": entry["Id"], "SenderFault": false, "Code": "InternalError" }));
        } else {
            kept.taken.push(body);
            successful.push(json!({ "Id": entry["Id"], "MessageId": "m", "MD5OfMessageBody": "x" }));
        }
    }
    let answer = json!({ "Successful": successful, "Failed": failed }).to_string();
    ([("content-type", "application/x-amz-json-1.0")], answer).into_response()
}
