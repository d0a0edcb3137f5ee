//! The notifier's settings.

use archive::names::{EmailAddress, PortalUrl};
use archive::note::VendorDomain;

use super::env::{Env, FromEnv, ReportedError, text};
use super::links::portal;
use super::resources::{LedgerSettings, is_queue_url};
use super::signing::{VENDOR_DOMAIN, VENDOR_FORM, vendor_if_set};
use super::stack::StackSettings;

/// The notifier's settings, from its environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotifierSettings {
    /// The ledger, for contacts and their secrets.
    pub ledger: LedgerSettings,
    /// The URL of the notifier's own queue, for retries.
    pub queue_url: String,
    /// The sender of mails; `None` if no mails are sent.
    pub sender: Option<EmailAddress>,
    /// How addresses confirm that they want notices; `None` if they aren't asked.
    pub confirmation: Option<ConfirmationSettings>,
    /// The name of this deployment, and its log level.
    pub stack: StackSettings,
}

/// What a confirmation mail contains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfirmationSettings {
    /// The vendor in whose name the mail is sent.
    pub vendor: VendorDomain,
    /// The portal with the confirmation page.
    pub portal: PortalUrl,
}

impl FromEnv for NotifierSettings {
    fn from_env(env: &mut Env<'_>) -> Result<Self, ReportedError> {
        let form = "the URL of the notice queue, such as \
                    https://sqs.eu-central-1.amazonaws.com/123456789012/notices";
        let queue_url = env.required("NOTICE_QUEUE_URL", form, text(is_queue_url));
        let sender = sender(env);
        let (ledger, confirmation, stack) = env.read()?;
        Ok(Self { ledger, queue_url: queue_url?, sender: sender?, confirmation, stack })
    }
}

impl FromEnv for Option<ConfirmationSettings> {
    fn from_env(env: &mut Env<'_>) -> Result<Self, ReportedError> {
        let (portal, vendor) = (portal(env), vendor_if_set(env));
        match (portal?, vendor?) {
            (Some(portal), Some(vendor)) => Ok(Some(ConfirmationSettings { vendor, portal })),
            (Some(_), None) => Err(env.missing(VENDOR_DOMAIN, VENDOR_FORM)),
            (None, _) => Ok(None),
        }
    }
}

/// Reads `NOTIFY_SENDER`, the sender of mails to contacts. Absent means that none are sent.
pub(super) fn sender(env: &mut Env<'_>) -> Result<Option<EmailAddress>, ReportedError> {
    let form = "an e-mail address, or empty if no mails are sent to contacts";
    env.optional("NOTIFY_SENDER", form, |value| value.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::env::{read as settings, read_with};

    #[test]
    fn a_confirmation_needs_portal_and_vendor() {
        let read = |portal: &str, vendor: &str| {
            let env = |name: &str| Some(if name == "PORTAL_URL" { portal } else { vendor }.to_owned());
            settings::<Option<ConfirmationSettings>>(&env)
        };
        assert_eq!(read("", "vendor.example"), Ok(None));
        let both = read("https://audit.vendor.example/", "vendor.example").unwrap().unwrap();
        assert_eq!(
            (both.portal.as_str(), both.vendor.as_str()),
            ("https://audit.vendor.example", "vendor.example")
        );
        assert!(
            read("https://audit.vendor.example", "")
                .unwrap_err()
                .to_string()
                .contains("VENDOR_DOMAIN is not")
        );
        let error = read("http://audit.vendor.example", "vendor.example").unwrap_err().to_string();
        assert!(error.contains("PORTAL_URL is `http://audit"), "{error}");
    }

    #[test]
    fn a_sender_is_an_address_or_absent() {
        let read = |value: &str| read_with(&|_| Some(value.to_owned()), sender);
        assert_eq!(read(""), Ok(None));
        assert_eq!(read("audit@vendor.example").unwrap().unwrap().as_str(), "audit@vendor.example");
        for bad in ["vendor.example", "Audit <audit@vendor.example>", "a@vendor.example\nBcc: x@y.example"] {
            let error = read(bad).unwrap_err().to_string();
            assert!(error.contains("NOTIFY_SENDER is `") && error.contains("an e-mail address"), "{error}");
        }
    }
}
