//! Writes the events of a part as one file: format, compression and hashes in one pass, with memory that does
//! not grow with the part.
//!
//! Events are collected in a block, which is then hashed and compressed as a whole. A block ends after the
//! event that fills it, and only if another event follows. So each block begins with an event, except that
//! the first one has the `[` of `json` before it. In a gzip file each block can be read alone (`gzip`). What
//! stands between the events is the format's ([`FormatWriter`], with [`FormatReader`] as its counterpart).

mod format;
mod gzip;
#[cfg(test)]
mod tests;

use std::io::{self, Write};

use bytes::Bytes;
use gzip::Gzip;
use sha2::{Digest, Sha256 as Hasher};

use crate::part::{Compression, Encoding};
use crate::sha256::Sha256;

pub use format::{FormatError, FormatReader, FormatWriter, MAX_EVENT_BYTES, reader, writer};
pub use gzip::GZIP_LEVELS;
pub(crate) use gzip::HEADER as GZIP_HEADER;

/// The least uncompressed bytes of a block that another one follows: a block ends with the line that reaches
/// this size. Smaller blocks compress worse, since nothing in one refers to the one before. From larger ones,
/// a reader of a single event would have to unpack more.
pub const MIN_BLOCK_BYTES: usize = 1 << 20;
/// Half the time of the default level 3, for files of the same size: repetitions in audit logs are close
/// together.
pub const ZSTD_LEVEL: i32 = 1;

/// Sizes and hashes of a complete file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Encoded {
    /// SHA-256 of the file's bytes.
    pub sha256: Sha256,
    /// The size of the file in bytes.
    pub size: u64,
    /// SHA-256 of the uncompressed content.
    pub raw_sha256: Sha256,
    /// The size of the uncompressed content in bytes.
    pub raw_size: u64,
}

/// Writes a file event by event.
pub struct FileWriter {
    format: Box<dyn FormatWriter>,
    events: u64,
    /// Bytes that are not hashed and compressed yet.
    block: Vec<u8>,
    raw: ContentDigest,
    file: File,
}

impl std::fmt::Debug for FileWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FileWriter({} events)", self.events)
    }
}

impl FileWriter {
    /// Starts an empty file.
    ///
    /// # Errors
    /// If a compressor can't be set up (out of memory).
    pub fn new(encoding: Encoding) -> io::Result<Self> {
        Ok(Self {
            format: writer(encoding.format),
            events: 0,
            block: Vec::new(),
            raw: ContentDigest::default(),
            file: File::new(encoding.compression)?,
        })
    }

    /// Adds an event, one line of JSON.
    ///
    /// # Errors
    /// If the format or the compressor fails.
    pub fn push(&mut self, event: &[u8]) -> io::Result<()> {
        self.format.begin_event(self.events == 0, &mut self.block);
        // A full block ends here and not after its last event, when it is unknown whether another one
        // follows.
        if self.block.len() >= MIN_BLOCK_BYTES {
            self.raw.add(&self.block);
            self.file.add(&mut self.block)?;
        }
        self.events += 1;
        self.format.event(event, &mut self.block)
    }

    /// The number of uncompressed bytes written so far.
    #[must_use]
    pub const fn raw_size(&self) -> u64 {
        self.raw.size + self.block.len() as u64
    }

    /// Takes the bytes of the file that are ready to be stored.
    pub fn take(&mut self) -> Bytes {
        self.file.take()
    }

    /// How many bytes [`Self::take`] would return.
    #[must_use]
    pub fn ready(&self) -> usize {
        self.file.ready()
    }

    /// Closes the file, and returns its last bytes with its sizes and hashes.
    ///
    /// # Errors
    /// If the compressor fails.
    pub fn finish(mut self) -> io::Result<(Bytes, Encoded)> {
        self.format.end(self.events == 0, &mut self.block);
        self.raw.add(&self.block);
        let (raw_size, raw_sha256) = (self.raw.size, self.raw.finish());
        let (rest, packed) = self.file.finish(self.block)?;
        let (size, sha256) = packed.map_or((raw_size, raw_sha256), |packed| (packed.size, packed.finish()));
        Ok((rest, Encoded { sha256, size, raw_sha256, raw_size }))
    }
}

/// The size and the SHA-256 of a stream of bytes.
#[derive(Default)]
struct ContentDigest {
    size: u64,
    hasher: Hasher,
}

impl ContentDigest {
    fn add(&mut self, bytes: &[u8]) {
        self.size += bytes.len() as u64;
        self.hasher.update(bytes);
    }

    fn finish(self) -> Sha256 {
        Sha256::new(self.hasher.finalize().into())
    }
}

/// The compressed (or plain) bytes of the file.
enum File {
    /// The bytes are the content itself, so they share its digest.
    Plain(Vec<u8>),
    Gzip(Gzip),
    Zstd(zstd::Encoder<'static, Sink>),
}

#[derive(Default)]
struct Sink {
    buffer: Vec<u8>,
    digest: ContentDigest,
}

impl File {
    fn new(compression: Compression) -> io::Result<Self> {
        Ok(match compression {
            Compression::None => Self::Plain(Vec::new()),
            Compression::Gzip => Self::Gzip(Gzip::new(Sink::default())?),
            Compression::Zstd => {
                let mut stream = zstd::Encoder::new(Sink::default(), ZSTD_LEVEL)?;
                // So that a reader detects damage, as it does with gzip. The frame can't contain the size of
                // its content, which is unknown before the last event.
                stream.include_checksum(true)?;
                Self::Zstd(stream)
            }
        })
    }

    /// Adds a block that another one follows, and leaves it empty.
    fn add(&mut self, block: &mut Vec<u8>) -> io::Result<()> {
        match self {
            Self::Plain(ready) if ready.is_empty() => std::mem::swap(ready, block),
            Self::Plain(ready) => ready.append(block),
            Self::Gzip(gzip) => gzip.add(block)?,
            Self::Zstd(stream) => stream.write_all(block)?,
        }
        block.clear();
        Ok(())
    }

    fn ready(&self) -> usize {
        match self {
            Self::Plain(ready) => ready.len(),
            Self::Gzip(gzip) => gzip.sink().buffer.len(),
            Self::Zstd(stream) => stream.get_ref().buffer.len(),
        }
    }

    fn take(&mut self) -> Bytes {
        Bytes::from(std::mem::take(match self {
            Self::Plain(ready) => ready,
            Self::Gzip(gzip) => &mut gzip.sink_mut().buffer,
            Self::Zstd(stream) => &mut stream.get_mut().buffer,
        }))
    }

    /// Adds the last block. Returns the remaining bytes, and the file's digest if it differs from that of the
    /// content.
    fn finish(mut self, mut block: Vec<u8>) -> io::Result<(Bytes, Option<ContentDigest>)> {
        let Sink { buffer, digest } = match self {
            Self::Gzip(gzip) => gzip.finish(&block)?,
            Self::Zstd(mut stream) => {
                stream.write_all(&block)?;
                stream.finish()?
            }
            Self::Plain(ref mut rest) if rest.is_empty() => return Ok((block.into(), None)),
            Self::Plain(mut rest) => {
                rest.append(&mut block);
                return Ok((rest.into(), None));
            }
        };
        Ok((buffer.into(), Some(digest)))
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.digest.add(bytes);
        self.buffer.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
