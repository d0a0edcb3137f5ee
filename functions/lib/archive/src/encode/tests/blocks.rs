//! What a gzip file guarantees to a reader of byte ranges.

use super::*;
use flate2::{Decompress, FlushDecompress, Status};
use proptest::prelude::*;

/// The header of a member, and the size of its trailer.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
const TRAILER: usize = 8;
/// The end of a full flush.
const FLUSHED: &[u8] = &[0, 0, 0xff, 0xff];

/// A gzip file and the offset of each of its blocks, as seen by a caller that takes the bytes while the file
/// grows.
fn blocks(format: Format, events: &[Vec<u8>]) -> (Vec<u8>, Vec<usize>) {
    let mut writer = FileWriter::new(Encoding { format, compression: Compression::Gzip }).unwrap();
    let (mut bytes, mut starts) = (writer.take().to_vec(), vec![HEADER.len()]);
    for event in events {
        writer.push(event).unwrap();
        if writer.ready() > 0 {
            bytes.extend(writer.take());
            starts.push(bytes.len());
        }
    }
    bytes.extend(writer.finish().unwrap().0);
    (bytes, starts)
}

/// The content of each block, by the rule in infra/schemas/manifest.md.
fn expected(format: Format, events: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let (open, comma, close): (&[u8], &[u8], &[u8]) = match format {
        Format::Json => (b"[\n", b",", b"]\n"),
        Format::Ndjson => (b"", b"", b""),
    };
    let mut blocks = vec![open.to_vec()];
    for (number, event) in events.iter().enumerate() {
        if blocks.last().unwrap().len() >= MIN_BLOCK_BYTES {
            blocks.push(Vec::new());
        }
        let block = blocks.last_mut().unwrap();
        block.extend(event);
        block.extend(if number + 1 < events.len() { comma } else { b"" });
        block.push(b'\n');
    }
    blocks.last_mut().unwrap().extend(close);
    blocks
}

/// Inflates a piece of a file without anything that came before it.
fn inflated(piece: &[u8], length: usize) -> (Vec<u8>, Status) {
    let mut text = Vec::with_capacity(length + 1);
    let mut inflate = Decompress::new(false);
    let status = inflate.decompress_vec(piece, &mut text, FlushDecompress::None).unwrap();
    assert_eq!(inflate.total_in(), piece.len() as u64, "all of the piece is read");
    (text, status)
}

fn check(format: Format, events: &[Vec<u8>]) {
    let (bytes, starts) = blocks(format, events);
    let contents = expected(format, events);
    assert_eq!(starts.len(), contents.len());
    assert_eq!(bytes[..HEADER.len()], HEADER);
    let end = bytes.len() - TRAILER;
    let mut first = 0;
    for (number, content) in contents.iter().enumerate() {
        let piece = &bytes[starts[number]..starts.get(number + 1).copied().unwrap_or(end)];
        let (text, status) = inflated(piece, content.len());
        assert!(text == *content, "block {number} of {format:?}");
        assert_eq!(status == Status::StreamEnd, number + 1 == contents.len());
        assert_eq!(piece.ends_with(FLUSHED), number + 1 < contents.len());
        let opening = if number == 0 && format == Format::Json { 2 } else { 0 };
        assert!(text[opening..].starts_with(&events[first]), "a block begins with an event");
        // No event contains a line end.
        first += text[opening..].split(|byte| *byte == b'\n').count() - 1;
    }
    let (mut rest, mut text) = (bytes.as_slice(), Vec::new());
    GzDecoder::new(&mut rest).read_to_end(&mut text).unwrap();
    assert!(rest.is_empty() && text == contents.concat(), "the file is one member");
}

/// An event of so many bytes: one repeated text, or noise.
fn event(seed: u64, length: usize, is_noise: bool) -> Vec<u8> {
    let mut hash = Hasher::digest(seed.to_be_bytes());
    let mut text = Vec::with_capacity(length + 32);
    while text.len() < length {
        if is_noise {
            hash = Hasher::digest(hash);
        }
        text.extend(hash.iter().map(|byte| if *byte == b'\n' { b' ' } else { *byte }));
    }
    text.truncate(length);
    text
}

fn events() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let length = prop_oneof![8 => 1..3_000_usize, 3 => 3_000..400_000_usize, 1 => 900_000..2_200_000_usize];
    let one =
        (any::<u64>(), length, any::<bool>()).prop_map(|(seed, length, noise)| event(seed, length, noise));
    prop::collection::vec(one, 1..16)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn each_block_inflates_alone_and_begins_with_an_event(events in events()) {
        for format in Format::ALL {
            check(format, &events);
        }
    }
}

/// In steps of one byte around the boundary. A block that the last event fills is not ended: no event would
/// begin the next one.
#[test]
fn a_block_ends_with_the_line_that_reaches_one_mebibyte() {
    for length in (MIN_BLOCK_BYTES - 6)..=MIN_BLOCK_BYTES {
        for after in 0..3 {
            let lengths = std::iter::once(length).chain(std::iter::repeat_n(1, after));
            let events: Vec<Vec<u8>> = lengths.map(|length| event(1, length, false)).collect();
            for format in Format::ALL {
                check(format, &events);
            }
        }
    }
    let of = |format, length| blocks(format, &[event(1, length, false), b"{}".to_vec()]).1.len();
    assert_eq!((of(Format::Ndjson, MIN_BLOCK_BYTES - 2), of(Format::Ndjson, MIN_BLOCK_BYTES - 1)), (1, 2));
    // `[`, `,` and two line ends count.
    assert_eq!((of(Format::Json, MIN_BLOCK_BYTES - 5), of(Format::Json, MIN_BLOCK_BYTES - 4)), (1, 2));
}
