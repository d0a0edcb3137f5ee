//! STS as another role of the vendor's.
//!
//! Customers' roles let in the exporter's role and nobody else. Whoever verifies without being the exporter, as the
//! API does, must act as it; and then may do nothing but assume customers' roles, whatever the exporter may.
//!
//! IAM enforces that, not this file: the exporter's role lets the API in under this session name only, and its policy
//! denies a session of this name everything but `sts:AssumeRole`. The session policy below says it a second time.

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use domain::names::{ROLE_PATH, RoleArn};

/// The deployment's template names it twice: as the one name under which the exporter's role lets the API in
/// (`sts:RoleSessionName`), and as the end of `aws:userid` (`<role's ID>:<session's name>`) of those sessions that are
/// denied everything else. It shows in the vendor's own CloudTrail too.
///
/// Source: IAM user guide, "AWS global condition context keys", aws:userid, and "IAM and AWS STS condition context
/// keys", sts:RoleSessionName.
pub const SESSION_NAME: &str = "auditferry-verify";

/// An STS client like `sts`, but acting as `role`, by a session that may assume customers' roles and do nothing
/// else. The session is opened with the first request and renewed before it ends.
#[must_use]
pub fn sts_as_role(sts: &aws_sdk_sts::Client, role: &RoleArn) -> aws_sdk_sts::Client {
    let acting = AssumedRoleProvider { sts: sts.clone(), role: role.clone() };
    let config = sts.config().to_builder().credentials_provider(SharedCredentialsProvider::new(acting));
    aws_sdk_sts::Client::from_conf(config.build())
}

#[derive(Debug)]
struct AssumedRoleProvider {
    sts: aws_sdk_sts::Client,
    role: RoleArn,
}

impl AssumedRoleProvider {
    async fn assume(&self) -> Result<Credentials, CredentialsError> {
        let asked = self.sts.assume_role().role_arn(self.role.as_str()).role_session_name(SESSION_NAME);
        let answer =
            asked.policy(policy(&self.role)).send().await.map_err(CredentialsError::provider_error)?;
        let keys = answer
            .credentials
            .ok_or_else(|| CredentialsError::provider_error("STS answered without credentials"))?;
        let until = keys.expiration.try_into().map_err(CredentialsError::provider_error)?;
        let (id, secret) = (keys.access_key_id, keys.secret_access_key);
        Ok(Credentials::new(id, secret, Some(keys.session_token), Some(until), "acting"))
    }
}

impl ProvideCredentials for AssumedRoleProvider {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.assume())
    }
}

/// What the session may do, of all that the role may.
fn policy(role: &RoleArn) -> String {
    let resource = format!("arn:{}:iam::*:role{ROLE_PATH}*", role.partition());
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"{resource}"}}]}}"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_session_may_assume_customers_roles_and_nothing_else() {
        let role = "arn:aws-us-gov:iam::111111111111:role/auditferry-exporter".parse().unwrap();
        let policy: serde_json::Value = serde_json::from_str(&policy(&role)).unwrap();
        let statement = &policy["Statement"][0];
        assert_eq!(statement["Action"], "sts:AssumeRole");
        assert_eq!(statement["Resource"], "arn:aws-us-gov:iam::*:role/auditferry/*");
        assert_eq!(policy["Statement"].as_array().unwrap().len(), 1);
    }
}
