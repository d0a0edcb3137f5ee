//! Makes the index of a part from its stored bytes, in one pass.

use sha2::{Digest, Sha256 as Hasher};

use super::content::Content;
use super::error::IndexError;
use super::fit::{self, Draft};
use super::part_index::PartIndex;
use super::stored::Stored;
use super::tally::Tally;
use crate::fields::{EventFields, MappingHash};
use crate::part::{Encoding, Part, PartNumber};
use crate::sha256::Sha256;

/// Makes the index of one part from its stored bytes as they come. However they are cut into pieces, the
/// index is the same.
///
/// Its memory is bounded by the longest event, the values that are counted at once, and 8 bytes for each
/// different value of each block.
#[derive(Debug)]
pub struct IndexBuilder {
    part: PartNumber,
    encoding: Encoding,
    mapping: MappingHash,
    expected: Expected,
    size: u64,
    hasher: Hasher,
    stored: Stored,
    content: Content,
}

/// What the part's record says of its bytes.
#[derive(Debug, Clone, Copy)]
struct Expected {
    sha256: Sha256,
    size: u64,
    raw_size: u64,
    events: u64,
}

impl IndexBuilder {
    /// Starts the index of a part, with its events read by this mapping.
    ///
    /// # Errors
    /// If the part is a heartbeat, which has no index, or a decompressor can't be set up.
    pub fn new(part: &Part, mapping: &EventFields) -> Result<Self, IndexError> {
        Self::start(part, mapping, false)
    }

    /// The same for a part whose blocks can't be read alone ([`IndexError::NotInBlocks`]), which is none that
    /// [`crate::encode`] wrote: its whole file is one block.
    ///
    /// # Errors
    /// As those of [`Self::new`].
    pub fn in_one_block(part: &Part, mapping: &EventFields) -> Result<Self, IndexError> {
        Self::start(part, mapping, true)
    }

    fn start(part: &Part, mapping: &EventFields, in_one_block: bool) -> Result<Self, IndexError> {
        let Part { number, encoding, sha256, size, raw_size, events, .. } = *part;
        if events == 0 {
            return Err(IndexError::Heartbeat(number));
        }
        let tally = Tally::new(mapping.clone(), part.window.from);
        Ok(Self {
            part: number,
            encoding,
            mapping: mapping.hash(),
            expected: Expected { sha256, size, raw_size, events },
            size: 0,
            hasher: Hasher::new(),
            stored: Stored::new(encoding.compression, in_one_block)?,
            content: Content::new(encoding.format, tally, raw_size),
        })
    }

    /// Adds stored bytes.
    ///
    /// # Errors
    /// If the bytes are not those of the part, or not what a part consists of. The builder can't be used
    /// then.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), IndexError> {
        self.size += bytes.len() as u64;
        if self.size > self.expected.size {
            let reason = format!("they continue after byte {}", self.expected.size);
            return Err(IndexError::OtherPart(reason));
        }
        self.hasher.update(bytes);
        self.stored.push(bytes, &mut self.content)
    }

    /// The index, after all bytes.
    ///
    /// # Errors
    /// As those of [`Self::push`]; if size, SHA-256 or the count of events differ from the part's record; or
    /// if the compressor fails.
    pub fn finish(mut self) -> Result<PartIndex, IndexError> {
        let Expected { sha256, size, raw_size, events } = self.expected;
        let other = |reason| Err(IndexError::OtherPart(reason));
        if self.size != size {
            return other(format!("there are {} instead of {size}", self.size));
        }
        let found = Sha256::new(self.hasher.finalize().into());
        if found != sha256 {
            return other(format!("their SHA-256 is {found} instead of {sha256}"));
        }
        self.stored.finish()?;
        self.content.finish()?;
        let Content { tally, size: content_size, blocks, .. } = self.content;
        if content_size != raw_size {
            return other(format!("their content has {content_size} bytes instead of {raw_size}"));
        }
        if tally.events() != events {
            return other(format!("they have {} events instead of {events}", tally.events()));
        }
        let (cube, values) = tally.finish();
        let Self { part, encoding, mapping, .. } = self;
        let draft = Draft { part, sha256, size, encoding, mapping, events, blocks, cube, values };
        fit::fit(&draft)
    }
}
