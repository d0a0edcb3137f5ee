//! Values that users enter: each is a type with the platform's own grammar, so an invalid value can't exist
//! past the edge.
//!
//! A type whose grammar is published has it as a regular expression too (`PATTERN` or `pattern`, ECMA-262, of
//! the whole text), beside its parser: the schemas of the API's document are made of them.

mod aws;
mod contact;
mod idempotency_key;
mod ids;
mod invisible;
mod pasted;
mod portal;
mod prefix;
mod return_url;
mod role;
mod tenant;

pub use aws::{AccountId, BucketName, KmsKeyArn, PARTITIONS, RESERVED_PREFIXES, RESERVED_SUFFIXES, Region};
pub use contact::{EmailAddress, WebhookUrl};
pub use idempotency_key::IdempotencyKey;
pub use ids::{ConnectorId, ExternalId, WorkerId};
pub use invisible::escape_invisible;
pub use portal::PortalUrl;
pub use prefix::Prefix;
pub use return_url::ReturnUrl;
pub use role::{CustomerRole, ROLE_PATH, RoleArn};
pub use tenant::TenantId;

/// An invalid value: what is wrong with it and the right form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} `{value}` {problem}; {form}")]
pub struct InvalidValueError {
    /// The kind of value, such as `bucket name`.
    pub what: &'static str,
    /// The value, shortened and with control characters escaped.
    pub value: String,
    /// What is wrong with it.
    pub problem: String,
    /// The right form, as it reads after the problem and a semicolon.
    pub form: &'static str,
}

impl InvalidValueError {
    /// The error of this value, which is shortened to 80 characters and escaped.
    #[must_use]
    pub fn new(what: &'static str, value: &str, problem: impl Into<String>, form: &'static str) -> Self {
        let value = value.chars().take(80).flat_map(char::escape_debug).collect();
        Self { what, value, problem: problem.into(), form }
    }
}

/// Implements `Display`, `FromStr` and the serde conversions of a text newtype by its `parse` function.
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
            type Err = $crate::names::InvalidValueError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }
        impl TryFrom<String> for $name {
            type Error = $crate::names::InvalidValueError;
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
