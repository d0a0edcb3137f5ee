//! The state of a connector's chain: the chain head to which the next manifest is chained, the active key and
//! since when it is active, and the retired keys, which never sign again.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::note::SignedManifest;
use crate::part::PartNumber;
use crate::sha256::Sha256;

/// The ID of a key; stored as eight hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyId([u8; 4]);

impl KeyId {
    /// The text form, as a regular expression of the whole text.
    pub const PATTERN: &str = "[0-9a-f]{8}";
}

impl From<[u8; 4]> for KeyId {
    fn from(id: [u8; 4]) -> Self {
        Self(id)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

impl TryFrom<String> for KeyId {
    type Error = hex::FromHexError;
    fn try_from(digits: String) -> Result<Self, Self::Error> {
        let bytes = hex::decode(digits)?;
        bytes.try_into().map(Self).map_err(|_| hex::FromHexError::InvalidStringLength)
    }
}

impl From<KeyId> for String {
    fn from(id: KeyId) -> Self {
        id.to_string()
    }
}

/// What the next part's manifest is chained to, and which key may sign it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ChainState {
    /// The chain head: the SHA-256 of the text of the newest manifest.
    pub sha256: Sha256,
    /// The active key, which signs the next part.
    pub key: KeyId,
    /// Since which part that key is active.
    pub since: ActiveSince,
    /// The retired keys, the oldest first. None of them signs for this connector again: a deployment that was
    /// rolled back to one of them is rejected, so a stolen key can't pose as a restored one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retired: Vec<KeyId>,
}

/// The boundary from which on a key is active. Times could be forged by the signer; a part number and the
/// chain head before it can't.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ActiveSince {
    /// The first part that this key signs alone.
    pub part: PartNumber,
    /// The SHA-256 of the text of the previous part, to which that part is chained. `None` where the chain
    /// starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<Sha256>,
}

impl ChainState {
    /// The state after a part was sealed with this manifest; `before` is the state in which it was signed.
    /// `None` if it has no signature.
    #[must_use]
    pub fn after(before: Option<&Self>, part: PartNumber, manifest: &SignedManifest) -> Option<Self> {
        let (sha256, key) = (manifest.sha256(), KeyId::from(manifest.keys().last()?.id()));
        Some(match before {
            None => Self { sha256, key, since: ActiveSince { part, head: None }, retired: Vec::new() },
            Some(before) if before.key == key => Self { sha256, ..before.clone() },
            Some(before) => {
                let since = match manifest.successor() {
                    Some(_) => ActiveSince { part: part.next(), head: Some(sha256) },
                    None => ActiveSince { part, head: Some(before.sha256) },
                };
                let retired = before.retired.iter().copied().chain([before.key]).collect();
                Self { sha256, key, since, retired }
            }
        })
    }
}
