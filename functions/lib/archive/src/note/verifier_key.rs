//! The vendor's public keys: their text form, validity, and verification of signatures.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest, Sha256 as Digester};

use super::{KeyName, NoteSignature, SignedNote, excerpt};
use crate::time::Time;

/// The folder of the key files below the connector's prefix.
pub const KEY_FOLDER: &str = "manifests/keys/";

/// The type of an Ed25519 key in a note. Source: C2SP, "Note", section "Signature types".
const ED25519: u8 = 0x01;

/// A text is not a valid public key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a valid key: {problem}; a key looks like vendor.example/auditferry+1234abcd+AbcD…=")]
pub struct VerifierKeyError {
    text: String,
    problem: String,
}

impl VerifierKeyError {
    fn new(text: &str, problem: impl Into<String>) -> Self {
        Self { text: excerpt(text), problem: problem.into() }
    }
}

/// A public Ed25519 key with its name, written `<name>+<8 hex digits of its ID>+<base64 of 0x01 and the
/// key>`.
///
/// Source: C2SP, "Note", and the verifier keys of Go's `golang.org/x/mod/sumdb/note`.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: KeyName,
    id: [u8; 4],
    key: VerifyingKey,
}

impl VerifierKey {
    /// The key with this name and these 32 bytes (RFC 8032).
    ///
    /// # Errors
    /// If the bytes are not a point of the curve, or are a weak one for which signatures can be forged.
    pub fn new(name: KeyName, public: [u8; 32]) -> Result<Self, VerifierKeyError> {
        let invalid = |problem| VerifierKeyError::new(&format!("{name}: {}", hex::encode(public)), problem);
        let key = VerifyingKey::from_bytes(&public).map_err(|_| invalid("it is not a point of the curve"))?;
        if key.is_weak() {
            return Err(invalid("it is weak: it would accept forged signatures"));
        }
        let digest = Digester::new()
            .chain_update(name.to_string())
            .chain_update([b'\n', ED25519])
            .chain_update(public);
        let [a, b, c, d, ..]: [u8; 32] = digest.finalize().into();
        Ok(Self { name, id: [a, b, c, d], key })
    }

    /// The key's name, `<vendor domain>/auditferry`.
    #[must_use]
    pub const fn name(&self) -> &KeyName {
        &self.name
    }

    /// The key's ID: the first four bytes of the SHA-256 of name, newline, type and key.
    #[must_use]
    pub const fn id(&self) -> [u8; 4] {
        self.id
    }

    /// The 32 bytes of the key.
    #[must_use]
    pub fn public(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    /// The name of the key file below the connector's prefix.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!("{KEY_FOLDER}{}.vkey", hex::encode(self.id))
    }

    /// Wraps a signature by this key's private half (pure Ed25519 of the text, never the pre-hashed variant).
    #[must_use]
    pub fn signature(&self, signature: [u8; 64]) -> NoteSignature {
        NoteSignature { name: self.name.to_string(), id: self.id, bytes: signature.to_vec() }
    }

    /// Whether a signature names this key. It is not verified.
    #[must_use]
    pub fn is_named_by(&self, signature: &NoteSignature) -> bool {
        signature.id == self.id && signature.name == self.name.to_string()
    }

    /// Whether the signature of the note's text was made by this key.
    #[must_use]
    pub fn has_signed(&self, note: &SignedNote, signature: &NoteSignature) -> bool {
        self.is_named_by(signature)
            && Signature::from_slice(&signature.bytes)
                .is_ok_and(|signature| self.key.verify_strict(note.text().as_bytes(), &signature).is_ok())
    }
}

impl Hash for VerifierKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
        self.public().hash(state);
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifierKey({self})")
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let blob = [[ED25519].as_slice(), self.public()].concat();
        write!(f, "{}+{}+{}", self.name, hex::encode(self.id), STANDARD.encode(blob))
    }
}

