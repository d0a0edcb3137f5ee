//! The content of a part as it is unpacked: takes it apart into events, counts these, and closes blocks.

use sha2::{Digest, Sha256 as Hasher};

use super::error::IndexError;
use super::lines::Lines;
use super::tally::{BlockTally, Tally};
use crate::encode::MIN_BLOCK_BYTES;
use crate::part::Format;
use crate::sha256::Sha256;

/// The content so far, with its blocks.
#[derive(Debug)]
pub(super) struct Content {
    lines: Lines,
    pub(super) tally: Tally,
    /// The size of the uncompressed content, bytes.
    pub(super) size: u64,
    /// The most that this may become, by the part's record.
    limit: u64,
    /// The blocks that have ended.
    pub(super) blocks: Vec<StoredBlock>,
    /// The uncompressed size of the current block, bytes.
    block_bytes: usize,
    block: Stored,
}

/// The stored bytes of the current block.
#[derive(Debug, Default)]
struct Stored {
    offset: u64,
    size: u64,
    hasher: Hasher,
}

/// A block that has ended.
#[derive(Debug)]
pub(super) struct StoredBlock {
    pub(super) offset: u64,
    pub(super) size: u64,
    pub(super) sha256: Sha256,
    pub(super) tally: BlockTally,
}

impl Content {
    pub(super) fn new(format: Format, tally: Tally, limit: u64) -> Self {
        Self {
            lines: Lines::of_file(format),
            tally,
            size: 0,
            limit,
            blocks: Vec::new(),
            block_bytes: 0,
            block: Stored::default(),
        }
    }

    /// Adds content.
    pub(super) fn add(&mut self, content: &[u8]) -> Result<(), IndexError> {
        self.size += content.len() as u64;
        if self.size > self.limit {
            let reason = format!("their content continues after byte {}", self.limit);
            return Err(IndexError::OtherPart(reason));
        }
        self.block_bytes += content.len();
        let tally = &mut self.tally;
        self.lines.push(content, |line| tally.add(line))
    }

    /// Adds stored bytes to the current block.
    pub(super) fn add_stored(&mut self, bytes: &[u8]) {
        self.block.size += bytes.len() as u64;
        self.block.hasher.update(bytes);
    }

    /// Lets the first block begin after what stands before it in the file.
    pub(super) const fn begin_at(&mut self, offset: u64) {
        self.block.offset = offset;
    }

    /// How many bytes fill the current block: the line in which it reaches them is its last one. 0 if it is
    /// full.
    pub(super) const fn until_full(&self) -> usize {
        MIN_BLOCK_BYTES.saturating_sub(self.block_bytes)
    }

    /// Whether the current block ends here if another event follows: with the line that fills it.
    pub(super) fn is_block_end(&self) -> bool {
        self.lines.ended_line().is_some_and(|line| {
            self.until_full() == 0 && self.block_bytes.saturating_sub(line) < MIN_BLOCK_BYTES
        })
    }

    /// Ends the current block.
    pub(super) fn end_block(&mut self) {
        let next = Stored { offset: self.block.offset + self.block.size, ..Stored::default() };
        let Stored { offset, size, hasher } = std::mem::replace(&mut self.block, next);
        let (sha256, tally) = (Sha256::new(hasher.finalize().into()), self.tally.end_block());
        self.blocks.push(StoredBlock { offset, size, sha256, tally });
        self.block_bytes = 0;
    }

    /// Ends the last block, and checks that the content is complete.
    pub(super) fn finish(&mut self) -> Result<(), IndexError> {
        self.lines.finish()?;
        self.end_block();
        Ok(())
    }
}
