//! The API's settings, and how callers are identified.

use archive::names::{EmailAddress, PortalUrl};
use control::budget::Budgets;
use control::partition::PartitionFormat;
use protocol::machine::Timing;

use super::budgets::budgets;
use super::events::partition_format;
use super::notifier::{portal, sender};
use super::read::{Lookup, SettingsError, optional, zip_errors};
use super::timing::timing;
use super::{BusSettings, LedgerSettings, S3Settings, SigningSettings, StackSettings, VendorSettings};

/// The API's settings, from its environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiSettings {
    /// The name of the ledger's table.
    pub ledger: LedgerSettings,
    /// The event bus for notices.
    pub bus: BusSettings,
    /// Settle time and look-back, those of the exporter.
    pub timing: Timing,
    /// The vendor as customers see it.
    pub vendor: VendorSettings,
    /// How callers are identified.
    pub callers: CallerSettings,
    /// How S3 buckets are addressed.
    pub s3: S3Settings,
    /// The name of this deployment, and its log level.
    pub stack: StackSettings,
    /// The signing keys, whose public halves are published.
    pub signing: SigningSettings,
    /// The sender of the notifier's mails; `None` if it sends none.
    pub sender: Option<EmailAddress>,
    /// The portal, on which addresses confirm that they want those mails.
    pub portal: Option<PortalUrl>,
    /// How the partition keys of the events table are derived.
    pub partitions: PartitionFormat,
    /// How much a tenant may use in a time.
    pub budgets: Budgets,
}

impl ApiSettings {
    /// Every variable that the API reads. `template.yaml` names the same.
    pub const NAMES: &[&str] = &[
        "LEDGER_TABLE",
        "EVENT_BUS_NAME",
        // Decides the default settle time.
        "EVENTS_INDEX",
        "SETTLE_SECONDS",
        "LOOK_BACK_SECONDS",
        "EXPORTER_ROLE_NAME",
        "CUSTOMER_TEMPLATE_URL",
        "TENANT_CLAIM",
        "OPERATOR_SCOPE",
        "S3_FORCE_PATH_STYLE",
        "STACK_NAME",
        "LOG_LEVEL",
        "VENDOR_DOMAIN",
        "SIGNING_KEY",
        "SIGNING_KEY_PREVIOUS",
        // Decides whether mails are sent to contacts.
        "NOTIFY_SENDER",
        // Decides whether addresses are asked for confirmation by mail.
        "PORTAL_URL",
        // Decides which tenants have partition keys of their own.
        "EVENTS_PARTITION_FORMAT",
        "BUDGETS",
    ];

    /// Reads the settings from the environment.
    ///
    /// # Errors
    /// All variables that are missing or malformed, each with the right form.
    pub fn read(env: Lookup<'_>) -> Result<Self, SettingsError> {
        let resources = zip_errors(LedgerSettings::read(env), BusSettings::read(env));
        let rest = zip_errors(timing(env), zip_errors(VendorSettings::read(env), CallerSettings::read(env)));
        let tenants = zip_errors(partition_format(env), budgets(env));
        let contacts =
            zip_errors(StackSettings::read(env), zip_errors(zip_errors(sender(env), portal(env)), tenants));
        let rest_of_it = zip_errors(S3Settings::read(env), zip_errors(SigningSettings::read(env), contacts));
        let (
            ((ledger, bus), (timing, (vendor, callers))),
            (s3, (signing, (stack, ((sender, portal), (partitions, budgets))))),
        ) = zip_errors(zip_errors(resources, rest), rest_of_it)?;
        Ok(Self {
            ledger,
            bus,
            timing,
            vendor,
            callers,
            s3,
            stack,
            signing,
            sender,
            portal,
            partitions,
            budgets,
        })
    }
}

/// Claim and scope in the tokens of the JWT authorizer, by the vendor's own names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallerSettings {
    /// The claim that names the tenant.
    pub tenant_claim: String,
    /// The scope of operators.
    pub operator_scope: String,
}

impl CallerSettings {
    /// Reads `TENANT_CLAIM` (`tenant_id`) and `OPERATOR_SCOPE` (`auditferry/operator`).
    ///
    /// # Errors
    /// If one of them is malformed.
    pub fn read(env: Lookup<'_>) -> Result<Self, SettingsError> {
        let claim = "the name of a claim: 1 to 128 visible ASCII characters, or empty for tenant_id";
        let scope = "a scope: 1 to 128 visible ASCII characters, or empty for auditferry/operator";
        let (claim, scope) = zip_errors(
            optional(env, "TENANT_CLAIM", claim, is_word),
            optional(env, "OPERATOR_SCOPE", scope, is_word),
        )?;
        Ok(Self {
            tenant_claim: claim.unwrap_or_else(|| "tenant_id".to_owned()),
            operator_scope: scope.unwrap_or_else(|| "auditferry/operator".to_owned()),
        })
    }
}

/// A bracket in a scope could be mistaken for the end of a list. Source: RFC 6749, section 3.3; API Gateway
/// developer guide, "Control access to HTTP APIs with JWT authorizers".
fn is_word(text: &str) -> bool {
    (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic() && !b"[]\"\\".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_a_default_and_a_form() {
        let read = |value: &str| CallerSettings::read(&|_| Some(value.to_owned()));
        let defaults = read("").unwrap();
        assert_eq!(
            (defaults.tenant_claim.as_str(), defaults.operator_scope.as_str()),
            ("tenant_id", "auditferry/operator")
        );
        assert_eq!(read("custom:tenant").unwrap().tenant_claim, "custom:tenant");
        for bad in ["a b", "[a]", "ä", &"a".repeat(129)] {
            let error = read(bad).unwrap_err().to_string();
            assert!(error.contains("TENANT_CLAIM is `") && error.contains("OPERATOR_SCOPE is `"), "{error}");
        }
    }
}
