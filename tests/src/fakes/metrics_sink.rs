//! A metrics sink that records.

use std::sync::{Arc, Mutex};

use ports::MetricsSink;
use protocol::metrics::MetricRecord;

use super::locked;

/// A fake metrics sink. A clone is the same sink.
#[derive(Debug, Clone, Default)]
pub struct FakeMetricsSink {
    records: Arc<Mutex<Vec<MetricRecord>>>,
}

impl FakeMetricsSink {
    /// A sink without records.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// All records, in order, without the first `known`.
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
