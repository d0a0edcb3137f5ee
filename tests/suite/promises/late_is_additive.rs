//! Late is additive: the daily reconcile finds what comes later than the look-back, and it is in exactly one
//! later part; delivered parts never change.

use std::time::Duration;

use archive::part::PartKind;
use archive::sort_key::SortKeyForm;
use tests::fault_injection::{FaultPlan, InjectedFault};
use tests::fixtures::at;
use tests::functions::Fakes;

use super::world::World;

super::on_both_backends! {
    what_comes_hours_late_is_one_late_part_and_changes_no_other
    a_crash_after_any_call_of_a_reconcile_adds_nothing_twice
    what_no_window_can_reach_is_exported_once_as_unreadable
    an_event_of_the_future_waits_for_its_window
}

async fn what_comes_hours_late_is_one_late_part_and_changes_no_other(world: World) {
    let start = at("2023-07-10T11:40:00Z");
    let connector = world.activate(start, |_| {}).await;
    for (hour, id) in [(12, "a"), (13, "b"), (14, "c")] {
        world.write(&connector, at(&format!("2023-07-10T{hour}:10:00Z")), id).await;
        let late = at(&format!("2023-07-10T{hour}:20:00Z"));
        world.write_visible(&connector, late, &format!("late-{id}"), at("2023-07-10T20:00:00Z")).await;
    }
    world.run_until(&connector, at("2023-07-11T11:30:00Z")).await;
    let before = world.backend().objects(&connector);
    world.run_until(&connector, at("2023-07-14T12:06:00Z")).await;
    let verdict = world.verdict(&connector);
    verdict.assert_clean();
    assert_eq!(verdict.delivered, 6);
    let after = world.backend().objects(&connector);
    assert!(before.iter().all(|object| after.contains(object)), "a delivered object has changed");
    let late: Vec<_> =
        world.backend().parts(&connector).await.into_iter().filter(|p| p.kind == PartKind::Late).collect();
    assert_eq!(late.len(), 1, "one part, found once in four daily passes");
    assert_eq!((late[0].late, late[0].window.from), (3, late[0].window.to));
}

/// A day of the reconcile in two late parts, and the out-of-order keys.
async fn a_crash_after_any_call_of_a_reconcile_adds_nothing_twice(world: World) {
    let world = world.with_parts_of(2);
    for nth in (1..).step_by(world.stride) {
        let connector =
            world.activate(at("2023-07-10T11:40:00Z"), |c| c.frequency = 6.try_into().unwrap()).await;
        for minute in 0..4 {
            let time = at("2023-07-10T12:10:00Z") + Duration::from_secs(60 * minute);
            world.write_visible(&connector, time, &minute.to_string(), at("2023-07-10T20:00:00Z")).await;
        }
        world.store_unexpected(&connector, "PROFILE").await;
        world.run_until(&connector, at("2023-07-11T06:06:00Z")).await;
        world.advance_to(at("2023-07-11T12:05:00Z")).await;
        let plan = FaultPlan::none().inject_at_call(nth, InjectedFault::Crash);
        world.run_with(&connector, &plan).await;
        let calls = plan.calls();
        world.run_until(&connector, at("2023-07-13T13:06:00Z")).await;
        let verdict = world.verdict(&connector);
        let flaws = (verdict.missing.len(), verdict.duplicates.len(), verdict.foreign.len());
        assert_eq!(
            (verdict.delivered, verdict.unreadable, flaws),
            (4, 1, (0, 0, 0)),
            "crash at call {nth}: {calls:?}"
        );
        if calls.len() < nth {
            assert!(nth > 30, "a reconcile makes more than {nth} calls: {calls:?}");
            return;
        }
    }
}

async fn what_no_window_can_reach_is_exported_once_as_unreadable(world: World) {
    let connector = world.activate(at("2023-07-10T11:40:00Z"), |_| {}).await;
    for key in ["PROFILE", "!settings", "42#order"] {
        world.store_unexpected(&connector, key).await;
    }
    world.store_unexpected(&connector, "2023-07-10T12:30:00 without a zone").await;
    world.write(&connector, at("2023-07-10T12:10:00Z"), "a").await;
    world.run_until(&connector, at("2023-07-10T13:06:00Z")).await;
    assert_eq!(world.verdict(&connector).unreadable, 1, "the window's own");
    world.run_until(&connector, at("2023-07-14T12:06:00Z")).await;
    let verdict = world.verdict(&connector);
    verdict.assert_clean();
    assert_eq!((verdict.delivered, verdict.unreadable), (1, 4));
}

/// The settings name another form than the keys have. Every item must be exported as unreadable, or the
/// customer would get heartbeats of an empty table forever.
#[tokio::test]
async fn a_table_whose_keys_have_another_form_is_never_called_quiet() {
    for form in
        SortKeyForm::NAMES.map(|(_, form)| form).into_iter().filter(|form| *form != SortKeyForm::Rfc3339)
    {
        let fakes = Fakes::with_keys(form);
        let world = World::on(&fakes);
        let connector = world.activate(at("2023-07-10T11:40:00Z"), |_| {}).await;
        for minute in 10..15 {
            world.store_unexpected(&connector, &format!("2023-07-10T12:{minute}:00Z#evt")).await;
        }
        world.run_until(&connector, at("2023-07-12T12:06:00Z")).await;
        assert_eq!(world.verdict(&connector).unreadable, 5, "{form:?}");
    }
}

/// Its runs come once a day, and not always at the same second: the dispatcher's tick is up to five minutes
/// off.
#[tokio::test]
async fn a_daily_connector_is_reconciled_every_day() {
    let world = super::on_fakes();
    let connector =
        world.activate(at("2023-07-10T11:40:00Z"), |c| c.frequency = 24.try_into().unwrap()).await;
    let late = at("2023-07-11T08:00:00Z");
    world.write_visible(&connector, late, "four hours late", at("2023-07-11T12:10:00Z")).await;
    for (day, minute) in [(10, 5), (11, 9), (12, 5), (13, 9), (14, 5)] {
        world.advance_to(at(&format!("2023-07-{day}T12:{minute:02}:00Z"))).await;
        world.run(&connector).await;
    }
    world.verdict(&connector).assert_clean();
}

async fn an_event_of_the_future_waits_for_its_window(world: World) {
    let connector = world.activate(at("2023-07-10T11:40:00Z"), |_| {}).await;
    world.write(&connector, at("2023-07-10T16:30:00Z"), "ahead").await;
    world.run_until(&connector, at("2023-07-10T16:06:00Z")).await;
    assert_eq!(world.cursor(&connector).await.watermark, at("2023-07-10T16:00:00Z"));
    assert_eq!((world.verdict(&connector).delivered, world.verdict(&connector).missing.len()), (0, 1));
    world.run_until(&connector, at("2023-07-10T17:06:00Z")).await;
    world.verdict(&connector).assert_clean();
}
