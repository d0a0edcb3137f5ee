//! Settle time, look-back, and the limits of a part.

use std::time::Duration;

use archive::part::PartLimits;
use protocol::machine::Timing;

use super::read::{Lookup, SettingsError, non_empty, number, zip_errors};

/// The settle time of a window on a table: writers' clocks differ, and writes are in progress.
const SETTLE_SECONDS: u64 = 300;
/// An index follows its table with no guaranteed delay, so a window that is read through one settles longer.
const SETTLE_SECONDS_OF_AN_INDEX: u64 = 900;
const LOOK_BACK_SECONDS: u64 = 3600;
const DAY_SECONDS: u64 = 86_400;

/// Reads `SETTLE_SECONDS` (300, or 900 if `EVENTS_INDEX` is set) and `LOOK_BACK_SECONDS` (3,600).
///
/// # Errors
/// If one is not a whole number from 0 to 86,400.
pub fn timing(env: Lookup<'_>) -> Result<Timing, SettingsError> {
    let through_index = non_empty(env, "EVENTS_INDEX").is_some();
    let settle = if through_index { SETTLE_SECONDS_OF_AN_INDEX } else { SETTLE_SECONDS };
    let settle = number(env, "SETTLE_SECONDS", 0..=DAY_SECONDS, settle);
    let look_back = number(env, "LOOK_BACK_SECONDS", 0..=DAY_SECONDS, LOOK_BACK_SECONDS);
    let (settle, look_back) = zip_errors(settle, look_back)?;
    Ok(Timing { settle: Duration::from_secs(settle), look_back: Duration::from_secs(look_back) })
}

/// Reads `MAX_PART_EVENTS` (1,000,000) and `MAX_PART_BYTES` (256 MiB uncompressed).
///
/// # Errors
/// If the first is not a whole number from 1 to 1,000,000, or the second not one from 1 MiB to 4 GiB
/// ([`PartLimits::MAX`]).
pub fn part_limits(env: Lookup<'_>) -> Result<PartLimits, SettingsError> {
    let default = PartLimits::default();
    let events = number(env, "MAX_PART_EVENTS", 1..=PartLimits::MAX.events, default.events);
    let bytes = number(env, "MAX_PART_BYTES", 1 << 20..=PartLimits::MAX.bytes, default.bytes);
    let (events, bytes) = zip_errors(events, bytes)?;
    Ok(PartLimits { events, bytes })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &'static str, value: &'static str) -> impl Fn(&str) -> Option<String> {
        move |requested| Some(if requested == name { value } else { "" }.to_owned())
    }

    #[test]
    fn a_window_read_through_an_index_settles_longer_unless_set() {
        assert_eq!(timing(&|_| None).unwrap().settle, Duration::from_mins(5));
        assert_eq!(timing(&with("EVENTS_INDEX", "by-tenant")).unwrap().settle, Duration::from_mins(15));
        let set = |name: &str| match name {
            "EVENTS_INDEX" => Some("by-tenant".to_owned()),
            "SETTLE_SECONDS" => Some("60".to_owned()),
            _ => None,
        };
        assert_eq!(timing(&set).unwrap().settle, Duration::from_mins(1));
    }

    #[test]
    fn zero_seconds_is_a_value_and_empty_is_not() {
        assert_eq!(timing(&with("LOOK_BACK_SECONDS", "0")).unwrap().look_back, Duration::ZERO);
        assert_eq!(timing(&with("LOOK_BACK_SECONDS", "")).unwrap().look_back, Duration::from_hours(1));
    }

    #[test]
    fn limits_outside_their_range_are_rejected() {
        assert_eq!(part_limits(&with("MAX_PART_BYTES", "1048576")).unwrap().bytes, 1 << 20);
        for (name, bad, form) in [
            ("MAX_PART_EVENTS", "0", "1 to 1000000"),
            ("MAX_PART_EVENTS", "1000001", "1 to 1000000"),
            ("MAX_PART_BYTES", "1048575", "1048576 to 4294967296"),
            ("MAX_PART_BYTES", "256MiB", "1048576 to 4294967296"),
            ("MAX_PART_BYTES", "4294967297", "1048576 to 4294967296"),
        ] {
            let error = part_limits(&with(name, bad)).unwrap_err().to_string();
            assert!(error.contains(&format!("{name} is `{bad}`")) && error.contains(form), "{error}");
        }
        for bad in ["86401", "5m", "-1", "1h"] {
            let error = timing(&with("SETTLE_SECONDS", bad)).unwrap_err().to_string();
            assert!(
                error.contains(&format!("SETTLE_SECONDS is `{bad}`")) && error.contains("0 to 86400"),
                "{error}"
            );
        }
    }
}
