//! How often a connector exports, and when its next part is expected.

use std::ops::RangeInclusive;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::names::InvalidValueError;
use crate::time::Time;

/// The unit of a frequency.
pub const HOUR: Duration = Duration::from_hours(1);

/// How long after a boundary plus the settle time an export is expected: the time for the dispatcher's tick
/// and the run itself.
pub const GRACE: Duration = Duration::from_mins(15);

/// How often a connector exports: every 1 to 24 hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Frequency(u8);

impl Frequency {
    /// Every hour, the default.
    pub const HOURLY: Self = Self(1);
    /// The possible intervals in hours.
    pub const RANGE: RangeInclusive<u8> = 1..=24;

    /// The interval in hours, 1 to 24.
    #[must_use]
    pub const fn hours(self) -> u8 {
        self.0
    }

    /// The interval as a duration.
    #[must_use]
    pub fn span(self) -> Duration {
        HOUR * u32::from(self.0)
    }
}

impl TryFrom<u8> for Frequency {
    type Error = InvalidValueError;
    fn try_from(hours: u8) -> Result<Self, InvalidValueError> {
        hours.to_string().parse()
    }
}

impl From<Frequency> for u8 {
    fn from(frequency: Frequency) -> Self {
        frequency.0
    }
}

impl std::str::FromStr for Frequency {
    type Err = InvalidValueError;
    fn from_str(text: &str) -> Result<Self, InvalidValueError> {
        match text.parse::<u8>() {
            Ok(hours) if Self::RANGE.contains(&hours) => Ok(Self(hours)),
            _ => Err(InvalidValueError::new(
                "frequency",
                text,
                "is not a whole number of hours from 1 to 24",
                "such as 1 or 24",
            )),
        }
    }
}

/// When the part after this one is expected in the customer's bucket. A heartbeat states this instant as
/// `next_expected_by`, and after it archive verification calls the end of a chain stale. The part's manifest
/// contains all that it depends on: the end of the window, the seal time and the frequency.
///
/// The settle time is not a parameter. A window is sealed after it has settled, so `sealed_at` includes that
/// time, and the next boundary is at most one frequency after the window's end. In a backlog the boundaries
/// are long past. The instant is then one whole frequency after the seal, so it is never in the past when it
/// is stated.
#[must_use]
pub fn next_expected_by(window_to: Time, sealed_at: Time, frequency: Frequency) -> Time {
    window_to.max(sealed_at) + frequency.span() + GRACE
}
