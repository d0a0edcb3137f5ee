//! When the watchdog tells of a connector: of an export that does not come and that it comes again, once each, and
//! once a day of whatever lasts. That a block begins and ends the exporter tells, which is there when it happens.
//!
//! What was told is kept beside the connector's cursor, moved by a write that is conditional on what it was, so that
//! of two ticks at once one tells.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::WatchedConnector;
use crate::connector::State;
use crate::health::expected_by;
use crate::notice::Notice;
use crate::protocol::Timing;
use crate::time::Time;

/// What lasts is told again this long after it was told last.
const REPEAT_AFTER: Duration = Duration::from_hours(24);
/// An export that does not come is told when it is late by this much more than it may be: the runs after an outage
/// of half an hour catch up by themselves, and nobody need be told of each.
const STALE_TOLERANCE: Duration = Duration::from_mins(30);
/// And by this much more within a day after it was told that it comes again: who is a little late at each window would
/// otherwise be told of twice at each window.
const RECURRENCE_TOLERANCE: Duration = Duration::from_hours(2);

/// What is wrong with a connector, as far as the watchdog tells of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// It is blocked.
    Blocked,
    /// What is due is not sealed.
    Stale,
    /// Nothing any more.
    #[serde(rename = "over")]
    Resolved,
}

/// What was told of a connector last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct NotificationState {
    /// What is wrong.
    #[serde(rename = "of")]
    pub condition: Condition,
    /// Since when.
    pub since: Time,
    /// When it was told.
    #[serde(rename = "at")]
    pub notified_at: Time,
}

/// What is to be told of a connector now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingNotification {
    /// What is to be remembered first.
    pub next: NotificationState,
    /// What to remember instead, if the bus does not take the notice: it is to be told again then.
    pub rollback: NotificationState,
    /// The notice.
    pub notice: Notice,
}

impl WatchedConnector {
    /// What is to be told of it at `now`, if anything. `retention` is for how long the events table keeps an event,
    /// if not for ever.
    #[must_use]
    pub fn pending_notification(
        &self,
        timing: Timing,
        retention: Option<Duration>,
        now: Time,
    ) -> Option<PendingNotification> {
        let exporting = matches!(self.state, State::Active | State::Paused);
        let cursor = self.cursor.as_ref().filter(|_| exporting)?;
        let (tenant, connector) = (&self.tenant, &self.connector);
        // A block of what is paused is told when it goes on: someone wants it to wait.
        if let Some(block) = cursor.block.as_ref().filter(|_| self.state == State::Active) {
            let since = block.since;
            let of_this =
                |told: &&NotificationState| told.condition == Condition::Blocked && told.since == since;
            let last = self.last_notified.as_ref().filter(of_this).map_or(since, |told| told.notified_at);
            let notice =
                || Notice::blocked(tenant, connector, block.clone(), cursor, retention).as_reminder(now);
            return (now.since(last) >= REPEAT_AFTER).then(|| {
                self.pending(
                    NotificationState { condition: Condition::Blocked, since, notified_at: now },
                    notice(),
                )
            });
        }
        let expected = expected_by(self.activated_at, self.frequency, cursor, timing);
        let late = expected.filter(|expected| now > *expected);
        let before = self.last_notified.filter(|told| told.condition == Condition::Stale);
        let just_over = |told: NotificationState| {
            told.condition == Condition::Resolved && now.since(told.notified_at) < REPEAT_AFTER
        };
        let borne =
            if self.last_notified.is_some_and(just_over) { RECURRENCE_TOLERANCE } else { STALE_TOLERANCE };
        match (late, before) {
            (Some(since), None) if now.since(since) >= borne => {
                let notice = Notice::stale(tenant, connector, since, cursor, retention);
                Some(self.pending(
                    NotificationState { condition: Condition::Stale, since, notified_at: now },
                    notice,
                ))
            }
            // Whoever works off a backlog is late since another time at each tick: the first is what counts.
            (Some(_), Some(NotificationState { since, notified_at: at, .. }))
                if now.since(at) >= REPEAT_AFTER =>
            {
                let notice = Notice::stale(tenant, connector, since, cursor, retention).as_reminder(now);
                Some(self.pending(
                    NotificationState { condition: Condition::Stale, since, notified_at: now },
                    notice,
                ))
            }
            (None, Some(NotificationState { since, .. })) => {
                let notice = Notice::on_time(tenant, connector, since, cursor, now);
                Some(self.pending(
                    NotificationState { condition: Condition::Resolved, since: now, notified_at: now },
                    notice,
                ))
            }
            _ => None,
        }
    }

