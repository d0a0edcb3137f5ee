//! The classic faults, known by the platform's answers, each with the line that mends it.

use super::stages::ASSUMABLE_BY_ANYONE;
use super::{Finding, PreflightStage, role};
use crate::connector::{Connector, Destination};
use crate::fault::{self, DeliveryError, DeliveryErrorKind, REGION_DISABLED};
use crate::names::{AccountId, Region};
use crate::setup::Vendor;

/// Cause and remedy.
type Explanation = Option<(String, String)>;

/// What a fault of a stage means.
pub(super) fn explain(
    stage: PreflightStage,
    fault: &DeliveryError,
    connector: &Connector,
    to: &Destination,
    vendor: &Vendor,
) -> Finding {
    let said = fault.message.to_ascii_lowercase();
    let denied = fault.kind == DeliveryErrorKind::Denied;
    let told = policy_above_role(stage, fault, &said, to)
        .or_else(|| known_response(fault, &said, to, vendor))
        .or_else(|| (denied && stage == PreflightStage::PutObject).then(|| denied_write(&said, to)).flatten())
        .or_else(|| {
            (denied && stage == PreflightStage::AssumeRole)
                .then(|| role::explain_assume_role_denied(connector, to, vendor))
        })
        .or_else(|| (fault.kind == DeliveryErrorKind::Gone).then(|| missing_bucket(connector, to)).flatten());
    let (cause, remedy) = told.unwrap_or_else(|| fault::diagnose(fault, to));
    Finding { code: fault.code.clone(), cause, remedy }
}

/// Whether it may be the answer for a role that IAM does not know everywhere yet: a denial for no reason that AWS names
/// but the role's own, missing permissions.
pub(super) fn may_be_new_role(fault: &DeliveryError, to: &Destination) -> bool {
    let said = fault.message.to_ascii_lowercase();
    fault.kind == DeliveryErrorKind::Denied
        && fault.code != REGION_DISABLED
        && !fault.is_clock_skew()
        && !said.contains("explicit deny")
        && !said.contains("session policy")
        && policy_above_role(PreflightStage::AssumeRole, fault, &said, to).is_none()
}

/// What stands above the role's own policies: AWS names which kind of policy was in the way.
/// Source: AWS IAM user guide, "Troubleshoot access denied error messages".
fn policy_above_role(
    stage: PreflightStage,
    fault: &DeliveryError,
    said: &str,
    to: &Destination,
) -> Explanation {
    let role = &to.role;
    let entering = matches!(
        stage,
        PreflightStage::AssumeRole
            | PreflightStage::RefusesWithoutExternalId
            | PreflightStage::RefusesWrongExternalId
    );
    if said.contains("service control policy") && entering {
        // Such a policy binds whoever asks, and it is the vendor who asks for the role.
        return Some((
            "A service control policy of the vendor's own organisation denies sts:AssumeRole.".into(),
            "This is the vendor's to mend; tell the vendor.".into(),
        ));
    }
    if said.contains("service control policy") {
        return Some((
            format!("A service control policy of the organisation of account {} denies it.", role.account()),
            format!("Ask whoever runs the AWS organisation to allow {} here.", denied_action(fault)),
        ));
    }
    if said.contains("resource control policy") {
        return Some((
            format!("A resource control policy of the organisation of account {} denies it.", role.account()),
            "Ask whoever runs the AWS organisation to exempt this role and bucket.".into(),
        ));
    }
    said.contains("permissions boundary").then(|| {
        (
            format!("The permissions boundary of {role} does not allow {}.", denied_action(fault)),
            format!("Allow it in the boundary too: {}.", statement(fault, to)),
        )
    })
}

/// What an answer means wherever it comes.
fn known_response(fault: &DeliveryError, said: &str, to: &Destination, vendor: &Vendor) -> Explanation {
    if fault.code == REGION_DISABLED {
        return Some((
            format!(
                "AWS STS is not active for account {} in the region that we call from, {}.",
                to.role.account(),
                vendor.region
            ),
            format!(
                "Activate {} in that account: IAM console, Account settings, Security Token Service.",
                vendor.region
            ),
        ));
    }
    if fault.is_clock_skew() {
        return Some(fault::diagnose(fault, to));
    }
    if fault.code == "AccessControlListNotSupported" {
        return Some((
            format!("The bucket {} has ACLs disabled and something adds one to our write.", to.bucket),
            "Nothing of Auditferry sends an ACL: see what stands between us and S3.".into(),
        ));
    }
    (said.contains("object lock") || said.contains("content-md5")).then(|| {
        (
            format!("The bucket {} has Object Lock and refused the write: {}.", to.bucket, fault.message),
            "Auditferry sends a checksum with every write; see that the default retention is valid.".into(),
        )
    })
}

