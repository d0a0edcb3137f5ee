//! Finds the blocks in the stored bytes of a part, and unpacks them, as the bytes come.
//!
//! - `none`: blocks end by the rule of [`crate::encode`], as they would if the part were compressed.
//! - gzip: a block ends where that rule says so and the four bytes of a full flush stand. What follows is
//!   inflated by a new inflater that has seen nothing before, which is the proof that it can be read alone. A
//!   member whose header is not ours was made by somebody else, and is one block.
//! - zstd: the file is one block.

use crc32fast::Hasher as Crc;
use memchr::memmem;

use super::content::Content;
use super::error::IndexError;
use super::unpack::Unpacker;
use crate::encode::{FormatError, GZIP_HEADER};
use crate::part::Compression;

/// The end of a full flush: an empty stored block (RFC 1951, section 3.2.4).
const FLUSHED: [u8; 4] = [0, 0, 0xff, 0xff];
/// CRC-32 and size of the content, RFC 1952, section 2.3.
const TRAILER_BYTES: usize = 8;

/// Where in the stored bytes we are.
#[derive(Debug)]
pub(super) enum Stored {
    Plain,
    /// In a gzip file before its header's end, after these bytes.
    GzipHeader(Vec<u8>),
    GzipBlocks(GzipBlocks),
    /// In the one block of the file.
    OneBlock(Unpacker),
    /// In a gzip file's trailer, after these bytes.
    GzipTrailer(Crc, Vec<u8>),
    /// After the end of the member or frame.
    End,
}

impl Stored {
    /// At the beginning of a file.
    pub(super) fn new(compression: Compression, in_one_block: bool) -> Result<Self, FormatError> {
        Ok(match compression {
            Compression::None => Self::Plain,
            Compression::Gzip if in_one_block => Self::OneBlock(Unpacker::gzip()),
            Compression::Gzip => Self::GzipHeader(Vec::new()),
            Compression::Zstd => Self::OneBlock(Unpacker::zstd()?),
        })
    }

    /// Adds stored bytes.
    pub(super) fn push(&mut self, mut bytes: &[u8], content: &mut Content) -> Result<(), IndexError> {
        while !bytes.is_empty() {
            let taken = match self {
                Self::Plain => plain(bytes, content)?,
                Self::GzipHeader(header) => {
                    let taken = bytes.len().min(GZIP_HEADER.len() - header.len());
                    header.extend_from_slice(bytes.get(..taken).unwrap_or_default());
                    if header.len() == GZIP_HEADER.len() {
                        let header = std::mem::take(header);
                        *self = Self::after_header(&header, content)?;
                    }
                    taken
                }
                Self::GzipBlocks(blocks) => {
                    let (taken, is_ended) = blocks.push(bytes, content)?;
                    if is_ended {
                        *self = Self::GzipTrailer(std::mem::take(&mut blocks.crc), Vec::new());
                    }
                    taken
                }
                Self::OneBlock(unpacker) => {
                    let progress = unpacker.push(bytes, |piece| content.add(piece))?;
                    content.add_stored(bytes.get(..progress.taken).unwrap_or_default());
                    if progress.is_ended {
                        *self = Self::End;
                    }
                    progress.taken
                }
                Self::GzipTrailer(crc, trailer) => {
                    let taken = bytes.len().min(TRAILER_BYTES - trailer.len());
                    trailer.extend_from_slice(bytes.get(..taken).unwrap_or_default());
                    if trailer.len() == TRAILER_BYTES {
                        check_trailer(trailer, std::mem::take(crc).finalize(), content.size)?;
                        *self = Self::End;
                    }
                    taken
                }
                Self::End => return Err(other_format("there is data after its end").into()),
            };
            bytes = bytes.get(taken..).unwrap_or_default();
        }
        Ok(())
    }

    fn after_header(header: &[u8], content: &mut Content) -> Result<Self, IndexError> {
        if header == GZIP_HEADER {
            content.begin_at(GZIP_HEADER.len() as u64);
            return Ok(Self::GzipBlocks(GzipBlocks::default()));
        }
        let mut unpacker = Unpacker::gzip();
        unpacker.push(header, |piece| content.add(piece))?;
        content.add_stored(header);
        Ok(Self::OneBlock(unpacker))
    }

