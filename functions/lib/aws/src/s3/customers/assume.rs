//! Assumes a customer's role, in the same way for deliveries and preflight checks.

use archive::names::{AccountId, CustomerRole, ExternalId};
use aws_credential_types::Credentials;
use aws_sdk_sts::config::Region;
use protocol::connector::S3Destination;
use protocol::delivery_error::{DeliveryError, DeliveryErrorKind, DeliveryStage, REGION_DISABLED};

use super::bucket::S3CustomerBucket;
use super::error_classifier::ErrorClassifier;
use crate::clients::CustomerClients;

/// Lifetime of the temporary credentials, seconds: the minimum of STS. The role is assumed after the function
/// has started, and a function runs for 900 seconds at most, so they always last to its end. A longer run, in
/// the sandbox, gets `ExpiredToken` and assumes the role again. Source: AWS STS API reference, `AssumeRole`.
const SESSION_SECONDS: i32 = 900;

/// The parameters of an `AssumeRole` call.
#[derive(Debug)]
pub(super) struct AssumeRoleRequest<'a> {
    /// The destination whose role is assumed.
    pub(super) destination: &'a S3Destination,
    /// Appears in the customer's `CloudTrail`.
    pub(super) session_name: String,
    /// Presented to the role's trust policy.
    pub(super) external_id: Option<&'a ExternalId>,
    /// The session policy; `None` leaves the session all of the role's permissions.
    pub(super) policy: Option<String>,
}

#[derive(Debug)]
pub(super) struct Session {
    /// The destination's bucket. It has the only copy of the session's keys.
    pub(super) bucket: S3CustomerBucket,
    /// The session's account, if STS named it.
    pub(super) account: Option<AccountId>,
}

/// The vendor's own STS client, and the factory of the sessions' S3 clients.
#[derive(Debug, Clone)]
pub(super) struct RoleAssumer {
    sts: aws_sdk_sts::Client,
    bucket_clients: CustomerClients,
}

impl RoleAssumer {
    pub(super) const fn new(sts: aws_sdk_sts::Client, buckets: CustomerClients) -> Self {
        Self { sts, bucket_clients: buckets }
    }

    /// An STS client in the main Region of the role's partition; `None` if this is the main Region. No
    /// account can deactivate STS there, and its tokens are valid in every Region.
    ///
    /// Whether STS is active in the called Region depends on the role's account, not on ours. Source: AWS IAM
    /// user guide, "Manage AWS STS in an AWS Region".
    fn main_region_sts(&self, role: &CustomerRole) -> Option<aws_sdk_sts::Client> {
        let main = match role.partition() {
            "aws" => "us-east-1",
            "aws-cn" => "cn-north-1",
            "aws-us-gov" => "us-gov-west-1",
            "aws-eusc" => "eusc-de-east-1",
            _ => return None,
        };
        let config = self.sts.config();
        (config.region().map(AsRef::as_ref) != Some(main))
            .then(|| aws_sdk_sts::Client::from_conf(config.to_builder().region(Region::new(main)).build()))
    }

    /// Assumes the role. Each session is new, and sessions share nothing.
    ///
    /// # Errors
    /// The delivery error for STS's response.
    pub(super) async fn assume(&self, request: AssumeRoleRequest<'_>) -> Result<Session, DeliveryError> {
        let AssumeRoleRequest { destination, session_name, external_id, policy } = request;
        let classifier = ErrorClassifier::new(DeliveryStage::AssumeRole);
        let call = |sts: &aws_sdk_sts::Client| {
            sts.assume_role()
                .role_arn(destination.role.as_str())
                .role_session_name(session_name.as_str())
                .set_external_id(external_id.map(ToString::to_string))
                .duration_seconds(SESSION_SECONDS)
                .set_policy(policy.clone())
                .send()
        };
        let answer = match call(&self.sts).await.map_err(|error| classifier.assume_role(&error)) {
            Err(error) if error.code == REGION_DISABLED => match self.main_region_sts(&destination.role) {
                Some(sts) => call(&sts).await.map_err(|error| classifier.assume_role(&error))?,
                None => return Err(error),
            },
            answer => answer?,
        };
        tracing::debug!(
            session.name = session_name,
            token_used_percent = answer.session_token_utilization,
            "assumed the customer's role"
        );
        let account = answer.assumed_role_user().and_then(|user| account_of(user.arn()));
        let Some(keys) = answer.credentials else {
            let message = "STS returned no credentials";
            return Err(classifier.error(DeliveryErrorKind::Unavailable, "NoCredentials", message));
        };
        // The expiry is left out on purpose: S3 checks it by its own clock and returns `ExpiredToken`.
        let temporary = Credentials::new(
            keys.access_key_id,
            keys.secret_access_key,
            Some(keys.session_token),
            None,
            "AssumeRole",
        );
        let client = self.bucket_clients.client(destination.region.as_str(), temporary);
        Ok(Session { bucket: S3CustomerBucket::new(client, destination, external_id), account })
    }
}

/// The account of `arn:<partition>:sts::<account>:assumed-role/<role>/<session>`.
fn account_of(arn: &str) -> Option<AccountId> {
    arn.split(':').nth(4)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_in_the_account_that_sts_names() {
        let account = account_of("arn:aws-cn:sts::222222222222:assumed-role/Delivery/auditferry-verify");
        assert_eq!(account.unwrap().as_str(), "222222222222");
        for arn in ["", "arn:aws:sts", "arn:aws:sts::12:assumed-role/Delivery/x"] {
            assert!(account_of(arn).is_none(), "{arn}");
        }
    }
}
