//! The notice queue, which the notifier both reads and sends to, with Lambda's poller. It counts the
//! invocations of a chain of messages, and how often a message was received.
//!
//! Lambda stops a chain: the messages of its 17th invocation go to the dead-letter queue, unless the
//! function's `RecursiveLoop` is `Allow`. It recognizes a chain by the header `x-amzn-trace-id`, which the
//! SDK passes on from the invocation to its own requests; a message sent without it begins a new chain. An
//! invocation with a batch of several chains continues the longest, which is the strictest reading.
//!
//! Sources: AWS Lambda developer guide, "Use Lambda recursive loop detection to prevent infinite loops";
//! Amazon SQS developer guide, "Dead-letter queues" and "Visibility timeout"; API reference, `SendMessage`.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use archive::names::TenantId;
use archive::time::Time;
use async_trait::async_trait;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::IntoResponse as _;
use axum::response::Response;
use axum::routing::post;
use ports::{DelayQueue, PortError};
use serde_json::json;

use super::aws_json::{ErrorResponse, Operation, text};
use super::serve;
use crate::fakes::{FakeClock, locked};
use crate::fault_injection::{Outage, Outages};

const SEND: Operation = Operation {
    target: "AmazonSQS.SendMessage",
    content_type: "application/x-amz-json-1.0",
    signed_for: "sqs",
};
/// How many invocations of a chain Lambda allows.
const MAX_CHAIN: u32 = 16;
/// As `template.yaml` configures the notifier's queue: a message received this often goes to the dead
/// letters,
const MAX_RECEIVE_COUNT: u32 = 5;
/// one that was received and not deleted becomes visible again after this,
const VISIBILITY_TIMEOUT: Duration = Duration::from_secs(1080);
/// and an older one is dropped.
const RETENTION: Duration = Duration::from_hours(24);
/// The maximum initial delay of a message, seconds.
const MAX_DELAY_SECONDS: u64 = 900;
/// How many messages an invocation gets.
const BATCH_SIZE: usize = 10;

/// The function's `RecursiveLoop` setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecursiveLoop {
    /// A chain goes on for as long as the function continues it.
    Allow,
    /// Lambda stops a chain that it takes for a loop: its default.
    Terminate,
}

/// The queue, its dead letters, and the poller. A clone is the same queue.
#[derive(Debug, Clone)]
pub struct NoticeQueue {
    clock: FakeClock,
    shared: Arc<Mutex<QueueState>>,
}

#[derive(Debug)]
struct QueueState {
    recursive_loop: RecursiveLoop,
    waiting: VecDeque<Message>,
    dead_letters: Vec<String>,
    /// The trace of the current invocation, for senders within this process.
    trace: Option<String>,
    outages: Outages,
    longest_chain: u32,
    invocations: u64,
}

#[derive(Debug, Clone)]
struct Message {
    body: String,
    sent_at: Time,
    visible_at: Time,
    receive_count: u32,
    /// In how many invocations its chain has been.
    hops: u32,
}

/// The input of one invocation of the function.
#[derive(Debug)]
pub struct Invocation {
    /// The value of the header `Lambda-Runtime-Trace-Id`.
    pub trace: String,
    messages: Vec<Message>,
}

impl Invocation {
    /// The bodies of the invocation's messages, in their order.
    #[must_use]
    pub fn bodies(&self) -> Vec<String> {
        self.messages.iter().map(|message| message.body.clone()).collect()
    }
}

impl NoticeQueue {
    /// An empty queue, whose messages wait by this clock.
    #[must_use]
    pub fn new(clock: &FakeClock, recursive_loop: RecursiveLoop) -> Self {
        let shared = QueueState {
            recursive_loop,
            waiting: VecDeque::new(),
            dead_letters: Vec::new(),
            trace: None,
            outages: Outages::default(),
            longest_chain: 0,
            invocations: 0,
        };
        Self { clock: clock.clone(), shared: Arc::new(Mutex::new(shared)) }
    }

    /// Starts listening for `SendMessage`, and returns the endpoint, for `AWS_ENDPOINT_URL_SQS`.
    ///
    /// # Errors
    /// If no port is free.
    pub async fn listen(&self) -> std::io::Result<String> {
        let router = Router::new().route("/", post(send)).with_state(self.clone());
        Ok(format!("http://{}", serve(router).await?))
    }

