//! The name and the policy of a session of a customer's role.

use archive::names::ConnectorId;
use archive::part::PartNumber;
use control::setup::kms_statement;
use protocol::connector::S3Destination;
use serde_json::json;

/// The session's name, which the customer's own `CloudTrail` shows with every request. It identifies the
/// connector and the first part of the run.
///
/// STS accepts 2 to 64 characters of `[\w+=,.@-]` (AWS STS API reference, `AssumeRole`); this name has 44.
pub(super) fn name(connector: &ConnectorId, part: PartNumber) -> String {
    format!("auditferry-{connector}-{part}")
}

/// The session name of a preflight check, which has no part.
pub(super) fn preflight_name(connector: &ConnectorId) -> String {
    format!("auditferry-verify-{connector}")
}

/// The session policy. The session may do only what both the role **and** this policy allow: put objects
/// below the connector's prefix, and nothing else.
///
/// STS accepts 2,048 characters. It also packs the policy into a format whose limit it does not publish. Its
/// response says in percent how full the session token is, and [`super::assume`] logs that.
pub(super) fn policy(destination: &S3Destination) -> String {
    let S3Destination { role, bucket, prefix, encryption, .. } = destination;
    let objects = format!("arn:{}:s3:::{bucket}/{}", role.partition(), prefix.key("*"));
    let mut statements = vec![json!({ "Effect": "Allow", "Action": "s3:PutObject", "Resource": objects })];
    statements.extend(encryption.key().map(kms_statement));
    json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use protocol::connector::Encryption;

    use super::*;

    fn destination(bucket: &str, prefix: &str, key: Option<&str>) -> S3Destination {
        S3Destination {
            role: "arn:aws-us-gov:iam::222222222222:role/auditferry/Delivery".parse().unwrap(),
            bucket: bucket.parse().unwrap(),
            region: "us-gov-west-1".parse().unwrap(),
            prefix: prefix.parse().unwrap(),
            encryption: Encryption::with_key(key.map(|key| key.parse().unwrap())),
        }
    }

    #[test]
    fn a_session_may_put_objects_below_its_prefix_and_nothing_else() {
        let policy = policy(&destination("acme-logs", "audit/acme", None));
        let statement = concat!(
            r#"{"Action":"s3:PutObject","Effect":"Allow","#,
            r#""Resource":"arn:aws-us-gov:s3:::acme-logs/audit/acme/*"}"#
        );
        assert_eq!(policy, format!(r#"{{"Statement":[{statement}],"Version":"2012-10-17"}}"#));
        assert!(
            super::policy(&destination("acme-logs", "tenant=acme", None))
                .contains(r#""arn:aws-us-gov:s3:::acme-logs/tenant=acme/*""#)
        );
        assert!(
            super::policy(&destination("acme-logs", "", None))
                .contains(r#""arn:aws-us-gov:s3:::acme-logs/*""#)
        );
    }

    #[test]
    fn a_key_is_allowed_for_data_keys_and_an_alias_by_its_name() {
        let key = "arn:aws:kms:eu-central-1:222222222222:key/1234abcd-12ab-34cd-56ef-1234567890ab";
        let by_key = policy(&destination("acme-logs", "audit", Some(key)));
        let actions = r#""Action":["kms:GenerateDataKey","kms:Decrypt"]"#;
        let via = r#""StringLike":{"kms:ViaService":"s3.*.amazonaws.*"}"#;
        assert!(by_key.contains(&format!(
            r#"{{{actions},"Condition":{{{via}}},"Effect":"Allow","Resource":"{key}"}}"#
        )));
        let alias = "arn:aws:kms:eu-central-1:222222222222:alias/audit/logs";
        let by_alias = policy(&destination("acme-logs", "audit", Some(alias)));
        assert!(by_alias.contains(r#""Resource":"arn:aws:kms:eu-central-1:222222222222:key/*""#));
        assert!(by_alias.contains(&format!(
            r#""Condition":{{"ForAnyValue:StringEquals":{{"kms:ResourceAliases":"alias/audit/logs"}},{via}}}"#
        )));
    }

    #[test]
    fn a_session_is_named_after_connector_and_part() {
        let name = name(&ConnectorId::new(0x0123_4567_89ab_cdef), PartNumber::new(42));
        assert_eq!(name, "auditferry-con_0123456789abcdef-000000000042");
        let last = ConnectorId::new(u64::MAX);
        for longest in [super::name(&last, PartNumber::new(u64::MAX)), preflight_name(&last)] {
            let accepted = longest.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b));
            assert!(longest.len() <= 64 && accepted, "{longest}");
        }
    }

    proptest! {
        /// The longest bucket, prefix and key that are accepted still make a policy that STS accepts.
        #[test]
        fn the_policy_always_fits(
            bucket in "[a-z0-9]{63}", prefix in "[A-Za-z0-9!_'()=-]{99}/[A-Za-z0-9!_'()=-]{100}",
            key in prop_oneof!["key/[A-Za-z0-9-]{128}", "alias/[A-Za-z0-9_-][A-Za-z0-9/_-]{249}"],
        ) {
            let key = format!("arn:aws-us-gov:kms:us-gov-west-1:222222222222:{key}");
            let policy = policy(&destination(&bucket, &prefix, Some(&key)));
            prop_assert!(policy.chars().count() <= 2048, "{} characters", policy.chars().count());
            prop_assert!(policy.is_ascii());
        }
    }
}
