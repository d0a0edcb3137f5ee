//! Policies that deny the write, or the use of the key.

use super::super::connector;
use super::super::scripted_aws::Refusal;
use super::{Case, KEY, at_put, refused_at_put, with_key};

fn key_denied(why: &str) -> Refusal {
    let user = "arn:aws:sts::222222222222:assumed-role/Delivery/auditferry-verify";
    let action = "kms:GenerateDataKey";
    Refusal::new(
        403,
        "AccessDenied",
        format!("User: {user} is not authorized to perform: {action} on resource: {KEY} {why}"),
    )
}

pub(super) fn cases() -> Vec<Case> {
    vec![
        at_put(
            "the role may not s3:PutObject, or only under another prefix",
            "because no identity-based policy allows the s3:PutObject action",
            (
                "AccessDenied",
                "has no permission to write there",
                "Add this statement to a policy of the role: {put}",
            ),
        ),
        at_put(
            "a policy of the role denies it",
            "with an explicit deny in an identity-based policy",
            (
                "AccessDenied",
                "denies the write",
                "Exclude {objects} from the Deny statement of the role's policy",
            ),
        ),
        at_put(
            "the bucket's policy denies it",
            "with an explicit deny in a resource-based policy",
            (
                "AccessDenied",
                "The policy of the bucket",
                "Exempt {role} from the Deny statement in the bucket's policy",
            ),
        ),
        at_put(
            "a service control policy denies it",
            "with an explicit deny in a service control policy",
            (
                "AccessDenied",
                "A service control policy of the organization of account",
                "allow s3:PutObject here",
            ),
        ),
        at_put(
            "a resource control policy denies it",
            "with an explicit deny in a resource control policy",
            ("AccessDenied", "A resource control policy of the organization", "exempt this role and bucket"),
        ),
        at_put(
            "the role's permissions boundary does not allow it",
            "because no permissions boundary allows the s3:PutObject action",
            ("AccessDenied", "The permissions boundary of", "Allow it in the boundary too: {put}"),
        ),
        refused_at_put(
            "the role may not use the key",
            with_key(),
            key_denied("because no identity-based policy allows the kms:GenerateDataKey action"),
            ("AccessDenied", "refuses to encrypt", "Allow the role `kms:GenerateDataKey` on arn:aws:kms:"),
        ),
        refused_at_put(
            "the key's policy does not allow the role",
            with_key(),
            key_denied("because no resource-based policy allows the kms:GenerateDataKey action"),
            ("AccessDenied", "refuses to encrypt", "in the role's policy and in the key's"),
        ),
        refused_at_put(
            "the boundary does not allow the key",
            with_key(),
            key_denied("because no permissions boundary allows the kms:GenerateDataKey action"),
            (
                "AccessDenied",
                "does not allow kms:GenerateDataKey",
                r#""Action": "kms:GenerateDataKey", "Resource": "arn:aws:kms:"#,
            ),
        ),
        refused_at_put(
            "the key is disabled",
            with_key(),
            Refusal::new(400, "KMS.DisabledException", format!("{KEY} is disabled.")),
            ("KMS.DisabledException", "is disabled", "check that the key is enabled"),
        ),
        refused_at_put(
            "the key is about to be deleted",
            with_key(),
            Refusal::new(400, "KMS.KMSInvalidStateException", format!("{KEY} is pending deletion.")),
            ("KMS.KMSInvalidStateException", "is pending deletion", "check that the key is enabled"),
        ),
        refused_at_put(
            "the bucket encrypts by default with a key that was not named",
            connector(),
            key_denied("because no session policy allows the kms:GenerateDataKey action"),
            ("AccessDenied", "refuses to encrypt", "name the bucket's KMS key"),
        ),
    ]
}
