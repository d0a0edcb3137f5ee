//! One part, one decision: whatever happens to the answers, a number is sealed once.

use archive::part::{Content, PartKind, PartNumber, Window};
use base64::Engine as _;
use protocol::delivery_error::DeliveryStage;
use protocol::machine::{Built, Effect, InternalErrorKind, LeaseAnswer, Outcome, SealAnswer, Span};
use tests::fixtures::{at, worker};

use super::harness::{
    RunHarness, draft, is_inline, next_run, now, snapshot, snapshot_with_parts, with_cursor,
};

#[test]
fn a_window_is_read_sealed_delivered_and_marked() {
    let snapshot = snapshot();
    let mut run = RunHarness::with_snapshot(&snapshot);
    let request = run.expect_staged();
    let window = Window { from: at("2026-11-20T20:15:30.123Z"), to: at("2026-11-20T21:00:00Z") };
    assert_eq!(request.span, Span::Window(window), "nothing before the activation is read");
    assert_eq!((request.number, request.watermark), (PartNumber::FIRST, window.from));
    let seal = run.expect_seal(SealAnswer::Won);
    assert_eq!((seal.watermark_before, seal.watermark_after), (window.from, window.to));
    assert_eq!((seal.part.window, seal.part.kind, seal.part.events), (window, PartKind::Regular, 3));
    run.expect_delivery(&seal.part);
    let release = run.expect_release();
    assert_eq!(release.seen, snapshot.cursor.next_run_at);
    assert_eq!(release.next_run_at, at("2026-11-20T22:05:00Z"));
    let summary = run.expect_completed();
    assert_eq!((summary.sealed, summary.delivered, summary.events, summary.heartbeats), (1, 1, 3, 0));
}

#[test]
fn a_run_reports_how_many_events_were_late_or_unreadable() {
    let mut run = RunHarness::with_snapshot(&snapshot());
    let mut draft = draft();
    (draft.late, draft.unreadable) = (2, 1);
    run.expect_build(Built::Staged(draft));
    run.expect_seal(SealAnswer::Won);
    let summary = run.summary();
    assert_eq!((summary.events, summary.late, summary.unreadable), (3, 2, 1));
}

#[test]
fn a_window_is_not_read_before_it_has_settled() {
    let mut run = RunHarness::start(at("2026-11-20T21:04:59.999Z"));
    run.expect_lease(LeaseAnswer::Granted);
    run.expect_snapshot(Some(snapshot()));
    assert_eq!(run.expect_release().next_run_at, at("2026-11-20T21:05:00Z"));
    run.expect_completed();
}

#[test]
fn each_window_looks_back_an_hour_for_late_events() {
    let snapshot = with_cursor(&snapshot(), |cursor| {
        cursor.watermark = at("2026-11-20T23:00:00Z");
        (cursor.next, cursor.delivered) = (PartNumber::new(4), PartNumber::new(3));
    });
    let mut run = RunHarness::start(at("2026-11-21T00:05:00Z"));
    run.expect_lease(LeaseAnswer::Granted);
    run.expect_snapshot(Some(snapshot));
    let request = run.expect_staged();
    let span = Window { from: at("2026-11-20T22:00:00Z"), to: at("2026-11-21T00:00:00Z") };
    assert_eq!(request.span, Span::Window(span));
    assert_eq!(
        request.exclude,
        protocol::machine::Exclude { reaching: Some(span.from), out_of_order_in: None }
    );
    let part = run.expect_seal(SealAnswer::Won).part;
    assert_eq!(part.window.from, at("2026-11-20T23:00:00Z"), "the late ones don't widen the window");
}

#[test]
fn a_complete_read_that_found_nothing_is_a_heartbeat() {
    let mut run = RunHarness::with_snapshot(&snapshot());
    run.expect_build(Built::Nothing);
    let part = run.expect_seal(SealAnswer::Won).part;
    assert_eq!((part.kind, part.events), (PartKind::Heartbeat, 0));
    assert!(is_inline(&part), "its bytes follow from its record");
    run.expect_delivery(&part);
    run.expect_release();
    assert_eq!(run.expect_completed().heartbeats, 1);
}

#[test]
fn a_lost_answer_of_a_seal_that_went_through_makes_no_second_part() {
    let mut run = RunHarness::with_snapshot(&snapshot());
    run.expect_staged();
    let seal = run.expect_seal(SealAnswer::Unknown);
    assert_eq!(run.expect_read_back(Some(&seal.part)), PartNumber::FIRST);
    run.expect_delivery(&seal.part);
    run.expect_release();
    assert_eq!(run.expect_completed().sealed, 1);
}

