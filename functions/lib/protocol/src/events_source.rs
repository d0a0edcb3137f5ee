//! The events table that a connector is read from. It is remembered from the first seal on.
//!
//! An empty read of a wrong table looks like a quiet hour and would be signed as one. So a run whose table,
//! index or keys differ from the remembered ones seals nothing until an operator accepts the new source and
//! states the time from which it contains the events.

use std::fmt;

use archive::time::Time;
use serde::{Deserialize, Serialize};

/// A table and the keys by which it is read. The names of body and TTL attributes are not part of it: a
/// change of those hides no event.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct EventsSource {
    /// The table's name or ARN, as configured.
    pub table: String,
    /// DynamoDB's ID of this table (`TableId` of `DescribeTable`): a table that was deleted and created again
    /// has the same name and another ID. Absent if a stand-in returns none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table_id: Option<String>,
    /// The keys by which it is read.
    #[serde(flatten)]
    pub layout: KeyLayout,
}

/// The keys by which a table is read.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct KeyLayout {
    /// The index, if it is read through one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<String>,
    /// The attribute that is the partition key.
    pub partition_key: String,
    /// How a partition key is made from a tenant.
    pub partition_format: String,
    /// The attribute that is the sort key.
    pub sort_key: String,
    /// How a sort key encodes the time.
    pub sort_key_form: String,
}

/// One line, for logs and the command line.
impl fmt::Display for EventsSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let KeyLayout { index, partition_key, partition_format, sort_key, sort_key_form } = &self.layout;
        write!(f, "table {}", self.table)?;
        if let Some(id) = &self.table_id {
            write!(f, " (ID {id})")?;
        }
        if let Some(index) = index {
            write!(f, ", index {index}")?;
        }
        write!(f, ", keys {partition_key} ({partition_format}) and {sort_key} ({sort_key_form})")
    }
}

/// The source that a connector's cursor remembers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RememberedSource {
    /// The table and its keys.
    #[serde(flatten)]
    pub source: EventsSource,
    /// Its acceptance by an operator; `None` for the first source of a connector.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<Acceptance>,
}

/// An operator's statement that a new source contains the events.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Acceptance {
    /// Nothing before this time is read from the new source.
    pub from: Time,
    /// When it was accepted.
    pub at: Time,
    /// The operator who accepted it.
    pub by: String,
}

impl RememberedSource {
    /// The source of a first seal, which needs no acceptance.
    #[must_use]
    pub const fn first(source: EventsSource) -> Self {
        Self { source, accepted: None }
    }
}
