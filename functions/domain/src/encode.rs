//! Writes the events of a part as one file: layout, compression and hashes in one pass, with memory that does
//! not grow with the part.
//!
//! Events are gathered in a block, which is then hashed and compressed as a whole. Of gzip each block is a member of
//! its own: a file of several members is as valid as one of one (RFC 1952, section 2.2), and a compressor that is
//! given a whole block is twice as fast as one that is fed.

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
        if self.member.len() < room {
            self.member.resize(room, 0);
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::MultiGzDecoder;
    use std::io::Read;

    const ENCODINGS: [Encoding; 6] = {
        use Compression::{Gzip, None, Zstd};
        use Format::{Json, Ndjson};
        [
            Encoding { format: Json, compression: None },
            Encoding { format: Json, compression: Gzip },
            Encoding { format: Json, compression: Zstd },
            Encoding { format: Ndjson, compression: None },
            Encoding { format: Ndjson, compression: Gzip },
            Encoding { format: Ndjson, compression: Zstd },
        ]
    };

    fn file(encoding: Encoding, events: &[&str]) -> (Vec<u8>, Encoded) {
        let mut writer = FileWriter::new(encoding).unwrap();
        let mut bytes = Vec::new();
        for event in events {
            writer.push(event.as_bytes()).unwrap();
            bytes.extend(writer.take());
        }
        let (rest, encoded) = writer.finish().unwrap();
        bytes.extend(rest);
        (bytes, encoded)
    }

    fn unpack(encoding: Encoding, bytes: &[u8]) -> String {
        let mut unpacked: Box<dyn io::Read> = match encoding.compression {
            Compression::None => Box::new(bytes),
            Compression::Gzip => Box::new(MultiGzDecoder::new(bytes)),
            Compression::Zstd => Box::new(zstd::Decoder::new(bytes).unwrap()),
        };
        let mut text = String::new();
        unpacked.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn both_a_json_parser_and_grep_can_read_a_file() {
        for encoding in ENCODINGS {
            let (bytes, encoded) = file(encoding, &[r#"{"a":1}"#, r#"{"a":2}"#]);
            let text = unpack(encoding, &bytes);
            match encoding.format {
                Format::Json => assert_eq!(text, "[\n{\"a\":1},\n{\"a\":2}\n]\n"),
                Format::Ndjson => assert_eq!(text, "{\"a\":1}\n{\"a\":2}\n"),
            }
            assert_eq!(encoded.size, bytes.len() as u64);
            assert_eq!(encoded.sha256, Sha256::new(Hasher::digest(&bytes).into()));
            assert_eq!(encoded.raw_sha256, Sha256::new(Hasher::digest(text.as_bytes()).into()));
            assert_eq!(encoded.raw_size, text.len() as u64);
        }
    }

    #[test]
    fn a_file_of_many_blocks_is_one_text_and_its_figures_are_those_of_the_whole() {
        let event = |n: usize| format!(r#"{{"n":{n},"text":"{}"}}"#, "ab c".repeat(n % 700));
        let events: Vec<String> = (0..3_000).map(event).collect();
        for encoding in ENCODINGS {
            let (bytes, encoded) = file(encoding, &events.iter().map(String::as_str).collect::<Vec<_>>());
            let text = unpack(encoding, &bytes);
            assert!(text.len() > 3 * BLOCK);
            let lines: Vec<&str> = text.lines().map(|line| line.trim_end_matches(',')).collect();
            assert_eq!(
                lines.iter().filter(|line| line.len() > 1).collect::<Vec<_>>(),
                events.iter().collect::<Vec<_>>()
            );
            assert_eq!((encoded.size, encoded.raw_size), (bytes.len() as u64, text.len() as u64));
            assert_eq!(encoded.sha256, Sha256::new(Hasher::digest(&bytes).into()));
            assert_eq!(encoded.raw_sha256, Sha256::new(Hasher::digest(text.as_bytes()).into()));
        }
    }

    #[test]
    fn a_file_without_events_is_complete_too() {
        for encoding in ENCODINGS {
            let (bytes, encoded) = file(encoding, &[]);
            let text = unpack(encoding, &bytes);
            assert_eq!(text, if encoding.format == Format::Json { "[\n]\n" } else { "" });
            assert_eq!((encoded.size, encoded.raw_size), (bytes.len() as u64, text.len() as u64));
        }
    }

    #[test]
    fn the_same_events_give_the_same_bytes() {
        for encoding in ENCODINGS {
            assert_eq!(file(encoding, &["1", "2"]), file(encoding, &["1", "2"]));
        }
    }

    /// What holds memory down: what is written can be taken away while the file grows, and is not held on to.
    #[test]
    fn a_file_is_taken_away_piece_by_piece_while_it_grows() {
        for encoding in ENCODINGS {
            let mut writer = FileWriter::new(encoding).unwrap();
            let (mut taken, mut hash) = (0, [0; 32]);
            for _ in 0..20_000 {
                // Hashes of hashes do not compress away.
                hash = Hasher::digest(hash).into();
                writer.push(hex::encode(hash).as_bytes()).unwrap();
                let ready = writer.ready();
                if ready > 100_000 {
                    assert_eq!(writer.take().len(), ready);
                    assert_eq!(writer.ready(), 0);
                    taken += ready as u64;
                }
            }
            assert!(writer.raw_size() >= 20_000 * 65 - 1, "{encoding:?}: it knows its size as it grows");
            let raw_size = writer.raw_size();
            let (rest, encoded) = writer.finish().unwrap();
            assert!(encoded.raw_size - raw_size < 4);
            assert_eq!(taken + rest.len() as u64, encoded.size);
            assert!(rest.len() < 500_000 && taken > 500_000, "{encoding:?}: {} at the end", rest.len());
        }
    }
}
