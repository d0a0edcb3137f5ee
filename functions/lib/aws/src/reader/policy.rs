//! The policies of a session that reads one connector's data.
//!
//! A session may do only what both the data role **and** its policy allow. The role names the bucket, the
//! table and the key; the policy names the connector's folders and the tenant's partition keys.

use std::ops::Range;

use archive::names::{ConnectorId, TenantId};
use archive::staging_keys::{downloads_prefix, index_prefix, staging_prefix};
use control::partition::{PartitionError, PartitionFormat};
use protocol::connector::Shards;
use serde_json::{Value, json};

/// The longest policy that STS accepts, in characters. Source: AWS STS API reference, `AssumeRole`, Policy.
const MAX_CHARS: usize = 2048;

/// What a session is for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope<'a> {
    /// `aws`, `aws-cn`, ….
    pub(super) aws_partition: &'a str,
    /// The staging bucket.
    pub(super) bucket: &'a str,
    pub(super) connector: &'a ConnectorId,
    pub(super) tenant: &'a TenantId,
    pub(super) shards: Shards,
    /// How the tenant's partition keys are derived.
    pub(super) format: &'a PartitionFormat,
}

/// A policy, and the shards of the events table that it allows to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SessionPolicy {
    pub(super) json: String,
    pub(super) shards: Range<u8>,
}

/// Why a connector can't have a session.
#[derive(Debug, thiserror::Error)]
pub(super) enum PolicyError {
    #[error(transparent)]
    Partition(#[from] PartitionError),
    #[error(
        "a partition key of tenant `{}` is too long for a session policy, which has at most {MAX_CHARS} \
         characters; a shorter EVENTS_PARTITION_FORMAT or tenant ID fits", .tenant.escaped()
    )]
    TooLong { tenant: TenantId },
}

/// The session policies of a connector, each with as many partition keys as fit. The first one also allows
/// the connector's staged objects, and is the only one unless the tenant has many shards or very long
/// keys.
///
/// Keys are never abbreviated by a pattern: `acme#?` would also match the key of a tenant `acme#x`.
pub(super) fn policies(scope: Scope<'_>) -> Result<Vec<SessionPolicy>, PolicyError> {
    let keys: Result<Vec<String>, _> =
        (0..scope.shards.get()).map(|shard| scope.format.key(scope.tenant, scope.shards, shard)).collect();
    let (keys, mut policies, mut from) = (keys?, Vec::new(), 0);
    while policies.is_empty() || from < keys.len() {
        let first = policies.is_empty();
        let policy = |until: usize| {
            let mut statements = if first { objects(&scope) } else { Vec::new() };
            statements.extend(events(keys.get(from..until).unwrap_or_default()));
            statements.push(with_the_key());
            document(&statements)
        };
        let fits = |until: &usize| policy(*until).len() <= MAX_CHARS;
        // Beside the objects not even one key need fit; alone it must.
        let least = if first { from } else { from + 1 };
        let until = (least..=keys.len()).take_while(fits).last();
        let until = until.ok_or_else(|| PolicyError::TooLong { tenant: scope.tenant.clone() })?;
        let shards = shard_number(from)..shard_number(until);
        policies.push(SessionPolicy { json: policy(until), shards });
        from = until;
    }
    Ok(policies)
}

/// There are at most 64 shards.
fn shard_number(at: usize) -> u8 {
    u8::try_from(at).unwrap_or(u8::MAX)
}

/// Parts are read, indexes and downloads are written too. Without the right to list, S3 would not say that an
/// object is gone, only that access is denied.
fn objects(scope: &Scope<'_>) -> Vec<Value> {
    let Scope { aws_partition, bucket, connector, .. } = scope;
    let bucket = format!("arn:{aws_partition}:s3:::{bucket}");
    let [parts, index, downloads] =
        [staging_prefix(connector), index_prefix(connector), downloads_prefix(connector)]
            .map(|prefix| format!("{prefix}*"));
    let arn = |keys: &str| format!("{bucket}/{keys}");
    vec![
        json!({ "Effect": "Allow", "Action": "s3:GetObject", "Resource": arn(&parts) }),
        json!({
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:PutObject", "s3:PutObjectTagging"],
            "Resource": [arn(&index), arn(&downloads)],
        }),
        json!({
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": bucket,
            "Condition": { "StringLike": { "s3:prefix": [parts, index, downloads] } },
        }),
    ]
}

/// The resource is not narrowed here: the role allows the events table and its index only.
fn events(keys: &[String]) -> Vec<Value> {
    if keys.is_empty() {
        return Vec::new();
    }
    // `${…}` is a variable of the policy language. Source: AWS IAM user guide, "IAM policy elements:
    // Variables and tags", on special characters.
    let keys: Vec<String> = keys.iter().map(|key| key.replace('$', "${$}")).collect();
    vec![
        json!({
            "Effect": "Allow",
            "Action": "dynamodb:Query",
            "Resource": "*",
            "Condition": {
                "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": keys },
                "Null": { "dynamodb:LeadingKeys": "false" },
            },
        }),
        json!({ "Effect": "Allow", "Action": "dynamodb:DescribeTable", "Resource": "*" }),
    ]
}

