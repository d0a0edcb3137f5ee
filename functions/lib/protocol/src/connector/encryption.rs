//! The server-side encryption that a delivery requests from S3.

use archive::names::KmsKeyArn;
use serde::{Deserialize, Serialize};

/// The encryption that the request names. Some bucket policies deny every write that names none, or another
/// than theirs.
///
/// Source: Amazon S3 user guide, "Protecting data using server-side encryption".
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "StoredEncryption", into = "StoredEncryption")]
pub enum Encryption {
    /// None requested: the bucket's default applies.
    #[default]
    Default,
    /// `AES256`: keys that S3 manages (SSE-S3).
    Aes256,
    /// `aws:kms`, with this key (SSE-KMS).
    Kms(KmsKeyArn),
}

/// The kinds of encryption by their names in API, command line and records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EncryptionKind {
    /// The bucket's default: the request names no encryption.
    Default,
    /// SSE-S3, with keys of S3.
    Aes256,
    /// SSE-KMS, with a KMS key of the customer.
    Kms,
}

/// A kind and a key that contradict each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EncryptionError {
    /// SSE-KMS without a key.
    #[error("`kms` needs the key: give its ARN in `kms_key`")]
    NoKey,
    /// A key that would not be used.
    #[error("a key is used with `kms` only: leave `kms_key` out, or set `encryption` to `kms`")]
    UnusedKey,
}

impl Encryption {
    /// The encryption of this kind and key. A key alone means SSE-KMS.
    ///
    /// # Errors
    /// If SSE-KMS has no key, or another kind has one.
    pub fn new(kind: Option<EncryptionKind>, key: Option<KmsKeyArn>) -> Result<Self, EncryptionError> {
        match (kind, key) {
            (None | Some(EncryptionKind::Kms), Some(key)) => Ok(Self::Kms(key)),
            (None | Some(EncryptionKind::Default), None) => Ok(Self::Default),
            (Some(EncryptionKind::Aes256), None) => Ok(Self::Aes256),
            (Some(EncryptionKind::Kms), None) => Err(EncryptionError::NoKey),
            (Some(EncryptionKind::Default | EncryptionKind::Aes256), Some(_)) => {
                Err(EncryptionError::UnusedKey)
            }
        }
    }

    /// SSE-KMS with the key, or the default without one.
    #[must_use]
    pub fn with_key(key: Option<KmsKeyArn>) -> Self {
        key.map_or(Self::Default, Self::Kms)
    }

    /// The key for SSE-KMS.
    #[must_use]
    pub const fn key(&self) -> Option<&KmsKeyArn> {
        match self {
            Self::Kms(key) => Some(key),
            Self::Default | Self::Aes256 => None,
        }
    }

    /// The value of `x-amz-server-side-encryption`, if the request has that header.
    #[must_use]
    pub const fn header(&self) -> Option<&'static str> {
        match self {
            Self::Default => None,
            Self::Aes256 => Some("AES256"),
            Self::Kms(_) => Some("aws:kms"),
        }
    }
}

/// The stored and displayed form: the kind where it is not the default, and the key.
#[derive(Serialize, Deserialize)]
struct StoredEncryption {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    encryption: Option<EncryptionKind>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kms_key: Option<KmsKeyArn>,
}

impl From<Encryption> for StoredEncryption {
    fn from(encryption: Encryption) -> Self {
        match encryption {
            Encryption::Default => Self { encryption: None, kms_key: None },
            Encryption::Aes256 => Self { encryption: Some(EncryptionKind::Aes256), kms_key: None },
            Encryption::Kms(key) => Self { encryption: Some(EncryptionKind::Kms), kms_key: Some(key) },
        }
    }
}

impl TryFrom<StoredEncryption> for Encryption {
    type Error = EncryptionError;

    fn try_from(StoredEncryption { encryption, kms_key }: StoredEncryption) -> Result<Self, EncryptionError> {
        Self::new(encryption, kms_key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "arn:aws:kms:eu-central-1:222222222222:key/1234abcd-12ab-34cd-56ef-1234567890ab";

    fn key() -> KmsKeyArn {
        KEY.parse().unwrap()
    }

    #[test]
    fn a_key_alone_means_kms_and_a_kind_without_its_key_is_refused() {
        use EncryptionKind as K;
        for (kind, with, encryption) in [
            (None, None, Ok(Encryption::Default)),
            (None, Some(key()), Ok(Encryption::Kms(key()))),
            (Some(K::Default), None, Ok(Encryption::Default)),
            (Some(K::Aes256), None, Ok(Encryption::Aes256)),
            (Some(K::Kms), Some(key()), Ok(Encryption::Kms(key()))),
            (Some(K::Kms), None, Err(EncryptionError::NoKey)),
            (Some(K::Default), Some(key()), Err(EncryptionError::UnusedKey)),
            (Some(K::Aes256), Some(key()), Err(EncryptionError::UnusedKey)),
        ] {
            assert_eq!(Encryption::new(kind, with), encryption, "{kind:?}");
        }
    }

    #[test]
    fn it_survives_its_record_and_a_record_with_only_a_key_parses() {
        for (encryption, record) in [
            (Encryption::Default, "{}".to_owned()),
            (Encryption::Aes256, r#"{"encryption":"aes256"}"#.to_owned()),
            (Encryption::Kms(key()), format!(r#"{{"encryption":"kms","kms_key":"{KEY}"}}"#)),
        ] {
            assert_eq!(serde_json::to_string(&encryption).unwrap(), record);
            assert_eq!(serde_json::from_str::<Encryption>(&record).unwrap(), encryption);
        }
        let alone = format!(r#"{{"kms_key":"{KEY}"}}"#);
        assert_eq!(serde_json::from_str::<Encryption>(&alone).unwrap(), Encryption::Kms(key()));
        assert!(serde_json::from_str::<Encryption>(r#"{"encryption":"kms"}"#).is_err());
    }
}
