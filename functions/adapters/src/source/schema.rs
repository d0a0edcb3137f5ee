//! What DynamoDB itself says about the keys of the events table, where the settings leave it open: whether an
//! epoch sort key is a number or a text, and, through an index, what the table's own key is.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, KeySchemaElement, KeyType as Role, Projection, ProjectionType, ScalarAttributeType,
    TableDescription,
};
use domain::ports::PortError;

use super::layout::EventsTable;
use crate::port_error::port_error;

const WHAT: &str = "asking for the layout of the events table";

/// The type of a sort key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyType {
    /// S
    Text,
    /// N
    Number,
}

/// What reading needs to know besides the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Schema {
    /// The type of the sort key.
    pub(super) sort_key: KeyType,
    /// The names of the table's own keys where it is read through an index, whose keys need not be unique;
    /// empty otherwise.
    pub(super) table_keys: Vec<String>,
}

/// Settings that do not fit the table. An operator's to mend.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Mismatch {
    #[error("DynamoDB did not describe the table")]
    NotDescribed,
    #[error("EVENTS_INDEX names `{0}`, and the table has no such index")]
    NoIndex(String),
    #[error(
        "the index `{0}` does not project all attributes, so events read through it would be incomplete; use one \
         with projection ALL"
    )]
    Incomplete(String),
    #[error(
        "EVENTS_PARTITION_KEY and EVENTS_SORT_KEY say `{wanted}`, and the key of the table or index is `{found}`"
    )]
    OtherKeys { wanted: String, found: String },
    #[error(
        "EVENTS_SORT_KEY names `{name}`, which is of type {found}; the form of the sort key needs {needed}"
    )]
    OtherType { name: String, found: String, needed: &'static str },
}

/// The schema of a table. DynamoDB is asked only if the settings leave something open.
pub(super) async fn of(client: &Client, layout: &EventsTable) -> Result<Schema, PortError> {
    if layout.index.is_none() && !layout.sort_key_form.may_be_number() {
        return Ok(Schema { sort_key: KeyType::Text, table_keys: Vec::new() });
    }
    let answer = client.describe_table().table_name(&layout.table).send().await;
    let answer = answer.map_err(|error| port_error(WHAT, error))?;
    let described = answer.table().ok_or(Mismatch::NotDescribed).and_then(|table| schema(table, layout));
    described.map_err(|source| PortError::Denied { what: WHAT, source: Box::new(source) })
}

fn schema(table: &TableDescription, layout: &EventsTable) -> Result<Schema, Mismatch> {
    let (keys, table_keys) = match &layout.index {
        None => (table.key_schema(), Vec::new()),
        Some(index) => {
            let table_keys = table.key_schema().iter().map(|key| key.attribute_name().to_owned()).collect();
            (index_keys(table, index)?, table_keys)
        }
    };
    let [hashes, ranges] = [Role::Hash, Role::Range].map(|role| {
        let keys = keys.iter().filter(|key| *key.key_type() == role);
        keys.map(KeySchemaElement::attribute_name).collect::<Vec<_>>()
    });
    if hashes != [layout.partition_key.as_str()] || ranges != [layout.sort_key.as_str()] {
        let wanted = format!("{}, {}", layout.partition_key, layout.sort_key);
        return Err(Mismatch::OtherKeys { wanted, found: [hashes, ranges].concat().join(", ") });
    }
    Ok(Schema { sort_key: sort_key_type(table, layout)?, table_keys })
}

fn index_keys<'a>(table: &'a TableDescription, index: &str) -> Result<&'a [KeySchemaElement], Mismatch> {
    let global =
        table.global_secondary_indexes().iter().map(|i| (i.index_name(), i.key_schema(), i.projection()));
    let local =
        table.local_secondary_indexes().iter().map(|i| (i.index_name(), i.key_schema(), i.projection()));
    let (_, keys, projection) = global
        .chain(local)
        .find(|(name, ..)| *name == Some(index))
        .ok_or_else(|| Mismatch::NoIndex(index.to_owned()))?;
    if projection.and_then(Projection::projection_type) != Some(&ProjectionType::All) {
        return Err(Mismatch::Incomplete(index.to_owned()));
    }
    Ok(keys)
}

fn sort_key_type(table: &TableDescription, layout: &EventsTable) -> Result<KeyType, Mismatch> {
    let name = layout.sort_key.as_str();
    let definition =
        table.attribute_definitions().iter().find(|attribute| attribute.attribute_name() == name);
    let may_be_number = layout.sort_key_form.may_be_number();
    match definition.map(AttributeDefinition::attribute_type) {
        Some(ScalarAttributeType::S) => Ok(KeyType::Text),
        Some(ScalarAttributeType::N) if may_be_number => Ok(KeyType::Number),
        other => Err(Mismatch::OtherType {
            name: name.to_owned(),
            found: other.map_or("unknown", ScalarAttributeType::as_str).to_owned(),
            needed: if may_be_number { "N or S" } else { "S" },
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_dynamodb::types::GlobalSecondaryIndexDescription;
    use domain::sort_key::SortKeyForm;

    use super::super::layout::PartitionFormat;

    fn key(name: &str, role: Role) -> KeySchemaElement {
        KeySchemaElement::builder().attribute_name(name).key_type(role).build().unwrap()
    }

    /// A table with key `id` and an index `by_time` on `org` and `at`.
    fn table(at: ScalarAttributeType, projection: ProjectionType) -> TableDescription {
        let index = GlobalSecondaryIndexDescription::builder()
            .index_name("by_time")
            .key_schema(key("org", Role::Hash))
            .key_schema(key("at", Role::Range))
            .projection(Projection::builder().projection_type(projection).build());
        let at = AttributeDefinition::builder().attribute_name("at").attribute_type(at).build().unwrap();
        TableDescription::builder()
            .key_schema(key("id", Role::Hash))
            .global_secondary_indexes(index.build())
            .attribute_definitions(at)
            .build()
    }

    fn layout(index: &str, partition_key: &str, sort_key_form: SortKeyForm) -> EventsTable {
        EventsTable {
            table: "events".into(),
            index: Some(index.into()),
            partition_key: partition_key.into(),
            sort_key: "at".into(),
            partition_format: PartitionFormat::default(),
            sort_key_form,
            body: "event".into(),
            ttl: None,
        }
    }

    #[test]
    fn through_an_index_the_keys_of_the_table_are_learnt_too() {
        let described = table(ScalarAttributeType::N, ProjectionType::All);
        let schema = schema(&described, &layout("by_time", "org", SortKeyForm::EpochMillis)).unwrap();
        assert_eq!(schema, Schema { sort_key: KeyType::Number, table_keys: vec!["id".into()] });
    }

    #[test]
    fn settings_that_do_not_fit_the_table_are_refused_by_name() {
        use {ProjectionType as P, ScalarAttributeType as T, SortKeyForm as F};
        for (table, layout, says) in [
            (table(T::S, P::All), layout("by_day", "org", F::Rfc3339), "`by_day`"),
            (table(T::S, P::KeysOnly), layout("by_time", "org", F::Rfc3339), "projection ALL"),
            (table(T::S, P::Include), layout("by_time", "org", F::Rfc3339), "projection ALL"),
            (table(T::S, P::All), layout("by_time", "pk", F::Rfc3339), "`org, at`"),
            (table(T::N, P::All), layout("by_time", "org", F::Rfc3339), "needs S"),
            (table(T::B, P::All), layout("by_time", "org", F::EpochSeconds), "needs N or S"),
        ] {
            let error = schema(&table, &layout).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }
}
