//! Bytes that are not those of a part, or that somebody else wrote.

use std::io::Write as _;

use super::*;
use flate2::{Compress, Compression as Level, FlushCompress, GzBuilder};

/// A record that fits these bytes.
fn record_of(part: &Part, bytes: &[u8]) -> Part {
    Part { sha256: Sha256::of(bytes), size: bytes.len() as u64, ..part.clone() }
}

fn many_events() -> Vec<String> {
    (0..1_500).map(|number| event(number, 2_500)).collect()
}

/// The content of a part of these events.
fn content(events: &[String]) -> Vec<u8> {
    part(Encoding { compression: Compression::None, ..GZIP }, events).1
}

#[test]
fn bytes_that_differ_from_the_record_have_no_index() {
    let events = real_events(300);
    for encoding in encodings() {
        let (part, bytes) = part(encoding, &events);
        let is_other = |part: &Part, bytes: &[u8]| {
            matches!(index_in(part, bytes, 4096), Err(IndexError::OtherPart(_) | IndexError::Content(_)))
        };
        assert!(is_other(&part, &bytes[..bytes.len() - 1]), "too short");
        assert!(is_other(&part, &[bytes.as_slice(), b"\n"].concat()), "too long");
        assert!(is_other(&Part { sha256: Sha256::of(b""), ..part.clone() }, &bytes), "another hash");
        assert!(is_other(&Part { events: part.events + 1, ..part.clone() }, &bytes), "another count");
        assert!(is_other(&Part { raw_size: part.raw_size + 1, ..part.clone() }, &bytes), "other content");
        assert!(is_other(&Part { raw_size: part.raw_size - 1, ..part.clone() }, &bytes), "much content");
        let mut garbage = bytes.clone();
        garbage.extend(b"garbage");
        assert!(is_other(&record_of(&part, &garbage), &garbage), "something after the end");
        let short = &bytes[..bytes.len() - 3];
        assert!(is_other(&record_of(&part, short), short), "cut, and recorded so");
    }
    let heartbeat = Part { events: 0, ..part(GZIP, &events).0 };
    assert!(matches!(IndexBuilder::new(&heartbeat, &mapping()), Err(IndexError::Heartbeat(_))));
}

#[test]
fn a_line_that_is_no_event_is_an_error_that_says_which() {
    for encoding in encodings() {
        let (part, bytes) = part(encoding, &["{}".to_owned(), "[1]".to_owned()]);
        let error = index_in(&part, &bytes, 7).unwrap_err();
        assert!(matches!(error, IndexError::NotAnEvent { position: 1, .. }), "{error}");
    }
}

#[test]
fn a_damaged_trailer_is_found() {
    let (part, mut bytes) = part(GZIP, &real_events(10));
    let crc = bytes.len() - 8;
    bytes[crc] ^= 1;
    assert!(matches!(index_in(&record_of(&part, &bytes), &bytes, 99), Err(IndexError::Content(_))));
}

#[test]
fn a_gzip_file_with_another_header_is_one_block() {
    let events = many_events();
    let (part, _) = part(GZIP, &events);
    let mut file = GzBuilder::new().filename("events.json").comment("ours?").write(Vec::new(), Level::fast());
    file.write_all(&content(&events)).unwrap();
    let bytes = file.finish().unwrap();
    let part = record_of(&part, &bytes);
    for piece in [1, 7, bytes.len()] {
        let index = index_in(&part, &bytes, piece).unwrap();
        assert_eq!((index.blocks.len(), index.blocks[0].offset), (1, 0));
        assert_eq!(read(&index.blocks[0], GZIP, &bytes).len(), events.len());
    }
}

/// A member with our header whose blocks end with a flush of this kind where ours do.
fn flushed(events: &[String], kind: FlushCompress) -> Vec<u8> {
    let content = content(events);
    let mut deflate = Compress::new(Level::fast(), false);
    let mut bytes = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let (plain, _) = index_of(Encoding { compression: Compression::None, ..GZIP }, events);
    for (number, block) in plain.blocks.iter().enumerate() {
        let flush = if number + 1 < plain.blocks.len() { kind } else { FlushCompress::Finish };
        let mut output = Vec::with_capacity(4 << 20);
        deflate.compress_vec(stored(block, &content), &mut output, flush).unwrap();
        bytes.extend(output);
    }
    bytes.extend(crc32fast::hash(&content).to_le_bytes());
    bytes.extend(u32::try_from(content.len()).unwrap().to_le_bytes());
    bytes
}

/// After a sync flush, too, the stream is at a byte boundary, but what follows may refer to what came before.
#[test]
fn blocks_that_refer_across_their_ends_are_not_taken_for_blocks() {
    let events = many_events();
    let (part, _) = part(GZIP, &events);
    let bytes = flushed(&events, FlushCompress::Full);
    let index = index_in(&record_of(&part, &bytes), &bytes, 5_000).unwrap();
    assert!(index.blocks.len() > 2, "{}", index.blocks.len());

    let bytes = flushed(&events, FlushCompress::Sync);
    let part = record_of(&part, &bytes);
    let error = index_in(&part, &bytes, 5_000).unwrap_err();
    assert!(matches!(error, IndexError::NotInBlocks(1)), "{error}");
    let mut builder = IndexBuilder::in_one_block(&part, &mapping()).unwrap();
    builder.push(&bytes).unwrap();
    let index = builder.finish().unwrap();
    assert_eq!((index.blocks.len(), index.blocks[0].offset), (1, 0));
    assert_eq!(read(&index.blocks[0], GZIP, &bytes).len(), events.len());
}

#[test]
fn a_block_that_differs_is_not_shown() {
    let events = many_events();
    for encoding in encodings() {
        let (index, bytes) = index_of(encoding, &events);
        let block = index.blocks.last().unwrap();
        let show = |bytes: &[u8]| {
            let mut shown = 0;
            let each = |_: u64, _: &[u8]| {
                shown += 1;
                ControlFlow::Continue(())
            };
            (read_block(block, encoding, bytes, each), shown)
        };
        let mut altered = stored(block, &bytes).to_vec();
        altered[100] ^= 1;
        assert!(matches!(show(&altered), (Err(BlockError::Changed), 0)));
        assert!(matches!(show(&altered[1..]), (Err(BlockError::Size { .. }), 0)));
        let mut other = block.clone();
        other.events += 1;
        let each = |_: u64, _: &[u8]| ControlFlow::Continue(());
        let result = read_block(&other, encoding, stored(block, &bytes), each);
        assert!(matches!(result, Err(BlockError::Events(_))));
    }
}

#[test]
fn reading_a_block_stops_when_it_is_enough() {
    let (index, bytes) = index_of(GZIP, &many_events());
    let block = &index.blocks[1];
    let mut seen = Vec::new();
    let each = |position: u64, _: &[u8]| {
        seen.push(position);
        if seen.len() == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    read_block(block, GZIP, stored(block, &bytes), each).unwrap();
    assert_eq!(seen, [block.position, block.position + 1, block.position + 2]);
}
