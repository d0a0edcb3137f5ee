//! What a customer needs to grant access: the quick-create link, and the same as policies and as a call of
//! the Terraform module, for those who prefer to create it themselves. All of them create the same role with
//! the same name.

mod link;
mod mismatch;

use archive::names::{AccountId, ConnectorId, ExternalId, KmsKeyArn, ROLE_PATH, Region};
use archive::shell::quoted;
use protocol::connector::{Connector, S3Destination};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub use mismatch::{DestinationMismatchError, destination_mismatches};

/// The template's default name for the role. The setup always names one of the connector's own instead
/// ([`role_name`]).
pub const DEFAULT_ROLE_NAME: &str = "AuditferryDelivery";
/// The default folder in the bucket, the same as in the template.
pub const DEFAULT_PREFIX: &str = "auditferry";

/// The vendor, as the customers' trust policies name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vendor {
    /// The account in which Auditferry runs.
    pub account: AccountId,
    /// `aws`, `aws-cn`, `aws-us-gov` or `aws-eusc`.
    pub partition: String,
    /// The region in which Auditferry runs. The link opens the console there while the bucket's region is not
    /// known.
    pub region: Region,
    /// The name of the exporter's role.
    pub exporter_role: String,
    /// Where the customer's template is published, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_url: Option<String>,
}

impl Vendor {
    /// The ARN of the exporter's role, which the customer's role trusts.
    #[must_use]
    pub fn exporter_role_arn(&self) -> String {
        let Self { account, partition, exporter_role, .. } = self;
        format!("arn:{partition}:iam::{account}:role/{exporter_role}")
    }
}

/// What the customer needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Setup {
    /// What the trust policy must require; during a rotation the new one.
    pub external_id: ExternalId,
    /// The name of the customer's stack, and the stack to update when the external ID is rotated.
    pub stack_name: String,
    /// The role's name, without [`archive::names::ROLE_PATH`].
    pub role_name: String,
    /// Opens the console with everything filled in, if the template is published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quick_create_url: Option<String>,
    /// The role's trust policy.
    pub trust_policy: Value,
    /// The role's permissions; the bucket is a placeholder until it is known.
    pub permissions_policy: Value,
    /// The same as a call of the Terraform module.
    pub terraform: String,
    /// Known problems with this setup, for the vendor; usually empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// What the customer of this connector needs.
#[must_use]
pub fn setup(connector: &Connector, vendor: &Vendor) -> Setup {
    let spec = RoleSpec::of(connector);
    Setup {
        stack_name: stack_name(&connector.id),
        quick_create_url: link::quick_create_url(connector, &spec, vendor),
        trust_policy: trust_policy(&spec, vendor),
        permissions_policy: permissions_policy(&spec, vendor),
        terraform: terraform(&spec, vendor),
        external_id: spec.external_id.clone(),
        role_name: spec.role_name,
        warnings: Vec::new(),
    }
}

/// The name of a connector's role: the existing one, or else a name that no other connector's role in the
/// same account has. One account may serve several connectors, and several vendors.
#[must_use]
pub fn role_name(connector: &Connector) -> String {
    let existing = connector.destination.s3().and_then(|to| to.role.as_str().rsplit('/').next());
    existing.map_or_else(|| generated_role_name(&connector.id), ToOwned::to_owned)
}

/// The role that the link of a connector without a destination creates: path and name, without the leading
/// slash.
#[must_use]
pub fn quick_create_role(id: &ConnectorId) -> String {
    format!("{}{}", ROLE_PATH.trim_start_matches('/'), generated_role_name(id))
}

fn generated_role_name(id: &ConnectorId) -> String {
    format!("{DEFAULT_ROLE_NAME}-{}", short_id(id))
}

/// The name of the customer's stack of a connector.
#[must_use]
pub fn stack_name(id: &ConnectorId) -> String {
    format!("auditferry-{}", short_id(id))
}

/// The first eight hexadecimal digits of a connector's ID.
fn short_id(id: &ConnectorId) -> &str {
    let digits = id.as_str().trim_start_matches("con_");
    digits.get(..8).unwrap_or(digits)
}

/// The role to create, as far as it is known.
struct RoleSpec<'a> {
    external_id: &'a ExternalId,
    role_name: String,
    to: Option<&'a S3Destination>,
}

impl<'a> RoleSpec<'a> {
    fn of(connector: &'a Connector) -> Self {
        Self {
            external_id: connector.next_external_id.as_ref().unwrap_or(&connector.external_id),
            role_name: role_name(connector),
            to: connector.destination.s3(),
        }
    }

    fn bucket(&self) -> Option<&'a str> {
        self.to.map(|to| to.bucket.as_str())
    }

    fn prefix(&self) -> &'a str {
        self.to.map_or(DEFAULT_PREFIX, |to| to.prefix.as_str())
    }

    fn kms_key(&self) -> Option<&'a KmsKeyArn> {
        self.to.and_then(|to| to.encryption.key())
    }
}

fn trust_policy(spec: &RoleSpec<'_>, vendor: &Vendor) -> Value {
    let Vendor { account, partition, .. } = vendor;
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"AWS": format!("arn:{partition}:iam::{account}:root")},
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": {"sts:ExternalId": spec.external_id.as_str()},
                "ArnEquals": {"aws:PrincipalArn": vendor.exporter_role_arn()},
            },
        }],
    })
}

