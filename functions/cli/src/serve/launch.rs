//! The customer's administrator, who opens the quick-create link, fills in the other parameters and clicks
//! *Create stack*; and the stack's outputs.

use archive::names::{
    AccountId, BucketName, CustomerRole, ExternalId, InvalidValueError, Prefix, ROLE_PATH, Region,
};
use control::setup::{DEFAULT_PREFIX, DEFAULT_ROLE_NAME};
use sandbox::Stack;
use sandbox::wiring::{CustomerStack, EXPORTER_ROLE, REGION};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The parameters of `infra/customer-role.yaml` that the stand-ins support, with the template's defaults, and
/// the account and region of the launch. `Link` may contain the quick-create link, whose parameters are used
/// where the body has none.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(super) struct StackLaunch {
    account_id: AccountId,
    region: Option<Region>,
    /// Without it the role trusts any external ID, which the template itself would refuse.
    external_id: Option<ExternalId>,
    vendor_account_id: Option<String>,
    vendor_role_name: Option<String>,
    bucket_name: BucketName,
    prefix: Option<Prefix>,
    role_name: Option<String>,
    #[serde(default)]
    create_bucket: YesNo,
    #[serde(default)]
    bucket_namespace: Namespace,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum YesNo {
    Yes,
    #[default]
    No,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Namespace {
    #[default]
    AccountRegional,
    Global,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Outputs {
    role_arn: CustomerRole,
    bucket_name: BucketName,
    region: Region,
    account_id: AccountId,
}

impl StackLaunch {
    /// Parses a request's body. The error describes what is invalid.
    pub(super) fn read(body: &[u8]) -> Result<Self, String> {
        let mut given: Map<String, Value> =
            serde_json::from_slice(body).map_err(|error| error.to_string())?;
        if let Some(link) = given.remove("Link") {
            let link = link.as_str().ok_or("Link is the quick_create_url of a connector's setup")?;
            for (name, value) in link_parameters(link)? {
                given.entry(name).or_insert(Value::String(value));
            }
        }
        serde_json::from_value(Value::Object(given)).map_err(|error| error.to_string())
    }

    /// The stack for the stand-ins, and its outputs. The error describes why it is refused.
    pub(super) fn plan(self) -> Result<(CustomerStack, Outputs), String> {
        for (name, given, expected) in [
            ("VendorAccountId", &self.vendor_account_id, Stack::VENDOR_ACCOUNT),
            ("VendorRoleName", &self.vendor_role_name, EXPORTER_ROLE),
        ] {
            if given.as_ref().is_some_and(|given| given != expected) {
                return Err(format!("{name} must be {expected}, the only vendor of the stand-ins"));
            }
        }
        let message = |refused: InvalidValueError| refused.to_string();
        let region = self.region.map_or_else(|| REGION.parse(), Ok).map_err(message)?;
        let name = self.role_name.as_deref().unwrap_or(DEFAULT_ROLE_NAME);
        let role = format!("arn:aws:iam::{}:role{ROLE_PATH}{name}", self.account_id);
        let role: CustomerRole = role.parse().map_err(message)?;
        let creates = self.create_bucket == YesNo::Yes;
        let bucket = match self.bucket_namespace {
            Namespace::AccountRegional if creates => {
                format!("{}-{}-{region}-an", self.bucket_name, self.account_id).parse().map_err(message)?
            }
            Namespace::AccountRegional | Namespace::Global => self.bucket_name,
        };
        let stack = CustomerStack {
            role: role.clone(),
            external_id: self.external_id,
            bucket: bucket.clone(),
            prefix: self.prefix.map_or_else(|| DEFAULT_PREFIX.parse(), Ok).map_err(message)?,
            bucket_region: creates.then(|| region.clone()),
        };
        let outputs = Outputs { role_arn: role, bucket_name: bucket, region, account_id: self.account_id };
        Ok((stack, outputs))
    }
}

/// The console's region in a quick-create link, and the parameters that the link fills in.
fn link_parameters(link: &str) -> Result<Vec<(String, String)>, &'static str> {
    let (console, query) =
        link.split_once("#/stacks/create/review?").ok_or("Link is not a quick-create link")?;
    let region = console.split_once("?region=").map(|(_, region)| ("Region".to_owned(), region.to_owned()));
    let pairs = form_urlencoded::parse(query.as_bytes()).into_owned();
    let parameters = pairs.filter_map(|(name, value)| Some((name.strip_prefix("param_")?.to_owned(), value)));
    Ok(region.into_iter().chain(parameters).collect())
}
