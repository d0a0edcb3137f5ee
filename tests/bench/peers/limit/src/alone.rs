//! Measures single steps that every export needs: on the lines of an export, in memory, in the blocks of the
//! exporter's file writer.

use std::hint::black_box;

use archive::encode::{GZIP_LEVELS, MIN_BLOCK_BYTES, ZSTD_LEVEL};
use flate2::{Compress, Compression, FlushCompress};
use sha2::Digest as _;
use sha2::Sha256;

use crate::Result;

/// The lines of an export.
#[derive(Default)]
pub(crate) struct Lines {
    closed: Vec<Vec<u8>>,
    open: Vec<u8>,
}

impl Lines {
    pub(crate) fn push(&mut self, line: &[u8]) {
        self.open.extend_from_slice(line);
        self.open.push(b'\n');
        if self.open.len() >= MIN_BLOCK_BYTES {
            self.closed.push(std::mem::take(&mut self.open));
        }
    }

    /// Executes one step on all lines; returns its processor time in seconds.
    pub(crate) fn take(mut self, step: &str) -> Result<f64> {
        self.closed.push(self.open);
        let blocks = self.closed.as_slice();
        let started = processor_time()?;
        match step {
            "memcpy" => copy(blocks),
            "hashing" => hash(blocks),
            "gzip" => gzip(blocks)?,
            "zstd" => zstd(blocks)?,
            _ => return Err(format!("unknown step {step}").into()),
        }
        Ok(processor_time()? - started)
    }
}

/// Copies to allocated memory, like the exporter's buffers.
fn copy(blocks: &[Vec<u8>]) {
    let mut buffer = vec![1; blocks.iter().map(Vec::len).max().unwrap_or_default()];
    for block in blocks {
        buffer[..block.len()].copy_from_slice(black_box(block));
        black_box(&buffer);
    }
}

fn hash(blocks: &[Vec<u8>]) {
    let hash = blocks.iter().fold(Sha256::new(), |hash, block| hash.chain_update(block));
    black_box(hash.finalize());
}

/// Compresses, with gzip's checksum.
fn gzip(blocks: &[Vec<u8>]) -> Result<()> {
    let mut deflate = Compress::new(Compression::fast(), false);
    let mut crc = crc32fast::Hasher::new();
    let mut buffer = Vec::new();
    for (block, level) in blocks.iter().zip(GZIP_LEVELS.into_iter().cycle()) {
        deflate.reset();
        deflate.set_level(Compression::new(level))?;
        buffer.clear();
        buffer.reserve(block.len() + block.len() / 8 + 64);
        crc.update(block);
        deflate.compress_vec(block, &mut buffer, FlushCompress::Full)?;
        black_box(&buffer);
    }
    black_box(crc.finalize());
    Ok(())
}

fn zstd(blocks: &[Vec<u8>]) -> Result<()> {
    use std::io::Write as _;
    let mut stream = zstd::Encoder::new(std::io::sink(), ZSTD_LEVEL)?;
    stream.include_checksum(true)?;
    for block in blocks {
        stream.write_all(block)?;
    }
    stream.finish()?;
    Ok(())
}

/// The processor time of this thread in seconds. The file's first number is in nanoseconds.
/// Source: the Linux kernel's documentation, "Scheduler Statistics".
fn processor_time() -> Result<f64> {
    let numbers = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds: u64 = numbers.split(' ').next().unwrap_or_default().parse()?;
    #[expect(clippy::cast_precision_loss, reason = "a precision of milliseconds suffices")]
    Ok(nanoseconds as f64 / 1e9)
}
