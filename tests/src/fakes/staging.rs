//! The vendor's own bucket.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream;
use ports::{ByteStream, LogoStore, PortError, StagedPage, Staging, StagingWrite};

use super::locked;

/// How many bytes a read returns at once, so that a reader gets more than one chunk.
const CHUNK_SIZE: usize = 64 * 1024;

/// The key of the vendor's logo.
const LOGO: &str = "portal/logo";

/// A fake staging bucket. A clone is the same bucket.
#[derive(Debug, Clone)]
pub struct FakeStaging {
    objects: Arc<Mutex<BTreeMap<String, Bytes>>>,
    expirable: Arc<Mutex<BTreeSet<String>>>,
    orphans: Arc<Mutex<BTreeSet<String>>>,
    page: usize,
}

impl Default for FakeStaging {
    fn default() -> Self {
        Self { objects: Arc::default(), expirable: Arc::default(), orphans: Arc::default(), page: 1000 }
    }
}

impl FakeStaging {
    /// An empty bucket.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The keys of all finished objects.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        locked(&self.objects).keys().cloned().collect()
    }

    /// The keys of all objects marked as expirable.
    #[must_use]
    pub fn expirable(&self) -> BTreeSet<String> {
        locked(&self.expirable).clone()
    }

    /// The same bucket, which lists this many keys at once.
    #[must_use]
    pub fn with_page_size(self, page: usize) -> Self {
        Self { page, ..self }
    }

    /// The keys of all orphans, which are already deleted.
    #[must_use]
    pub fn orphans(&self) -> BTreeSet<String> {
        locked(&self.orphans).clone()
    }

    /// The bytes of a finished object.
    #[must_use]
    pub fn object(&self, key: &str) -> Option<Bytes> {
        locked(&self.objects).get(key).cloned()
    }

    /// Replaces an object without the port.
    pub fn corrupt(&self, key: &str, bytes: Bytes) {
        locked(&self.objects).insert(key.to_owned(), bytes);
    }

    /// Removes an object without the port.
    pub fn remove(&self, key: &str) {
        locked(&self.objects).remove(key);
    }
}

#[async_trait]
impl Staging for FakeStaging {
    async fn create(&self, key: &str) -> Result<Box<dyn StagingWrite>, PortError> {
        Ok(Box::new(Upload { bucket: self.clone(), key: key.to_owned(), bytes: Vec::new() }))
    }

    async fn read(&self, key: &str) -> Result<ByteStream, PortError> {
        let Some(bytes) = self.object(key) else {
            return Err(PortError::Denied { what: "reading a staged object", source: "NoSuchKey".into() });
        };
        let mut rest = bytes;
        let pieces = std::iter::from_fn(move || {
            let piece = rest.split_to(rest.len().min(CHUNK_SIZE));
            (!piece.is_empty()).then_some(Ok(piece))
        });
        Ok(Box::pin(stream::iter(pieces)))
    }

    async fn mark_expirable(&self, key: &str) -> Result<(), PortError> {
        locked(&self.expirable).insert(key.to_owned());
        Ok(())
    }

    async fn list(&self, prefix: &str, start_after: &str) -> Result<StagedPage, PortError> {
        let mut keys: Vec<String> = self.keys().into_iter().filter(|key| key.starts_with(prefix)).collect();
        keys.retain(|key| key.as_str() > start_after);
        let more = keys.len() > self.page;
        keys.truncate(self.page);
        Ok(StagedPage::new(keys, more))
    }

    /// Deletes at once, not after weeks: if anyone needs the object after all, the test notices.
    async fn mark_orphan(&self, key: &str) -> Result<(), PortError> {
        self.remove(key);
        locked(&self.orphans).insert(key.to_owned());
        Ok(())
    }
}

/// An upload. The object is invisible before it is finished, and forever if the upload is dropped.
struct Upload {
    bucket: FakeStaging,
    key: String,
    bytes: Vec<u8>,
}

#[async_trait]
impl StagingWrite for Upload {
    async fn write(&mut self, bytes: Bytes) -> Result<(), PortError> {
        self.bytes.extend_from_slice(&bytes);
        Ok(())
    }

    async fn finish(self: Box<Self>) -> Result<(), PortError> {
        let Self { bucket, key, bytes } = *self;
        locked(&bucket.objects).insert(key, bytes.into());
        Ok(())
    }

    async fn abort(self: Box<Self>) -> Result<(), PortError> {
        Ok(())
    }
}

#[async_trait]
impl LogoStore for FakeStaging {
    async fn logo(&self) -> Result<Option<Bytes>, PortError> {
        Ok(self.object(LOGO))
    }

    async fn store_logo(&self, _: &str, bytes: Bytes) -> Result<(), PortError> {
        locked(&self.objects).insert(LOGO.to_owned(), bytes);
        Ok(())
    }

    async fn remove_logo(&self) -> Result<(), PortError> {
        locked(&self.objects).remove(LOGO);
        Ok(())
    }
}
