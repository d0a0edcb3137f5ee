//! The driver's interface to the endpoint, and its counts.
//!
//! - `POST /bench/reset?latency_ms=20` forgets the previous function and all counts; from now on every
//!   response of an AWS service is delayed by that time.
//! - `POST /bench/invoke` passes its body to the next function that polls, and returns that function's
//!   response and times.
//! - `GET /bench/counts` returns the counts since the reset.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use hyper::Request;
use hyper::body::Incoming;
use serde_json::{Value, json};
use tokio::sync::{Mutex as AsyncMutex, mpsc};

use crate::answer::{Answer, empty, text};
use crate::body;

/// The measured function, and the counts of its requests.
pub(crate) struct Control {
    latency_ms: AtomicU64,
    seen: Mutex<Seen>,
    function: Mutex<Arc<Function>>,
}

#[derive(Default)]
struct Seen {
    requests: BTreeMap<String, u64>,
    page_bytes: u64,
    /// When the function first polled for an event, when it received its latest event, and when it responded
    /// to that; in nanoseconds since 1970, as the driver's clock.
    ready: Option<u64>,
    handed: u64,
    answered: u64,
}

/// The channels of one function: its events, and its responses for the driver.
struct Function {
    events: mpsc::Sender<Bytes>,
    incoming: AsyncMutex<mpsc::Receiver<Bytes>>,
    answers: mpsc::Sender<(bool, Bytes)>,
    outgoing: AsyncMutex<mpsc::Receiver<(bool, Bytes)>>,
    /// Ends the poll of a killed function.
    canceled: tokio::sync::Notify,
}

impl Default for Control {
    fn default() -> Self {
        let (latency_ms, seen) = (AtomicU64::new(0), Mutex::default());
        Self { latency_ms, seen, function: Mutex::new(Arc::new(Function::new())) }
    }
}

impl Function {
    fn new() -> Self {
        let (events, incoming) = mpsc::channel(1);
        let (answers, outgoing) = mpsc::channel(1);
        let (incoming, outgoing) = (AsyncMutex::new(incoming), AsyncMutex::new(outgoing));
        Self { events, incoming, answers, outgoing, canceled: tokio::sync::Notify::new() }
    }
}

impl Control {
    pub(crate) fn latency_ms(&self) -> u64 {
        self.latency_ms.load(Ordering::Relaxed)
    }

    /// Counts a request, and the bytes of its page.
    pub(crate) fn count(&self, what: &str, page_bytes: usize) {
        let mut seen = lock(&self.seen);
        *seen.requests.entry(what.to_owned()).or_default() += 1;
        seen.page_bytes += page_bytes as u64;
    }

    /// The next event for the function that polls; `None` once another one replaces it.
    pub(crate) async fn next_event(&self) -> Option<Bytes> {
        lock(&self.seen).ready.get_or_insert_with(now);
        let function = Arc::clone(&lock(&self.function));
        let event = tokio::select! {
            event = async { function.incoming.lock().await.recv().await } => event,
            () = function.canceled.notified() => None,
        };
        lock(&self.seen).handed = now();
        event
    }

    pub(crate) async fn answered(&self, well: bool, answer: &Bytes) {
        lock(&self.seen).answered = now();
        let function = Arc::clone(&lock(&self.function));
        // The driver may have stopped waiting.
        let _ = function.answers.send((well, answer.clone())).await;
    }

    fn reset(&self, latency_ms: u64) {
        self.latency_ms.store(latency_ms, Ordering::Relaxed);
        *lock(&self.seen) = Seen::default();
        let previous = std::mem::replace(&mut *lock(&self.function), Arc::new(Function::new()));
        previous.canceled.notify_waiters();
    }

    async fn invoke(&self, event: Bytes) -> Option<Value> {
        let function = Arc::clone(&lock(&self.function));
        function.events.send(event).await.ok()?;
        let (well, answer) = function.outgoing.lock().await.recv().await?;
        let seen = lock(&self.seen);
        let (ready, handed, answered) = (seen.ready, seen.handed, seen.answered);
        let answer = String::from_utf8_lossy(&answer).into_owned();
        Some(
            json!({ "well": well, "answer": answer, "ready": ready, "handed": handed, "answered": answered }),
        )
    }
}

pub(crate) async fn answer(control: &Control, request: Request<Incoming>) -> io::Result<Answer> {
    let query = request.uri().query().unwrap_or_default().to_owned();
    let answer = match request.uri().path() {
        "/bench/reset" => {
            let latency = query.strip_prefix("latency_ms=").and_then(|latency| latency.parse().ok());
            control.reset(latency.unwrap_or_default());
            json!({})
        }
        "/bench/invoke" => match control.invoke(body(request).await?).await {
            Some(answer) => answer,
            None => return Ok(empty(410)),
        },
        "/bench/counts" => {
            let seen = lock(&control.seen);
            json!({ "requests": seen.requests, "page_bytes": seen.page_bytes, "ready": seen.ready })
        }
        _ => return Ok(empty(404)),
    };
    Ok(text(200, "application/json", answer.to_string()))
}

#[expect(clippy::disallowed_methods, reason = "a measurement needs a clock")]
fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_nanos()).unwrap_or(u64::MAX)
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
