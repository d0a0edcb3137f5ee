//! Values of a destination that cannot match each other, found without any request. Each would cost a
//! connection check whose remedy can't help.

use protocol::connector::S3Destination;

use crate::setup::Vendor;

/// A value that does not match, and the right form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct DestinationMismatchError {
    /// The field of the destination, as API and records name it.
    pub field: &'static str,
    /// What does not match what, and what would.
    pub problem: String,
}

/// All values of the destination that cannot match each other or the vendor, one entry per field. Empty if it
/// may work.
///
/// Sources: AWS IAM user guide, "AWS resource ARNs" (partitions are isolated from each other); Amazon S3 API
/// reference, `PutObject`, `x-amz-server-side-encryption-aws-kms-key-id` (the key is in the bucket's region);
/// Amazon S3 user guide, "Namespaces for general purpose buckets".
#[must_use]
pub fn destination_mismatches(to: &S3Destination, vendor: &Vendor) -> Vec<DestinationMismatchError> {
    let mut found = Vec::new();
    let mut add = |field, problem: String| found.push(DestinationMismatchError { field, problem });
    let (partition, account) = (to.role.partition(), to.role.account());
    if partition != vendor.partition {
        add(
            "role",
            format!(
                "the role is in partition {partition}, but Auditferry runs in partition {} and cannot \
                 assume roles of another partition; use a role whose ARN begins with arn:{}:",
                vendor.partition, vendor.partition
            ),
        );
    }
    if account == vendor.account {
        add(
            "role",
            format!(
                "the role is in the vendor's own account {account}; use a role in the customer's account"
            ),
        );
    }
    if to.region.partition() != partition {
        add(
            "region",
            format!(
                "the region {} is in partition {}, but the role is in partition {partition}; use the region \
                 of a bucket in the role's account",
                to.region,
                to.region.partition()
            ),
        );
    }
    if let Some((owner, region)) = to.bucket.regional() {
        if owner != account {
            add(
                "bucket",
                format!(
                    "only account {owner} can own a bucket with this name, but the role is in {account}; \
                     use a bucket in the role's account"
                ),
            );
        }
        if region != to.region {
            add("region", format!("a bucket with this name can only be in {region}; use that region"));
        }
    }
    if let Some(key) = to.encryption.key() {
        if key.partition() != partition {
            add(
                "kms_key",
                format!(
                    "the key is in partition {}, but the role is in partition {partition}; use a key in the \
                     bucket's region",
                    key.partition()
                ),
            );
        } else if key.region() != to.region.as_str() {
            add(
                "kms_key",
                format!(
                    "the key is in {} and the bucket in {}, but S3 accepts only a key in the bucket's \
                     region; use a key there, or the replica there of a multi-Region key",
                    key.region(),
                    to.region
                ),
            );
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use protocol::connector::Encryption;

    use super::*;

    fn vendor(partition: &str) -> Vendor {
        Vendor {
            account: "111111111111".parse().unwrap(),
            partition: partition.into(),
            region: "eu-central-1".parse().unwrap(),
            exporter_role: "auditferry-exporter".into(),
            template_url: None,
        }
    }

    fn to(role: &str, bucket: &str, region: &str, key: Option<&str>) -> S3Destination {
        S3Destination {
            role: format!("arn:{role}:role/auditferry/Delivery").parse().unwrap(),
            bucket: bucket.parse().unwrap(),
            region: region.parse().unwrap(),
            prefix: "audit".parse().unwrap(),
            encryption: Encryption::with_key(key.map(|key| format!("arn:{key}").parse().unwrap())),
        }
    }

    #[test]
    fn a_consistent_destination_has_no_mismatch() {
        for (partition, role, region, key) in [
            ("aws", "aws:iam::222222222222", "eu-west-1", None),
            ("aws", "aws:iam::222222222222", "eu-west-1", Some("aws:kms:eu-west-1:222222222222:alias/acme")),
            ("aws", "aws:iam::222222222222", "eu-west-1", Some("aws:kms:eu-west-1:333333333333:key/mrk-0f")),
            (
                "aws-cn",
                "aws-cn:iam::222222222222",
                "cn-north-1",
                Some("aws-cn:kms:cn-north-1:222222222222:key/a"),
            ),
            ("aws-us-gov", "aws-us-gov:iam::222222222222", "us-gov-west-1", None),
            ("aws-eusc", "aws-eusc:iam::222222222222", "eusc-de-east-1", None),
        ] {
            assert_eq!(
                destination_mismatches(&to(role, "acme-log", region, key), &vendor(partition)),
                [],
                "{role} {region}"
            );
        }
        let own = to("aws:iam::222222222222", "acme-222222222222-eu-west-1-an", "eu-west-1", None);
        assert_eq!(destination_mismatches(&own, &vendor("aws")), []);
    }

    #[test]
    fn every_mismatch_names_its_field() {
        let role = "aws:iam::222222222222";
        for (to, fields, words) in [
            (to("aws-cn:iam::222222222222", "acme-log", "cn-north-1", None), &["role"][..], "arn:aws:"),
            (
                to("aws:iam::111111111111", "acme-log", "eu-west-1", None),
                &["role"],
                "own account 111111111111",
            ),
            (to(role, "acme-log", "cn-north-1", None), &["region"], "aws-cn"),
            (to(role, "acme-log", "us-iso-east-1", None), &["region"], "aws-iso"),
            (
                to(role, "acme-log", "eu-west-1", Some("aws:kms:eu-central-1:222222222222:key/a")),
                &["kms_key"],
                "the key is in eu-central-1 and the bucket in eu-west-1",
            ),
            (
                to(role, "acme-log", "eu-west-1", Some("aws-cn:kms:cn-north-1:222222222222:alias/a")),
                &["kms_key"],
                "partition aws-cn",
            ),
            (
                to(role, "acme-333333333333-eu-central-1-an", "eu-west-1", None),
                &["bucket", "region"],
                "only account 333333333333",
            ),
        ] {
            let found = destination_mismatches(&to, &vendor("aws"));
            assert_eq!(found.iter().map(|mismatch| mismatch.field).collect::<Vec<_>>(), fields, "{found:?}");
            assert!(found[0].to_string().contains(words), "{found:?}");
        }
    }
}
