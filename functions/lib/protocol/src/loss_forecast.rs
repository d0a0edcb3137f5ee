//! The time from which events would be lost if nobody fixes the problem.
//!
//! Sealing continues while a destination is blocked or paused. Sealed parts stay in the vendor's staging
//! bucket until they are delivered, however long that takes: only delivered ones expire there. So blocked
//! delivery loses nothing. Unsealed events exist only in the events table, where their time to live deletes
//! them: a blocked read, or an exporter that does not run, loses them in the end.

use std::time::Duration;

use archive::time::Time;
use serde::{Deserialize, Serialize};

use crate::delivery_error::{Block, DeliveryStage};

/// What would be lost, and from when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LossForecast {
    /// Nothing: what waits is sealed, and stays until it is delivered.
    Sealed,
    /// Nothing, as far as configured: what waits is not sealed, but the events table keeps it forever.
    KeptForever {
        /// Events from this time on are in no part.
        unsealed_from: Time,
    },
    /// TTL deletes unsealed events.
    Expiring {
        /// Events from this time on are in no part.
        unsealed_from: Time,
        /// From this time on they expire in the events table.
        lost_from: Time,
    },
}

/// A loss forecast as readers of notices see it: the date, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loss {
    /// The time from which events would be lost; `None` if none would be.
    pub lost_from: Option<Time>,
    /// Why, in one or two sentences.
    pub why: String,
}

impl From<LossForecast> for Loss {
    fn from(forecast: LossForecast) -> Self {
        Self { lost_from: forecast.lost_from(), why: forecast.why() }
    }
}

impl LossForecast {
    /// The forecast for a blocked connector that is sealed to `sealed_to`. `retention` is how long the events
    /// table keeps an event; `None` means forever.
    #[must_use]
    pub fn of_block(block: &Block, sealed_to: Time, retention: Option<Duration>) -> Self {
        if block.stage == DeliveryStage::Read {
            Self::of_unsealed(sealed_to, retention)
        } else {
            Self::Sealed
        }
    }

    /// The forecast for a connector whose events from `sealed_to` on are not being sealed.
    #[must_use]
    pub fn of_unsealed(sealed_to: Time, retention: Option<Duration>) -> Self {
        let unsealed_from = sealed_to;
        match retention {
            None => Self::KeptForever { unsealed_from },
            Some(retention) => Self::Expiring { unsealed_from, lost_from: sealed_to + retention },
        }
    }

    /// The time from which events would be lost; `None` if none would be.
    #[must_use]
    pub const fn lost_from(self) -> Option<Time> {
        match self {
            Self::Sealed | Self::KeptForever { .. } => None,
            Self::Expiring { lost_from, .. } => Some(lost_from),
        }
    }

    /// Why, in one or two sentences.
    #[must_use]
    pub fn why(self) -> String {
        match self {
            Self::Sealed => {
                "No events will be lost: all waiting events are sealed and kept until they are delivered, \
                 however long that takes."
                    .into()
            }
            Self::KeptForever { unsealed_from } => format!(
                "Events from {unsealed_from} on are not in any file yet. They stay in the events table, \
                 which is configured to keep events forever."
            ),
            Self::Expiring { unsealed_from, lost_from } => format!(
                "Events from {unsealed_from} on are not in any file yet, and the events table expires them \
                 from {lost_from} on. Expired events are lost."
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::delivery_error::DeliveryErrorKind;

    fn at(text: &str) -> Time {
        text.parse().unwrap()
    }

    fn block(stage: DeliveryStage) -> Block {
        Block {
            stage,
            kind: DeliveryErrorKind::Denied,
            code: "AccessDenied".into(),
            cause: String::new(),
            remedy: String::new(),
            since: at("2026-11-20T20:15:00Z"),
            attempts: 1,
            next_attempt: at("2026-11-20T20:16:00Z"),
        }
    }

    #[test]
    fn only_unsealed_events_can_be_lost_and_only_if_the_source_expires_them() {
        let (sealed_to, week) = (at("2026-11-20T20:00:00Z"), Duration::from_hours(7 * 24));
        let of = |stage, retention| LossForecast::of_block(&block(stage), sealed_to, retention);
        for stage in [DeliveryStage::AssumeRole, DeliveryStage::PutObject] {
            assert_eq!(
                (of(stage, Some(week)), of(stage, Some(week)).lost_from()),
                (LossForecast::Sealed, None)
            );
        }
        assert_eq!(of(DeliveryStage::Read, Some(week)).lost_from(), Some(at("2026-11-27T20:00:00Z")));
        assert_eq!(of(DeliveryStage::Read, None), LossForecast::KeptForever { unsealed_from: sealed_to });
        assert_eq!(of(DeliveryStage::Read, None).lost_from(), None);
    }

    #[test]
    fn a_forecast_has_the_date_and_the_reason() {
        let expiring = LossForecast::of_unsealed(at("2026-11-20T20:00:00Z"), Some(Duration::from_hours(24)));
        assert_eq!(
            serde_json::to_value(Loss::from(expiring)).unwrap(),
            json!({
                "lost_from": "2026-11-21T20:00:00.000Z",
                "why": "Events from 2026-11-20T20:00:00.000Z on are not in any file yet, and the events \
                        table expires them from 2026-11-21T20:00:00.000Z on. Expired events are lost.",
            })
        );
        assert_eq!(serde_json::to_value(Loss::from(LossForecast::Sealed)).unwrap()["lost_from"], json!(null));
    }
}