impl FromStr for VerifierKey {
    type Err = VerifierKeyError;
    fn from_str(text: &str) -> Result<Self, VerifierKeyError> {
        let invalid = |problem: &str| VerifierKeyError::new(text, problem);
        // The base64 may contain a plus itself.
        let mut fields = text.splitn(3, '+');
        let (Some(name), Some(id), Some(base64)) = (fields.next(), fields.next(), fields.next()) else {
            return Err(invalid("it does not have three fields"));
        };
        let name = name.parse::<KeyName>().map_err(|error| invalid(&error.to_string()))?;
        let blob = STANDARD.decode(base64).map_err(|_| invalid("its third field is not base64"))?;
        let public = match blob.split_first() {
            Some((&ED25519, public)) => {
                public.try_into().map_err(|_| invalid("it does not have 32 bytes"))?
            }
            _ => return Err(invalid("it is not of type 1, Ed25519")),
        };
        let key = Self::new(name, public).map_err(|error| invalid(&error.problem))?;
        if hex::encode(key.id) == id { Ok(key) } else { Err(invalid("its ID belongs to another key")) }
    }
}

/// A key with its validity, as in the line of a key file: `<key> from <time> until <time>`; either time is
/// optional. A part that is sealed at `from` or later and before `until` may be signed with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RingKey {
    /// The public key with its name.
    pub key: VerifierKey,
    /// The first instant at which the key is valid.
    pub from: Option<Time>,
    /// The first instant at which the key is no longer valid.
    pub until: Option<Time>,
}

impl RingKey {
    /// Whether a part that was sealed then may be signed with this key.
    #[must_use]
    pub fn is_valid_at(&self, sealed: Time) -> bool {
        self.from.is_none_or(|from| from <= sealed) && self.until.is_none_or(|until| sealed < until)
    }
}

impl fmt::Display for RingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.key)?;
        for (word, time) in [("from", self.from), ("until", self.until)] {
            if let Some(time) = time {
                write!(f, " {word} {time}")?;
            }
        }
        Ok(())
    }
}

impl FromStr for RingKey {
    type Err = VerifierKeyError;
    fn from_str(text: &str) -> Result<Self, VerifierKeyError> {
        let invalid = |problem: &str| VerifierKeyError::new(text, problem);
        let mut words = text.split(' ');
        let key = words.next().unwrap_or_default().parse()?;
        let (mut from, mut until) = (None, None);
        while let Some(word) = words.next() {
            let time = words.next().unwrap_or_default().parse::<Time>();
            let time = time.map_err(|error| invalid(&error.to_string()))?;
            match word {
                "from" if from.is_none() && until.is_none() => from = Some(time),
                "until" if until.is_none() => until = Some(time),
                _ => return Err(invalid("only `from TIME` and then `until TIME` may follow it")),
            }
        }
        Ok(Self { key, from, until })
    }
}

/// A set of keys, looked up by name and ID. Two keys may share both, since an ID is short; then either may
/// have signed.
#[derive(Debug, Clone, Default)]
pub struct KeyRing {
    keys: Vec<RingKey>,
}

impl KeyRing {
    /// Adds a key unless it is there already. Returns its index.
    pub fn add(&mut self, key: RingKey) -> usize {
        if let Some(index) = self.keys.iter().position(|known| known.key == key.key) {
            return index;
        }
        self.keys.push(key);
        self.keys.len() - 1
    }

    /// The keys, in the order in which they were added.
    #[must_use]
    pub fn keys(&self) -> &[RingKey] {
        &self.keys
    }

    /// The index of the key that made a signature of a note. `None` if there is no key with that name and ID.
    /// `Some(None)` if there is one, but the signature is invalid.
    #[must_use]
    pub fn signer(&self, note: &SignedNote, signature: &NoteSignature) -> Option<Option<usize>> {
        let mut named =
            self.keys.iter().enumerate().filter(|(_, known)| known.key.is_named_by(signature)).peekable();
        named.peek()?;
        Some(named.find(|(_, known)| known.key.has_signed(note, signature)).map(|(index, _)| index))
    }
}
