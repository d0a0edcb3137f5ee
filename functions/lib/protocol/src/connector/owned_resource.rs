//! What only one connector or tenant may use.

use std::fmt;

/// What is unique across tenants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OwnedResource {
    /// A role serves one tenant.
    Role,
    /// A folder of a bucket serves one connector, and so do those above and below it.
    Destination,
}

impl fmt::Display for OwnedResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Role => "this role",
            Self::Destination => "this destination (the prefix, one above it or one below it)",
        })
    }
}
