//! The status of a connector: whether it works, since when, and what is next. Derived from the records, never
//! stored.
//!
//! Health is separate from the lifecycle state. A connector that exports nothing (a draft, a disabled one)
//! has no health. A paused one has: its sealing continues, and can be late too.

use archive::frequency::Frequency;
use archive::note::SignedManifest;
use archive::part::Part;
use archive::sha256::Sha256;
use archive::time::Time;
use serde::{Deserialize, Serialize};

use crate::connector::Connector;
use crate::cursor::Cursor;
use crate::delivery_error::Block;
use crate::machine::Timing;
use crate::schedule::WindowSchedule;

/// The health of a connector that exports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// Everything due is sealed, and nothing stops delivery.
    Healthy,
    /// A delivery error stops delivery or reading.
    Blocked,
    /// Something due is not sealed, and no block explains it.
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

/// The status of a connector, as the API and the CLI return it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// Its health; `None` if it exports nothing.
    pub health: Option<Health>,
    /// Since when: the activation, the block's start, or when the missing export was due.
    pub since: Option<Time>,
    /// The exclusive end of what is sealed.
    pub sealed_to: Option<Time>,
    /// The newest sealed part; 0 before the first.
    pub sealed_parts: u64,
    /// The SHA-256 of the newest sealed part's manifest; `None` before the first. Not for auditors: while a
    /// part waits for delivery, its manifest is not in the bucket yet.
    pub manifest: Option<Sha256>,
    /// The newest delivered part; 0 before the first.
    pub delivered_parts: u64,
    /// The SHA-256 of the newest delivered part's manifest, for auditors. If it equals the newest one in the
    /// bucket, the end of the chain was not cut off. `None` before the first delivery.
    pub delivered_manifest: Option<Sha256>,
    /// How many sealed parts wait for delivery.
    pub undelivered_parts: u64,
    /// When it runs next; `None` if it does not.
    pub next_run_at: Option<Time>,
    /// Why it is blocked; `None` if it is not.
    pub block: Option<Block>,
}

impl Status {
    /// The status of a connector as of `now`. `delivered` is its newest delivered part, if any.
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
        let evaluated = exporting.map(|cursor| evaluate(connector, cursor, timing, now));
        Self {
            health: evaluated.map(|(health, _)| health),
            since: evaluated.and_then(|(_, since)| since),
            sealed_to: cursor.map(|cursor| cursor.watermark),
            sealed_parts: sealed,
            manifest: cursor.and_then(|cursor| cursor.chain_state.as_ref()).map(|chain| chain.sha256),
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

/// When the next seal of a connector is expected; `None` if it was never activated.
#[must_use]
pub fn expected_by(
    activated_at: Option<Time>,
    frequency: Frequency,
    cursor: &Cursor,
    timing: Timing,
) -> Option<Time> {
    // A backlog from before the activation may take until the first scheduled export.
    activated_at
        .map(|at| WindowSchedule::new(at, frequency).expected_by(at.max(cursor.watermark), timing.settle))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use archive::names::{ConnectorId, ExternalId};

    use super::*;
    use crate::connector::State;
    use crate::delivery_error::{DeliveryErrorKind, DeliveryStage};

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
    fn a_connector_with_a_missed_export_is_stale_since_that_was_due() {
        let (connector, cursor) = active();
        let status = |now| Status::of(&connector, Some(&cursor), None, TIMING, at(now));
        assert_eq!(status("2026-11-20T21:20:00Z").health, Some(Health::Healthy));
        let late = status("2026-11-20T21:20:01Z");
        assert_eq!((late.health, late.since), (Some(Health::Stale), Some(at("2026-11-20T21:20:00Z"))));
    }

    #[test]
    fn a_blocked_connector_reports_the_start_of_the_block_even_if_its_export_is_late_too() {
        let (connector, mut cursor) = active();
        let since = at("2026-11-20T21:06:00Z");
        cursor.block = Some(Block {
            stage: DeliveryStage::PutObject,
            kind: DeliveryErrorKind::Gone,
            code: "NoSuchBucket".into(),
            cause: "The bucket does not exist.".into(),
            remedy: "Create it again.".into(),
            since,
            attempts: 1,
            next_attempt: since,
        });
        let status = Status::of(&connector, Some(&cursor), None, TIMING, at("2026-11-22T00:00:00Z"));
        assert_eq!((status.health, status.since), (Some(Health::Blocked), Some(since)));
        assert!(status.block.is_some());
    }

    #[test]
    fn a_connector_that_does_not_export_has_no_health_and_a_paused_one_has() {
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
    fn health_has_the_same_name_in_listings_and_in_records() {
        for health in [Health::Healthy, Health::Blocked, Health::Stale] {
            assert_eq!(serde_json::to_value(health).unwrap(), health.as_str());
        }
    }
}