/// A denied write, if S3 says by which policy.
fn denied_write(said: &str, to: &Destination) -> Explanation {
    let role = &to.role;
    if said.contains("resource-based policy") && said.contains("explicit deny") {
        return Some((
            format!("The policy of the bucket {} denies the write.", to.bucket),
            format!(
                "Exempt {role} from the Deny statement in the bucket's policy. If it denies writes without an encryption header, connect again with the encryption that it demands (aes256, or kms with its key)."
            ),
        ));
    }
    if said.contains("session policy") {
        return Some((
            "The session is narrower than the write.".into(),
            "This is a fault of the exporter; tell the vendor.".into(),
        ));
    }
    if said.contains("identity-based policy") && said.contains("explicit deny") {
        return Some((
            format!("A policy of the role {role} denies the write."),
            format!("Take {} out of what the Deny statement of the role's policy covers.", object_arn(to)),
        ));
    }
    said.contains("identity-based policy").then(|| {
        (
            format!("The role {role} has no permission to write there."),
            format!("Add this statement to a policy of the role: {}.", put_statement(to)),
        )
    })
}

/// A bucket that has never been seen is most likely a name that is wrong, or a stack that makes none. One that was
/// seen is what a delivery's words are for.
fn missing_bucket(connector: &Connector, to: &Destination) -> Explanation {
    let Destination { bucket, region, role, .. } = to;
    connector.verified_at.is_none().then(|| {
        let account = role.account();
        let kept = if connector.activated_at.is_some() {
            " Everything sealed since is kept and is delivered then."
        } else {
            ""
        };
        (
            format!("The bucket {bucket} does not exist (NoSuchBucket)."),
            format!(
                "Is the name right? If so, create {bucket} in {region} in account {account}, by hand or with the stack's parameter CreateBucket set to yes; else connect the right one.{kept}"
            ),
        )
    })
}

/// What was to be done when it was denied.
fn denied_action(fault: &DeliveryError) -> &str {
    if fault.kind == DeliveryErrorKind::KeyDenied { fault.kms_action() } else { "s3:PutObject" }
}

/// The statement that allows it.
fn statement(fault: &DeliveryError, to: &Destination) -> String {
    match (to.encryption.key(), fault.kind) {
        (Some(key), DeliveryErrorKind::KeyDenied) => allow(denied_action(fault), key.as_str()),
        _ => put_statement(to),
    }
}

fn put_statement(to: &Destination) -> String {
    allow("s3:PutObject", &object_arn(to))
}

fn object_arn(to: &Destination) -> String {
    format!("arn:{}:s3:::{}/{}", to.role.partition(), to.bucket, to.prefix.key("*"))
}

fn allow(action: &str, resource: &str) -> String {
    format!("{{\"Effect\": \"Allow\", \"Action\": \"{action}\", \"Resource\": \"{resource}\"}}")
}

pub(super) fn assumable_by_anyone(stage: PreflightStage, connector: &Connector, to: &Destination) -> Finding {
    let how = if stage == PreflightStage::RefusesWithoutExternalId {
        "without any external ID"
    } else {
        "with a wrong external ID"
    };
    Finding {
        code: ASSUMABLE_BY_ANYONE.into(),
        cause: format!(
            "The role {} lets us in {how}, so anyone who uses this vendor could name it as theirs.",
            to.role
        ),
        remedy: format!(
            "Give its trust policy the condition {{\"StringEquals\": {{\"sts:ExternalId\": \"{}\"}}}}, in every statement that allows sts:AssumeRole; no wildcard, no StringLike, no IfExists.",
            connector.external_ids().next().map_or("", |id| id.as_str())
        ),
    }
}

pub(super) fn other_account(entered: &AccountId, named: &AccountId) -> Finding {
    Finding {
        code: "OtherAccount".into(),
        cause: format!("The session is in account {entered}, the role's ARN names {named}."),
        remedy: "Give the ARN of the role itself, as the stack's output RoleArn shows it.".into(),
    }
}

pub(super) fn vendor_account(named: &AccountId) -> Finding {
    Finding {
        code: "OwnAccount".into(),
        cause: format!("The role is in the vendor's own account {named}."),
        remedy: "Give a role in the customer's account.".into(),
    }
}

pub(super) fn other_region(to: &Destination, region: &Region) -> Finding {
    Finding {
        code: "OtherRegion".into(),
        cause: format!("The bucket {} is in {region}, not in {}.", to.bucket, to.region),
        remedy: format!("Connect again with the region {region}."),
    }
}

pub(super) fn too_broad(to: &Destination) -> Finding {
    Finding {
        code: "RoleTooBroad".into(),
        cause: format!("The role {} may write outside {}/ in the bucket {}.", to.role, to.prefix, to.bucket),
        remedy: format!(
            "Narrow the role's policy to {}. Auditferry itself asks for no more.",
            put_statement(to)
        ),
    }
}

/// A warning if the object was not encrypted with the key that was asked for.
pub(super) fn unencrypted(to: &Destination, told: Option<&str>) -> Option<Finding> {
    let header = to.encryption.header()?;
    if told == Some(header) {
        return None;
    }
    let asked = to.encryption.key().map_or_else(|| header.to_owned(), ToString::to_string);
    Some(Finding {
        code: "OtherEncryption".into(),
        cause: format!(
            "S3 says that the object is encrypted with {}, not with {asked}.",
            told.unwrap_or("nothing")
        ),
        remedy: "See the bucket's default encryption, and that nothing between us and S3 drops headers."
            .into(),
    })
}
