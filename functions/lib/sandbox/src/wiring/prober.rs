//! The prober of the stand-ins: the real one, except for how long it waits for a new role. The STS of the
//! stand-ins knows a role as soon as it is created, unless an obstacle delays that, as IAM does.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws::s3::customers::StsProber;
use ports::{PresentedExternalId, ProbeSession, Prober, SessionScope};
use protocol::connector::{Connector, S3Destination};
use protocol::delivery_error::DeliveryError;

use crate::accounts::Accounts;

/// Waits for a new role only while one could be unknown.
#[derive(Debug)]
pub(super) struct SandboxProber {
    pub(super) real: StsProber,
    pub(super) accounts: Arc<Accounts>,
}

#[async_trait]
impl Prober for SandboxProber {
    fn role_propagation_delay(&self) -> Duration {
        if self.accounts.new_role_delay().is_zero() {
            Duration::ZERO
        } else {
            self.real.role_propagation_delay()
        }
    }

    async fn assume(
        &self,
        connector: &Connector,
        to: &S3Destination,
        shown: PresentedExternalId<'_>,
        scope: SessionScope,
    ) -> Result<Box<dyn ProbeSession>, DeliveryError> {
        self.real.assume(connector, to, shown, scope).await
    }
}
