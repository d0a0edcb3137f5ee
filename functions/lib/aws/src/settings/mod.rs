//! The functions' settings: environment variables that each `main.rs` reads once into typed structs.
//!
//! There is one struct per concern. A function reads those that it needs; [`zip_errors`] combines them so
//! that one start-up reports everything that is wrong. An empty value counts as absent, since
//! `CloudFormation` can't omit a variable. Anything malformed fails the start-up, and nothing defaults over a
//! typo.

mod api;
mod budgets;
mod events;
mod notifier;
mod read;
mod resources;
mod signing;
mod timing;
mod vendor;
mod watch;

use std::time::Duration;

use archive::part::PartLimits;
use protocol::machine::Timing;

pub use self::api::{ApiSettings, CallerSettings};
pub use self::budgets::budgets;
pub use self::events::{events_table, partition_format};
pub use self::notifier::{ConfirmationSettings, NotifierSettings, portal, sender};
pub use self::read::{Lookup, SettingError, SettingErrorKind, SettingsError, zip_errors};
pub use self::resources::{BusSettings, LedgerSettings, QueueSettings, S3Settings, StagingSettings};
pub use self::signing::{KeyLocation, PreviousKey, SigningSettings};
pub use self::timing::{part_limits, timing};
pub use self::vendor::VendorSettings;
pub use self::watch::{StackSettings, retention};
use crate::dynamodb::events::EventsTable;

/// The exporter's settings, from its environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExporterSettings {
    /// The name and layout of the events table.
    pub events: EventsTable,
    /// The name of the ledger's table.
    pub ledger: LedgerSettings,
    /// The staging bucket in the vendor's account.
    pub staging: StagingSettings,
    /// The event bus for notices.
    pub bus: BusSettings,
    /// Settle time and look-back.
    pub timing: Timing,
    /// The maximum size of a part.
    pub part_limits: PartLimits,
    /// How long the source keeps an event; `None` means forever.
    pub retention: Option<Duration>,
    /// How S3 buckets are addressed.
    pub s3: S3Settings,
    /// The keys that sign manifests.
    pub signing: SigningSettings,
    /// The name of this deployment, and its log level.
    pub stack: StackSettings,
}

impl ExporterSettings {
    /// Every variable that the exporter reads. `template.yaml` names the same.
    pub const NAMES: &[&str] = &[
        "EVENTS_TABLE",
        "EVENTS_INDEX",
        "EVENTS_PARTITION_KEY",
        "EVENTS_SORT_KEY",
        "EVENTS_PARTITION_FORMAT",
        "EVENTS_SORT_KEY_FORM",
        "EVENTS_BODY",
        "EVENTS_TTL",
        "LEDGER_TABLE",
        "STAGING_BUCKET",
        "EVENT_BUS_NAME",
        "SETTLE_SECONDS",
        "LOOK_BACK_SECONDS",
        "MAX_PART_EVENTS",
        "MAX_PART_BYTES",
        "EVENT_RETENTION_DAYS",
        "S3_FORCE_PATH_STYLE",
        "VENDOR_DOMAIN",
        "SIGNING_KEY",
        "SIGNING_KEY_PREVIOUS",
        "STACK_NAME",
        "LOG_LEVEL",
    ];

    /// Reads the settings from the environment.
    ///
    /// # Errors
    /// All variables that are missing or malformed, each with the right form.
    pub fn read(env: Lookup<'_>) -> Result<Self, SettingsError> {
        let resources = zip_errors(
            LedgerSettings::read(env),
            zip_errors(StagingSettings::read(env), BusSettings::read(env)),
        );
        let rest = zip_errors(
            S3Settings::read(env),
            zip_errors(SigningSettings::read(env), StackSettings::read(env)),
        );
        let limits = zip_errors(zip_errors(timing(env), zip_errors(part_limits(env), retention(env))), rest);
        let (events, (resources, limits)) = zip_errors(events_table(env), zip_errors(resources, limits))?;
        let ((ledger, (staging, bus)), ((timing, (part_limits, retention)), (s3, (signing, stack)))) =
            (resources, limits);
        Ok(Self { events, ledger, staging, bus, timing, part_limits, retention, s3, signing, stack })
    }
}

/// The dispatcher's settings, from its environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DispatcherSettings {
    /// The name of the ledger's table.
    pub ledger: LedgerSettings,
    /// The queue of runs for the exporter.
    pub queue: QueueSettings,
    /// The event bus for the watchdog's notices.
    pub bus: BusSettings,
    /// Settle time and look-back, which decide when an export is late.
    pub timing: Timing,
    /// How long the source keeps an event; `None` means forever.
    pub retention: Option<Duration>,
    /// The name of this deployment, and its log level.
    pub stack: StackSettings,
}

