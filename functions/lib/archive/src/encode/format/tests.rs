//! What is written is read back, and content of another format is refused.

use std::io::BufReader;

use super::*;
use crate::encode::FileWriter;
use crate::part::{Compression, Encoding};

/// The content of an uncompressed file.
fn written(format: Format, events: &[Vec<u8>]) -> Vec<u8> {
    let mut file = FileWriter::new(Encoding { format, compression: Compression::None }).unwrap();
    for event in events {
        file.push(event).unwrap();
    }
    file.finish().unwrap().0.to_vec()
}

/// Reads all events, with a buffer of this many bytes.
fn read(format: Format, content: &[u8], buffer: usize) -> Result<Vec<Vec<u8>>, FormatError> {
    let (mut reader, mut content) = (reader(format), BufReader::with_capacity(buffer, content));
    let (mut events, mut event) = (Vec::new(), Vec::new());
    while reader.next(&mut content, &mut event)? {
        events.push(event.clone());
    }
    assert!(!reader.next(&mut content, &mut event)?, "the end stays the end");
    Ok(events)
}

#[test]
fn each_format_reads_back_what_it_wrote() {
    let event = |n: usize| format!(r#"{{"n":{n},"text":",[\n]{}"}}"#, "x".repeat(n % 97)).into_bytes();
    for format in Format::ALL {
        for number in [0, 1, 2, 3, 500] {
            let events: Vec<Vec<u8>> = (0..number).map(event).collect();
            let content = written(format, &events);
            for buffer in [1, 7, 1 << 18] {
                assert_eq!(read(format, &content, buffer).unwrap(), events, "{format:?}");
            }
        }
    }
}

#[test]
fn a_truncated_file_is_refused_or_has_fewer_events() {
    for format in Format::ALL {
        let events = [br#"{"a":1}"#.to_vec(), br#"{"a":2}"#.to_vec()];
        let content = written(format, &events);
        for length in 0..content.len() {
            let found = read(format, &content[..length], 4);
            assert!(found.is_err() || found.unwrap().len() < events.len(), "{format:?} {length}");
        }
    }
}

#[test]
fn content_of_another_format_is_refused_with_the_reason() {
    let (start, end) = ("it does not begin with the line `[`", "it does not end with the line `]`");
    let line = "a line is incomplete, or longer than 16777216 bytes";
    for (content, reason) in [
        ("", start),
        ("{}\n", start),
        ("[", line),
        ("[\n", end),
        ("[\n{}\n", end),
        ("[\n{}\n]", line),
        ("[\n{},\n]\n", "ok"),
        ("[\n{}\n{}\n]\n", "event 1 is not followed by a comma"),
        ("[\n{},\n{}\n{}\n]\n", "event 2 is not followed by a comma"),
        ("[\n\n]\n", "a line after event 0 is empty"),
        ("[\n{},\n\n]\n", "a line after event 1 is empty"),
        ("[\n{}\n]\n\n", "there is data after the line `]`"),
        ("[\n{}\n]\n{}\n", "there is data after the line `]`"),
    ] {
        let found =
            read(Format::Json, content.as_bytes(), 4).map_or_else(|why| why.to_string(), |_| "ok".into());
        assert_eq!(found, reason, "{content:?}");
    }
    assert_eq!(read(Format::Ndjson, b"{}", 4).unwrap_err().to_string(), line);
}

/// Neither memory nor time is spent on a line that can't be an event.
#[test]
fn a_line_without_an_end_is_refused_at_the_maximum_length() {
    let mut endless = BufReader::new(io::repeat(b'['));
    let mut event = Vec::new();
    let error = reader(Format::Ndjson).next(&mut endless, &mut event).unwrap_err();
    assert!(matches!(error, FormatError::EndlessLine));
    assert!(event.len() as u64 <= MAX_EVENT_BYTES);
    let damaged = BufReader::new(flate2::read::GzDecoder::new(&b"no gzip"[..]));
    let error = reader(Format::Ndjson).next(&mut { damaged }, &mut event).unwrap_err();
    assert!(error.to_string().starts_with("it can't be decompressed: "));
}
