//! A reproducible key in memory: 32 bytes of one value.

use async_trait::async_trait;
use control::signing::{ManifestSigner, PreviousSigner};
use ed25519_dalek::Signer as _;
use ed25519_dalek::SigningKey;
use ports::{PortError, Signer, Validity};

/// A signer with a key in memory.
#[derive(Clone)]
pub struct FakeSigner(SigningKey, Validity);

impl std::fmt::Debug for FakeSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FakeSigner")
    }
}

impl FakeSigner {
    /// The key with this seed.
    #[must_use]
    pub fn new(seed: u8) -> Self {
        Self(SigningKey::from_bytes(&[seed; 32]), Validity::default())
    }

    /// The same key with this validity.
    #[must_use]
    pub fn valid(self, validity: Validity) -> Self {
        Self(self.0, validity)
    }

    /// The keys of `vendor.example`, without a previous one.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn signing(self) -> ManifestSigner {
        signing(self)
    }
}

/// The keys of `vendor.example`: this one signs, and there is no previous one.
///
/// # Panics
/// Never.
#[must_use]
pub fn signing(current: impl Signer + 'static) -> ManifestSigner {
    let vendor = "vendor.example".parse().expect("a domain");
    ManifestSigner { vendor, current: std::sync::Arc::new(current), previous: PreviousSigner::None }
}

#[async_trait]
impl Signer for FakeSigner {
    async fn public_key(&self) -> Result<[u8; 32], PortError> {
        Ok(self.0.verifying_key().to_bytes())
    }

    async fn validity(&self) -> Result<Validity, PortError> {
        Ok(self.1)
    }

    async fn sign(&self, message: &[u8]) -> Result<[u8; 64], PortError> {
        assert!(message.len() <= 4_096, "KMS takes no more");
        Ok(self.0.sign(message).to_bytes())
    }
}
