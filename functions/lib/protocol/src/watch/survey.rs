//! The findings of a sweep: counts, and the oldest of each kind. They are times, not ages, so that a finding
//! of an hour ago is an hour older now.

use archive::time::Time;
use serde::{Deserialize, Serialize};

use super::WatchedConnector;
use crate::connector::State;
use crate::delivery_error::{Block, DeliveryErrorKind, DeliveryStage};
use crate::health::expected_by;
use crate::machine::Timing;

/// How many connectors are in which state. Deleted ones are not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct StateCounts {
    pub(super) draft: u64,
    pub(super) ready: u64,
    pub(super) active: u64,
    pub(super) paused: u64,
    pub(super) disabled: u64,
}

/// How many connectors are blocked, by what has to be fixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct BlockCounts {
    /// The customer's role denies sts:AssumeRole.
    pub(super) role: u64,
    /// The role may not write, or the bucket denies it.
    pub(super) access: u64,
    /// The customer's KMS key denies access.
    pub(super) key: u64,
    /// The bucket does not exist, or is in another Region.
    pub(super) bucket: u64,
    /// S3 or STS is unavailable.
    pub(super) unavailable: u64,
    /// Only the vendor can fix these.
    #[serde(rename = "ours")]
    pub(super) internal: u64,
}

/// The findings of a sweep so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Survey {
    /// When the sweep began.
    #[serde(rename = "begun")]
    pub started_at: Time,
    pub(super) states: StateCounts,
    pub(super) blocked: BlockCounts,
    pub(super) stale: u64,
    pub(super) undelivered_parts: u64,
    pub(super) oldest_watermark: Option<Time>,
    pub(super) oldest_undelivered: Option<Time>,
    pub(super) longest_overdue: Option<Time>,
}

impl Survey {
    pub(super) fn new(begun: Time) -> Self {
        Self {
            started_at: begun,
            states: StateCounts::default(),
            blocked: BlockCounts::default(),
            stale: 0,
            undelivered_parts: 0,
            oldest_watermark: None,
            oldest_undelivered: None,
            longest_overdue: None,
        }
    }

    /// Adds a connector, as of `now`.
    pub fn add(&mut self, watched: &WatchedConnector, timing: Timing, now: Time) {
        match watched.state {
            State::Draft => self.states.draft += 1,
            State::Ready => self.states.ready += 1,
            State::Active => self.states.active += 1,
            State::Paused => self.states.paused += 1,
            State::Disabled => self.states.disabled += 1,
            State::Deleted => {}
        }
        let exporting = matches!(watched.state, State::Active | State::Paused);
        let Some(cursor) = watched.cursor.as_ref().filter(|_| exporting) else { return };
        self.oldest_watermark = earliest(self.oldest_watermark, Some(cursor.watermark));
        let expected = expected_by(watched.activated_at, watched.frequency, cursor, timing);
        // Counted for a blocked connector too: a blocked destination never stops sealing.
        if let Some(expected) = expected.filter(|expected| now > *expected) {
            self.stale += 1;
            self.longest_overdue = earliest(self.longest_overdue, Some(expected));
        }
        // Parts of a paused connector wait because someone wants them to.
        if watched.state == State::Active {
            self.undelivered_parts += cursor.next.previous().get().saturating_sub(cursor.delivered.get());
            self.oldest_undelivered = earliest(self.oldest_undelivered, watched.waiting_since);
            if let Some(block) = &cursor.block {
                self.blocked.add(block);
            }
        }
    }
}

impl BlockCounts {
    fn add(&mut self, block: &Block) {
        let count = match (block.stage, block.kind) {
            (
                _,
                DeliveryErrorKind::Rejected | DeliveryErrorKind::TenantMismatch | DeliveryErrorKind::Expired,
            )
            | (DeliveryStage::Read, _) => &mut self.internal,
            (DeliveryStage::AssumeRole, DeliveryErrorKind::Denied) => &mut self.role,
            (DeliveryStage::PutObject, DeliveryErrorKind::Denied) => &mut self.access,
            (_, DeliveryErrorKind::KeyDenied) => &mut self.key,
            (_, DeliveryErrorKind::Gone | DeliveryErrorKind::Moved) => &mut self.bucket,
            (_, DeliveryErrorKind::Conflict | DeliveryErrorKind::Unavailable) => &mut self.unavailable,
        };
        *count += 1;
    }

    pub(super) const fn total(self) -> u64 {
        self.role + self.access + self.key + self.bucket + self.unavailable + self.internal
    }
}

