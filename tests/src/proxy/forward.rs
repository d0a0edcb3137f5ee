//! Forwards a request and its response, and applies the fault on the way.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt as _, stream};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Body as _, Frame, Incoming};
use hyper::client::conn::http1;
use hyper::http::{request, response};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::Shared;
use super::fault::{Fault, RequestTraits};
use super::responses::error_response;

/// The body in either direction.
pub(super) type Body = UnsyncBoxBody<Bytes, io::Error>;
type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A slow body is sent in this many pieces, with a pause before each.
const PIECES: usize = 4;
const PAUSE: Duration = Duration::from_millis(60);
/// Longer than the clients wait for the response to a small request.
const STALL: Duration = Duration::from_secs(12);

/// Answers one request of a client. An error ends the connection without a response.
pub(super) async fn forward(
    shared: &Shared,
    request: Request<Incoming>,
    reset: &AtomicBool,
) -> Result<Response<Body>, BoxError> {
    let (head, body) = request.into_parts();
    let fault = shared.pick(&RequestTraits::from_request(shared.service, &head));
    let Some(fault) = fault else {
        let body = body.collect().await?.to_bytes();
        shared.record_forwarded(shared.service.describe(&head, &body));
        let (head, body) = send(shared, head, full_body(body)).await?;
        return Ok(Response::from_parts(head, full_body(body)));
    };
    let answer = match fault {
        Fault::RequestLost => Err("lost".into()),
        Fault::RequestBroken => cut_request(shared, head, body).await,
        _ => {
            let body = body.collect().await?.to_bytes();
            match error_response(shared.service, fault) {
                Some(error) if fault != Fault::ConflictButWritten => Ok(error),
                error => {
                    let (answer, body) = send(shared, head, request_body(shared, fault, body)).await?;
                    if !can_change(fault, &answer, &body) {
                        shared.put_back(fault);
                        return Ok(Response::from_parts(answer, full_body(body)));
                    }
                    match error {
                        Some(error) => Ok(error),
                        None => response_with_fault(shared, fault, answer, body),
                    }
                }
            }
        }
    };
    shared.record_fault(fault);
    if answer.is_err() || fault == Fault::ResponseBroken {
        reset.store(true, Ordering::SeqCst);
    }
    answer
}

/// Whether the fault applies to this response.
fn can_change(fault: Fault, answer: &response::Parts, body: &Bytes) -> bool {
    match fault {
        Fault::ConflictButWritten => answer.status.is_success(),
        Fault::ResponseAltered => answer.status.is_success() && !body.is_empty(),
        Fault::ResponseBroken | Fault::ResponseSlow | Fault::ResponseStalled => body.len() > 1,
        _ => true,
    }
}

/// The request's body as it arrives.
fn request_body(shared: &Shared, fault: Fault, body: Bytes) -> Body {
    match fault {
        Fault::RequestSlow => in_pieces(&body, PAUSE),
        Fault::RequestAltered => full_body(flip_bit(&body, shared)),
        _ => full_body(body),
    }
}

/// The response as it arrives.
fn response_with_fault(
    shared: &Shared,
    fault: Fault,
    answer: response::Parts,
    body: Bytes,
) -> Result<Response<Body>, BoxError> {
    let body = match fault {
        Fault::ResponseLost => return Err("lost".into()),
        Fault::ResponseBroken => first_half(&body),
        Fault::ResponseSlow => in_pieces(&body, PAUSE),
        Fault::ResponseStalled => in_pieces(&body, STALL / 3),
        Fault::ResponseAltered => full_body(flip_bit(&body, shared)),
        _ => full_body(body),
    };
    Ok(Response::from_parts(answer, body))
}

/// Reads half of the request, forwards that, and drops both ends.
async fn cut_request(
    shared: &Shared,
    head: request::Parts,
    mut body: Incoming,
) -> Result<Response<Body>, BoxError> {
    let limit = usize::try_from(body.size_hint().lower() / 2).unwrap_or(usize::MAX);
    let mut read = BytesMut::new();
    while read.len() < limit {
        let Some(frame) = body.frame().await else { break };
        if let Ok(bytes) = frame?.into_data() {
            read.extend_from_slice(&bytes);
        }
    }
    read.truncate(limit);
    // The stand-in's response is lost with the connection.
    drop(send(shared, head, truncated(read.freeze())).await);
    Err("reset in the middle of the request".into())
}

/// Sends a request to the stand-in over a new connection, and reads the whole response.
async fn send(
    shared: &Shared,
    head: request::Parts,
    body: Body,
) -> Result<(response::Parts, Bytes), BoxError> {
    let stream = TcpStream::connect(&shared.target).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let answer = async {
        let (head, body) = sender.send_request(Request::from_parts(head, body)).await?.into_parts();
        Ok((head, body.collect().await?.to_bytes()))
    };
    let answer = answer.await;
    connection.abort();
    answer
}

fn full_body(body: Bytes) -> Body {
    Full::new(body).map_err(|never| match never {}).boxed_unsync()
}

/// The body with one bit of one byte flipped.
fn flip_bit(body: &Bytes, shared: &Shared) -> Bytes {
    let mut altered = BytesMut::from(body.as_ref());
    if !altered.is_empty() {
        let index = shared.rng.below(altered.len() as u64);
        altered[usize::try_from(index).expect("a place in memory")] ^= 1;
    }
    altered.freeze()
}

/// The body in pieces.
fn in_pieces(body: &Bytes, pause: Duration) -> Body {
    let size = body.len().div_ceil(PIECES).max(1);
    let pieces: Vec<Bytes> = body.chunks(size).map(Bytes::copy_from_slice).collect();
    let pieces = stream::unfold(pieces.into_iter(), move |mut left| async move {
        let piece = left.next()?;
        tokio::time::sleep(pause).await;
        Some((Ok(Frame::data(piece)), left))
    });
    StreamBody::new(pieces).boxed_unsync()
}

/// The first half of the body, and then an error.
fn first_half(body: &Bytes) -> Body {
    truncated(body.slice(..body.len() / 2))
}

/// These bytes, and then an error. The pause lets them leave before the connection is lost.
fn truncated(start: Bytes) -> Body {
    let end = stream::once(async {
        tokio::time::sleep(Duration::from_millis(5)).await;
        Err(io::Error::other("the connection breaks off"))
    });
    let pieces = stream::iter([Ok(Frame::data(start))]).chain(end);
    StreamBody::new(pieces).boxed_unsync()
}
