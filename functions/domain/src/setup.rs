//! What a customer needs to let us in: the quick-create link, and the same as policies for those who would
//! rather do it by hand.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::connector::Connector;
use crate::names::{AccountId, ExternalId, Region};

/// Path of every role that we assume: our own role may assume no other.
pub const ROLE_PATH: &str = "/auditferry/";
/// The name that the customer's template gives the role, unless the customer names another.
pub const ROLE_NAME: &str = "AuditferryDelivery";
/// The name of the stack that the link suggests.
pub const STACK_NAME: &str = "auditferry";

/// What the customers' trust policies name of the vendor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vendor {
    /// The account in which Auditferry runs.
    pub account: AccountId,
    /// `aws`, `aws-cn`, `aws-us-gov` or `aws-eusc`.
    pub partition: String,
    /// The region in which Auditferry runs, and in which the link opens the console.
    pub region: Region,
    /// The name of the exporter's role.
    pub exporter_role: String,
    /// Where the customer's template is published, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_url: Option<String>,
}

/// What the customer needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Setup {
    /// What the trust policy must ask for; during a rotation the new one.
    pub external_id: ExternalId,
    /// Opens the console with everything filled in, if the template is published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quick_create_url: Option<String>,
    /// The role's trust policy.
    pub trust_policy: Value,
    /// The role's permissions; bucket and prefix are placeholders until they are known.
    pub permissions_policy: Value,
    /// The same as a call of the Terraform module.
    pub terraform: String,
}

/// What the customer of this connector needs.
#[must_use]
pub fn setup(connector: &Connector, vendor: &Vendor) -> Setup {
    let external_id = connector.next_external_id.as_ref().unwrap_or(&connector.external_id).clone();
    let destination = connector.destination.as_ref();
    let bucket = destination.map_or("YOUR-BUCKET", |to| to.bucket.as_str()).to_owned();
    let prefix = destination.map_or_else(|| "auditferry".to_owned(), |to| to.prefix.as_str().to_owned());
    let folder = if prefix.is_empty() { "*".to_owned() } else { format!("{prefix}/*") };
    let Vendor { account, partition, exporter_role, .. } = vendor;
    let mut statements = vec![json!({
        "Sid": "WriteAuditLog",
        "Effect": "Allow",
        "Action": "s3:PutObject",
        "Resource": format!("arn:{partition}:s3:::{bucket}/{folder}"),
    })];
    if let Some(key) = destination.and_then(|to| to.kms_key.as_ref()) {
        statements.push(json!({
            "Sid": "EncryptAuditLog", "Effect": "Allow", "Action": "kms:GenerateDataKey", "Resource": key.as_str(),
        }));
    }
    Setup {
        quick_create_url: vendor.template_url.as_ref().map(|template| {
            let parameters = [
                ("ExternalId", external_id.as_str()),
                ("VendorAccountId", account.as_str()),
                ("VendorRoleName", exporter_role),
                ("BucketName", destination.map_or("", |to| to.bucket.as_str())),
                ("Prefix", &prefix),
                ("RoleName", ROLE_NAME),
            ];
            quick_create_url(vendor, template, &parameters)
        }),
        trust_policy: json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": {"AWS": format!("arn:{partition}:iam::{account}:root")},
                "Action": "sts:AssumeRole",
                "Condition": {
                    "StringEquals": {"sts:ExternalId": external_id.as_str()},
                    "ArnEquals": {"aws:PrincipalArn": format!("arn:{partition}:iam::{account}:role/{exporter_role}")},
                },
            }],
        }),
        permissions_policy: json!({"Version": "2012-10-17", "Statement": statements}),
        terraform: format!(
            "module \"auditferry\" {{\n  source            = \"./auditferry\" # infra/terraform of Auditferry\n  external_id       = \"{external_id}\"\n  vendor_account_id = \"{account}\"\n  vendor_role_name  = \"{exporter_role}\"\n  bucket_name       = \"{bucket}\"\n  prefix            = \"{prefix}\"\n}}\n"
        ),
        external_id,
    }
}

