//! The columns of a table: fields, or places in the event.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::event::FieldPath;
use crate::fields::Field;

/// The longest JSON Pointer of a column, in bytes.
const MAX_POINTER: usize = 500;

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Column {
    /// A field of the mapping.
    Field(Field),
    /// A place in the event, as a JSON Pointer.
    Path(String),
}

/// A text that is no column.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no column; a column is one of time, id, action, category, actor, session, target, outcome, ip and tenant, or a JSON Pointer such as /userAgent"
)]
pub struct ColumnError(String);

impl Column {
    /// The columns that a table has unless somebody chooses others.
    pub const DEFAULT: [Self; 6] = [
        Self::Field(Field::Time),
        Self::Field(Field::Action),
        Self::Field(Field::Actor),
        Self::Field(Field::Target),
        Self::Field(Field::Outcome),
        Self::Field(Field::Ip),
    ];

    /// Its path, if it is no field.
    #[must_use]
    pub fn path(&self) -> Option<FieldPath> {
        match self {
            Self::Field(_) => None,
            Self::Path(pointer) => Some(FieldPath::new(pointer)),
        }
    }
}

impl FromStr for Column {
    type Err = ColumnError;

    fn from_str(text: &str) -> Result<Self, ColumnError> {
        if text.len() > 1 && text.len() <= MAX_POINTER && text.starts_with('/') {
            return Ok(Self::Path(text.to_owned()));
        }
        let error = || ColumnError(text.chars().take(40).collect());
        Field::from_name(text).map(Self::Field).ok_or_else(error)
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(field) => field.fmt(f),
            Self::Path(pointer) => f.write_str(pointer),
        }
    }
}

impl TryFrom<String> for Column {
    type Error = ColumnError;

    fn try_from(text: String) -> Result<Self, ColumnError> {
        text.parse()
    }
}

impl From<Column> for String {
    fn from(column: Column) -> Self {
        column.to_string()
    }
}
