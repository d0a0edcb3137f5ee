//! One connector's objects in the staging bucket.

use archive::names::ConnectorId;
use archive::staging_keys::{is_readable_for, is_writable_for};
use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::operation::get_object::{GetObjectError, GetObjectOutput};
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream as SdkStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata as _;
use bytes::Bytes;
use ports::{ByteStream, DOWNLOAD_URL_LIFETIME, PortError, StagedObjects, StagedPage, is_plain_file_name};

use crate::port_error::port_error;
use crate::s3::object_body::byte_stream;
use crate::s3::staging::{EXPIRE_AS_DELIVERED, list_page};

const READING: &str = "reading a staged object";
const STORING: &str = "storing an index or a download";
const SIGNING: &str = "making the URL of a download";

/// The staging bucket, as far as one connector's session goes.
#[derive(Debug, Clone)]
pub(super) struct S3StagedObjects {
    client: Client,
    bucket: String,
    connector: ConnectorId,
}

impl S3StagedObjects {
    pub(super) const fn new(client: Client, bucket: String, connector: ConnectorId) -> Self {
        Self { client, bucket, connector }
    }

    /// The object, or `None` if it is gone.
    async fn get(&self, key: &str, range: Option<String>) -> Result<Option<GetObjectOutput>, GetError> {
        self.check(READING, is_readable_for(&self.connector, key))?;
        let request = self.client.get_object().bucket(&self.bucket).key(key);
        // S3 has no checksum of a range.
        let request = match range {
            Some(range) => request.range(range),
            None => request.checksum_mode(ChecksumMode::Enabled),
        };
        match request.send().await {
            Ok(object) => Ok(Some(object)),
            Err(error) if error.as_service_error().is_some_and(GetObjectError::is_no_such_key) => Ok(None),
            Err(error) => match error.code() {
                Some("InvalidRange") => Err(GetError::BeyondTheEnd),
                Some("AccessDenied") if self.is_gone(key).await? => Ok(None),
                _ => Err(GetError::Port(read_error(error))),
            },
        }
    }

    /// S3 answers that an object is missing only to whoever may list the bucket, and the right to list some
    /// prefixes of it may not count: then it denies access. A list tells the two apart. Source: Amazon S3 API
    /// reference, `GetObject`, "Permissions".
    async fn is_gone(&self, key: &str) -> Result<bool, PortError> {
        let request = self.client.list_objects_v2().bucket(&self.bucket).prefix(key).max_keys(1);
        let answer = request.send().await.map_err(|error| port_error(READING, error))?;
        Ok(answer.contents().first().and_then(|object| object.key()) != Some(key))
    }

    fn check(&self, what: &'static str, is_own: bool) -> Result<(), PortError> {
        let refused = || PortError::bug(what, format!("the key is not one for {}", self.connector));
        is_own.then_some(()).ok_or_else(refused)
    }
}

/// Why an object could not be read.
enum GetError {
    /// The range begins at or after the object's end.
    BeyondTheEnd,
    Port(PortError),
}

impl From<PortError> for GetError {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}

fn read_error(error: SdkError<GetObjectError, HttpResponse>) -> PortError {
    port_error(READING, error)
}

#[async_trait]
impl StagedObjects for S3StagedObjects {
    async fn range(&self, key: &str, offset: u64, length: u64) -> Result<Option<Bytes>, PortError> {
        // A range of HTTP has at least one byte, so for none the first byte is asked for and left out.
        let last = offset.saturating_add(length.max(1)) - 1;
        match self.get(key, Some(format!("bytes={offset}-{last}"))).await {
            Ok(None) => Ok(None),
            Ok(Some(_)) if length == 0 => Ok(Some(Bytes::new())),
            Ok(Some(object)) => {
                let body = object.body.collect().await;
                body.map(|body| Some(body.into_bytes())).map_err(|error| PortError::transient(READING, error))
            }
            Err(GetError::BeyondTheEnd) => Ok(Some(Bytes::new())),
            Err(GetError::Port(error)) => Err(error),
        }
    }

    async fn whole(&self, key: &str) -> Result<Option<ByteStream>, PortError> {
        match self.get(key, None).await {
            Ok(object) => Ok(object.map(|object| byte_stream(READING, object.body))),
            Err(GetError::BeyondTheEnd) => {
                Err(PortError::bug(READING, "S3 refused a range that was not asked for"))
            }
            Err(GetError::Port(error)) => Err(error),
        }
    }

    /// A second worker replaces the object by the same bytes.
    async fn put(&self, key: &str, bytes: Bytes) -> Result<(), PortError> {
        self.check(STORING, is_writable_for(&self.connector, key))?;
        let request = self.client.put_object().bucket(&self.bucket).key(key).tagging(EXPIRE_AS_DELIVERED);
        let request = request.checksum_algorithm(ChecksumAlgorithm::Sha256).body(SdkStream::from(bytes));
        // The checksum is a signed header, as for a staged part.
        let put = request.customize().disable_payload_signing().send().await;
        put.map(drop).map_err(|error| port_error(STORING, error))
    }

    async fn list(&self, prefix: &str, start_after: &str) -> Result<StagedPage, PortError> {
        self.check(READING, is_readable_for(&self.connector, prefix))?;
        list_page(&self.client, &self.bucket, prefix, start_after).await
    }

    async fn url(&self, key: &str, file_name: &str) -> Result<String, PortError> {
        self.check(SIGNING, is_readable_for(&self.connector, key) && is_plain_file_name(file_name))?;
        let expiry = PresigningConfig::expires_in(DOWNLOAD_URL_LIFETIME);
        let expiry = expiry.map_err(|error| PortError::bug(SIGNING, error))?;
        let request = self.client.get_object().bucket(&self.bucket).key(key);
        let request = request.response_content_disposition(format!("attachment; filename=\"{file_name}\""));
        let signed = request.presigned(expiry).await.map_err(|error| port_error(SIGNING, error))?;
        Ok(signed.uri().to_owned())
    }
}
