//! What of a destination can't fit together, seen from its texts alone: each would cost a verification whose remedy
//! can't help.

use crate::connector::Destination;
use crate::setup::Vendor;

/// What does not fit, and the right form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct DestinationMismatchError {
    /// The field of the destination, by the name that API and records give it.
    pub field: &'static str,
    /// What does not fit with what, and what would.
    pub problem: String,
}

/// Everything of the destination that can't fit together or with the vendor, field by field; nothing if it may work.
///
/// Sources: AWS IAM user guide, "AWS resource ARNs" (nothing reaches from one partition into another); Amazon S3 API
/// reference, `PutObject`, `x-amz-server-side-encryption-aws-kms-key-id` (the key is one of the bucket's region);
/// Amazon S3 user guide, "Namespaces for general purpose buckets".
#[must_use]
pub fn destination_mismatches(to: &Destination, vendor: &Vendor) -> Vec<DestinationMismatchError> {
    let mut found = Vec::new();
    let mut misfit = |field, problem: String| found.push(DestinationMismatchError { field, problem });
    let (partition, account) = (to.role.partition(), to.role.account());
    if partition != vendor.partition {
        misfit(
            "role",
            format!(
                "the role is in the partition {partition} and Auditferry runs in {}, from where no role of another partition can be assumed; give a role whose ARN begins with arn:{}:",
                vendor.partition, vendor.partition
            ),
        );
    }
    if account == vendor.account {
        misfit(
            "role",
            format!(
                "the role is in the vendor's own account {account}; give a role in the customer's account"
            ),
        );
    }
    if to.region.partition() != partition {
        misfit(
            "region",
            format!(
                "the region {} is in the partition {} and the role in {partition}; give the region of a bucket of the role's account",
                to.region,
                to.region.partition()
            ),
        );
    }
    if let Some((owner, region)) = to.bucket.regional() {
        if owner != account {
            misfit(
                "bucket",
                format!(
                    "only account {owner} can own a bucket of this name, and the role is in {account}; give a bucket of the role's account"
                ),
            );
        }
        if region != to.region {
            misfit("region", format!("a bucket of this name can only be in {region}; give that region"));
        }
    }
    if let Some(key) = to.encryption.key() {
        if key.partition() != partition {
            misfit(
                "kms_key",
                format!(
                    "the key is in the partition {} and the role in {partition}; give a key of the bucket's region",
                    key.partition()
                ),
            );
        } else if key.region() != to.region.as_str() {
            misfit(
                "kms_key",
                format!(
                    "the key is in {} and the bucket in {}, and S3 takes a key of the bucket's own region only; give a key there, or the replica there of a multi-Region key",
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
    use super::*;
    use crate::connector::Encryption;

    fn vendor(partition: &str) -> Vendor {
        Vendor {
            account: "111111111111".parse().unwrap(),
            partition: partition.into(),
            region: "eu-central-1".parse().unwrap(),
            exporter_role: "auditferry-exporter".into(),
            template_url: None,
        }
    }

    fn to(role: &str, bucket: &str, region: &str, key: Option<&str>) -> Destination {
        Destination {
            role: format!("arn:{role}:role/auditferry/Delivery").parse().unwrap(),
            bucket: bucket.parse().unwrap(),
            region: region.parse().unwrap(),
            prefix: "audit".parse().unwrap(),
            encryption: Encryption::with_key(key.map(|key| format!("arn:{key}").parse().unwrap())),
        }
    }

    #[test]
    fn what_fits_is_left_alone() {
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
    fn what_can_never_fit_is_named_by_its_field() {
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
            assert_eq!(found.iter().map(|misfit| misfit.field).collect::<Vec<_>>(), fields, "{found:?}");
            assert!(found[0].to_string().contains(words), "{found:?}");
        }
    }
}
