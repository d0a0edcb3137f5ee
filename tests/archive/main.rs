//! Writes valid archives, for checks by third-party programs and for measurements.
//!
//! ```text
//! cargo run -p tests --example archive -- sample DIR                   the tests' sample archive, 14 parts
//! cargo run -p tests --example archive -- large DIR gzip 200 5000    200 parts of 5,000 events each
//! cargo run -p tests --example archive -- files DIR 30000              a part's file in each encoding
//! ```
//!
//! Prints the key that signed the first part.

mod files;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use archive::part::{Compression, Encoding, Format};
use archive::time::Time;
use tests::archive::{Sealer, TestKey, sample_archive, with_time, write};
use tests::fixtures;

const SEED: u8 = 7;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["sample", folder] => {
            write(&sample_archive(1, SEED).files, &PathBuf::from(folder)).expect("the folder written")
        }
        ["large", folder, compression, parts, events] => {
            let compression = Compression::from_name(compression).expect("none, gzip or zstd");
            let (parts, events) = (parts.parse().expect("a number"), events.parse().expect("a number"));
            large(&PathBuf::from(folder), compression, parts, events);
        }
        ["files", folder, events] => {
            files::each_encoding(&PathBuf::from(folder), events.parse().expect("a number"));
        }
        _ => {
            eprintln!(
                "usage: archive sample DIR | archive large DIR none|gzip|zstd PARTS EVENTS | archive files DIR EVENTS"
            );
            return ExitCode::from(2);
        }
    }
    println!("{}", TestKey::new(SEED).public);
    ExitCode::SUCCESS
}

/// Writes `parts` hourly parts with `events` real events each.
fn large(folder: &std::path::Path, compression: Compression, parts: u64, events: u64) {
    let start: Time = "2026-01-01T00:00:00Z".parse().expect("a time");
    let mut sealer = Sealer::new(1, start, SEED);
    sealer.encoding = Encoding { format: Format::Json, compression };
    let real = fixtures::cloudtrail();
    let mut number = 0;
    for _ in 0..parts {
        let from = sealer.watermark();
        let batch: Vec<(Time, String)> = (0..events)
            .map(|index_in_part| {
                number += 1;
                let time = from + Duration::from_millis(index_in_part * 3_600_000 / events);
                let index = usize::try_from(number).expect("an index") % real.len();
                (time, with_time(&real[index].json, time, number))
            })
            .collect();
        sealer.seal(from + Duration::from_secs(3_600), &batch);
        write(&sealer.files, folder).expect("the folder written");
        sealer.files.clear();
    }
}
