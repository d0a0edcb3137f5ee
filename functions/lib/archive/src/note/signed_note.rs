//! A signed note: a text, an empty line, and one line per signature.
//!
//! Source: C2SP, "Note" (<https://c2sp.org/signed-note>). Parsing is strict: an accepted note is, byte for
//! byte, what [`SignedNote::bytes`] writes again.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256 as Hasher};

use super::{ManifestParseError, excerpt};
use crate::sha256::Sha256;

/// The largest note that is read, bytes: our text, and room for 16 signatures of post-quantum size.
pub const MAX_NOTE: usize = 128 << 10;

/// The most signatures in a note that is read.
pub const MAX_SIGNATURES: usize = 32;

/// The start of a signature line: an em dash and a space.
const SIGNATURE_PREFIX: &str = "\u{2014} ";

/// A signature of a note: the key's name and ID, and the signature's bytes.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct NoteSignature {
    /// The key's name; C2SP allows no space and no `+` in it.
    pub name: String,
    /// The key's ID, the first four bytes of a hash.
    pub id: [u8; 4],
    /// The raw signature of the text.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NoteSignature({}+{})", self.name, hex::encode(self.id))
    }
}

impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let blob = [self.id.as_slice(), &self.bytes].concat();
        write!(f, "{SIGNATURE_PREFIX}{} {}", self.name, STANDARD.encode(blob))
    }
}

/// A text with its signatures. Parsing it does not verify them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SignedNote {
    text: String,
    signatures: Vec<NoteSignature>,
}

impl SignedNote {
    /// Creates a note with this text.
    ///
    /// # Errors
    /// If the text does not end with a newline or contains another control character, if there is no
    /// signature or more than [`MAX_SIGNATURES`], if a key's name is invalid, or if the note is larger than
    /// [`MAX_NOTE`].
    pub fn new(text: String, signatures: Vec<NoteSignature>) -> Result<Self, ManifestParseError> {
        let note = Self { text, signatures };
        // `parse` alone decides what a valid note is.
        Self::parse(&note.bytes())?;
        Ok(note)
    }

    /// Parses the bytes of a note.
    ///
    /// # Errors
    /// If it is not a valid note: the first wrong line, and why.
    pub fn parse(bytes: &[u8]) -> Result<Self, ManifestParseError> {
        if bytes.len() > MAX_NOTE {
            return Err(ManifestParseError::new(1, format!("the note is larger than {MAX_NOTE} bytes")));
        }
        let note = std::str::from_utf8(bytes).map_err(|error| {
            ManifestParseError::new(line_of(bytes, error.valid_up_to()), "it is not UTF-8")
        })?;
        if note.starts_with('\u{feff}') {
            return Err(ManifestParseError::new(1, "it begins with a byte order mark"));
        }
        if let Some(index) = bytes.iter().position(|b| (*b < b' ' && *b != b'\n') || *b == 0x7f) {
            let what = if bytes.get(index..index + 2) == Some(b"\r\n") {
                "it has Windows line endings (CRLF)"
            } else {
                "it contains a control character"
            };
            return Err(ManifestParseError::new(line_of(bytes, index), what));
        }
        // Lines are counted only on errors, since most notes are valid.
        let last = || line_of(bytes, bytes.len());
        if !note.ends_with('\n') {
            return Err(ManifestParseError::new(last(), "it is truncated: the line has no newline"));
        }
        // The last empty line separates text and signatures; it belongs to neither.
        let Some(end_of_text) = note.rfind("\n\n") else {
            return Err(ManifestParseError::new(
                last(),
                "it is truncated: no empty line and no signature follows",
            ));
        };
        let (text, rest) = note.split_at(end_of_text + 1);
        let lines = rest.strip_prefix('\n').unwrap_or_default();
        let first = || line_of(bytes, end_of_text + 2);
        let mut signatures = Vec::new();
        for line in lines.split_terminator('\n') {
            let number = || first() + signatures.len();
            if signatures.len() == MAX_SIGNATURES {
                return Err(ManifestParseError::new(
                    number(),
                    format!("there are more than {MAX_SIGNATURES} signatures"),
                ));
            }
            let read = signature(line).map_err(|reason| ManifestParseError::new(number(), reason))?;
            signatures.push(read);
        }
        if signatures.is_empty() {
            return Err(ManifestParseError::new(first(), "it is truncated: no signature follows"));
        }
        Ok(Self { text: text.to_owned(), signatures })
    }

    /// The text that is signed, including its last newline.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures, in the order of the note.
    #[must_use]
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// The bytes of the note's file.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut note = format!("{}\n", self.text);
        for signature in &self.signatures {
            note.push_str(&signature.to_string());
            note.push('\n');
        }
        note.into_bytes()
    }

    /// The SHA-256 of the text: the `previous` of the next manifest, and part of the file name. Signatures
    /// are not included: they are not signed themselves, so nothing may depend on which of them are there.
    #[must_use]
    pub fn sha256(&self) -> Sha256 {
        Sha256::new(Hasher::digest(&self.text).into())
    }
}

/// Parses a signature line: dash, name, base64 of key ID and signature.
fn signature(line: &str) -> Result<NoteSignature, String> {
    let (name, base64) = line
        .strip_prefix(SIGNATURE_PREFIX)
        .and_then(|rest| rest.split_once(' '))
        .ok_or_else(|| format!("`{}` is not `— KEY BASE64`", excerpt(line)))?;
    if name.is_empty() || name.chars().any(|c| c.is_whitespace() || c == '+') {
        return Err(format!("`{}` is not the name of a key", excerpt(name)));
    }
    let blob = STANDARD.decode(base64).map_err(|error| format!("the signature is not base64: {error}"))?;
    match blob.split_first_chunk::<4>() {
        Some((id, bytes)) if !bytes.is_empty() => {
            Ok(NoteSignature { name: name.to_owned(), id: *id, bytes: bytes.to_vec() })
        }
        _ => Err("the signature is shorter than a key ID".to_owned()),
    }
}

/// The number of the line that contains this byte, from 1.
fn line_of(bytes: &[u8], index: usize) -> usize {
    1 + bytes.iter().take(index).filter(|b| **b == b'\n').count()
}
