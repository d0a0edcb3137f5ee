//! From when on events would be lost, if what is wrong is not mended.
//!
//! Sealing goes on while a destination is blocked or paused, and what is sealed is kept in the vendor's staging
//! bucket until it is delivered, however long that takes: nothing there expires but what was delivered. So a block
//! of the delivery loses nothing. What is not sealed is in the events table only, and goes from there by its time
//! to live: a block of reading, or an exporter that does not run, loses it in the end.

use std::time::Duration;

use serde::Serialize;

use crate::fault::{Block, DeliveryStage};
use crate::time::Time;

/// What would be lost, and from when on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(into = "Told")]
pub enum LossForecast {
    /// Nothing: what waits is sealed, and kept until it is delivered.
    Sealed,
    /// Nothing, as far as we are told: what waits is not sealed, and the events table keeps it for ever.
    KeptForever {
        /// Events from then on are in no part.
        unsealed_from: Time,
    },
    /// What is not sealed expires.
    Expiring {
        /// Events from then on are in no part.
        unsealed_from: Time,
        /// From then on the events table lets go of them.
        lost_from: Time,
    },
}

/// A peril as readers of notices see it: the date, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct LossForecastJson {
    lost_from: Option<Time>,
    why: String,
}

impl From<LossForecast> for LossForecastJson {
    fn from(peril: LossForecast) -> Self {
        Self { lost_from: peril.lost_from(), why: peril.why() }
    }
}

impl LossForecast {
    /// Of a connector that is blocked and sealed to `sealed_to`. `retention` is for how long the events table keeps
    /// an event, if not for ever.
    #[must_use]
    pub fn of_block(block: &Block, sealed_to: Time, retention: Option<Duration>) -> Self {
        if block.stage == DeliveryStage::Read {
            Self::of_unsealed(sealed_to, retention)
        } else {
            Self::Sealed
        }
    }

    /// Of a connector whose events from `sealed_to` on are not being sealed.
    #[must_use]
    pub fn of_unsealed(sealed_to: Time, retention: Option<Duration>) -> Self {
        let unsealed_from = sealed_to;
        match retention {
            None => Self::KeptForever { unsealed_from },
            Some(retention) => Self::Expiring { unsealed_from, lost_from: sealed_to + retention },
        }
    }

    /// From when on events would be lost; `None` if none would.
    #[must_use]
    pub const fn lost_from(self) -> Option<Time> {
        match self {
            Self::Sealed | Self::KeptForever { .. } => None,
            Self::Expiring { lost_from, .. } => Some(lost_from),
        }
    }

    /// Why, in one sentence or two.
    #[must_use]
    pub fn why(self) -> String {
        match self {
            Self::Sealed => {
                "Nothing will be lost: what waits is sealed, and is kept until it is delivered, however long that takes.".into()
            }
            Self::KeptForever { unsealed_from } => format!(
                "Events from {unsealed_from} on are in no file yet. They stay in the events table, which is said to keep events for ever."
            ),
            Self::Expiring { unsealed_from, lost_from } => format!(
                "Events from {unsealed_from} on are in no file yet, and the events table lets go of them from {lost_from} on. What it has let go then is lost."
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fault::DeliveryErrorKind;

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
    fn only_what_is_not_sealed_is_in_peril_and_only_if_the_source_lets_go_of_it() {
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
    fn readers_are_told_the_date_and_why() {
        let expiring = LossForecast::of_unsealed(at("2026-11-20T20:00:00Z"), Some(Duration::from_hours(24)));
        assert_eq!(
            serde_json::to_value(expiring).unwrap(),
            json!({
                "lost_from": "2026-11-21T20:00:00.000Z",
                "why": "Events from 2026-11-20T20:00:00.000Z on are in no file yet, and the events table lets go of them from 2026-11-21T20:00:00.000Z on. What it has let go then is lost.",
            })
        );
        assert_eq!(serde_json::to_value(LossForecast::Sealed).unwrap()["lost_from"], json!(null));
    }
}
