//! Compares the settings with the table and reports mismatches: the setting, its value, what it must be, and
//! what the table has. DynamoDB's own errors contain neither.

use std::fmt;

use archive::sort_key::SortKeyForm;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, KeySchemaElement, KeyType as Role, Projection, ProjectionType, ScalarAttributeType,
    TableDescription,
};

use super::super::layout::EventsTable;

/// The settings do not match the table. The operator has to fix them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in crate::dynamodb::events) enum SchemaMismatchError {
    #[error("DynamoDB did not describe the table `{0}`")]
    NotDescribed(String),
    #[error(
        "EVENTS_TABLE is `{0}`; it must be the name of the events table, but no table of that name exists in \
         this account and region"
    )]
    TableNotFound(String),
    #[error(
        "EVENTS_PARTITION_KEY is `{partition_key}` and EVENTS_SORT_KEY is `{sort_key}`; they must be the \
         keys of the table `{table}`, or of the index that EVENTS_INDEX names, with EVENTS_SORT_KEY_FORM as \
         that sort key has it. What the table has can't be determined without permission for \
         dynamodb:DescribeTable"
    )]
    NotVisible { table: String, partition_key: String, sort_key: String },
    #[error("{}: {has}", Sentences(.mismatches))]
    Keys { mismatches: Vec<Mismatch>, has: String },
}

/// A setting that does not match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::dynamodb::events) struct Mismatch {
    setting: &'static str,
    value: String,
    expected: String,
}

impl Mismatch {
    fn new(setting: &'static str, value: &str, expected: impl Into<String>) -> Self {
        Self { setting, value: value.to_owned(), expected: expected.into() }
    }
}

struct Sentences<'a>(&'a [Mismatch]);

impl fmt::Display for Sentences<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, Mismatch { setting, value, expected }) in self.0.iter().enumerate() {
            let comma = if place == 0 { "" } else { ", and " };
            match value.as_str() {
                "" => write!(f, "{comma}{setting} is empty; it must be {expected}")?,
                value => write!(f, "{comma}{setting} is `{value}`; it must be {expected}")?,
            }
        }
        Ok(())
    }
}

/// The name of a key attribute and its type.
type Key = (String, Option<ScalarAttributeType>);

/// The keys of a table or an index.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Keys {
    of: String,
    partition: Vec<Key>,
    sort: Vec<Key>,
}

impl Keys {
    fn new(of: String, keys: &[KeySchemaElement], types: &[AttributeDefinition]) -> Self {
        let of_role = |role: &Role| {
            let names =
                keys.iter().filter(|key| key.key_type() == role).map(KeySchemaElement::attribute_name);
            let keys = names.map(|name| {
                let definition = types.iter().find(|attribute| attribute.attribute_name() == name);
                (name.to_owned(), definition.map(|definition| definition.attribute_type().clone()))
            });
            keys.collect()
        };
        Self { of, partition: of_role(&Role::Hash), sort: of_role(&Role::Range) }
    }

    /// Whether these are the configured keys.
    fn matches(&self, layout: &EventsTable) -> bool {
        let is = |keys: &[Key], name: &str| matches!(keys, [(only, _)] if only == name);
        is(&self.partition, &layout.partition_key) && is(&self.sort, &layout.sort_key)
    }
}

impl fmt::Display for Keys {
    /// `the table audit has the partition key id (S) and the sort key at (N)`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |keys: &[Key], role: &str| {
            let named = keys.iter().map(|(name, kind)| {
                format!("`{name}` ({})", kind.as_ref().map_or("unknown", ScalarAttributeType::as_str))
            });
            let named: Vec<String> = named.collect();
            match named.as_slice() {
                [] => format!("no {role} key"),
                [one] => format!("the {role} key {one}"),
                several => format!("the {role} keys {}", several.join(", ")),
            }
        };
        let (partition, sort) = (list(&self.partition, "partition"), list(&self.sort, "sort"));
        write!(f, "{} has {partition} and {sort}", self.of)
    }
}

/// An index of the table.
struct Index<'a> {
    name: &'a str,
    keys: &'a [KeySchemaElement],
    projection: Option<&'a Projection>,
}

fn indexes(table: &TableDescription) -> Vec<Index<'_>> {
    let global = table.global_secondary_indexes().iter();
    let global = global.map(|index| (index.index_name(), index.key_schema(), index.projection()));
    let local = table.local_secondary_indexes().iter();
    let local = local.map(|index| (index.index_name(), index.key_schema(), index.projection()));
    let named = global.chain(local);
    named.filter_map(|(name, keys, projection)| Some(Index { name: name?, keys, projection })).collect()
}

