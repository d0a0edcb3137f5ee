//! Detects the type of a file by its first bytes, never by its name: compressed, JSON, or an unsupported
//! format with a remedy.

/// How many bytes at the start suffice for detection, unless the file is shorter. A tar archive's signature
/// comes last, at byte 257.
pub const SNIFF_BYTES: usize = 512;

/// How a file is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Gzip (RFC 1952), of one or more members.
    Gzip,
    /// Zstandard (RFC 8878), of one or more frames.
    Zstd,
}

/// The type of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileType {
    /// The file is empty.
    Empty,
    /// Compressed; its content has to be examined after decompression.
    Compressed(Compression),
    /// JSON, as far as the first bytes show; the parser decides.
    Json,
    /// A format that can't be imported.
    Unsupported {
        /// Name of the format, as it reads after "it is ".
        format: &'static str,
        /// How to convert it to JSON.
        remedy: &'static str,
    },
}

/// Signature, name and remedy of each format that is not JSON.
const SIGNATURES: [(&[u8], &str, &str); 28] = [
    (b"PK\x03\x04", "a ZIP archive", "Unpack it: unzip -p FILE | auditferry events import … -"),
    (b"PK\x05\x06", "an empty ZIP archive", "Use another file."),
    (b"BZh", "bzip2", "Decompress it: bzip2 -dc FILE | auditferry events import … -"),
    (b"\xfd7zXZ\x00", "xz", "Decompress it: xz -dc FILE | auditferry events import … -"),
    (b"\x04\x22\x4d\x18", "lz4", "Decompress it: lz4 -dc FILE | auditferry events import … -"),
    (b"\xff\x06\x00\x00sNaPpY", "Snappy", "Decompress it: snzip -dc FILE | auditferry events import … -"),
    (b"\x1f\x9d", "compressed by `compress`", "Decompress it: zcat FILE | auditferry events import … -"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "Unpack it: 7z x -so FILE | auditferry events import … -"),
    (b"Rar!\x1a\x07", "a RAR archive", "Unpack it and import the files."),
    (b"PAR1", "Parquet", PARQUET),
    (b"ORC", "ORC", PARQUET),
    (b"ARROW1", "Arrow", PARQUET),
    (b"Obj\x01", "Avro", "Convert it: avro-tools tojson FILE | auditferry events import … -"),
    (b"\xe0\x01\x00\xea", "Amazon Ion", ION),
    (b"$ion_1_0", "Amazon Ion", ION),
    (b"SQLite format 3\x00", "an SQLite database", "Export its rows as JSON, one per line."),
    (
        b"\xff\xfe\x00\x00",
        "UTF-32 text",
        "Convert it: iconv -f UTF-32 -t UTF-8 FILE | auditferry events import … -",
    ),
    (
        b"\x00\x00\xfe\xff",
        "UTF-32 text",
        "Convert it: iconv -f UTF-32 -t UTF-8 FILE | auditferry events import … -",
    ),
    (b"\xff\xfe", "UTF-16 text", UTF16),
    (b"\xfe\xff", "UTF-16 text", UTF16),
    (b"{\x00", "UTF-16 text", "Convert it: iconv -f UTF-16LE -t UTF-8 FILE | auditferry events import … -"),
    (b"[\x00", "UTF-16 text", "Convert it: iconv -f UTF-16LE -t UTF-8 FILE | auditferry events import … -"),
    (b"\x00{", "UTF-16 text", "Convert it: iconv -f UTF-16BE -t UTF-8 FILE | auditferry events import … -"),
    (b"\x00[", "UTF-16 text", "Convert it: iconv -f UTF-16BE -t UTF-8 FILE | auditferry events import … -"),
    (b"%PDF", "a PDF document", NO_EVENTS),
    (b"\x89PNG", "an image", NO_EVENTS),
    (b"\xff\xd8\xff", "an image", NO_EVENTS),
    (b"\x7fELF", "a program", NO_EVENTS),
];
const PARQUET: &str =
    "Convert it, for example with DuckDB: COPY (FROM 'FILE') TO 'events.ndjson' (FORMAT json)";
const ION: &str = "Export the table as DynamoDB JSON instead (--export-format DYNAMODB_JSON).";
const UTF16: &str = "Convert it: iconv -f UTF-16 -t UTF-8 FILE | auditferry events import … -";
const NO_EVENTS: &str = "Use the file that contains the events as JSON.";
const NOT_JSON: &str = "Convert it to JSON, one object per line.";
const CSV: &str = "Convert it, for example with DuckDB: COPY (FROM read_csv('FILE', all_varchar=true)) TO \
                   'events.ndjson' (FORMAT json)";

