//! A manifest as it is signed and stored: the note, and the keys that signed it.

use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};

use super::{ManifestParseError, SignedNote, VerifierKey, VerifierKeyError, successor_line};
use crate::sha256::Sha256;

/// A note and the keys that signed it, the newest key last: all that delivery needs, whatever happens to the
/// keys in the meantime.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "StoredManifest", into = "StoredManifest")]
pub struct SignedManifest {
    note: SignedNote,
    keys: Vec<VerifierKey>,
    /// The SHA-256 of the note's text, by which the next manifest refers to it.
    sha256: Sha256,
}

impl Hash for SignedManifest {
    /// Hashes only the text; notes with the same text still compare by their signatures.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.sha256.hash(state);
    }
}

/// The form in which a part's record stores it.
#[derive(Serialize, Deserialize)]
struct StoredManifest {
    note: String,
    keys: Vec<String>,
}

/// A part's record does not contain a valid signed manifest.
#[derive(Debug, thiserror::Error)]
pub enum SignedManifestError {
    /// The note is malformed.
    #[error("the note of a part, {0}")]
    Note(#[from] ManifestParseError),
    /// A key is invalid.
    #[error("a key of a part's note: {0}")]
    Key(#[from] VerifierKeyError),
    /// Keys and signatures do not match.
    #[error("the keys of a part's note do not match its signatures")]
    KeyMismatch,
}

impl SignedManifest {
    /// The text with a signature of each key, the newest key last.
    ///
    /// # Errors
    /// Those of [`SignedNote::new`].
    pub fn new(text: String, signed: Vec<(VerifierKey, [u8; 64])>) -> Result<Self, ManifestParseError> {
        let signatures = signed.iter().map(|(key, signature)| key.signature(*signature)).collect();
        let note = SignedNote::new(text, signatures)?;
        Ok(Self::of(note, signed.into_iter().map(|(key, _)| key).collect()))
    }

    /// A note that a verification of an archive accepts, with those of its signers that are trusted: none if
    /// only a trusted text after it names it. The note may have signature lines of others, which prove
    /// nothing, so it is shown and never stored.
    #[must_use]
    pub fn verified(note: SignedNote, keys: Vec<VerifierKey>) -> Self {
        Self::of(note, keys)
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

    /// The signed note, which is delivered as a file.
    #[must_use]
    pub const fn note(&self) -> &SignedNote {
        &self.note
    }

    /// The keys that signed it, the newest last.
    #[must_use]
    pub fn keys(&self) -> &[VerifierKey] {
        &self.keys
    }

    /// The key to which the previous key hands over with this note. Only a handover is signed by two keys.
    #[must_use]
    pub fn successor(&self) -> Option<&VerifierKey> {
        match self.keys.as_slice() {
            [_, successor] => Some(successor),
            _ => None,
        }
    }

    /// Whether the note has this text, followed by the successor's line if the key changes.
    #[must_use]
    pub fn has_text(&self, text: &str) -> bool {
        let rest = self.note.text().strip_prefix(text);
        rest == Some(self.successor().map(successor_line).unwrap_or_default().as_str())
    }
}

impl TryFrom<StoredManifest> for SignedManifest {
    type Error = SignedManifestError;
    fn try_from(stored: StoredManifest) -> Result<Self, SignedManifestError> {
        let note = SignedNote::parse(stored.note.as_bytes())?;
        let keys: Vec<VerifierKey> = stored.keys.iter().map(|key| key.parse()).collect::<Result<_, _>>()?;
        let fits = keys.iter().zip(note.signatures()).all(|(key, signature)| key.is_named_by(signature));
        if fits && keys.len() == note.signatures().len() {
            Ok(Self::of(note, keys))
        } else {
            Err(SignedManifestError::KeyMismatch)
        }
    }
}

impl From<SignedManifest> for StoredManifest {
    fn from(manifest: SignedManifest) -> Self {
        // A note is UTF-8, so the conversion loses nothing.
        let note = String::from_utf8_lossy(&manifest.note.bytes()).into_owned();
        Self { note, keys: manifest.keys.iter().map(ToString::to_string).collect() }
    }
}
