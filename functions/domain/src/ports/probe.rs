//! What a verification tries at the customer's side.

use std::time::Duration;

use async_trait::async_trait;

use super::NewObject;
use crate::connector::{Connector, Destination};
use crate::fault::DeliveryError;
use crate::names::{AccountId, ExternalId, Region};

/// What is shown to the customer's trust policy.
#[derive(Debug, Clone, Copy)]
pub enum PresentedExternalId<'a> {
    /// No external ID at all.
    Absent,
    /// This one.
    ExternalId(&'a ExternalId),
}

/// What the session may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionScope {
    /// What a delivery's session may do: write under the prefix.
    Prefix,
    /// All that the role itself may do.
    Role,
}

/// Tries a customer's role.
#[async_trait]
pub trait Prober: Send + Sync {
    /// How long a role may be refused after it was made, since the platform makes roles known with delay.
    fn role_propagation_delay(&self) -> Duration;

    /// Assumes the destination's role with what is shown. What comes back serves this one verification.
    async fn assume(
        &self,
        connector: &Connector,
        to: &Destination,
        shown: PresentedExternalId<'_>,
        scope: SessionScope,
    ) -> Result<Box<dyn ProbeSession>, DeliveryError>;
}

/// What S3 told of a probe that was written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProbeResponse {
    /// `x-amz-server-side-encryption`.
    pub encryption: Option<String>,
}

/// A session in the customer's account.
#[async_trait]
pub trait ProbeSession: Send + Sync {
    /// The account that the session is in, as STS told.
    fn account(&self) -> AccountId;

    /// The region of the bucket, if S3 tells. `Gone` if there is no such bucket.
    async fn bucket_region(&self) -> Result<Option<Region>, DeliveryError>;

    /// Writes an object create-only, with the very headers of a delivery.
    async fn put_new(&self, object: NewObject) -> Result<ProbeResponse, DeliveryError>;
}
