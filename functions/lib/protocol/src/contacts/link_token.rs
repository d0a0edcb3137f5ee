//! The token in a confirmation mail's link: 256 random bits. Only its hash is stored, so reading the ledger
//! is not enough to confirm an address.

use std::fmt;
use std::str::FromStr;

use archive::names::InvalidValueError;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::Digest as _;
use sha2::Sha256;

/// The size of a token in bytes.
const BYTES: usize = 32;

/// 256 random bits; as text, 43 characters of base64url (RFC 4648, section 5). `Debug` output is redacted.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkToken([u8; BYTES]);

impl LinkToken {
    /// A new random token.
    #[must_use]
    pub fn new(mut random: impl FnMut() -> u64) -> Self {
        let mut bytes = [0; BYTES];
        for (slot, byte) in bytes.iter_mut().zip((0..4).flat_map(|_| random().to_be_bytes())) {
            *slot = byte;
        }
        Self(bytes)
    }

    /// The text for the link.
    #[must_use]
    pub fn expose(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// The hash that is stored.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        TokenHash(hex::encode(Sha256::digest(self.0)))
    }
}

impl FromStr for LinkToken {
    type Err = InvalidValueError;

    fn from_str(text: &str) -> Result<Self, InvalidValueError> {
        // Nothing longer is decoded: the text is untrusted input.
        let bytes = (text.len() == 43).then(|| URL_SAFE_NO_PAD.decode(text).ok()).flatten();
        let bytes = bytes.and_then(|bytes| <[u8; BYTES]>::try_from(bytes).ok());
        bytes.map(Self).ok_or_else(|| {
            InvalidValueError::new(
                "link",
                "(hidden)",
                "is incomplete",
                "open it exactly as it appears in the mail",
            )
        })
    }
}

impl fmt::Debug for LinkToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkToken(hidden)")
    }
}

/// The SHA-256 of a token, in hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TokenHash(String);

impl TokenHash {
    /// The 64 hexadecimal digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    // Explicit, because the prelude of proptest has an `Rng` too.

    /// Counts up.
    fn counting(from: u64) -> impl FnMut() -> u64 {
        let mut next = from;
        move || {
            next += 1;
            next - 1
        }
    }

    #[test]
    fn a_token_is_256_bits_that_parse_back_and_never_appear_in_debug_output() {
        let mut counting = counting(1);
        let (token, other) = (LinkToken::new(&mut counting), LinkToken::new(&mut counting));
        assert_eq!(token.0.iter().filter(|byte| **byte != 0).count(), 4, "each of four draws is used");
        assert_eq!(token.expose().parse::<LinkToken>().unwrap(), token);
        assert_eq!((token.expose().len(), token.hash().as_str().len()), (43, 64));
        assert_ne!(token.hash(), other.hash());
        assert_eq!(format!("{token:?}"), "LinkToken(hidden)");
        assert!(
            !token.hash().as_str().contains(&hex::encode(token.0)),
            "the hash does not contain the token"
        );
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic_and_no_error_repeats_it(text in "\\PC{0,80}") {
            match text.parse::<LinkToken>() {
                Ok(token) => prop_assert_eq!(token.expose(), text),
                Err(refused) => prop_assert!(text.len() < 12 || !refused.to_string().contains(&text)),
            }
        }
    }
}
