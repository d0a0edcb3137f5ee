//! The check of a public URL, readable or not.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use ports::PublicUrlChecker;

use super::locked;

/// A bucket that everybody can read, until access is denied.
#[derive(Debug, Clone, Default)]
pub struct FakePublicUrlChecker {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug, Default)]
struct Shared {
    denied_reason: Option<String>,
    requests: Vec<String>,
}

impl FakePublicUrlChecker {
    /// A readable bucket without requests.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on nobody can read it, for this reason.
    pub fn deny(&self, reason: &str) {
        locked(&self.shared).denied_reason = Some(reason.to_owned());
    }

    /// The URLs that were requested, in order.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        locked(&self.shared).requests.clone()
    }
}

#[async_trait]
impl PublicUrlChecker for FakePublicUrlChecker {
    async fn unreadable_reason(&self, url: &str) -> Option<String> {
        let mut shared = locked(&self.shared);
        shared.requests.push(url.to_owned());
        shared.denied_reason.clone()
    }
}
