//! Clock differences, time limits, and internal errors.

use std::time::Duration;

use archive::part::PartNumber;
use protocol::cursor::ReadProgress;
use protocol::delivery_error::{DeliveryErrorKind, DeliveryStage};
use protocol::machine::{Answer, Built, Effect, InternalErrorKind, LeaseAnswer, Outcome, SealAnswer, Span};
use tests::fixtures::at;

use super::harness::{RunHarness, delivery_error, now, sealed, snapshot, snapshot_with_parts};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn clocks_that_differ_by_more_than_a_minute_decide_nothing() {
    for server in [now() + SECOND * 61, now() - SECOND * 62] {
        let mut snapshot = snapshot();
        snapshot.server_time = Some(server);
        let mut run = RunHarness::start(now());
        run.expect_lease(LeaseAnswer::Granted);
        run.expect_snapshot(Some(snapshot));
        // It reads, seals and delivers nothing, and runs again in a minute by the ledger's clock.
        assert_eq!(run.expect_release().next_run_at, server + SECOND * 60);
        assert_eq!(run.expect_failed(), InternalErrorKind::ClockSkew);
    }
}

#[test]
fn clocks_that_differ_by_a_minute_and_no_more_still_decide() {
    // The Date header has whole seconds: a clock 999 ms later is not ahead of it.
    for server in [now() + SECOND * 60, now() - SECOND * 60 - Duration::from_millis(999)] {
        let mut snapshot = snapshot_with_parts(1);
        snapshot.server_time = Some(server);
        let run = RunHarness::with_snapshot(&snapshot);
        assert!(matches!(run.effect(), Effect::Open(..)), "{:?}", run.effect());
    }
}

#[test]
fn a_clock_that_runs_ahead_reads_no_window_too_early() {
    // The window settles at 21:05:00. This worker's clock says so; the ledger's is 30 seconds behind.
    let clock = at("2026-11-20T21:05:10Z");
    let mut snapshot = snapshot();
    snapshot.server_time = Some(clock - SECOND * 30);
    let mut run = RunHarness::start(clock);
    run.expect_lease(LeaseAnswer::Granted);
    run.expect_snapshot(Some(snapshot));
    assert_eq!(run.expect_release().next_run_at, at("2026-11-20T21:05:00Z"));
    run.expect_completed();
}

#[test]
fn a_difference_of_a_second_is_ignored() {
    // The Date header has whole seconds: the last one is two seconds behind, and no more.
    for server in [now() + SECOND * 2, now() - SECOND * 2, now() - Duration::from_millis(2999)] {
        let mut snapshot = snapshot();
        snapshot.server_time = Some(server);
        let mut run = RunHarness::start(now());
        run.expect_lease(LeaseAnswer::Granted);
        run.expect_snapshot(Some(snapshot));
        run.expect_staged();
        assert_eq!(run.expect_seal(SealAnswer::Won).part.sealed_at, now());
    }
}

#[test]
fn a_lease_outlives_the_deadline() {
    let mut run = RunHarness::start(now());
    assert_eq!(run.expect_lease(LeaseAnswer::Granted), now() + SECOND * 960);
}

#[test]
fn nothing_is_read_after_two_thirds_of_the_time_and_the_next_run_continues_at_once() {
    let mut snapshot = snapshot();
    snapshot.cursor.since = at("2026-11-20T12:00:00Z");
    snapshot.cursor.watermark = at("2026-11-20T12:00:00Z");
    let mut run = RunHarness::with_snapshot(&snapshot);
    let request = run.expect_staged();
    assert_eq!(request.stop_at, now() + SECOND * 600);
    run.now = now() + SECOND * 600;
    let part = run.expect_seal(SealAnswer::Won).part;
    // Sealed parts are still delivered.
    run.expect_delivery(&part);
    assert_eq!(run.expect_release().next_run_at, run.now);
    assert!(run.expect_completed().more);
}

