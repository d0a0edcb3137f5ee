//! A sample archive, some days of a connector: every kind of part, each format and compression, a new key, a
//! move.

use std::time::Duration;

use archive::frequency::Frequency;
use archive::part::{Compression, Encoding, Format};
use archive::time::Time;

use super::Sealer;
use crate::events;

/// A real event with another time and an ID of this number.
pub fn with_time(line: &str, time: Time, number: u64) -> String {
    let with = |line: &str, field: &str, value: &str| {
        let key = format!("\"{field}\":\"");
        let from = line.find(&key).expect("the field") + key.len();
        let to = from + line[from..].find('"').expect("its end");
        format!("{}{value}{}", &line[..from], &line[to..])
    };
    let second = format!("{}Z", time.second_prefix());
    with(&with(line, "eventTime", &second), "eventID", &format!("00000000-0000-4000-8000-{number:012}"))
}

/// A connector's first days: fourteen parts of real events, three of them heartbeats, with late events, an
/// unreadable one, a new key, new settings and a move. `seed` makes its key; connector and seed select the
/// events.
pub fn sample_archive(connector: u64, seed: u8) -> Sealer {
    let at = |text: &str| text.parse::<Time>().expect("a time");
    let real = events::cloudtrail();
    let mut number = connector * 1_000_000 + u64::from(seed) * 1_000;
    let mut event = |time: Time| {
        number += 1;
        let line = &real[usize::try_from(number * 7).expect("a place") % real.len()].json;
        (time, with_time(line, time, number))
    };
    let mut events = |from: &str, count: u32| -> Vec<(Time, String)> {
        (0..count).map(|turn| event(at(from) + Duration::from_secs(60) * turn)).collect()
    };
    let encoding = |format, compression| Encoding { format, compression };
    let mut sealer = Sealer::new(connector, at("2026-11-19T20:30:00Z"), seed);
    sealer.seal(at("2026-11-19T21:00:00Z"), &events("2026-11-19T20:31:00Z", 3));
    sealer.seal(at("2026-11-19T22:00:00Z"), &[]);
    let mixed = [events("2026-11-19T21:40:00Z", 1), events("2026-11-19T22:10:00Z", 2)].concat();
    sealer.seal(at("2026-11-19T23:00:00Z"), &mixed);
    sealer.encoding = encoding(Format::Ndjson, Compression::Zstd);
    sealer.seal(at("2026-11-20T00:00:00Z"), &events("2026-11-19T23:00:00Z", 4));
    // Late events only: this part closes no window.
    sealer.seal(at("2026-11-20T00:00:00Z"), &events("2026-11-19T22:50:00Z", 2));
    sealer.rotate(seed.wrapping_add(100));
    sealer.seal(at("2026-11-20T01:00:00Z"), &events("2026-11-20T00:05:00Z", 3));
    sealer.encoding = encoding(Format::Json, Compression::None);
    sealer.seal(at("2026-11-20T02:00:00Z"), &events("2026-11-20T01:05:00Z", 2));
    sealer.seal(at("2026-11-20T03:00:00Z"), &[]);
    let mut with_unreadable = events("2026-11-20T03:05:00Z", 1);
    let record = concat!(
        r#"{"id":"unreadable-28ee37c8c8132000","time":"2026-11-20T03:10:00.000Z","#,
        r#""type":"auditferry.unreadable","#,
        r#""partition_key":"acme","sort_key":"2026-11-20T03:10:00Z#x","reason":"lone_surrogate","#,
        r#""detail":"the attribute `event` holds an object that is no event:"#,
        r#" half of a surrogate pair at line 1, column 12","raw":"{\"a\":\"\\ud83d\"}"}"#
    );
    with_unreadable.push((at("2026-11-20T03:10:00Z"), record.to_owned()));
    sealer.seal(at("2026-11-20T04:00:00Z"), &with_unreadable);
    sealer.destination.bucket = "acme-audit-log-2".parse().expect("a bucket");
    sealer.seal(at("2026-11-20T05:00:00Z"), &events("2026-11-20T04:00:00Z", 3));
    sealer.frequency = Frequency::try_from(2).expect("a frequency");
    sealer.encoding = encoding(Format::Ndjson, Compression::Gzip);
    sealer.seal(at("2026-11-20T06:00:00Z"), &[]);
    sealer.seal(at("2026-11-20T08:00:00Z"), &events("2026-11-20T06:30:00Z", 5));
    // A window of two parts.
    sealer.seal(at("2026-11-20T09:00:00Z"), &events("2026-11-20T08:00:00Z", 3));
    sealer.seal(at("2026-11-20T10:00:00Z"), &events("2026-11-20T09:00:00Z", 3));
    sealer
}
