//! Where figures go.

use crate::metrics::MetricRecord;

/// Takes figures. It never fails: a run is not worth less because nobody could count it.
pub trait MetricsSink: Send + Sync {
    /// Takes figures that belong together.
    fn record(&self, record: &MetricRecord);
}