/// Compares the settings with the table. Returns whether the sort key is a number.
///
/// # Errors
/// Every setting that does not match.
pub(super) fn check(table: &TableDescription, layout: &EventsTable) -> Result<bool, SchemaMismatchError> {
    let (types, indexes) = (table.attribute_definitions(), indexes(table));
    let of_index = |index: &Index<'_>| {
        Keys::new(format!("the index `{}` of the table `{}`", index.name, layout.table), index.keys, types)
    };
    let own = || Keys::new(format!("the table `{}`", layout.table), table.key_schema(), types);
    let keys = match &layout.index {
        None => own(),
        Some(name) => match indexes.iter().find(|index| index.name == name) {
            Some(index) => {
                projects_all(index)?;
                of_index(index)
            }
            None => return Err(no_index(name, &indexes, &own())),
        },
    };
    if layout.index.is_none()
        && !keys.matches(layout)
        && let Some(index) = indexes.iter().find(|index| of_index(index).matches(layout))
    {
        let expected =
            format!("`{}`, the index whose keys EVENTS_PARTITION_KEY and EVENTS_SORT_KEY name", index.name);
        let mismatches = vec![Mismatch::new("EVENTS_INDEX", "", expected)];
        return Err(SchemaMismatchError::Keys { mismatches, has: format!("{keys}; {}", of_index(index)) });
    }
    let mismatches: Vec<Mismatch> =
        partition_key_mismatch(&keys, layout).into_iter().chain(sort_key_mismatches(&keys, layout)).collect();
    if !mismatches.is_empty() {
        return Err(SchemaMismatchError::Keys { mismatches, has: keys.to_string() });
    }
    Ok(matches!(keys.sort.as_slice(), [(_, Some(ScalarAttributeType::N))]))
}

fn no_index(name: &str, indexes: &[Index<'_>], table: &Keys) -> SchemaMismatchError {
    let names: Vec<String> = indexes.iter().map(|index| format!("`{}`", index.name)).collect();
    let (expected, has) = match names.as_slice() {
        [] => ("empty, to read the table itself".to_owned(), "no index".to_owned()),
        names => (
            "the name of one of its indexes, or empty, to read the table itself".to_owned(),
            format!("the indexes {}", names.join(", ")),
        ),
    };
    SchemaMismatchError::Keys {
        mismatches: vec![Mismatch::new("EVENTS_INDEX", name, expected)],
        has: format!("{} has {has}", table.of),
    }
}

fn projects_all(index: &Index<'_>) -> Result<(), SchemaMismatchError> {
    let projection = index.projection.and_then(Projection::projection_type);
    if projection == Some(&ProjectionType::All) {
        return Ok(());
    }
    let expected = "an index with projection ALL: events read through any other would be incomplete";
    let projection = projection.map_or("unknown", ProjectionType::as_str);
    Err(SchemaMismatchError::Keys {
        mismatches: vec![Mismatch::new("EVENTS_INDEX", index.name, expected)],
        has: format!("this one has projection {projection}"),
    })
}

fn partition_key_mismatch(keys: &Keys, layout: &EventsTable) -> Option<Mismatch> {
    let expected = match keys.partition.as_slice() {
        [(name, Some(ScalarAttributeType::S))] if *name == layout.partition_key => return None,
        [(name, Some(ScalarAttributeType::S))] => format!("`{name}`"),
        [_] => "a partition key of type S, which can contain a tenant's ID".to_owned(),
        _ => "the only partition key of the table or of an index".to_owned(),
    };
    Some(Mismatch::new("EVENTS_PARTITION_KEY", &layout.partition_key, expected))
}

fn sort_key_mismatches(keys: &Keys, layout: &EventsTable) -> Vec<Mismatch> {
    let key = |expected: String| Mismatch::new("EVENTS_SORT_KEY", &layout.sort_key, expected);
    let (name, kind) = match keys.sort.as_slice() {
        [(name, kind)] => (name, kind.as_ref()),
        [] => {
            let expected = "a sort key, by which events can be read in the order of time: one of an index \
                            that EVENTS_INDEX names, if the table has none";
            return vec![key(expected.to_owned())];
        }
        _ => return vec![key("the only sort key of the table or of an index".to_owned())],
    };
    let mut mismatches = Vec::new();
    if *name != layout.sort_key {
        mismatches.push(key(format!("`{name}`")));
    }
    match kind {
        Some(ScalarAttributeType::S) => {}
        Some(ScalarAttributeType::N) if layout.sort_key_form.may_be_number() => {}
        Some(ScalarAttributeType::N) => {
            let numbers = SortKeyForm::NAMES.iter().filter(|(_, form)| form.may_be_number());
            let numbers: Vec<&str> = numbers.map(|(name, _)| *name).collect();
            let expected = format!("{} for a sort key of type N", numbers.join(" or "));
            mismatches.push(Mismatch::new("EVENTS_SORT_KEY_FORM", layout.sort_key_form.name(), expected));
        }
        _ => mismatches.push(key("a sort key of type S or N".to_owned())),
    }
    mismatches
}
