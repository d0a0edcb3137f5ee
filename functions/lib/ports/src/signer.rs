//! The key that signs manifests.

use archive::time::Time;
use async_trait::async_trait;

use super::PortError;

/// When a key can have signed, as far as the key service reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Validity {
    /// When it was created: an earlier signature is not by this key.
    pub from: Option<Time>,
    /// When it will be destroyed: it signs nothing from then on.
    pub until: Option<Time>,
}

/// A private Ed25519 key (RFC 8032), wherever it is kept.
#[async_trait]
pub trait Signer: Send + Sync {
    /// The 32 bytes of the public key. They never change, so one fetch is enough.
    async fn public_key(&self) -> Result<[u8; 32], PortError>;

    /// The current validity: a destruction can be scheduled later, and canceled.
    async fn validity(&self) -> Result<Validity, PortError>;

    /// The 64 bytes of the signature of a message of at most 4,096 bytes: pure Ed25519, never pre-hashed.
    /// Signing changes no state: a signature that is lost, or made by a second worker, is discarded.
    async fn sign(&self, message: &[u8]) -> Result<[u8; 64], PortError>;
}
