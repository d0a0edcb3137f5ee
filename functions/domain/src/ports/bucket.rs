//! Two sides of S3: the vendor's own staging bucket, and the customer's.

use std::pin::Pin;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::Stream;

use super::PortError;
use crate::connector::Connector;
use crate::fault::DeliveryError;
use crate::names::ExternalId;
use crate::part::{PartNumber, Sha256};
use crate::protocol::PutAnswer;

/// Bytes as they come in.
pub type ByteStream = Pin<Box<dyn Stream<Item = Result<Bytes, PortError>> + Send + 'static>>;

/// The vendor's own bucket, in which parts wait for their delivery.
#[async_trait]
pub trait Staging: Send + Sync {
    /// Starts a new object. Nothing is visible before it is finished; one that is dropped leaves at most
    /// pieces that the bucket's lifecycle removes.
    async fn create(&self, key: &str) -> Result<Box<dyn StagingWrite>, PortError>;

    /// The bytes of an object.
    async fn read(&self, key: &str) -> Result<ByteStream, PortError>;

    /// Lets an object go that was delivered: once it is as old as the deployment says, it may be removed. What was
    /// never let go stays for good. Where nothing is ever removed, there is nothing to do.
    async fn mark_expirable(&self, _key: &str) -> Result<(), PortError> {
        Ok(())
    }

    /// The keys of finished objects below `below` and behind `after`, in order: some, and whether there are more.
    /// Where nothing is ever removed, nobody need look.
    async fn list(&self, _below: &str, _after: &str) -> Result<StagedPage, PortError> {
        Ok(StagedPage::default())
    }

    /// Lets an object go that nobody will ever need: it may be removed once no state of the ledger that can still be
    /// restored knows of it. A second worker does the same.
    async fn mark_orphan(&self, _key: &str) -> Result<(), PortError> {
        Ok(())
    }
}

/// Some keys of the staging bucket.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StagedPage {
    /// In order.
    pub keys: Vec<String>,
    /// Whether there are more behind the last one.
    pub more: bool,
}

/// An object of the staging bucket, being written.
#[async_trait]
pub trait StagingWrite: Send {
    /// Adds bytes.
    async fn write(&mut self, bytes: Bytes) -> Result<(), PortError>;

    /// Completes the object.
    async fn finish(self: Box<Self>) -> Result<(), PortError>;

    /// Gives it up.
    async fn abort(self: Box<Self>) -> Result<(), PortError>;
}

/// The customers' accounts.
#[async_trait]
pub trait Customers: Send + Sync {
    /// Assumes the connector's role, with its external ID, a session policy for exactly its prefix and a
    /// session name that shows connector and part. What comes back serves this connector only and is dropped
    /// with the run.
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

    /// The external ID that let us in, if the bucket knows: during a rotation it says which of the two works.
    fn assumed_with(&self) -> Option<&ExternalId> {
        None
    }
}

/// An object to be written.
#[derive(Debug)]
pub struct NewObject {
    /// Its full key.
    pub key: String,
    /// Its truthful content type.
    pub content_type: &'static str,
    /// Of its bytes; the bucket refuses bytes with another.
    pub sha256: Sha256,
    /// How many bytes.
    pub size: u64,
    /// The bytes.
    pub body: Body,
}

/// The bytes of an object.
pub enum Body {
    /// All of them.
    Whole(Bytes),
    /// As they come in.
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
