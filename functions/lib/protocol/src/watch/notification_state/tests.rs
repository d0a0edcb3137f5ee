//! The tests of `notification_state`.

use archive::frequency::Frequency;
use archive::names::ConnectorId;

use super::*;
use crate::cursor::Cursor;
use crate::delivery_error::{Block, DeliveryErrorKind, DeliveryStage};
use crate::notice::{Blocked, Fact, Stale};

const TIMING: Timing = Timing { settle: Duration::from_mins(5), look_back: Duration::from_hours(1) };
const WEEK: Option<Duration> = Some(Duration::from_hours(7 * 24));

fn at(text: &str) -> Time {
    text.parse().unwrap()
}

/// Sealed to 20:00, so the next seal is expected by 21:20.
fn watched() -> WatchedConnector {
    let start = at("2026-11-20T10:00:00Z");
    WatchedConnector {
        tenant: "acme".parse().unwrap(),
        connector: ConnectorId::new(7),
        state: State::Active,
        frequency: Frequency::HOURLY,
        activated_at: Some(start),
        cursor: Some(Cursor { watermark: at("2026-11-20T20:00:00Z"), ..Cursor::new(start, start, start) }),
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
            cause: "The bucket does not exist.".into(),
            remedy: "Create it again.".into(),
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

/// The notices of these times, each followed by storing the state.
fn notify(watched: &mut WatchedConnector, times: &[&str]) -> Vec<(String, &'static str)> {
    let mut all = Vec::new();
    for time in times {
        if let Some(pending) = watched.pending_notification(TIMING, WEEK, at(time)) {
            watched.last_notified = Some(pending.next);
            all.push((pending.notice.id.clone(), pending.notice.fact.kind()));
        }
    }
    all
}

#[test]
fn a_missed_export_is_reported_once_then_daily_and_its_recovery_once() {
    let mut watched = watched();
    let times =
        ["2026-11-20T21:20:00Z", "2026-11-20T21:49:59Z", "2026-11-20T21:50:00Z", "2026-11-20T22:00:00Z"];
    let stale = "con_0000000000000007-exportstale-2026-11-20T21:20:00.000Z";
    assert_eq!(notify(&mut watched, &times), [(stale.to_owned(), "ExportStale")]);
    // It works off its backlog, and gets a new late-since time.
    sealed_to(&mut watched, at("2026-11-20T23:00:00Z"));
    let next = ["2026-11-21T21:49:59Z", "2026-11-21T21:50:00Z", "2026-11-21T21:55:00Z"];
    let again = format!("{stale}-again-2026-11-21T21:50:00.000Z");
    assert_eq!(notify(&mut watched, &next), [(again, "ExportStale")]);
    sealed_to(&mut watched, at("2026-11-21T22:00:00Z"));
    let resolved = "con_0000000000000007-exportontime-2026-11-20T21:20:00.000Z";
    let after = ["2026-11-21T22:10:00Z", "2026-11-21T22:15:00Z"];
    assert_eq!(notify(&mut watched, &after), [(resolved.to_owned(), "ExportOnTime")]);
}

#[test]
fn a_connector_slightly_late_at_each_window_is_reported_once_a_day() {
    let mut watched = watched();
    let mut kinds = Vec::new();
    let mut now = at("2026-11-20T21:50:00Z");
    for hour in 0..26 {
        // It was due on the hour, is reported at ten to the next one, and arrives then.
        let before = now;
        kinds.extend(notify(&mut watched, &[&before.to_string()]).into_iter().map(|(_, kind)| (hour, kind)));
        sealed_to(&mut watched, before.floor(Duration::from_hours(1)));
        let after = (before + Duration::from_mins(5)).to_string();
        kinds.extend(notify(&mut watched, &[&after]).into_iter().map(|(_, kind)| (hour, kind)));
        now = now + Duration::from_hours(1);
    }
    let each_day = [(0, "ExportStale"), (0, "ExportOnTime"), (25, "ExportStale"), (25, "ExportOnTime")];
    assert_eq!(kinds, each_day);
    // Two hours late is reported anyway.
    let late = now + Duration::from_hours(3);
    assert_eq!(notify(&mut watched, &[&late.to_string()]).len(), 1);
}

#[test]
fn a_day_after_a_recovery_the_usual_tolerance_applies_again() {
    let now = "2026-11-20T21:50:00Z";
    for (at_last, expected) in [("2026-11-19T21:50:00Z", 1), ("2026-11-19T21:50:00.001Z", 0)] {
        let resolved = NotificationState {
            condition: Condition::Resolved,
            since: at(at_last),
            notified_at: at(at_last),
        };
        let mut watched = WatchedConnector { last_notified: Some(resolved), ..watched() };
        assert_eq!(notify(&mut watched, &[now]).len(), expected, "{at_last}");
    }
}

#[test]
fn an_export_at_the_very_instant_it_is_expected_is_not_late() {
    let mut watched = watched();
    assert_eq!(notify(&mut watched, &["2026-11-20T21:50:00Z"]).len(), 1);
    sealed_to(&mut watched, at("2026-11-20T21:00:00Z"));
    let kinds = notify(&mut watched, &["2026-11-20T22:20:00Z"]);
    assert_eq!(kinds.iter().map(|(_, kind)| *kind).collect::<Vec<_>>(), ["ExportOnTime"]);
}

#[test]
fn notifications_of_another_block_or_condition_do_not_count_for_this_one() {
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
        assert_eq!(notify(&mut watched, &["2026-11-21T20:10:00Z"]).len(), 1, "{other:?}");
    }
}

#[test]
fn a_block_is_repeated_daily_but_its_start_and_end_are_not_notified() {
    let mut watched = blocked(DeliveryStage::PutObject);
    let times = [
        "2026-11-20T20:10:00Z",
        "2026-11-21T20:09:59Z",
        "2026-11-21T20:10:00Z",
        "2026-11-21T20:15:00Z",
        "2026-11-22T20:10:00Z",
    ];
    let kinds: Vec<_> = notify(&mut watched, &times).into_iter().map(|(_, kind)| kind).collect();
    assert_eq!(kinds, ["ExportBlocked"; 2]);
    if let Some(cursor) = &mut watched.cursor {
        (cursor.block, cursor.watermark) = (None, at("2026-11-22T20:00:00Z"));
    }
    assert_eq!(notify(&mut watched, &["2026-11-22T20:20:00Z"]), []);
}

#[test]
fn a_reminder_forecasts_the_loss_from_how_far_the_connector_is_sealed() {
    let now = at("2026-11-22T00:00:00Z");
    let loss = |watched: WatchedConnector| match watched
        .pending_notification(TIMING, WEEK, now)
        .unwrap()
        .notice
        .fact
    {
        Fact::Blocked(Blocked { loss, reminder: true, .. })
        | Fact::Stale(Stale { loss, reminder: false, .. }) => loss.lost_from,
        other => panic!("{other:?}"),
    };
    let expiry = Some(at("2026-11-27T20:00:00Z"));
    assert_eq!((loss(blocked(DeliveryStage::Read)), loss(watched())), (expiry, expiry));
    assert_eq!(loss(blocked(DeliveryStage::AssumeRole)), None);
}

#[test]
fn a_paused_connector_is_reported_if_it_is_stale_and_one_that_does_not_export_never() {
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
fn a_notice_rejected_by_the_bus_is_published_later() {
    let mut watched = watched();
    let first = watched.pending_notification(TIMING, WEEK, at("2026-11-20T22:00:00Z")).unwrap();
    watched.last_notified = Some(first.rollback);
    let second = watched.pending_notification(TIMING, WEEK, at("2026-11-20T22:05:00Z")).unwrap();
    assert_eq!(first.notice.id, second.notice.id);
    watched.last_notified = Some(second.next);
    assert_eq!(watched.pending_notification(TIMING, WEEK, at("2026-11-20T22:10:00Z")), None);
}
