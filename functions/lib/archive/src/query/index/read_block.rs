//! The events of one block.

use std::ops::ControlFlow;

use super::error::BlockError;
use super::lines::Lines;
use super::part_index::Block;
use super::unpack::Unpacker;
use crate::encode::FormatError;
use crate::part::{Compression, Encoding};
use crate::sha256::Sha256;

/// How many compressed bytes are unpacked at once.
const PIECE_BYTES: usize = 64 << 10;

/// Calls `each` with the position in the part and the text of each event of a block, until it breaks.
///
/// `bytes` are the stored bytes of the block. They are shown only if they are those that were checked when
/// the index was made. Memory does not grow with the content.
///
/// # Errors
/// If the bytes are not those of the block. If the index contradicts them otherwise, events may have been
/// shown before that is found.
pub fn read_block(
    block: &Block,
    encoding: Encoding,
    bytes: &[u8],
    mut each: impl FnMut(u64, &[u8]) -> ControlFlow<()>,
) -> Result<(), BlockError> {
    let found = bytes.len() as u64;
    if found != block.size {
        return Err(BlockError::Size { expected: block.size, found });
    }
    if Sha256::of(bytes) != block.sha256 {
        return Err(BlockError::Changed);
    }
    let mut lines = if block.position == 0 {
        Lines::of_file(encoding.format)
    } else {
        Lines::within_file(encoding.format)
    };
    let mut events = 0;
    let mut add = |content: &[u8]| {
        lines.push(content, |event| {
            if events == block.events {
                return Err(Stop::Error(BlockError::Events(block.events)));
            }
            let position = block.position + events;
            events += 1;
            if each(position, event).is_break() { Err(Stop::Break) } else { Ok(()) }
        })
    };
    let read = match encoding.compression {
        Compression::None => add(bytes),
        Compression::Gzip if block.offset == 0 => unpack(Unpacker::gzip(), bytes, &mut add),
        Compression::Gzip => unpack(Unpacker::deflate(), bytes, &mut add),
        Compression::Zstd => unpack(Unpacker::zstd()?, bytes, &mut add),
    };
    match read {
        Ok(()) if events == block.events => Ok(()),
        Ok(()) => Err(BlockError::Events(block.events)),
        Err(Stop::Break) => Ok(()),
        Err(Stop::Error(error)) => Err(error),
    }
}

/// Why reading ended early.
enum Stop {
    /// Whoever reads has seen enough.
    Break,
    Error(BlockError),
}

impl From<FormatError> for Stop {
    fn from(error: FormatError) -> Self {
        Self::Error(error.into())
    }
}

fn unpack(
    mut unpacker: Unpacker,
    bytes: &[u8],
    add: &mut impl FnMut(&[u8]) -> Result<(), Stop>,
) -> Result<(), Stop> {
    for piece in bytes.chunks(PIECE_BYTES) {
        if unpacker.push(piece, &mut *add)?.is_ended {
            break;
        }
    }
    Ok(())
}
