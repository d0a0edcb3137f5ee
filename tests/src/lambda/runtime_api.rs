//! A Lambda Runtime API for one function: passes it one invocation at a time and waits for its response.
//!
//! Source: AWS Lambda developer guide, "Using the Lambda runtime API".

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tokio::sync::{Mutex, mpsc};

use super::serve;

/// The function's response: its payload, or the error that it reported for this invocation or its start.
pub type Answer = Result<Bytes, Bytes>;

/// An invocation: the event, and its trace.
type Event = (String, Option<String>);

/// A running API. Dropping it stops it.
#[derive(Debug)]
pub struct RuntimeApi {
    /// The value of `AWS_LAMBDA_RUNTIME_API`.
    pub address: String,
    events: mpsc::Sender<Event>,
    answers: mpsc::Receiver<Answer>,
}

#[derive(Debug)]
struct Shared {
    events: Mutex<mpsc::Receiver<Event>>,
    answers: mpsc::Sender<Answer>,
    time_limit: Duration,
}

impl RuntimeApi {
    /// Starts listening. Each invocation may take `time_limit`; the function gets the deadline and must keep
    /// it itself.
    ///
    /// # Errors
    /// If no port is free.
    pub async fn start(time_limit: Duration) -> std::io::Result<Self> {
        let (events, incoming) = mpsc::channel(1);
        let (outgoing, answers) = mpsc::channel(1);
        let shared = Arc::new(Shared { events: Mutex::new(incoming), answers: outgoing, time_limit });
        let router = Router::new()
            .route("/2018-06-01/runtime/init/error", post(error))
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .with_state(shared);
        Ok(Self { address: serve(router).await?, events, answers })
    }

    /// Invokes the function with `event`, as part of a trace if one is given. Waits for its response, for
    /// ever if it has died. `None` if the server has stopped.
    pub async fn invoke(&mut self, event: String, trace: Option<&str>) -> Option<Answer> {
        self.events.send((event, trace.map(str::to_owned))).await.ok()?;
        self.answers.recv().await
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "it plays Lambda, which sets deadlines by the clock on the wall"
)]
async fn next(State(shared): State<Arc<Shared>>) -> Response {
    let Some((event, trace)) = shared.events.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + shared.time_limit;
    let mut headers = HeaderMap::new();
    let mut set = |name: &'static str, value: String| {
        headers.insert(name, value.parse().expect("a header value of digits and letters"));
    };
    set("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd".into());
    set("lambda-runtime-deadline-ms", deadline.as_millis().to_string());
    set(
        "lambda-runtime-invoked-function-arn",
        "arn:aws:lambda:us-east-1:111111111111:function:auditferry".into(),
    );
    if let Some(trace) = trace {
        set("lambda-runtime-trace-id", trace);
    }
    (headers, event).into_response()
}

async fn response(State(shared): State<Arc<Shared>>, body: Bytes) -> StatusCode {
    answer(&shared, Ok(body)).await
}

async fn error(State(shared): State<Arc<Shared>>, body: Bytes) -> StatusCode {
    answer(&shared, Err(body)).await
}

async fn answer(shared: &Shared, answer: Answer) -> StatusCode {
    match shared.answers.send(answer).await {
        Ok(()) => StatusCode::ACCEPTED,
        Err(_) => StatusCode::GONE,
    }
}
