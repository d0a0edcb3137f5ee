//! An archive in a bucket, read with the credentials that the SDK finds.

use std::collections::HashSet;
use std::io::{self, Read};

use archive::verify::archive::{Archive, Entry, EntryKind};
use archive::verify::discovery::{ListFolders, MAX_SUBFOLDERS, Subfolders};
use aws::s3::archive::S3Archive;
use futures_util::StreamExt;
use ports::{ByteStream, PortError};
use sha2::{Digest, Sha256};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

/// Maximum number of prefetched chunks of an object.
const PREFETCHED_CHUNKS: usize = 8;
/// Maximum length of a key, in bytes. Source: Amazon S3 user guide, "Naming Amazon S3 objects".
const MAX_KEY_BYTES: usize = 1_024;
/// Maximum number of consecutive empty pages: S3 skips deleted objects.
const MAX_EMPTY_PAGES: u32 = 1_000;

/// A prefix of a bucket. The verifier's threads block on it; the requests run on the runtime.
#[derive(Debug)]
pub(crate) struct Bucket {
    archive: S3Archive,
    runtime: Handle,
}

impl Bucket {
    /// An archive on the current runtime.
    pub(crate) fn new(archive: S3Archive) -> Self {
        Self { archive, runtime: Handle::current() }
    }

    /// The folder of that name below this prefix.
    pub(crate) fn below(&self, name: &str) -> Self {
        Self { archive: self.archive.subfolder(name), runtime: self.runtime.clone() }
    }

    /// Another prefix of the same bucket.
    pub(crate) fn at_prefix(&self, prefix: &str) -> Self {
        Self { archive: self.archive.with_prefix(prefix), runtime: self.runtime.clone() }
    }
}

/// The continuation tokens of a listing, to detect one that does not end.
#[derive(Debug, Default)]
struct PageTokens {
    /// The first 16 bytes of the tokens' hashes.
    seen: HashSet<[u8; 16]>,
    empty: u32,
}

impl PageTokens {
    /// Checks and returns the token of the next page.
    fn next_token(&mut self, next: Option<String>, is_empty: bool) -> io::Result<Option<String>> {
        let Some(token) = next else { return Ok(None) };
        let hash: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let head = hash.first_chunk::<16>().copied().unwrap_or_default();
        if !self.seen.insert(head) {
            return Err(io::Error::other("the listing repeats a continuation token, so it does not end"));
        }
        self.empty = if is_empty { self.empty + 1 } else { 0 };
        if self.empty > MAX_EMPTY_PAGES {
            return Err(io::Error::other(format!(
                "more than {MAX_EMPTY_PAGES} consecutive pages of the listing are empty"
            )));
        }
        Ok(Some(token))
    }
}

impl Archive for Bucket {
    fn list(&self, each: &mut dyn FnMut(Entry) -> io::Result<()>) -> io::Result<()> {
        let mut from = None;
        let mut pages = PageTokens::default();
        loop {
            let page =
                self.runtime.block_on(self.archive.list_objects(from)).map_err(|error| io_error(&error))?;
            let is_empty = page.objects.is_empty();
            for (name, size) in page.objects {
                // S3 has no such keys, so no archive has one.
                let found = if name.len() > MAX_KEY_BYTES {
                    EntryKind::Unsupported("its key is longer than S3 allows")
                } else {
                    EntryKind::File(size)
                };
                each(Entry { name, kind: found })?;
            }
            from = pages.next_token(page.next, is_empty)?;
            if from.is_none() {
                return Ok(());
            }
        }
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn Read + Send + '_>> {
        let stream = self.runtime.block_on(self.archive.read(name)).map_err(|error| io_error(&error))?;
        Ok(self.reader(stream))
    }

    fn open_range(&self, name: &str, offset: u64, length: u64) -> io::Result<Box<dyn Read + Send + '_>> {
        let stream = self.runtime.block_on(self.archive.read_range(name, offset, length));
        let stream = stream.map_err(|error| io_error(&error))?;
        Ok(Box::new(self.reader(stream.ok_or(io::ErrorKind::NotFound)?).take(length)))
    }

    fn concurrency(&self) -> usize {
        16
    }
}

impl Bucket {
    /// Reads a stream, whose chunks are prefetched.
    fn reader(&self, mut stream: ByteStream) -> Box<dyn Read + Send> {
        let (hand_over, chunks) = mpsc::channel(PREFETCHED_CHUNKS);
        self.runtime.spawn(async move {
            while let Some(chunk) = stream.next().await {
                // The reader was dropped.
                if hand_over.send(chunk).await.is_err() {
                    return;
                }
            }
        });
        Box::new(Chunks { chunks, chunk: bytes::Bytes::new() })
    }
}

impl ListFolders for Bucket {
    fn list_folders(&self, below: &str, budget: &mut u32) -> io::Result<Subfolders> {
        let mut level = Subfolders::default();
        let mut from = None;
        let mut pages = PageTokens::default();
        loop {
            let Some(left) = budget.checked_sub(1) else { return Ok(level.truncated()) };
            *budget = left;
            let page = self
                .runtime
                .block_on(self.archive.list_folders(below, from))
                .map_err(|error| io_error(&error))?;
            let is_empty = page.names.is_empty();
            level.names.extend(page.names.into_iter().filter(|name| is_segment(name)));
            if level.names.len() > MAX_SUBFOLDERS {
                level.names.truncate(MAX_SUBFOLDERS);
                return Ok(level.truncated());
            }
            from = pages.next_token(page.next, is_empty)?;
            if from.is_none() {
                level.names.sort();
                return Ok(level);
            }
        }
    }
}

/// Whether a segment is allowed in a connector's prefix.
fn is_segment(name: &str) -> bool {
    !matches!(name, "" | "." | "..") && name.len() <= MAX_KEY_BYTES
}

fn io_error(error: &PortError) -> io::Error {
    io::Error::other(error.chain())
}

/// A blocking reader of an object's chunks.
struct Chunks {
    chunks: mpsc::Receiver<Result<bytes::Bytes, PortError>>,
    chunk: bytes::Bytes,
}

impl Read for Chunks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.chunk.is_empty() {
            match self.chunks.blocking_recv() {
                None => return Ok(0),
                Some(chunk) => self.chunk = chunk.map_err(|error| io_error(&error))?,
            }
        }
        let length = buffer.len().min(self.chunk.len());
        let piece = self.chunk.split_to(length);
        for (to, from) in buffer.iter_mut().zip(&piece) {
            *to = *from;
        }
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_without_end_is_aborted() {
        let mut pages = PageTokens::default();
        let token = |text: &str| Some(text.to_owned());
        assert_eq!(pages.next_token(token("a"), false).unwrap(), token("a"));
        assert_eq!(pages.next_token(token("b"), true).unwrap(), token("b"));
        assert!(pages.next_token(token("a"), false).is_err(), "a circle of two");
        assert_eq!(pages.next_token(None, true).unwrap(), None);
        let mut pages = PageTokens::default();
        let mut go_on = |page: u32, is_empty| pages.next_token(Some(page.to_string()), is_empty);
        assert!((0..MAX_EMPTY_PAGES).all(|page| go_on(page, true).is_ok()));
        assert!(go_on(MAX_EMPTY_PAGES, false).is_ok(), "one with objects between them");
        assert!((1..=MAX_EMPTY_PAGES).all(|page| go_on(MAX_EMPTY_PAGES + page, true).is_ok()));
        assert!(go_on(3 * MAX_EMPTY_PAGES, true).is_err());
    }
}
