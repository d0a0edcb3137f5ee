//! The embedded DynamoDB for all tables except for those of events.

use std::io;

use bytes::Bytes;
use dynoxide::Database;
use http_body_util::{BodyExt as _, Full};
use hyper::{HeaderMap, Request};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use crate::answer::{Answer, body};

/// Starts the database in memory; returns its `host:port`.
pub(crate) async fn start() -> io::Result<String> {
    let database = Database::memory().map_err(|error| io::Error::other(error.to_string()))?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    tokio::spawn(dynoxide::server::serve_on(listener, database));
    Ok(address)
}

/// Forwards a request unchanged.
pub(crate) async fn forward(address: &str, headers: &HeaderMap, content: Bytes) -> io::Result<Answer> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    tokio::spawn(connection);
    let mut request = Request::post("/").body(Full::new(content)).map_err(io::Error::other)?;
    *request.headers_mut() = headers.clone();
    let answer = sender.send_request(request).await.map_err(io::Error::other)?;
    let (head, content) = answer.into_parts();
    let content = content.collect().await.map_err(io::Error::other)?.to_bytes();
    Ok(Answer::from_parts(head, body(content)))
}
