//! Writes the events of a part as one file: layout, compression and hashes in one pass, with memory that does
//! not grow with the part.
//!
//! Events are gathered in a block, which is then hashed and compressed as a whole. A block ends behind the event that
//! fills it, and only where another event follows, so that each block but the first, which has the `[` of `json` before
//! it, begins with an event. In a gzip file each block can be read alone (`gzip`).

mod gzip;
#[cfg(test)]
mod tests;

use std::io::{self, Write};

use bytes::Bytes;
use sha2::{Digest, Sha256 as Hasher};

use crate::part::{Compression, Encoding, Format, Sha256};
use gzip::Gzip;

pub use gzip::GZIP_LEVELS;

/// The least uncompressed bytes of a block that another one follows: a block ends with the line that makes it so large.
/// Smaller blocks compress worse, since nothing in one refers to the one before; of larger ones a reader that wants a
/// single event would have to unpack more.
pub const MIN_BLOCK_BYTES: usize = 1 << 20;
/// Half the time of the default level 3, for files as small: what repeats in audit logs is near.
pub const ZSTD_LEVEL: i32 = 1;

/// What is known of a file once it is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Encoded {
    /// Of the file's bytes.
    pub sha256: Sha256,
    /// The size of the file, bytes.
    pub size: u64,
    /// Of the uncompressed content.
    pub raw_sha256: Sha256,
    /// The size of the uncompressed content, bytes.
    pub raw_size: u64,
}

/// A file being written.
pub struct FileWriter {
    format: Format,
    events: u64,
    /// Not yet hashed and compressed.
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
    /// An empty file.
    ///
    /// # Errors
    /// If a compressor can't be set up (out of memory).
    pub fn new(encoding: Encoding) -> io::Result<Self> {
        Ok(Self {
            format: encoding.format,
            events: 0,
            block: Vec::new(),
            raw: ContentDigest::default(),
            file: File::new(encoding.compression)?,
        })
    }

    /// Adds an event, one line of JSON.
    ///
    /// # Errors
    /// If the compressor fails.
    pub fn push(&mut self, event: &[u8]) -> io::Result<()> {
        self.block.extend_from_slice(match (self.format, self.events) {
            (Format::Json, 0) => b"[\n",
            (Format::Json, _) => b",\n",
            (Format::Ndjson, 0) => b"",
            (Format::Ndjson, _) => b"\n",
        });
        // A full block ends here and not behind its last event, where nobody knows yet whether another one follows.
        if self.block.len() >= MIN_BLOCK_BYTES {
            self.raw.add(&self.block);
            self.file.add(&mut self.block)?;
        }
        self.events += 1;
        self.block.extend_from_slice(event);
        Ok(())
    }

    /// The uncompressed bytes written so far.
    #[must_use]
    pub const fn raw_size(&self) -> u64 {
        self.raw.size + self.block.len() as u64
    }

    /// The bytes of the file that are ready to be stored.
    pub fn take(&mut self) -> Bytes {
        self.file.take()
    }

    /// How many bytes [`Self::take`] would return.
    #[must_use]
    pub fn ready(&self) -> usize {
        self.file.ready()
    }

    /// Closes the file: its last bytes, and what is known of it.
    ///
    /// # Errors
    /// If the compressor fails.
    pub fn finish(mut self) -> io::Result<(Bytes, Encoded)> {
        self.block.extend_from_slice(match (self.format, self.events) {
            (Format::Json, 0) => b"[\n]\n",
            (Format::Json, _) => b"\n]\n",
            (Format::Ndjson, 0) => b"",
            (Format::Ndjson, _) => b"\n",
        });
        self.raw.add(&self.block);
        let (raw_size, raw_sha256) = (self.raw.size, self.raw.finish());
        let (rest, packed) = self.file.finish(self.block)?;
        let (size, sha256) = packed.map_or((raw_size, raw_sha256), |packed| (packed.size, packed.finish()));
        Ok((rest, Encoded { sha256, size, raw_sha256, raw_size }))
    }
}

/// Counts and hashes.
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

/// The file's bytes.
enum File {
    /// They are the content, so its tally is theirs too.
    Plain(Vec<u8>),
    Gzip(Gzip),
    Zstd(zstd::Encoder<'static, Sink>),
}

#[derive(Default)]
struct Sink {
    buffer: Vec<u8>,
    tally: ContentDigest,
}

impl File {
    fn new(compression: Compression) -> io::Result<Self> {
        Ok(match compression {
            Compression::None => Self::Plain(Vec::new()),
            Compression::Gzip => Self::Gzip(Gzip::new(Sink::default())?),
            Compression::Zstd => {
                let mut stream = zstd::Encoder::new(Sink::default(), ZSTD_LEVEL)?;
                // So that a reader notices what was damaged, as it does with gzip. The frame can't name the size of its
                // content, which nobody knows before the last event.
                stream.include_checksum(true)?;
                Self::Zstd(stream)
            }
        })
    }

    /// Takes a block that another one follows, and leaves an empty one.
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

    /// Takes the last block. The rest, and the file's tally where it is another than that of the content.
    fn finish(mut self, mut block: Vec<u8>) -> io::Result<(Bytes, Option<ContentDigest>)> {
        let Sink { buffer, tally } = match self {
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
        Ok((buffer.into(), Some(tally)))
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.tally.add(bytes);
        self.buffer.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
