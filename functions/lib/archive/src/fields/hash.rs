//! What identifies a mapping: an index is good for one mapping only.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256 as Hasher};

use super::{EventFields, Field};

/// The first 64 bits of the SHA-256 of a mapping's canonical text, as 16 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MappingHash(u64);

impl EventFields {
    /// The hash of the mapping. Two mappings that read all events alike may have different ones.
    #[must_use]
    pub fn hash(&self) -> MappingHash {
        let mut hasher = Hasher::new();
        for field in Field::ALL {
            hasher.update(format!("{field}\n"));
            for path in self.places_of(field) {
                hasher.update(format!("{:?}\n", path.pointer()));
            }
        }
        for rule in self.outcome.rules() {
            hasher.update(format!("{:?} {:?} {:?}\n", rule.path.pointer(), rule.success, rule.failure));
        }
        hasher.update(self.outcome.otherwise().as_str());
        let digest: [u8; 32] = hasher.finalize().into();
        MappingHash(u64::from_be_bytes(*digest.first_chunk().unwrap_or(&[0; 8])))
    }
}

impl fmt::Display for MappingHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl From<MappingHash> for String {
    fn from(hash: MappingHash) -> Self {
        hash.to_string()
    }
}

/// A text that is not a mapping's hash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a mapping's hash has 16 hexadecimal digits in lower case")]
pub struct MappingHashError;

impl TryFrom<String> for MappingHash {
    type Error = MappingHashError;

    fn try_from(text: String) -> Result<Self, MappingHashError> {
        let hash = u64::from_str_radix(&text, 16).map(Self).map_err(|_| MappingHashError)?;
        if hash.to_string() == text { Ok(hash) } else { Err(MappingHashError) }
    }
}
