//! What a file guarantees, for each format and compression.

mod blocks;
mod pinned;

use super::*;
use crate::part::Format;
use flate2::bufread::GzDecoder;
use std::io::Read;

fn encodings() -> impl Iterator<Item = Encoding> {
    let of = |format| Compression::ALL.map(|compression| Encoding { format, compression });
    Format::ALL.into_iter().flat_map(of)
}

fn file(encoding: Encoding, events: &[&str]) -> (Vec<u8>, Encoded) {
    let mut writer = FileWriter::new(encoding).unwrap();
    let mut bytes = Vec::new();
    for event in events {
        writer.push(event.as_bytes()).unwrap();
        bytes.extend(writer.take());
    }
    let (rest, encoded) = writer.finish().unwrap();
    bytes.extend(rest);
    (bytes, encoded)
}

/// Reads like a reader that knows one member and one frame only. Nothing may follow them.
fn unpack(encoding: Encoding, bytes: &[u8]) -> String {
    let mut rest = bytes;
    let mut unpacked: Box<dyn io::Read> = match encoding.compression {
        Compression::None => Box::new(&mut rest),
        Compression::Gzip => Box::new(GzDecoder::new(&mut rest)),
        Compression::Zstd => Box::new(zstd::Decoder::with_buffer(&mut rest).unwrap().single_frame()),
    };
    let mut text = String::new();
    unpacked.read_to_string(&mut text).unwrap();
    drop(unpacked);
    assert!(rest.is_empty(), "{encoding:?}: {} bytes after the first member or frame", rest.len());
    text
}

