//! The IDs and texts of the explorer's records, each with its bounds. All records together must stay far
//! below the 400 KB of a `DynamoDB` item (developer guide, "Constraints in Amazon `DynamoDB`").

use std::str::FromStr;

use archive::names::InvalidValueError;
use archive::time::Time;
use serde::{Deserialize, Serialize};

use crate::parsed_text::parsed_text;
use crate::visible_name::{self, visible_name};

/// Whether this is a prefix and so many lower-case hexadecimal digits.
fn is_id(text: &str, prefix: &str, digits: usize) -> bool {
    let found = text.strip_prefix(prefix).unwrap_or_default();
    found.len() == digits && found.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// The ID of a saved exploration: `exp_` and 16 lower-case hexadecimal digits, unique within its tenant. It
/// has no time in it, so that the same idempotency key always makes the same ID.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ExplorationId(String);
parsed_text!(ExplorationId);

impl ExplorationId {
    /// The grammar.
    pub const PATTERN: &str = "exp_[0-9a-f]{16}";

    /// A new one from 64 random bits.
    #[must_use]
    pub fn new(random: u64) -> Self {
        Self(format!("exp_{random:016x}"))
    }
}

impl FromStr for ExplorationId {
    type Err = InvalidValueError;

    fn from_str(text: &str) -> Result<Self, InvalidValueError> {
        if is_id(text, "exp_", 16) {
            return Ok(Self(text.to_owned()));
        }
        let form = "it is `exp_` and 16 lower-case hexadecimal digits, as the list of explorations shows it";
        Err(InvalidValueError::new("exploration ID", text, "has the wrong form", form))
    }
}

/// The ID of a download: `dwn_` and 28 lower-case hexadecimal digits. The first 12 are the time of its
/// request in milliseconds, so IDs sort by time; the others are random.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DownloadId(String);
parsed_text!(DownloadId);

impl DownloadId {
    /// The grammar.
    pub const PATTERN: &str = "dwn_[0-9a-f]{28}";

    /// A new one, of a download that is requested at `now`.
    #[must_use]
    pub fn new(now: Time, random: u64) -> Self {
        let millis = u64::try_from(now.millis()).unwrap_or(0) & 0xffff_ffff_ffff;
        Self(format!("dwn_{millis:012x}{random:016x}"))
    }
}

impl FromStr for DownloadId {
    type Err = InvalidValueError;

    fn from_str(text: &str) -> Result<Self, InvalidValueError> {
        if is_id(text, "dwn_", 28) {
            return Ok(Self(text.to_owned()));
        }
        let form = "it is `dwn_` and 28 lower-case hexadecimal digits, as the list of downloads shows it";
        Err(InvalidValueError::new("download ID", text, "has the wrong form", form))
    }
}

/// The name of a saved exploration, 1 to 100 visible characters. Two explorations may have the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ExplorationName(String);
parsed_text!(ExplorationName);

impl ExplorationName {
    /// The maximum length in characters.
    pub const MAX_LEN: usize = visible_name::MAX_LEN;
}

impl FromStr for ExplorationName {
    type Err = InvalidValueError;

    fn from_str(text: &str) -> Result<Self, InvalidValueError> {
        visible_name(text, "give a name of 1 to 100 characters, such as `Failed logins`").map(Self)
    }
}

/// Makes a text that is bounded by its number of bytes.
macro_rules! bounded_text {
    ($(#[$doc:meta])* $name:ident, $what:literal, $bytes:literal, $form:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);
        parsed_text!($name);

        impl $name {
            /// The maximum length in bytes.
            pub const MAX_BYTES: usize = $bytes;
        }

        impl FromStr for $name {
            type Err = InvalidValueError;

            fn from_str(text: &str) -> Result<Self, InvalidValueError> {
                if text.len() <= Self::MAX_BYTES {
                    return Ok(Self(text.to_owned()));
                }
                // The text may contain values of events, which belong into no error.
                let problem = format!("has {} bytes", text.len());
                Err(InvalidValueError::new($what, "(hidden)", problem, $form))
            }
        }
    };
}

bounded_text!(
    /// What a download contains: the request as JSON, which only the reader understands.
    DownloadRequest, "request of a download", 8_192, "it has at most 8 KB"
);
bounded_text!(
    /// What a download was made of, as JSON: filter, parts, hashes, count, cut or whole.
    Receipt, "receipt of a download", 262_144, "it has at most 256 KB"
);
bounded_text!(
    /// Where the fields are in the events, as canonical JSON.
    MappingText, "mapping of fields", 32_768, "it has at most 32 KB"
);

/// The text of a filter, at most 2,000 characters. An empty one matches every event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FilterText(String);
parsed_text!(FilterText);

impl FilterText {
    /// The maximum length in characters.
    pub const MAX_LEN: usize = 2_000;

    /// The start of a text, as long as a filter may be.
    #[must_use]
    pub fn cut(text: &str) -> Self {
        Self(text.chars().take(Self::MAX_LEN).collect())
    }
}

impl FromStr for FilterText {
    type Err = InvalidValueError;

    fn from_str(text: &str) -> Result<Self, InvalidValueError> {
        let length = text.chars().count();
        if length <= Self::MAX_LEN {
            return Ok(Self(text.to_owned()));
        }
        let problem = format!("has {length} characters");
        Err(InvalidValueError::new("filter", text, problem, "it has at most 2,000"))
    }
}
