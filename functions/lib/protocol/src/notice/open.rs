//! Values of lists that grow.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A value of a list that may have grown: a notice can come from a newer version than its reader, which must
/// still understand the rest of the notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Open<T> {
    /// A value that this version knows.
    Known(T),
    /// A value of a newer version, as it was published.
    Newer(Value),
}

impl<T> From<T> for Open<T> {
    fn from(value: T) -> Self {
        Self::Known(value)
    }
}
