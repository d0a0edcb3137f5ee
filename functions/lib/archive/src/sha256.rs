//! A SHA-256 digest, as written in records and names.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256 as Hasher};

/// A SHA-256 digest; its text form is 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sha256([u8; 32]);

impl Sha256 {
    /// The text form, as a regular expression of the whole text.
    pub const PATTERN: &str = "[0-9a-f]{64}";

    /// Makes a digest from its 32 bytes.
    #[must_use]
    pub const fn new(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// The digest of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Hasher::digest(bytes).into())
    }

    /// The 32 bytes of the digest.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first 16 hexadecimal digits, as in object names.
    #[must_use]
    pub fn short(&self) -> String {
        let mut digits = self.to_string();
        digits.truncate(16);
        digits
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sha256({self})")
    }
}

impl TryFrom<String> for Sha256 {
    type Error = hex::FromHexError;
    fn try_from(digits: String) -> Result<Self, Self::Error> {
        let bytes = hex::decode(digits)?;
        bytes.try_into().map(Self).map_err(|_| hex::FromHexError::InvalidStringLength)
    }
}

impl From<Sha256> for String {
    fn from(digest: Sha256) -> Self {
        digest.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_matches_the_standard_and_is_stored_as_its_digits() {
        // FIPS 180-2, appendix B.1.
        let digits = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let hash = Sha256::of(b"abc");
        assert_eq!((hash.to_string().as_str(), hash.short().as_str()), (digits, "ba7816bf8f01cfea"));
        assert_eq!(hex::encode(hash.bytes()), digits);
        assert_eq!(Sha256::try_from(digits.to_owned()).unwrap(), hash);
        assert!(Sha256::try_from("ba78".to_owned()).is_err(), "too short");
    }
}
