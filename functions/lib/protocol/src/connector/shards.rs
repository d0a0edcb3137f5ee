//! The number of partitions of the events table that contain a tenant's events, and how it may change.

use std::cmp::Ordering;
use std::ops::RangeInclusive;

use archive::names::InvalidValueError;
use serde::{Deserialize, Serialize};

use super::{Connector, NotAllowedError};

/// The number of partitions of the events table that contain one tenant's events: 1 to 64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Shards(u8);

impl Shards {
    /// One partition, the default.
    pub const ONE: Self = Self(1);
    /// The possible numbers.
    pub const RANGE: RangeInclusive<u8> = 1..=64;

    /// The number of partitions, 1 to 64.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for Shards {
    type Error = InvalidValueError;
    fn try_from(shards: u8) -> Result<Self, InvalidValueError> {
        shards.to_string().parse()
    }
}

impl std::str::FromStr for Shards {
    type Err = InvalidValueError;
    fn from_str(text: &str) -> Result<Self, InvalidValueError> {
        let refused = || {
            let form = "a tenant's events are in 1 to 64 partitions";
            InvalidValueError::new("number of shards", text, "is out of range", form)
        };
        text.parse::<u8>().ok().filter(|shards| Self::RANGE.contains(shards)).map(Self).ok_or_else(refused)
    }
}

impl From<Shards> for u8 {
    fn from(shards: Shards) -> Self {
        shards.0
    }
}

impl Connector {
    /// Changes the number of partitions. No partition that was ever read may be dropped: unsealed and late
    /// events in it would be lost. So once activated the number can only grow, and only from two or more,
    /// since the key of a single partition has no number.
    ///
    /// # Errors
    /// If a partition would no longer be read.
    pub fn set_shards(&mut self, shards: Shards) -> Result<(), NotAllowedError> {
        let (from, to) = (self.shards.get(), shards.get());
        let loses = match to.cmp(&from) {
            Ordering::Less => true,
            Ordering::Equal => false,
            Ordering::Greater => from == 1,
        };
        if self.activated_at.is_some() && loses {
            return Err(NotAllowedError::ShardsInUse { id: self.id.clone(), from, to });
        }
        self.shards = shards;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use archive::names::{ConnectorId, ExternalId};
    use archive::time::Time;

    use super::*;

    #[test]
    fn a_number_is_stored_as_is_and_one_out_of_range_is_refused() {
        for n in [1, 2, 64] {
            let shards: Shards = serde_json::from_str(&n.to_string()).unwrap();
            assert_eq!(serde_json::to_string(&shards).unwrap(), n.to_string());
        }
        for wrong in ["0", "65", "256"] {
            assert!(serde_json::from_str::<Shards>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn no_partition_that_was_read_is_ever_dropped() {
        let (id, external_id) = (ConnectorId::new(1), ExternalId::new(1, 2));
        let draft = Connector::draft(id, "acme".parse().unwrap(), external_id, Time::EPOCH);
        let shards = |n: u8| Shards::try_from(n).unwrap();
        let with = |n| Connector { shards: shards(n), ..draft.clone() };
        for (from, to) in [(1, 4), (4, 1), (64, 2)] {
            let mut draft = with(from);
            draft.set_shards(shards(to)).unwrap();
            assert_eq!(draft.shards, shards(to), "nothing is read before the activation");
        }
        for (from, to, allowed) in [
            (1, 1, true),
            (1, 2, false),
            (2, 3, true),
            (2, 64, true),
            (4, 4, true),
            (4, 3, false),
            (2, 1, false),
        ] {
            let mut connector = with(from);
            connector.activated_at = Some(Time::EPOCH);
            let result = connector.set_shards(shards(to));
            assert_eq!(result.is_ok(), allowed, "{from} to {to}");
            assert_eq!(connector.shards, shards(if allowed { to } else { from }));
        }
        let error = Connector { activated_at: Some(Time::EPOCH), ..with(1) }
            .set_shards(shards(4))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("only from 2 or more") && error.contains("a new connector with 4 shards"),
            "{error}"
        );
    }
}
