//! The addresses of downloads: each is random, works for as long as the URL of a download does, and only on
//! this server.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use archive::time::Time;
use ports::{Clock, DOWNLOAD_URL_LIFETIME, Rng};

use super::token::random_text;

/// The path of all downloads.
pub(super) const FILES: &str = "/files/";

/// Which download each address leads to.
pub(super) struct FileLinks {
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    links: Mutex<BTreeMap<String, FileLink>>,
}

/// A download's object, and the name of its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileLink {
    pub(super) key: String,
    pub(super) file_name: String,
    until: Time,
}

impl FileLinks {
    pub(super) fn new(clock: Arc<dyn Clock>, rng: Arc<dyn Rng>) -> Self {
        Self { clock, rng, links: Mutex::default() }
    }

    /// A new address of an object, as a path of this server.
    pub(super) fn add(&self, key: &str, file_name: &str) -> String {
        let now = self.clock.now();
        let text = random_text(&*self.rng);
        let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        links.retain(|_, link| link.until > now);
        let until = now + DOWNLOAD_URL_LIFETIME;
        links.insert(text.clone(), FileLink { key: key.to_owned(), file_name: file_name.to_owned(), until });
        format!("{FILES}{text}")
    }

    /// What an address leads to, by its part after [`FILES`].
    pub(super) fn find(&self, text: &str) -> Option<FileLink> {
        let links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        links.get(text).filter(|link| link.until > self.clock.now()).cloned()
    }
}
