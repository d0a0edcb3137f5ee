//! Delivery copies sealed parts, in order, each to a name that only its bytes can have.

use archive::part::PartNumber;
use protocol::connector::State;
use protocol::delivery_error::{DeliveryErrorKind, DeliveryStage};
use protocol::machine::{Effect, InternalErrorKind, PutAnswer, SealAnswer, Snapshot};
use tests::fixtures::{activated, at, connector, tenant, worker};

use super::harness::{RunHarness, delivery_error, now, sealed, snapshot, snapshot_with_parts, with_cursor};

#[test]
fn parts_are_delivered_in_the_order_of_their_numbers() {
    let snapshot = snapshot_with_parts(3);
    let mut run = RunHarness::with_snapshot(&snapshot);
    assert_eq!(run.expect_open(Ok(())), PartNumber::FIRST);
    for number in 1..=3 {
        run.expect_delivery(&sealed(&snapshot.connector, number));
    }
    run.expect_release();
    let summary = run.expect_completed();
    assert_eq!((summary.delivered, summary.existed, summary.retries), (3, 0, 0));
}

#[test]
fn an_object_that_exists_is_ours_and_counts_as_delivered() {
    let snapshot = snapshot_with_parts(1);
    let mut run = RunHarness::with_snapshot(&snapshot);
    run.expect_open(Ok(()));
    run.expect_load(&sealed(&snapshot.connector, 1));
    run.expect_put(Ok(PutAnswer::Exists));
    assert_eq!(run.expect_announce().fact.kind(), "ExportDelivered");
    assert_eq!(run.expect_mark().part.number, PartNumber::FIRST);
    run.expect_release();
    let summary = run.expect_completed();
    assert_eq!((summary.delivered, summary.existed), (1, 1));
}

#[test]
fn a_conflict_is_retried_and_never_taken_for_success() {
    let snapshot = snapshot_with_parts(1);
    let part = sealed(&snapshot.connector, 1);
    let mut run = RunHarness::with_snapshot(&snapshot);
    run.expect_open(Ok(()));
    for _ in 0..3 {
        run.expect_load(&part);
        run.expect_put(Err(delivery_error(
            DeliveryStage::PutObject,
            DeliveryErrorKind::Conflict,
            "ConditionalRequestConflict",
        )));
        run.expect_wait();
    }
    run.expect_load(&part);
    run.expect_put(Ok(PutAnswer::Exists));
    run.expect_announce();
    run.expect_mark();
    run.expect_release();
    assert_eq!(run.expect_completed().retries, 3);
}

#[test]
fn a_lost_answer_is_retried() {
    let snapshot = snapshot_with_parts(1);
    let part = sealed(&snapshot.connector, 1);
    let mut run = RunHarness::with_snapshot(&snapshot);
    run.expect_open(Err(delivery_error(
        DeliveryStage::AssumeRole,
        DeliveryErrorKind::Unavailable,
        "Throttling",
    )));
    run.expect_wait();
    run.expect_open(Ok(()));
    run.expect_load(&part);
    let first = run.expect_put(Err(delivery_error(
        DeliveryStage::PutObject,
        DeliveryErrorKind::Unavailable,
        "NoAnswer",
    )));
    run.expect_wait();
    run.expect_load(&part);
    let second = run.expect_put(Ok(PutAnswer::Exists));
    assert_eq!(first, second, "the same bytes under the same name");
    run.expect_announce();
    run.expect_mark();
    run.expect_release();
    run.expect_completed();
}

/// Both after a quiet start and right after a seal: the seal's retries don't count for the delivery.
#[test]
fn a_transient_error_is_tried_five_times_before_it_blocks() {
    let tries = |run: &mut RunHarness, part: &archive::part::Part| {
        run.expect_open(Ok(()));
        let mut tries = 0;
        while !matches!(run.effect(), Effect::Publish(_)) {
            // The first try right after a seal has the record.
            if matches!(run.effect(), Effect::Load(_)) {
                run.expect_load(part);
            }
            run.expect_put(Err(delivery_error(
                DeliveryStage::PutObject,
                DeliveryErrorKind::Unavailable,
                "SlowDown",
            )));
            tries += 1;
            if matches!(run.effect(), Effect::Wait(_)) {
                run.expect_wait();
            }
        }
        tries
    };
    let waiting = snapshot_with_parts(1);
    assert_eq!(tries(&mut RunHarness::with_snapshot(&waiting), &sealed(&waiting.connector, 1)), 5);

    let mut run = RunHarness::with_snapshot(&snapshot());
    run.expect_staged();
    for _ in 0..4 {
        run.expect_seal(SealAnswer::Unknown);
        run.expect_read_back(None);
        run.expect_wait();
    }
    let part = run.expect_seal(SealAnswer::Won).part;
    assert_eq!(tries(&mut run, &part), 5, "after a seal that took five tries");
}

#[test]
fn expired_credentials_are_replaced_at_once() {
    let snapshot = snapshot_with_parts(1);
    let part = sealed(&snapshot.connector, 1);
    let mut run = RunHarness::with_snapshot(&snapshot);
    run.expect_open(Ok(()));
    run.expect_load(&part);
    run.expect_put(Err(delivery_error(DeliveryStage::PutObject, DeliveryErrorKind::Expired, "ExpiredToken")));
    run.expect_open(Ok(()));
    run.expect_delivery(&part);
    run.expect_release();
    run.expect_completed();
}

