//! Signed notes and the keys that sign them (C2SP, "Note"), in the form that manifests use.

mod key_name;
mod signed_manifest;
mod signed_note;
mod verifier_key;

pub use key_name::{KeyName, VendorDomain};
pub use signed_manifest::{SignedManifest, SignedManifestError};
pub use signed_note::{MAX_NOTE, MAX_SIGNATURES, NoteSignature, SignedNote};
pub use verifier_key::{KEY_FOLDER, KeyRing, RingKey, VerifierKey, VerifierKeyError};

/// A manifest's text or a note is not in its canonical form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct ManifestParseError {
    /// The first wrong line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: String,
}

impl ManifestParseError {
    /// The error in this line, from 1.
    #[must_use]
    pub fn new(line: usize, reason: impl Into<String>) -> Self {
        Self { line, reason: reason.into() }
    }
}

/// The line that hands over to the next key. It is always the last one, so that the signer can append it to a
/// given text.
#[must_use]
pub fn successor_line(key: &VerifierKey) -> String {
    format!("successor {key}\n")
}

/// An excerpt of untrusted text that is short and safe to print.
pub(crate) fn excerpt(text: &str) -> String {
    text.chars().take(160).flat_map(char::escape_debug).collect()
}