/// Source: AWS CloudFormation user guide, "Create quick-create links for stacks".
fn quick_create_url(vendor: &Vendor, template: &str, parameters: &[(&str, &str)]) -> String {
    let host = match vendor.partition.as_str() {
        "aws-cn" => "console.amazonaws.cn",
        "aws-us-gov" => "console.amazonaws-us-gov.com",
        "aws-eusc" => "console.amazonaws-eusc.eu",
        _ => "console.aws.amazon.com",
    };
    let region = &vendor.region;
    let given = parameters.iter().filter(|(_, value)| !value.is_empty());
    let parameters = given.map(|(name, value)| format!("&param_{name}={}", escaped(value)));
    let parameters = parameters.collect::<Vec<_>>().concat();
    let template = escaped(template);
    format!(
        "https://{region}.{host}/cloudformation/home?region={region}#/stacks/create/review?templateURL={template}&stackName={STACK_NAME}{parameters}"
    )
}

fn escaped(value: &str) -> String {
    form_urlencoded::byte_serialize(value.as_bytes()).collect::<String>().replace('+', "%20")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::Destination;
    use crate::names::ConnectorId;
    use crate::time::Time;

    fn vendor(partition: &str, region: &str) -> Vendor {
        Vendor {
            account: "111111111111".parse().unwrap(),
            partition: partition.into(),
            region: region.parse().unwrap(),
            exporter_role: "auditferry-exporter".into(),
            template_url: Some("https://templates.example/customer role.yaml?v=1&x".into()),
        }
    }

    fn connector() -> Connector {
        let id = ExternalId::new(1, 2);
        Connector::draft(ConnectorId::new(1), "acme".parse().unwrap(), id, Time::EPOCH)
    }

    #[test]
    fn the_link_opens_the_partitions_own_console_with_everything_filled_in() {
        let url = setup(&connector(), &vendor("aws", "eu-central-1")).quick_create_url.unwrap();
        assert!(url.starts_with(
            "https://eu-central-1.console.aws.amazon.com/cloudformation/home?region=eu-central-1#/stacks/create/review?templateURL=https%3A%2F%2Ftemplates.example%2Fcustomer%20role.yaml%3Fv%3D1%26x&stackName=auditferry"
        ), "{url}");
        for parameter in [
            "&param_ExternalId=af-00000000000000010000000000000002",
            "&param_VendorAccountId=111111111111",
            "&param_VendorRoleName=auditferry-exporter",
            "&param_Prefix=auditferry",
            "&param_RoleName=AuditferryDelivery",
        ] {
            assert!(url.contains(parameter), "{url}");
        }
        for (partition, region, host) in [
            ("aws-us-gov", "us-gov-west-1", "us-gov-west-1.console.amazonaws-us-gov.com"),
            ("aws-cn", "cn-north-1", "cn-north-1.console.amazonaws.cn"),
        ] {
            let url = setup(&connector(), &vendor(partition, region)).quick_create_url.unwrap();
            assert!(url.starts_with(&format!("https://{host}/")), "{url}");
        }
    }

    #[test]
    fn during_a_rotation_the_new_external_id_is_given_out_everywhere() {
        let mut connector = connector();
        connector.rotate_external_id(ExternalId::new(3, 4)).unwrap();
        let setup = setup(&connector, &vendor("aws", "eu-central-1"));
        let new = "af-00000000000000030000000000000004";
        assert_eq!(setup.external_id.as_str(), new);
        assert_eq!(setup.trust_policy["Statement"][0]["Condition"]["StringEquals"]["sts:ExternalId"], new);
        assert!(setup.terraform.contains(new) && setup.quick_create_url.unwrap().contains(new));
    }

    #[test]
    fn the_permissions_name_the_prefix_and_the_key_and_nothing_else() {
        let mut connector = connector();
        let key = "arn:aws:kms:eu-central-1:222222222222:key/1234abcd-12ab-34cd-56ef-1234567890ab";
        connector
            .connect(Destination {
                role: "arn:aws:iam::222222222222:role/auditferry/AuditferryDelivery".parse().unwrap(),
                bucket: "acme-audit".parse().unwrap(),
                region: "eu-central-1".parse().unwrap(),
                prefix: "audit/acme".parse().unwrap(),
                kms_key: Some(key.parse().unwrap()),
            })
            .unwrap();
        let policy = setup(&connector, &vendor("aws", "eu-central-1")).permissions_policy;
        assert_eq!(policy["Statement"][0]["Resource"], "arn:aws:s3:::acme-audit/audit/acme/*");
        assert_eq!(policy["Statement"][1]["Resource"], key);
        assert_eq!(policy["Statement"].as_array().unwrap().len(), 2);
    }
}
