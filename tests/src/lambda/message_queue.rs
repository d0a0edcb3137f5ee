//! A message queue that records its messages, rejects what SQS would, and rejects single messages or has
//! outages on demand.
//!
//! Source: Amazon SQS API reference, `SendMessageBatch` and `BatchResultErrorEntry`, in the AWS JSON
//! protocol.

use std::collections::BTreeSet;
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

const SEND: Operation = Operation {
    target: "AmazonSQS.SendMessageBatch",
    content_type: "application/x-amz-json-1.0",
    signed_for: "sqs",
};
/// The queue's path after the endpoint.
const PATH: &str = "/111111111111/export";
/// How many entries a batch may have.
const MAX_ENTRIES: usize = 10;
/// The maximum size of all messages of a batch together, bytes.
const MAX_BATCH_BYTES: usize = 1024 * 1024;
/// The maximum length of an entry's ID, characters.
const MAX_ID_CHARS: usize = 80;
/// The maximum delay of a message, seconds.
const MAX_DELAY_SECONDS: u64 = 900;

/// The queue; it ends with the test's runtime.
#[derive(Debug, Clone)]
pub struct MessageQueue {
    /// The value of `AWS_ENDPOINT_URL_SQS`.
    pub endpoint: String,
    shared: Arc<Mutex<QueueState>>,
}

#[derive(Debug, Default)]
struct QueueState {
    accepted: Vec<String>,
    /// The delay of each of these, seconds.
    delays: Vec<u64>,
    refused: Vec<String>,
    /// Messages that contain one of these are rejected.
    refusing: BTreeSet<String>,
    /// How many messages are rejected whatever they contain.
    to_refuse: usize,
    outages: Outages,
}

impl MessageQueue {
    /// Starts listening.
    ///
    /// # Errors
    /// If no port is free.
    pub async fn start() -> std::io::Result<Self> {
        let shared = Arc::<Mutex<QueueState>>::default();
        let router = Router::new().route("/", post(send)).with_state(Arc::clone(&shared));
        Ok(Self { endpoint: format!("http://{}", serve(router).await?), shared })
    }

    /// The value of `EXPORT_QUEUE_URL`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}{PATH}", self.endpoint)
    }

    /// Rejects the next `count` messages, each by its own entry in a response that is a success as such.
    pub fn refuse_next(&self, count: usize) {
        locked(&self.shared).to_refuse = count;
    }

    /// Rejects messages that contain this text, until it accepts all again.
    pub fn refuse(&self, text: &str) {
        locked(&self.shared).refusing.insert(text.to_owned());
    }

    /// Accepts everyone's messages again.
    pub fn accept_all(&self) {
        locked(&self.shared).refusing.clear();
    }

    /// The next `calls` requests meet this outage.
    pub fn outage(&self, outage: Outage, calls: usize) {
        locked(&self.shared).outages.plan(outage, calls);
    }

    /// The bodies of the accepted messages, in order of arrival.
    #[must_use]
    pub fn accepted(&self) -> Vec<String> {
        locked(&self.shared).accepted.clone()
    }

    /// The delay of each accepted message in seconds, in order of arrival. No message is delayed here.
    #[must_use]
    pub fn delays(&self) -> Vec<u64> {
        locked(&self.shared).delays.clone()
    }

    /// The bodies of the messages that were rejected one by one.
    #[must_use]
    pub fn refused(&self) -> Vec<String> {
        locked(&self.shared).refused.clone()
    }
}

async fn send(State(shared): State<Arc<Mutex<QueueState>>>, headers: HeaderMap, body: Bytes) -> Response {
    let mut state = locked(&shared);
    let outage = state.outages.take();
    match state.send(&headers, &body, outage) {
        Ok(_) if outage == Some(Outage::ResponseLost) => truncated_response(),
        Ok(answer) => SEND.answer(&answer),
        Err(error) => error.into_response(),
    }
}

