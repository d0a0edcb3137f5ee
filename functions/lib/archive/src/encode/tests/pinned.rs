//! The exact bytes and the size of a file of real events, so that a compressor with other output is noticed.

use super::*;

/// The 2,900 events of tests/fixtures, in each format and compression.
const PINNED: [(Encoding, &str); 6] = {
    use Compression::{Gzip, None, Zstd};
    use Format::{Json, Ndjson};
    [
        (
            Encoding { format: Json, compression: None },
            "1b20378bcf0ec1d13c6f652f398ca8c151f74f9e52f111d610fda6097c935cb2",
        ),
        (
            Encoding { format: Json, compression: Gzip },
            "6aa79c40166adce9cb2376e2d67fbc298d9526765ae805167570fc1327a8cc9a",
        ),
        (
            Encoding { format: Json, compression: Zstd },
            "5bf63e0341530a8798a5dda24767dd6c05bdc72ddd863c93403d450f7d20ca51",
        ),
        (
            Encoding { format: Ndjson, compression: None },
            "7e39cbaa22aa1042ad82489635fd0b99f44106ef20ff3d5ecf1eb53fa8660fa4",
        ),
        (
            Encoding { format: Ndjson, compression: Gzip },
            "a6e74448e0c923b199d7451f5a38252a67ce907e3dcea03462baca65dba9c717",
        ),
        (
            Encoding { format: Ndjson, compression: Zstd },
            "f7a509b7225fdf188d5e56e02f8018a39aea74e8e0502c2a7d0e26787d004c4d",
        ),
    ]
};
/// The size of the same events after `gzip -6` (1.12), in bytes.
const GZIP_6: u64 = 342_894;

fn real_events() -> String {
    let packed = include_bytes!("../../../../../../tests/fixtures/cloudtrail-2023-07-10.ndjson.gz");
    let mut text = String::new();
    GzDecoder::new(packed.as_slice()).read_to_string(&mut text).unwrap();
    text
}

#[test]
fn files_of_real_events_keep_their_exact_bytes() {
    let text = real_events();
    let events: Vec<&str> = text.lines().collect();
    assert!(PINNED.iter().map(|(encoding, _)| *encoding).eq(encodings()), "each encoding is pinned");
    let now = PINNED.map(|(encoding, _)| (encoding, file(encoding, &events).1.sha256.to_string()));
    let before = PINNED.map(|(encoding, sha256)| (encoding, sha256.to_owned()));
    assert_eq!(
        now, before,
        "The same events give other bytes (left) than before (right). Without an update of flate2, zlib-rs \
         or zstd the layout was changed by mistake. With an update, tests/readers/run must pass; then store \
         the new hashes here, and name the update in the commit. Sealed parts keep their bytes, which are \
         staged and never built again."
    );
}

#[test]
fn gzip_files_are_at_most_a_fifth_larger_than_those_of_gzip_6() {
    let text = real_events();
    let events: Vec<&str> = text.lines().collect();
    let gzip = Encoding { format: Format::Ndjson, compression: Compression::Gzip };
    let (bytes, encoded) = file(gzip, &events);
    assert!(encoded.size * 5 <= GZIP_6 * 6, "{} bytes, and gzip -6 makes {GZIP_6}", encoded.size);
    // These four bytes occur by chance in one of a thousand files of 4 MB.
    let flushes = bytes.windows(4).filter(|bytes| *bytes == [0, 0, 0xff, 0xff]).count();
    assert_eq!(flushes as u64, encoded.raw_size >> 20, "a flush after each MiB, and nowhere else");
}
