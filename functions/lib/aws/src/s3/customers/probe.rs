//! The probes of a preflight check through the real STS and S3: the same session and the same write as a
//! delivery's, and requests that must be denied.

use std::time::Duration;

use archive::names::{AccountId, Region};
use async_trait::async_trait;
use ports::{NewObject, PresentedExternalId, ProbeResponse, ProbeSession, Prober, SessionScope};
use protocol::connector::{Connector, S3Destination};
use protocol::delivery_error::{DeliveryError, DeliveryErrorKind, DeliveryStage};

use super::assume::{AssumeRoleRequest, RoleAssumer};
use super::bucket::S3CustomerBucket;
use super::error_classifier::ErrorClassifier;
use super::session;
use crate::clients::CustomerClients;

/// Probes the customers' roles through STS and S3.
#[derive(Debug, Clone)]
pub struct StsProber {
    assumer: RoleAssumer,
}

/// Time until STS knows a new role in all of a region, as others have measured it; AWS gives no bound.
/// Source: AWS IAM user guide, "Troubleshoot IAM", "Changes that I make are not always immediately visible".
const IAM_PROPAGATION_DELAY: Duration = Duration::from_secs(30);

impl StsProber {
    /// Uses the vendor's own STS client. The customers' trust policies name the exporter's role, so the
    /// client must have that role's credentials. Otherwise a check fails where a delivery would succeed.
    #[must_use]
    pub const fn new(sts: aws_sdk_sts::Client, buckets: CustomerClients) -> Self {
        Self { assumer: RoleAssumer::new(sts, buckets) }
    }
}

#[async_trait]
impl Prober for StsProber {
    fn role_propagation_delay(&self) -> Duration {
        IAM_PROPAGATION_DELAY
    }

    /// A session for [`SessionScope::Prefix`] has a delivery's own policy. One for [`SessionScope::Role`] has
    /// none, and shows what the role itself may do. The probes' keys are under the prefix, so the policy
    /// needs no addition.
    async fn assume(
        &self,
        connector: &Connector,
        destination: &S3Destination,
        external_id: PresentedExternalId<'_>,
        scope: SessionScope,
    ) -> Result<Box<dyn ProbeSession>, DeliveryError> {
        let request = AssumeRoleRequest {
            destination,
            session_name: session::preflight_name(&connector.id),
            external_id: match external_id {
                PresentedExternalId::Absent => None,
                PresentedExternalId::ExternalId(id) => Some(id),
            },
            policy: match scope {
                SessionScope::Prefix => Some(session::policy(destination)),
                SessionScope::Role => None,
            },
        };
        let session = self.assumer.assume(request).await?;
        let Some(account) = session.account else {
            let message = "STS returned no ARN of the assumed role";
            return Err(ErrorClassifier::new(DeliveryStage::AssumeRole).error(
                DeliveryErrorKind::Unavailable,
                "NoAccount",
                message,
            ));
        };
        Ok(Box::new(StsProbeSession { bucket: session.bucket, account }))
    }
}

/// The session of one preflight check.
#[derive(Debug)]
struct StsProbeSession {
    bucket: S3CustomerBucket,
    account: AccountId,
}

#[async_trait]
impl ProbeSession for StsProbeSession {
    fn account(&self) -> AccountId {
        self.account.clone()
    }

    async fn bucket_region(&self) -> Result<Option<Region>, DeliveryError> {
        self.bucket.region().await
    }

    /// Create-only, so a probe is written once, however often it is sent. Its name is random, so an existing
    /// object can only mean that this very request was executed and its response lost. It counts as written,
    /// and its encryption is unknown.
    async fn put_new(&self, object: NewObject) -> Result<ProbeResponse, DeliveryError> {
        let result = self.bucket.write(object).await?;
        Ok(ProbeResponse { encryption: result.encryption })
    }
}
