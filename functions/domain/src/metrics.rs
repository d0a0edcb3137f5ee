//! Figures: what a function counts and measures, in the domain's words. Whoever draws graphs and raises alarms
//! reads them ([`crate::ports::Meter`] says where they go).
//!
//! A figure is of the whole deployment. What it was counted for, a tenant or a connector, is told beside it
//! ([`Record::about`]) and never makes a figure of its own: a thousand customers would make a thousand.

use crate::time::Time;

/// What a figure is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Things.
    Count,
    /// Bytes.
    Bytes,
    /// Milliseconds.
    Milliseconds,
    /// Seconds.
    Seconds,
    /// Hundredths.
    Percent,
    /// Anything else; the name says what.
    None,
}

impl Unit {
    /// As metrics call it.
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

/// One number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Metric {
    /// What it is called, such as `PartsSealed`.
    pub name: &'static str,
    /// What it is counted in.
    pub unit: Unit,
    /// The number.
    pub value: i64,
}

impl Metric {
    /// A figure of that unit. A number beyond `i64` stops at its end.
    #[must_use]
    pub fn new(name: &'static str, unit: Unit, value: impl TryInto<i64>) -> Self {
        Self { name, unit, value: value.try_into().unwrap_or(i64::MAX) }
    }

    /// So many things.
    #[must_use]
    pub fn count(name: &'static str, value: u64) -> Self {
        Self::new(name, Unit::Count, value)
    }

    /// One if it is so, else none.
    #[must_use]
    pub fn flag(name: &'static str, is_so: bool) -> Self {
        Self::count(name, u64::from(is_so))
    }

    /// A span of time in whole seconds.
    #[must_use]
    pub fn seconds(name: &'static str, span: std::time::Duration) -> Self {
        Self::new(name, Unit::Seconds, span.as_secs())
    }

    /// A span of time in whole milliseconds.
    #[must_use]
    pub fn millis(name: &'static str, span: std::time::Duration) -> Self {
        Self::new(name, Unit::Milliseconds, span.as_millis())
    }
}

/// Figures that were taken together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricRecord {
    /// When.
    pub at: Time,
    /// Of what, in a few words: `metrics of a run`.
    pub name: &'static str,
    /// Whom they are about: names and values that can be searched for. Never event content, a credential or an
    /// external ID.
    pub properties: Vec<(&'static str, String)>,
    /// The figures. A name stands once.
    pub metrics: Vec<Metric>,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_number_too_large_stops_at_the_end() {
        assert_eq!(Metric::count("A", u64::MAX).value, i64::MAX);
        assert_eq!(Metric::millis("A", Duration::MAX).value, i64::MAX);
        assert_eq!(Metric::flag("A", true), Metric::new("A", Unit::Count, 1));
    }
}