#[test]
fn nothing_is_written_after_five_sixths_of_the_time() {
    let snapshot = snapshot_with_parts(2);
    let mut run = RunHarness::with_snapshot(&snapshot);
    run.expect_open(Ok(()));
    run.now = now() + SECOND * 749;
    run.expect_load(&sealed(&snapshot.connector, 1));
    run.expect_put(Ok(protocol::machine::PutAnswer::Written));
    run.now = now() + SECOND * 750;
    run.expect_announce();
    run.expect_mark();
    assert_eq!(run.expect_release().next_run_at, run.now);
    let summary = run.expect_completed();
    assert_eq!((summary.delivered, summary.more), (1, true));
}

/// Neither a pause between two tries nor a role that took long to assume delays a write past that time.
#[test]
fn no_write_is_retried_after_five_sixths_of_the_time() {
    let snapshot = snapshot_with_parts(2);
    for waits in [true, false] {
        let mut run = RunHarness::with_snapshot(&snapshot);
        run.expect_open(Ok(()));
        run.expect_delivery(&sealed(&snapshot.connector, 1));
        if waits {
            run.expect_load(&sealed(&snapshot.connector, 2));
            run.expect_put(Err(delivery_error(
                DeliveryStage::PutObject,
                DeliveryErrorKind::Unavailable,
                "SlowDown",
            )));
            run.now = now() + SECOND * 750;
            run.expect_wait();
        } else {
            run.expect_load(&sealed(&snapshot.connector, 2));
            run.now = now() + SECOND * 750;
            run.expect_put(Err(delivery_error(
                DeliveryStage::PutObject,
                DeliveryErrorKind::Expired,
                "ExpiredToken",
            )));
        }
        assert_eq!(run.expect_release().next_run_at, run.now);
        let summary = run.expect_completed();
        assert_eq!((summary.delivered, summary.more, summary.blocked), (1, true, None));
    }
}

#[test]
fn no_manifest_is_retried_after_five_sixths_of_the_time() {
    let snapshot = snapshot_with_parts(1);
    let mut run = RunHarness::with_snapshot(&snapshot);
    run.expect_open(Ok(()));
    run.expect_load(&sealed(&snapshot.connector, 1));
    run.expect_put_only(Ok(protocol::machine::PutAnswer::Written));
    run.expect_put_keys(Err(delivery_error(
        DeliveryStage::PutObject,
        DeliveryErrorKind::Unavailable,
        "SlowDown",
    )));
    assert!(matches!(run.effect(), Effect::Wait(_)));
    run.now = now() + SECOND * 750;
    run.answer(Answer::Done);
    assert!(matches!(run.effect(), Effect::Release(_)), "{:?}", run.effect());
}

/// Several runs read a look-back that takes longer than one; none of it is read twice.
#[test]
fn a_read_that_runs_out_of_time_records_its_progress_and_is_continued() {
    let snapshot = snapshot();
    let mut run = RunHarness::with_snapshot(&snapshot);
    run.now = now() + SECOND * 600;
    let Span::Window(first) = run.expect_build(Built::OutOfTime { through: now() - SECOND * 5000 }).span
    else {
        panic!("a window was due")
    };
    let Effect::RecordProgress(read) = run.effect().clone() else { panic!("recorded progress") };
    assert_eq!((read.next, read.watermark), (snapshot.cursor.next, snapshot.cursor.watermark));
    run.answer(Answer::Done);
    assert_eq!(run.expect_release().next_run_at, run.now, "at once");
    assert!(run.expect_completed().more);

    let mut snapshot = snapshot;
    snapshot.cursor.read_progress = Some(read.progress);
    let mut run = RunHarness::with_snapshot(&snapshot);
    let Span::Window(second) = run.expect_build(Built::Nothing).span else { panic!("the same window") };
    assert_eq!((second.from, second.to), (read.progress.through, first.to));
    let Effect::Seal(seal) = run.effect() else { panic!("a heartbeat") };
    assert_eq!((seal.part.window.from, seal.part.window.to), (snapshot.cursor.watermark, first.to));
    assert_eq!(seal.read_progress, None, "the window is closed");
}

