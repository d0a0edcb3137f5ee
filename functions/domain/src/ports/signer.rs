//! The key that signs manifests.

use async_trait::async_trait;

use super::PortError;

/// A private Ed25519 key (RFC 8032), wherever it lies.
#[async_trait]
pub trait Signer: Send + Sync {
    /// The 32 bytes of its public half. They never change, so whoever fetches them does it once.
    async fn public(&self) -> Result<[u8; 32], PortError>;

    /// The 64 bytes of its signature of a message of at most 4,096 bytes: the pure variant, never the pre-hashed one.
    /// Signing changes nothing: a signature whose answer is lost, or that a second worker makes, is thrown away.
    async fn sign(&self, message: &[u8]) -> Result<[u8; 64], PortError>;
}
