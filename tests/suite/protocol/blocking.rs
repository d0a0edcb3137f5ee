//! A destination that refuses is published once, retried with growing pauses, and never stops the sealing.

use std::time::Duration;

use archive::part::PartNumber;
use protocol::connector::State;
use protocol::delivery_error::{DeliveryErrorKind, DeliveryStage};
use protocol::loss_forecast::LossForecast;
use protocol::machine::{Effect, InternalErrorKind, LeaseAnswer, PutAnswer, SealAnswer, Snapshot};
use protocol::notice::{Blocked, Fact};
use tests::fixtures::at;

use super::harness::{RunHarness, delivery_error, sealed, snapshot, snapshot_with_parts, with_cursor};

/// The customer's errors: the stage, the kind of the platform's answer, its code.
const BROKEN: [(DeliveryStage, DeliveryErrorKind, &str); 5] = [
    (DeliveryStage::AssumeRole, DeliveryErrorKind::Denied, "AccessDenied"),
    (DeliveryStage::PutObject, DeliveryErrorKind::Denied, "AccessDenied"),
    (DeliveryStage::PutObject, DeliveryErrorKind::KeyDenied, "KMS.DisabledException"),
    (DeliveryStage::PutObject, DeliveryErrorKind::Gone, "NoSuchBucket"),
    (DeliveryStage::PutObject, DeliveryErrorKind::Moved, "PermanentRedirect"),
];

/// Opens the bucket, and puts if the error is one of putting.
fn fail_at(
    run: &mut RunHarness,
    snapshot: &Snapshot,
    number: u64,
    (stage, kind, code): (DeliveryStage, DeliveryErrorKind, &str),
) {
    let error = delivery_error(stage, kind, code);
    if stage == DeliveryStage::AssumeRole {
        run.expect_open(Err(error));
        return;
    }
    run.expect_open(Ok(()));
    run.expect_load(&sealed(&snapshot.connector, number));
    run.expect_put(Err(error));
}

#[test]
fn a_delivery_error_blocks_with_cause_and_remedy_and_does_not_fail_the_run() {
    for broken in BROKEN {
        let snapshot = snapshot_with_parts(1);
        let mut run = RunHarness::with_snapshot(&snapshot);
        fail_at(&mut run, &snapshot, 1, broken);
        let notice = run.expect_announce();
        assert_eq!(notice.fact.kind(), "ExportBlocked");
        let block = run.expect_block();
        assert_eq!((block.stage, block.kind, block.attempts), (broken.0, broken.1, 1));
        assert!(!block.cause.is_empty() && !block.remedy.is_empty());
        assert!(block.next_attempt > run.now, "it never spins");
        assert!(block.next_attempt <= run.now + Duration::from_secs(60));
        assert_eq!(run.expect_release().next_run_at, block.next_attempt);
        let summary = run.expect_completed();
        assert_eq!((summary.delivered, summary.blocked), (0, Some(block)));
    }
}

#[test]
fn sealing_goes_on_while_the_destination_is_blocked() {
    for broken in BROKEN {
        let snapshot = snapshot_with_parts(1);
        let mut run = RunHarness::start(at("2026-11-20T22:05:00Z"));
        run.expect_lease(LeaseAnswer::Granted);
        run.expect_snapshot(Some(snapshot.clone()));
        run.expect_staged();
        run.expect_seal(SealAnswer::Won);
        fail_at(&mut run, &snapshot, 1, broken);
        run.expect_announce();
        run.expect_block();
        run.expect_release();
        let summary = run.expect_completed();
        assert_eq!((summary.sealed, summary.delivered), (1, 0));
    }
    // The same in a backlog: window after window, without another request to the customer.
    let mut snapshot = snapshot_with_parts(1);
    snapshot.cursor.watermark = at("2026-11-20T18:00:00Z");
    let mut run = RunHarness::with_snapshot(&snapshot);
    run.expect_staged();
    run.expect_seal(SealAnswer::Won);
    fail_at(&mut run, &snapshot, 1, BROKEN[3]);
    run.expect_announce();
    run.expect_block();
    for _ in 19..21 {
        run.expect_staged();
        run.expect_seal(SealAnswer::Won);
    }
    run.expect_release();
    assert_eq!(run.expect_completed().sealed, 3);
}

