//! The customers' accounts: assumes a connector's role and writes to its bucket in that session.
//!
//! Nothing here outlives the connector's run. Neither credentials nor clients are cached: what
//! [`StsCustomers::open`] returns has the only copy of the temporary keys, and dropping it drops them.
//! [`StsProber`] runs the same code for a preflight check.

mod assume;
mod body;
mod bucket;
mod error_classifier;
mod error_codes;
mod expect_continue;
mod payload;
mod probe;
mod redact;
mod session;

use archive::part::PartNumber;
use async_trait::async_trait;
use ports::{CustomerBucket, Customers};
use protocol::connector::{Connector, Destination};
use protocol::delivery_error::{DeliveryError, DeliveryErrorKind, DeliveryStage, REGION_DISABLED};

use self::assume::{AssumeRoleRequest, RoleAssumer};
use self::error_classifier::ErrorClassifier;
use crate::clients::CustomerClients;

pub use self::probe::StsProber;

/// Assumes the customers' roles through STS and writes to their buckets in S3.
#[derive(Debug, Clone)]
pub struct StsCustomers {
    assumer: RoleAssumer,
}

impl StsCustomers {
    /// Uses the vendor's own STS client; the S3 clients are created per connector.
    #[must_use]
    pub const fn new(sts: aws_sdk_sts::Client, buckets: CustomerClients) -> Self {
        Self { assumer: RoleAssumer::new(sts, buckets) }
    }
}

#[async_trait]
impl Customers for StsCustomers {
    /// A second worker gets its own session; sessions share nothing.
    ///
    /// During a rotation of the external ID, the next one is tried first. Only a denial falls back to the
    /// current one: any other error would occur with that too, and is returned as it is.
    async fn open(
        &self,
        connector: &Connector,
        part: PartNumber,
    ) -> Result<Box<dyn CustomerBucket>, DeliveryError> {
        let classifier = ErrorClassifier::new(DeliveryStage::AssumeRole);
        let Destination::S3(destination) = &connector.destination else {
            return Err(classifier.error(
                DeliveryErrorKind::Rejected,
                "NoDestination",
                "the connector is not connected",
            ));
        };
        let mut denied = None;
        for id in connector.external_ids() {
            let request = AssumeRoleRequest {
                destination,
                session_name: session::name(&connector.id, part),
                external_id: Some(id),
                policy: Some(session::policy(destination)),
            };
            match self.assumer.assume(request).await {
                Ok(session) => return Ok(Box::new(session.bucket)),
                // No external ID makes a Region active.
                Err(error) if error.kind == DeliveryErrorKind::Denied && error.code != REGION_DISABLED => {
                    denied = Some(error);
                }
                Err(error) => return Err(error),
            }
        }
        let no_id = || {
            classifier.error(DeliveryErrorKind::Rejected, "NoExternalId", "the connector has no external ID")
        };
        Err(denied.unwrap_or_else(no_id))
    }
}