#[test]
fn both_a_json_parser_and_grep_can_read_a_file() {
    for encoding in encodings() {
        let (bytes, encoded) = file(encoding, &[r#"{"a":1}"#, r#"{"a":2}"#]);
        let text = unpack(encoding, &bytes);
        match encoding.format {
            Format::Json => assert_eq!(text, "[\n{\"a\":1},\n{\"a\":2}\n]\n"),
            Format::Ndjson => assert_eq!(text, "{\"a\":1}\n{\"a\":2}\n"),
        }
        assert_eq!(encoded.size, bytes.len() as u64);
        assert_eq!(encoded.sha256, Sha256::new(Hasher::digest(&bytes).into()));
        assert_eq!(encoded.raw_sha256, Sha256::new(Hasher::digest(text.as_bytes()).into()));
        assert_eq!(encoded.raw_size, text.len() as u64);
    }
}

#[test]
fn a_file_of_many_blocks_is_one_text_with_sizes_and_hashes_of_the_whole() {
    let event = |n: usize| format!(r#"{{"n":{n},"text":"{}"}}"#, "ab c".repeat(n % 700));
    let events: Vec<String> = (0..3_000).map(event).collect();
    for encoding in encodings() {
        let (bytes, encoded) = file(encoding, &events.iter().map(String::as_str).collect::<Vec<_>>());
        let text = unpack(encoding, &bytes);
        assert!(text.len() > 3 * MIN_BLOCK_BYTES);
        let lines: Vec<&str> = text.lines().map(|line| line.trim_end_matches(',')).collect();
        assert_eq!(
            lines.iter().filter(|line| line.len() > 1).collect::<Vec<_>>(),
            events.iter().collect::<Vec<_>>()
        );
        assert_eq!((encoded.size, encoded.raw_size), (bytes.len() as u64, text.len() as u64));
        assert_eq!(encoded.sha256, Sha256::new(Hasher::digest(&bytes).into()));
        assert_eq!(encoded.raw_sha256, Sha256::new(Hasher::digest(text.as_bytes()).into()));
    }
}

#[test]
fn a_file_without_events_is_valid() {
    for encoding in encodings() {
        let (bytes, encoded) = file(encoding, &[]);
        let text = unpack(encoding, &bytes);
        assert_eq!(text, if encoding.format == Format::Json { "[\n]\n" } else { "" });
        assert_eq!((encoded.size, encoded.raw_size), (bytes.len() as u64, text.len() as u64));
    }
}

/// The caller stores pieces of 8 MiB, so many blocks wait in the buffer.
#[test]
fn bytes_that_are_not_taken_stay_buffered_and_none_is_lost() {
    let event = format!("\"{}\"", "x".repeat(MIN_BLOCK_BYTES / 2));
    for encoding in encodings() {
        let mut writer = FileWriter::new(encoding).unwrap();
        for _ in 0..9 {
            writer.push(event.as_bytes()).unwrap();
        }
        let (bytes, encoded) = writer.finish().unwrap();
        let text = unpack(encoding, &bytes);
        assert_eq!(text.matches(&event).count(), 9, "{encoding:?}");
        assert_eq!((encoded.size, encoded.raw_size), (bytes.len() as u64, text.len() as u64));
    }
}

#[test]
fn events_are_compressed_together() {
    let event = format!("\"{}\"", (0..40).map(|n| n.to_string()).collect::<String>());
    for encoding in encodings().filter(|encoding| encoding.compression != Compression::None) {
        let (bytes, encoded) = file(encoding, &vec![event.as_str(); 1_000]);
        assert!(encoded.size * 20 < encoded.raw_size, "{encoding:?}: {encoded:?}");
        assert_eq!(unpack(encoding, &bytes).len() as u64, encoded.raw_size);
    }
}

/// The decompressors themselves detect a flipped bit, not only archive verification.
#[test]
fn a_compressed_file_has_a_checksum_of_its_content() {
    let events: Vec<String> = (0..2_000_u64).map(|n| hex::encode(Hasher::digest(n.to_be_bytes()))).collect();
    let events: Vec<&str> = events.iter().map(String::as_str).collect();
    for encoding in encodings().filter(|encoding| encoding.compression != Compression::None) {
        let (mut bytes, _) = file(encoding, &events);
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        let mut text = Vec::new();
        let read = match encoding.compression {
            Compression::Zstd => zstd::Decoder::new(&bytes[..]).unwrap().read_to_end(&mut text),
            _ => GzDecoder::new(&bytes[..]).read_to_end(&mut text),
        };
        assert!(read.is_err(), "{encoding:?}");
    }
    let zstd = Encoding { format: Format::Json, compression: Compression::Zstd };
    // The checksum flag is the third bit of the frame header descriptor: RFC 8878, section 3.1.1.1.1.
    assert_eq!(file(zstd, &["1"]).0[4] & 4, 4);
}

#[test]
fn the_same_events_give_the_same_bytes() {
    for encoding in encodings() {
        assert_eq!(file(encoding, &["1", "2"]), file(encoding, &["1", "2"]));
    }
}

/// This bounds memory: written bytes can be taken while the file grows, and are not kept.
#[test]
fn a_file_can_be_taken_piece_by_piece_while_it_grows() {
    for encoding in encodings() {
        let mut writer = FileWriter::new(encoding).unwrap();
        let (mut taken, mut hash) = (0, [0; 32]);
        for _ in 0..20_000 {
            // Hashes of hashes don't compress.
            hash = Hasher::digest(hash).into();
            writer.push(hex::encode(hash).as_bytes()).unwrap();
            let ready = writer.ready();
            if ready > 100_000 {
                assert_eq!(writer.take().len(), ready);
                assert_eq!(writer.ready(), 0);
                taken += ready as u64;
            }
        }
        assert!(writer.raw_size() >= 20_000 * 65 - 1, "{encoding:?}: the size is known while it grows");
        let raw_size = writer.raw_size();
        let (rest, encoded) = writer.finish().unwrap();
        assert!(encoded.raw_size - raw_size < 4);
        assert_eq!(taken + rest.len() as u64, encoded.size);
        assert!(rest.len() < 500_000 && taken > 500_000, "{encoding:?}: {} at the end", rest.len());
    }
}
