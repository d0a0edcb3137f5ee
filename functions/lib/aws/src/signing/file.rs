//! A key in a file: for the sandbox, and for deployments that keep their keys outside KMS.
//!
//! Two formats are read: a C2SP signer key, `PRIVATE+KEY+<name>+<ID>+<base64 of 0x01 and the seed>` (as Go's
//! `sumdb/note` and other tools write it), and PKCS#8 in PEM, as `openssl genpkey -algorithm ed25519` writes
//! it.

use std::io;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use archive::note::{KeyName, VerifierKey, VerifierKeyError};
use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::Signer as _;
use ed25519_dalek::SigningKey;
use ports::{PortError, Rng, Signer, Validity};

/// The PKCS#8 prefix of the 32-byte seed, and the total length, without and with the public key after it.
/// Sources: RFC 8410, section 7; RFC 5958, section 2.
const PKCS8: [(&[u8], usize); 2] = [
    (b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20", 48),
    (b"\x30\x51\x02\x01\x01\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20", 83),
];
const PEM: (&str, &str) = ("-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----");
const C2SP: &str = "PRIVATE+KEY+";
/// The type byte of an Ed25519 key in a C2SP note.
const ED25519: u8 = 0x01;

/// A file without a usable key. Its content is never included.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file can't be read or created.
    #[error("{path} can't be used: {source}")]
    Io {
        /// The path of the file.
        path: PathBuf,
        /// The operating system's error.
        #[source]
        source: io::Error,
    },
    /// The file contains something else.
    #[error("{path} is not a usable key file: {problem}")]
    Invalid {
        /// The path of the file.
        path: PathBuf,
        /// The reason, without any of the content.
        problem: &'static str,
    },
    /// The name can't be a key's name.
    #[error(transparent)]
    Name(#[from] VerifierKeyError),
}

/// A key read from a file.
pub struct FileSigner {
    key: SigningKey,
}

impl std::fmt::Debug for FileSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FileSigner({})", hex::encode(self.key.verifying_key().as_bytes()))
    }
}

impl FileSigner {
    /// The key in a file, with this name if the file contains one.
    ///
    /// # Errors
    /// If the file can't be read, or contains no key with this name.
    pub fn read(path: &Path, name: &KeyName) -> Result<Self, KeyFileError> {
        let text = std::fs::read_to_string(path).map_err(io_error(path))?;
        let seed = parse_seed(text.trim(), name)
            .map_err(|problem| KeyFileError::Invalid { path: path.to_owned(), problem })?;
        Ok(Self { key: SigningKey::from_bytes(&seed) })
    }

    /// The key in a file. If the file does not exist, it is created with a new key, readable by its owner
    /// only.
    ///
    /// # Errors
    /// As [`Self::read`]; or if the file can't be created.
    pub fn read_or_create(path: &Path, name: &KeyName, randomness: &dyn Rng) -> Result<Self, KeyFileError> {
        let mut options = std::fs::OpenOptions::new();
        // Of two processes one creates the file, and the other reads it.
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = match options.open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Self::read(path, name),
            Err(source) => return Err(io_error(path)(source)),
        };
        let mut seed = [0; 32];
        for eight in seed.chunks_mut(8) {
            eight.copy_from_slice(&randomness.next_u64().to_be_bytes());
        }
        let key = SigningKey::from_bytes(&seed);
        let text = encode_c2sp(name, &key)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(io_error(path))?;
        Ok(Self { key })
    }
}

#[async_trait]
impl Signer for FileSigner {
    async fn public_key(&self) -> Result<[u8; 32], PortError> {
        Ok(self.key.verifying_key().to_bytes())
    }

    /// A file says nothing about its key's validity: its own times change with each copy.
    async fn validity(&self) -> Result<Validity, PortError> {
        Ok(Validity::default())
    }

    /// The signature of a text is always the same.
    async fn sign(&self, message: &[u8]) -> Result<[u8; 64], PortError> {
        Ok(self.key.sign(message).to_bytes())
    }
}

fn io_error(path: &Path) -> impl Fn(io::Error) -> KeyFileError {
    |source| KeyFileError::Io { path: path.to_owned(), source }
}

/// In the C2SP format.
fn encode_c2sp(name: &KeyName, key: &SigningKey) -> Result<String, VerifierKeyError> {
    let id = hex::encode(VerifierKey::new(name.clone(), key.verifying_key().to_bytes())?.id());
    let blob = STANDARD.encode([[ED25519].as_slice(), key.as_bytes()].concat());
    Ok(format!("{C2SP}{name}+{id}+{blob}\n"))
}