impl FileType {
    /// The type of a file that begins with these bytes: the first [`SNIFF_BYTES`], or the whole file if it is
    /// shorter.
    #[must_use]
    pub fn detect(start: &[u8]) -> Self {
        let other = |what, remedy| Self::Unsupported { format: what, remedy };
        match start {
            [] => return Self::Empty,
            [0x1f, 0x8b, ..] => return Self::Compressed(Compression::Gzip),
            // A frame, or a skippable frame, which pzstd writes first.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => {
                return Self::Compressed(Compression::Zstd);
            }
            _ => {}
        }
        if let Some((_, what, remedy)) = SIGNATURES.iter().find(|(bytes, ..)| start.starts_with(bytes)) {
            return other(what, remedy);
        }
        if start.get(257..262) == Some(b"ustar") {
            return other("a tar archive", "Unpack it: tar -xOf FILE | auditferry events import … -");
        }
        let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start();
        match text {
            [b'{' | b'[' | 0x1e, ..] | [] => return Self::Json,
            [b'<', ..] if is_markup(text) => {
                return other("HTML or XML", "It may be the error page of a server. Use the file itself.");
            }
            _ => {}
        }
        if start.contains(&0) {
            return other("binary data of an unknown format", NOT_JSON);
        }
        if is_csv(text) {
            return other("CSV", CSV);
        }
        // One line that is not JSON may be one of many: errors are reported line by line.
        Self::Json
    }
}

fn is_markup(text: &[u8]) -> bool {
    let starts = |with: &[u8]| text.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
    [&b"<!doctype"[..], b"<html", b"<?xml", b"<head", b"<error"].iter().any(|with| starts(with))
}

/// Whether the first line looks like values separated by commas, semicolons or tabs.
fn is_csv(text: &[u8]) -> bool {
    let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let is_one_text = line.first() == Some(&b'"') && line.contains(&b':');
    [b',', b';', b'\t'].iter().any(|comma| {
        let cells: Vec<&[u8]> = line.split(|byte| byte == comma).collect();
        cells.len() > 2
            && !is_one_text
            && !line.contains(&b'{')
            && cells.iter().take(3).all(|cell| cell.len() < 100)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what(start: &[u8]) -> &'static str {
        match FileType::detect(start) {
            FileType::Unsupported { format: what, .. } => what,
            FileType::Json => "JSON",
            FileType::Empty => "empty",
            FileType::Compressed(_) => "compressed",
        }
    }

    #[test]
    fn the_type_of_a_file_follows_from_its_first_bytes() {
        let tar = [&[b'a'; 257][..], b"ustar\x0000"].concat();
        let utf16: Vec<u8> = "{\"a\":1}".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for (start, expected) in [
            (&b""[..], "empty"),
            (b"\x1f\x8b\x08", "compressed"),
            (b"\x28\xb5\x2f\xfd", "compressed"),
            (b"\x50\x2a\x4d\x18", "compressed"),
            (b"PK\x03\x04", "a ZIP archive"),
            (b"BZh91AY", "bzip2"),
            (b"PAR1\x15", "Parquet"),
            (b"Obj\x01", "Avro"),
            (&tar, "a tar archive"),
            (b"\xff\xfe{\x00", "UTF-16 text"),
            (b"\xff\xfe\x00\x00{", "UTF-32 text"),
            (&utf16, "UTF-16 text"),
            (b"%PDF-1.7", "a PDF document"),
            (b"<!DOCTYPE html><html>", "HTML or XML"),
            (b"<?xml version=\"1.0\"?><Error><Code>AccessDenied", "HTML or XML"),
            (b"eventID,eventTime,eventName\n1,2,3\n", "CSV"),
            (b"\xef\xbb\xbf\"id\";\"time\";\"name\"\n", "CSV"),
            (b"id\ttime\tname\n", "CSV"),
            (b"\x00\x01\x02", "binary data of an unknown format"),
            (b"\xef\xbb\xbf{\"a\":1}", "JSON"),
            (b" \n\n[", "JSON"),
            (b"\x1e{}", "JSON"),
            (b"nonsense\n{\"a\":1}", "JSON"),
            (b"2026-11-20 started, all is well\n{\"a\":1}", "JSON"),
            (b"\n", "JSON"),
        ] {
            assert_eq!(what(start), expected, "{start:?}");
        }
    }

    #[test]
    fn no_bytes_make_it_panic() {
        for first in 0..=255 {
            for second in [0, b'{', b',', 0xff] {
                let _ = FileType::detect(&[first, second]);
            }
        }
    }
}
