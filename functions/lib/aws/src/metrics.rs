//! Metrics as `CloudWatch` reads them from the log: the embedded metric format (EMF), one JSON object per
//! line.
//!
//! The line is a log line like any other, with `timestamp`, `level` and `message`, so that a log query finds
//! its metrics by the same fields. Source: Amazon `CloudWatch` user guide, "Specification: Embedded metric
//! format".
//!
//! Written by hand with serde, which is a dependency anyway. Of the crates for EMF,
//! `metrics_cloudwatch_embedded` collects into one recorder per process, where ten concurrent connectors
//! would share their properties. `metrique-writer-format-emf` writes what we need but brings forty crates,
//! three times the code of the dispatcher.

use std::io::Write as _;

use ports::MetricsSink;
use protocol::metrics::MetricRecord;
use serde_json::{Map, Value, json};

/// The namespace of all metrics.
pub const NAMESPACE: &str = "Auditferry";

/// The one dimension of all metrics: the deployment, by its stack name. Every value of a dimension is a
/// metric that costs money, so there is no second one.
pub const STACK_DIMENSION: &str = "stack";

/// Writes metrics to standard output, which Lambda collects as the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmfMetricsSink {
    stack: String,
}

impl EmfMetricsSink {
    /// The metrics sink of a stack's functions.
    #[must_use]
    pub const fn new(stack: String) -> Self {
        Self { stack }
    }

    /// A record as one log line, without the newline.
    #[must_use]
    pub fn emf_line(&self, record: &MetricRecord) -> String {
        let definition = |name: &str, unit: &str| json!({ "Name": name, "Unit": unit });
        let metrics: Vec<Value> =
            record.metrics.iter().map(|metric| definition(metric.name, metric.unit.as_str())).collect();
        let mut line = Map::new();
        let mut put = |name: &str, value: Value| line.insert(name.to_owned(), value);
        put("timestamp", json!(record.at));
        put("level", json!("INFO"));
        put("message", json!(record.name));
        record.properties.iter().for_each(|(name, value)| {
            put(name, json!(value));
        });
        put(STACK_DIMENSION, json!(self.stack));
        record.metrics.iter().for_each(|metric| {
            put(metric.name, json!(metric.value));
        });
        let directive =
            json!({ "Namespace": NAMESPACE, "Dimensions": [[STACK_DIMENSION]], "Metrics": metrics });
        put("_aws", json!({ "Timestamp": record.at.millis(), "CloudWatchMetrics": [directive] }));
        Value::Object(line).to_string()
    }
}

impl MetricsSink for EmfMetricsSink {
    fn record(&self, record: &MetricRecord) {
        let line = self.emf_line(record) + "\n";
        // In one write: the log's own lines go to the same stream.
        if let Err(error) = std::io::stdout().lock().write_all(line.as_bytes()) {
            tracing::error!(error = %error, "metrics could not be written");
        }
    }
}

#[cfg(test)]
mod tests {
    use protocol::metrics::{Metric, Unit};

    use super::*;

    fn record() -> MetricRecord {
        MetricRecord {
            at: "2026-11-20T20:15:30.123Z".parse().unwrap(),
            name: "metrics of a run",
            properties: vec![
                ("connector.id", "con_0000000000000001".to_owned()),
                ("tenant", "a\"b\n".to_owned()),
            ],
            metrics: vec![
                Metric::count("PartsSealed", 3),
                Metric::new("RetentionMarginHours", Unit::None, -1),
            ],
        }
    }

    #[test]
    fn a_record_is_one_line_that_a_person_and_cloudwatch_can_read() {
        let line = EmfMetricsSink::new("auditferry".into()).emf_line(&record());
        assert!(!line.contains('\n'));
        let line: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(
            line,
            json!({
                "timestamp": "2026-11-20T20:15:30.123Z",
                "level": "INFO",
                "message": "metrics of a run",
                "connector.id": "con_0000000000000001",
                "tenant": "a\"b\n",
                "stack": "auditferry",
                "PartsSealed": 3,
                "RetentionMarginHours": -1,
                "_aws": {
                    "Timestamp": 1_795_205_730_123_i64,
                    "CloudWatchMetrics": [{
                        "Namespace": "Auditferry",
                        "Dimensions": [["stack"]],
                        "Metrics": [
                            { "Name": "PartsSealed", "Unit": "Count" },
                            { "Name": "RetentionMarginHours", "Unit": "None" },
                        ],
                    }],
                },
            })
        );
    }
}
