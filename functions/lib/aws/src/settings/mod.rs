//! The functions' settings: environment variables that each start-up reads once into typed structs.
//!
//! There is one struct per concern. A function reads those that it needs, and [`read()`] reports everything
//! that is wrong with them at once. An empty value counts as absent, since `CloudFormation` can't omit a
//! variable. Anything malformed fails the start-up, and nothing defaults over a typo.

mod api;
mod budgets;
mod dispatcher;
mod env;
mod error;
mod events;
mod exporter;
mod fields;
mod links;
mod notifier;
mod onboarding;
mod portal;
mod reader;
mod resources;
mod signing;
mod stack;
mod timing;
mod vendor;

pub use self::api::{ApiSettings, CallerSettings};
pub use self::dispatcher::DispatcherSettings;
pub use self::env::{Env, FromEnv, Lookup, ReportedError, names, read};
pub use self::error::{SettingError, SettingErrorKind, SettingsError};
pub use self::exporter::ExporterSettings;
pub use self::fields::FieldSettings;
pub use self::links::LinkSettings;
pub use self::notifier::{ConfirmationSettings, NotifierSettings};
pub use self::onboarding::OnboardingSettings;
pub use self::portal::PortalSettings;
pub use self::reader::{ReaderFunction, ReaderSettings, StagingRetention};
pub use self::resources::{BusSettings, LedgerSettings, QueueSettings, S3Settings, StagingSettings};
pub use self::signing::{KeyLocation, PreviousKey, SigningSettings};
pub use self::stack::StackSettings;
pub use self::timing::RetentionSettings;
pub use self::vendor::VendorSettings;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use archive::part::PartLimits;
    use control::portal_events::PortalEvents;

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
            "INDEX_QUEUE_URL" => {
                "https://sqs.eu-central-1.amazonaws.com/111111111111/auditferry-IndexQueue-1"
            }
            "READER_DATA_ROLE" => "arn:aws:iam::111111111111:role/auditferry-ReaderDataRole-1",
            "S3_FORCE_PATH_STYLE" => "false",
            "VENDOR_DOMAIN" => "vendor.example",
            "PORTAL_URL" => "https://audit.vendor.example",
            "SIGNING_KEY" => "alias/auditferry-signing",
            _ => "",
        };
        Some(value.to_owned())
    }

    /// The variables that are reported if none has a valid value.
    fn names_reported<T: FromEnv + std::fmt::Debug>() -> BTreeSet<String> {
        let error = read::<T>(&|_| Some("\u{1}".to_owned())).unwrap_err();
        error.0.iter().map(|wrong| wrong.name.to_owned()).collect()
    }

    #[test]
    fn no_malformed_variable_hides_another() {
        assert_eq!(names_reported::<ExporterSettings>(), names::<ExporterSettings>());
        assert_eq!(names_reported::<NotifierSettings>(), names::<NotifierSettings>());
        assert_eq!(names_reported::<ReaderSettings>(), names::<ReaderSettings>());
        // For these the index only decides the settle time, and any text would do.
        let without_index = |mut names: BTreeSet<String>| names.remove("EVENTS_INDEX").then_some(names);
        assert_eq!(
            Some(names_reported::<DispatcherSettings>()),
            without_index(names::<DispatcherSettings>())
        );
        assert_eq!(Some(names_reported::<ApiSettings>()), without_index(names::<ApiSettings>()));
        assert_eq!(Some(names_reported::<PortalSettings>()), without_index(names::<PortalSettings>()));
    }

    #[test]
    fn a_stack_with_only_defaults_is_enough() {
        let settings = read::<ExporterSettings>(&stack).unwrap();
        assert_eq!(settings.timing.settle, Duration::from_mins(5));
        assert_eq!(settings.part_limits, PartLimits::default());
        assert_eq!(settings.ledger.table, "auditferry-LedgerTable-1");
        assert!(!settings.s3.force_path_style);
        let queue = read::<DispatcherSettings>(&stack).unwrap().queue;
        assert!(queue.url.ends_with("auditferry-ExportQueue-1"));
        assert_eq!(read::<NotifierSettings>(&stack).unwrap().sender, None);
        assert_eq!(read::<ReaderSettings>(&stack).unwrap().portal_events, PortalEvents::Off);
        assert_eq!(
            read::<ApiSettings>(&stack).unwrap().onboarding.vendor.exporter_role,
            "auditferry-exporter"
        );
    }

    #[test]
    fn everything_that_is_wrong_is_reported_at_once() {
        let lookup = |name: &str| match name {
            "LEDGER_TABLE" => None,
            "SETTLE_SECONDS" => Some("5m".into()),
            "STAGING_BUCKET" => Some("Staging".into()),
            "EVENTS_SORT_KEY_FORM" => Some("iso".into()),
            "S3_FORCE_PATH_STYLE" => Some("yes".into()),
            name => stack(name),
        };
        let error = read::<ExporterSettings>(&lookup).unwrap_err();
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
