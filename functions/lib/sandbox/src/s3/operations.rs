//! The operations of S3 that Auditferry uses, on the plain files. Permissions were checked before any of them
//! is called.

use std::io::{Seek as _, SeekFrom};
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, stream};
use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, BucketLocationConstraint,
    CompleteMultipartUploadInput, CompleteMultipartUploadOutput, CreateBucketInput, CreateBucketOutput,
    CreateMultipartUploadInput, CreateMultipartUploadOutput, DeleteObjectInput, DeleteObjectOutput,
    GetObjectInput, GetObjectOutput, HeadBucketInput, HeadBucketOutput, HeadObjectInput, HeadObjectOutput,
    IfNoneMatch, ListObjectsV2Input, ListObjectsV2Output, PutObjectInput, PutObjectOutput, Range,
    StreamingBlob, Timestamp, UploadPartInput, UploadPartOutput,
};
use s3s::{S3, S3Error, S3Request, S3Response, S3Result, s3_error};
use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::attributes::{Attributes, Checksums, named_checksums, with_checksums};
use super::disk::{Condition, Disk};
use super::receive::{ExpectedDigests, receive};
use super::{listing, multipart};
use crate::accounts::{Accounts, Bucket, VENDOR_ACCOUNT};
use crate::error::StackError;

/// The number of bytes read at a time when an object is sent.
const CHUNK_BYTES: usize = 256 * 1024;

/// The buckets of all accounts. Everything that isn't implemented here returns `NotImplemented`.
#[derive(Debug)]
pub(super) struct Store {
    accounts: Arc<Accounts>,
    disk: Arc<Disk>,
}

impl Store {
    pub(super) fn new(accounts: Arc<Accounts>, disk: Arc<Disk>) -> Self {
        Self { accounts, disk }
    }

    /// Runs disk operations on a blocking thread.
    async fn on_disk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Disk) -> S3Result<T> + Send + 'static,
    ) -> S3Result<T> {
        let disk = Arc::clone(&self.disk);
        tokio::task::spawn_blocking(move || work(&disk)).await.map_err(S3Error::internal_error)?
    }
}

#[async_trait::async_trait]
impl S3 for Store {
    /// Creates a bucket of the vendor, the only one who may.
    async fn create_bucket(
        &self,
        req: S3Request<CreateBucketInput>,
    ) -> S3Result<S3Response<CreateBucketOutput>> {
        let name = req.input.bucket;
        let constraint =
            req.input.create_bucket_configuration.and_then(|configuration| configuration.location_constraint);
        let region = constraint.as_ref().map_or("us-east-1", BucketLocationConstraint::as_str).to_owned();
        let entry = Bucket { owner: VENDOR_ACCOUNT.to_owned(), region };
        // A bucket whose folder was removed by hand is created again.
        let is_gone = |bucket: &str| bucket == name && !self.disk.has_bucket(bucket);
        self.accounts.forget_buckets(is_gone).map_err(S3Error::internal_error)?;
        match self.accounts.add_bucket(&name, entry) {
            Ok(()) => {}
            Err(StackError::BucketExists(_)) => return Err(self.name_taken_error(&name)),
            Err(error) => return Err(s3_error!(InvalidBucketName, "{error}")),
        }
        let location = format!("/{name}");
        self.on_disk(move |disk| disk.create_bucket(&name).map_err(S3Error::internal_error)).await?;
        Ok(S3Response::new(CreateBucketOutput { location: Some(location) }))
    }

    async fn head_bucket(&self, req: S3Request<HeadBucketInput>) -> S3Result<S3Response<HeadBucketOutput>> {
        let bucket_region = self.accounts.bucket(&req.input.bucket).map(|bucket| bucket.region);
        Ok(S3Response::new(HeadBucketOutput { bucket_region, ..Default::default() }))
    }

    async fn put_object(&self, mut req: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        if req.input.if_match.is_some() {
            return Err(s3_error!(NotImplemented, "this stand-in does not support If-Match"));
        }
        let condition = condition(req.input.if_none_match.as_ref())?;
        let body = req.input.body.take();
        let claims = ExpectedDigests::of(
            &req,
            req.input.content_md5.clone(),
            named_checksums!(req.input),
            req.input.content_length,
        );
        let received = receive(self.disk.incoming(), body, claims).await?;

        let input = req.input;
        let attributes = Attributes {
            e_tag: Some(received.md5),
            checksums: received.checksums,
            content_type: input.content_type,
            content_encoding: input.content_encoding,
            content_disposition: input.content_disposition,
            content_language: input.content_language,
            cache_control: input.cache_control,
            metadata: input.metadata,
            encryption: input.server_side_encryption.map(|name| name.as_str().to_owned()),
            kms_key: input.ssekms_key_id,
        };
        let output = with_checksums!(
            attributes.checksums.clone(),
            PutObjectOutput {
                e_tag: attributes.tag(),
                server_side_encryption: Some(attributes.encryption()),
                ssekms_key_id: attributes.kms_key.clone(),
            }
        );
        self.on_disk(move |disk| {
            disk.put((&input.bucket, &input.key), received.file, &attributes, condition)
        })
        .await?;
        Ok(S3Response::new(output))
    }

