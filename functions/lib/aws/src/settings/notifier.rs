//! The notifier's settings.

use archive::names::{EmailAddress, PortalUrl};
use archive::note::VendorDomain;

use super::read::{Lookup, SettingsError, non_empty, required, zip_errors};
use super::signing::{VENDOR_FORM, vendor_if_set};
use super::{LedgerSettings, StackSettings};

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

impl NotifierSettings {
    /// Every variable that the notifier reads. `template.yaml` names the same.
    pub const NAMES: &[&str] = &[
        "LEDGER_TABLE",
        "NOTICE_QUEUE_URL",
        "NOTIFY_SENDER",
        "STACK_NAME",
        "LOG_LEVEL",
        "VENDOR_DOMAIN",
        "PORTAL_URL",
    ];

    /// Reads the settings from the environment.
    ///
    /// # Errors
    /// All variables that are missing or malformed, each with the right form.
    pub fn read(env: Lookup<'_>) -> Result<Self, SettingsError> {
        let form = "the URL of the notice queue, such as \
                    https://sqs.eu-central-1.amazonaws.com/123456789012/notices";
        let queue_url = required(env, "NOTICE_QUEUE_URL", form, super::resources::is_queue_url);
        let rest = zip_errors(zip_errors(sender(env), confirmation(env)), StackSettings::read(env));
        let ((ledger, queue_url), ((sender, asking), stack)) =
            zip_errors(zip_errors(LedgerSettings::read(env), queue_url), rest)?;
        Ok(Self { ledger, queue_url, sender, confirmation: asking, stack })
    }
}

fn confirmation(env: Lookup<'_>) -> Result<Option<ConfirmationSettings>, SettingsError> {
    match zip_errors(portal(env), vendor_if_set(env))? {
        (Some(portal), Some(vendor)) => Ok(Some(ConfirmationSettings { vendor, portal })),
        (Some(_), None) => Err(SettingsError::missing("VENDOR_DOMAIN", VENDOR_FORM)),
        (None, _) => Ok(None),
    }
}

/// Reads `PORTAL_URL`. Absent means that there is no portal and that no confirmation mails are sent.
///
/// # Errors
/// If it is not a valid portal URL.
pub fn portal(env: Lookup<'_>) -> Result<Option<PortalUrl>, SettingsError> {
    let form = "the portal's URL, such as https://audit.vendor.example, or empty if there is no portal";
    let (name, value) = ("PORTAL_URL", non_empty(env, "PORTAL_URL"));
    let Some(value) = value else { return Ok(None) };
    value.parse().map(Some).map_err(|_| SettingsError::malformed(name, &value, form))
}

/// Reads `NOTIFY_SENDER`, the sender of mails to contacts. Absent means that none are sent.
///
/// # Errors
/// If it is not an e-mail address.
pub fn sender(env: Lookup<'_>) -> Result<Option<EmailAddress>, SettingsError> {
    let (name, form) = ("NOTIFY_SENDER", "an e-mail address, or empty if no mails are sent to contacts");
    let Some(value) = non_empty(env, name) else { return Ok(None) };
    value.parse().map(Some).map_err(|_| SettingsError::malformed(name, &value, form))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_confirmation_needs_portal_and_vendor() {
        let read = |portal: &str, vendor: &str| {
            let (portal, vendor) = (portal.to_owned(), vendor.to_owned());
            confirmation(&move |name| {
                Some(if name == "PORTAL_URL" { portal.clone() } else { vendor.clone() })
            })
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
        let read = |value: &str| sender(&|_| Some(value.to_owned()));
        assert_eq!(read(""), Ok(None));
        assert_eq!(read("audit@vendor.example").unwrap().unwrap().as_str(), "audit@vendor.example");
        for bad in ["vendor.example", "Audit <audit@vendor.example>", "a@vendor.example\nBcc: x@y.example"] {
            let error = read(bad).unwrap_err().to_string();
            assert!(error.contains("NOTIFY_SENDER is `") && error.contains("an e-mail address"), "{error}");
        }
    }
}
