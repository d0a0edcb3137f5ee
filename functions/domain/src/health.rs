//! Is it working, since when, and what is next: derived from the records, never stored.
//!
//! Health stands beside the state. A connector that exports nothing (a draft, a disabled one) has none. One that
//! is paused has: its sealing goes on, and that can be late too.

use serde::{Deserialize, Serialize};

use crate::connector::Connector;
use crate::cursor::Cursor;
use crate::fault::Block;
use crate::manifest::SignedManifest;
use crate::part::{Part, Sha256};
use crate::protocol::Timing;
use crate::schedule::{Frequency, WindowSchedule};
use crate::time::Time;

/// How a connector that exports is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// Everything that is due is sealed, and nothing stops delivery.
    Healthy,
    /// A fault stops delivery or reading.
    Blocked,
    /// What is due is not sealed, and nothing says why.
    Stale,
}

impl Health {
    /// The name in records and listings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Blocked => "blocked",
            Self::Stale => "stale",
        }
    }
}

/// Where a connector stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// The word; none if nothing is exported.
    pub health: Option<Health>,
    /// Since when it is so: the activation, the block's start, or when the missing export was due.
    pub since: Option<Time>,
    /// The exclusive end of what is sealed.
    pub sealed_to: Option<Time>,
    /// The newest sealed part; 0 before the first.
    pub sealed_parts: u64,
    /// The SHA-256 of the newest sealed part's manifest. None before the first. It is not for auditors: while a part
    /// waits for its delivery, the bucket does not have that manifest yet.
    pub manifest: Option<Sha256>,
    /// The newest delivered part; 0 before the first.
    pub delivered_parts: u64,
    /// The SHA-256 of the newest delivered part's manifest, for auditors: whoever compares it with the newest one in the
    /// bucket knows that the end of the chain was not cut off. None before the first delivery.
    pub delivered_manifest: Option<Sha256>,
    /// How many parts are sealed and wait for delivery.
    pub undelivered_parts: u64,
    /// When it runs next; none if it does not.
    pub next_run_at: Option<Time>,
    /// Why it is blocked.
    pub block: Option<Block>,
}

impl Status {
    /// Where a connector stands as of `now`. `delivered` is its newest delivered part, if there is one.
    #[must_use]
    pub fn of(
        connector: &Connector,
        cursor: Option<&Cursor>,
        delivered: Option<&Part>,
        timing: Timing,
        now: Time,
    ) -> Self {
        let delivered_manifest =
            delivered.and_then(|part| part.manifest.as_ref()).map(SignedManifest::sha256);
        let sealed = cursor.map_or(0, |cursor| cursor.next.previous().get());
        let delivered_parts = cursor.map_or(0, |cursor| cursor.delivered.get());
        let exporting = cursor.filter(|_| connector.is_exporting());
        let judged = exporting.map(|cursor| evaluate(connector, cursor, timing, now));
        Self {
            health: judged.map(|(health, _)| health),
            since: judged.and_then(|(_, since)| since),
            sealed_to: cursor.map(|cursor| cursor.watermark),
            sealed_parts: sealed,
            manifest: cursor.and_then(|cursor| cursor.chain_head.as_ref()).map(|note| note.sha256),
            delivered_parts,
            delivered_manifest,
            undelivered_parts: sealed.saturating_sub(delivered_parts),
            next_run_at: exporting.map(|cursor| cursor.next_run_at),
            block: exporting.and_then(|cursor| cursor.block.clone()),
        }
    }
}

fn evaluate(connector: &Connector, cursor: &Cursor, timing: Timing, now: Time) -> (Health, Option<Time>) {
    if let Some(block) = &cursor.block {
        return (Health::Blocked, Some(block.since));
    }
    let expected = expected_by(connector.activated_at, connector.frequency, cursor, timing);
    match expected.filter(|expected| now > *expected) {
        Some(expected) => (Health::Stale, Some(expected)),
        None => (Health::Healthy, connector.activated_at),
    }
}

/// By when the next seal of a connector is to be expected; `None` if it was never activated.
#[must_use]
pub fn expected_by(
    activated_at: Option<Time>,
    frequency: Frequency,
    cursor: &Cursor,
    timing: Timing,
) -> Option<Time> {
    // A backlog from before the activation has until the first scheduled export to be worked off.
    activated_at
        .map(|at| WindowSchedule::new(at, frequency).expected_by(at.max(cursor.watermark), timing.settle))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::connector::State;
    use crate::fault::{DeliveryErrorKind, DeliveryStage};
    use crate::names::{ConnectorId, ExternalId};

    const TIMING: Timing = Timing { settle: Duration::from_mins(5), look_back: Duration::from_hours(1) };

    fn at(text: &str) -> Time {
        text.parse().unwrap()
    }

    fn active() -> (Connector, Cursor) {
        let start = at("2026-11-20T20:15:00Z");
        let id = ConnectorId::new(1);
        let draft = Connector::draft(id, "acme".parse().unwrap(), ExternalId::new(1, 2), start);
        let connector = Connector { state: State::Active, activated_at: Some(start), ..draft };
        (connector, Cursor::new(start, start, at("2026-11-20T21:05:00Z")))
    }

    #[test]
    fn a_connector_whose_export_does_not_come_is_stale_since_it_was_due() {
        let (connector, cursor) = active();
        let standing = |now| Status::of(&connector, Some(&cursor), None, TIMING, at(now));
        assert_eq!(standing("2026-11-20T21:20:00Z").health, Some(Health::Healthy));
        let late = standing("2026-11-20T21:20:01Z");
        assert_eq!((late.health, late.since), (Some(Health::Stale), Some(at("2026-11-20T21:20:00Z"))));
    }

    #[test]
    fn a_block_is_told_since_it_began_even_when_the_export_is_late_too() {
        let (connector, mut cursor) = active();
        let since = at("2026-11-20T21:06:00Z");
        cursor.block = Some(Block {
            stage: DeliveryStage::PutObject,
            kind: DeliveryErrorKind::Gone,
            code: "NoSuchBucket".into(),
            cause: "It is gone.".into(),
            remedy: "Make it again.".into(),
            since,
            attempts: 1,
            next_attempt: since,
        });
        let standing = Status::of(&connector, Some(&cursor), None, TIMING, at("2026-11-22T00:00:00Z"));
        assert_eq!((standing.health, standing.since), (Some(Health::Blocked), Some(since)));
        assert!(standing.block.is_some());
    }

    #[test]
    fn what_exports_nothing_has_no_health_and_what_is_paused_has() {
        let (connector, cursor) = active();
        let health = |state| {
            let connector = Connector { state, ..connector.clone() };
            Status::of(&connector, Some(&cursor), None, TIMING, at("2026-11-20T20:30:00Z")).health
        };
        assert_eq!(health(State::Paused), Some(Health::Healthy));
        assert_eq!(health(State::Disabled), None);
        let draft = Connector { state: State::Draft, activated_at: None, ..connector.clone() };
        assert_eq!(Status::of(&draft, None, None, TIMING, cursor.since).health, None);
    }

    #[test]
    fn listings_call_it_what_records_call_it() {
        for health in [Health::Healthy, Health::Blocked, Health::Stale] {
            assert_eq!(serde_json::to_value(health).unwrap(), health.as_str());
        }
    }
}
