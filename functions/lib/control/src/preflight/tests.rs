//! How errors are explained, by the platform's own messages. `tests/suite/preflight` shows on the wire
//! that the SDK returns them as they are here.

use archive::names::{ConnectorId, ExternalId};
use protocol::connector::{Connector, Encryption, S3Destination};
use protocol::delivery_error::{DeliveryError, DeliveryErrorKind, DeliveryStage, Diagnosis};

use super::explain::{explain, may_be_new_role};
use super::*;
use crate::setup::{Vendor, setup};

const KEY: &str = "arn:aws:kms:eu-central-1:222222222222:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const ROLE: &str = "arn:aws:iam::222222222222:role/auditferry/Delivery";
const PUT: &str =
    r#"{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::acme-logs/audit/*"}"#;

fn connector() -> Connector {
    let destination = S3Destination {
        role: ROLE.parse().unwrap(),
        bucket: "acme-logs".parse().unwrap(),
        region: "eu-central-1".parse().unwrap(),
        prefix: "audit".parse().unwrap(),
        encryption: Encryption::Default,
    };
    let id = ConnectorId::new(7);
    let draft = Connector::draft(id, "acme".parse().unwrap(), ExternalId::new(1, 2), Time::EPOCH);
    Connector { destination: destination.into(), verified_at: Some(Time::EPOCH), ..draft }
}

fn error(kind: DeliveryErrorKind, code: &str, message: &str) -> DeliveryError {
    DeliveryError { stage: DeliveryStage::PutObject, kind, code: code.into(), message: message.into() }
}

fn denied(message: &str) -> DeliveryError {
    error(DeliveryErrorKind::Denied, "AccessDenied", message)
}

fn vendor() -> Vendor {
    Vendor {
        account: "111111111111".parse().unwrap(),
        partition: "aws".into(),
        region: "eu-west-1".parse().unwrap(),
        exporter_role: "auditferry-exporter".into(),
        template_url: None,
    }
}

fn finding_at(stage: PreflightStage, error: &DeliveryError) -> Finding {
    finding_for(&connector(), stage, error)
}

fn finding_for(connector: &Connector, stage: PreflightStage, error: &DeliveryError) -> Finding {
    explain(stage, error, connector, connector.destination.s3().unwrap(), &vendor())
}

fn finding_with_key(stage: PreflightStage, error: &DeliveryError) -> Finding {
    let connector = connector();
    let to = S3Destination {
        encryption: Encryption::with_key(KEY.parse().ok()),
        ..connector.destination.s3().cloned().unwrap()
    };
    explain(stage, error, &connector, &to, &vendor())
}

/// The finding when the platform's message adds nothing.
fn finding_by_kind(error: &DeliveryError) -> Finding {
    let Diagnosis { cause, remedy } = connector().destination.s3().unwrap().diagnose(error);
    Finding { code: error.code.clone(), cause, remedy }
}

#[test]
fn a_service_control_policy_applies_to_the_callers_account() {
    let words = "with an explicit deny in a Service Control Policy";
    for stage in [
        PreflightStage::AssumeRole,
        PreflightStage::RefusesWithoutExternalId,
        PreflightStage::RefusesWrongExternalId,
    ] {
        let finding = finding_at(stage, &denied(words));
        assert!(finding.cause.contains("vendor's own organization"), "{stage:?}: {finding:?}");
    }
    for stage in [PreflightStage::BucketRegion, PreflightStage::PutObject, PreflightStage::PrefixScope] {
        let finding = finding_at(stage, &denied(words));
        assert!(finding.cause.contains("organization of account 222222222222"), "{stage:?}: {finding:?}");
        assert!(finding.remedy.ends_with("to allow s3:PutObject here."), "{finding:?}");
    }
    let of_the_key = error(DeliveryErrorKind::KeyDenied, "AccessDenied", words);
    assert!(
        finding_at(PreflightStage::PutObject, &of_the_key)
            .remedy
            .ends_with("to allow kms:GenerateDataKey here.")
    );
}

#[test]
fn a_resource_control_policy_is_the_customers_at_every_stage() {
    for stage in PreflightStage::ALL {
        let finding = finding_at(stage, &denied("with an explicit deny in a resource control policy"));
        assert!(finding.cause.contains("A resource control policy of the organization"), "{finding:?}");
    }
}

