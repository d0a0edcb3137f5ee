//! The limits that are promised of the explorer, and which of them a run has missed.

use serde::{Deserialize, Serialize};

use crate::ask::Asking;
use crate::indexes::{Alone, Indexes};

/// The most memory of the reader, MB.
const MEMORY_MB: f64 = 256.0;
/// The most of an index of a part up to 1 MiB, bytes; and of a larger one, percent of the part.
const SMALL_INDEX_BYTES: u64 = 16 << 10;
const LARGE_INDEX_PERCENT: f64 = 5.0;
/// The fewest events that the builder reads in a second of one core.
const EVENTS_PER_SECOND: f64 = 80_000.0;

/// All figures of a run.
#[derive(Debug, Serialize, Deserialize)]
pub struct Figures {
    pub events: u64,
    pub parts: u64,
    pub stored_bytes: u64,
    pub raw_bytes: u64,
    /// Of making the archive; 0 if it was there.
    pub made_seconds: f64,
    pub indexes: Indexes,
    pub alone: Alone,
    pub asking: Asking,
}

/// What this run has missed. `has_time` is whether times count.
pub fn missed(figures: &Figures, has_time: bool) -> Vec<String> {
    let mut missed = Vec::new();
    let mut at_most = |what: &str, found: f64, most: f64, unit: &str| {
        if found > most {
            missed.push(format!("{what}: {found:.1} {unit} instead of at most {most}"));
        }
    };
    let Figures { indexes, alone, asking, .. } = figures;
    at_most(
        "index of a part up to 1 MiB",
        indexes.small.index_bytes_max as f64,
        SMALL_INDEX_BYTES as f64,
        "bytes",
    );
    at_most("index of a part over 1 MiB", indexes.large_percent, LARGE_INDEX_PERCENT, "%");
    at_most("memory", asking.memory_mb, MEMORY_MB, "MB");
    if has_time {
        for kind in &asking.kinds {
            if let Some(limit) = kind.limit_ms {
                at_most(&kind.name, kind.p95_ms, limit, "ms for 95 %");
                // A page goes on where its budget ended it. A chart or a facet without all events is no
                // answer.
                let cut = if kind.name.starts_with("page") { 0 } else { kind.cut };
                at_most(&kind.name, cut as f64, 0.0, "answers ended by the budget");
            }
        }
        if alone.events_per_second < EVENTS_PER_SECOND {
            let found = alone.events_per_second;
            missed
                .push(format!("index builder: {found:.0} events/s instead of at least {EVENTS_PER_SECOND}"));
        }
    }
    missed
}