/// Blocks the connector and returns the snapshot of the next run.
fn blocked(snapshot: &Snapshot, broken: (DeliveryStage, DeliveryErrorKind, &str)) -> Snapshot {
    let mut run = RunHarness::with_snapshot(snapshot);
    fail_at(&mut run, snapshot, 1, broken);
    run.expect_announce();
    let block = run.expect_block();
    with_cursor(snapshot, |cursor| cursor.block = Some(block))
}

#[test]
fn the_same_block_is_published_once_and_another_one_again() {
    let snapshot = blocked(&snapshot_with_parts(1), BROKEN[3]);
    let before = snapshot.cursor.block.clone().unwrap();
    let mut run = RunHarness::start(before.next_attempt);
    run.expect_lease(LeaseAnswer::Granted);
    run.expect_snapshot(Some(snapshot.clone()));
    fail_at(&mut run, &snapshot, 1, BROKEN[3]);
    let again = run.expect_block();
    assert_eq!((again.attempts, again.since), (2, before.since), "recorded, and not announced");

    let snapshot = with_cursor(&snapshot, |cursor| cursor.block = Some(again.clone()));
    let mut run = RunHarness::start(again.next_attempt);
    run.expect_lease(LeaseAnswer::Granted);
    run.expect_snapshot(Some(snapshot.clone()));
    fail_at(&mut run, &snapshot, 1, BROKEN[1]);
    assert_eq!(run.expect_announce().fact.kind(), "ExportBlocked", "the owner must do something else now");
    assert_eq!(run.expect_block().since, before.since);
}

#[test]
fn a_blocked_destination_is_left_alone_until_its_time() {
    let snapshot = blocked(&snapshot_with_parts(1), BROKEN[0]);
    let block = snapshot.cursor.block.clone().unwrap();
    let mut run = RunHarness::start(block.next_attempt - Duration::from_millis(1));
    run.expect_lease(LeaseAnswer::Granted);
    run.expect_snapshot(Some(snapshot));
    assert_eq!(run.expect_release().next_run_at, block.next_attempt);
    assert_eq!(run.expect_completed().blocked, Some(block));
}

/// A long pause between two retries delays no window's seal, and nothing runs for a retry of nothing.
#[test]
fn the_next_run_is_for_whichever_comes_first_the_window_or_the_retry() {
    let next_run = |state, delivered, next_attempt: &str| {
        let mut snapshot = blocked(&snapshot_with_parts(1), BROKEN[3]);
        (snapshot.connector.state, snapshot.cursor.delivered) = (state, PartNumber::new(delivered));
        snapshot.cursor.block.as_mut().unwrap().next_attempt = at(next_attempt);
        RunHarness::with_snapshot(&snapshot).expect_release().next_run_at
    };
    let (window, before, after) =
        (at("2026-11-20T22:05:00Z"), "2026-11-20T21:30:00Z", "2026-11-20T22:30:00Z");
    assert_eq!(next_run(State::Active, 0, before), at(before));
    assert_eq!(next_run(State::Active, 0, after), window);
    assert_eq!(next_run(State::Active, 1, before), window, "all is delivered");
    assert_eq!(next_run(State::Paused, 0, before), window, "delivery waits until it is resumed");
}

#[test]
fn pauses_grow_to_an_hour_and_no_further() {
    let mut snapshot = snapshot_with_parts(1);
    let mut longest = Duration::ZERO;
    for attempt in 1..=40 {
        snapshot = blocked(&snapshot, BROKEN[2]).clone();
        let block = snapshot.cursor.block.as_mut().unwrap();
        assert_eq!(block.attempts, attempt);
        let pause = block.next_attempt.since(super::harness::now());
        assert!(pause >= Duration::from_secs(1) && pause <= Duration::from_secs(3600));
        longest = longest.max(pause);
        // The next run is in time, and the error is a new one to the owner, so it is announced again.
        block.next_attempt = super::harness::now();
        block.code = String::new();
    }
    assert!(longest > Duration::ZERO);
}

