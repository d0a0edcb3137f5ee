//! Reads the key schema of the events table from DynamoDB: where the settings leave it open (whether an epoch
//! sort key is a number or a string and, through an index, what the table's own key is), and where DynamoDB
//! rejects the settings. `mismatch` compares the two.

mod mismatch;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::describe_table::DescribeTableError;
use aws_sdk_dynamodb::types::TableDescription;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use mismatch::SchemaMismatchError;
use ports::PortError;

use super::layout::EventsTable;
use crate::port_error::port_error;

const OPERATION: &str = "describing the events table";

/// The type of a sort key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyType {
    /// DynamoDB's type S.
    Text,
    /// DynamoDB's type N.
    Number,
}

/// What reading needs besides the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Schema {
    /// The type of the sort key.
    pub(super) sort_key: KeyType,
    /// The names of the table's own keys if it is read through an index, whose keys need not be unique; empty
    /// otherwise.
    pub(super) table_keys: Vec<String>,
}

/// The schema of a table. DynamoDB is asked only if the settings leave something open. If complete settings
/// are wrong, [`explain_refusal`] reports it when DynamoDB rejects a request.
pub(super) async fn load(client: &Client, layout: &EventsTable) -> Result<Schema, PortError> {
    if layout.index.is_none() && !layout.sort_key_form.may_be_number() {
        return Ok(Schema { sort_key: KeyType::Text, table_keys: Vec::new() });
    }
    load_described(client, layout).await
}

/// The schema of a table by its description.
///
/// # Errors
/// [`PortError::Misconfigured`] with every setting that does not match the table, and what the table has.
pub(super) async fn load_described(client: &Client, layout: &EventsTable) -> Result<Schema, PortError> {
    let table = describe_table(client, layout).await?;
    schema(&table, layout).map_err(|mismatch| misconfigured(OPERATION, mismatch))
}

/// Describes the table.
///
/// # Errors
/// [`PortError::Misconfigured`] if the table does not exist.
pub(super) async fn describe_table(
    client: &Client,
    layout: &EventsTable,
) -> Result<TableDescription, PortError> {
    let description = client.describe_table().table_name(&layout.table).send().await;
    let description = description.map_err(|error| match error.as_service_error() {
        Some(DescribeTableError::ResourceNotFoundException(_)) => {
            misconfigured(OPERATION, SchemaMismatchError::TableNotFound(layout.table.clone()))
        }
        _ => port_error(OPERATION, error),
    })?;
    let not_described = || misconfigured(OPERATION, SchemaMismatchError::NotDescribed(layout.table.clone()));
    description.table.ok_or_else(not_described)
}

fn schema(table: &TableDescription, layout: &EventsTable) -> Result<Schema, SchemaMismatchError> {
    let sort_key = if mismatch::check(table, layout)? { KeyType::Number } else { KeyType::Text };
    let keys = table.key_schema().iter().filter(|_| layout.index.is_some());
    Ok(Schema { sort_key, table_keys: keys.map(|key| key.attribute_name().to_owned()).collect() })
}

/// Classifies an error of DynamoDB. If it rejected the table, the index or the keys, the settings are
/// compared with the table's description.
pub(super) async fn explain_refusal<E>(
    client: &Client,
    layout: &EventsTable,
    what: &'static str,
    error: SdkError<E, HttpResponse>,
) -> PortError
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    // The error code of a transaction only says that it was canceled.
    let codes = ["ValidationException", "ResourceNotFoundException", "TransactionCanceledException"];
    if !error.code().is_some_and(|code| codes.contains(&code)) {
        return port_error(what, error);
    }
    match load_described(client, layout).await {
        Err(PortError::Misconfigured { source, .. }) => PortError::misconfigured(what, source),
        Err(PortError::Denied { .. }) => misconfigured(
            what,
            SchemaMismatchError::NotVisible {
                table: layout.table.clone(),
                partition_key: layout.partition_key.clone(),
                sort_key: layout.sort_key.clone(),
            },
        ),
        // The settings match, or that can't be checked now: return DynamoDB's own error.
        Ok(_) | Err(_) => port_error(what, error),
    }
}

fn misconfigured(what: &'static str, mismatch: SchemaMismatchError) -> PortError {
    PortError::misconfigured(what, mismatch)
}

#[cfg(test)]
mod tests {
    use archive::sort_key::SortKeyForm;
    use aws_sdk_dynamodb::types::{
        AttributeDefinition, GlobalSecondaryIndexDescription, KeySchemaElement, KeyType as Role, Projection,
        ProjectionType, ScalarAttributeType,
    };

    use super::*;

    fn key(name: &str, role: Role) -> KeySchemaElement {
        KeySchemaElement::builder().attribute_name(name).key_type(role).build().unwrap()
    }

    fn attribute(name: &str, kind: ScalarAttributeType) -> AttributeDefinition {
        AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build().unwrap()
    }

    /// A table with key `id` and an index `by_time` on `org` and `at`.
    fn table(
        org: ScalarAttributeType,
        at: ScalarAttributeType,
        projection: ProjectionType,
    ) -> TableDescription {
        let index = GlobalSecondaryIndexDescription::builder()
            .index_name("by_time")
            .key_schema(key("org", Role::Hash))
            .key_schema(key("at", Role::Range))
            .projection(Projection::builder().projection_type(projection).build());
        TableDescription::builder()
            .key_schema(key("id", Role::Hash))
            .global_secondary_indexes(index.build())
            .attribute_definitions(attribute("id", ScalarAttributeType::S))
            .attribute_definitions(attribute("org", org))
            .attribute_definitions(attribute("at", at))
            .build()
    }

