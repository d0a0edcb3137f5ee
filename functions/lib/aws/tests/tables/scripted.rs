//! A DynamoDB that responds from a script and records its requests.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::Client;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::Response;
use serde_json::{Value, json};

use super::world::{client_at, deployed_client};

#[derive(Debug, Default)]
struct Script {
    requests: Vec<Value>,
    responses: VecDeque<ScriptedResponse>,
}

/// A response, as it goes over the wire.
#[derive(Debug, Default)]
pub(crate) struct ScriptedResponse {
    pub(crate) status: u16,
    pub(crate) body: String,
    /// DynamoDB always sends this checksum header of the body.
    pub(crate) crc32: u32,
}

impl From<(u16, Value)> for ScriptedResponse {
    fn from((status, body): (u16, Value)) -> Self {
        let body = body.to_string();
        Self { status, crc32: crc32fast::hash(body.as_bytes()), body }
    }
}

/// The server; it ends with the test's runtime.
#[derive(Debug, Clone)]
pub(crate) struct ScriptedServer {
    pub(crate) client: Client,
    url: String,
    script: Arc<Mutex<Script>>,
}

impl ScriptedServer {
    /// Sends these responses in turn, and then an empty 500.
    pub(crate) async fn start(responses: impl IntoIterator<Item = impl Into<ScriptedResponse>>) -> Self {
        let responses = responses.into_iter().map(Into::into).collect();
        let script = Arc::new(Mutex::new(Script { requests: Vec::new(), responses }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let client = client_at(&url);
        let router = Router::new().fallback(answer).with_state(Arc::clone(&script));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { client, url, script }
    }

    /// A client that retries, as a deployment's does.
    pub(crate) fn retrying(&self) -> Client {
        deployed_client(&self.url)
    }

    /// Every request so far.
    pub(crate) fn requests(&self) -> Vec<Value> {
        self.script.lock().unwrap().requests.clone()
    }
}

/// An error in DynamoDB's form.
pub(crate) fn error(code: &str) -> Value {
    json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": "as scripted"})
}

/// A canceled transaction with these reasons.
pub(crate) fn canceled<const N: usize>(reasons: [&str; N]) -> Value {
    let mut answer = error("TransactionCanceledException");
    answer["CancellationReasons"] = reasons.iter().map(|code| json!({"Code": code})).collect();
    answer
}

async fn answer(State(script): State<Arc<Mutex<Script>>>, body: Bytes) -> Response<Body> {
    let mut script = script.lock().unwrap();
    script.requests.push(serde_json::from_slice(&body).unwrap());
    let answer = script
        .responses
        .pop_front()
        .unwrap_or(ScriptedResponse { status: 500, ..ScriptedResponse::default() });
    let response = Response::builder().status(answer.status).header("x-amz-crc32", answer.crc32);
    response.header("content-type", "application/x-amz-json-1.0").body(Body::from(answer.body)).unwrap()
}

/// An expression of a request or a write, with what its placeholders stand for; a value in DynamoDB's JSON.
pub(crate) fn resolved(write: &Value, expression: &str) -> String {
    let name =
        |(placeholder, name): (&String, &Value)| (placeholder.clone(), name.as_str().unwrap().to_owned());
    let value = |(placeholder, value): (&String, &Value)| (placeholder.clone(), value.to_string());
    let names = write["ExpressionAttributeNames"].as_object().into_iter().flatten().map(name);
    let values = write["ExpressionAttributeValues"].as_object().into_iter().flatten().map(value);
    let mut placeholders: Vec<_> = names.chain(values).collect();
    // `#next` is the beginning of `#next_run_at`.
    placeholders.sort_by_key(|(placeholder, _)| std::cmp::Reverse(placeholder.len()));
    let text = write[expression].as_str().unwrap().to_owned();
    placeholders.iter().fold(text, |text, (placeholder, meaning)| text.replace(placeholder, meaning))
}
