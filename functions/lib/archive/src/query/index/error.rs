//! What can be wrong with an index, with the bytes it is made from, and with a block. No error contains
//! anything of an event's content.

use std::io;

use crate::encode::FormatError;
use crate::event::EventError;
use crate::part::PartNumber;

/// Why an index can't be made, read or used.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// The part has no events but the heartbeat, so there is nothing to index.
    #[error("part {0} has no events, so it has no index")]
    Heartbeat(PartNumber),
    /// The bytes are not those of the part's record.
    #[error("the bytes are not those of the part: {0}")]
    OtherPart(String),
    /// The bytes are those of the record as far as is known, but they can't be read as events.
    #[error("the part can't be read: {0}")]
    Content(#[from] FormatError),
    /// A line is not an event.
    #[error("line {position} of the part's events is {error}")]
    NotAnEvent {
        /// The position of the line among the events, from 0.
        position: u64,
        /// What is wrong with it.
        error: EventError,
    },
    /// A block can't be inflated alone. [`super::IndexBuilder::in_one_block`] makes the index of such a part.
    #[error("block {0} of the part can't be read alone")]
    NotInBlocks(usize),
    /// The index can't be compressed (out of memory).
    #[error("the index can't be compressed: {0}")]
    NotCompressed(#[source] io::Error),
    /// The index is too large to be read again, which takes a part far beyond [`crate::part::PartLimits`].
    #[error("the index is larger than one can be")]
    TooLarge,
    /// The stored index is damaged, or was made by nobody of us.
    #[error("the index is damaged: {0}")]
    Damaged(String),
    /// The stored index is of another version of this format.
    #[error("the index has version {0}, and not {version}", version = super::VERSION)]
    OtherVersion(u64),
    /// A part can't be added to the roll-up of this day.
    #[error("part {part} can't be added to the day: {reason}")]
    OtherDay {
        /// The part.
        part: PartNumber,
        /// Why not.
        reason: &'static str,
    },
    /// A roll-up has no parts.
    #[error("a day without parts has no roll-up")]
    EmptyDay,
}

/// Why a block is not shown.
#[derive(Debug, thiserror::Error)]
pub enum BlockError {
    /// It has another size than its index says.
    #[error("the block has {found} bytes instead of {expected}")]
    Size {
        /// By the index.
        expected: u64,
        /// Those that were read.
        found: u64,
    },
    /// Its bytes are not those that were checked when the index was made.
    #[error("the SHA-256 of the block differs from that in the index")]
    Changed,
    /// Its bytes can't be read as events.
    #[error("the block can't be read: {0}")]
    Content(#[from] FormatError),
    /// It has more or fewer events than the index says.
    #[error("the block doesn't have the {0} events of the index")]
    Events(u64),
}
