//! What a verification tries, through the real STS and S3: the same session and the same write as a delivery's,
//! and beside them what must be refused.

use std::time::Duration;

use async_trait::async_trait;
use domain::connector::{Connector, Destination};
use domain::fault::{DeliveryError, DeliveryErrorKind, DeliveryStage};
use domain::names::{AccountId, Region};
use domain::ports::{NewObject, PresentedExternalId, ProbeResponse, ProbeSession, Prober, SessionScope};

use super::assume::{AssumeRoleRequest, RoleAssumer};
use super::bucket::S3CustomerBucket;
use super::fault::Telling;
use super::session;
use crate::clients::CustomerClients;

/// Tries the customers' roles through STS and S3.
#[derive(Debug, Clone)]
pub struct StsProber {
    assumer: RoleAssumer,
}

/// Until STS knows a role in all of a region, as others have measured it; AWS gives no bound.
/// Source: AWS IAM user guide, "Troubleshoot IAM", "Changes that I make are not always immediately visible".
const IAM_PROPAGATION_DELAY: Duration = Duration::from_secs(30);

impl StsProber {
    /// With the vendor's own STS client. The customers' trust policies name the exporter's role, so its
    /// credentials must be those of that role, or a verification fails where a delivery would not.
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

    /// A session for [`Scope::Prefix`] has a delivery's own policy; one for [`Scope::Role`] has none, and shows
    /// what the role itself may do. A verification's probes lie under the prefix, so nothing is added to it.
    async fn assume(
        &self,
        connector: &Connector,
        to: &Destination,
        shown: PresentedExternalId<'_>,
        scope: SessionScope,
    ) -> Result<Box<dyn ProbeSession>, DeliveryError> {
        let asked = AssumeRoleRequest {
            destination,
            session_name: session::preflight_name(&connector.id),
            external_id: match shown {
                PresentedExternalId::Absent => None,
                PresentedExternalId::ExternalId(id) => Some(id),
            },
            policy: match scope {
                SessionScope::Prefix => Some(session::policy(to)),
                SessionScope::Role => None,
            },
        };
        let entered = self.assumer.assume(asked).await?;
        let Some(account) = entered.account else {
            let words = "STS answered without the ARN of the assumed role";
            return Err(Telling::new(DeliveryStage::AssumeRole).fault(
                DeliveryErrorKind::Unavailable,
                "NoAccount",
                words,
            ));
        };
        Ok(Box::new(StsProbeSession { bucket: entered.bucket, account }))
    }
}

/// A session of one verification.
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

    /// Create-only, so a probe is written once however often it is sent. That an object of its name exists can
    /// only mean that this very request came through before its answer was lost, since the name is random: it
    /// counts as written, and nothing is known of its encryption.
    async fn put_new(&self, object: NewObject) -> Result<ProbeResponse, DeliveryError> {
        let wrote = self.bucket.write(object).await?;
        Ok(ProbeResponse { encryption: wrote.encryption })
    }
}
