//! How a file is written, and what that makes of its name and content type.

use serde::{Deserialize, Serialize};

/// How the events are laid out in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// One JSON array, one event a line.
    #[default]
    Json,
    /// One event a line, no array.
    Ndjson,
}

/// How a file is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compression {
    /// Not at all.
    #[default]
    None,
    /// RFC 1952.
    Gzip,
    /// RFC 8878.
    Zstd,
}

/// Format and compression together decide the file's name and content type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Encoding {
    /// The layout of the events.
    pub format: Format,
    /// The compression of the file.
    pub compression: Compression,
}

impl Encoding {
    /// What follows the last dot-free part of the name: `.json`, `.ndjson.gz` and so on.
    #[must_use]
    pub const fn suffix(self) -> &'static str {
        match (self.format, self.compression) {
            (Format::Json, Compression::None) => ".json",
            (Format::Json, Compression::Gzip) => ".json.gz",
            (Format::Json, Compression::Zstd) => ".json.zst",
            (Format::Ndjson, Compression::None) => ".ndjson",
            (Format::Ndjson, Compression::Gzip) => ".ndjson.gz",
            (Format::Ndjson, Compression::Zstd) => ".ndjson.zst",
        }
    }

    /// The truthful content type of the object's bytes: that of the compression, if there is one.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match (self.format, self.compression) {
            (_, Compression::Gzip) => "application/gzip",
            (_, Compression::Zstd) => "application/zstd",
            (Format::Json, Compression::None) => "application/json",
            (Format::Ndjson, Compression::None) => "application/x-ndjson",
        }
    }
}
