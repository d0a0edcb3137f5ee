//! The known errors, recognized by the platform's answers, each with the policy line that fixes it.

use archive::names::{AccountId, Region};
use protocol::connector::{Connector, S3Destination};
use protocol::delivery_error::{DeliveryError, DeliveryErrorKind, Diagnosis, REGION_DISABLED};

use super::stages::ASSUMABLE_BY_ANYONE;
use super::{Finding, PreflightStage, role};
use crate::setup::Vendor;

/// Cause and remedy, if the answer is recognized.
type Explanation = Option<(String, String)>;

/// The finding for an error at a stage.
pub(super) fn explain(
    stage: PreflightStage,
    error: &DeliveryError,
    connector: &Connector,
    to: &S3Destination,
    vendor: &Vendor,
) -> Finding {
    let message = error.message.to_ascii_lowercase();
    let denied = error.kind == DeliveryErrorKind::Denied;
    let explanation = policy_above_role(stage, error, &message, to)
        .or_else(|| known_response(error, &message, to, vendor))
        .or_else(|| {
            (denied && stage == PreflightStage::PutObject).then(|| denied_write(&message, to)).flatten()
        })
        .or_else(|| {
            (denied && stage == PreflightStage::AssumeRole)
                .then(|| role::explain_assume_role_denied(connector, to, vendor))
        })
        .or_else(|| (error.kind == DeliveryErrorKind::Gone).then(|| missing_bucket(connector, to)).flatten());
    let (cause, remedy) = explanation.unwrap_or_else(|| general(error, to));
    Finding { code: error.code.clone(), cause, remedy }
}

/// What the error means in any request, not only in a check.
fn general(error: &DeliveryError, to: &S3Destination) -> (String, String) {
    let Diagnosis { cause, remedy } = to.diagnose(error);
    (cause, remedy)
}

/// Whether the error may mean a role that IAM has not propagated yet: a denial for which AWS names no reason
/// but missing permissions of the role itself.
pub(super) fn may_be_new_role(error: &DeliveryError, to: &S3Destination) -> bool {
    let message = error.message.to_ascii_lowercase();
    error.kind == DeliveryErrorKind::Denied
        && error.code != REGION_DISABLED
        && !error.is_clock_skew()
        && !message.contains("explicit deny")
        && !message.contains("session policy")
        && policy_above_role(PreflightStage::AssumeRole, error, &message, to).is_none()
}

/// A policy above the role's own: AWS names which kind of policy denied the request.
/// Source: AWS IAM user guide, "Troubleshoot access denied error messages".
fn policy_above_role(
    stage: PreflightStage,
    error: &DeliveryError,
    message: &str,
    to: &S3Destination,
) -> Explanation {
    let role = &to.role;
    let assumes_role = matches!(
        stage,
        PreflightStage::AssumeRole
            | PreflightStage::RefusesWithoutExternalId
            | PreflightStage::RefusesWrongExternalId
    );
    if message.contains("service control policy") && assumes_role {
        // Such a policy applies to the caller's account, and the vendor is the caller of sts:AssumeRole.
        return Some((
            "A service control policy of the vendor's own organization denies sts:AssumeRole.".into(),
            "Only the vendor can fix this; contact the vendor.".into(),
        ));
    }
    if message.contains("service control policy") {
        return Some((
            format!("A service control policy of the organization of account {} denies it.", role.account()),
            format!("Ask the administrators of the AWS organization to allow {} here.", denied_action(error)),
        ));
    }
    if message.contains("resource control policy") {
        return Some((
            format!("A resource control policy of the organization of account {} denies it.", role.account()),
            "Ask the administrators of the AWS organization to exempt this role and bucket.".into(),
        ));
    }
    message.contains("permissions boundary").then(|| {
        (
            format!("The permissions boundary of {role} does not allow {}.", denied_action(error)),
            format!("Allow it in the boundary too: {}.", statement(error, to)),
        )
    })
}

/// An answer that means the same at every stage.
fn known_response(error: &DeliveryError, message: &str, to: &S3Destination, vendor: &Vendor) -> Explanation {
    if error.code == REGION_DISABLED {
        return Some((
            format!(
                "AWS STS is not active for account {} in the region that Auditferry calls from, {}.",
                to.role.account(),
                vendor.region
            ),
            format!(
                "Activate {} in that account: IAM console, Account settings, Security Token Service.",
                vendor.region
            ),
        ));
    }
    if error.is_clock_skew() {
        return Some(general(error, to));
    }
    if error.code == "AccessControlListNotSupported" {
        return Some((
            format!("The bucket {} has ACLs disabled, but the write arrived with one.", to.bucket),
            "Auditferry sends no ACL: check any proxy between Auditferry and S3.".into(),
        ));
    }
    (message.contains("object lock") || message.contains("content-md5")).then(|| {
        (
            format!("The bucket {} has Object Lock and refused the write: {}.", to.bucket, error.message),
            "Auditferry sends a checksum with every write; check that the default retention is valid.".into(),
        )
    })
}

