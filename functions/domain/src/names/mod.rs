//! The names that users give: each a type with the platform's own grammar, so that past the edge an invalid
//! value can't exist.

mod aws;
mod contact;
mod ids;
mod key;
mod pasted;
mod portal;
mod prefix;
mod role;
mod tenant;
mod visible;

pub use aws::{AccountId, BucketName, KmsKeyArn, PARTITIONS, RESERVED_ENDS, RESERVED_STARTS, Region};
pub use contact::{EmailAddress, WebhookUrl};
pub use ids::{ConnectorId, ExternalId, WorkerId};
pub use key::IdempotencyKey;
pub use portal::PortalUrl;
pub use prefix::Prefix;
pub use role::{CustomerRole, ROLE_PATH, RoleArn};
pub use tenant::TenantId;
pub use visible::visible;

/// A value that was refused: what was wrong and what form is right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} `{value}` {problem}; {form}")]
pub struct Refused {
    /// What the value was meant to be, such as `bucket name`.
    pub what: &'static str,
    /// The value, shortened and with control characters escaped.
    pub value: String,
    /// What is wrong with it.
    pub problem: String,
    /// The right form.
    pub form: &'static str,
}

impl Refused {
    pub(crate) fn new(
        what: &'static str,
        value: &str,
        problem: impl Into<String>,
        form: &'static str,
    ) -> Self {
        let value = value.chars().take(80).flat_map(char::escape_debug).collect();
        Self { what, value, problem: problem.into(), form }
    }
}

/// Gives a text newtype its `Display`, `FromStr` and serde forms, all through its `parse` function.
macro_rules! text_newtype {
    ($name:ident) => {
        impl $name {
            /// The text as it was accepted.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl std::str::FromStr for $name {
            type Err = $crate::names::Refused;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }
        impl TryFrom<String> for $name {
            type Error = $crate::names::Refused;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::parse(&text)
            }
        }
        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }
    };
}
pub(crate) use text_newtype;
