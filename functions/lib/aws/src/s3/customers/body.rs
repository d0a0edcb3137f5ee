//! The body of an upload from the staging bucket to the customer's, and a slot for errors on our side of it.
//! To the SDK a failing body looks like a broken connection, which would be reported as the customer's error.

use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context, Poll};

use aws_sdk_s3::primitives::ByteStream as SdkStream;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::StreamExt as _;
use http_body::{Frame, SizeHint};
use ports::{Body, ByteStream};

use super::expect_continue::ExpectContinue;

/// An error in the staged bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum BodyError {
    /// Reading them failed before the end.
    #[error("reading the staged part: {0}")]
    Read(String),
    /// There are more or fewer bytes than the part's record says.
    #[error("the staged part's size differs from its record")]
    Size,
}

/// Holds the error of a body while the SDK owns the body.
#[derive(Debug, Clone, Default)]
pub(super) struct BodyErrorSlot(Arc<OnceLock<BodyError>>);

impl BodyErrorSlot {
    /// The error on our side, if any.
    pub(super) fn get(&self) -> Option<&BodyError> {
        self.0.get()
    }

    fn set(&self, error: BodyError) -> BodyError {
        // Only the first error is the cause.
        self.0.get_or_init(|| error).clone()
    }
}

/// The body for the SDK. The SDK can resend whole bytes. It can't resend a stream, so the protocol retries
/// instead. A stream waits for `gate`.
pub(super) fn sdk_body(body: Body, size: u64, gate: &ExpectContinue) -> (SdkStream, BodyErrorSlot) {
    let slot = BodyErrorSlot::default();
    let stream = match body {
        Body::Whole(bytes) => {
            if bytes.len() as u64 != size {
                slot.set(BodyError::Size);
            }
            SdkStream::from(bytes)
        }
        Body::Stream(stream) => {
            let gate = gate.clone();
            let stream = async move { gate.wait().await }.map(|()| stream).flatten_stream();
            let counted =
                SizedBody { stream: Mutex::new(Box::pin(stream)), left: size, error_slot: slot.clone() };
            SdkStream::new(SdkBody::from_body_1_x(counted))
        }
    };
    (stream, slot)
}

/// A stream of known size.
struct SizedBody {
    /// The SDK requires bodies to be `Sync`. A mutex is, and it is never locked.
    stream: Mutex<ByteStream>,
    left: u64,
    error_slot: BodyErrorSlot,
}

impl http_body::Body for SizedBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        let stream = this.stream.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner);
        let next = match stream.poll_next_unpin(cx) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(next) => next,
        };
        let error = match next {
            Some(Ok(bytes)) => match this.left.checked_sub(bytes.len() as u64) {
                Some(left) => {
                    this.left = left;
                    return Poll::Ready(Some(Ok(Frame::data(bytes))));
                }
                None => BodyError::Size,
            },
            None if this.left == 0 => return Poll::Ready(None),
            None => BodyError::Size,
            Some(Err(error)) => BodyError::Read(error.chain()),
        };
        Poll::Ready(Some(Err(this.error_slot.set(error))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;
    use ports::PortError;

    use super::*;

    async fn sent(
        chunks: Vec<Result<&'static str, &'static str>>,
        size: u64,
    ) -> (Option<Bytes>, Option<BodyError>) {
        let chunks = chunks.into_iter().map(|chunk| match chunk {
            Ok(text) => Ok(Bytes::from_static(text.as_bytes())),
            Err(error) => Err(PortError::transient("reading", error)),
        });
        let gate = ExpectContinue::default();
        gate.continue_received();
        let (body, slot) = sdk_body(Body::Stream(Box::pin(stream::iter(chunks))), size, &gate);
        let bytes = body.collect().await.ok().map(aws_smithy_types::byte_stream::AggregatedBytes::into_bytes);
        (bytes, slot.get().cloned())
    }

    #[tokio::test]
    async fn a_stream_of_the_right_size_passes_without_an_error() {
        assert_eq!(sent(vec![Ok("ab"), Ok("c")], 3).await, (Some("abc".into()), None));
        assert_eq!(sent(vec![], 0).await, (Some(Bytes::new()), None));
    }

    #[tokio::test]
    async fn an_error_on_our_side_is_kept_in_the_slot() {
        let (bytes, error) = sent(vec![Ok("ab"), Err("503")], 3).await;
        assert!(bytes.is_none());
        assert_eq!(error, Some(BodyError::Read("reading: temporary failure: 503".into())));
        assert_eq!(sent(vec![Ok("ab")], 3).await, (None, Some(BodyError::Size)));
        assert_eq!(sent(vec![Ok("ab"), Ok("cd")], 3).await, (None, Some(BodyError::Size)));
        let (_, slot) = sdk_body(Body::Whole(Bytes::from_static(b"ab")), 3, &ExpectContinue::default());
        assert_eq!(slot.get(), Some(&BodyError::Size));
    }
}
