//! One key list of the staging bucket, read as a stream.

use archive::item::EventKey;
use archive::key_list::KeyListReader;
use futures_util::StreamExt;
use ports::{ByteStream, PortError, Staging};

/// A key list and its current key.
pub(super) struct KeyStream {
    bytes: ByteStream,
    reader: KeyListReader,
    head: Option<EventKey>,
}

impl KeyStream {
    /// Opens the list and reads its first key.
    pub(super) async fn open(staging: &dyn Staging, key: &str) -> Result<Self, PortError> {
        let bytes = staging.read(key).await?;
        let reader = KeyListReader::new().map_err(|e| PortError::bug("reading a key list", e))?;
        let mut list = Self { bytes, reader, head: None };
        list.advance().await?;
        Ok(list)
    }

    /// The current key; `None` at the end.
    pub(super) const fn head(&self) -> Option<&EventKey> {
        self.head.as_ref()
    }

    /// Advances to the next key.
    pub(super) async fn advance(&mut self) -> Result<(), PortError> {
        loop {
            self.head = self.reader.next_key();
            if self.head.is_some() {
                return Ok(());
            }
            match self.bytes.next().await {
                Some(bytes) => {
                    self.reader.feed(&bytes?).map_err(|e| PortError::bug("reading a key list", e))?;
                }
                None => return self.reader.finish().map_err(|e| PortError::bug("reading a key list", e)),
            }
        }
    }

    /// Reads to the end, where the checksums are verified: S3's, for an object of a single-request upload,
    /// and the list's own.
    pub(super) async fn finish(&mut self) -> Result<(), PortError> {
        while self.head.is_some() {
            self.advance().await?;
        }
        Ok(())
    }
}
