//! What the notifier reads.

use domain::names::EmailAddress;

use super::read::{Lookup, WrongSettings, both, present, required};
use super::{LedgerSettings, StackSettings};

/// What the notifier reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotifierSettings {
    /// The ledger, for contacts and their secrets.
    pub ledger: LedgerSettings,
    /// The URL of its own queue, for what is to be tried again.
    pub queue_url: String,
    /// As whom mails are sent, if any are.
    pub sender: Option<EmailAddress>,
    /// Which deployment this is.
    pub stack: StackSettings,
}

impl NotifierSettings {
    /// Every variable that the notifier reads. `template.yaml` names the same.
    pub const NAMES: &[&str] =
        &["LEDGER_TABLE", "NOTICE_QUEUE_URL", "NOTIFY_SENDER", "STACK_NAME", "LOG_LEVEL"];

    /// Reads them.
    ///
    /// # Errors
    /// All variables that are missing or malformed, each with the right form.
    pub fn read(env: Lookup<'_>) -> Result<Self, WrongSettings> {
        let form = "the URL of the notice queue, such as https://sqs.eu-central-1.amazonaws.com/123456789012/notices";
        let queue_url = required(env, "NOTICE_QUEUE_URL", form, super::places::is_queue_url);
        let ((ledger, queue_url), (sender, stack)) =
            both(both(LedgerSettings::read(env), queue_url), both(sender(env), StackSettings::read(env)))?;
        Ok(Self { ledger, queue_url, sender, stack })
    }
}

/// Reads `NOTIFY_SENDER`: as whom mails to contacts are sent. Absent means that none are sent.
///
/// # Errors
/// If it is no e-mail address.
pub fn sender(env: Lookup<'_>) -> Result<Option<EmailAddress>, WrongSettings> {
    let (name, form) = ("NOTIFY_SENDER", "an e-mail address, or empty if no mails are sent to contacts");
    let Some(value) = present(env, name) else { return Ok(None) };
    value.parse().map(Some).map_err(|_| WrongSettings::malformed(name, &value, form))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_is_an_address_or_nobody() {
        let read = |value: &str| sender(&|_| Some(value.to_owned()));
        assert_eq!(read(""), Ok(None));
        assert_eq!(read("audit@vendor.example").unwrap().unwrap().as_str(), "audit@vendor.example");
        for bad in ["vendor.example", "Audit <audit@vendor.example>", "a@vendor.example\nBcc: x@y.example"] {
            let error = read(bad).unwrap_err().to_string();
            assert!(error.contains("NOTIFY_SENDER is `") && error.contains("an e-mail address"), "{error}");
        }
    }
}
