//! A meter that remembers.

use std::sync::{Arc, Mutex};

use domain::figures::Record;
use domain::ports::Meter;

use super::locked;

/// A meter.
#[derive(Debug, Clone, Default)]
pub struct FakeMeter {
    records: Arc<Mutex<Vec<Record>>>,
}

impl FakeMeter {
    /// One that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// All that was recorded, in order, but for the first `known` records.
    #[must_use]
    pub fn records_after(&self, known: usize) -> Vec<Record> {
        locked(&self.records).iter().skip(known).cloned().collect()
    }
}

impl Meter for FakeMeter {
    fn record(&self, record: &Record) {
        locked(&self.records).push(record.clone());
    }
}