#[test]
fn credentials_that_are_refused_as_expired_five_times_over_block() {
    let snapshot = snapshot_with_parts(1);
    let mut run = RunHarness::with_snapshot(&snapshot);
    for _ in 0..5 {
        run.expect_open(Ok(()));
        run.expect_load(&sealed(&snapshot.connector, 1));
        run.expect_put(Err(delivery_error(
            DeliveryStage::PutObject,
            DeliveryErrorKind::Expired,
            "ExpiredToken",
        )));
    }
    run.expect_announce();
    assert_eq!(run.expect_block().code, "ExpiredToken");
}

#[test]
fn a_part_that_another_worker_has_delivered_is_not_written_again() {
    let snapshot = snapshot_with_parts(1);
    let mut part = sealed(&snapshot.connector, 1);
    part.delivered_at = Some(at("2026-11-20T21:05:00Z"));
    let mut run = RunHarness::with_snapshot(&snapshot);
    run.expect_open(Ok(()));
    run.expect_load(&part);
    assert_eq!(run.expect_mark().part, part, "only the cursor is repaired");
    run.expect_release();
    run.expect_completed();
}

#[test]
fn a_silent_bus_keeps_no_file_from_the_customer() {
    let snapshot = snapshot_with_parts(2);
    let mut run = RunHarness::with_snapshot(&snapshot);
    run.expect_open(Ok(()));
    for number in 1..=2 {
        run.expect_load(&sealed(&snapshot.connector, number));
        run.expect_put(Ok(PutAnswer::Written));
        assert!(matches!(run.effect(), Effect::Publish(_)));
        run.fail();
        run.expect_mark();
    }
    run.expect_release();
    let summary = run.expect_completed();
    assert_eq!((summary.delivered, summary.unpublished_notices), (2, 2));
}

#[test]
fn a_heartbeat_is_announced_as_one() {
    let mut run = RunHarness::with_snapshot(&snapshot());
    run.expect_build(protocol::machine::Built::Nothing);
    run.expect_seal(SealAnswer::Won);
    run.expect_open(Ok(()));
    run.expect_put(Ok(PutAnswer::Written));
    assert_eq!(run.expect_announce().fact.kind(), "ExportHeartbeat");
}

#[test]
fn a_paused_connector_seals_and_delivers_nothing() {
    let mut snapshot = snapshot();
    snapshot.connector.state = State::Paused;
    let mut run = RunHarness::with_snapshot(&snapshot);
    run.expect_staged();
    run.expect_seal(SealAnswer::Won);
    assert_eq!(run.expect_release().next_run_at, at("2026-11-20T22:05:00Z"));
    let summary = run.expect_completed();
    assert_eq!((summary.sealed, summary.delivered, summary.more), (1, 0, false));
}

#[test]
fn a_failed_mark_leaves_the_part_to_the_next_run() {
    let snapshot = snapshot_with_parts(1);
    let mut run = RunHarness::with_snapshot(&snapshot);
    run.expect_open(Ok(()));
    run.expect_load(&sealed(&snapshot.connector, 1));
    run.expect_put(Ok(PutAnswer::Written));
    run.expect_announce();
    assert!(matches!(run.effect(), Effect::MarkLast(..)));
    run.fail();
    assert_eq!(run.summary().delivered, 0, "the next run counts it");
    assert_eq!(run.expect_release().next_run_at, now() + std::time::Duration::from_secs(60));
    assert_eq!(run.expect_failed(), InternalErrorKind::Port);
}

#[test]
fn a_sealed_part_without_a_record_is_reported_as_a_bug() {
    let mut run = RunHarness::with_snapshot(&snapshot_with_parts(1));
    run.expect_open(Ok(()));
    assert!(matches!(run.effect(), Effect::Load(_)));
    run.answer(protocol::machine::Answer::Part(None));
    run.expect_release();
    assert_eq!(run.expect_failed(), InternalErrorKind::InvariantViolated);
}

#[test]
fn sealing_and_delivering_take_turns_in_a_backlog() {
    let mut snapshot = snapshot_with_parts(2);
    snapshot.cursor.watermark = at("2026-11-20T18:00:00Z");
    snapshot.cursor.since = at("2026-11-20T12:00:00Z");
    let mut run = RunHarness::with_snapshot(&snapshot);
    run.expect_staged();
    run.expect_seal(SealAnswer::Won);
    run.expect_delivery(&sealed(&snapshot.connector, 1));
    run.expect_staged();
    run.expect_seal(SealAnswer::Won);
    run.expect_delivery(&sealed(&snapshot.connector, 2));
    assert!(matches!(run.effect(), Effect::Build(..)));
}

/// The settings may have changed since the bucket was opened: a session of the previous role is no longer
/// valid.
#[test]
fn a_bucket_is_opened_again_after_each_snapshot() {
    let draft = connector(&tenant("acme"), at("2026-11-20T19:00:00Z"));
    let (connector, cursor) = activated(draft, at("2026-11-20T19:15:00Z"));
    let snapshot = Snapshot { connector, cursor, server_time: None };
    let mut run = RunHarness::with_snapshot(&snapshot);
    run.expect_staged();
    let first = run.expect_seal(SealAnswer::Won).part;
    run.expect_delivery(&first);
    run.expect_staged();
    let mut theirs = run.expect_seal(SealAnswer::Refused).part;
    theirs.sealed_by = worker();
    run.expect_read_back(Some(&theirs));
    run.expect_snapshot(Some(with_cursor(&snapshot, |cursor| {
        cursor.watermark = theirs.window.to;
        (cursor.next, cursor.delivered) = (PartNumber::new(3), PartNumber::FIRST);
    })));
    assert_eq!(run.expect_open(Ok(())), theirs.number);
}
