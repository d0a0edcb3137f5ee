//! The reader's settings.

use std::time::Duration;

use archive::names::RoleArn;
use control::portal_events::PortalEvents;

use super::env::{Env, FromEnv, ReportedError, text};
use super::fields::FieldSettings;
use super::resources::{LedgerSettings, S3Settings, StagingSettings, is_queue_url};
use super::stack::StackSettings;
use super::timing::RetentionSettings;
use crate::dynamodb::events::EventsTable;

/// The reader's settings, from its environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReaderSettings {
    /// The name and layout of the events table.
    pub events: EventsTable,
    /// Where the parts of an event are.
    pub fields: FieldSettings,
    /// The name of the ledger's table.
    pub ledger: LedgerSettings,
    /// The URL of the reader's queue.
    pub queue_url: String,
    /// How long the bytes of a delivered part are kept.
    pub staging_retention: StagingRetention,
    /// How long the events table keeps an event.
    pub event_retention: RetentionSettings,
    /// The staging bucket, which has the parts and their indexes.
    pub staging: StagingSettings,
    /// The role in whose sessions events are read.
    pub data_role: RoleArn,
    /// What may be shown of events.
    pub portal_events: PortalEvents,
    /// How S3 buckets are addressed.
    pub s3: S3Settings,
    /// The name of this deployment, and its log level.
    pub stack: StackSettings,
}

impl FromEnv for ReaderSettings {
    /// Reads `READER_DATA_ROLE`, `INDEX_QUEUE_URL`, and what each setting reads.
    fn from_env(env: &mut Env<'_>) -> Result<Self, ReportedError> {
        let form = "the ARN of the role that may read parts and events, such as \
                    arn:aws:iam::123456789012:role/auditferry-ReaderDataRole-1";
        let data_role = env.required("READER_DATA_ROLE", form, |value| value.parse().ok());
        let form = "the URL of the reader's queue, such as https://sqs.eu-central-1.amazonaws.com/123456789012/index";
        let queue_url = env.required("INDEX_QUEUE_URL", form, text(is_queue_url));
        let read = env.read();
        let retention = env.read();
        let (events, fields, ledger, staging, portal_events, s3, stack) = read?;
        let (staging_retention, event_retention) = retention?;
        let (data_role, queue_url) = (data_role?, queue_url?);
        Ok(Self {
            events,
            fields,
            ledger,
            queue_url,
            staging_retention,
            event_retention,
            staging,
            data_role,
            portal_events,
            s3,
            stack,
        })
    }
}

/// How long the bytes of a delivered part are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StagingRetention {
    /// The period; `None` means forever.
    pub period: Option<Duration>,
}

impl FromEnv for StagingRetention {
    /// Reads `STAGING_RETENTION_DAYS`; absent or zero means forever.
    fn from_env(env: &mut Env<'_>) -> Result<Self, ReportedError> {
        let days = env.number("STAGING_RETENTION_DAYS", 0..=3_650, 0)?;
        Ok(Self { period: (days > 0).then(|| Duration::from_hours(24 * days)) })
    }
}

/// How API and portal reach the reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReaderFunction {
    /// The name or ARN of the function; `None` if the deployment has none, since nothing of events may be
    /// shown.
    pub name: Option<String>,
}

impl FromEnv for ReaderFunction {
    /// Reads `READER_FUNCTION`; absent means that there is no reader.
    fn from_env(env: &mut Env<'_>) -> Result<Self, ReportedError> {
        let form =
            "the name or ARN of the reader's function: 1 to 170 of A-Z a-z 0-9 - _ :, or empty for none";
        Ok(Self { name: env.optional("READER_FUNCTION", form, text(is_function))? })
    }
}

/// Source: AWS Lambda API reference, `Invoke`, `FunctionName`.
fn is_function(text: &str) -> bool {
    (1..=170).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_:".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::read;

    #[test]
    fn without_a_name_there_is_no_reader_and_a_malformed_one_is_reported() {
        let named = |value: &'static str| read::<ReaderFunction>(&|_| Some(value.to_owned()));
        assert_eq!(named("").unwrap().name, None);
        let arn = "arn:aws:lambda:eu-central-1:111111111111:function:auditferry-Reader-1";
        for good in ["auditferry-Reader-1", arn] {
            assert_eq!(named(good).unwrap().name.as_deref(), Some(good));
        }
        for bad in ["a b", "https://x", "a/b"] {
            assert!(named(bad).unwrap_err().to_string().contains("READER_FUNCTION is `"), "{bad}");
        }
    }
}
