//! Writes the events of a part as one file: layout, compression and hashes in one pass, with memory that does
//! not grow with the part.

use std::io::{self, Write};

use bytes::Bytes;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256 as Hasher};

use crate::part::{Compression, Encoding, Format, Sha256};

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
    compressor: Compressor,
    raw: Tally,
    events: u64,
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
    /// If zstd can't be set up (out of memory).
    pub fn new(encoding: Encoding) -> io::Result<Self> {
        let sink = Sink::default();
        let compressor = match encoding.compression {
            Compression::None => Compressor::None(sink),
            // No name and no time go into the header, so the same events give the same bytes.
            Compression::Gzip => Compressor::Gzip(GzEncoder::new(sink, flate2::Compression::default())),
            Compression::Zstd => Compressor::Zstd(zstd::Encoder::new(sink, zstd::DEFAULT_COMPRESSION_LEVEL)?),
        };
        Ok(Self { format: encoding.format, compressor, raw: Tally::default(), events: 0 })
    }

    /// Adds an event, one line of JSON.
    ///
    /// # Errors
    /// If the compressor fails.
    pub fn push(&mut self, event: &[u8]) -> io::Result<()> {
        match (self.format, self.events) {
            (Format::Json, 0) => self.write(b"[\n")?,
            (Format::Json, _) => self.write(b",\n")?,
            (Format::Ndjson, 0) => {}
            (Format::Ndjson, _) => self.write(b"\n")?,
        }
        self.events += 1;
        self.write(event)
    }

    /// The uncompressed bytes written so far.
    #[must_use]
    pub const fn raw_size(&self) -> u64 {
        self.raw.size
    }

    /// The bytes of the file that are ready to be stored.
    pub fn take(&mut self) -> Bytes {
        Bytes::from(std::mem::take(&mut self.compressor.sink().buffer))
    }

    /// How many bytes [`Self::take`] would return.
    pub fn ready(&mut self) -> usize {
        self.compressor.sink().buffer.len()
    }

    /// Closes the file: its last bytes, and what is known of it.
    ///
    /// # Errors
    /// If the compressor fails.
    pub fn finish(mut self) -> io::Result<(Bytes, Encoded)> {
        match (self.format, self.events) {
            (Format::Json, 0) => self.write(b"[\n]\n")?,
            (Format::Json, _) => self.write(b"\n]\n")?,
            (Format::Ndjson, 0) => {}
            (Format::Ndjson, _) => self.write(b"\n")?,
        }
        let sink = self.compressor.finish()?;
        let encoded = Encoded {
            size: sink.tally.size,
            sha256: sink.tally.finish(),
            raw_size: self.raw.size,
            raw_sha256: self.raw.finish(),
        };
        Ok((Bytes::from(sink.buffer), encoded))
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.raw.add(bytes);
        self.compressor.write_all(bytes)
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

#[derive(Default)]
struct Sink {
    buffer: Vec<u8>,
    tally: Tally,
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

enum Compressor {
    None(Sink),
    Gzip(GzEncoder<Sink>),
    Zstd(zstd::Encoder<'static, Sink>),
}

impl Compressor {
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::None(sink) => sink.write_all(bytes),
            Self::Gzip(stream) => stream.write_all(bytes),
            Self::Zstd(stream) => stream.write_all(bytes),
        }
    }

    fn sink(&mut self) -> &mut Sink {
        match self {
            Self::None(sink) => sink,
            Self::Gzip(stream) => stream.get_mut(),
            Self::Zstd(stream) => stream.get_mut(),
        }
    }

    fn finish(self) -> io::Result<Sink> {
        match self {
            Self::None(sink) => Ok(sink),
            Self::Gzip(stream) => stream.finish(),
            Self::Zstd(stream) => stream.finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
        let mut text = String::new();
        match encoding.compression {
            Compression::None => text = String::from_utf8(bytes.to_vec()).unwrap(),
            Compression::Gzip => drop(flate2::read::GzDecoder::new(bytes).read_to_string(&mut text).unwrap()),
            Compression::Zstd => drop(zstd::Decoder::new(bytes).unwrap().read_to_string(&mut text).unwrap()),
        }
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
