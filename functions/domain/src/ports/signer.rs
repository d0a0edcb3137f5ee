//! The key that signs manifests.

use async_trait::async_trait;

use super::PortError;
use crate::time::Time;

/// From when on and until when a key can have signed, as far as whoever keeps it tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Validity {
    /// When it came to be: an earlier signature is none of its.
    pub from: Option<Time>,
    /// When it will be destroyed: nothing is signed with it from then on.
    pub until: Option<Time>,
}

/// A private Ed25519 key (RFC 8032), wherever it lies.
#[async_trait]
pub trait Signer: Send + Sync {
    /// The 32 bytes of its public half. They never change, so whoever fetches them does it once.
    async fn public_key(&self) -> Result<[u8; 32], PortError>;

    /// How long it is good, as it stands now: an end may be settled later, and taken back.
    async fn validity(&self) -> Result<Validity, PortError>;

    /// The 64 bytes of its signature of a message of at most 4,096 bytes: the pure variant, never the pre-hashed one.
    /// Signing changes nothing: a signature whose answer is lost, or that a second worker makes, is thrown away.
    async fn sign(&self, message: &[u8]) -> Result<[u8; 64], PortError>;
}
