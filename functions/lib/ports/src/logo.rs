//! The vendor's logo.

use async_trait::async_trait;
use bytes::Bytes;

use super::PortError;

/// Stores the vendor's logo, which the portal serves itself. What it reads may be anything that somebody
/// stored: the reader parses it (`control::logo::Logo`).
#[async_trait]
pub trait LogoStore: Send + Sync {
    /// The bytes of the logo; `None` if there is none.
    async fn logo(&self) -> Result<Option<Bytes>, PortError>;

    /// Stores a logo of this media type in place of the former one. Of two at once the last one stays.
    async fn store_logo(&self, media_type: &str, bytes: Bytes) -> Result<(), PortError>;

    /// Removes the logo, if there is one.
    async fn remove_logo(&self) -> Result<(), PortError>;
}