    /// Checks that the file is complete.
    pub(super) fn finish(&self) -> Result<(), FormatError> {
        match self {
            Self::Plain | Self::End => Ok(()),
            _ => Err(other_format("it ends too early")),
        }
    }
}

/// Adds content that is stored as it is, to the end of a line that may end a block. Returns how much it took.
fn plain(bytes: &[u8], content: &mut Content) -> Result<usize, IndexError> {
    // The line `]` is no event, and no event begins like it.
    if content.is_block_end() && bytes.first() != Some(&b']') {
        content.end_block();
    }
    let least = content.until_full().saturating_sub(1);
    let line_end = bytes.get(least..).and_then(|rest| memchr::memchr(b'\n', rest));
    let taken = line_end.map_or(bytes.len(), |end| least + end + 1);
    let piece = bytes.get(..taken).unwrap_or(bytes);
    content.add_stored(piece);
    content.add(piece)?;
    Ok(taken)
}

/// The deflate stream of a gzip file of ours.
#[derive(Debug)]
pub(super) struct GzipBlocks {
    unpacker: Unpacker,
    crc: Crc,
    /// The last bytes of the stream so far, one fewer than a flush's end has.
    tail: Vec<u8>,
}

impl Default for GzipBlocks {
    fn default() -> Self {
        Self { unpacker: Unpacker::deflate(), crc: Crc::new(), tail: Vec::new() }
    }
}

impl GzipBlocks {
    /// Adds stored bytes up to where a block may end. Returns how many it took, and whether the stream has
    /// ended.
    fn push(&mut self, bytes: &[u8], content: &mut Content) -> Result<(usize, bool), IndexError> {
        let end = self.flush_end(bytes);
        let piece = end.and_then(|end| bytes.get(..end)).unwrap_or(bytes);
        let crc = &mut self.crc;
        let progress = self.unpacker.push(piece, |piece| {
            crc.update(piece);
            content.add(piece)
        });
        let progress = progress.map_err(|error| match error {
            // The first block has nothing before it that it could refer to.
            IndexError::Content(_) if !content.blocks.is_empty() => {
                IndexError::NotInBlocks(content.blocks.len())
            }
            error => error,
        })?;
        let piece = piece.get(..progress.taken).unwrap_or(piece);
        content.add_stored(piece);
        let kept = piece.len().saturating_sub(FLUSHED.len() - 1);
        self.tail.extend_from_slice(piece.get(kept..).unwrap_or_default());
        let before = self.tail.len().saturating_sub(FLUSHED.len() - 1);
        self.tail.drain(..before);
        // The same four bytes may stand anywhere by chance.
        if end.is_some() && !progress.is_ended && content.is_block_end() {
            content.end_block();
            self.unpacker = Unpacker::deflate();
            self.tail.clear();
        }
        Ok((piece.len(), progress.is_ended))
    }

    /// Where the first flush that ends in these bytes ends.
    fn flush_end(&self, bytes: &[u8]) -> Option<usize> {
        let across = (1..FLUSHED.len().min(bytes.len() + 1)).find(|length| {
            let mut last = self.tail.clone();
            last.extend_from_slice(bytes.get(..*length).unwrap_or_default());
            last.ends_with(&FLUSHED)
        });
        across.or_else(|| memmem::find(bytes, &FLUSHED).map(|start| start + FLUSHED.len()))
    }
}

fn check_trailer(trailer: &[u8], crc: u32, size: u64) -> Result<(), FormatError> {
    let [crc, size] = [u64::from(crc), size % (1 << 32)].map(|number| {
        #[expect(clippy::cast_possible_truncation, reason = "both are below 2^32")]
        let number = number as u32;
        number.to_le_bytes()
    });
    if trailer == [crc, size].concat() {
        return Ok(());
    }
    Err(other_format("the checksum at its end is not that of its content"))
}

fn other_format(reason: &str) -> FormatError {
    FormatError::OtherFormat(reason.to_owned())
}
