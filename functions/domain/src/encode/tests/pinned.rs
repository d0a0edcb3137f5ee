//! The bytes of a file of real events, and how large it is: a compressor that writes others is seen.

use super::*;

/// The 2,900 events of tests/fixtures, in each format and compression.
const PINNED: [(Encoding, &str); 6] = {
    use Compression::{Gzip, None, Zstd};
    use Format::{Json, Ndjson};
    [
        (Encoding { format: Json, compression: None }, "?"),
        (Encoding { format: Json, compression: Gzip }, "?"),
        (Encoding { format: Json, compression: Zstd }, "?"),
        (Encoding { format: Ndjson, compression: None }, "?"),
        (Encoding { format: Ndjson, compression: Gzip }, "?"),
        (Encoding { format: Ndjson, compression: Zstd }, "?"),
    ]
};
/// What `gzip -6` (1.12) makes of the same events, bytes.
const GZIP_6: u64 = 342_894;

fn real_events() -> String {
    let packed = include_bytes!("../../../../../tests/fixtures/cloudtrail-2023-07-10.ndjson.gz");
    let mut text = String::new();
    GzDecoder::new(packed.as_slice()).read_to_string(&mut text).unwrap();
    text
}

#[test]
fn real_events_have_the_bytes_that_they_had_before() {
    let text = real_events();
    let events: Vec<&str> = text.lines().collect();
    for (encoding, before) in PINNED {
        let (_, encoded) = file(encoding, &events);
        assert_eq!(
            encoded.sha256.to_string(),
            before,
            "{encoding:?}: the same events give other bytes than before. Without an update of flate2, zlib-rs or zstd the \
             layout was changed by mistake. With one: tests/readers/run must pass, then store the new hash here and say \
             in the commit which update it was. What is sealed keeps its bytes, which are staged and not made again."
        );
    }
}

#[test]
fn gzip_files_are_at_most_a_fifth_larger_than_those_of_gzip_6() {
    let text = real_events();
    let events: Vec<&str> = text.lines().collect();
    let gzip = Encoding { format: Format::Ndjson, compression: Compression::Gzip };
    let (bytes, encoded) = file(gzip, &events);
    assert!(encoded.size * 5 <= GZIP_6 * 6, "{} bytes, and gzip -6 makes {GZIP_6}", encoded.size);
    // By chance these four bytes stand in one of a thousand files of 4 MB.
    let flushes = bytes.windows(4).filter(|bytes| *bytes == [0, 0, 0xff, 0xff]).count();
    assert_eq!(flushes as u64, encoded.raw_size >> 20, "a flush behind each MiB, and nowhere else");
}
