//! A meter that remembers.

use std::sync::{Arc, Mutex};

use domain::metrics::MetricRecord;
use domain::ports::MetricsSink;

use super::locked;

/// A meter.
#[derive(Debug, Clone, Default)]
pub struct FakeMetricsSink {
    records: Arc<Mutex<Vec<MetricRecord>>>,
}

impl FakeMetricsSink {
    /// One that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// All that was recorded, in order, but for the first `known` records.
    #[must_use]
    pub fn records_after(&self, known: usize) -> Vec<MetricRecord> {
        locked(&self.records).iter().skip(known).cloned().collect()
    }
}

impl MetricsSink for FakeMetricsSink {
    fn record(&self, record: &MetricRecord) {
        locked(&self.records).push(record.clone());
    }
}
