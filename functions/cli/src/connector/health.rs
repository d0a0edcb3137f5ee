//! Does it work? The one word, and what stands behind it.

use domain::connector::{Connector, State};
use domain::cursor::Cursor;
use domain::fault::Block;
use domain::protocol::Timing;
use domain::time::Time;
use serde::Serialize;

/// How a connector is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Health {
    /// Not exporting yet.
    Draft,
    /// Delivery is held back on request.
    Paused,
    /// All is as it should be.
    Working,
    /// The last export is later than it should be, and nothing says why.
    Overdue,
    /// A fault stops delivery or reading.
    Blocked,
}

impl Health {
    /// The word.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Paused => "paused",
            Self::Working => "working",
            Self::Overdue => "overdue",
            Self::Blocked => "blocked",
        }
    }

    /// Judges a connector as of `now`.
    pub(crate) fn of(connector: &Connector, cursor: Option<&Cursor>, timing: Timing, now: Time) -> Self {
        let (Some(grid), Some(cursor)) = (connector.grid(), cursor) else { return Self::Draft };
        // A backlog from before the activation has until the first scheduled export to be worked off.
        let begun = connector.activated_at.map_or(cursor.watermark, |at| at.max(cursor.watermark));
        let overdue = now > grid.expected_by(begun, timing.settle);
        match (connector.state, &cursor.block) {
            (State::Draft, _) => Self::Draft,
            (_, Some(_)) => Self::Blocked,
            (State::Paused, None) => Self::Paused,
            (State::Active, None) if overdue => Self::Overdue,
            (State::Active, None) => Self::Working,
        }
    }
}

/// Where a connector stands, as `show` tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Standing {
    /// The word.
    pub(crate) health: Health,
    /// Since when it is so, as far as the records tell: the block's start, or the activation.
    pub(crate) since: Option<Time>,
    /// The exclusive end of what is sealed.
    pub(crate) sealed_to: Option<Time>,
    /// The newest sealed part; 0 before the first.
    pub(crate) sealed_parts: u64,
    /// The newest delivered part; 0 before the first.
    pub(crate) delivered_parts: u64,
    /// How many parts are sealed and wait for delivery.
    pub(crate) undelivered_parts: u64,
    /// When it runs next.
    pub(crate) next_run_at: Option<Time>,
    /// Why it is blocked.
    pub(crate) block: Option<Block>,
}

impl Standing {
    /// Where a connector stands as of `now`.
    pub(crate) fn of(connector: &Connector, cursor: Option<&Cursor>, timing: Timing, now: Time) -> Self {
        let block = cursor.and_then(|cursor| cursor.block.clone());
        let sealed = cursor.map_or(0, |cursor| cursor.next.previous().get());
        let delivered = cursor.map_or(0, |cursor| cursor.delivered.get());
        Self {
            health: Health::of(connector, cursor, timing, now),
            since: block.as_ref().map(|block| block.since).or(connector.activated_at),
            sealed_to: cursor.map(|cursor| cursor.watermark),
            sealed_parts: sealed,
            delivered_parts: delivered,
            undelivered_parts: sealed.saturating_sub(delivered),
            next_run_at: cursor.map(|cursor| cursor.next_run_at),
            block,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::names::{ConnectorId, ExternalId};
    use domain::part::Encoding;
    use domain::schedule::Frequency;
    use std::time::Duration;

    #[test]
    fn a_connector_whose_export_does_not_come_is_overdue() {
        let at = |text: &str| text.parse::<Time>().unwrap();
        let start = at("2026-11-20T20:15:00Z");
        let connector = Connector {
            id: ConnectorId::new(1),
            tenant: "acme".parse().unwrap(),
            shards: domain::connector::Shards::ONE,
            external_id: ExternalId::new(1, 2),
            state: State::Active,
            frequency: Frequency::HOURLY,
            encoding: Encoding::default(),
            destination: None,
            start_from: None,
            created_at: start,
            activated_at: Some(start),
            version: 2,
        };
        let cursor = Cursor::new(start, start, at("2026-11-20T21:05:00Z"));
        let timing = Timing { settle: Duration::from_mins(5), look_back: Duration::from_hours(1) };
        let health = |now| Health::of(&connector, Some(&cursor), timing, at(now));
        assert_eq!(health("2026-11-20T21:20:00Z"), Health::Working);
        assert_eq!(health("2026-11-20T21:20:01Z"), Health::Overdue);
        let paused = Connector { state: State::Paused, ..connector.clone() };
        assert_eq!(Health::of(&paused, Some(&cursor), timing, start), Health::Paused);
        let draft = Connector { state: State::Draft, activated_at: None, ..connector };
        assert_eq!(Health::of(&draft, None, timing, start), Health::Draft);
    }
}
