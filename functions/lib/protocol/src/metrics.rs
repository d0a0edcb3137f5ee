//! Metrics: what a function counts and measures, for dashboards and alarms. `ports::MetricsSink` is
//! where they go.
//!
//! A metric is of the whole deployment. The tenant or connector that it was counted for is a property
//! ([`MetricRecord::properties`]), which can be searched but is not a `CloudWatch` dimension: with a thousand
//! customers, a dimension would make a thousand metrics.

use archive::time::Time;

/// The unit of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// A number of things.
    Count,
    /// A size in bytes.
    Bytes,
    /// A duration in milliseconds.
    Milliseconds,
    /// A duration in seconds.
    Seconds,
    /// A share, in percent.
    Percent,
    /// Any other unit; the name says which.
    None,
}

impl Unit {
    /// The unit's name in `CloudWatch`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Count => "Count",
            Self::Bytes => "Bytes",
            Self::Milliseconds => "Milliseconds",
            Self::Seconds => "Seconds",
            Self::Percent => "Percent",
            Self::None => "None",
        }
    }
}

/// A metric's value with its unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Metric {
    /// The name, such as `PartsSealed`.
    pub name: &'static str,
    /// The unit of the value.
    pub unit: Unit,
    /// The value, in `unit`.
    pub value: i64,
}

impl Metric {
    /// A metric with that unit. A value beyond `i64` saturates.
    #[must_use]
    pub fn new(name: &'static str, unit: Unit, value: impl TryInto<i64>) -> Self {
        Self { name, unit, value: value.try_into().unwrap_or(i64::MAX) }
    }

    /// A metric that counts things.
    #[must_use]
    pub fn count(name: &'static str, value: u64) -> Self {
        Self::new(name, Unit::Count, value)
    }

    /// 1 if `is_so`, otherwise 0.
    #[must_use]
    pub fn flag(name: &'static str, is_so: bool) -> Self {
        Self::count(name, u64::from(is_so))
    }

    /// A duration in whole seconds.
    #[must_use]
    pub fn seconds(name: &'static str, span: std::time::Duration) -> Self {
        Self::new(name, Unit::Seconds, span.as_secs())
    }

    /// A duration in whole milliseconds.
    #[must_use]
    pub fn millis(name: &'static str, span: std::time::Duration) -> Self {
        Self::new(name, Unit::Milliseconds, span.as_millis())
    }
}

/// Metrics that were recorded together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricRecord {
    /// When they were recorded.
    pub at: Time,
    /// The log message of the record, such as `metrics of a run`.
    pub name: &'static str,
    /// Searchable context: names and values. Never event content, a credential or an external ID.
    pub properties: Vec<(&'static str, String)>,
    /// The values. Each name occurs once.
    pub metrics: Vec<Metric>,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_value_too_large_saturates() {
        assert_eq!(Metric::count("A", u64::MAX).value, i64::MAX);
        assert_eq!(Metric::millis("A", Duration::MAX).value, i64::MAX);
        assert_eq!(Metric::flag("A", true), Metric::new("A", Unit::Count, 1));
    }
}