/// What was read for one end of the window does not suffice for a later one, which is read once that is
/// settled.
#[test]
fn progress_counts_only_for_the_window_it_was_recorded_for() {
    let mut snapshot = snapshot();
    let mut run = RunHarness::with_snapshot(&snapshot);
    let Span::Window(window) = run.expect_build(Built::Nothing).span else { panic!("a window was due") };
    snapshot.cursor.read_progress =
        Some(ReadProgress { to: window.to - SECOND, through: window.to - SECOND });
    let again = RunHarness::with_snapshot(&snapshot).expect_build(Built::Nothing).span;
    assert_eq!(again, Span::Window(window));
}

#[test]
fn a_run_without_any_progress_is_reported() {
    let mut run = RunHarness::start(now());
    run.expect_lease(LeaseAnswer::Granted);
    run.now = now() + SECOND * 600;
    run.expect_snapshot(Some(snapshot()));
    run.expect_release();
    assert_eq!(run.expect_failed(), InternalErrorKind::NoProgress);
}

#[test]
fn an_internal_error_releases_the_lease_and_is_retried_in_a_minute() {
    let mut run = RunHarness::with_snapshot(&snapshot());
    assert!(matches!(run.effect(), Effect::Build(..)));
    run.fail();
    assert_eq!(run.expect_release().next_run_at, now() + SECOND * 60);
    assert_eq!(run.expect_failed(), InternalErrorKind::Port);
}

#[test]
fn without_the_ledger_the_run_ends_at_once() {
    let mut run = RunHarness::start(now());
    assert!(matches!(run.effect(), Effect::Lease { .. }));
    run.fail();
    assert_eq!(run.expect_failed(), InternalErrorKind::Port);
    let mut run = RunHarness::start(now());
    run.expect_lease(LeaseAnswer::Granted);
    run.expect_snapshot(None);
    assert!(matches!(run.outcome(), Some(Outcome::Inactive)));
}

/// The same on a second snapshot: there is nothing to release, since the lease expires by itself.
#[test]
fn without_the_ledger_a_second_snapshot_ends_the_run_at_once_too() {
    let mut run = RunHarness::with_snapshot(&snapshot());
    run.expect_staged();
    run.expect_seal(SealAnswer::Refused);
    run.expect_read_back(None);
    assert!(matches!(run.effect(), Effect::Snapshot));
    run.fail();
    assert_eq!(run.expect_failed(), InternalErrorKind::Port);
}

/// It runs only to discard its staged bytes, once it can't be restored any more.
#[test]
fn a_connector_that_was_disabled_runs_again_at_its_end() {
    // A window is due and a part waits.
    let mut snapshot = snapshot();
    snapshot.cursor.next = PartNumber::new(2);
    snapshot.connector.disable(now()).unwrap();
    let mut run = RunHarness::with_snapshot(&snapshot);
    assert_eq!(run.expect_release().next_run_at, snapshot.connector.cleanup_due_at(now()));
    let summary = run.expect_completed();
    assert_eq!((summary.sealed, summary.delivered, summary.more), (0, 0, false));
}

#[test]
fn a_failed_release_is_reported() {
    let mut run = RunHarness::with_snapshot(&snapshot_with_parts(0));
    assert!(matches!(run.effect(), Effect::Release(_)));
    run.fail();
    assert_eq!(run.expect_failed(), InternalErrorKind::Port);
}

#[test]
fn an_unexpected_answer_ends_the_run() {
    let mut run = RunHarness::with_snapshot(&snapshot());
    run.answer(Answer::Sealed(SealAnswer::Won));
    assert_eq!(run.expect_failed(), InternalErrorKind::InvariantViolated);
}

#[test]
fn a_run_request_cuts_the_window_there() {
    let mut snapshot = snapshot();
    snapshot.cursor.cut = Some(at("2026-11-20T20:45:00.500Z"));
    let mut run = RunHarness::start(at("2026-11-20T20:50:00.500Z"));
    run.expect_lease(LeaseAnswer::Granted);
    run.expect_snapshot(Some(snapshot));
    run.expect_staged();
    let part = run.expect_seal(SealAnswer::Won).part;
    assert_eq!((part.number, part.window.to), (PartNumber::FIRST, at("2026-11-20T20:45:00.500Z")));
    run.expect_delivery(&part);
    assert_eq!(run.expect_release().next_run_at, at("2026-11-20T21:05:00Z"), "the schedule is unchanged");
}
