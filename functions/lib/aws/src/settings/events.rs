//! Reads the layout of the events table.

use archive::sort_key::SortKeyForm;
use control::partition::PartitionFormat;

use super::env::{Env, FromEnv, ReportedError, text};
use super::resources::is_table_name;
use crate::dynamodb::events::EventsTable;

impl FromEnv for EventsTable {
    /// Reads `EVENTS_*`. Only `EVENTS_TABLE` is required. Defaults: attributes `pk`, `sk`, `event` and
    /// `expires_at`, partition format `{tenant}`, sort keys `rfc3339`.
    fn from_env(env: &mut Env<'_>) -> Result<Self, ReportedError> {
        let form = "the name of the events' DynamoDB table, 3 to 255 of A-Z a-z 0-9 _ . -, or its ARN";
        let table =
            env.required("EVENTS_TABLE", form, text(|name| is_table_name(name) || is_table_arn(name)));
        let form = "the name of an index, 3 to 255 of A-Z a-z 0-9 _ . -, or empty to read the table itself";
        let index = env.optional("EVENTS_INDEX", form, text(is_table_name));
        let (attributes, partition_format, sort_key_form) = env.read()?;
        let Attributes { partition_key, sort_key, body, ttl } = attributes;
        Ok(Self {
            table: table?,
            index: index?,
            partition_key,
            sort_key,
            partition_format,
            sort_key_form,
            body,
            ttl: Some(ttl),
        })
    }
}

/// A table in another account is configured by its ARN.
fn is_table_arn(text: &str) -> bool {
    let fields: Vec<&str> = text.split(':').collect();
    let ["arn", partition, "dynamodb", region, account, table] = fields.as_slice() else { return false };
    let account_ok = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
    partition.starts_with("aws")
        && !region.is_empty()
        && account_ok
        && table.strip_prefix("table/").is_some_and(is_table_name)
}

struct Attributes {
    partition_key: String,
    sort_key: String,
    body: String,
    ttl: String,
}

impl FromEnv for Attributes {
    fn from_env(env: &mut Env<'_>) -> Result<Self, ReportedError> {
        let partition_key = attribute(env, "EVENTS_PARTITION_KEY", "pk");
        let sort_key = attribute(env, "EVENTS_SORT_KEY", "sk");
        let body = attribute(env, "EVENTS_BODY", "event");
        let ttl = attribute(env, "EVENTS_TTL", "expires_at");
        let read = Self { partition_key: partition_key?, sort_key: sort_key?, body: body?, ttl: ttl? };
        read.check_distinct(env)?;
        Ok(read)
    }
}

impl Attributes {
    /// One attribute can't have two roles. The later of two is reported, since the earlier may be right.
    fn check_distinct(&self, env: &mut Env<'_>) -> Result<(), ReportedError> {
        let named = [
            ("EVENTS_PARTITION_KEY", &self.partition_key),
            ("EVENTS_SORT_KEY", &self.sort_key),
            ("EVENTS_BODY", &self.body),
            ("EVENTS_TTL", &self.ttl),
        ];
        for (place, (name, value)) in named.iter().enumerate() {
            if let Some((other, _)) = named.iter().take(place).find(|(_, other)| other == value) {
                return Err(env.malformed(name, value, format!("a different attribute from {other}")));
            }
        }
        Ok(())
    }
}

/// Source: DynamoDB developer guide, "Naming rules": key attributes have 1 to 255 bytes of UTF-8.
fn attribute(env: &mut Env<'_>, name: &'static str, default: &str) -> Result<String, ReportedError> {
    let form = format!(
        "the name of an attribute, 1 to 255 bytes without control characters, or empty for `{default}`"
    );
    let is_name = |text: &str| text.len() <= 255 && !text.chars().any(char::is_control);
    Ok(env.optional(name, &form, text(is_name))?.unwrap_or_else(|| default.to_owned()))
}

