//! Opens a file by its first bytes: plain, gzip or zstd. Other formats are named in the error.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use archive::import::{Compression, FileType, SNIFF_BYTES};
use flate2::bufread::MultiGzDecoder;

use super::inputs::Source;

/// The number of bytes per read.
pub(super) const CHUNK: usize = 1 << 16;
/// The number of bytes that suffice for detection: all signatures but tar's are shorter. It does not wait for
/// more from a slow writer.
const MIN_SNIFF_BYTES: usize = 16;

/// An open file with its decompressor.
pub(super) struct OpenInput {
    pub(super) text: Box<dyn Read + Send>,
    /// The compression, if any.
    pub(super) compression: Option<Compression>,
}

/// Why a file can't be opened.
#[derive(Debug)]
pub(super) enum OpenError {
    /// The file is empty.
    Empty,
    /// The file has another format.
    Other { what: String, remedy: &'static str },
    /// The operating system returned an error, or the compressed data is damaged at the start.
    Io(io::Error),
}

impl From<io::Error> for OpenError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Opens a source; `read` counts the bytes read from it.
pub(super) fn open(source: &Source, read: &Arc<AtomicU64>) -> Result<OpenInput, OpenError> {
    let bytes: Box<dyn Read + Send> = match source {
        Source::File(path) => Box::new(File::open(path)?),
        Source::Stdin => Box::new(io::stdin()),
        Source::Bytes(bytes) => Box::new(Cursor::new(bytes.clone())),
    };
    let (kind, bytes) = sniff(Box::new(CountingReader { bytes, read: Arc::clone(read) }))?;
    match kind {
        FileType::Empty => Err(OpenError::Empty),
        FileType::Json => Ok(OpenInput { text: bytes, compression: None }),
        FileType::Unsupported { format: what, remedy } => {
            Err(OpenError::Other { what: what.to_owned(), remedy })
        }
        FileType::Compressed(compression) => {
            let (kind, text) = sniff(decompressed(compression, bytes)?)?;
            let inside = compression_name(compression);
            match kind {
                FileType::Empty => Err(OpenError::Empty),
                FileType::Json => Ok(OpenInput { text, compression: Some(compression) }),
                FileType::Compressed(inner) => Err(OpenError::Other {
                    what: format!("{} inside {inside}", compression_name(inner)),
                    remedy: "Decompress it once, and import that.",
                }),
                FileType::Unsupported { format: what, remedy } => {
                    Err(OpenError::Other { what: format!("{what} inside {inside}"), remedy })
                }
            }
        }
    }
}

/// The name of a compression, for messages.
pub(super) const fn compression_name(compression: Compression) -> &'static str {
    match compression {
        Compression::Gzip => "gzip",
        Compression::Zstd => "zstd",
    }
}

/// Adds the decompressor. Both read all members or frames, and buffer at most one window of the text (zstd:
/// at most 128 MB, its library's limit).
fn decompressed(compression: Compression, bytes: Box<dyn Read + Send>) -> io::Result<Box<dyn Read + Send>> {
    let bytes = BufReader::with_capacity(CHUNK, bytes);
    Ok(match compression {
        Compression::Gzip => Box::new(MultiGzDecoder::new(bytes)),
        Compression::Zstd => Box::new(zstd::stream::read::Decoder::with_buffer(bytes)?),
    })
}

/// Detects the kind by the first bytes; returns it with all bytes, including the first ones.
fn sniff(mut bytes: Box<dyn Read + Send>) -> io::Result<(FileType, Box<dyn Read + Send>)> {
    let mut start = vec![0; SNIFF_BYTES];
    let mut length = 0;
    while let Some(buffer) = start.get_mut(length..).filter(|buffer| !buffer.is_empty()) {
        let read = match bytes.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        length += read;
        let prefix = start.get(..length).unwrap_or_default();
        if read == 0 || length >= MIN_SNIFF_BYTES || prefix.contains(&b'\n') {
            break;
        }
    }
    start.truncate(length);
    Ok((FileType::detect(&start), Box::new(Cursor::new(start).chain(bytes))))
}

struct CountingReader {
    bytes: Box<dyn Read + Send>,
    read: Arc<AtomicU64>,
}

impl Read for CountingReader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.bytes.read(into)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(bytes).unwrap();
        gzip.finish().unwrap()
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        zstd::encode_all(bytes, 1).unwrap()
    }

    fn text(bytes: Vec<u8>) -> Result<String, String> {
        let read = Arc::new(AtomicU64::new(0));
        let length = bytes.len() as u64;
        let mut text = String::new();
        match open(&Source::Bytes(bytes.into()), &read) {
            Ok(mut opened) => {
                opened.text.read_to_string(&mut text).map_err(|error| error.to_string())?;
                assert_eq!(read.load(Ordering::Relaxed), length);
                Ok(text)
            }
            Err(OpenError::Empty) => Err("empty".into()),
            Err(OpenError::Other { what, .. }) => Err(what),
            Err(OpenError::Io(error)) => Err(error.to_string()),
        }
    }

    #[test]
    fn compression_is_detected_by_content_and_read_to_the_last_member() {
        let json = "{\"a\":1}\n".repeat(10_000);
        let (one, other) = json.as_bytes().split_at(40_004);
        for bytes in [
            json.clone().into_bytes(),
            gzip(json.as_bytes()),
            [gzip(one), gzip(other)].concat(),
            zstd(json.as_bytes()),
            [zstd(one), zstd(other)].concat(),
            [b"\x50\x2a\x4d\x18\x03\0\0\0abc".to_vec(), zstd(json.as_bytes())].concat(),
        ] {
            assert_eq!(text(bytes).as_ref(), Ok(&json));
        }
    }

    #[test]
    fn an_unsupported_format_is_named() {
        for (bytes, what) in [
            (Vec::new(), "empty"),
            (gzip(b""), "empty"),
            (b"PK\x03\x04\x14\0".to_vec(), "a ZIP archive"),
            (gzip(b"a,b,c\n1,2,3\n"), "CSV inside gzip"),
            (zstd(&[&[b'a'; 257][..], b"ustar\x0000"].concat()), "a tar archive inside zstd"),
            (gzip(&gzip(b"{}")), "gzip inside gzip"),
        ] {
            assert_eq!(text(bytes), Err(what.to_owned()));
        }
    }
}