/// The role allows one key, if the deployment has one, and only through S3 and DynamoDB.
fn with_the_key() -> Value {
    json!({ "Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": "*" })
}

/// In ASCII, since STS accepts no character beyond U+00FF: any other is written as an escape of JSON.
fn document(statements: &[Value]) -> String {
    let text = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
    let escaped = |c: char| {
        let mut units = [0; 2];
        let units = c.encode_utf16(&mut units).iter();
        units.map(|unit| format!("\\u{unit:04x}")).collect::<Vec<_>>().concat()
    };
    text.chars().map(|c| if c.is_ascii() && c != '\u{7f}' { c.to_string() } else { escaped(c) }).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn policies_of(
        tenant: &str,
        shards: u8,
        format: &str,
        bucket: &str,
    ) -> Result<Vec<SessionPolicy>, PolicyError> {
        policies(Scope {
            aws_partition: "aws-us-gov",
            bucket,
            connector: &ConnectorId::new(7),
            tenant: &tenant.parse().unwrap(),
            shards: shards.try_into().unwrap(),
            format: &PartitionFormat::parse(format).unwrap(),
        })
    }

    fn keys_of(policy: &SessionPolicy) -> Vec<String> {
        let json: Value = serde_json::from_str(&policy.json).unwrap();
        let statements = json["Statement"].as_array().unwrap();
        let query = statements.iter().find(|statement| statement["Action"] == "dynamodb:Query");
        let keys =
            query.map(|one| one["Condition"]["ForAllValues:StringEquals"]["dynamodb:LeadingKeys"].clone());
        keys.map_or_else(Vec::new, |keys| serde_json::from_value(keys).unwrap())
    }

    #[test]
    fn a_session_names_one_connectors_folders_and_one_tenants_keys() {
        let policies = policies_of("acme", 2, "{tenant}", "vendor-staging").unwrap();
        assert_eq!(policies.len(), 1);
        assert_eq!(
            (policies[0].shards.clone(), keys_of(&policies[0])),
            (0..2, vec!["acme#0".into(), "acme#1".into()])
        );
        let json: Value = serde_json::from_str(&policies[0].json).unwrap();
        let folder =
            |folder: &str| format!("arn:aws-us-gov:s3:::vendor-staging/{folder}/con_0000000000000007/*");
        assert_eq!(json["Statement"][0]["Resource"], folder("parts"));
        assert_eq!(json["Statement"][0]["Action"], "s3:GetObject", "parts are only read");
        assert_eq!(json["Statement"][1]["Resource"], json!([folder("index"), folder("downloads")]));
        assert_eq!(
            json["Statement"][2]["Condition"]["StringLike"]["s3:prefix"],
            json!([
                "parts/con_0000000000000007/*",
                "index/con_0000000000000007/*",
                "downloads/con_0000000000000007/*"
            ])
        );
    }

    #[test]
    fn a_dollar_sign_in_a_key_is_no_variable_and_other_letters_are_escaped() {
        let policies = policies_of("${aws:userid} Ä日", 1, "{tenant}", "vendor-staging").unwrap();
        assert_eq!(keys_of(&policies[0]), ["${$}{aws:userid} Ä日"]);
        assert!(policies[0].json.is_ascii());
    }

    #[test]
    fn a_key_that_fits_into_no_policy_is_refused_with_its_reason() {
        let error = policies_of(&"😀".repeat(256), 1, "{tenant}", "vendor-staging").unwrap_err();
        assert!(matches!(&error, PolicyError::TooLong { .. }), "{error}");
    }

    proptest! {
        /// The longest bucket, tenant and format in ASCII, with any number of shards.
        #[test]
        fn every_policy_fits_and_each_shard_is_in_exactly_one(
            bucket in "[a-z0-9]{63}", tenant in "[A-Za-z0-9_-]{256}|[a-z]{1,40}", shards in 1..=64_u8,
            before in "[A-Za-z0-9]{237}#|T#",
        ) {
            let format = format!("{before}{{tenant}}#{{shard}}");
            let policies = policies_of(&tenant, shards, &format, &bucket).unwrap();
            let mut next = 0;
            for policy in &policies {
                prop_assert!(policy.json.chars().count() <= MAX_CHARS, "{}", policy.json);
                prop_assert_eq!(policy.shards.start, next);
                let expected: Vec<String> =
                    policy.shards.clone().map(|shard| format!("{before}{tenant}#{shard}")).collect();
                prop_assert_eq!(keys_of(policy), expected);
                next = policy.shards.end;
            }
            prop_assert_eq!(next, shards);
            prop_assert!(policies.iter().skip(1).all(|policy| !policy.json.contains("s3:")));
        }
    }
}
