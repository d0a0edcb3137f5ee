//! Access keys: their form and their generation.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

/// An access key and its secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The access key ID, 20 characters: `AKIA…` for long-lived keys, `ASIA…` for temporary ones.
    pub access_key_id: String,
    /// The secret access key, 40 characters.
    pub secret_access_key: String,
}

/// Shows the access key ID only: a secret never gets into a log.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("access_key_id", &self.access_key_id).finish_non_exhaustive()
    }
}

impl Credentials {
    /// New random long-lived credentials.
    pub(crate) fn long_lived() -> Self {
        Self::random("AKIA")
    }

    /// New random temporary credentials; the session token is generated separately.
    pub(crate) fn temporary() -> Self {
        Self::random("ASIA")
    }

    fn random(kind: &str) -> Self {
        Self {
            access_key_id: format!("{kind}{}", hex::encode_upper(rand::random::<[u8; 8]>())),
            secret_access_key: BASE64_STANDARD.encode(rand::random::<[u8; 30]>()),
        }
    }
}

/// A new random session token, about as long as AWS's shortest.
pub(crate) fn session_token() -> String {
    let (first, second): ([u8; 32], [u8; 32]) = (rand::random(), rand::random());
    BASE64_STANDARD.encode([first, second].concat())
}
