//! The secret of a webhook and its signature: Standard Webhooks 1.0, symmetric.
//!
//! Source: Standard Webhooks specification, "Signature scheme" and "Secret rotation".

use std::fmt;
use std::str::FromStr;

use archive::names::InvalidValueError;
use archive::time::Time;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::Hmac;
use hmac::KeyInit as _;
use hmac::Mac as _;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

const PREFIX: &str = "whsec_";

/// 256 random bits. As text, `whsec_` and their base64, shown once to the caller who requested it. `Debug`
/// output is redacted.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecret(Vec<u8>);

impl WebhookSecret {
    /// The form of a secret that Auditferry makes, as a regular expression of the whole text.
    pub const PATTERN: &str = "whsec_[A-Za-z0-9+/]{43}=";

    /// A new secret of 256 bits; `random` draws 64 of them.
    #[must_use]
    pub fn new(mut random: impl FnMut() -> u64) -> Self {
        Self((0..4).flat_map(|_| random().to_be_bytes()).collect())
    }

    /// The text that the receiver stores.
    #[must_use]
    pub fn expose(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(&self.0))
    }

    /// The signature of a body: `v1,` and the base64 of HMAC-SHA256 over ID, time in whole seconds and body.
    #[must_use]
    pub fn sign(&self, id: &str, at: Time, body: &[u8]) -> String {
        // HMAC accepts a key of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return String::new() };
        mac.update(format!("{id}.{}.", seconds(at)).as_bytes());
        mac.update(body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

/// The time for the webhook headers: whole seconds since 1970.
pub(crate) const fn seconds(at: Time) -> i64 {
    at.millis().div_euclid(1000)
}

impl FromStr for WebhookSecret {
    type Err = InvalidValueError;

    /// The specification allows 24 to 64 bytes.
    fn from_str(text: &str) -> Result<Self, InvalidValueError> {
        let bytes = text.strip_prefix(PREFIX).and_then(|rest| STANDARD.decode(rest).ok());
        bytes.filter(|bytes| (24..=64).contains(&bytes.len())).map(Self).ok_or_else(|| {
            let form = "it is `whsec_` and the base64 of 24 to 64 bytes, made by Auditferry";
            InvalidValueError::new("webhook secret", "(hidden)", "has another form", form)
        })
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(hidden)")
    }
}

/// The ID of a secret: `sec_` and 16 hexadecimal digits, which reveal nothing of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretId(String);

impl SecretId {
    /// The form of an ID, as a regular expression of the whole text.
    pub const PATTERN: &str = "sec_[0-9a-f]{16}";

    /// A new ID from 64 random bits.
    #[must_use]
    pub fn new(random: u64) -> Self {
        Self(format!("sec_{random:016x}"))
    }

    /// The text of the ID.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sha2::Digest as _;

    use super::*;
    // Explicit, because the prelude of proptest has an `Rng` too.

    /// The test vector of the specification's own libraries.
    #[test]
    fn it_signs_as_standard_webhooks_does() {
        let secret: WebhookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".parse().unwrap();
        let at = Time::from_millis(1_614_265_330_999).unwrap();
        assert_eq!(
            secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", at, br#"{"test": 2432232314}"#),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }

    /// HMAC as in RFC 2104, on the hash function alone.
    fn hmac_by_hand(key: &[u8], message: &[u8]) -> Vec<u8> {
        let pad = |with: u8| -> Vec<u8> {
            (0..64).map(|at| key.get(at).copied().unwrap_or_default() ^ with).collect()
        };
        let inner = Sha256::digest([pad(0x36), message.to_vec()].concat());
        Sha256::digest([pad(0x5c), inner.to_vec()].concat()).to_vec()
    }

    proptest! {
        #[test]
        fn a_signature_is_the_hmac_of_id_time_and_body(
            key in prop::collection::vec(any::<u8>(), 24..=64),
            id in "[a-z0-9-]{1,80}",
            ms in 0i64..2_000_000_000_000,
            body in prop::collection::vec(any::<u8>(), 0..300),
        ) {
            let secret: WebhookSecret = format!("whsec_{}", STANDARD.encode(&key)).parse().unwrap();
            let signed = [format!("{id}.{}.", ms / 1000).into_bytes(), body.clone()].concat();
            let expected = format!("v1,{}", STANDARD.encode(hmac_by_hand(&key, &signed)));
            prop_assert_eq!(secret.sign(&id, Time::from_millis(ms).unwrap(), &body), expected);
        }

        #[test]
        fn no_text_makes_the_parser_panic(text: String) {
            prop_assert!(text.parse::<WebhookSecret>().map_or(true, |kept| kept.expose() == text));
        }
    }

    /// Counts up.
    fn counting(from: u64) -> impl FnMut() -> u64 {
        let mut next = from;
        move || {
            next += 1;
            next - 1
        }
    }

    #[test]
    fn a_secret_id_has_16_digits() {
        assert_eq!(SecretId::new(0xbeef).as_str(), "sec_000000000000beef");
    }

    #[test]
    fn a_new_secret_has_256_bits_parses_back_and_never_appears_in_debug_output() {
        let secret = WebhookSecret::new(counting(1));
        assert_eq!(secret.0.len(), 32);
        assert_eq!(secret.expose().parse::<WebhookSecret>().unwrap(), secret);
        assert_eq!(format!("{secret:?}"), "WebhookSecret(hidden)");
        let error = "whsec_canary".parse::<WebhookSecret>().unwrap_err().to_string();
        assert!(!error.contains("canary"), "{error}");
    }
}
