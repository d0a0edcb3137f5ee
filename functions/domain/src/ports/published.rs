//! What the vendor has published for its customers.

use async_trait::async_trait;

/// Looks at what is published as a stranger would.
#[async_trait]
pub trait PublicUrlChecker: Send + Sync {
    /// Why nobody but the vendor can read what is at this https URL, in words that hold no secret; `None` if everybody
    /// can. It takes some seconds at most, and fails nothing: whoever asks warns.
    async fn unreadable_reason(&self, url: &str) -> Option<String>;
}
