//! The check of a public URL, readable or not.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use domain::ports::PublicUrlChecker;

use super::locked;

/// A bucket that everybody can read, until access is denied.
#[derive(Debug, Clone, Default)]
pub struct FakePublished {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug, Default)]
struct Shared {
    shut: Option<String>,
    asked: Vec<String>,
}

impl FakePublished {
    /// A readable bucket without requests.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on nobody can read it, for this reason.
    pub fn shut(&self, why: &str) {
        locked(&self.shared).shut = Some(why.to_owned());
    }

    /// The requested URLs.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        locked(&self.shared).asked.clone()
    }
}

#[async_trait]
impl PublicUrlChecker for FakePublished {
    async fn unreadable_reason(&self, url: &str) -> Option<String> {
        let mut shared = locked(&self.shared);
        shared.asked.push(url.to_owned());
        shared.shut.clone()
    }
}