impl DispatcherSettings {
    /// Every variable that the dispatcher reads. `template.yaml` names the same.
    pub const NAMES: &[&str] = &[
        "LEDGER_TABLE",
        "EXPORT_QUEUE_URL",
        "EVENT_BUS_NAME",
        "EVENTS_INDEX",
        "SETTLE_SECONDS",
        "LOOK_BACK_SECONDS",
        "EVENT_RETENTION_DAYS",
        "STACK_NAME",
        "LOG_LEVEL",
    ];

    /// Reads the settings from the environment.
    ///
    /// # Errors
    /// All variables that are missing or malformed, each with the right form.
    pub fn read(env: Lookup<'_>) -> Result<Self, SettingsError> {
        let resources = zip_errors(
            LedgerSettings::read(env),
            zip_errors(QueueSettings::read(env), BusSettings::read(env)),
        );
        let times = zip_errors(timing(env), retention(env));
        let ((ledger, (queue, bus)), ((timing, retention), stack)) =
            zip_errors(resources, zip_errors(times, StackSettings::read(env)))?;
        Ok(Self { ledger, queue, bus, timing, retention, stack })
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::BTreeSet;

    use super::*;

    /// The environment of a stack with only defaults: optional variables are set and empty.
    #[expect(clippy::unnecessary_wraps, reason = "it is a Lookup")]
    fn stack(name: &str) -> Option<String> {
        let value = match name {
            "EVENTS_TABLE" => "auditferry-EventsTable-1",
            "LEDGER_TABLE" => "auditferry-LedgerTable-1",
            "STAGING_BUCKET" => "auditferry-stagingbucket-1",
            "EVENT_BUS_NAME" => "auditferry-events",
            "NOTICE_QUEUE_URL" => {
                "https://sqs.eu-central-1.amazonaws.com/111111111111/auditferry-NoticeQueue-1"
            }
            "EXPORT_QUEUE_URL" => {
                "https://sqs.eu-central-1.amazonaws.com/111111111111/auditferry-ExportQueue-1"
            }
            "S3_FORCE_PATH_STYLE" => "false",
            "VENDOR_DOMAIN" => "vendor.example",
            "SIGNING_KEY" => "alias/auditferry-signing",
            _ => "",
        };
        Some(value.to_owned())
    }

    fn names_read<T>(read: impl Fn(Lookup<'_>) -> T) -> BTreeSet<String> {
        let requested = RefCell::new(BTreeSet::new());
        read(&|name| {
            requested.borrow_mut().insert(name.to_owned());
            stack(name)
        });
        requested.into_inner()
    }

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn each_function_reads_exactly_the_variables_that_it_names() {
        assert_eq!(names_read(ExporterSettings::read), set(ExporterSettings::NAMES));
        assert_eq!(names_read(DispatcherSettings::read), set(DispatcherSettings::NAMES));
        assert_eq!(names_read(ApiSettings::read), set(ApiSettings::NAMES));
        assert_eq!(names_read(NotifierSettings::read), set(NotifierSettings::NAMES));
    }

    #[test]
    fn a_stack_with_only_defaults_is_enough() {
        let settings = ExporterSettings::read(&stack).unwrap();
        assert_eq!(settings.timing.settle, Duration::from_mins(5));
        assert_eq!(settings.part_limits, PartLimits::default());
        assert_eq!(settings.ledger.table, "auditferry-LedgerTable-1");
        assert!(!settings.s3.force_path_style);
        let queue = DispatcherSettings::read(&stack).unwrap().queue;
        assert!(queue.url.ends_with("auditferry-ExportQueue-1"));
        assert_eq!(NotifierSettings::read(&stack).unwrap().sender, None);
        assert_eq!(ApiSettings::read(&stack).unwrap().vendor.exporter_role, "auditferry-exporter");
    }

    #[test]
    fn everything_that_is_wrong_is_reported_at_once() {
        let error = ExporterSettings::read(&|name| match name {
            "LEDGER_TABLE" => None,
            "SETTLE_SECONDS" => Some("5m".into()),
            "STAGING_BUCKET" => Some("Staging".into()),
            "EVENTS_SORT_KEY_FORM" => Some("iso".into()),
            "S3_FORCE_PATH_STYLE" => Some("yes".into()),
            name => stack(name),
        });
        let error = error.unwrap_err();
        let names: Vec<&str> = error.0.iter().map(|wrong| wrong.name).collect();
        let wrong = [
            "EVENTS_SORT_KEY_FORM",
            "LEDGER_TABLE",
            "STAGING_BUCKET",
            "SETTLE_SECONDS",
            "S3_FORCE_PATH_STYLE",
        ];
        assert_eq!(names, wrong);
        let text = error.to_string();
        assert!(text.starts_with("5 environment variables are missing or malformed:"), "{text}");
        assert!(text.contains("LEDGER_TABLE is not set; it must be"), "{text}");
        assert!(text.contains("SETTLE_SECONDS is `5m`; it must be a whole number from 0 to 86400"), "{text}");
    }
}
