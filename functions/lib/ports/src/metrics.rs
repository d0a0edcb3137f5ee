//! Where metrics are written.

use protocol::metrics::MetricRecord;

/// Receives metrics. Infallible: a run must not fail because it could not be measured.
pub trait MetricsSink: Send + Sync {
    /// Records metrics that belong together.
    fn record(&self, record: &MetricRecord);
}