#[test]
fn a_lost_request_to_seal_is_sent_again_unchanged() {
    let mut run = RunHarness::with_snapshot(&snapshot());
    run.expect_staged();
    let first = run.expect_seal(SealAnswer::Unknown);
    run.expect_read_back(None);
    run.expect_wait();
    let second = run.expect_seal(SealAnswer::Won);
    assert_eq!(first, second);
    run.expect_delivery(&second.part);
    run.expect_release();
    let summary = run.expect_completed();
    assert_eq!((summary.sealed, summary.retries), (1, 1));
}

#[test]
fn a_refusal_of_our_own_second_try_is_a_success() {
    let mut run = RunHarness::with_snapshot(&snapshot());
    run.expect_staged();
    run.expect_seal(SealAnswer::Unknown);
    run.expect_read_back(None);
    run.expect_wait();
    // The first request arrived late, after the worker had looked for its part.
    let seal = run.expect_seal(SealAnswer::Refused);
    run.expect_read_back(Some(&seal.part));
    run.expect_delivery(&seal.part);
    run.expect_release();
    let summary = run.expect_completed();
    assert_eq!((summary.sealed, summary.lost_races), (1, 0));
}

#[test]
fn nothing_of_a_lost_race_is_kept() {
    for answer in [SealAnswer::Refused, SealAnswer::Unknown] {
        let snapshot = snapshot();
        let mut run = RunHarness::with_snapshot(&snapshot);
        run.expect_staged();
        let mut theirs = run.expect_seal(answer).part;
        theirs.sealed_by = worker();
        run.expect_read_back(Some(&theirs));
        // It takes another snapshot, and finds the other worker's part sealed and delivered.
        run.expect_snapshot(Some(with_cursor(&snapshot, |cursor| {
            cursor.watermark = theirs.window.to;
            (cursor.next, cursor.delivered) = (PartNumber::new(2), PartNumber::FIRST);
        })));
        assert_eq!(run.expect_release().next_run_at, next_run(&snapshot, theirs.window.to));
        let summary = run.expect_completed();
        assert_eq!((summary.sealed, summary.lost_races), (0, 1));
    }
}

#[test]
fn the_same_bytes_sealed_by_another_worker_are_not_ours() {
    let snapshot = snapshot();
    let mut run = RunHarness::with_snapshot(&snapshot);
    run.expect_staged();
    let mut theirs = run.expect_seal(SealAnswer::Refused).part;
    theirs.sealed_by = worker();
    run.expect_read_back(Some(&theirs));
    assert!(matches!(run.effect(), Effect::Snapshot));
}

#[test]
fn a_refusal_without_a_part_is_a_moved_watermark() {
    let mut run = RunHarness::with_snapshot(&snapshot());
    run.expect_staged();
    run.expect_seal(SealAnswer::Refused);
    run.expect_read_back(None);
    assert!(matches!(run.effect(), Effect::Snapshot), "it takes another snapshot and gives way");
}

#[test]
fn a_worker_that_loses_three_races_leaves_the_rest_to_the_others() {
    let snapshot = snapshot();
    let mut run = RunHarness::with_snapshot(&snapshot);
    for race in 1..=3 {
        run.expect_staged();
        let mut theirs = run.expect_seal(SealAnswer::Refused).part;
        theirs.sealed_by = worker();
        run.expect_read_back(Some(&theirs));
        if race < 3 {
            run.expect_snapshot(Some(snapshot.clone()));
        }
    }
    run.expect_release();
    assert_eq!(run.expect_completed().lost_races, 3);
}

#[test]
fn a_seal_that_is_never_answered_ends_the_run_and_nothing_else() {
    let mut run = RunHarness::with_snapshot(&snapshot());
    run.expect_staged();
    for tried in 1..=5 {
        run.expect_seal(SealAnswer::Unknown);
        run.expect_read_back(None);
        if tried < 5 {
            run.expect_wait();
        }
    }
    let release = run.expect_release();
    assert_eq!(release.next_run_at, run.now + std::time::Duration::from_secs(60));
    assert_eq!(run.expect_failed(), InternalErrorKind::Port);
}

#[test]
fn a_part_cut_among_late_events_closes_nothing() {
    let snapshot = with_cursor(&snapshot(), |cursor| cursor.watermark = at("2026-11-20T21:00:00Z"));
    let mut run = RunHarness::start(at("2026-11-20T22:05:00Z"));
    run.expect_lease(LeaseAnswer::Granted);
    run.expect_snapshot(Some(snapshot));
    let mut draft = draft();
    (draft.cut, draft.late) = (Some(at("2026-11-20T20:30:00Z")), 3);
    run.expect_build(Built::Staged(draft));
    let seal = run.expect_seal(SealAnswer::Won);
    let w = at("2026-11-20T21:00:00Z");
    assert_eq!((seal.part.window, seal.part.kind), (Window { from: w, to: w }, PartKind::Late));
    assert_eq!(seal.watermark_after, w);
}

