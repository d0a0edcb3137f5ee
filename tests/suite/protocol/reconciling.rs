//! The daily search for events later than the look-back.

use std::time::Duration;

use archive::part::{PartKind, PartNumber, Window};
use archive::time::Time;
use protocol::cursor::Cursor;
use protocol::machine::{Answer, Built, Effect, Exclude, LeaseAnswer, SealAnswer, Snapshot, Span};
use tests::fixtures::at;

use super::harness::{RunHarness, draft, snapshot_with_parts, with_cursor};

const DAY: Duration = Duration::from_secs(86_400);

/// A connector that has run for three days, is caught up and owes a reconcile.
fn reconcile_due() -> (Snapshot, Time) {
    let snapshot = with_cursor(&snapshot_with_parts(0), |cursor: &mut Cursor| {
        (cursor.next, cursor.delivered) = (PartNumber::new(72), PartNumber::new(71));
        cursor.watermark = at("2026-11-23T21:00:00Z");
    });
    (snapshot, at("2026-11-23T21:05:30Z"))
}

fn run(snapshot: &Snapshot, now: Time) -> RunHarness {
    let mut run = RunHarness::start(now);
    run.expect_lease(LeaseAnswer::Granted);
    run.expect_snapshot(Some(snapshot.clone()));
    run
}

/// Answers the progress of a slice in which nothing was found.
fn expect_progress(run: &mut RunHarness) {
    let effect = run.effect();
    assert!(matches!(effect, Effect::RecordReconcile(_)), "{effect:?}");
    run.answer(Answer::Done);
}

#[test]
fn two_days_are_read_again_a_day_at_a_time_and_the_out_of_order_keys_last() {
    let (snapshot, now) = reconcile_due();
    let mut run = run(&snapshot, now);
    let watermark = snapshot.cursor.watermark;
    let first = run.expect_build(Built::Nothing);
    assert_eq!(first.span, Span::Window(Window { from: watermark - DAY * 2, to: watermark - DAY }));
    assert_eq!(first.exclude, Exclude { reaching: Some(watermark - DAY * 2), out_of_order_in: None });
    expect_progress(&mut run);
    let second = run.expect_build(Built::Nothing);
    assert_eq!(second.span, Span::Window(Window { from: watermark - DAY, to: watermark }));
    expect_progress(&mut run);
    assert!(matches!(run.expect_build(Built::Nothing).span, Span::OutOfOrderKeys { .. }));
    expect_progress(&mut run);
    run.expect_release();
    assert_eq!(run.expect_completed().sealed, 0, "a pass that finds nothing writes no heartbeat");
}

#[test]
fn what_a_slice_finds_is_a_late_part_that_moves_no_watermark() {
    let (snapshot, now) = reconcile_due();
    let mut run = run(&snapshot, now);
    let mut draft = draft();
    draft.late = draft.events;
    let request = run.expect_build(Built::Staged(draft));
    let seal = run.expect_seal(SealAnswer::Won);
    let watermark = snapshot.cursor.watermark;
    assert_eq!((seal.watermark_before, seal.watermark_after), (watermark, watermark));
    assert_eq!(seal.part.window, Window { from: watermark, to: watermark });
    assert_eq!((seal.part.kind, seal.part.number), (PartKind::Late, PartNumber::new(72)));
    let Span::Window(slice) = request.span else { panic!("a slice is a window") };
    assert_eq!(seal.reconcile.unwrap().resume_at, Some(slice.to), "the pass continues after it");
    run.expect_delivery(&seal.part);
    assert!(matches!(run.effect(), Effect::Build(..)));
}

#[test]
fn a_slice_that_was_cut_continues_at_the_cut() {
    let (snapshot, now) = reconcile_due();
    let mut run = run(&snapshot, now);
    let mut draft = draft();
    let cut = snapshot.cursor.watermark - DAY - Duration::from_secs(3600);
    (draft.late, draft.cut) = (draft.events, Some(cut));
    run.expect_build(Built::Staged(draft));
    let seal = run.expect_seal(SealAnswer::Won);
    assert_eq!(seal.reconcile.unwrap().resume_at, Some(cut));
    run.expect_delivery(&seal.part);
    let Span::Window(next) = run.expect_build(Built::Nothing).span else { panic!("a slice is a window") };
    assert_eq!(next.from, cut);
}

#[test]
fn a_lost_answer_to_a_late_part_makes_no_second_one() {
    let (snapshot, now) = reconcile_due();
    let mut run = run(&snapshot, now);
    let mut draft = draft();
    draft.late = draft.events;
    run.expect_build(Built::Staged(draft));
    let seal = run.expect_seal(SealAnswer::Unknown);
    run.expect_read_back(Some(&seal.part));
    run.expect_delivery(&seal.part);
    let Span::Window(next) = run.expect_build(Built::Nothing).span else { panic!("a slice is a window") };
    assert_eq!(Some(next.from), seal.reconcile.unwrap().resume_at);
}

#[test]
fn out_of_order_keys_are_exported_once_and_known_by_the_parts_that_contain_them() {
    let (snapshot, now) = reconcile_due();
    let snapshot = with_cursor(&snapshot, |cursor| {
        cursor.reconcile.resume_at = Some(cursor.watermark);
        cursor.reconcile.out_of_order_in = Some(PartNumber::new(3));
    });
    let mut run = run(&snapshot, now);
    let request = run.expect_build(Built::Staged(draft()));
    let Span::OutOfOrderKeys { since, until } = request.span else { panic!("out-of-order keys come last") };
    assert!(since == snapshot.cursor.since && until > request.watermark);
    assert_eq!(request.exclude, Exclude { reaching: None, out_of_order_in: Some(PartNumber::new(3)) });
    let after = run.expect_seal(SealAnswer::Won).reconcile.unwrap();
    assert_eq!(after.out_of_order_in, Some(PartNumber::new(72)), "its list contains those of part 3 too");
    assert_eq!((after.resume_at, after.passes), (None, 1), "the pass is complete");
}

