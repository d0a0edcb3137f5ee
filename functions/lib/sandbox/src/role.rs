//! A role of a customer's account: who may assume it, and what it may do.

use serde::{Deserialize, Serialize};

use crate::error::StackError;

/// A role as a customer's administrator creates it for Auditferry.
///
/// Its trust policy allows the vendor's account to assume it, and its permissions policy allows
/// `s3:PutObject` on `bucket/prefix/*` and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// `arn:<partition>:iam::<account>:role/<path and name>`.
    pub arn: String,
    /// The `sts:ExternalId` that the trust policy requires. `None` is a trust policy without that condition,
    /// the mistake that makes a vendor a confused deputy
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html>): any external ID, or none,
    /// is accepted. `*`, which is not a valid external ID, stands for `StringLike` with that wildcard: any is
    /// accepted, but not none.
    pub external_id: Option<String>,
    /// The bucket to which it may write.
    pub bucket: String,
    /// The folder of the bucket, without a slash at either end. An empty prefix is the whole bucket.
    pub prefix: String,
}

/// The parts of a role's ARN that matter here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RoleArn<'a> {
    /// `aws`, `aws-cn`, `aws-us-gov` or `aws-eusc`.
    pub(crate) partition: &'a str,
    /// The 12 digits of the account that the role belongs to.
    pub(crate) account: &'a str,
    /// The role's name, without its path.
    pub(crate) name: &'a str,
}

impl Role {
    /// The parts of the ARN.
    ///
    /// # Errors
    ///
    /// [`StackError::InvalidRoleArn`] when it is not the ARN of a role.
    pub(crate) fn parts(&self) -> Result<RoleArn<'_>, StackError> {
        RoleArn::parse(&self.arn).ok_or_else(|| StackError::InvalidRoleArn(self.arn.clone()))
    }

    /// Whether the trust policy allows the vendor's account with this external ID.
    pub(crate) fn trusts(&self, external_id: Option<&str>) -> bool {
        match self.external_id.as_deref() {
            None => true,
            Some("*") => external_id.is_some(),
            required => required == external_id,
        }
    }

    /// Whether the permissions policy allows `s3:PutObject` on this key.
    pub(crate) fn allows_put(&self, bucket: &str, key: &str) -> bool {
        bucket == self.bucket && (self.prefix.is_empty() || self.contains_key(key))
    }

    fn contains_key(&self, key: &str) -> bool {
        key.strip_prefix(self.prefix.as_str()).is_some_and(|rest| rest.starts_with('/'))
    }
}

impl<'a> RoleArn<'a> {
    /// The ARN of a session of this role.
    pub(crate) fn session_arn(&self, session_name: &str) -> String {
        let Self { partition, account, name } = self;
        format!("arn:{partition}:sts::{account}:assumed-role/{name}/{session_name}")
    }

    fn parse(arn: &'a str) -> Option<Self> {
        let mut parts = arn.splitn(6, ':');
        let (scheme, partition, service, region, account, resource) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let name = resource.strip_prefix("role/")?.rsplit('/').next()?;
        let is_valid = scheme == "arn"
            && matches!(partition, "aws" | "aws-cn" | "aws-us-gov" | "aws-eusc")
            && service == "iam"
            && region.is_empty()
            && is_account(account)
            && !name.is_empty();
        is_valid.then_some(Self { partition, account, name })
    }
}

/// Whether this is an AWS account ID: 12 digits.
pub(crate) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(prefix: &str) -> Role {
        Role {
            arn: "arn:aws:iam::222222222222:role/logs/Auditferry".into(),
            external_id: Some("id".into()),
            bucket: "acme-logs".into(),
            prefix: prefix.into(),
        }
    }

    #[test]
    fn a_role_with_a_path_is_identified_by_its_last_segment() {
        let role = role("audit");
        let arn = role.parts().unwrap();
        assert_eq!((arn.account, arn.name), ("222222222222", "Auditferry"));
    }

    #[test]
    fn an_arn_of_something_else_is_not_a_role() {
        for arn in [
            "arn:aws:iam::222222222222:user/x",
            "arn:aws:iam::2222:role/x",
            "role/x",
            "arn:aws:iam::222222222222:role/",
        ] {
            assert!(Role { arn: arn.into(), ..role("audit") }.parts().is_err(), "{arn}");
        }
    }

    #[test]
    fn a_prefix_ends_at_a_slash_and_an_empty_one_is_the_whole_bucket() {
        assert!(role("audit").allows_put("acme-logs", "audit/a"));
        assert!(!role("audit").allows_put("acme-logs", "auditors/a"));
        assert!(!role("audit").allows_put("other", "audit/a"));
        assert!(role("").allows_put("acme-logs", "anything"));
    }
}
