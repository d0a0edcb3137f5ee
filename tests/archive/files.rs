//! One part's file in each format and compression, for third-party readers (tests/readers/run).

use std::path::Path;
use std::time::Duration;

use archive::generated_events::Heartbeat;
use archive::names::ConnectorId;
use archive::part::{Compression, Encoding, Format, PartNumber, Window};
use archive::time::Time;
use tests::archive::{file, with_time};
use tests::fixtures;

/// Writes `events.*`, that many real events in order, and `heartbeat.*`, a quiet hour.
pub(crate) fn each_encoding(folder: &Path, events: u64) {
    let from: Time = "2026-01-01T00:00:00Z".parse().expect("a time");
    let window = Window { from, to: from + Duration::from_hours(1) };
    let real = fixtures::cloudtrail();
    let event = |number: u64| {
        let index = usize::try_from(number).expect("an index") % real.len();
        with_time(&real[index].json, from + Duration::from_millis(number), number)
    };
    let events: Vec<String> = (0..events).map(event).collect();
    let connector = ConnectorId::new(1);
    let next = window.to + Duration::from_hours(2);
    let heartbeat = Heartbeat::new(&connector, PartNumber::new(1), window, window.to, next);
    std::fs::create_dir_all(folder).expect("a folder");
    for format in Format::ALL {
        for compression in Compression::ALL {
            let encoding = Encoding { format, compression };
            let (busy, _) = file(encoding, events.iter().map(String::as_str));
            let (quiet, _) = heartbeat.file(encoding).expect("a heartbeat");
            for (name, bytes) in [("events", busy), ("heartbeat", quiet)] {
                std::fs::write(folder.join(format!("{name}{}", encoding.suffix())), bytes)
                    .expect("a file written");
            }
        }
    }
}
