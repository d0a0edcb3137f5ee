//! The resources of a deployment: tables, buckets, the queue, the bus. Each is validated by the platform's
//! own grammar.

use archive::names::BucketName;

use super::env::{Env, FromEnv, ReportedError, text};

/// Whether a name is valid for a table or index. Source: DynamoDB developer guide, "Naming rules".
pub(super) fn is_table_name(text: &str) -> bool {
    (3..=255).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
}

/// The settings of the ledger's table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerSettings {
    /// The name of the table.
    pub table: String,
}

impl FromEnv for LedgerSettings {
    /// Reads `LEDGER_TABLE`.
    fn from_env(env: &mut Env<'_>) -> Result<Self, ReportedError> {
        let form = "the name of the ledger's DynamoDB table: 3 to 255 of A-Z a-z 0-9 _ . -";
        Ok(Self { table: env.required("LEDGER_TABLE", form, text(is_table_name))? })
    }
}

/// The staging bucket in the vendor's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StagingSettings {
    /// The name of the bucket.
    pub bucket: BucketName,
}

impl FromEnv for StagingSettings {
    /// Reads `STAGING_BUCKET`.
    fn from_env(env: &mut Env<'_>) -> Result<Self, ReportedError> {
        let form = "the name of the staging bucket: 3 to 63 lower-case letters, digits, dots and hyphens";
        Ok(Self { bucket: env.required("STAGING_BUCKET", form, |name| name.parse().ok())? })
    }
}

/// The queue from the dispatcher to the exporter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueSettings {
    /// The URL of the queue.
    pub url: String,
}

impl FromEnv for QueueSettings {
    /// Reads `EXPORT_QUEUE_URL`.
    fn from_env(env: &mut Env<'_>) -> Result<Self, ReportedError> {
        let form =
            "the URL of the export queue, such as https://sqs.eu-central-1.amazonaws.com/123456789012/export";
        Ok(Self { url: env.required("EXPORT_QUEUE_URL", form, text(is_queue_url))? })
    }
}

/// `http` is accepted too, for stand-ins.
pub(super) fn is_queue_url(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else {
        return false;
    };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    !host.is_empty() && !path.is_empty() && text.bytes().all(|b| b.is_ascii_graphic())
}

/// The settings of the event bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BusSettings {
    /// The name or ARN of the bus.
    pub name: String,
}

impl FromEnv for BusSettings {
    /// Reads `EVENT_BUS_NAME`.
    fn from_env(env: &mut Env<'_>) -> Result<Self, ReportedError> {
        let form = "the name or ARN of an event bus: 1 to 256 of A-Z a-z 0-9 . - _ /";
        Ok(Self { name: env.required("EVENT_BUS_NAME", form, text(is_bus))? })
    }
}

/// Source: EventBridge API reference, `PutEventsRequestEntry`.
fn is_bus(text: &str) -> bool {
    let (most, name) = match text.strip_prefix("arn:").and_then(|arn| arn.split_once(":event-bus/")) {
        Some((_, name)) => (1600, name),
        None => (256, text),
    };
    let of_a_name = |b: u8| b.is_ascii_alphanumeric() || b".-_/".contains(&b);
    !name.is_empty()
        && text.len() <= most
        && text.bytes().all(|b| b.is_ascii_graphic())
        && name.bytes().all(of_a_name)
}

/// How S3 buckets are addressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct S3Settings {
    /// Path-style requests, for stand-ins without virtual-hosted-style requests.
    pub force_path_style: bool,
}

impl FromEnv for S3Settings {
    /// Reads `S3_FORCE_PATH_STYLE`; absent means `false`.
    fn from_env(env: &mut Env<'_>) -> Result<Self, ReportedError> {
        let form = "`true` or `false`, or empty for `false`";
        let value = env.optional("S3_FORCE_PATH_STYLE", form, |value| value.parse().ok())?;
        Ok(Self { force_path_style: value.unwrap_or_default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::read as settings;

    fn error_of<T: FromEnv + std::fmt::Debug>(value: &str) -> String {
        settings::<T>(&|_| Some(value.to_owned())).unwrap_err().to_string()
    }

    #[test]
    fn names_that_the_platform_rejects_are_reported_with_variable_value_and_form() {
        for bad in ["ab", "led ger", "ledger/1", "arn:aws:dynamodb:eu-central-1:1:table/x", &"a".repeat(256)]
        {
            let error = error_of::<LedgerSettings>(bad);
            let value: String = bad.chars().take(80).collect();
            assert!(
                error.contains("LEDGER_TABLE is `") && error.contains(&value) && error.contains("3 to 255"),
                "{error}"
            );
        }
        for bad in ["Staging", "s", "s3://staging/folder", "stag/ing", "10.0.0.1"] {
            assert!(
                error_of::<StagingSettings>(bad).contains(&format!("STAGING_BUCKET is `{bad}`; it must be"))
            );
        }
        for bad in [
            "export",
            "sqs.eu-central-1.amazonaws.com/1/q",
            "https://",
            "https:///q",
            "https://host",
            "https://h/a b",
        ] {
            assert!(
                error_of::<QueueSettings>(bad).contains(&format!("EXPORT_QUEUE_URL is `{bad}`; it must be"))
            );
        }
        for bad in [
            "a b",
            "bus!",
            "arn:aws:events:eu-central-1:1:rule/x",
            "arn:aws:events:eu-central-1:1:event-bus/",
        ] {
            assert!(error_of::<BusSettings>(bad).contains(&format!("EVENT_BUS_NAME is `{bad}`; it must be")));
        }
        for bad in ["True", "1", "yes", "no", " true"] {
            assert!(error_of::<S3Settings>(bad).contains("`true` or `false`"));
        }
    }

    #[test]
    fn required_but_empty_settings_are_reported_as_not_set() {
        for error in [
            error_of::<LedgerSettings>(""),
            error_of::<StagingSettings>(""),
            error_of::<QueueSettings>(""),
            error_of::<BusSettings>(""),
        ] {
            assert!(error.contains("is not set; it must be the"), "{error}");
        }
    }

    #[test]
    fn stand_ins_and_arns_are_accepted() {
        let queue = "http://127.0.0.1:4566/000000000000/export";
        let queue = settings::<QueueSettings>(&|_| Some(queue.into())).unwrap();
        assert!(queue.url.starts_with("http://"));
        let arn = "arn:aws:events:eu-central-1:111111111111:event-bus/auditferry";
        assert_eq!(settings::<BusSettings>(&|_| Some(arn.into())).unwrap().name, arn);
        assert!(settings::<S3Settings>(&|_| Some("true".into())).unwrap().force_path_style);
    }
}
