//! Formats and compressions, by what will read the files.

use archive::part::{Compression, Format};

/// Each format by its name, with who reads it.
pub(crate) fn formats() -> Vec<(String, String)> {
    let text = |format| match format {
        Format::Json => "JSON: scripts, jq, a text editor",
        Format::Ndjson => "NDJSON: Athena, Splunk, most SIEMs",
    };
    Format::ALL.into_iter().map(|one| (one.as_str().to_owned(), text(one).to_owned())).collect()
}

/// Each compression by its name, with who reads it.
pub(crate) fn compressions() -> Vec<(String, String)> {
    let text = |compression| match compression {
        Compression::None => "none: every reader",
        Compression::Gzip => "gzip: nearly every reader",
        Compression::Zstd => "zstd: smaller and faster, newer readers",
    };
    Compression::ALL.into_iter().map(|one| (one.as_str().to_owned(), text(one).to_owned())).collect()
}
