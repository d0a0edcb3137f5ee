//! Two sides of S3: the vendor's own staging bucket, and the customer's bucket.

use std::pin::Pin;

use archive::names::ExternalId;
use archive::part::PartNumber;
use archive::sha256::Sha256;
use async_trait::async_trait;
use bytes::Bytes;
use futures_util::Stream;
use protocol::connector::Connector;
use protocol::delivery_error::DeliveryError;
use protocol::machine::PutAnswer;

use super::{Page, PortError};

/// Bytes as they arrive.
pub type ByteStream = Pin<Box<dyn Stream<Item = Result<Bytes, PortError>> + Send + 'static>>;

/// The vendor's own bucket, which holds parts until they are delivered.
#[async_trait]
pub trait Staging: Send + Sync {
    /// Starts a new object. Nothing is visible before it is finished. A dropped write leaves at most upload
    /// parts that the bucket's lifecycle removes.
    async fn create(&self, key: &str) -> Result<Box<dyn StagingWrite>, PortError>;

    /// The bytes of an object.
    async fn read(&self, key: &str) -> Result<ByteStream, PortError>;

    /// Marks a delivered object as expirable: the bucket's lifecycle removes it at the age that the
    /// deployment sets. Unmarked objects are kept.
    async fn mark_expirable(&self, key: &str) -> Result<(), PortError>;

    /// A page of the keys of finished objects with the prefix `prefix`, after `start_after`, in order.
    async fn list(&self, prefix: &str, start_after: &str) -> Result<StagedPage, PortError>;

    /// Marks an object that no record names as an orphan: it may be removed once no restorable state of the
    /// ledger can refer to it. Idempotent.
    async fn mark_orphan(&self, key: &str) -> Result<(), PortError>;
}

/// A page of keys of the staging bucket.
pub type StagedPage = Page<String>;

/// An object of the staging bucket that is being written.
#[async_trait]
pub trait StagingWrite: Send {
    /// Appends bytes; they become visible with [`Self::finish`].
    async fn write(&mut self, bytes: Bytes) -> Result<(), PortError>;

    /// Completes the object and makes it visible.
    async fn finish(self: Box<Self>) -> Result<(), PortError>;

    /// Discards everything written so far.
    async fn abort(self: Box<Self>) -> Result<(), PortError>;
}

/// Writes to the customers' accounts.
#[async_trait]
pub trait Customers: Send + Sync {
    /// Assumes the connector's role with its external ID, a session policy for exactly its prefix, and a
    /// session name that shows connector and part. The result serves this connector only and is dropped with
    /// the run.
    async fn open(
        &self,
        connector: &Connector,
        part: PartNumber,
    ) -> Result<Box<dyn CustomerBucket>, DeliveryError>;
}

/// A customer's bucket, seen through the assumed role.
#[async_trait]
pub trait CustomerBucket: Send + Sync {
    /// Writes an object if no object has its key.
    async fn put_new(&self, object: NewObject) -> Result<PutAnswer, DeliveryError>;

    /// The external ID with which the role was assumed, if known: during a rotation it shows which of the two
    /// works.
    fn assumed_with(&self) -> Option<&ExternalId>;
}

/// An object to be written.
#[derive(Debug)]
pub struct NewObject {
    /// The full key, prefix included.
    pub key: String,
    /// The content type, as the bytes really are.
    pub content_type: &'static str,
    /// The SHA-256 of the bytes; the bucket refuses bytes with another one.
    pub sha256: Sha256,
    /// The size in bytes.
    pub size: u64,
    /// The bytes, at once or as a stream.
    pub body: Body,
}

/// The bytes of an object.
pub enum Body {
    /// All bytes at once.
    Whole(Bytes),
    /// Bytes as they arrive.
    Stream(ByteStream),
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Whole(bytes) => write!(f, "Whole({} bytes)", bytes.len()),
            Self::Stream(_) => f.write_str("Stream"),
        }
    }
}