impl QueueState {
    fn send(
        &mut self,
        headers: &HeaderMap,
        body: &[u8],
        outage: Option<Outage>,
    ) -> Result<Value, ErrorResponse> {
        let mut content = SEND.read(headers, body)?;
        match outage {
            Some(Outage::Throttled) => {
                return Err(ErrorResponse::bad_request("RequestThrottled", "Rate exceeded"));
            }
            Some(Outage::Denied) => {
                return Err(ErrorResponse::forbidden(
                    "AccessDeniedException",
                    "Access to the resource is denied.",
                ));
            }
            _ => {}
        }
        if !text(&content, "QueueUrl").ends_with(PATH) {
            let message = "The specified queue does not exist.";
            return Err(ErrorResponse::bad_request("com.amazonaws.sqs#QueueDoesNotExist", message));
        }
        let entries = entries(&mut content);
        check(&entries)?;
        let (mut successful, mut failed) = (Vec::new(), Vec::new());
        for entry in &entries {
            let (id, message) = (&entry["Id"], text(entry, "MessageBody"));
            if let Some((code, sender_fault)) = self.error_code(message, outage) {
                self.refused.push(message.to_owned());
                failed
                    .push(json!({ "Id": id, "SenderFault": sender_fault, "Code": code, "Message": "words" }));
            } else {
                self.accepted.push(message.to_owned());
                self.delays.push(entry["DelaySeconds"].as_u64().unwrap_or_default());
                let (number, md5) = (self.accepted.len().to_string(), "nobody checks it");
                successful.push(json!({ "Id": id, "MessageId": number, "MD5OfMessageBody": md5 }));
            }
        }
        Ok(json!({ "Successful": successful, "Failed": failed }))
    }

    /// The error code of a rejected message, and whether that is its sender's fault.
    fn error_code(&mut self, message: &str, outage: Option<Outage>) -> Option<(&'static str, bool)> {
        match outage {
            Some(Outage::EntriesFail) => return Some(("InternalError", false)),
            Some(Outage::EntriesDenied) => return Some(("KMS.AccessDeniedException", true)),
            _ => {}
        }
        if self.to_refuse > 0 {
            self.to_refuse -= 1;
            return Some(("InternalError", false));
        }
        self.refusing.iter().any(|text| message.contains(text)).then_some(("InternalError", false))
    }
}

/// The checks for which SQS rejects a batch as a whole.
fn check(entries: &[Value]) -> Result<(), ErrorResponse> {
    if entries.is_empty() {
        return Err(ErrorResponse::bad_request(
            "com.amazonaws.sqs#EmptyBatchRequest",
            "There should be at least one entry.",
        ));
    }
    if entries.len() > MAX_ENTRIES {
        let message = format!(
            "Maximum number of entries per request are {MAX_ENTRIES}. You have sent {}.",
            entries.len()
        );
        return Err(ErrorResponse::bad_request("com.amazonaws.sqs#TooManyEntriesInBatchRequest", message));
    }
    let is_id = |id: &str| {
        let is_known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        (1..=MAX_ID_CHARS).contains(&id.len()) && id.bytes().all(is_known)
    };
    if !entries.iter().all(|entry| is_id(text(entry, "Id"))) {
        return Err(ErrorResponse::bad_request(
            "com.amazonaws.sqs#InvalidBatchEntryId",
            "letters, digits, hyphens and underscores",
        ));
    }
    let distinct: BTreeSet<&str> = entries.iter().map(|entry| text(entry, "Id")).collect();
    if distinct.len() < entries.len() {
        return Err(ErrorResponse::bad_request("com.amazonaws.sqs#BatchEntryIdsNotDistinct", "Id repeated."));
    }
    if entries.iter().any(|entry| text(entry, "MessageBody").is_empty()) {
        return Err(ErrorResponse::bad_request(
            "MissingParameter",
            "The request must contain the parameter MessageBody.",
        ));
    }
    let can_wait = |delay: &Value| delay.is_null() || delay.as_u64().is_some_and(|s| s <= MAX_DELAY_SECONDS);
    if !entries.iter().all(|entry| can_wait(&entry["DelaySeconds"])) {
        let message =
            "Value for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.";
        return Err(ErrorResponse::bad_request("InvalidParameterValue", message));
    }
    if entries.iter().map(|entry| text(entry, "MessageBody").len()).sum::<usize>() > MAX_BATCH_BYTES {
        let message = format!("Batch requests cannot be longer than {MAX_BATCH_BYTES} bytes.");
        return Err(ErrorResponse::bad_request("com.amazonaws.sqs#BatchRequestTooLong", message));
    }
    Ok(())
}
