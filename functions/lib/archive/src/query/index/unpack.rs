//! Compressed bytes as they come, in pieces of any size, unpacked with memory that does not grow with them.

use std::io;

use flate2::{Decompress, FlushDecompress, Status};
use zstd::stream::raw::{DParameter, Decoder, InBuffer, Operation as _, OutBuffer};

use crate::encode::FormatError;

/// How much content is made at once.
const CONTENT_BYTES: usize = 64 << 10;
/// zstd: the binary logarithm of the largest window, as in infra/schemas/manifest.md.
const ZSTD_WINDOW: u32 = 24;
/// gzip: the binary logarithm of the window, RFC 1951.
const DEFLATE_WINDOW: u8 = 15;

/// Unpacks one stream.
pub(super) struct Unpacker {
    stream: Stream,
    content: Vec<u8>,
}

enum Stream {
    Inflate(Box<Decompress>),
    Zstd(Decoder<'static>),
}

/// How far an unpacker got with a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unpacked {
    /// How many bytes of the piece belong to the stream.
    pub(super) taken: usize,
    /// Whether the stream has ended.
    pub(super) is_ended: bool,
}

impl std::fmt::Debug for Unpacker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.stream {
            Stream::Inflate(_) => "Unpacker(inflate)",
            Stream::Zstd(_) => "Unpacker(zstd)",
        })
    }
}

impl Unpacker {
    /// Of raw deflate (RFC 1951), without anything that came before.
    pub(super) fn deflate() -> Self {
        Self::inflate(Decompress::new(false))
    }

    /// Of a whole gzip member (RFC 1952), whose checksum it checks.
    pub(super) fn gzip() -> Self {
        Self::inflate(Decompress::new_gzip(DEFLATE_WINDOW))
    }

    /// Of a zstd frame (RFC 8878), whose checksum it checks.
    pub(super) fn zstd() -> Result<Self, FormatError> {
        let mut decoder = Decoder::new().map_err(FormatError::Unreadable)?;
        decoder.set_parameter(DParameter::WindowLogMax(ZSTD_WINDOW)).map_err(FormatError::Unreadable)?;
        Ok(Self { stream: Stream::Zstd(decoder), content: Vec::with_capacity(CONTENT_BYTES) })
    }

    fn inflate(inflate: Decompress) -> Self {
        Self { stream: Stream::Inflate(Box::new(inflate)), content: Vec::with_capacity(CONTENT_BYTES) }
    }

    /// Unpacks a piece, and calls `each` with the content. Returns early at the end of the stream, and must
    /// not be called again then.
    pub(super) fn push<E: From<FormatError>>(
        &mut self,
        piece: &[u8],
        mut each: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<Unpacked, E> {
        let mut taken = 0;
        loop {
            let rest = piece.get(taken..).unwrap_or_default();
            let step = self.stream.step(rest, &mut self.content).map_err(FormatError::Unreadable)?;
            taken += step.taken;
            if !self.content.is_empty() {
                each(&self.content)?;
            }
            // Content that exactly fills the buffer may not be all.
            let is_all = taken == piece.len() && self.content.len() < self.content.capacity();
            if step.is_ended || is_all {
                return Ok(Unpacked { taken, is_ended: step.is_ended });
            }
            if step.taken == 0 && self.content.is_empty() {
                let error = io::Error::other("the decompressor makes no progress");
                return Err(FormatError::Unreadable(error).into());
            }
        }
    }
}

impl Stream {
    /// Makes as much content as fits into the buffer, whose former content it replaces.
    fn step(&mut self, piece: &[u8], content: &mut Vec<u8>) -> io::Result<Unpacked> {
        content.clear();
        match self {
            Self::Inflate(inflate) => {
                let before = inflate.total_in();
                let status = inflate.decompress_vec(piece, content, FlushDecompress::None)?;
                let taken = usize::try_from(inflate.total_in() - before).unwrap_or(usize::MAX);
                Ok(Unpacked { taken, is_ended: status == Status::StreamEnd })
            }
            Self::Zstd(decoder) => {
                let (mut input, mut output) = (InBuffer::around(piece), OutBuffer::around(content));
                let remaining = decoder.run(&mut input, &mut output)?;
                Ok(Unpacked { taken: input.pos(), is_ended: remaining == 0 })
            }
        }
    }
}
