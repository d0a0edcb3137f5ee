//! What a connection check tries at the customer's side.

use std::time::Duration;

use archive::names::{AccountId, ExternalId, Region};
use async_trait::async_trait;
use protocol::connector::{Connector, S3Destination};
use protocol::delivery_error::DeliveryError;

use super::NewObject;

/// The external ID presented to the customer's trust policy.
#[derive(Debug, Clone, Copy)]
pub enum PresentedExternalId<'a> {
    /// No external ID at all, which must be refused.
    Absent,
    /// This external ID: the connector's own, or a wrong one.
    ExternalId(&'a ExternalId),
}

/// The permissions of the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionScope {
    /// A delivery session's permissions: write under the prefix.
    Prefix,
    /// All of the role's own permissions.
    Role,
}

/// Tries a customer's role.
#[async_trait]
pub trait Prober: Send + Sync {
    /// How long a new role may be refused: IAM propagates roles with delay.
    fn role_propagation_delay(&self) -> Duration;

    /// Assumes the destination's role. The session serves this one check.
    async fn assume(
        &self,
        connector: &Connector,
        to: &S3Destination,
        shown: PresentedExternalId<'_>,
        scope: SessionScope,
    ) -> Result<Box<dyn ProbeSession>, DeliveryError>;
}

/// What S3 returned for a probe object.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProbeResponse {
    /// The header `x-amz-server-side-encryption`.
    pub encryption: Option<String>,
}

/// A session in the customer's account.
#[async_trait]
pub trait ProbeSession: Send + Sync {
    /// The account of the session, as STS returned it.
    fn account(&self) -> AccountId;

    /// The region of the bucket, if S3 returns it. `Gone` if the bucket does not exist.
    async fn bucket_region(&self) -> Result<Option<Region>, DeliveryError>;

    /// Writes an object if no object has its key, with exactly the headers of a delivery.
    async fn put_new(&self, object: NewObject) -> Result<ProbeResponse, DeliveryError>;
}
