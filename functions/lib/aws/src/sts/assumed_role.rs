//! STS as another of the vendor's roles.
//!
//! Customers' roles trust the exporter's role and no other. A preflight check outside the exporter, as in API
//! and portal, must therefore assume the exporter's role. It may then do nothing but assume customers' roles,
//! whatever the exporter may do.
//!
//! IAM enforces this, not this file. The exporter's role trusts both under this session name only. Its
//! policy denies sessions of this name everything but `sts:AssumeRole`. The session policy below states it a
//! second time.

use archive::names::{ROLE_PATH, RoleArn};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};

/// The deployment's template uses this name twice: as the only session name under which the exporter's role
/// trusts API and portal (`sts:RoleSessionName`), and as the end of `aws:userid` (`<role's ID>:<session
/// name>`) of the sessions that are denied everything else. It also appears in the vendor's own CloudTrail.
///
/// Source: IAM user guide, "AWS global condition context keys", aws:userid, and "IAM and AWS STS condition
/// context keys", sts:RoleSessionName.
pub const SESSION_NAME: &str = "auditferry-verify";

/// An STS client like `sts` under an assumed `role`. Its session may assume customers' roles and do nothing
/// else. The session starts with the first request and is renewed before it expires.
#[must_use]
pub fn sts_as_role(sts: &aws_sdk_sts::Client, role: &RoleArn) -> aws_sdk_sts::Client {
    let provider = AssumedRoleProvider { sts: sts.clone(), role: role.clone() };
    let config = sts.config().to_builder().credentials_provider(SharedCredentialsProvider::new(provider));
    aws_sdk_sts::Client::from_conf(config.build())
}

#[derive(Debug)]
struct AssumedRoleProvider {
    sts: aws_sdk_sts::Client,
    role: RoleArn,
}

impl AssumedRoleProvider {
    async fn assume(&self) -> Result<Credentials, CredentialsError> {
        let request = self.sts.assume_role().role_arn(self.role.as_str()).role_session_name(SESSION_NAME);
        let answer =
            request.policy(policy(&self.role)).send().await.map_err(CredentialsError::provider_error)?;
        let keys = answer
            .credentials
            .ok_or_else(|| CredentialsError::provider_error("STS returned no credentials"))?;
        let until = keys.expiration.try_into().map_err(CredentialsError::provider_error)?;
        let (id, secret) = (keys.access_key_id, keys.secret_access_key);
        Ok(Credentials::new(id, secret, Some(keys.session_token), Some(until), "AssumedRole"))
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

/// The session policy: the part of the role's permissions that the session keeps.
fn policy(role: &RoleArn) -> String {
    let resource = format!("arn:{}:iam::*:role{ROLE_PATH}*", role.partition());
    format!(
        "{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"Allow\",\
         \"Action\":\"sts:AssumeRole\",\"Resource\":\"{resource}\"}}]}}"
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
