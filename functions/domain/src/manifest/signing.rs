//! How a manifest is signed: by which key, how one hands over to the next, and what a part's record pins of it.
//!
//! The chain passes trust on from key to key (`infra/schemas/manifest.md`, "Keys"): the last text that the old key signs
//! names the new one, in full. Which key is in charge stands in the cursor, and so do those that were before, so no
//! deployment can forget to hand over, an older deployment that still runs can't sign behind a newer one's back, and one
//! that was rolled back to a retired key can't bring that key back.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    ChainState, KeyId, KeyName, MAX_TEXT, ManifestParseError, RingKey, SignedNote, VendorDomain, VerifierKey,
    VerifierKeyError, successor_line,
};
use crate::part::{PartNumber, Sha256};
use crate::ports::{PortError, Signer, Validity};

/// A note, and the keys that signed it, the one that serves last: all that its delivery needs, whatever has become of
/// the keys by then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct SignedManifest {
    note: SignedNote,
    keys: Vec<VerifierKey>,
    /// Of the note's text.
    sha256: Sha256,
}

impl Hash for SignedManifest {
    /// The text's hash says what the note is about; notes of one text compare equal or not by their signatures.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.sha256.hash(state);
    }
}

/// As a part's record has it.
#[derive(Serialize, Deserialize)]
struct Written {
    note: String,
    keys: Vec<String>,
}

/// A record that pins no note.
#[derive(Debug, thiserror::Error)]
pub enum SignedManifestError {
    /// The note is none.
    #[error("the note of a part, {0}")]
    Note(#[from] ManifestParseError),
    /// A key is none.
    #[error("a key of a part's note: {0}")]
    Key(#[from] VerifierKeyError),
    /// Keys and signatures are not of each other.
    #[error("the keys of a part's note are not those that signed it")]
    KeyMismatch,
}

impl SignedManifest {
    /// The text with a signature of each key, the key that serves last.
    ///
    /// # Errors
    /// As [`SignedNote::new`].
    pub fn new(text: String, signed: Vec<(VerifierKey, [u8; 64])>) -> Result<Self, ManifestParseError> {
        let signatures = signed.iter().map(|(key, signature)| key.signature(*signature)).collect();
        let note = SignedNote::new(text, signatures)?;
        Ok(Self::of(note, signed.into_iter().map(|(key, _)| key).collect()))
    }

    fn of(note: SignedNote, keys: Vec<VerifierKey>) -> Self {
        let sha256 = note.sha256();
        Self { note, keys, sha256 }
    }

    /// The SHA-256 of the note's text.
    #[must_use]
    pub const fn sha256(&self) -> Sha256 {
        self.sha256
    }

    /// The note.
    #[must_use]
    pub const fn note(&self) -> &SignedNote {
        &self.note
    }

    /// The keys that signed it.
    #[must_use]
    pub fn keys(&self) -> &[VerifierKey] {
        &self.keys
    }

    /// The key to which the key before hands over with this note: two keys sign only such a note.
    #[must_use]
    pub fn successor(&self) -> Option<&VerifierKey> {
        match self.keys.as_slice() {
            [_, successor] => Some(successor),
            _ => None,
        }
    }

    /// Whether this is what was asked for: this text, with the line of the successor behind it if the key changes.
    #[must_use]
    pub fn has_text(&self, text: &str) -> bool {
        let rest = self.note.text().strip_prefix(text);
        rest == Some(self.successor().map(successor_line).unwrap_or_default().as_str())
    }
}

impl TryFrom<Written> for SignedManifest {
    type Error = SignedManifestError;
    fn try_from(written: Written) -> Result<Self, SignedManifestError> {
        let note = SignedNote::parse(written.note.as_bytes())?;
        let keys: Vec<VerifierKey> = written.keys.iter().map(|key| key.parse()).collect::<Result<_, _>>()?;
        let fits = keys.iter().zip(note.signatures()).all(|(key, signature)| key.is_named_by(signature));
        if fits && keys.len() == note.signatures().len() {
            Ok(Self::of(note, keys))
        } else {
            Err(SignedManifestError::KeyMismatch)
        }
    }
}

impl From<SignedManifest> for Written {
    fn from(pinned: SignedManifest) -> Self {
        // A note is UTF-8: nothing is lost.
        let note = String::from_utf8_lossy(&pinned.note.bytes()).into_owned();
        Self { note, keys: pinned.keys.iter().map(ToString::to_string).collect() }
    }
}

/// The key before the one that signs now.
#[derive(Clone)]
pub enum PreviousSigner {
    /// There was none.
    None,
    /// It hands over to the one that signs now.
    Signer(Arc<dyn Signer>),
    /// It is lost for good, or was stolen. The next note is signed by the new key alone, and who verifies must be told of
    /// that key.
    Lost,
}

impl fmt::Debug for PreviousSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Signer(_) => "Key",
            Self::Lost => "Lost",
        })
    }
}

