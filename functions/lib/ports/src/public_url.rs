//! Public availability of what the vendor publishes for its customers.

use async_trait::async_trait;

/// Fetches a published URL without credentials.
#[async_trait]
pub trait PublicUrlChecker: Send + Sync {
    /// Why the content of this https URL cannot be read anonymously, in words without secrets. `None` if it
    /// can be read. Takes a few seconds at most and never fails: callers only warn.
    async fn unreadable_reason(&self, url: &str) -> Option<String>;
}
