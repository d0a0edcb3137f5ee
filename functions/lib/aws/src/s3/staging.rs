//! The vendor's own bucket, in which parts wait for delivery.
//!
//! No key is written twice: every attempt to build a part uses new keys. A second worker writes other
//! objects, so no write here needs a condition. An object that no sealed part names is an orphan; a tag marks
//! it for expiry.

mod create;
mod logo;
mod tags;

use std::mem;
use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_s3::primitives::ByteStream as SdkStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode, CompletedMultipartUpload, CompletedPart};
use bytes::{Bytes, BytesMut};
use ports::{ByteStream, PortError, StagedPage, Staging, StagingWrite};
use tokio::sync::OnceCell;
use tokio::task::JoinSet;

use crate::port_error::port_error;
use crate::s3::object_body::byte_stream;

pub use self::create::create_bucket;
pub use self::logo::LOGO_KEY;
pub(crate) use self::tags::{EXPIRE_AS_DELIVERED, list_page};

/// The size of the first pieces of a multipart upload, and of the largest object uploaded in one request. S3
/// requires 5 MiB; two of them are in memory.
const PIECE_SIZE: usize = 6 << 20;
/// After this many pieces their size doubles, so that the 10,000 that S3 allows hold 6 TB. Only files far
/// above the limits of a part ever get there. Source: Amazon S3 user guide, "Amazon S3 multipart upload
/// limits".
const PIECES_PER_SIZE: i32 = 1000;

const WRITING: &str = "writing to the staging bucket";
const READING: &str = "reading from the staging bucket";

/// The vendor's staging bucket in S3.
#[derive(Debug, Clone)]
pub struct S3Staging {
    client: aws_sdk_s3::Client,
    bucket: String,
}

impl S3Staging {
    /// The bucket with this name.
    #[must_use]
    pub const fn new(client: aws_sdk_s3::Client, bucket: String) -> Self {
        Self { client, bucket }
    }
}

#[async_trait]
impl Staging for S3Staging {
    async fn create(&self, key: &str) -> Result<Box<dyn StagingWrite>, PortError> {
        Ok(Box::new(Upload {
            location: ObjectLocation {
                client: self.client.clone(),
                bucket: self.bucket.clone(),
                key: key.to_owned(),
            },
            buffer: BytesMut::new(),
            multipart: Arc::default(),
            started_pieces: 0,
            in_flight: JoinSet::new(),
            completed: Vec::new(),
        }))
    }

    /// S3 sends the checksum of an object uploaded in one request, and the SDK checks the bytes against it. A
    /// multipart upload has no checksum of the whole object; there the customer's S3 checks the sealed
    /// SHA-256.
    async fn read(&self, key: &str) -> Result<ByteStream, PortError> {
        let request =
            self.client.get_object().bucket(&self.bucket).key(key).checksum_mode(ChecksumMode::Enabled);
        let answer = request.send().await.map_err(|error| port_error(READING, error))?;
        Ok(byte_stream(READING, answer.body))
    }

    async fn mark_expirable(&self, key: &str) -> Result<(), PortError> {
        self.tag(key, tags::DELIVERED_TAG).await
    }

    async fn list(&self, prefix: &str, start_after: &str) -> Result<StagedPage, PortError> {
        list_page(&self.client, &self.bucket, prefix, start_after).await
    }

    async fn mark_orphan(&self, key: &str) -> Result<(), PortError> {
        self.tag(key, tags::ORPHAN_TAG).await
    }
}

/// The location of an object.
#[derive(Debug, Clone)]
struct ObjectLocation {
    client: aws_sdk_s3::Client,
    bucket: String,
    key: String,
}

/// An upload in progress. In memory are the piece being filled and the one being sent.
#[derive(Debug)]
struct Upload {
    location: ObjectLocation,
    buffer: BytesMut,
    /// The ID of the multipart upload, created with its first piece.
    multipart: Arc<OnceCell<String>>,
    /// How many pieces were started.
    started_pieces: i32,
    /// At most one piece. Dropping the upload cancels it.
    in_flight: JoinSet<Result<CompletedPart, PortError>>,
    completed: Vec<CompletedPart>,
}

/// The size of the piece with this number, counted from 1.
fn piece_size(number: i32) -> usize {
    let doublings = number.saturating_sub(1) / PIECES_PER_SIZE;
    PIECE_SIZE << doublings.clamp(0, 9)
}

#[async_trait]
impl StagingWrite for Upload {
    async fn write(&mut self, bytes: Bytes) -> Result<(), PortError> {
        let mut bytes = bytes;
        while !bytes.is_empty() {
            let size = piece_size(self.started_pieces + 1);
            // A full piece is sent only when more follows: an object that fits in one piece is uploaded in
            // one request.
            if self.buffer.len() == size {
                self.send_piece().await?;
                continue;
            }
            let room = size - self.buffer.len();
            self.buffer.extend_from_slice(&bytes.split_to(room.min(bytes.len())));
        }
        Ok(())
    }

