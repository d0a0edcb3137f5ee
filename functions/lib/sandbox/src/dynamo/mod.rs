//! The embedded DynamoDB: `dynoxide`, in memory or in one `SQLite` file, behind the guard and a signature
//! check.
//!
//! `dynoxide` has a server of its own, which accepts every caller: it answers every page's preflight with a
//! permission and checks no signature. So it is used as a library here (`operations`), with a server of our
//! own. Callers create tables through the ordinary API, without a stream, since that would make writes slow.

mod operations;

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::serve::ListenerExt as _;
use dynoxide::Database;
use uuid::Uuid;

use crate::clock;
use crate::error::StackError;
use crate::guard::{Dialect, Guard, TrustedProxies, aws_json, signature};
use crate::private_files;
use crate::server::Server;
use crate::sessions::Sessions;

/// The durability of recent writes to a folder in a power failure. The end of this process loses nothing in
/// either mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Durable: each write waits for the disk. The default.
    Sync,
    /// The last writes may be lost, as if they had not happened; nothing is corrupted. Many times faster, for
    /// an import, which can be repeated.
    NoSync,
}

/// The content type of requests and responses.
const CONTENT_TYPE_JSON: &str = "application/x-amz-json-1.0";
/// The maximum size of a request in DynamoDB, in bytes. Source: DynamoDB developer guide, "Quotas".
const MAX_BODY_BYTES: usize = 16 << 20;
/// The prefix of the operation's name in `x-amz-target`.
const TARGET_PREFIX: &str = "DynamoDB_20120810.";

/// The state of the server.
#[derive(Clone)]
struct ServerState {
    database: Database,
    sessions: Arc<Sessions>,
}

/// Starts the database and its server.
///
/// # Errors
///
/// [`StackError::Database`] when the file is not a database that it can open, [`StackError::Io`] when it
/// can't be created, [`StackError::Listen`].
pub(crate) async fn start(
    file: Option<&Path>,
    writes: Durability,
    sessions: Arc<Sessions>,
    proxies: TrustedProxies,
) -> Result<Server, StackError> {
    let database = open(file)?;
    if writes == Durability::NoSync {
        // It sets SQLite's `synchronous = NORMAL`: with the write-ahead log, which is in use, only
        // checkpoints wait for the disk. Source: SQLite's documentation, "PRAGMA Statements", synchronous.
        database.disable_bulk_loading().map_err(|error| StackError::Database(error.to_string()))?;
    }
    let router = Router::new().fallback(handle).with_state(ServerState { database, sessions });
    Server::start(|listener, address, stopped| async move {
        let router = Guard::new(address, Dialect::AwsJson).with_proxies(proxies).protect(router);
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        axum::serve(listener, router).with_graceful_shutdown(stopped.wait()).await
    })
    .await
}

fn open(file: Option<&Path>) -> Result<Database, StackError> {
    let database = match file {
        None => Database::memory(),
        Some(file) => {
            let path =
                file.to_str().ok_or_else(|| StackError::Database("the folder's name is not UTF-8".into()))?;
            // An empty file is an empty database, and SQLite gives its companion files the permissions of
            // this one.
            private_files::open_file(file).map_err(StackError::io(file))?;
            Database::new(path)
        }
    };
    database.map_err(|error| StackError::Database(error.to_string()))
}

/// Answers a request that the vendor's keys have signed.
async fn handle(State(state): State<ServerState>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    if parts.method != Method::POST || parts.uri.path() != "/" || !is_json(&parts.headers) {
        let message = format!("DynamoDB accepts POST / with the content type {CONTENT_TYPE_JSON}");
        return aws_json(StatusCode::NOT_FOUND, "UnknownOperationException", &message);
    }
    let Ok(body) = to_bytes(body, MAX_BODY_BYTES).await else {
        let message = "the body is over 16 MiB or did not arrive";
        return aws_json(StatusCode::BAD_REQUEST, "SerializationException", message);
    };
    if let Err(error) = signature::check(&parts, &body, "dynamodb", &state.sessions, clock::now()) {
        return error.response();
    }
    let target = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    let operation = target.and_then(|target| target.strip_prefix(TARGET_PREFIX)).unwrap_or_default();
    match operations::run(&state.database, operation, &body) {
        Ok(json) => json_answer(StatusCode::OK, json),
        Err(error) => {
            let status = StatusCode::from_u16(error.status_code()).unwrap_or(StatusCode::BAD_REQUEST);
            json_answer(status, error.to_json())
        }
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().eq_ignore_ascii_case(CONTENT_TYPE_JSON.as_bytes()))
}

/// A JSON response with the checksum that the SDKs compare. Source: DynamoDB developer guide, "DynamoDB
/// low-level API".
fn json_answer(status: StatusCode, json: String) -> Response {
    let checksum = HeaderValue::from(crc32fast::hash(json.as_bytes()));
    let mut response = (status, [(CONTENT_TYPE, CONTENT_TYPE_JSON)], json).into_response();
    let headers = response.headers_mut();
    headers.insert(HeaderName::from_static("x-amz-crc32"), checksum);
    if let Ok(id) = HeaderValue::from_str(&Uuid::new_v4().simple().to_string()) {
        headers.insert(HeaderName::from_static("x-amzn-requestid"), id);
    }
    response
}