pub(super) fn earliest(a: Option<Time>, b: Option<Time>) -> Option<Time> {
    a.into_iter().chain(b).min()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use archive::frequency::Frequency;
    use archive::names::ConnectorId;
    use archive::part::PartNumber;

    use super::*;
    use crate::cursor::Cursor;

    const TIMING: Timing = Timing { settle: Duration::from_mins(5), look_back: Duration::from_hours(1) };
    const NOW: &str = "2026-11-20T20:10:00Z";

    fn at(text: &str) -> Time {
        text.parse().unwrap()
    }

    /// Sealed up to the last hour; three parts wait.
    fn watched(state: State, block: Option<(DeliveryStage, DeliveryErrorKind)>) -> WatchedConnector {
        let start = at("2026-11-20T10:00:00Z");
        let block = block.map(|(stage, kind)| Block {
            stage,
            kind,
            code: String::new(),
            cause: String::new(),
            remedy: String::new(),
            since: start,
            attempts: 1,
            next_attempt: start,
        });
        let cursor = Cursor {
            next: PartNumber::new(11),
            delivered: PartNumber::new(7),
            watermark: at("2026-11-20T20:00:00Z"),
            block,
            ..Cursor::new(start, start, start)
        };
        WatchedConnector {
            tenant: "acme".parse().unwrap(),
            connector: ConnectorId::new(1),
            state,
            frequency: Frequency::HOURLY,
            activated_at: Some(start),
            cursor: Some(cursor),
            waiting_since: Some(at("2026-11-20T18:05:00Z")),
            last_notified: None,
        }
    }

    fn survey(all: &[WatchedConnector]) -> Survey {
        let mut survey = Survey::new(at(NOW));
        for watched in all {
            survey.add(watched, TIMING, at(NOW));
        }
        survey
    }

    #[test]
    fn each_block_is_counted_by_what_has_to_be_fixed() {
        let each = [
            (DeliveryStage::AssumeRole, DeliveryErrorKind::Denied),
            (DeliveryStage::PutObject, DeliveryErrorKind::Denied),
            (DeliveryStage::PutObject, DeliveryErrorKind::KeyDenied),
            (DeliveryStage::PutObject, DeliveryErrorKind::Gone),
            (DeliveryStage::PutObject, DeliveryErrorKind::Moved),
            (DeliveryStage::AssumeRole, DeliveryErrorKind::Unavailable),
            (DeliveryStage::PutObject, DeliveryErrorKind::Conflict),
            (DeliveryStage::PutObject, DeliveryErrorKind::Rejected),
            (DeliveryStage::Read, DeliveryErrorKind::TenantMismatch),
        ];
        let survey = survey(&each.map(|block| watched(State::Active, Some(block))));
        let right = BlockCounts { role: 1, access: 1, key: 1, bucket: 2, unavailable: 2, internal: 2 };
        assert_eq!((survey.blocked, survey.blocked.total()), (right, 9));
        assert_eq!((survey.stale, survey.undelivered_parts), (0, 27));
        assert_eq!(survey.oldest_undelivered, Some(at("2026-11-20T18:05:00Z")));
    }

    #[test]
    fn a_paused_connector_can_be_stale_but_its_blocks_and_parts_are_not_counted() {
        let mut late = watched(State::Paused, Some((DeliveryStage::PutObject, DeliveryErrorKind::Gone)));
        if let Some(cursor) = &mut late.cursor {
            cursor.watermark = at("2026-11-20T18:00:00Z");
        }
        let survey = survey(&[late]);
        assert_eq!((survey.stale, survey.longest_overdue), (1, Some(at("2026-11-20T19:20:00Z"))));
        assert_eq!(survey.oldest_watermark, Some(at("2026-11-20T18:00:00Z")));
        assert_eq!(
            (survey.blocked.total(), survey.undelivered_parts, survey.oldest_undelivered),
            (0, 0, None)
        );
    }

    #[test]
    fn a_connector_that_does_not_export_is_counted_by_state_only() {
        let draft = WatchedConnector { cursor: None, activated_at: None, ..watched(State::Draft, None) };
        let survey = survey(&[draft, watched(State::Disabled, None), watched(State::Deleted, None)]);
        assert_eq!(survey.states, StateCounts { draft: 1, disabled: 1, ..StateCounts::default() });
        assert_eq!((survey.oldest_watermark, survey.stale), (None, 0));
    }

    #[test]
    fn each_state_is_counted() {
        use State::{Active, Disabled, Draft, Paused, Ready};
        let twice =
            [Draft, Ready, Active, Paused, Disabled].map(|state| [(); 2].map(|()| watched(state, None)));
        let states = survey(twice.as_flattened()).states;
        assert_eq!(states, StateCounts { draft: 2, ready: 2, active: 2, paused: 2, disabled: 2 });
    }

    #[test]
    fn an_export_expected_right_now_is_not_late_yet() {
        let mut survey = Survey::new(at(NOW));
        survey.add(&watched(State::Active, None), TIMING, at("2026-11-20T21:20:00Z"));
        assert_eq!((survey.stale, survey.longest_overdue), (0, None));
        for _ in 0..2 {
            survey.add(&watched(State::Active, None), TIMING, at("2026-11-20T21:20:01Z"));
        }
        assert_eq!((survey.stale, survey.longest_overdue), (2, Some(at("2026-11-20T21:20:00Z"))));
    }
}
