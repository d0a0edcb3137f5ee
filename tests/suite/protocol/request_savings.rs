//! The requests that a run saves: it does not load a record that it has just written, and its last mark also
//! releases the lease. Where the result might differ, it makes each request.

use std::time::Duration;

use archive::part::{Part, PartNumber};
use protocol::delivery_error::{DeliveryErrorKind, DeliveryStage};
use protocol::machine::{Built, Effect, InternalErrorKind, PutAnswer, SealAnswer};
use tests::fixtures::at;

use super::harness::{RunHarness, delivery_error, now, sealed, snapshot, snapshot_with_parts, with_cursor};

/// A run that has just sealed its first part, a heartbeat, and is about to deliver it.
fn just_sealed() -> (RunHarness, Part) {
    let mut run = RunHarness::with_snapshot(&snapshot());
    run.expect_build(Built::Nothing);
    let part = run.expect_seal(SealAnswer::Won).part;
    (run, part)
}

#[test]
fn a_part_that_was_sealed_a_moment_ago_is_put_as_it_was_sealed() {
    let (mut run, part) = just_sealed();
    run.expect_open(Ok(()));
    assert_eq!(run.expect_put_only(Ok(PutAnswer::Written)), part);
}

/// It may have slept for hours, and others may have delivered the part in the meantime.
#[test]
fn a_worker_that_slept_after_its_seal_loads_the_record() {
    for (slept, loads) in [(29_999, false), (30_000, true)] {
        let (mut run, part) = just_sealed();
        run.now = now() + Duration::from_millis(slept);
        run.expect_open(Ok(()));
        assert_eq!(matches!(run.effect(), Effect::Load(_)), loads, "{slept} ms");
        if loads {
            run.expect_load(&Part { delivered_at: Some(run.now), ..part.clone() });
            assert_eq!(run.expect_mark().part.number, part.number, "nothing is put");
        }
    }
}

#[test]
fn a_second_try_loads_the_record() {
    let (mut run, part) = just_sealed();
    run.expect_open(Ok(()));
    run.expect_put(Err(delivery_error(
        DeliveryStage::PutObject,
        DeliveryErrorKind::Conflict,
        "ConditionalRequestConflict",
    )));
    run.expect_wait();
    run.expect_load(&part);

    let (mut run, part) = just_sealed();
    run.expect_open(Ok(()));
    run.expect_put(Err(delivery_error(DeliveryStage::PutObject, DeliveryErrorKind::Expired, "ExpiredToken")));
    run.expect_open(Ok(()));
    run.expect_load(&part);
}

/// Only an answered seal is certainly this run's.
#[test]
fn after_a_seal_whose_answer_was_lost_or_refused_the_record_is_loaded() {
    for answer in [SealAnswer::Unknown, SealAnswer::Refused] {
        let mut run = RunHarness::with_snapshot(&snapshot());
        run.expect_build(Built::Nothing);
        let part = run.expect_seal(answer).part;
        run.expect_read_back(Some(&part));
        run.expect_open(Ok(()));
        run.expect_load(&part);
    }
}

#[test]
fn in_a_backlog_the_oldest_part_is_loaded_and_the_one_just_sealed_when_its_turn_comes() {
    let snapshot =
        with_cursor(&snapshot_with_parts(1), |cursor| cursor.watermark = at("2026-11-20T20:15:30.123Z"));
    let mut run = RunHarness::with_snapshot(&snapshot);
    run.expect_staged();
    let second = run.expect_seal(SealAnswer::Won).part;
    assert_eq!(run.expect_open(Ok(())), PartNumber::FIRST);
    run.expect_load(&sealed(&snapshot.connector, 1));
    run.expect_put(Ok(PutAnswer::Written));
    run.expect_announce();
    assert!(matches!(run.effect(), Effect::Mark(_)), "another part waits");
    run.expect_mark();
    run.expect_load(&second);
}

#[test]
fn the_last_mark_of_a_run_releases_the_lease_as_a_release_would() {
    let (mut run, part) = just_sealed();
    run.expect_open(Ok(()));
    run.expect_put(Ok(PutAnswer::Written));
    run.expect_announce();
    let Effect::MarkLast(mark, release) = run.effect().clone() else { panic!("the last mark") };
    assert_eq!((mark.part, mark.at), (part, run.now));
    assert_eq!((release.seen, release.now), (snapshot().cursor.next_run_at, run.now));
    assert_eq!(release.next_run_at, at("2026-11-20T22:05:00Z"));
    run.expect_mark();
    let summary = run.expect_completed();
    assert_eq!((summary.sealed, summary.delivered, summary.more), (1, 1, false));
}

/// The write that releases the lease clears the block too: only the schedule decides the next run.
#[test]
fn the_last_mark_of_a_run_that_recovers_clears_the_block() {
    let (mut run, part) = {
        let mut blocked = RunHarness::with_snapshot(&snapshot_with_parts(1));
        blocked.expect_open(Err(delivery_error(
            DeliveryStage::AssumeRole,
            DeliveryErrorKind::Denied,
            "AccessDenied",
        )));
        blocked.expect_announce();
        let block = blocked.expect_block();
        let snapshot = with_cursor(&snapshot_with_parts(1), |cursor| {
            cursor.block = Some(protocol::delivery_error::Block { next_attempt: now(), ..block });
        });
        (RunHarness::with_snapshot(&snapshot), sealed(&snapshot.connector, 1))
    };
    run.expect_open(Ok(()));
    run.expect_load(&part);
    run.expect_put(Ok(PutAnswer::Written));
    run.expect_announce();
    run.expect_announce();
    assert!(run.expect_mark().unblock);
    assert_eq!(run.expect_release().next_run_at, at("2026-11-20T22:05:00Z"));
    assert_eq!(run.expect_completed().blocked, None);
}

#[test]
fn a_failed_run_releases_the_lease_in_a_call_of_its_own() {
    let snapshot =
        with_cursor(&snapshot_with_parts(1), |cursor| cursor.watermark = at("2026-11-20T20:15:30.123Z"));
    let mut run = RunHarness::with_snapshot(&snapshot);
    run.expect_build_only(Built::Nothing);
    assert!(matches!(run.effect(), Effect::Sign(_)));
    run.fail();
    run.expect_open(Ok(()));
    run.expect_load(&sealed(&snapshot.connector, 1));
    run.expect_put(Ok(PutAnswer::Written));
    run.expect_announce();
    assert!(matches!(run.effect(), Effect::Mark(_)), "{:?}", run.effect());
    run.expect_mark();
    assert!(matches!(run.effect(), Effect::Release(_)));
    assert_eq!(run.expect_release().next_run_at, now() + Duration::from_secs(60));
    assert_eq!(run.expect_failed(), InternalErrorKind::Port);
}