#[test]
fn a_part_cut_in_its_window_ends_there_and_the_next_goes_on() {
    let mut run = RunHarness::with_snapshot(&snapshot());
    let mut draft = draft();
    let cut = at("2026-11-20T20:30:00Z");
    draft.cut = Some(cut);
    run.expect_build(Built::Staged(draft));
    let seal = run.expect_seal(SealAnswer::Won);
    assert_eq!((seal.part.window.to, seal.watermark_after), (cut, cut));
    run.expect_delivery(&seal.part);
    let request = run.expect_staged();
    assert_eq!((request.number, request.watermark), (PartNumber::new(2), cut));
}

#[test]
fn another_worker_that_has_the_lease_is_left_alone() {
    let mut run = RunHarness::start(now());
    run.expect_lease(LeaseAnswer::Held);
    assert!(matches!(run.outcome(), Some(Outcome::Busy)));
    let mut run = RunHarness::start(now());
    run.expect_lease(LeaseAnswer::Unknown);
    assert!(matches!(run.outcome(), Some(Outcome::Inactive)));
}

#[test]
fn an_item_of_another_tenant_stops_the_connector() {
    let snapshot = snapshot();
    let mut run = RunHarness::with_snapshot(&snapshot);
    run.expect_build(Built::TenantMismatch {
        detail: "`globex` was returned where `acme` was requested".into(),
    });
    assert_eq!(run.expect_announce().fact.kind(), "ExportBlocked");
    let block = run.expect_block();
    assert_eq!((block.stage, block.code.as_str()), (DeliveryStage::Read, "TenantMismatch"));
    assert_eq!(run.expect_release().next_run_at, block.next_attempt);
    assert_eq!(run.expect_failed(), InternalErrorKind::TenantMismatch);

    // It stays stopped until its next try is due, and reads again then.
    let blocked = with_cursor(&snapshot, |cursor| cursor.block = Some(block.clone()));
    let mut run = RunHarness::start(block.next_attempt - std::time::Duration::from_millis(1));
    run.expect_lease(LeaseAnswer::Granted);
    run.expect_snapshot(Some(blocked.clone()));
    assert_eq!(run.expect_release().next_run_at, block.next_attempt);
    run.expect_completed();
    let mut run = RunHarness::start(block.next_attempt);
    run.expect_lease(LeaseAnswer::Granted);
    run.expect_snapshot(Some(blocked.clone()));
    run.fail();
    let in_a_minute = block.next_attempt + std::time::Duration::from_mins(1);
    assert_eq!(run.expect_release().next_run_at, in_a_minute, "a read that fails then fails like any other");
    let mut run = RunHarness::start(block.next_attempt);
    run.expect_lease(LeaseAnswer::Granted);
    run.expect_snapshot(Some(blocked));
    run.expect_staged();
    assert_eq!(run.expect_announce().fact.kind(), "ExportRecovered", "published before it is recorded");
    assert!(run.expect_seal(SealAnswer::Won).unblock, "reading works again");
}

/// A consumer's rule may rely on this: by `next_expected_by` of the newest heartbeat there is a newer file,
/// or something is wrong. A time that was already past at the heartbeat would be a false alarm.
#[test]
fn a_heartbeat_of_a_backlog_promises_nothing_for_the_past() {
    let promised = |watermark: &str, now: &str| {
        let snapshot = with_cursor(&snapshot(), |cursor| cursor.watermark = at(watermark));
        let mut run = RunHarness::start(at(now));
        run.expect_lease(LeaseAnswer::Granted);
        run.expect_snapshot(Some(snapshot));
        run.expect_build(Built::Nothing);
        let Effect::Seal(seal) = run.effect().clone() else { panic!("a seal") };
        // The answer is lost, and the request had no effect: the part that is sealed in the end says the
        // same.
        run.expect_seal(SealAnswer::Unknown);
        run.expect_read_back(None);
        run.expect_wait();
        assert_eq!(run.expect_seal(SealAnswer::Won).part, seal.part);
        let Content::Inline(text) = &seal.part.content else { panic!("a heartbeat") };
        let bytes = base64::engine::general_purpose::STANDARD.decode(text).unwrap();
        let file: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        at(file[0]["next_expected_by"].as_str().unwrap())
    };
    let on_time = promised("2026-11-20T20:15:30.123Z", "2026-11-20T21:05:30Z");
    assert_eq!(on_time, at("2026-11-20T22:20:30Z"), "a whole frequency and the grace after the seal");
    let backlog = promised("2026-10-01T00:00:00Z", "2026-11-20T21:05:30Z");
    assert_eq!(backlog, at("2026-11-20T22:20:30Z"), "the same, however old the window is");
}

#[test]
fn with_nothing_sealed_nothing_is_delivered_and_with_parts_waiting_they_come_first_or_in_turns() {
    let snapshot = snapshot_with_parts(2);
    let mut run = RunHarness::with_snapshot(&snapshot);
    assert_eq!(run.expect_open(Ok(())), PartNumber::FIRST, "the oldest first");
}