fn parse_seed(text: &str, name: &KeyName) -> Result<[u8; 32], &'static str> {
    if let Some(fields) = text.strip_prefix(C2SP) {
        return parse_c2sp(fields, name);
    }
    let pem = text.strip_prefix(PEM.0).and_then(|rest| rest.strip_suffix(PEM.1));
    let base64: String =
        pem.ok_or("it is neither a C2SP signer key nor PKCS#8 in PEM")?.split_whitespace().collect();
    let der = STANDARD.decode(base64).map_err(|_| "its PEM is malformed")?;
    let seed = PKCS8
        .iter()
        .filter(|(_, length)| der.len() == *length)
        .find_map(|(start, _)| der.strip_prefix(*start).and_then(|rest| rest.first_chunk::<32>()));
    seed.copied().ok_or("its key is not Ed25519")
}

fn parse_c2sp(fields: &str, name: &KeyName) -> Result<[u8; 32], &'static str> {
    // The base64 may contain a plus itself.
    let mut fields = fields.splitn(3, '+');
    let (Some(of), Some(id), Some(base64)) = (fields.next(), fields.next(), fields.next()) else {
        return Err("the fields of a signer key are missing");
    };
    if of != name.to_string() {
        return Err("its key has another name");
    }
    let blob = STANDARD.decode(base64).map_err(|_| "its last field is not base64")?;
    let seed: [u8; 32] = match blob.split_first() {
        Some((&ED25519, seed)) => seed.try_into().map_err(|_| "its key is not 32 bytes long")?,
        _ => return Err("its key is not Ed25519"),
    };
    let public = SigningKey::from_bytes(&seed).verifying_key().to_bytes();
    let key = VerifierKey::new(name.clone(), public).map_err(|_| "its key is weak")?;
    if hex::encode(key.id()) == id { Ok(seed) } else { Err("its ID belongs to another key") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemRng;

    fn name() -> KeyName {
        "vendor.example/auditferry".parse().unwrap()
    }

    /// `openssl genpkey -algorithm ed25519`, the key of RFC 8410, section 10.3.
    const RFC_8410: &str = "-----BEGIN PRIVATE KEY-----\n\
        MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
        -----END PRIVATE KEY-----\n";
    const RFC_8410_WITH_PUBLIC: &str = "-----BEGIN PRIVATE KEY-----\n\
        MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
        oB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrB\n\
        Z9w7lshQhqowtrbLDFw4rXAxZuE=\n\
        -----END PRIVATE KEY-----\n";

    #[test]
    fn the_key_of_the_rfc_is_read_from_pkcs8() {
        let key = SigningKey::from_bytes(&parse_seed(RFC_8410.trim(), &name()).unwrap());
        let public = hex::encode(key.verifying_key().as_bytes());
        assert_eq!(public, "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1");
        // With attributes it has another length. Nothing that signs for us writes any.
        assert_eq!(parse_seed(RFC_8410_WITH_PUBLIC.trim(), &name()), Err("its key is not Ed25519"));
    }

    #[test]
    fn a_created_key_is_read_back_and_only_its_owner_may_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("signing-key");
        let made = FileSigner::read_or_create(&path, &name(), &SystemRng).unwrap();
        let again = FileSigner::read_or_create(&path, &name(), &SystemRng).unwrap();
        assert_eq!(made.key.to_bytes(), again.key.to_bytes());
        assert!(!format!("{made:?}").contains(&hex::encode(made.key.to_bytes())));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_foreign_or_invalid_key_is_rejected_without_showing_it() {
        let key = SigningKey::from_bytes(&[1; 32]);
        let text = encode_c2sp(&name(), &key).unwrap();
        assert_eq!(parse_c2sp(text.trim().strip_prefix(C2SP).unwrap(), &name()), Ok([1; 32]));
        let other: KeyName = "other.example/auditferry".parse().unwrap();
        assert_eq!(parse_seed(text.trim(), &other), Err("its key has another name"));
        let id = hex::encode(VerifierKey::new(name(), key.verifying_key().to_bytes()).unwrap().id());
        let wrong = text.replace(&id, "00000000");
        assert_eq!(parse_seed(wrong.trim(), &name()), Err("its ID belongs to another key"));
        for bad in ["", "PRIVATE+KEY+", "-----BEGIN PRIVATE KEY-----", "secret"] {
            let error = parse_seed(bad, &name()).unwrap_err();
            assert!(!error.contains("secret"));
        }
    }
}
