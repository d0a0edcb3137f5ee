//! The key that a client sends with a request, so that a repeated request is executed once.

use serde::{Deserialize, Serialize};

use super::{InvalidValueError, text_newtype};

/// An idempotency key: 1 to 255 visible ASCII characters, such as a UUID, so that it fits into an HTTP
/// header.
///
/// Source: IETF draft "The Idempotency-Key HTTP Header Field", section 2.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IdempotencyKey(String);
text_newtype!(IdempotencyKey);

impl IdempotencyKey {
    /// The grammar, but for the length.
    pub const PATTERN: &str = "[!-~]+";
    /// The greatest length.
    pub const MAX_BYTES: usize = 255;
    /// The right form, as part of an error message.
    pub const FORM: &str = "use 1 to 255 visible ASCII characters, such as a UUID";

    fn parse(text: &str) -> Result<Self, InvalidValueError> {
        let invalid =
            |problem: &str| Err(InvalidValueError::new("idempotency key", text, problem, Self::FORM));
        if text.is_empty() {
            return invalid("is empty");
        }
        if !text.bytes().all(|b| b.is_ascii_graphic()) {
            return invalid("contains a character that is not visible ASCII");
        }
        if text.len() > Self::MAX_BYTES {
            return invalid("is longer than 255 characters");
        }
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_fits_into_a_header() {
        for good in ["k", "0f8fad5b-d9cb-469f-a165-70867728950e", &"k".repeat(255)] {
            assert_eq!(good.parse::<IdempotencyKey>().unwrap().as_str(), good);
        }
        for bad in ["", "a b", "ü", "a\n", "\u{7f}", &"k".repeat(256)] {
            let error = bad.parse::<IdempotencyKey>().unwrap_err().to_string();
            assert!(error.contains("1 to 255 visible ASCII"), "{bad:?}: {error}");
        }
    }
}