    fn pending(&self, told: NotificationState, notice: Notice) -> PendingNotification {
        // Never told of anything is the same as told, long ago, that all is over.
        let untold = self.last_notified.unwrap_or(NotificationState {
            condition: Condition::Resolved,
            since: Time::EPOCH,
            notified_at: Time::EPOCH,
        });
        PendingNotification { next: told, rollback: untold, notice }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cursor::Cursor;
    use crate::fault::{Block, DeliveryErrorKind, DeliveryStage};
    use crate::names::ConnectorId;
    use crate::notice::Fact;
    use crate::schedule::Frequency;

    const TIMING: Timing = Timing { settle: Duration::from_mins(5), look_back: Duration::from_hours(1) };
    const WEEK: Option<Duration> = Some(Duration::from_hours(7 * 24));

    fn at(text: &str) -> Time {
        text.parse().unwrap()
    }

    /// Sealed to 20:00, so the next seal is to be expected by 21:20.
    fn watched() -> WatchedConnector {
        let start = at("2026-11-20T10:00:00Z");
        WatchedConnector {
            tenant: "acme".parse().unwrap(),
            connector: ConnectorId::new(7),
            state: State::Active,
            frequency: Frequency::HOURLY,
            activated_at: Some(start),
            cursor: Some(Cursor {
                watermark: at("2026-11-20T20:00:00Z"),
                ..Cursor::new(start, start, start)
            }),
            waiting_since: None,
            last_notified: None,
        }
    }

    fn blocked(stage: DeliveryStage) -> WatchedConnector {
        let since = at("2026-11-20T20:10:00Z");
        let mut watched = watched();
        if let Some(cursor) = &mut watched.cursor {
            cursor.block = Some(Block {
                stage,
                kind: DeliveryErrorKind::Gone,
                code: "NoSuchBucket".into(),
                cause: "It is gone.".into(),
                remedy: "Make it again.".into(),
                since,
                attempts: 9,
                next_attempt: since,
            });
        }
        watched
    }

    fn sealed_to(watched: &mut WatchedConnector, watermark: Time) {
        watched.cursor.as_mut().unwrap().watermark = watermark;
    }

    /// What is told at these times, each remembered.
    fn told(watched: &mut WatchedConnector, times: &[&str]) -> Vec<(String, &'static str)> {
        let mut all = Vec::new();
        for time in times {
            if let Some(telling) = watched.pending_notification(TIMING, WEEK, at(time)) {
                watched.last_notified = Some(telling.next);
                all.push((telling.notice.id.clone(), telling.notice.fact.kind()));
            }
        }
        all
    }

    #[test]
    fn an_export_that_does_not_come_is_told_once_then_daily_and_that_it_comes_once() {
        let mut watched = watched();
        let times =
            ["2026-11-20T21:20:00Z", "2026-11-20T21:49:59Z", "2026-11-20T21:50:00Z", "2026-11-20T22:00:00Z"];
        let stale = "con_0000000000000007-exportstale-2026-11-20T21:20:00.000Z";
        assert_eq!(told(&mut watched, &times), [(stale.to_owned(), "ExportStale")]);
        // It works off what is behind, and is late since another time.
        sealed_to(&mut watched, at("2026-11-20T23:00:00Z"));
        let next = ["2026-11-21T21:49:59Z", "2026-11-21T21:50:00Z", "2026-11-21T21:55:00Z"];
        let again = format!("{stale}-again-2026-11-21T21:50:00.000Z");
        assert_eq!(told(&mut watched, &next), [(again, "ExportStale")]);
        sealed_to(&mut watched, at("2026-11-21T22:00:00Z"));
        let over = "con_0000000000000007-exportontime-2026-11-20T21:20:00.000Z";
        let after = ["2026-11-21T22:10:00Z", "2026-11-21T22:15:00Z"];
        assert_eq!(told(&mut watched, &after), [(over.to_owned(), "ExportOnTime")]);
    }

    #[test]
    fn who_is_a_little_late_at_each_window_is_told_of_once_a_day() {
        let mut watched = watched();
        let mut kinds = Vec::new();
        let mut now = at("2026-11-20T21:50:00Z");
        for hour in 0..26 {
            // It was due at the full hour, is told at ten to the next one, and comes then.
            let before = now;
            kinds
                .extend(told(&mut watched, &[&before.to_string()]).into_iter().map(|(_, kind)| (hour, kind)));
            sealed_to(&mut watched, before.floor(Duration::from_hours(1)));
            let after = (before + Duration::from_mins(5)).to_string();
            kinds.extend(told(&mut watched, &[&after]).into_iter().map(|(_, kind)| (hour, kind)));
            now = now + Duration::from_hours(1);
        }
        let each_day = [(0, "ExportStale"), (0, "ExportOnTime"), (25, "ExportStale"), (25, "ExportOnTime")];
        assert_eq!(kinds, each_day);
        // Two hours late are told all the same.
        let late = now + Duration::from_hours(3);
        assert_eq!(told(&mut watched, &[&late.to_string()]).len(), 1);
    }

    #[test]
    fn a_day_after_it_was_told_that_it_comes_again_a_little_late_is_told_as_ever() {
        let now = "2026-11-20T21:50:00Z";
        for (at_last, told_now) in [("2026-11-19T21:50:00Z", 1), ("2026-11-19T21:50:00.001Z", 0)] {
            let over = NotificationState {
                condition: Condition::Resolved,
                since: at(at_last),
                notified_at: at(at_last),
            };
            let mut watched = WatchedConnector { last_notified: Some(over), ..watched() };
            assert_eq!(told(&mut watched, &[now]).len(), told_now, "{at_last}");
        }
    }

    #[test]
    fn what_comes_at_the_very_time_by_which_it_may_be_expected_is_not_late() {
        let mut watched = watched();
        assert_eq!(told(&mut watched, &["2026-11-20T21:50:00Z"]).len(), 1);
        sealed_to(&mut watched, at("2026-11-20T21:00:00Z"));
        let kinds = told(&mut watched, &["2026-11-20T22:20:00Z"]);
        assert_eq!(kinds.iter().map(|(_, kind)| *kind).collect::<Vec<_>>(), ["ExportOnTime"]);
    }

    #[test]
    fn what_was_told_of_an_earlier_block_or_of_something_else_does_not_count_for_this_one() {
        let (since, later) = (at("2026-11-20T20:10:00Z"), at("2026-11-21T20:09:00Z"));
        for other in [
            NotificationState {
                condition: Condition::Blocked,
                since: at("2026-11-20T12:00:00Z"),
                notified_at: later,
            },
            NotificationState { condition: Condition::Stale, since, notified_at: later },
        ] {
            let mut watched =
                WatchedConnector { last_notified: Some(other), ..blocked(DeliveryStage::PutObject) };
            assert_eq!(told(&mut watched, &["2026-11-21T20:10:00Z"]).len(), 1, "{other:?}");
        }
    }

    #[test]
    fn a_block_is_told_again_each_day_and_never_its_beginning_or_its_end() {
        let mut watched = blocked(DeliveryStage::PutObject);
        let times = [
            "2026-11-20T20:10:00Z",
            "2026-11-21T20:09:59Z",
            "2026-11-21T20:10:00Z",
            "2026-11-21T20:15:00Z",
            "2026-11-22T20:10:00Z",
        ];
        let kinds: Vec<_> = told(&mut watched, &times).into_iter().map(|(_, kind)| kind).collect();
        assert_eq!(kinds, ["ExportBlocked"; 2]);
        if let Some(cursor) = &mut watched.cursor {
            (cursor.block, cursor.watermark) = (None, at("2026-11-22T20:00:00Z"));
        }
        assert_eq!(told(&mut watched, &["2026-11-22T20:20:00Z"]), []);
    }

    #[test]
    fn a_reminder_says_from_when_on_events_are_lost_by_how_far_it_is_sealed() {
        let now = at("2026-11-22T00:00:00Z");
        let loss = |watched: WatchedConnector| match watched
            .pending_notification(TIMING, WEEK, now)
            .unwrap()
            .notice
            .fact
        {
            Fact::Blocked { loss, reminder: true, .. } | Fact::Stale { loss, reminder: false, .. } => {
                loss.lost_from()
            }
            other => panic!("{other:?}"),
        };
        let expiry = Some(at("2026-11-27T20:00:00Z"));
        assert_eq!((loss(blocked(DeliveryStage::Read)), loss(watched())), (expiry, expiry));
        assert_eq!(loss(blocked(DeliveryStage::AssumeRole)), None);
    }

    #[test]
    fn what_is_paused_is_told_when_it_is_not_sealed_and_what_exports_nothing_never() {
        let now = at("2026-11-22T00:00:00Z");
        let kind = |watched: &WatchedConnector| {
            Some(watched.pending_notification(TIMING, WEEK, now)?.notice.fact.kind())
        };
        let paused = WatchedConnector { state: State::Paused, ..blocked(DeliveryStage::PutObject) };
        assert_eq!(kind(&paused), Some("ExportStale"));
        for state in [State::Disabled, State::Deleted, State::Draft] {
            assert_eq!(kind(&WatchedConnector { state, ..watched() }), None);
        }
    }

    #[test]
    fn what_the_bus_does_not_take_is_told_again() {
        let mut watched = watched();
        let first = watched.pending_notification(TIMING, WEEK, at("2026-11-20T22:00:00Z")).unwrap();
        watched.last_notified = Some(first.rollback);
        let second = watched.pending_notification(TIMING, WEEK, at("2026-11-20T22:05:00Z")).unwrap();
        assert_eq!(first.notice.id, second.notice.id);
        watched.last_notified = Some(second.next);
        assert_eq!(watched.pending_notification(TIMING, WEEK, at("2026-11-20T22:10:00Z")), None);
    }
}
