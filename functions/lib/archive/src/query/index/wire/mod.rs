//! The stored form of an index: JSON with the version first, in a zstd frame (infra/schemas/index.md).
//!
//! An index lies in a bucket, so anybody who can write there may have altered it. Whatever its bytes are,
//! reading them takes bounded memory, and ends in an index that is consistent in itself or in an error.

mod cube;
mod day;
mod dictionary;
mod part;

use std::io::{self, Read as _, Write as _};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::error::IndexError;

/// The version of the stored form, the first thing in it. An index of another version is made again.
pub const VERSION: u64 = 1;
/// The largest JSON text of an index, bytes. None is larger, and none larger is read.
pub const MAX_DECODED_BYTES: u64 = 16 << 20;

const ZSTD_LEVEL: i32 = 3;

/// What stands first in each version.
#[derive(Deserialize)]
struct VersionOnly {
    version: u64,
}

/// Compresses a JSON text; `None` if it is too large to be read again.
fn pack(wire: &impl Serialize) -> Result<Option<Vec<u8>>, IndexError> {
    let json = serde_json::to_vec(wire).map_err(|error| IndexError::NotCompressed(error.into()))?;
    if json.len() as u64 > MAX_DECODED_BYTES {
        return Ok(None);
    }
    let compress = || {
        let mut frame = zstd::Encoder::new(Vec::new(), ZSTD_LEVEL)?;
        // So that damage is found.
        frame.include_checksum(true)?;
        frame.write_all(&json)?;
        frame.finish().map(Some)
    };
    compress().map_err(IndexError::NotCompressed)
}

/// Reads a compressed JSON text of this version.
fn unpack<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, IndexError> {
    let mut rest = bytes;
    let mut json = Vec::new();
    let decoder = zstd::Decoder::with_buffer(&mut rest).map_err(unreadable)?.single_frame();
    decoder.take(MAX_DECODED_BYTES + 1).read_to_end(&mut json).map_err(unreadable)?;
    if json.len() as u64 > MAX_DECODED_BYTES {
        return Err(damaged("it is too large"));
    }
    if !rest.is_empty() {
        return Err(damaged("there is data after its frame"));
    }
    let not_json = |error: serde_json::Error| {
        // The text of the error may contain a value.
        damaged(format!("it is not of this form at column {}", error.column()))
    };
    let VersionOnly { version } = serde_json::from_slice(&json).map_err(not_json)?;
    if version != VERSION {
        return Err(IndexError::OtherVersion(version));
    }
    serde_json::from_slice(&json).map_err(not_json)
}

#[expect(clippy::needless_pass_by_value, reason = "as `map_err` needs it")]
fn unreadable(error: io::Error) -> IndexError {
    damaged(format!("it can't be decompressed ({})", error.kind()))
}

fn damaged(reason: impl Into<String>) -> IndexError {
    IndexError::Damaged(reason.into())
}

/// Checks what must be true of an index.
fn require(is_true: bool, reason: &str) -> Result<(), IndexError> {
    if is_true { Ok(()) } else { Err(damaged(reason)) }
}
