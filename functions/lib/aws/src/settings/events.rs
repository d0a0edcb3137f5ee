//! Reads the layout of the events table.

use archive::sort_key::SortKeyForm;
use control::partition::PartitionFormat;

use super::read::{Lookup, SettingsError, non_empty, optional, required, zip_errors};
use super::resources::is_table_name;
use crate::dynamodb::events::EventsTable;

/// Reads `EVENTS_*`. Only `EVENTS_TABLE` is required. Defaults: attributes `pk`, `sk`, `event` and
/// `expires_at`, partition format `{tenant}`, sort keys `rfc3339`.
///
/// # Errors
/// If the table is absent, a name or form is malformed, or two attributes have the same name.
pub fn events_table(env: Lookup<'_>) -> Result<EventsTable, SettingsError> {
    let form = "the name of the events' DynamoDB table, 3 to 255 of A-Z a-z 0-9 _ . -, or its ARN";
    let table = required(env, "EVENTS_TABLE", form, |text| is_table_name(text) || is_table_arn(text));
    let form = "the name of an index, 3 to 255 of A-Z a-z 0-9 _ . -, or empty to read the table itself";
    let index = optional(env, "EVENTS_INDEX", form, is_table_name);
    let forms = zip_errors(partition_format(env), sort_key_form(env));
    let ((table, index), (attributes, forms)) =
        zip_errors(zip_errors(table, index), zip_errors(attributes(env), forms))?;
    let (Attributes { partition_key, sort_key, body, ttl }, (partition_format, sort_key_form)) =
        (attributes, forms);
    Ok(EventsTable {
        table,
        index,
        partition_key,
        sort_key,
        partition_format,
        sort_key_form,
        body,
        ttl: Some(ttl),
    })
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

fn attributes(env: Lookup<'_>) -> Result<Attributes, SettingsError> {
    let partition_key = attribute(env, "EVENTS_PARTITION_KEY", "pk");
    let sort_key = attribute(env, "EVENTS_SORT_KEY", "sk");
    let body = attribute(env, "EVENTS_BODY", "event");
    let ttl = attribute(env, "EVENTS_TTL", "expires_at");
    let ((partition_key, sort_key), (body, ttl)) =
        zip_errors(zip_errors(partition_key, sort_key), zip_errors(body, ttl))?;
    // One attribute can't have two roles. The later of two is reported, since the earlier may be right.
    let named = [
        ("EVENTS_PARTITION_KEY", &partition_key),
        ("EVENTS_SORT_KEY", &sort_key),
        ("EVENTS_BODY", &body),
        ("EVENTS_TTL", &ttl),
    ];
    for (place, (name, value)) in named.iter().enumerate() {
        if let Some((other, _)) = named.iter().take(place).find(|(_, other)| other == value) {
            return Err(SettingsError::malformed(name, value, format!("a different attribute from {other}")));
        }
    }
    Ok(Attributes { partition_key, sort_key, body, ttl })
}

/// Source: DynamoDB developer guide, "Naming rules": key attributes have 1 to 255 bytes of UTF-8.
fn attribute(env: Lookup<'_>, name: &'static str, default: &str) -> Result<String, SettingsError> {
    let form = format!(
        "the name of an attribute, 1 to 255 bytes without control characters, or empty for `{default}`"
    );
    let is_name = |text: &str| text.len() <= 255 && !text.chars().any(char::is_control);
    Ok(optional(env, name, &form, is_name)?.unwrap_or_else(|| default.to_owned()))
}

/// Reads `EVENTS_PARTITION_FORMAT`; absent means `{tenant}`. It is also needed to create connectors, since it
/// decides which tenants have partition keys of their own.
///
/// # Errors
/// If it is malformed.
pub fn partition_format(env: Lookup<'_>) -> Result<PartitionFormat, SettingsError> {
    let name = "EVENTS_PARTITION_FORMAT";
    let Some(value) = non_empty(env, name) else { return Ok(PartitionFormat::default()) };
    PartitionFormat::parse(&value).map_err(|invalid| {
        let form = format!("a partition format; this one {}: {}", invalid.problem, invalid.form);
        SettingsError::malformed(name, &value, form)
    })
}

fn sort_key_form(env: Lookup<'_>) -> Result<SortKeyForm, SettingsError> {
    let name = "EVENTS_SORT_KEY_FORM";
    let Some(value) = non_empty(env, name) else { return Ok(SortKeyForm::default()) };
    SortKeyForm::named(&value).ok_or_else(|| {
        let names = SortKeyForm::NAMES.map(|(name, _)| name).join(", ");
        SettingsError::malformed(name, &value, format!("one of {names}, or empty for rfc3339"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(set: &[(&'static str, &'static str)]) -> Result<EventsTable, SettingsError> {
        events_table(&|requested| {
            let value = set.iter().find(|(name, _)| *name == requested).map(|(_, value)| (*value).to_owned());
            value.or_else(|| (requested == "EVENTS_TABLE").then(|| "events".to_owned()))
        })
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
        let missing = events_table(&|_| None).unwrap_err().to_string();
        assert!(missing.contains("EVENTS_TABLE is not set"), "{missing}");
    }
}