    async fn get_object(&self, req: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        let GetObjectInput { bucket, key, range, response_content_disposition, .. } = req.input;
        let (mut file, attributes) = self.on_disk(move |disk| disk.get(&bucket, &key)).await?;
        let (length, modified) = length_and_time(&file)?;
        let part = range.map(|range| within(range, length)).transpose()?;
        let content_range =
            part.as_ref().map(|part| format!("bytes {}-{}/{length}", part.start, part.end - 1));
        // S3 has no checksum of a range.
        let checksums = if part.is_some() { Checksums::default() } else { attributes.checksums.clone() };
        let sent = part.unwrap_or(0..length.unsigned_abs());
        file.seek(SeekFrom::Start(sent.start)).map_err(S3Error::internal_error)?;
        let body = tokio::fs::File::from(file).take(sent.end - sent.start);
        Ok(S3Response::new(with_checksums!(
            checksums,
            GetObjectOutput {
                e_tag: attributes.tag(),
                server_side_encryption: Some(attributes.encryption()),
                body: Some(StreamingBlob::wrap(chunks(body))),
                content_length: Some(i64::try_from(sent.end - sent.start).map_err(S3Error::internal_error)?),
                content_range: content_range,
                last_modified: Some(modified),
                content_type: attributes.content_type,
                content_encoding: attributes.content_encoding,
                // A signed request may name another one, as for a download.
                content_disposition: response_content_disposition.or(attributes.content_disposition),
                content_language: attributes.content_language,
                cache_control: attributes.cache_control,
                metadata: attributes.metadata,
                ssekms_key_id: attributes.kms_key,
            }
        )))
    }

    async fn head_object(&self, req: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        let input = req.input;
        let (file, attributes) = self.on_disk(move |disk| disk.get(&input.bucket, &input.key)).await?;
        let (length, modified) = length_and_time(&file)?;
        Ok(S3Response::new(with_checksums!(
            attributes.checksums.clone(),
            HeadObjectOutput {
                e_tag: attributes.tag(),
                server_side_encryption: Some(attributes.encryption()),
                content_length: Some(length),
                last_modified: Some(modified),
                content_type: attributes.content_type,
                content_encoding: attributes.content_encoding,
                content_disposition: attributes.content_disposition,
                content_language: attributes.content_language,
                cache_control: attributes.cache_control,
                metadata: attributes.metadata,
                ssekms_key_id: attributes.kms_key,
            }
        )))
    }

    async fn delete_object(
        &self,
        req: S3Request<DeleteObjectInput>,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        self.on_disk(move |disk| disk.delete(&req.input.bucket, &req.input.key)).await?;
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }

    async fn list_objects_v2(
        &self,
        req: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        self.on_disk(move |disk| listing::page(disk, req.input)).await.map(S3Response::new)
    }

    async fn create_multipart_upload(
        &self,
        req: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        self.on_disk(move |disk| multipart::create(disk, req.input)).await.map(S3Response::new)
    }

    async fn upload_part(
        &self,
        mut req: S3Request<UploadPartInput>,
    ) -> S3Result<S3Response<UploadPartOutput>> {
        let body = req.input.body.take();
        let claims = ExpectedDigests::of(
            &req,
            req.input.content_md5.clone(),
            named_checksums!(req.input),
            req.input.content_length,
        );
        let received = receive(self.disk.incoming(), body, claims).await?;
        self.on_disk(move |disk| multipart::add_part(disk, &req.input, received)).await.map(S3Response::new)
    }

    async fn complete_multipart_upload(
        &self,
        req: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let condition = condition(req.input.if_none_match.as_ref())?;
        self.on_disk(move |disk| multipart::complete(disk, req.input, condition)).await.map(S3Response::new)
    }

    async fn abort_multipart_upload(
        &self,
        req: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        self.on_disk(move |disk| multipart::abort(disk, &req.input)).await.map(S3Response::new)
    }
}

impl Store {
    /// The error for a bucket name in use: S3 distinguishes one's own buckets from others'.
    fn name_taken_error(&self, name: &str) -> S3Error {
        if self.accounts.bucket(name).is_some_and(|bucket| bucket.owner == VENDOR_ACCOUNT) {
            s3_error!(BucketAlreadyOwnedByYou, "Your previous request to create the named bucket succeeded")
        } else {
            s3_error!(BucketAlreadyExists, "The requested bucket name is not available")
        }
    }
}

/// `If-None-Match` supports only `*` on a write
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>).
fn condition(if_none_match: Option<&IfNoneMatch>) -> S3Result<Condition> {
    match if_none_match {
        None => Ok(Condition::Always),
        Some(condition) if condition.is_any() => Ok(Condition::Absent),
        Some(_) => Err(s3_error!(
            NotImplemented,
            "A header you provided implies functionality that is not implemented"
        )),
    }
}

fn length_and_time(file: &std::fs::File) -> S3Result<(i64, Timestamp)> {
    let metadata = file.metadata().map_err(S3Error::internal_error)?;
    let length = i64::try_from(metadata.len()).map_err(S3Error::internal_error)?;
    Ok((length, Timestamp::from(metadata.modified().map_err(S3Error::internal_error)?)))
}

/// The bytes of a range that an object of this length has.
fn within(range: Range, length: i64) -> S3Result<std::ops::Range<u64>> {
    let found = range.check(length.unsigned_abs());
    found.map_err(|_| s3_error!(InvalidRange, "The requested range is not satisfiable"))
}

/// The bytes of a file, a chunk at a time.
fn chunks(file: impl AsyncRead + Unpin) -> impl Stream<Item = std::io::Result<Bytes>> {
    stream::try_unfold(file, |mut file| async move {
        let mut chunk = BytesMut::with_capacity(CHUNK_BYTES);
        let read = file.read_buf(&mut chunk).await?;
        Ok((read > 0).then(|| (chunk.freeze(), file)))
    })
}