/// Those already sealed are not sealed again with the rest.
#[test]
fn out_of_order_keys_of_a_cut_part_are_known_before_the_pass_is_complete() {
    let (snapshot, now) = reconcile_due();
    let snapshot = with_cursor(&snapshot, |cursor| cursor.reconcile.resume_at = Some(cursor.watermark));
    let mut run = run(&snapshot, now);
    let mut cut = draft();
    cut.cut = Some(at("2026-11-25T00:00:00Z"));
    run.expect_build(Built::Staged(cut));
    let seal = run.expect_seal(SealAnswer::Won);
    let after = seal.reconcile.unwrap();
    assert_eq!((after.out_of_order_in, after.passes), (Some(PartNumber::new(72)), 0));
    run.expect_delivery(&seal.part);
    let rest = run.expect_build(Built::Nothing);
    assert!(matches!(rest.span, Span::OutOfOrderKeys { .. }));
    assert_eq!(rest.exclude.out_of_order_in, Some(PartNumber::new(72)));
}

#[test]
fn a_pass_that_ran_out_of_time_continues_where_it_stopped() {
    let (snapshot, now) = reconcile_due();
    let mut first = run(&snapshot, now);
    first.expect_build(Built::Nothing);
    let Effect::RecordReconcile(recorded) = first.effect().clone() else { panic!("recorded progress") };
    let after = recorded.after;
    expect_progress(&mut first);
    first.now = now + Duration::from_secs(600);
    let through = after.resume_at.unwrap() + Duration::from_hours(1);
    first.expect_build(Built::OutOfTime { through });
    let Effect::RecordReconcile(recorded) = first.effect().clone() else { panic!("recorded progress") };
    let after = recorded.after;
    assert_eq!(after.resume_at, Some(through));
    expect_progress(&mut first);
    first.expect_release();
    first.expect_completed();
    let snapshot = with_cursor(&snapshot, |cursor| cursor.reconcile = after.clone());
    let Span::Window(next) = run(&snapshot, now).expect_build(Built::Nothing).span else {
        panic!("a slice is a window")
    };
    assert_eq!(Some(next.from), after.resume_at);
}

/// A slice contained another tenant's item; the snapshot of the next run.
fn interrupted_reconcile() -> (Snapshot, Time) {
    let (snapshot, now) = reconcile_due();
    let mut run = run(&snapshot, now);
    run.expect_build(Built::TenantMismatch {
        detail: "`globex` was returned where `acme` was requested".into(),
    });
    run.expect_announce();
    let block = run.expect_block();
    run.expect_release();
    let next = block.next_attempt;
    (with_cursor(&snapshot, |cursor| cursor.block = Some(block)), next)
}

/// The item is gone by the next try. No window is due, so no seal can clear the block: the recorded progress
/// does, and the owner is notified before it.
#[test]
fn a_slice_that_can_be_read_again_lifts_the_block_and_leaves_no_run_that_is_due_for_ever() {
    let (snapshot, now) = interrupted_reconcile();
    let mut second = run(&snapshot, now);
    second.expect_build(Built::Nothing);
    assert_eq!(second.expect_announce().fact.kind(), "ExportRecovered");
    let Effect::RecordReconcile(recorded) = second.effect().clone() else { panic!("recorded progress") };
    assert!(recorded.unblock);
    expect_progress(&mut second);
    while matches!(second.effect(), Effect::Build(..)) {
        second.expect_build(Built::Nothing);
        let Effect::RecordReconcile(recorded) = second.effect() else {
            panic!("published once: {:?}", second.effect())
        };
        assert!(!recorded.unblock);
        expect_progress(&mut second);
    }
    let next = second.expect_release().next_run_at;
    assert!(next > second.now, "due at {next}, and it is {} already", second.now);
    assert_eq!(second.expect_completed().blocked, None);
}

/// A partial read says nothing about the rest.
#[test]
fn a_slice_that_was_read_in_part_lifts_no_block() {
    let (snapshot, now) = interrupted_reconcile();
    let mut out_of_time = run(&snapshot, now);
    out_of_time.expect_build(Built::OutOfTime { through: snapshot.cursor.watermark - DAY - DAY / 2 });
    let Effect::RecordReconcile(recorded) = out_of_time.effect() else {
        panic!("the progress, and no notice")
    };
    assert!(!recorded.unblock);
    let mut full = run(&snapshot, now);
    let mut part = draft();
    part.cut = Some(snapshot.cursor.watermark - DAY - DAY / 2);
    full.expect_build(Built::Staged(part));
    let seal = full.expect_seal(SealAnswer::Won);
    assert!(!seal.unblock);
    full.expect_delivery(&seal.part);
    full.expect_build(Built::Nothing);
    assert_eq!(full.expect_announce().fact.kind(), "ExportRecovered");
}

/// A silent bus leaves no connector blocked.
#[test]
fn a_block_of_reading_is_lifted_even_if_the_bus_does_not_take_it() {
    let (snapshot, now) = interrupted_reconcile();
    let mut run = run(&snapshot, now);
    run.expect_build(Built::Nothing);
    assert!(matches!(run.effect(), Effect::Publish(_)));
    run.fail();
    let Effect::RecordReconcile(recorded) = run.effect().clone() else { panic!("recorded progress") };
    assert!(recorded.unblock);
    expect_progress(&mut run);
    assert_eq!(run.summary().unpublished_notices, 1);
}