/// The keys of a deployment.
#[derive(Clone)]
pub struct ManifestSigner {
    /// In whose name.
    pub vendor: VendorDomain,
    /// The key that signs.
    pub current: Arc<dyn Signer>,
    /// The one before it.
    pub before: PreviousSigner,
}

impl fmt::Debug for ManifestSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signing({})", self.vendor)
    }
}

/// Why a manifest is not signed.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
    /// The key could not be used.
    #[error(transparent)]
    Port(#[from] PortError),
    /// The chain was signed by a key that is neither the current nor the one before, so nobody can vouch for the new
    /// one.
    #[error(
        "the newest manifest was signed by key {last}, which is neither the current key, {current}, nor the one before; give that key as SIGNING_KEY_PREVIOUS, or `lost` if it is lost for good"
    )]
    NotHandedOver {
        /// The key that signed last.
        last: KeyId,
        /// The key that is to sign.
        current: KeyId,
    },
    /// The key that is to sign was in charge before, and another one has taken over from it.
    #[error(
        "key {current} was retired: key {last} has signed since part {} of this connector, and a retired key never signs again. If this stack was rolled back, deploy it with the newest key; what waits is sealed then",
        since.get()
    )]
    Retired {
        /// The key that is to sign.
        current: KeyId,
        /// The key in charge.
        last: KeyId,
        /// The first part that the key in charge signs alone.
        since: PartNumber,
    },
    /// What the key's service gave is no signature of this text by that key.
    #[error("key {0} gave a signature that is not its own")]
    InvalidSignature(KeyId),
    /// The key is none that may sign.
    #[error(transparent)]
    Key(#[from] VerifierKeyError),
    /// The text is none of a note.
    #[error("the text of a manifest, {0}")]
    Malformed(#[from] ManifestParseError),
}

impl ManifestSigner {
    /// Signs a manifest's text. `last` is the state of the chain: if the key before the current one is in charge, both
    /// sign, and the text's last line names the current one as the successor.
    ///
    /// # Errors
    /// Why it is not signed. Each signature was held against its key, so what comes back verifies.
    pub async fn sign(
        &self,
        mut text: String,
        last: Option<&ChainState>,
    ) -> Result<SignedManifest, SigningError> {
        let current = self.verifier_key(&*self.current).await?;
        let current_id = KeyId::from(current.id());
        if let Some(last) = last.filter(|last| last.retired.contains(&current_id)) {
            return Err(SigningError::Retired {
                current: current_id,
                last: last.key,
                since: last.since.part,
            });
        }
        let mut signed = Vec::new();
        if let Some(last) = last.map(|last| last.key).filter(|last| *last != current_id) {
            match &self.before {
                PreviousSigner::Signer(before) => {
                    let key = self.verifier_key(&**before).await?;
                    if KeyId::from(key.id()) != last {
                        return Err(SigningError::NotHandedOver { last, current: current_id });
                    }
                    text.push_str(&successor_line(&current));
                    let signature = before.sign(signable_bytes(&text)?).await?;
                    signed.push((key, signature));
                }
                PreviousSigner::Lost => {}
                PreviousSigner::None => {
                    return Err(SigningError::NotHandedOver { last, current: current_id });
                }
            }
        }
        let signature = self.current.sign(signable_bytes(&text)?).await?;
        signed.push((current, signature));
        let pinned = SignedManifest::new(text, signed)?;
        for (key, signature) in pinned.keys.iter().zip(pinned.note.signatures()) {
            if !key.has_signed(&pinned.note, signature) {
                return Err(SigningError::InvalidSignature(key.id().into()));
            }
        }
        Ok(pinned)
    }

    /// The public keys and how long each is good: the current one, then the one before.
    ///
    /// # Errors
    /// If they can't be had, or are none that may sign.
    pub async fn public_keys(&self) -> Result<Vec<RingKey>, SigningError> {
        let mut ring = vec![self.ring_key(&*self.current).await?];
        if let PreviousSigner::Signer(before) = &self.before {
            ring.push(self.ring_key(&**before).await?);
        }
        Ok(ring)
    }

    async fn ring_key(&self, signer: &dyn Signer) -> Result<RingKey, SigningError> {
        let key = self.verifier_key(signer).await?;
        let Validity { from, until } = signer.validity().await?;
        Ok(RingKey { key, from, until })
    }

    async fn verifier_key(&self, signer: &dyn Signer) -> Result<VerifierKey, SigningError> {
        Ok(VerifierKey::new(KeyName::of(self.vendor.clone()), signer.public_key().await?)?)
    }
}

/// The bytes of a text, if a key takes that many.
fn signable_bytes(text: &str) -> Result<&[u8], ManifestParseError> {
    if text.len() > MAX_TEXT {
        return Err(ManifestParseError::new(
            1,
            format!("it is longer than the {MAX_TEXT} bytes that KMS signs"),
        ));
    }
    Ok(text.as_bytes())
}
