//! The quick-create link: it opens the console of the customer's partition with the published template and
//! its parameters filled in, so that only *Create stack* is left to click.
//!
//! The parameters are those of `infra/customer-role.yaml`; `tests/suite/quick_create.rs` checks each against
//! the template.

use archive::names::KmsKeyArn;
use protocol::connector::Connector;

use super::{RoleSpec, Vendor, stack_name};

/// The link, if the template is published. Unknown parameters are left for the customer to fill in.
pub(super) fn quick_create_url(
    connector: &Connector,
    spec: &RoleSpec<'_>,
    vendor: &Vendor,
) -> Option<String> {
    let template = percent_encode(vendor.template_url.as_deref()?);
    let (host, stack) = (console_host(&vendor.partition), stack_name(&connector.id));
    // If the stack creates the bucket, it does so in its own region.
    let region = spec.to.map_or(&vendor.region, |to| &to.region);
    let query = parameters(spec, vendor).into_iter().filter_map(|(name, value)| Some((name, value?)));
    let query = query.map(|(name, value)| format!("&param_{name}={}", percent_encode(value)));
    let query = query.collect::<Vec<_>>().concat();
    // Source: AWS CloudFormation user guide, "Create quick-create links for stacks".
    Some(format!(
        "https://{region}.{host}/cloudformation/home?region={region}#/stacks/create/review\
         ?templateURL={template}&stackName={stack}{query}"
    ))
}

/// The template's parameters that say who may write where; `None` for those that are not known yet.
pub(super) fn parameters<'a>(
    spec: &'a RoleSpec<'_>,
    vendor: &'a Vendor,
) -> [(&'static str, Option<&'a str>); 7] {
    [
        ("ExternalId", Some(spec.external_id.as_str())),
        ("VendorAccountId", Some(vendor.account.as_str())),
        ("VendorRoleName", Some(vendor.exporter_role.as_str())),
        ("BucketName", spec.bucket()),
        ("Prefix", Some(spec.prefix())),
        ("KmsKeyArn", spec.kms_key().filter(|key| is_key_arn(key)).map(KmsKeyArn::as_str)),
        ("RoleName", Some(spec.role_name.as_str())),
    ]
}

/// The console's host, without the region.
fn console_host(partition: &str) -> &'static str {
    match partition {
        "aws-cn" => "console.amazonaws.cn",
        "aws-us-gov" => "console.amazonaws-us-gov.com",
        "aws-eusc" => "console.amazonaws-eusc.eu",
        _ => "console.aws.amazon.com",
    }
}

/// Whether it is a key, as the template requires, and not an alias.
pub(super) fn is_key_arn(key: &KmsKeyArn) -> bool {
    let id = key.as_str().split_once(":key/").map_or("", |(_, id)| id);
    (1..=128).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// Percent-encoded, spaces too: after the `#` a `+` would be a literal plus.
fn percent_encode(value: &str) -> String {
    form_urlencoded::byte_serialize(value.as_bytes()).collect::<String>().replace('+', "%20")
}

#[cfg(test)]
mod tests {
    use archive::names::{ConnectorId, ExternalId};
    use archive::time::Time;
    use protocol::connector::{Connector, Encryption, S3Destination};

    use crate::setup::{Vendor, setup};

    fn link(partition: &str, region: &str, to: Option<S3Destination>) -> String {
        let vendor = Vendor {
            account: "111111111111".parse().unwrap(),
            partition: partition.into(),
            region: region.parse().unwrap(),
            exporter_role: "auditferry+exporter".into(),
            template_url: Some("https://templates.example/customer role.yaml?v=1&x".into()),
        };
        let id = ConnectorId::new(0xfedc_ba98_0000_0000);
        let mut connector = Connector::draft(id, "acme".parse().unwrap(), ExternalId::new(1, 2), Time::EPOCH);
        if let Some(to) = to {
            connector.connect(to).unwrap();
        }
        setup(&connector, &vendor).quick_create_url.unwrap()
    }

    fn destination(prefix: &str) -> S3Destination {
        S3Destination {
            role: "arn:aws:iam::222222222222:role/auditferry/R".parse().unwrap(),
            bucket: "acme-audit".parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
            prefix: prefix.parse().unwrap(),
            encryption: Encryption::Default,
        }
    }

    #[test]
    fn the_link_of_a_new_connector_leaves_only_the_bucket_open() {
        assert_eq!(
            link("aws", "eu-central-1", None),
            "https://eu-central-1.console.aws.amazon.com/cloudformation/home?region=eu-central-1\
             #/stacks/create/review\
             ?templateURL=https%3A%2F%2Ftemplates.example%2Fcustomer%20role.yaml%3Fv%3D1%26x\
             &stackName=auditferry-fedcba98\
             &param_ExternalId=af-00000000000000010000000000000002\
             &param_VendorAccountId=111111111111\
             &param_VendorRoleName=auditferry%2Bexporter\
             &param_Prefix=auditferry\
             &param_RoleName=AuditferryDelivery-fedcba98"
        );
    }

    #[test]
    fn every_partition_has_its_own_console() {
        for (partition, region, host) in [
            ("aws", "us-east-1", "us-east-1.console.aws.amazon.com"),
            ("aws-cn", "cn-north-1", "cn-north-1.console.amazonaws.cn"),
            ("aws-us-gov", "us-gov-west-1", "us-gov-west-1.console.amazonaws-us-gov.com"),
            ("aws-eusc", "eusc-de-east-1", "eusc-de-east-1.console.amazonaws-eusc.eu"),
        ] {
            let link = link(partition, region, None);
            assert!(
                link.starts_with(&format!("https://{host}/cloudformation/home?region={region}#")),
                "{link}"
            );
        }
    }

    #[test]
    fn it_opens_in_the_buckets_region_once_known() {
        let link = link("aws", "eu-central-1", Some(destination("audit")));
        assert!(link.starts_with("https://eu-west-1.console.aws.amazon.com/"), "{link}");
        assert!(link.contains("?region=eu-west-1#") && !link.contains("eu-central-1"), "{link}");
        assert!(link.contains("&param_BucketName=acme-audit&param_Prefix=audit&param_RoleName=R"), "{link}");
    }

    /// Without it the template would use its own default, and the role would be too narrow.
    #[test]
    fn an_empty_prefix_is_explicit_in_the_link() {
        let link = link("aws", "eu-central-1", Some(destination("")));
        assert!(link.contains("&param_Prefix=&param_RoleName"), "{link}");
    }
}
