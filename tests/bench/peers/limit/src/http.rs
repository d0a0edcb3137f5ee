//! One connection, one request at a time.

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use crate::Result;

/// The body of a request.
pub(crate) type Body = BoxBody<Bytes, std::convert::Infallible>;

pub(crate) struct Connection {
    host: String,
    sender: SendRequest<Body>,
}

impl Connection {
    /// Connects to a host given as `host:port`.
    pub(crate) async fn open(host: &str) -> Result<Self> {
        let stream = TcpStream::connect(host).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self { host: host.to_owned(), sender })
    }

    /// Sends a request; returns the body of the response, which must be a success.
    pub(crate) async fn send(&mut self, request: Request<Body>) -> Result<Bytes> {
        let (_, body) = self.exchange(request).await?;
        Ok(body)
    }

    /// The next invocation: its ID and its event.
    pub(crate) async fn next(&mut self) -> Result<(String, Value)> {
        let request = Request::get("/2018-06-01/runtime/invocation/next");
        let request = request.header("host", &self.host).body(full(Bytes::new()))?;
        let (answer, event) = self.exchange(request).await?;
        let id =
            answer.headers().get("lambda-runtime-aws-request-id").ok_or("an invocation without an ID")?;
        Ok((id.to_str()?.to_owned(), serde_json::from_slice(&event)?))
    }

    /// Responds to an invocation.
    pub(crate) async fn respond(&mut self, id: &str, answer: String) -> Result<()> {
        let request = Request::post(format!("/2018-06-01/runtime/invocation/{id}/response"));
        self.send(request.header("host", &self.host).body(full(answer.into()))?).await.map(drop)
    }

    async fn exchange(&mut self, request: Request<Body>) -> Result<(Response<()>, Bytes)> {
        self.sender.ready().await?;
        let answer = self.sender.send_request(request).await?;
        let (head, mut body) = answer.into_parts();
        if !head.status.is_success() {
            return Err(format!("{} from {}", head.status, self.host).into());
        }
        let length = head.headers.get("content-length").and_then(|length| length.to_str().ok()?.parse().ok());
        let mut whole = Vec::with_capacity(length.unwrap_or_default());
        while let Some(frame) = body.frame().await {
            if let Ok(data) = frame?.into_data() {
                whole.extend_from_slice(&data);
            }
        }
        Ok((Response::from_parts(head, ()), Bytes::from(whole)))
    }
}

/// A body that is in memory.
pub(crate) fn full(bytes: Bytes) -> Body {
    Full::new(bytes).boxed()
}