/// The statement of the trust policy on one line, for pasting into an existing policy.
#[must_use]
pub fn trust_statement(connector: &Connector, vendor: &Vendor) -> String {
    let Vendor { account, partition, .. } = vendor;
    let external_id = RoleSpec::of(connector).external_id;
    let external_id = format!(r#""StringEquals": {{"sts:ExternalId": "{external_id}"}}"#);
    let role = vendor.exporter_role_arn();
    let role = format!(r#""ArnEquals": {{"aws:PrincipalArn": "{role}"}}"#);
    let principal = format!(r#""Principal": {{"AWS": "arn:{partition}:iam::{account}:root"}}"#);
    let condition = format!(r#""Condition": {{{external_id}, {role}}}"#);
    format!(r#"{{"Effect": "Allow", {principal}, "Action": "sts:AssumeRole", {condition}}}"#)
}

fn permissions_policy(spec: &RoleSpec<'_>, vendor: &Vendor) -> Value {
    let (bucket, prefix) = (spec.bucket().unwrap_or("YOUR-BUCKET"), spec.prefix());
    let folder = if prefix.is_empty() { "*".to_owned() } else { format!("{prefix}/*") };
    let mut statements = vec![json!({
        "Sid": "PutFiles",
        "Effect": "Allow",
        "Action": "s3:PutObject",
        "Resource": format!("arn:{}:s3:::{bucket}/{folder}", vendor.partition),
    })];
    statements.extend(spec.kms_key().map(|key| {
        let mut statement = kms_statement(key);
        if let Some(fields) = statement.as_object_mut() {
            fields.insert("Sid".into(), "EncryptFiles".into());
        }
        statement
    }));
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// S3, as `kms:ViaService` names it: in the key's own Region, for every partition's domain.
pub const VIA_S3: &str = "s3.*.amazonaws.*";

/// The statement that lets a role, or its session, encrypt with this key. The role's policy and each session
/// policy contain it.
///
/// S3 requests a data key from KMS with the role's permissions. With an S3 Bucket Key it decrypts that key
/// again for the next objects, which needs `kms:Decrypt`. Both are allowed via S3 only, and without
/// `s3:GetObject` nothing can be read with them. A policy can't name an alias as a resource, so an alias is
/// named by a condition.
///
/// Sources: AWS KMS developer guide, "Use aliases to control access to KMS keys" and `kms:ViaService`; Amazon
/// S3 user guide, "Specifying server-side encryption with AWS KMS keys for new object uploads in directory
/// buckets".
#[must_use]
pub fn kms_statement(key: &KmsKeyArn) -> Value {
    let mut condition = json!({"StringLike": {"kms:ViaService": VIA_S3}});
    let mut resource = key.to_string();
    if let Some((account, alias)) = key.as_str().split_once(":alias/") {
        resource = format!("{account}:key/*");
        if let Some(condition) = condition.as_object_mut() {
            let alias = json!({"kms:ResourceAliases": format!("alias/{alias}")});
            condition.insert("ForAnyValue:StringEquals".into(), alias);
        }
    }
    let actions = ["kms:GenerateDataKey", "kms:Decrypt"];
    json!({"Effect": "Allow", "Action": actions, "Resource": resource, "Condition": condition})
}

/// The parameters of the customer's template, for those who launch it by hand; `None` for what only the
/// customer knows.
#[must_use]
pub fn stack_parameters(connector: &Connector, vendor: &Vendor) -> Vec<(&'static str, Option<String>)> {
    let spec = RoleSpec::of(connector);
    let parameters = link::parameters(&spec, vendor).into_iter();
    parameters.map(|(name, value)| (name, value.map(str::to_owned))).collect()
}

/// The same as commands of the AWS CLI, for a POSIX shell. The first prints the role, with its ARN. The path
/// comes with them: without it the role can't be assumed.
#[must_use]
pub fn cli_commands(connector: &Connector, vendor: &Vendor) -> String {
    let spec = RoleSpec::of(connector);
    let name = quoted(&spec.role_name);
    let [trust, permissions] = [trust_policy(&spec, vendor), permissions_policy(&spec, vendor)]
        .map(|policy| quoted(&policy.to_string()));
    format!(
        "aws iam create-role --path {ROLE_PATH} --role-name {name} \\\n  \
         --assume-role-policy-document {trust}\n\
         aws iam put-role-policy --role-name {name} --policy-name deliver \\\n  \
         --policy-document {permissions}\n"
    )
}

/// A call of `infra/terraform`. No value in it can contain a character that needs an escape within the
/// quotes.
fn terraform(spec: &RoleSpec<'_>, vendor: &Vendor) -> String {
    let Vendor { account, exporter_role, .. } = vendor;
    let RoleSpec { external_id, role_name, .. } = spec;
    let (bucket, prefix) = (spec.bucket().unwrap_or("YOUR-BUCKET"), spec.prefix());
    let key = spec.kms_key().filter(|key| link::is_key_arn(key));
    let key = key.map(|key| format!("  kms_key_arn       = \"{key}\"\n")).unwrap_or_default();
    let lines = [
        "module \"auditferry\" {".to_owned(),
        "  source            = \"./auditferry\" # a copy of infra/terraform".to_owned(),
        format!("  external_id       = [\"{external_id}\"]"),
        format!("  vendor_account_id = \"{account}\""),
        format!("  vendor_role_name  = \"{exporter_role}\""),
        format!("  bucket_name       = \"{bucket}\""),
        format!("  prefix            = \"{prefix}\""),
        format!("{key}  role_name         = \"{role_name}\""),
        "}\n".to_owned(),
    ];
    lines.join("\n")
}

#[cfg(test)]
mod tests;
