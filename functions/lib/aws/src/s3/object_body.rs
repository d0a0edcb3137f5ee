//! The body of an S3 object as a port's stream.

use aws_sdk_s3::primitives::ByteStream as SdkStream;
use futures_util::stream;
use ports::{ByteStream, PortError};

/// The bytes of a response's body, as they arrive. Its errors are transient: they come from a broken
/// connection or from bytes that don't match S3's checksum. `what` names the operation.
pub(crate) fn byte_stream(what: &'static str, body: SdkStream) -> ByteStream {
    Box::pin(stream::try_unfold(body, move |mut body| async move {
        let chunk = body.try_next().await.map_err(|error| PortError::transient(what, error))?;
        Ok(chunk.map(|chunk| (chunk, body)))
    }))
}
