//! A gzip file of one member, written in blocks that can each be read alone.
//!
//! A file may have several members (RFC 1952, section 2.2), but about half of the readers in use silently
//! stop at the end of the first one. So a file has one member. A full flush follows each block but the last:
//! an empty stored block that ends on a byte boundary, `00 00 FF FF`. Nothing after it refers to what came
//! before, so a reader that knows where a block begins can inflate it alone (RFC 1951). A sync flush would
//! end on a byte boundary too, but later data may refer across it.

use std::array;
use std::io::{self, Write};
use std::iter::Cycle;

use crc32fast::Hasher as Crc;
use flate2::{Compress, Compression as Level, FlushCompress, Status};

use super::Sink;

/// The compression levels of a file's blocks, in rotation. For real events, level 2 makes files 1.203 times
/// as large as `gzip -6`; level 3 makes them 1.13 times as large and takes a sixth more time. In rotation
/// they are 1.18 times as large, for little more time than level 2. A file of one block, the usual case, is
/// compressed at level 3.
pub const GZIP_LEVELS: [u32; 4] = [3, 2, 2, 2];

/// RFC 1952, section 2.3: deflate, no name, no comment, no time, no extra flags, unknown system. So the same
/// events give the same bytes on each machine.
pub(crate) const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

/// A gzip member that is being written.
pub(super) struct Gzip {
    deflate: Compress,
    /// The levels of the next blocks.
    levels: Cycle<array::IntoIter<u32, 4>>,
    crc: Crc,
    /// The size of the content modulo 2^32, as in the trailer.
    size: u32,
    /// Buffer for one compressed block.
    output: Vec<u8>,
    sink: Sink,
}

impl Gzip {
    /// Starts a member without content.
    pub(super) fn new(mut sink: Sink) -> io::Result<Self> {
        sink.write_all(&HEADER)?;
        let deflate = Compress::new(Level::fast(), false);
        let levels = GZIP_LEVELS.into_iter().cycle();
        Ok(Self { deflate, levels, crc: Crc::new(), size: 0, output: Vec::new(), sink })
    }

    /// Adds a block that is not the last one.
    pub(super) fn add(&mut self, block: &[u8]) -> io::Result<()> {
        self.deflate(block, FlushCompress::Full)
    }

    /// Adds the last block and the trailer (CRC-32 and size).
    pub(super) fn finish(mut self, block: &[u8]) -> io::Result<Sink> {
        self.deflate(block, FlushCompress::Finish)?;
        self.sink.write_all(&self.crc.finalize().to_le_bytes())?;
        self.sink.write_all(&self.size.to_le_bytes())?;
        Ok(self.sink)
    }

    /// The sink with the bytes written so far.
    pub(super) const fn sink(&self) -> &Sink {
        &self.sink
    }

    /// The same sink, mutable, so that its buffer can be drained.
    pub(super) const fn sink_mut(&mut self) -> &mut Sink {
        &mut self.sink
    }

    fn deflate(&mut self, mut block: &[u8], flush: FlushCompress) -> io::Result<()> {
        // After a full flush the stream is at a byte boundary, so the start of a new stream can follow. Only
        // a new stream accepts another level.
        self.deflate.reset();
        if let Some(level) = self.levels.next() {
            self.deflate.set_level(Level::new(level)).map_err(io::Error::other)?;
        }
        self.crc.update(block);
        #[expect(clippy::cast_possible_truncation, reason = "the trailer has the size modulo 2^32")]
        let length = block.len() as u32;
        self.size = self.size.wrapping_add(length);
        // If the output of a flush exactly fills the buffer, zlib writes the flush again. So the buffer is
        // larger than any block can become: the fixed code takes 9 bits for a byte at worst (RFC 1951,
        // section 3.2.6).
        self.output.clear();
        self.output.reserve(block.len() + block.len() / 8 + 64);
        loop {
            let before = self.deflate.total_in();
            let status =
                self.deflate.compress_vec(block, &mut self.output, flush).map_err(io::Error::other)?;
            let taken = usize::try_from(self.deflate.total_in() - before).unwrap_or(usize::MAX);
            let is_flushed = self.output.len() < self.output.capacity();
            if taken == 0 && self.output.is_empty() {
                return Err(io::Error::other("the compressor makes no progress"));
            }
            self.sink.write_all(&self.output)?;
            self.output.clear();
            block = block.get(taken..).unwrap_or_default();
            if status == Status::StreamEnd || (flush == FlushCompress::Full && block.is_empty() && is_flushed)
            {
                return Ok(());
            }
        }
    }
}
