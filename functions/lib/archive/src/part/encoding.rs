//! How a file is encoded, and the file name suffix and content type that follow from it.

use serde::{Deserialize, Serialize};

/// The layout of the events in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// One JSON array, one event a line.
    #[default]
    Json,
    /// One event a line, no array.
    Ndjson,
}

impl Format {
    /// The name in records and manifests.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Ndjson => "ndjson",
        }
    }

    /// The format with that name; `None` if it is unknown.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Json, Self::Ndjson].into_iter().find(|format| format.as_str() == name)
    }
}

/// How a file is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compression {
    /// No compression (the default).
    #[default]
    None,
    /// gzip, RFC 1952.
    Gzip,
    /// Zstandard, RFC 8878.
    Zstd,
}

impl Compression {
    /// The name in records and manifests.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }

    /// The compression with that name; `None` if it is unknown.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::None, Self::Gzip, Self::Zstd].into_iter().find(|compression| compression.as_str() == name)
    }
}

/// Format and compression, which together decide the file's suffix and content type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Encoding {
    /// The layout of the events.
    pub format: Format,
    /// The compression of the file.
    pub compression: Compression,
}

impl Encoding {
    /// The end of the file name: `.json`, `.ndjson.gz` and so on.
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

    /// The content type of the object's bytes: that of the compression, if there is one.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffix_content_type_and_record_agree_on_the_encoding() {
        for format in [Format::Json, Format::Ndjson] {
            assert_eq!(serde_json::to_value(format).unwrap(), format.as_str());
            assert_eq!(Format::from_name(format.as_str()), Some(format));
            for compression in [Compression::None, Compression::Gzip, Compression::Zstd] {
                assert_eq!(serde_json::to_value(compression).unwrap(), compression.as_str());
                assert_eq!(Compression::from_name(compression.as_str()), Some(compression));
                // Media types: RFC 6713, RFC 8878, RFC 8259.
                let (ending, media_type) = match compression {
                    Compression::Gzip => (".gz", Some("application/gzip")),
                    Compression::Zstd => (".zst", Some("application/zstd")),
                    Compression::None if format == Format::Json => ("", Some("application/json")),
                    Compression::None => ("", None),
                };
                let encoding = Encoding { format, compression };
                assert_eq!(encoding.suffix(), format!(".{}{ending}", format.as_str()));
                assert_eq!(encoding.content_type(), media_type.unwrap_or("application/x-ndjson"));
            }
        }
        assert_eq!((Format::from_name("csv"), Compression::from_name("lz4")), (None, None));
    }
}
