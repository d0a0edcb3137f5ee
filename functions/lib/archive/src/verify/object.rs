//! Reads one object completely: hashes it, decompresses it, hashes the content, and passes on each event.
//!
//! Reading and decompression stop at the sizes in the manifest, so a gzip bomb can't expand beyond them.
//!
//! A compressed object is one gzip member or one zstd frame. Many readers silently stop at the end of the
//! first one, so they would miss the events after it.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::GzDecoder;
use sha2::{Digest, Sha256 as Hasher};

use super::event_counts::expected_events;
use crate::encode;
use crate::manifest::Manifest;
use crate::part::Compression;
use crate::sha256::Sha256;

/// The buffer size for reading and decompression, in bytes.
const BUFFER_BYTES: usize = 1 << 18;
/// The maximum window of a zstd frame, as a power of two; Auditferry writes 21.
const ZSTD_WINDOW: u32 = 24;

/// Why an object does not match its manifest.
#[derive(Debug)]
pub(crate) enum ObjectError {
    /// The object can't be read.
    Unreadable(io::Error),
    /// Its bytes differ from those of the manifest.
    Changed(String),
    /// Its bytes are those that were sealed, but their content differs from the manifest.
    ContentMismatch(String),
    /// It contains more events than this number from the manifest; the rest was not read.
    TooManyEvents(u64),
}

impl From<String> for ObjectError {
    fn from(how: String) -> Self {
        Self::ContentMismatch(how)
    }
}

/// Receives each event; an error ends the reading.
pub(crate) type OnEvent<'a> = &'a mut dyn FnMut(&[u8]) -> Result<(), String>;

/// Reads the object of a manifest, and returns its number of events.
///
/// # Errors
/// If it can't be read or differs from the manifest. `each` may have received events by then.
pub(crate) fn read(
    file: Box<dyn Read + Send + '_>,
    manifest: &Manifest,
    on_read: &mut dyn FnMut(u64),
    each: OnEvent<'_>,
) -> Result<u64, ObjectError> {
    let mut object = HashingReader::new(ProgressReader { file, on_read, error: None }, manifest.size);
    let content = decompress(&mut object, manifest, each);
    // Bytes that decompression left over belong to the object too.
    let rest = io::copy(&mut object, &mut io::sink());
    if let Some(error) = object.inner.error.take() {
        return Err(ObjectError::Unreadable(error));
    }
    if rest.is_err() {
        return Err(ObjectError::Changed(format!("it is longer than {} bytes", manifest.size)));
    }
    let (sha256, size) = object.finish();
    if size != manifest.size {
        return Err(ObjectError::Changed(format!("it has {size} bytes instead of {}", manifest.size)));
    }
    if sha256 != manifest.sha256 {
        return Err(ObjectError::Changed(format!("its SHA-256 is {sha256} instead of {}", manifest.sha256)));
    }
    content
}

fn decompress<R: Read>(
    object: &mut HashingReader<R>,
    manifest: &Manifest,
    each: OnEvent<'_>,
) -> Result<u64, ObjectError> {
    let mut packed = BufReader::with_capacity(BUFFER_BYTES, object);
    match manifest.encoding.compression {
        // Without compression the object's hash is also that of its content.
        Compression::None => read_events(packed, manifest, each),
        Compression::Gzip => {
            let events = read_decompressed(GzDecoder::new(&mut packed), manifest, each)?;
            expect_end(packed, "gzip member").map(|()| events)
        }
        Compression::Zstd => {
            let to_error = |error: io::Error| ObjectError::ContentMismatch(error.to_string());
            let mut decoder = zstd::Decoder::with_buffer(&mut packed).map_err(to_error)?.single_frame();
            decoder.window_log_max(ZSTD_WINDOW).map_err(to_error)?;
            let events = read_decompressed(decoder, manifest, each)?;
            expect_end(packed, "zstd frame").map(|()| events)
        }
    }
}

/// Checks that nothing follows the one member or frame.
fn expect_end(mut packed: impl BufRead, what: &str) -> Result<(), ObjectError> {
    let unread = |error| ObjectError::ContentMismatch(format!("it can't be read after its {what}: {error}"));
    if packed.fill_buf().map_err(unread)?.is_empty() {
        return Ok(());
    }
    Err(ObjectError::ContentMismatch(format!(
        "there is data after its {what}, but an object is a single {what}: many readers would not see the \
         rest"
    )))
}

fn read_decompressed(decoder: impl Read, manifest: &Manifest, each: OnEvent<'_>) -> Result<u64, ObjectError> {
    let mut raw = HashingReader::new(decoder, manifest.raw_size);
    let events = read_events(BufReader::with_capacity(BUFFER_BYTES, &mut raw), manifest, each)?;
    let (sha256, size) = raw.finish();
    if (sha256, size) != (manifest.raw_sha256, manifest.raw_size) {
        return Err(ObjectError::ContentMismatch(format!(
            "its content has {size} bytes and the SHA-256 {sha256}, which differs from what was sealed"
        )));
    }
    Ok(events)
}

/// Reads the events of a layout, at most as many as the manifest says.
fn read_events(
    mut content: impl BufRead,
    manifest: &Manifest,
    each: OnEvent<'_>,
) -> Result<u64, ObjectError> {
    let (mut events, expected) = (0, expected_events(manifest));
    let (mut reader, mut event) = (encode::reader(manifest.encoding.format), Vec::new());
    while reader.next(&mut content, &mut event).map_err(|error| error.to_string())? {
        if events >= expected {
            return Err(ObjectError::TooManyEvents(expected));
        }
        events += 1;
        each(&event).map_err(|why| ObjectError::ContentMismatch(format!("event {events}: {why}")))?;
    }
    Ok(events)
}

/// Counts and hashes what is read; returns an error if it exceeds the limit.
struct HashingReader<R> {
    inner: R,
    hasher: Hasher,
    size: u64,
    limit: u64,
}

impl<R: Read> HashingReader<R> {
    fn new(inner: R, most: u64) -> Self {
        Self { inner, hasher: Hasher::new(), size: 0, limit: most }
    }

    fn finish(self) -> (Sha256, u64) {
        (Sha256::new(self.hasher.finalize().into()), self.size)
    }
}

impl<R: Read> Read for HashingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        self.size += length as u64;
        if self.size > self.limit {
            return Err(io::Error::other(format!("it continues after byte {}", self.limit)));
        }
        self.hasher.update(buffer.get(..length).unwrap_or_default());
        Ok(length)
    }
}

/// Reports how much was read, and keeps the read error: decoders wrap it in one of their own.
struct ProgressReader<'a> {
    file: Box<dyn Read + Send + 'a>,
    on_read: &'a mut dyn FnMut(u64),
    error: Option<io::Error>,
}

impl Read for ProgressReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.file.read(buffer) {
            Ok(length) => {
                (self.on_read)(length as u64);
                Ok(length)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                let copy = io::Error::new(error.kind(), error.to_string());
                self.error = Some(error);
                Err(copy)
            }
        }
    }
}