#[test]
fn recovery_is_published_before_the_part_and_the_mark_clears_the_block() {
    let snapshot = blocked(&snapshot_with_parts(2), BROKEN[3]);
    let block = snapshot.cursor.block.clone().unwrap();
    let mut run = RunHarness::start(block.next_attempt);
    run.expect_lease(LeaseAnswer::Granted);
    run.expect_snapshot(Some(snapshot.clone()));
    run.expect_open(Ok(()));
    run.expect_load(&sealed(&snapshot.connector, 1));
    run.expect_put(Ok(PutAnswer::Written));
    assert_eq!(run.expect_announce().fact.kind(), "ExportRecovered");
    assert_eq!(run.expect_announce().fact.kind(), "ExportDelivered");
    assert!(run.expect_mark().unblock);
    // The second part recovers from nothing.
    run.expect_load(&sealed(&snapshot.connector, 2));
    run.expect_put(Ok(PutAnswer::Written));
    assert_eq!(run.expect_announce().fact.kind(), "ExportDelivered");
    assert!(!run.expect_mark().unblock);
    run.expect_release();
    assert_eq!(run.expect_completed().blocked, None);
}

#[test]
fn a_silent_bus_keeps_no_block_and_no_recovery_from_the_ledger() {
    let waiting = snapshot_with_parts(1);
    let mut run = RunHarness::with_snapshot(&waiting);
    fail_at(&mut run, &waiting, 1, BROKEN[3]);
    assert!(matches!(run.effect(), Effect::Publish(_)));
    run.fail();
    let block = run.expect_block();
    run.expect_release();
    assert_eq!(run.expect_completed().unpublished_notices, 1);

    let snapshot = with_cursor(&waiting, |cursor| cursor.block = Some(block.clone()));
    let mut run = RunHarness::start(block.next_attempt);
    run.expect_lease(LeaseAnswer::Granted);
    run.expect_snapshot(Some(snapshot.clone()));
    run.expect_open(Ok(()));
    run.expect_load(&sealed(&snapshot.connector, 1));
    run.expect_put(Ok(PutAnswer::Written));
    run.fail();
    assert_eq!(run.expect_announce().fact.kind(), "ExportDelivered");
    assert!(run.expect_mark().unblock);
    run.expect_release();
    assert_eq!(run.expect_completed().unpublished_notices, 1);
}

#[test]
fn a_rejected_request_blocks_and_fails_the_run() {
    let snapshot = snapshot_with_parts(1);
    let mut run = RunHarness::with_snapshot(&snapshot);
    fail_at(&mut run, &snapshot, 1, (DeliveryStage::PutObject, DeliveryErrorKind::Rejected, "BadDigest"));
    run.expect_announce();
    let block = run.expect_block();
    assert_eq!(block.kind, DeliveryErrorKind::Rejected);
    run.expect_release();
    assert_eq!(run.expect_failed(), InternalErrorKind::Rejected);
}

#[test]
fn a_block_that_cannot_be_recorded_fails_the_run() {
    let snapshot = snapshot_with_parts(1);
    let mut run = RunHarness::with_snapshot(&snapshot);
    fail_at(&mut run, &snapshot, 1, BROKEN[0]);
    run.expect_announce();
    assert!(matches!(run.effect(), Effect::Block(_)));
    run.fail();
    run.expect_release();
    assert_eq!(run.expect_failed(), InternalErrorKind::Port);
}

#[test]
fn a_block_names_the_part_that_waits() {
    let mut snapshot = snapshot();
    snapshot.cursor.next = PartNumber::new(7);
    snapshot.cursor.delivered = PartNumber::new(4);
    snapshot.cursor.watermark = at("2026-11-20T21:00:00Z");
    let mut run = RunHarness::with_snapshot(&snapshot);
    fail_at(&mut run, &snapshot, 5, BROKEN[1]);
    let Fact::Blocked(Blocked { backlog, loss, .. }) = run.expect_announce().fact else { panic!("no block") };
    assert_eq!((backlog.waiting_from, backlog.waiting_parts), (Some(PartNumber::new(5)), 2));
    assert_eq!((backlog.sealed_to, loss), (snapshot.cursor.watermark, LossForecast::Sealed.into()));
}