/// A denied write, if S3 names the kind of policy that denied it.
fn denied_write(message: &str, to: &S3Destination) -> Explanation {
    let role = &to.role;
    if message.contains("resource-based policy") && message.contains("explicit deny") {
        return Some((
            format!("The policy of the bucket {} denies the write.", to.bucket),
            format!(
                "Exempt {role} from the Deny statement in the bucket's policy. If it denies writes without \
                 an encryption header, connect again with the encryption that it requires (aes256, or kms \
                 with its key)."
            ),
        ));
    }
    if message.contains("session policy") {
        return Some((
            "The session policy does not allow the write.".into(),
            "This is a bug in the exporter; contact the vendor.".into(),
        ));
    }
    if message.contains("identity-based policy") && message.contains("explicit deny") {
        return Some((
            format!("A policy of the role {role} denies the write."),
            format!("Exclude {} from the Deny statement of the role's policy.", object_arn(to)),
        ));
    }
    message.contains("identity-based policy").then(|| {
        (
            format!("The role {role} has no permission to write there."),
            format!("Add this statement to a policy of the role: {}.", put_statement(to)),
        )
    })
}

/// A bucket that has never been seen: most likely the name is wrong, or the stack does not create the bucket.
/// A bucket that was seen before is explained as for a delivery.
fn missing_bucket(connector: &Connector, to: &S3Destination) -> Explanation {
    let S3Destination { bucket, region, role, .. } = to;
    connector.verified_at.is_none().then(|| {
        let account = role.account();
        let kept = if connector.activated_at.is_some() {
            " Everything sealed since is kept and will be delivered."
        } else {
            ""
        };
        (
            format!("The bucket {bucket} does not exist (NoSuchBucket)."),
            format!(
                "Check the name. If it is right, create {bucket} in {region} in account {account}, by hand \
                 or with the stack's parameter CreateBucket set to yes; otherwise connect the right \
                 bucket.{kept}"
            ),
        )
    })
}

/// The action that was denied.
fn denied_action(error: &DeliveryError) -> &str {
    if error.kind == DeliveryErrorKind::KeyDenied { error.kms_action() } else { "s3:PutObject" }
}

/// The policy statement that allows it.
fn statement(error: &DeliveryError, to: &S3Destination) -> String {
    match (to.encryption.key(), error.kind) {
        (Some(key), DeliveryErrorKind::KeyDenied) => allow(denied_action(error), key.as_str()),
        _ => put_statement(to),
    }
}

fn put_statement(to: &S3Destination) -> String {
    allow("s3:PutObject", &object_arn(to))
}

fn object_arn(to: &S3Destination) -> String {
    format!("arn:{}:s3:::{}/{}", to.role.partition(), to.bucket, to.prefix.key("*"))
}

fn allow(action: &str, resource: &str) -> String {
    format!("{{\"Effect\": \"Allow\", \"Action\": \"{action}\", \"Resource\": \"{resource}\"}}")
}

pub(super) fn assumable_by_anyone(
    stage: PreflightStage,
    connector: &Connector,
    to: &S3Destination,
) -> Finding {
    let how = if stage == PreflightStage::RefusesWithoutExternalId {
        "without any external ID"
    } else {
        "with a wrong external ID"
    };
    Finding {
        code: ASSUMABLE_BY_ANYONE.into(),
        cause: format!(
            "The role {} can be assumed {how}, so any other customer of this vendor could use it as theirs.",
            to.role
        ),
        remedy: format!(
            "Add the condition {{\"StringEquals\": {{\"sts:ExternalId\": \"{}\"}}}} to every statement of \
             its trust policy that allows sts:AssumeRole; no wildcard, no StringLike, no IfExists.",
            connector.external_ids().next().map_or("", |id| id.as_str())
        ),
    }
}

pub(super) fn other_account(session: &AccountId, named: &AccountId) -> Finding {
    Finding {
        code: "OtherAccount".into(),
        cause: format!("The session is in account {session}, but the role's ARN names {named}."),
        remedy: "Use the ARN of the role itself, as the stack's output RoleArn shows it.".into(),
    }
}

pub(super) fn vendor_account(named: &AccountId) -> Finding {
    Finding {
        code: "OwnAccount".into(),
        cause: format!("The role is in the vendor's own account {named}."),
        remedy: "Use a role in the customer's account.".into(),
    }
}

pub(super) fn other_region(to: &S3Destination, region: &Region) -> Finding {
    Finding {
        code: "OtherRegion".into(),
        cause: format!("The bucket {} is in {region}, not in {}.", to.bucket, to.region),
        remedy: format!("Connect again with the region {region}."),
    }
}

pub(super) fn too_broad(to: &S3Destination) -> Finding {
    Finding {
        code: "RoleTooBroad".into(),
        cause: format!("The role {} may write outside {}/ in the bucket {}.", to.role, to.prefix, to.bucket),
        remedy: format!("Narrow the role's policy to {}. Auditferry needs no more.", put_statement(to)),
    }
}

/// A warning if the object was not encrypted as requested.
pub(super) fn unencrypted(to: &S3Destination, reported: Option<&str>) -> Option<Finding> {
    let header = to.encryption.header()?;
    if reported == Some(header) {
        return None;
    }
    let expected = to.encryption.key().map_or_else(|| header.to_owned(), ToString::to_string);
    Some(Finding {
        code: "OtherEncryption".into(),
        cause: format!(
            "S3 reports that the object is encrypted with {}, not with {expected}.",
            reported.unwrap_or("nothing")
        ),
        remedy: "Check the bucket's default encryption, and that no proxy drops request headers.".into(),
    })
}