    async fn finish(mut self: Box<Self>) -> Result<(), PortError> {
        if self.started_pieces == 0 {
            return self.location.put(self.buffer.freeze()).await;
        }
        self.send_piece().await?;
        self.collect_piece().await?;
        let no_id = || PortError::bug(WRITING, "a piece was uploaded without an upload ID");
        let upload_id = self.multipart.get().ok_or_else(no_id)?;
        self.location.complete(upload_id, self.completed).await
    }

    async fn abort(mut self: Box<Self>) -> Result<(), PortError> {
        // A piece that arrives after the abort would stay behind.
        self.in_flight.shutdown().await;
        match self.multipart.get() {
            Some(upload_id) => self.location.abort(upload_id).await,
            None => Ok(()),
        }
    }
}

impl Upload {
    /// Sends the buffer as the next piece, in the background, once the previous one has arrived.
    async fn send_piece(&mut self) -> Result<(), PortError> {
        self.collect_piece().await?;
        self.started_pieces += 1;
        let (location, number) = (self.location.clone(), self.started_pieces);
        let (piece, multipart) = (mem::take(&mut self.buffer).freeze(), Arc::clone(&self.multipart));
        self.in_flight.spawn(async move {
            let upload_id = multipart.get_or_try_init(|| location.start()).await?;
            location.put_piece(upload_id, number, piece).await
        });
        Ok(())
    }

    async fn collect_piece(&mut self) -> Result<(), PortError> {
        let Some(joined) = self.in_flight.join_next().await else { return Ok(()) };
        let joined = joined.map_err(|error| PortError::bug(WRITING, error))?;
        self.completed.push(joined?);
        Ok(())
    }
}

impl ObjectLocation {
    async fn put(&self, bytes: Bytes) -> Result<(), PortError> {
        let request = self.client.put_object().bucket(&self.bucket).key(&self.key);
        let request = request.checksum_algorithm(ChecksumAlgorithm::Sha256).body(SdkStream::from(bytes));
        // The checksum is a signed header: the signature needs no separate hash of the same bytes.
        let request = request.customize().disable_payload_signing();
        request.send().await.map(drop).map_err(|error| port_error(WRITING, error))
    }

    async fn start(&self) -> Result<String, PortError> {
        let request = self.client.create_multipart_upload().bucket(&self.bucket).key(&self.key);
        let answer = request.checksum_algorithm(ChecksumAlgorithm::Sha256).send().await;
        let answer = answer.map_err(|error| port_error(WRITING, error))?;
        let no_id = || PortError::bug(WRITING, "S3 returned no upload ID");
        answer.upload_id.ok_or_else(no_id)
    }

    async fn put_piece(
        &self,
        upload_id: &str,
        number: i32,
        piece: Bytes,
    ) -> Result<CompletedPart, PortError> {
        let request = self.client.upload_part().bucket(&self.bucket).key(&self.key).upload_id(upload_id);
        let request = request.part_number(number).checksum_algorithm(ChecksumAlgorithm::Sha256);
        let request = request.body(SdkStream::from(piece)).customize().disable_payload_signing();
        let answer = request.send().await;
        let answer = answer.map_err(|error| port_error(WRITING, error))?;
        Ok(CompletedPart::builder()
            .part_number(number)
            .set_e_tag(answer.e_tag)
            .set_checksum_sha256(answer.checksum_sha256)
            .build())
    }

    async fn complete(&self, upload_id: &str, pieces: Vec<CompletedPart>) -> Result<(), PortError> {
        let pieces = CompletedMultipartUpload::builder().set_parts(Some(pieces)).build();
        let request = self.client.complete_multipart_upload().bucket(&self.bucket).key(&self.key);
        let answer = request.upload_id(upload_id).multipart_upload(pieces).send().await;
        let answer = answer.map_err(|error| port_error(WRITING, error))?;
        // S3 may answer 200 and then fail; such a response names no object. Source: Amazon S3 API reference,
        // `CompleteMultipartUpload`.
        let no_object = || PortError::transient(WRITING, "S3 returned no completed object");
        answer.e_tag.map(drop).ok_or_else(no_object)
    }

    async fn abort(&self, upload_id: &str) -> Result<(), PortError> {
        let request = self.client.abort_multipart_upload().bucket(&self.bucket).key(&self.key);
        request.upload_id(upload_id).send().await.map(drop).map_err(|error| port_error(WRITING, error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_thousand_pieces_hold_the_largest_object_and_each_is_within_the_limit() {
        let sizes: Vec<u64> = (1..=10_000).map(|number| piece_size(number) as u64).collect();
        assert!(sizes.iter().all(|size| (5 << 20..=5 << 30).contains(size)));
        assert!(sizes.iter().sum::<u64>() > 5 << 40);
        assert_eq!(
            (piece_size(1), piece_size(1000), piece_size(1001)),
            (PIECE_SIZE, PIECE_SIZE, 2 * PIECE_SIZE)
        );
    }
}
