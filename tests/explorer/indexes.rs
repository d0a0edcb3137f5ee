//! Makes the indexes and roll-ups by the reader itself, and measures their size and the builder's speed.

use std::collections::BTreeMap;
use std::path::Path;

use archive::fields::Preset;
use archive::names::ConnectorId;
use archive::query::index::IndexBuilder;
use reader::Reader;
use sandbox::wiring::STAGING_BUCKET;
use serde::{Deserialize, Serialize};

use crate::make::{EncodedPart, encode};
use crate::meter::{Meter, percentile, sizes};
use crate::world::World;

/// How many roll-ups one sweep makes.
const DAYS: usize = 8;
/// S3 hands a body over in pieces of about this size.
const PIECE_BYTES: usize = 64 << 10;
/// The size up to which a part's index may have 16 KiB.
const SMALL_PART: u64 = 1 << 20;

/// What making all indexes took, and how large they are.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Indexes {
    pub seconds: f64,
    pub parts: u64,
    pub days: u64,
    /// The sizes of parts up to 1 MiB, and of their indexes, bytes.
    pub small: Sizes,
    /// Of larger ones; the greatest size of an index in percent of its part.
    pub large: Sizes,
    pub large_percent: f64,
    pub day_bytes_max: u64,
    pub day_bytes: u64,
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Sizes {
    pub parts: u64,
    pub part_bytes: u64,
    pub index_bytes: u64,
    pub index_bytes_max: u64,
}

/// The builder alone, over one part in memory.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Alone {
    pub events: u64,
    pub part_bytes: u64,
    /// Of processor time, and of time.
    pub events_per_second: f64,
    pub events_per_second_waited: f64,
}

/// Makes all indexes of a connector.
pub async fn make_all(reader: &Reader, id: &ConnectorId, folder: &Path) -> Indexes {
    let meter = Meter::start();
    loop {
        let made = reader.index_missing(id, DAYS).await.expect("indexes");
        if made.days == 0 {
            break;
        }
        eprintln!("indexed {} more days after {:.0} s", made.days, meter.ms() / 1e3);
    }
    let bucket = folder.join("buckets").join(STAGING_BUCKET);
    Indexes { seconds: meter.ms() / 1e3, ..measure(&bucket, id) }
}

fn measure(bucket: &Path, id: &ConnectorId) -> Indexes {
    let mut parts = BTreeMap::new();
    for (path, size) in sizes(&bucket.join("parts").join(id.as_str())) {
        parts.insert(path.parent().and_then(Path::file_name).expect("a number").to_owned(), size);
    }
    let mut indexes = Indexes::default();
    for (path, size) in sizes(&bucket.join("index").join(id.as_str())) {
        if path.parent().is_some_and(|folder| folder.ends_with("days")) {
            indexes.days += 1;
            indexes.day_bytes += size;
            indexes.day_bytes_max = indexes.day_bytes_max.max(size);
            continue;
        }
        indexes.parts += 1;
        let part = parts[path.file_name().expect("a number")];
        let group = if part > SMALL_PART { &mut indexes.large } else { &mut indexes.small };
        group.parts += 1;
        group.part_bytes += part;
        group.index_bytes += size;
        group.index_bytes_max = group.index_bytes_max.max(size);
        if part > SMALL_PART {
            indexes.large_percent = indexes.large_percent.max(size as f64 * 100.0 / part as f64);
        }
    }
    indexes
}

/// How fast the builder is on one core: the median of some rounds over the largest part.
pub fn alone(world: &World) -> Alone {
    let largest = (0..crate::world::WINDOWS).max_by_key(|window| {
        let events = world.events_of(*window);
        events.end - events.start
    });
    let EncodedPart { bytes, part, .. } = encode(world, largest.expect("a window"));
    let fields = Preset::Cloudtrail.fields();
    let (mut by_processor, mut waited) = (Vec::new(), Vec::new());
    // The processor's time is counted in hundredths of a second, so each round takes at least a second.
    for _ in 0..3 {
        let (meter, mut events) = (Meter::start(), 0);
        while meter.processor_ms() < 1_000 {
            let mut builder = IndexBuilder::new(&part, &fields).expect("a builder");
            for piece in bytes.chunks(PIECE_BYTES) {
                builder.push(piece).expect("the part's bytes");
            }
            let index = builder.finish().expect("an index");
            std::hint::black_box(index.encode().expect("its bytes"));
            events += part.events;
        }
        by_processor.push(events as f64 * 1e3 / meter.processor_ms() as f64);
        waited.push(events as f64 * 1e3 / meter.ms());
    }
    by_processor.sort_by(f64::total_cmp);
    waited.sort_by(f64::total_cmp);
    Alone {
        events: part.events,
        part_bytes: part.size,
        events_per_second: percentile(&by_processor, 0.5),
        events_per_second_waited: percentile(&waited, 0.5),
    }
}
