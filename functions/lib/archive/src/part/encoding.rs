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

/// What is fixed for a format. A new format is a variant, its row, and what the compiler then asks for.
struct FormatRow {
    name: &'static str,
    suffix: &'static str,
    content_type: &'static str,
    summary: &'static str,
}

impl Format {
    /// All formats, in the order of listings.
    pub const ALL: [Self; 2] = [Self::Json, Self::Ndjson];

    const fn row(self) -> FormatRow {
        match self {
            Self::Json => FormatRow {
                name: "json",
                suffix: ".json",
                content_type: "application/json",
                summary: "One JSON array, one event per line",
            },
            Self::Ndjson => FormatRow {
                name: "ndjson",
                suffix: ".ndjson",
                content_type: "application/x-ndjson",
                summary: "One event per line, no array",
            },
        }
    }

    /// The name in records and manifests.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.row().name
    }

    /// What it is, in a few words for whoever chooses.
    #[must_use]
    pub const fn summary(self) -> &'static str {
        self.row().summary
    }

    /// The format with that name; `None` if it is unknown.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == name)
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

/// What is fixed for a compression.
struct CompressionRow {
    name: &'static str,
    suffix: &'static str,
    /// `None` if the format decides.
    content_type: Option<&'static str>,
    summary: &'static str,
}

impl Compression {
    /// All compressions, in the order of listings.
    pub const ALL: [Self; 3] = [Self::None, Self::Gzip, Self::Zstd];

    const fn row(self) -> CompressionRow {
        match self {
            Self::None => {
                CompressionRow { name: "none", suffix: "", content_type: None, summary: "Uncompressed" }
            }
            Self::Gzip => CompressionRow {
                name: "gzip",
                suffix: ".gz",
                content_type: Some("application/gzip"),
                summary: "Readable by every tool",
            },
            Self::Zstd => CompressionRow {
                name: "zstd",
                suffix: ".zst",
                content_type: Some("application/zstd"),
                summary: "Smaller and faster",
            },
        }
    }

    /// The name in records and manifests.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.row().name
    }

    /// What it is good for, in a few words for whoever chooses.
    #[must_use]
    pub const fn summary(self) -> &'static str {
        self.row().summary
    }

    /// The compression with that name; `None` if it is unknown.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|compression| compression.as_str() == name)
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
    pub fn suffix(self) -> String {
        [self.format.row().suffix, self.compression.row().suffix].concat()
    }

    /// The content type of the object's bytes: that of the compression, if there is one.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        self.compression.row().content_type.unwrap_or(self.format.row().content_type)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffix_content_type_and_record_agree_on_the_encoding() {
        for format in Format::ALL {
            assert_eq!(serde_json::to_value(format).unwrap(), format.as_str());
            assert_eq!(Format::from_name(format.as_str()), Some(format));
            for compression in Compression::ALL {
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

    /// The names that serde lists in its error: those of all variants.
    fn names<T: serde::de::DeserializeOwned>() -> Vec<String> {
        let Err(error) = serde_json::from_str::<T>("\"?\"") else { panic!("`?` is a name") };
        let text = error.to_string();
        let (_, listed) = text.split_once("expected ").unwrap();
        listed.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    }

    #[test]
    fn no_format_and_no_compression_is_missing_from_the_lists() {
        assert_eq!(names::<Format>(), Format::ALL.map(Format::as_str));
        assert_eq!(names::<Compression>(), Compression::ALL.map(Compression::as_str));
    }
}
