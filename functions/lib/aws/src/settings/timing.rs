//! Settle time, look-back and retention, and the limits of a part.

use std::time::Duration;

use archive::part::PartLimits;
use protocol::machine::Timing;

use super::env::{Env, FromEnv, ReportedError};

/// The settle time of a window on a table: writers' clocks differ, and writes are in progress.
const SETTLE_SECONDS: u64 = 300;
/// An index follows its table with no guaranteed delay, so a window that is read through one settles longer.
const SETTLE_SECONDS_OF_AN_INDEX: u64 = 900;
const LOOK_BACK_SECONDS: u64 = 3600;
const DAY_SECONDS: u64 = 86_400;

impl FromEnv for Timing {
    /// Reads `SETTLE_SECONDS` (300, or 900 if `EVENTS_INDEX` is set) and `LOOK_BACK_SECONDS` (3,600).
    fn from_env(env: &mut Env<'_>) -> Result<Self, ReportedError> {
        let settle = if env.is_set("EVENTS_INDEX") { SETTLE_SECONDS_OF_AN_INDEX } else { SETTLE_SECONDS };
        let settle = env.number("SETTLE_SECONDS", 0..=DAY_SECONDS, settle);
        let look_back = env.number("LOOK_BACK_SECONDS", 0..=DAY_SECONDS, LOOK_BACK_SECONDS);
        Ok(Self { settle: Duration::from_secs(settle?), look_back: Duration::from_secs(look_back?) })
    }
}

/// How long the source keeps an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetentionSettings {
    /// The period; `None` means forever.
    pub period: Option<Duration>,
}

impl FromEnv for RetentionSettings {
    /// Reads `EVENT_RETENTION_DAYS`; absent or zero means forever.
    fn from_env(env: &mut Env<'_>) -> Result<Self, ReportedError> {
        let days = env.number("EVENT_RETENTION_DAYS", 0..=3_650, 0)?;
        Ok(Self { period: (days > 0).then(|| Duration::from_hours(24 * days)) })
    }
}

impl FromEnv for PartLimits {
    /// Reads `MAX_PART_EVENTS` (1,000,000) and `MAX_PART_BYTES` (256 MiB uncompressed).
    fn from_env(env: &mut Env<'_>) -> Result<Self, ReportedError> {
        let default = Self::default();
        let events = env.number("MAX_PART_EVENTS", 1..=Self::MAX.events, default.events);
        let bytes = env.number("MAX_PART_BYTES", 1 << 20..=Self::MAX.bytes, default.bytes);
        Ok(Self { events: events?, bytes: bytes? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::read as settings;

    fn with(name: &'static str, value: &'static str) -> impl Fn(&str) -> Option<String> {
        move |requested| Some(if requested == name { value } else { "" }.to_owned())
    }

    #[test]
    fn a_window_read_through_an_index_settles_longer_unless_set() {
        assert_eq!(settings::<Timing>(&|_| None).unwrap().settle, Duration::from_mins(5));
        assert_eq!(
            settings::<Timing>(&with("EVENTS_INDEX", "by-tenant")).unwrap().settle,
            Duration::from_mins(15)
        );
        let set = |name: &str| match name {
            "EVENTS_INDEX" => Some("by-tenant".to_owned()),
            "SETTLE_SECONDS" => Some("60".to_owned()),
            _ => None,
        };
        assert_eq!(settings::<Timing>(&set).unwrap().settle, Duration::from_mins(1));
    }

    #[test]
    fn zero_seconds_is_a_value_and_empty_is_not() {
        assert_eq!(settings::<Timing>(&with("LOOK_BACK_SECONDS", "0")).unwrap().look_back, Duration::ZERO);
        assert_eq!(
            settings::<Timing>(&with("LOOK_BACK_SECONDS", "")).unwrap().look_back,
            Duration::from_hours(1)
        );
    }

    #[test]
    fn limits_outside_their_range_are_rejected() {
        assert_eq!(settings::<PartLimits>(&with("MAX_PART_BYTES", "1048576")).unwrap().bytes, 1 << 20);
        for (name, bad, form) in [
            ("MAX_PART_EVENTS", "0", "1 to 1000000"),
            ("MAX_PART_EVENTS", "1000001", "1 to 1000000"),
            ("MAX_PART_BYTES", "1048575", "1048576 to 4294967296"),
            ("MAX_PART_BYTES", "256MiB", "1048576 to 4294967296"),
            ("MAX_PART_BYTES", "4294967297", "1048576 to 4294967296"),
        ] {
            let error = settings::<PartLimits>(&with(name, bad)).unwrap_err().to_string();
            assert!(error.contains(&format!("{name} is `{bad}`")) && error.contains(form), "{error}");
        }
        for bad in ["86401", "5m", "-1", "1h"] {
            let error = settings::<Timing>(&with("SETTLE_SECONDS", bad)).unwrap_err().to_string();
            assert!(
                error.contains(&format!("SETTLE_SECONDS is `{bad}`")) && error.contains("0 to 86400"),
                "{error}"
            );
        }
    }

    #[test]
    fn no_days_is_for_ever() {
        let read =
            |days: &str| settings(&|_| Some(days.to_owned())).map(|RetentionSettings { period }| period);
        assert_eq!((read("").unwrap(), read("0").unwrap()), (None, None));
        assert_eq!(read("90").unwrap(), Some(Duration::from_hours(90 * 24)));
        assert!(read("3651").unwrap_err().to_string().contains("0 to 3650"));
    }
}
