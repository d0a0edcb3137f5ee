//! Writes the events of a part as one file: layout, compression and hashes in one pass, with memory that does
//! not grow with the part.
//!
//! Events are gathered in a block, which is then hashed and compressed as a whole. Of gzip each block is a member of
//! its own: a file of several members is as valid as one of one (RFC 1952, section 2.2), and a compressor that is
//! given a whole block is twice as fast as one that is fed.

#[cfg(test)]
mod tests;

use std::io::{self, Write};

use bytes::Bytes;
use libdeflater::{CompressionLvl, Compressor};
use sha2::{Digest, Sha256 as Hasher};

use crate::part::{Compression, Encoding, Format, Sha256};

/// A block is closed behind the event that makes it so large. Smaller ones would compress worse: nothing in a gzip
/// member refers to the one before.
pub const BLOCK: usize = 1 << 20;
/// Half the time of gzip's usual level 6, for files a tenth larger.
pub const GZIP_LEVEL: i32 = 1;
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
    raw: Tally,
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
            raw: Tally::default(),
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
        self.events += 1;
        self.block.extend_from_slice(event);
        if self.block.len() >= BLOCK { self.close_block() } else { Ok(()) }
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
        self.close_block()?;
        let (raw_size, raw_sha256) = (self.raw.size, self.raw.finish());
        let (rest, packed) = self.file.finish()?;
        let (size, sha256) = packed.map_or((raw_size, raw_sha256), |packed| (packed.size, packed.finish()));
        Ok((rest, Encoded { sha256, size, raw_sha256, raw_size }))
    }

    fn close_block(&mut self) -> io::Result<()> {
        self.raw.add(&self.block);
        self.file.add(&mut self.block)
    }
}

/// Counts and hashes.
#[derive(Default)]
struct Tally {
    size: u64,
    hasher: Hasher,
}

impl Tally {
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

/// A sequence of gzip members.
struct Gzip {
    compressor: Compressor,
    /// Room for a member.
    member: Vec<u8>,
    members: u64,
    sink: Sink,
}

#[derive(Default)]
struct Sink {
    buffer: Vec<u8>,
    tally: Tally,
}

impl File {
    fn new(compression: Compression) -> io::Result<Self> {
        Ok(match compression {
            Compression::None => Self::Plain(Vec::new()),
            Compression::Gzip => {
                let level = CompressionLvl::new(GZIP_LEVEL).map_err(|_| io::Error::other("no such level"))?;
                let (member, sink) = (Vec::new(), Sink::default());
                Self::Gzip(Gzip { compressor: Compressor::new(level), member, members: 0, sink })
            }
            Compression::Zstd => Self::Zstd(zstd::Encoder::new(Sink::default(), ZSTD_LEVEL)?),
        })
    }

    /// Takes the block, and leaves an empty one.
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
            Self::Gzip(gzip) => gzip.sink.buffer.len(),
            Self::Zstd(stream) => stream.get_ref().buffer.len(),
        }
    }

    fn take(&mut self) -> Bytes {
        Bytes::from(std::mem::take(match self {
            Self::Plain(ready) => ready,
            Self::Gzip(gzip) => &mut gzip.sink.buffer,
            Self::Zstd(stream) => &mut stream.get_mut().buffer,
        }))
    }

    /// The rest, and the file's tally where it is another than that of the content.
    fn finish(self) -> io::Result<(Bytes, Option<Tally>)> {
        let Sink { buffer, tally } = match self {
            Self::Plain(rest) => return Ok((rest.into(), None)),
            Self::Gzip(mut gzip) => {
                if gzip.members == 0 {
                    gzip.member(&[])?;
                }
                gzip.sink
            }
            Self::Zstd(stream) => stream.finish()?,
        };
        Ok((buffer.into(), Some(tally)))
    }
}

impl Gzip {
    fn add(&mut self, block: &[u8]) -> io::Result<()> {
        // The end of a file may leave nothing, and a file of nothing is still one member.
        if block.is_empty() { Ok(()) } else { self.member(block) }
    }

    /// Writes a member. No name and no time go into its header, so the same events give the same bytes.
    fn member(&mut self, content: &[u8]) -> io::Result<()> {
        let room = self.compressor.gzip_compress_bound(content.len());
        self.member.resize(room.max(self.member.len()), 0);
        let size = self.compressor.gzip_compress(content, &mut self.member).map_err(io::Error::other)?;
        self.members += 1;
        self.sink.write_all(self.member.get(..size).unwrap_or_default())
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
