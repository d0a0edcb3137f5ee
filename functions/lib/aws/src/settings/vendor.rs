//! What the customers' trust policies need to know about the vendor, beyond what STS returns.

use archive::names::{AccountId, Region};
use control::setup::Vendor;

use super::env::{Env, FromEnv, ReportedError, text};

/// The default name of the exporter's role in `template.yaml`.
const EXPORTER_ROLE: &str = "auditferry-exporter";

/// The vendor as customers see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VendorSettings {
    /// The name of the exporter's role.
    pub exporter_role: String,
    /// The URL of the customer's template, if it is published.
    pub template_url: Option<String>,
}

impl FromEnv for VendorSettings {
    /// Reads `EXPORTER_ROLE_NAME`; absent means `auditferry-exporter`. Reads `CUSTOMER_TEMPLATE_URL`; absent
    /// means that the template is not published, so there is no quick-create link.
    fn from_env(env: &mut Env<'_>) -> Result<Self, ReportedError> {
        let role = "the name of the exporter's role: 1 to 64 of A-Z a-z 0-9 _ + = , . @ -, or empty for \
                    auditferry-exporter";
        let url = "an https URL of the customer's template in S3, or empty if it is not published";
        let exporter_role = env.optional("EXPORTER_ROLE_NAME", role, text(is_role_name));
        let template_url = env.optional("CUSTOMER_TEMPLATE_URL", url, text(is_template_url));
        Ok(Self {
            exporter_role: exporter_role?.unwrap_or_else(|| EXPORTER_ROLE.to_owned()),
            template_url: template_url?,
        })
    }
}

impl VendorSettings {
    /// The vendor, with what STS and the SDK know about it.
    #[must_use]
    pub fn vendor(&self, account: AccountId, partition: String, region: Region) -> Vendor {
        let Self { exporter_role, template_url } = self.clone();
        Vendor { account, partition, region, exporter_role, template_url }
    }
}

/// Source: IAM user guide, "IAM and AWS STS quotas".
fn is_role_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b))
}

/// Source: `CloudFormation` API reference, `CreateStack`, `TemplateURL`: at most 5,120 bytes.
fn is_template_url(text: &str) -> bool {
    let host = text.strip_prefix("https://").and_then(|rest| rest.split('/').next());
    text.len() <= 5_120
        && text.bytes().all(|b| b.is_ascii_graphic())
        && host.is_some_and(|host| !host.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{SettingsError, read as settings};

    fn read(role: &str, url: &str) -> Result<VendorSettings, SettingsError> {
        let env = |name: &str| Some(if name == "EXPORTER_ROLE_NAME" { role } else { url }.to_owned());
        settings::<VendorSettings>(&env)
    }

    #[test]
    fn what_is_absent_is_the_templates_default_and_no_link() {
        let vendor = read("", "").unwrap();
        assert_eq!((vendor.exporter_role.as_str(), vendor.template_url), ("auditferry-exporter", None));
    }

    #[test]
    fn malformed_settings_are_reported_together() {
        for (role, url) in [("a b", "http://x/y"), ("role/a", "https://"), ("é", "https://x/ y")] {
            let error = read(role, url).unwrap_err().to_string();
            assert!(error.contains("EXPORTER_ROLE_NAME is `") && error.contains("1 to 64"), "{error}");
            assert!(error.contains("CUSTOMER_TEMPLATE_URL is `") && error.contains("https URL"), "{error}");
        }
    }

    #[test]
    fn a_name_and_a_url_are_accepted() {
        let url = "https://bucket.s3.eu-central-1.amazonaws.com/customer-role.yaml";
        let vendor = read("Exporter_2", url).unwrap();
        assert_eq!(
            (vendor.exporter_role.as_str(), vendor.template_url.as_deref()),
            ("Exporter_2", Some(url))
        );
    }
}
