//! The order of events in answers, and where in it a row is.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::part::PartNumber;
use crate::time::Time;

/// In which order rows are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// The latest event first.
    #[default]
    Newest,
    /// The earliest event first.
    Oldest,
}

impl Order {
    /// The name in requests.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::Oldest => "oldest",
        }
    }

    /// Compares as rows follow each other in an answer.
    pub(super) fn compare<T: Ord>(self, left: &T, right: &T) -> Ordering {
        match self {
            Self::Newest => right.cmp(left),
            Self::Oldest => left.cmp(right),
        }
    }
}

/// Where a row is in the order (time, part, position). What is not sealed follows what is sealed at the same
/// time. No two events have the same key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RowKey {
    /// The event's own time, else the beginning of its window.
    #[serde(rename = "t")]
    pub time: Time,
    /// Where it was read.
    #[serde(rename = "o")]
    pub origin: Origin,
}

/// Where a row was read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// No row: before all rows of the same time.
    #[serde(rename = "b")]
    Before,
    /// In a sealed part, at this position, from 0.
    #[serde(rename = "s")]
    Sealed(PartNumber, u64),
    /// In the events table, by partition and sort key, which are unique there.
    #[serde(rename = "u")]
    Table(TableKey),
    /// No row: after all rows of the same time.
    #[serde(rename = "a")]
    After,
}

/// The keys of an item in the events table, as hexadecimal digits of their bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TableKey {
    /// Of the sort key.
    #[serde(rename = "s")]
    pub sort: String,
    /// Of the partition key.
    #[serde(rename = "p")]
    pub partition: String,
}

impl RowKey {
    /// The key of an event in a part.
    #[must_use]
    pub const fn sealed(time: Time, part: PartNumber, position: u64) -> Self {
        Self { time, origin: Origin::Sealed(part, position) }
    }

    /// The key of an item of the events table.
    #[must_use]
    pub const fn in_table(time: Time, key: TableKey) -> Self {
        Self { time, origin: Origin::Table(key) }
    }
}