impl FromEnv for PartitionFormat {
    /// Reads `EVENTS_PARTITION_FORMAT`; absent means `{tenant}`. To create connectors it is needed too, since
    /// it decides which tenants have partition keys of their own.
    fn from_env(env: &mut Env<'_>) -> Result<Self, ReportedError> {
        let format = env.parsed("EVENTS_PARTITION_FORMAT", |value| {
            Self::parse(value).map_err(|invalid| {
                format!("a partition format; this one {}: {}", invalid.problem, invalid.form)
            })
        });
        Ok(format?.unwrap_or_default())
    }
}

impl FromEnv for SortKeyForm {
    fn from_env(env: &mut Env<'_>) -> Result<Self, ReportedError> {
        let names = Self::NAMES.map(|(name, _)| name).join(", ");
        let form = format!("one of {names}, or empty for rfc3339");
        Ok(env.optional("EVENTS_SORT_KEY_FORM", &form, Self::named)?.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{SettingsError, read as settings};

    fn with(set: &[(&'static str, &'static str)]) -> Result<EventsTable, SettingsError> {
        let env = |requested: &str| {
            let value = set.iter().find(|(name, _)| *name == requested).map(|(_, value)| (*value).to_owned());
            value.or_else(|| (requested == "EVENTS_TABLE").then(|| "events".to_owned()))
        };
        settings(&env)
    }

    #[test]
    fn the_default_layout_needs_only_the_table() {
        let table = with(&[("EVENTS_INDEX", ""), ("EVENTS_TTL", "")]).unwrap();
        let expected = EventsTable {
            table: "events".into(),
            index: None,
            partition_key: "pk".into(),
            sort_key: "sk".into(),
            partition_format: PartitionFormat::default(),
            sort_key_form: SortKeyForm::Rfc3339,
            body: "event".into(),
            ttl: Some("expires_at".into()),
        };
        assert_eq!(table, expected);
    }

    #[test]
    fn a_custom_table_layout_is_read() {
        let table = with(&[
            ("EVENTS_TABLE", "arn:aws:dynamodb:eu-central-1:111111111111:table/product"),
            ("EVENTS_INDEX", "by-tenant"),
            ("EVENTS_PARTITION_KEY", "GSI1PK"),
            ("EVENTS_SORT_KEY", "GSI1SK"),
            ("EVENTS_PARTITION_FORMAT", "TENANT#{tenant}"),
            ("EVENTS_SORT_KEY_FORM", "epoch_millis"),
            ("EVENTS_BODY", "payload"),
            ("EVENTS_TTL", "ttl"),
        ]);
        let table = table.unwrap();
        assert_eq!((table.index.as_deref(), table.ttl.as_deref()), (Some("by-tenant"), Some("ttl")));
        assert_eq!(table.sort_key_form, SortKeyForm::EpochMillis);
        assert_eq!(table.partition_format, PartitionFormat::parse("TENANT#{tenant}").unwrap());
    }

    #[test]
    fn each_malformed_value_is_reported_with_variable_value_and_form() {
        for (name, bad, form) in [
            ("EVENTS_TABLE", "my table", "3 to 255"),
            ("EVENTS_TABLE", "arn:aws:s3:::bucket", "ARN"),
            ("EVENTS_INDEX", "i", "empty to read the table itself"),
            ("EVENTS_PARTITION_KEY", "p\nk", "empty for `pk`"),
            ("EVENTS_PARTITION_FORMAT", "{tenent}", "`{tenant}` once"),
            ("EVENTS_PARTITION_FORMAT", "{tenant}{shard}", "`{tenant}` once"),
            ("EVENTS_SORT_KEY_FORM", "RFC3339", "rfc3339, ulid, uuidv7, epoch_seconds, epoch_millis"),
            ("EVENTS_SORT_KEY", "pk", "a different attribute from EVENTS_PARTITION_KEY"),
            ("EVENTS_TTL", "event", "a different attribute from EVENTS_BODY"),
        ] {
            let error = with(&[(name, bad)]).unwrap_err().to_string();
            let escaped: String = bad.chars().flat_map(char::escape_debug).collect();
            assert!(error.contains(&format!("{name} is `{escaped}`")) && error.contains(form), "{error}");
        }
        let missing = settings::<EventsTable>(&|_| None).unwrap_err().to_string();
        assert!(missing.contains("EVENTS_TABLE is not set"), "{missing}");
    }
}