    fn layout(index: Option<&str>, keys: [&str; 2], sort_key_form: SortKeyForm) -> EventsTable {
        let [partition_key, sort_key] = keys.map(ToOwned::to_owned);
        let index = index.map(ToOwned::to_owned);
        EventsTable { index, partition_key, sort_key, sort_key_form, ..EventsTable::default_layout("audit") }
    }

    fn error_of(table: &TableDescription, layout: &EventsTable) -> String {
        schema(table, layout).unwrap_err().to_string()
    }

    #[test]
    fn through_an_index_the_tables_own_keys_are_read_too() {
        let described = table(ScalarAttributeType::S, ScalarAttributeType::N, ProjectionType::All);
        let layout = layout(Some("by_time"), ["org", "at"], SortKeyForm::EpochMillis);
        let schema = schema(&described, &layout).unwrap();
        assert_eq!(schema, Schema { sort_key: KeyType::Number, table_keys: vec!["id".into()] });
    }

    #[test]
    fn each_mismatch_is_reported_with_the_setting_the_right_value_and_the_tables_keys() {
        use ProjectionType as P;
        use ScalarAttributeType as T;
        use SortKeyForm as F;
        let keys = "the index `by_time` of the table `audit` has the partition key `org` (S) and the sort \
                    key `at` (S)";
        let numbers = keys.replace("`at` (S)", "`at` (N)");
        for (table, layout, says) in [
            (
                table(T::S, T::S, P::All),
                layout(Some("by_day"), ["org", "at"], F::Rfc3339),
                "EVENTS_INDEX is `by_day`; it must be the name of one of its indexes, or empty, to read the \
                 table itself: the table `audit` has the indexes `by_time`"
                    .to_owned(),
            ),
            (
                table(T::S, T::S, P::KeysOnly),
                layout(Some("by_time"), ["org", "at"], F::Rfc3339),
                "EVENTS_INDEX is `by_time`; it must be an index with projection ALL: events read through any \
                 other would be incomplete: this one has projection KEYS_ONLY"
                    .to_owned(),
            ),
            (
                table(T::S, T::S, P::All),
                layout(Some("by_time"), ["pk", "at"], F::Rfc3339),
                format!("EVENTS_PARTITION_KEY is `pk`; it must be `org`: {keys}"),
            ),
            (
                table(T::S, T::S, P::All),
                layout(Some("by_time"), ["pk", "sk"], F::Rfc3339),
                format!(
                    "EVENTS_PARTITION_KEY is `pk`; it must be `org`, and EVENTS_SORT_KEY is `sk`; it must be \
                     `at`: {keys}"
                ),
            ),
            (
                table(T::S, T::N, P::All),
                layout(Some("by_time"), ["org", "at"], F::Rfc3339),
                format!(
                    "EVENTS_SORT_KEY_FORM is `rfc3339`; it must be epoch_seconds or epoch_millis for a sort \
                     key of type N: {numbers}"
                ),
            ),
            (
                table(T::S, T::B, P::All),
                layout(Some("by_time"), ["org", "at"], F::EpochSeconds),
                format!(
                    "EVENTS_SORT_KEY is `at`; it must be a sort key of type S or N: {}",
                    keys.replace("`at` (S)", "`at` (B)")
                ),
            ),
            (
                table(T::N, T::S, P::All),
                layout(Some("by_time"), ["org", "at"], F::Rfc3339),
                format!(
                    "EVENTS_PARTITION_KEY is `org`; it must be a partition key of type S, which can contain \
                     a tenant's ID: {}",
                    keys.replace("`org` (S)", "`org` (N)")
                ),
            ),
            (
                table(T::S, T::S, P::All),
                layout(None, ["id", "at"], F::Rfc3339),
                "EVENTS_SORT_KEY is `at`; it must be a sort key, by which events can be read in the order of \
                 time: one of an index that EVENTS_INDEX names, if the table has none: the table `audit` has \
                 the partition key `id` (S) and no sort key"
                    .to_owned(),
            ),
            (
                table(T::S, T::S, P::All),
                layout(None, ["org", "at"], F::Rfc3339),
                format!(
                    "EVENTS_INDEX is empty; it must be `by_time`, the index whose keys EVENTS_PARTITION_KEY \
                     and EVENTS_SORT_KEY name: the table `audit` has the partition key `id` (S) and no sort \
                     key; {keys}"
                ),
            ),
        ] {
            assert_eq!(error_of(&table, &layout), says);
        }
    }

    #[test]
    fn an_index_with_several_keys_is_rejected_and_so_is_one_that_does_not_exist() {
        let several = GlobalSecondaryIndexDescription::builder()
            .index_name("by_both")
            .key_schema(key("org", Role::Hash))
            .key_schema(key("unit", Role::Hash))
            .key_schema(key("at", Role::Range))
            .projection(Projection::builder().projection_type(ProjectionType::All).build());
        let table = TableDescription::builder().key_schema(key("id", Role::Hash));
        let plain = table.clone().build();
        let table = table.global_secondary_indexes(several.build()).build();
        let error_of =
            |table, index| error_of(table, &layout(Some(index), ["org", "at"], SortKeyForm::Rfc3339));
        let message = error_of(&table, "by_both");
        assert!(message.contains("the partition keys `org` (unknown), `unit` (unknown)"), "{message}");
        assert!(
            message.contains("EVENTS_PARTITION_KEY is `org`; it must be the only partition key"),
            "{message}"
        );
        let message = error_of(&plain, "by_both");
        assert!(message.ends_with("the table `audit` has no index"), "{message}");
    }
}