#[test]
fn a_permissions_boundary_is_reported_with_the_missing_statement() {
    let words = "because no permissions boundary allows the action";
    assert_eq!(
        finding_at(PreflightStage::PutObject, &denied(words)),
        Finding {
            code: "AccessDenied".into(),
            cause: format!("The permissions boundary of {ROLE} does not allow s3:PutObject."),
            remedy: format!("Allow it in the boundary too: {PUT}."),
        }
    );
    let of_the_key = error(DeliveryErrorKind::KeyDenied, "AccessDenied", words);
    let finding = finding_with_key(PreflightStage::PutObject, &of_the_key);
    assert!(finding.cause.ends_with("does not allow kms:GenerateDataKey."), "{finding:?}");
    assert!(
        finding.remedy.contains(&format!(r#""kms:GenerateDataKey", "Resource": "{KEY}""#)),
        "{finding:?}"
    );
    assert!(
        finding_with_key(PreflightStage::PutObject, &denied(words)).remedy.contains(PUT),
        "the key is not at fault"
    );
    assert!(finding_at(PreflightStage::PutObject, &of_the_key).remedy.contains(PUT), "no key was named");
}

#[test]
fn an_unambiguous_answer_means_the_same_at_every_stage() {
    for (kind, code, words, cause) in [
        (
            DeliveryErrorKind::Denied,
            "RegionDisabledException",
            "",
            "AWS STS is not active for account 222222222222",
        ),
        (
            DeliveryErrorKind::Denied,
            "RequestTimeTooSkewed",
            "",
            "Our clock and the platform's are too far apart",
        ),
        (DeliveryErrorKind::Rejected, "AccessControlListNotSupported", "", "acme-logs has ACLs disabled"),
        (
            DeliveryErrorKind::Rejected,
            "InvalidRequest",
            "Object Lock is not as it should be",
            "has Object Lock and refused",
        ),
        (
            DeliveryErrorKind::Rejected,
            "InvalidRequest",
            "Content-MD5 is required",
            "has Object Lock and refused",
        ),
    ] {
        for stage in PreflightStage::ALL {
            let finding = finding_at(stage, &error(kind, code, words));
            assert!(finding.cause.contains(cause), "{code} at {stage:?}: {finding:?}");
        }
    }
}

#[test]
fn a_denied_write_is_explained_by_the_policy_that_s3_names() {
    for (words, cause, remedy) in [
        (
            "with an explicit deny in a resource-based policy",
            "The policy of the bucket acme-logs denies the write.".to_owned(),
            format!("Exempt {ROLE} from"),
        ),
        (
            "because no session policy allows the s3:PutObject action",
            "The session policy does not allow the write.".to_owned(),
            "contact the vendor".to_owned(),
        ),
        (
            "with an explicit deny in an identity-based policy",
            format!("A policy of the role {ROLE} denies the write."),
            "Exclude arn:aws:s3:::acme-logs/audit/* from".to_owned(),
        ),
        (
            "because no identity-based policy allows the s3:PutObject action",
            format!("The role {ROLE} has no permission to write there."),
            format!("Add this statement to a policy of the role: {PUT}."),
        ),
    ] {
        let finding = finding_at(PreflightStage::PutObject, &denied(words));
        assert_eq!(finding.cause, cause, "{words}");
        assert!(finding.remedy.contains(&remedy), "{words}: {finding:?}");
        let elsewhere = finding_at(PreflightStage::PrefixScope, &denied(words));
        assert_eq!(elsewhere, finding_by_kind(&denied(words)), "only a write is explained like this");
        let gone = error(DeliveryErrorKind::Gone, "NoSuchBucket", words);
        assert_eq!(
            finding_at(PreflightStage::PutObject, &gone),
            finding_by_kind(&gone),
            "only a denied one is"
        );
    }
    for words in ["because no resource-based policy allows it", "with an explicit deny", "Access Denied"] {
        assert_eq!(
            finding_at(PreflightStage::PutObject, &denied(words)),
            finding_by_kind(&denied(words)),
            "{words}"
        );
    }
}

#[test]
fn a_denied_role_is_reported_with_the_statement_that_it_needs() {
    let finding = finding_at(PreflightStage::AssumeRole, &denied("not authorized"));
    assert!(
        finding.cause.starts_with(&format!("sts:AssumeRole on the role {ROLE} was denied")),
        "{finding:?}"
    );
    let (_, statement) = finding.remedy.split_once("this statement: ").unwrap();
    let statement: serde_json::Value = serde_json::from_str(statement.strip_suffix('.').unwrap()).unwrap();
    let trust_policy = setup(&connector(), &vendor()).trust_policy;
    assert_eq!(statement, trust_policy["Statement"][0], "with Principal and condition");
    for stage in [PreflightStage::RefusesWithoutExternalId, PreflightStage::PutObject] {
        assert_eq!(finding_at(stage, &denied("not authorized")), finding_by_kind(&denied("not authorized")));
    }
    let transient = error(DeliveryErrorKind::Unavailable, "Throttling", "Rate exceeded");
    assert_eq!(finding_at(PreflightStage::AssumeRole, &transient), finding_by_kind(&transient));
}

#[test]
fn a_wrong_name_another_connectors_role_and_a_wrong_account_are_explained_differently() {
    let with = |name: &str| {
        let mut connector = connector();
        let role = format!("arn:aws:iam::222222222222:role/auditferry/{name}");
        connector.destination.s3_mut().unwrap().role = role.parse().unwrap();
        finding_for(&connector, PreflightStage::AssumeRole, &denied("not authorized")).remedy
    };
    let expected = "the setup link creates role/auditferry/AuditferryDelivery-00000000";
    let typo = with("AuditferryDelivery");
    assert!(typo.to_ascii_lowercase().contains(&expected.to_ascii_lowercase()), "{typo}");
    assert!(typo.contains("you gave role/auditferry/AuditferryDelivery."), "{typo}");
    let others = with("AuditferryDelivery-7662ad75");
    assert!(others.starts_with("That is another connector's role"), "{others}");
    assert!(others.contains(expected) && others.contains("another external ID"), "{others}");
    let right = with("AuditferryDelivery-00000000");
    assert!(right.contains("the stack auditferry-00000000 is in account 222222222222"), "{right}");
    assert!(right.contains("ExternalId") && !right.contains("you gave"), "{right}");
}

#[test]
fn only_a_role_that_was_never_assumed_may_be_new() {
    let again = "If the stack was created within the last minute, try again.";
    let error = denied("not authorized");
    assert!(!finding_at(PreflightStage::AssumeRole, &error).remedy.contains(again));
    let draft = Connector { verified_at: None, ..connector() };
    assert!(finding_for(&draft, PreflightStage::AssumeRole, &error).remedy.starts_with(again));
}

#[test]
fn a_bucket_that_was_never_seen_is_not_to_be_created_again() {
    let gone = error(DeliveryErrorKind::Gone, "NoSuchBucket", "The specified bucket does not exist");
    let draft = Connector { verified_at: None, ..connector() };
    for stage in [PreflightStage::BucketRegion, PreflightStage::PutObject] {
        let finding = finding_for(&draft, stage, &gone);
        assert!(finding.remedy.starts_with("Check the name."), "{finding:?}");
        assert!(finding.remedy.contains("CreateBucket") && !finding.remedy.contains("again"), "{finding:?}");
        assert!(!finding.remedy.contains("sealed"), "nothing was ever sealed: {finding:?}");
        let exporting = Connector { activated_at: Some(Time::EPOCH), ..draft.clone() };
        assert!(finding_for(&exporting, stage, &gone).remedy.ends_with("is kept and will be delivered."));
        assert_eq!(finding_at(stage, &gone), finding_by_kind(&gone), "one that was seen is gone");
    }
}

#[test]
fn only_a_plain_denial_may_mean_a_new_role() {
    let to = connector().destination.s3().cloned().unwrap();
    for plain in [
        denied("User: x is not authorized to perform: sts:AssumeRole on resource: y"),
        denied("Access Denied"),
    ] {
        assert!(may_be_new_role(&plain, &to));
    }
    for other in [
        denied("with an explicit deny in an identity-based policy"),
        denied("with an explicit deny in a service control policy"),
        denied("with an explicit deny in a resource control policy"),
        denied("because no permissions boundary allows the s3:PutObject action"),
        denied("because no session policy allows the s3:PutObject action"),
        error(DeliveryErrorKind::Denied, "RegionDisabledException", ""),
        error(DeliveryErrorKind::Denied, "RequestTimeTooSkewed", ""),
        error(DeliveryErrorKind::Unavailable, "Throttling", ""),
        error(DeliveryErrorKind::Gone, "NoSuchBucket", ""),
    ] {
        assert!(!may_be_new_role(&other, &to), "{other:?}");
    }
}

#[test]
fn a_stage_has_the_same_name_in_code_and_reports() {
    for stage in PreflightStage::ALL {
        assert_eq!(serde_json::to_string(&stage).unwrap(), format!("\"{}\"", stage.as_str()));
    }
}
