//! A customer's bucket behind the assumed role: one create-only write, and the bucket's region.

use std::time::Duration;

use archive::names::{ExternalId, Region};
use async_trait::async_trait;
use aws_sdk_s3::types::ServerSideEncryption;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ports::{Body, CustomerBucket, NewObject};
use protocol::connector::S3Destination;
use protocol::delivery_error::{DeliveryError, DeliveryErrorKind, DeliveryStage};
use protocol::machine::PutAnswer;

use super::body::{self, BodyError};
use super::error_classifier::ErrorClassifier;
use super::expect_continue::ExpectContinue;
use super::payload::SignedPayload;
use crate::clients::{UPLOAD_TIMEOUT, timeout_config};

/// The slowest supported line, bytes per second: a part of 256 MiB may take five minutes.
const MIN_BYTES_PER_SECOND: u64 = 1 << 20;

/// One connector's bucket. It has the only copy of the session's keys.
#[derive(Debug)]
pub(super) struct S3CustomerBucket {
    client: aws_sdk_s3::Client,
    destination: S3Destination,
    external_id: Option<ExternalId>,
}

/// S3's response to a write.
#[derive(Debug)]
pub(super) struct PutResult {
    pub(super) answer: PutAnswer,
    /// `x-amz-server-side-encryption`; `None` if the object already existed.
    pub(super) encryption: Option<String>,
}

const PUT_ERRORS: ErrorClassifier = ErrorClassifier::new(DeliveryStage::PutObject);

/// Our own side failed: the customer can't fix it, and AWS did not report it.
fn body_error(error: &BodyError) -> DeliveryError {
    let (kind, code) = match error {
        BodyError::Read(_) => (DeliveryErrorKind::Unavailable, "StagingRead"),
        BodyError::Size => (DeliveryErrorKind::Rejected, "StagingSize"),
    };
    PUT_ERRORS.error(kind, code, &error.to_string())
}

/// Timeout of one attempt: an upload, its response, and the time the line needs for the bytes. The SDK's
/// stalled-stream protection ends an attempt without progress much earlier.
fn attempt_timeout(size: u64) -> Duration {
    UPLOAD_TIMEOUT + Duration::from_secs(size / MIN_BYTES_PER_SECOND)
}

impl S3CustomerBucket {
    pub(super) fn new(
        client: aws_sdk_s3::Client,
        destination: &S3Destination,
        external_id: Option<&ExternalId>,
    ) -> Self {
        Self { client, destination: destination.clone(), external_id: external_id.cloned() }
    }

    /// `If-None-Match: *` makes S3 decide. Of two workers one gets 200; the other gets 412 or, while the
    /// first is still in progress, 409. So does a retry after a lost response. The checksum is the sealed
    /// one, so bytes that changed since the seal are rejected with 400 and leave nothing behind. The expected
    /// owner keeps the bytes from anyone who takes over the name of a bucket that the customer gave up.
    ///
    /// Sources: Amazon S3 API reference, `PutObject`; Amazon S3 user guide, "Verifying bucket ownership".
    ///
    /// # Errors
    /// The delivery error for S3's response, or for a failure on our side.
    pub(super) async fn write(&self, object: NewObject) -> Result<PutResult, DeliveryError> {
        let NewObject { key, content_type, sha256, size, body } = object;
        let streamed = matches!(body, Body::Stream(_));
        let gate = ExpectContinue::default();
        let (body, slot) = body::sdk_body(body, size, &gate);
        if let Some(cause) = slot.get() {
            return Err(body_error(cause));
        }
        let too_large =
            |_| PUT_ERRORS.error(DeliveryErrorKind::Rejected, "TooLarge", "the part's size is out of range");
        let mut request = self
            .client
            .put_object()
            .bucket(self.destination.bucket.as_str())
            .key(key)
            .if_none_match("*")
            .checksum_sha256(STANDARD.encode(sha256.bytes()))
            .expected_bucket_owner(self.destination.role.account().as_str())
            .content_type(content_type)
            .content_length(i64::try_from(size).map_err(too_large)?)
            .body(body);
        let encryption = &self.destination.encryption;
        request = request
            .set_server_side_encryption(encryption.header().map(ServerSideEncryption::from))
            .set_ssekms_key_id(encryption.key().map(ToString::to_string));
        let timeouts =
            aws_sdk_s3::config::Builder::new().timeout_config(timeout_config(attempt_timeout(size)));
        let mut request = request.customize().config_override(timeouts);
        if streamed {
            request = request.interceptor(gate).interceptor(SignedPayload(sha256));
        }
        match request.send().await {
            Ok(done) => {
                let encryption = done.server_side_encryption.map(|named| named.as_str().to_owned());
                Ok(PutResult { answer: PutAnswer::Written, encryption })
            }
            // An error on our own side is the cause, whatever it looked like to the SDK.
            Err(error) => match slot.get() {
                Some(cause) => Err(body_error(cause)),
                None => PUT_ERRORS.put_object(&error).map(|answer| PutResult { answer, encryption: None }),
            },
        }
    }

    /// The bucket's region, if S3 names it. It does so in a header, even of an error response. Source: Amazon
    /// S3 API reference, `HeadBucket`.
    ///
    /// # Errors
    /// If the bucket does not exist, or S3 did not respond.
    pub(super) async fn region(&self) -> Result<Option<Region>, DeliveryError> {
        let request = self
            .client
            .head_bucket()
            .bucket(self.destination.bucket.as_str())
            .expected_bucket_owner(self.destination.role.account().as_str());
        match request.send().await {
            Ok(found) => Ok(found.bucket_region.and_then(|region| region.parse().ok())),
            Err(error) => PUT_ERRORS.head_bucket(&error),
        }
    }
}

#[async_trait]
impl CustomerBucket for S3CustomerBucket {
    async fn put_new(&self, object: NewObject) -> Result<PutAnswer, DeliveryError> {
        self.write(object).await.map(|result| result.answer)
    }

    fn assumed_with(&self) -> Option<&ExternalId> {
        self.external_id.as_ref()
    }
}
