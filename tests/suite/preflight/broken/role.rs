//! Errors of the role, or of its caller.

use control::preflight::PreflightStage;
use protocol::connector::Connector;

use super::super::connector;
use super::super::scripted_aws::{EXPORTER_SESSION, Refusal, assume_denied};
use super::{Case, case};

fn with_role(role: &str) -> Connector {
    let mut connector = connector();
    connector.destination.s3_mut().unwrap().role = role.parse().unwrap();
    connector
}

pub(super) fn cases() -> Vec<Case> {
    let sts = |name, connector: Connector, message: String, expected| {
        let refusal = Refusal::new(403, "AccessDenied", message);
        case(
            (name, PreflightStage::AssumeRole),
            connector,
            |answers| answers.right_id = Some(refusal),
            expected,
        )
    };
    let denied = |role: &str, why: &str| {
        format!(
            "User: {EXPORTER_SESSION} is not authorized to perform: sts:AssumeRole on resource: {role} {why}"
        )
    };
    let own = "arn:aws:iam::111111111111:role/auditferry/Delivery";
    let plain = connector();
    let not_let_in = assume_denied(&plain);
    let disabled = "STS is not activated in this region for account:222222222222. Your account administrator \
                    can activate STS in this region using the IAM Console.";
    let skewed = "Signature expired: 20261120T200000Z is now earlier than 20261120T201500Z \
                  (20261120T202000Z - 5 min.)";
    vec![
        case(
            (
                "the trust policy does not name us, requires another external ID, or the role does not exist",
                PreflightStage::AssumeRole,
            ),
            plain,
            |answers| answers.right_id = Some(not_let_in),
            (
                "AccessDenied",
                "does not exist, does not trust the vendor, or requires another external ID",
                concat!(
                    r#"this statement: {"Effect": "Allow", "Principal": {"AWS": "#,
                    r#""arn:aws:iam::111111111111:root"}, "Action": "sts:AssumeRole", "Condition": "#,
                    r#"{"StringEquals": {"sts:ExternalId": "{id}"}, "#,
                    r#""ArnEquals": {"aws:PrincipalArn": "#,
                    r#""arn:aws:iam::111111111111:role/auditferry-exporter"}}}."#,
                ),
            ),
        ),
        sts(
            "the role is one of the vendor's own account",
            with_role(own),
            denied(own, "with an explicit deny in an identity-based policy"),
            (
                "OwnAccount",
                "in the vendor's own account 111111111111",
                "Use a role in the customer's account",
            ),
        ),
        sts(
            "the vendor's organization denies it",
            connector(),
            denied(
                "arn:aws:iam::222222222222:role/auditferry/Delivery",
                "with an explicit deny in a service control policy",
            ),
            ("AccessDenied", "the vendor's own organization", "contact the vendor"),
        ),
        sts(
            "the customer's organization denies it to strangers",
            connector(),
            denied(
                "arn:aws:iam::222222222222:role/auditferry/Delivery",
                "with an explicit deny in a resource control policy",
            ),
            ("AccessDenied", "A resource control policy of the organization of account", "exempt this role"),
        ),
        case(
            ("the customer has STS of our region switched off", PreflightStage::AssumeRole),
            connector(),
            |answers| answers.right_id = Some(Refusal::new(403, "RegionDisabledException", disabled)),
            (
                "RegionDisabledException",
                "AWS STS is not active for account",
                "Activate eu-central-1 in that account",
            ),
        ),
        case(
            ("the vendor's clock is wrong", PreflightStage::AssumeRole),
            connector(),
            |answers| answers.right_id = Some(Refusal::new(403, "SignatureDoesNotMatch", skewed)),
            ("SignatureDoesNotMatch", "Our clock and the platform's are too far apart", "contact the vendor"),
        ),
        case(
            ("the trust policy has no condition", PreflightStage::RefusesWithoutExternalId),
            connector(),
            |answers| (answers.no_id, answers.wrong_id) = (None, None),
            (
                "RoleLetsAnyoneIn",
                "without any external ID",
                r#"{"StringEquals": {"sts:ExternalId": "{id}"}}"#,
            ),
        ),
        case(
            (
                "the trust policy accepts any external ID, by StringLike or a wildcard",
                PreflightStage::RefusesWrongExternalId,
            ),
            connector(),
            |answers| answers.wrong_id = None,
            ("RoleLetsAnyoneIn", "with a wrong external ID", "no wildcard, no StringLike, no IfExists"),
        ),
        case(
            ("the session is in another account than the ARN says", PreflightStage::Account),
            connector(),
            |answers| answers.user = "arn:aws:sts::333333333333:assumed-role/Delivery/x".into(),
            ("OtherAccount", "The session is in account 333333333333", "the stack's output RoleArn"),
        ),
    ]
}
