//! A DynamoDB that answers from a script and writes down what it was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::Client;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::Response;
use serde_json::{Value, json};

use super::world::client;

#[derive(Debug, Default)]
struct Script {
    asked: Vec<Value>,
    answers: VecDeque<(u16, String)>,
}

/// The server; it goes with the test's runtime.
#[derive(Debug, Clone)]
pub(crate) struct Scripted {
    pub(crate) client: Client,
    script: Arc<Mutex<Script>>,
}

impl Scripted {
    /// Answers with these in turn, and then with an empty 500.
    pub(crate) async fn start(answers: impl IntoIterator<Item = (u16, Value)>) -> Self {
        let answers = answers.into_iter().map(|(status, body)| (status, body.to_string())).collect();
        let script = Arc::new(Mutex::new(Script { asked: Vec::new(), answers }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = client(&format!("http://{}", listener.local_addr().unwrap()));
        let router = Router::new().fallback(answer).with_state(Arc::clone(&script));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { client, script }
    }

    /// Every request so far.
    pub(crate) fn asked(&self) -> Vec<Value> {
        self.script.lock().unwrap().asked.clone()
    }
}

/// An error as DynamoDB words it.
pub(crate) fn error(code: &str) -> Value {
    json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": "as scripted"})
}

/// A cancelled transaction with these reasons.
pub(crate) fn cancelled<const N: usize>(reasons: [&str; N]) -> Value {
    let mut answer = error("TransactionCanceledException");
    answer["CancellationReasons"] = reasons.iter().map(|code| json!({"Code": code})).collect();
    answer
}

async fn answer(State(script): State<Arc<Mutex<Script>>>, body: Bytes) -> Response<Body> {
    let mut script = script.lock().unwrap();
    script.asked.push(serde_json::from_slice(&body).unwrap());
    let (status, body) = script.answers.pop_front().unwrap_or((500, String::new()));
    let response = Response::builder().status(status).header("content-type", "application/x-amz-json-1.0");
    response.body(Body::from(body)).unwrap()
}