    /// Receives the due messages, as Lambda's poller does; `None` if there are none. Messages sent within
    /// this process from now on belong to this invocation, until it is answered.
    #[must_use]
    pub fn invoke(&self) -> Option<Invocation> {
        let now = self.clock.wall();
        let mut state = locked(&self.shared);
        state.waiting.retain(|message| message.sent_at + RETENTION > now);
        let mut messages = Vec::new();
        for mut message in std::mem::take(&mut state.waiting) {
            if message.visible_at > now || messages.len() == BATCH_SIZE {
                state.waiting.push_back(message);
            } else if message.receive_count == MAX_RECEIVE_COUNT
                || (message.hops == MAX_CHAIN && state.recursive_loop == RecursiveLoop::Terminate)
            {
                state.dead_letters.push(message.body);
            } else {
                message.receive_count += 1;
                messages.push(message);
            }
        }
        let hops = 1 + messages.iter().map(|message| message.hops).max()?;
        state.longest_chain = state.longest_chain.max(hops);
        state.invocations += 1;
        // As Lambda writes it: the lineage ends in the number of invocations.
        let number = state.invocations;
        let trace =
            format!("Root=1-691f7a32-{number:024x};Parent={number:016x};Sampled=0;Lineage=1:a87bd80c:{hops}");
        state.trace = Some(trace.clone());
        Some(Invocation { trace, messages })
    }

    /// Ends the invocation: the messages that did not fail are deleted, the others become visible again.
    /// `failed` has indices of its bodies.
    pub fn answer(&self, invocation: Invocation, failed: &[usize]) {
        let visible_at = self.clock.wall() + VISIBILITY_TIMEOUT;
        let mut state = locked(&self.shared);
        state.trace = None;
        for (index, message) in invocation.messages.into_iter().enumerate() {
            if failed.contains(&index) {
                state.waiting.push_back(Message { visible_at, ..message });
            }
        }
    }

    /// The bodies of all waiting messages.
    #[must_use]
    pub fn waiting(&self) -> Vec<String> {
        locked(&self.shared).waiting.iter().map(|message| message.body.clone()).collect()
    }

    /// The bodies of the dead letters.
    #[must_use]
    pub fn dead_letters(&self) -> Vec<String> {
        locked(&self.shared).dead_letters.clone()
    }

    /// In how many invocations the longest chain has been.
    #[must_use]
    pub fn longest_chain(&self) -> u32 {
        locked(&self.shared).longest_chain
    }

    /// The next `calls` calls within this process meet this outage.
    pub fn outage(&self, outage: Outage, calls: usize) {
        locked(&self.shared).outages.plan(outage, calls);
    }

    fn put(&self, body: &str, delay: Duration, trace: Option<&str>) {
        let now = self.clock.wall();
        let message = Message {
            body: body.to_owned(),
            sent_at: now,
            visible_at: now + delay,
            receive_count: 0,
            hops: trace.map_or(0, hops),
        };
        locked(&self.shared).waiting.push_back(message);
    }
}

/// The number of invocations in a trace; zero if it has no lineage.
fn hops(trace: &str) -> u32 {
    let lineage = trace.split(';').find_map(|part| part.strip_prefix("Lineage="));
    lineage.and_then(|lineage| lineage.rsplit(':').next()?.parse().ok()).unwrap_or_default()
}

async fn send(State(queue): State<NoticeQueue>, headers: HeaderMap, body: Bytes) -> Response {
    let content = match SEND.read(&headers, &body) {
        Ok(content) => content,
        Err(error) => return error.into_response(),
    };
    let delay = content["DelaySeconds"].as_u64().unwrap_or_default();
    if text(&content, "MessageBody").is_empty() || delay > MAX_DELAY_SECONDS {
        return ErrorResponse::bad_request("InvalidParameterValue", "no body, or a delay over 900")
            .into_response();
    }
    let trace = headers.get("x-amzn-trace-id").and_then(|trace| trace.to_str().ok());
    queue.put(text(&content, "MessageBody"), Duration::from_secs(delay), trace);
    SEND.answer(&json!({ "MessageId": "1", "MD5OfMessageBody": "nobody checks it" }))
}

#[async_trait]
impl DelayQueue for NoticeQueue {
    async fn send_after(&self, message: &str, delay: Duration, _: &TenantId) -> Result<(), PortError> {
        assert!(delay.as_secs() <= MAX_DELAY_SECONDS, "SQS would refuse {delay:?}");
        let (outage, trace) = {
            let mut state = locked(&self.shared);
            (state.outages.take(), state.trace.clone())
        };
        if matches!(outage, None | Some(Outage::ResponseLost)) {
            self.put(message, delay, trace.as_deref());
        }
        outage.map_or(Ok(()), |outage| {
            let source = format!("{outage:?}").into();
            Err(PortError::Transient { what: "sending to the notice queue", source })
        })
    }
}
