//! Findings of a hostile review of the protocol: promises that did not hold, or that no other test stated.

use std::sync::Arc;
use std::time::Duration;

use archive::sort_key::SortKeyForm;
use archive::time::Time;
use exporter::export;
use ports::Clock as _;
use ports::PageReader;
use protocol::connector::Connector;
use protocol::machine::Outcome;
use tests::delegate_port;
use tests::fakes::{FakeClock, FakeSource};
use tests::fault_injection::FaultPlan;
use tests::fixtures::at;

use crate::promises::{Fakes, World};

/// A table with ten seconds a page: a run of 15 minutes, which stops reading at two thirds, reads 60.
struct SlowSource {
    source: FakeSource,
    clock: FakeClock,
}

struct SlowPages {
    pages: Box<dyn PageReader>,
    clock: FakeClock,
}

delegate_port!(Source, SlowSource, |it| it.source, |_name, call| match method {
    open => Ok(Box::new(SlowPages { pages: call.await?, clock: it.clock.clone() })),
    _ => call.await,
});

delegate_port!(PageReader, SlowPages, |it| it.pages, |_name, call| match method {
    _ => {
        it.clock.advance(Duration::from_secs(10));
        call.await
    }
});

/// One run of 15 minutes, starting now, on that table.
async fn slow_run(world: &World, fakes: &Fakes, connector: &Connector) -> Outcome {
    let mut exporter = world.exporter(&FaultPlan::none());
    exporter.ports.source = Arc::new(SlowSource { source: fakes.source.clone(), clock: world.clock.clone() });
    export(&exporter, &connector.id, world.clock.now() + Duration::from_mins(15)).await
}

/// Reading stops at two thirds of a run's time. What was read by then is a part, and the next run continues
/// there. If it looked back first, it would read all of that part again, and run out of time at the same
/// point, forever.
#[tokio::test]
async fn a_window_that_takes_longer_than_a_run_is_worked_off_by_several() {
    let fakes = Fakes::new();
    let world = World::on(&fakes);
    let connector = world.activate(at("2023-07-10T11:00:00Z"), |_| {}).await;
    for n in 0..120u32 {
        let time = at("2023-07-10T11:00:00Z") + Duration::from_secs(30) * n;
        world.write(&connector, time, &n.to_string()).await;
    }
    world.advance_to(at("2023-07-10T12:05:00Z")).await;
    let Outcome::Completed(first) = slow_run(&world, &fakes, &connector).await else { panic!("it failed") };
    assert_eq!((first.sealed, first.delivered, first.more), (1, 1, true));
    assert!((80..=100).contains(&first.events), "{} events in 600 s at 20 s for three", first.events);
    assert_eq!(world.cursor(&connector).await.next_run_at, world.clock.now());
    for _ in 0..3 {
        slow_run(&world, &fakes, &connector).await;
    }
    let delivered = world.verdict(&connector).delivered;
    assert_eq!((delivered, world.cursor(&connector).await.watermark), (120, at("2023-07-10T12:00:00Z")));
}

/// Late is additive, and work beyond the time limit is continued by the next run. Reading a busy tenant's day
/// again takes longer than a run: 288 events, in pages of three with an empty one after each, take 32
/// minutes. An hour of them, with its look-back, takes three.
#[tokio::test]
async fn a_day_that_takes_longer_than_a_run_is_reconciled_all_the_same() {
    let fakes = Fakes::new();
    let world = World::on(&fakes);
    let start = at("2023-07-10T12:00:00Z");
    let connector = world.activate(start, |_| {}).await;
    for n in 0..3 * 288u32 {
        let time = start + Duration::from_mins(5) * n;
        world.write_visible(&connector, time, &n.to_string(), time).await;
    }
    let (late, found) = (at("2023-07-11T11:20:00Z"), at("2023-07-11T15:00:00Z"));
    world.write_visible(&connector, late, "late", found).await;
    world.store_unexpected(&connector, "PROFILE").await;
    let mut failures = 0;
    loop {
        let due = world.cursor(&connector).await.next_run_at.max(world.clock.now());
        if due > at("2023-07-13T06:00:00Z") {
            break;
        }
        world.advance_to(due).await;
        let outcome = slow_run(&world, &fakes, &connector).await;
        failures += usize::from(matches!(outcome, Outcome::Failed { .. }));
    }
    let passes = world.cursor(&connector).await.reconcile.passes;
    let events: Vec<String> = world.files(&connector).into_iter().flat_map(|file| file.events).collect();
    let late = events.iter().filter(|event| event.contains(r#""id":"late""#)).count();
    let result = (passes > 0, late, world.verdict(&connector).unreadable, failures);
    assert_eq!(result, (true, 1, 1, 0), "(a pass was completed, late events, unreadable items, failed runs)");
}

/// Never dropped silently: upper-case UUIDs, as some platforms write them, are invalid keys of the form
/// `uuidv7`. By their bytes they sort between 1970 and the activation, where no window reads, in gaps that
/// lower case leaves.
#[tokio::test]
async fn upper_case_uuids_are_exported_as_unreadable() {
    let fakes = Fakes::with_keys(SortKeyForm::UuidV7);
    let world = World::on(&fakes);
    let connector = world.activate(at("2023-07-10T11:40:00Z"), |_| {}).await;
    let key = SortKeyForm::UuidV7.bound(at("2023-07-10T12:10:00Z")).to_uppercase();
    world.store_unexpected(&connector, &format!("{key}-7000-8000-0123456789AB")).await;
    world.run_until(&connector, at("2023-07-20T12:06:00Z")).await;
    assert_eq!(world.verdict(&connector).unreadable, 1);
}

/// The same in the default form: a date with the day first, one with a space, a week, a time of day.
#[tokio::test]
async fn keys_of_another_form_that_sort_before_the_activation_are_exported_as_unreadable() {
    let keys = ["20-07-2023 12:10:00#evt", "2023-07-10 12:10:00#evt", "2022-W30#evt", "19:30:00#evt"];
    let fakes = Fakes::new();
    let world = World::on(&fakes);
    let connector = world.activate(at("2023-07-10T11:40:00Z"), |_| {}).await;
    for key in keys {
        world.store_unexpected(&connector, key).await;
    }
    world.run_until(&connector, at("2023-07-20T12:06:00Z")).await;
    assert_eq!(world.verdict(&connector).unreadable, keys.len());
}

/// Quiet means quiet: with seconds where the settings say milliseconds, every key has a time in January 1970,
/// and the customer would get heartbeats of an empty table forever.
#[tokio::test]
async fn seconds_in_a_table_of_milliseconds_are_never_called_quiet() {
    let mut fakes = Fakes::with_keys(SortKeyForm::EpochMillis);
    fakes.source = fakes.source.with_numeric_keys();
    let world = World::on(&fakes);
    let connector = world.activate(at("2023-07-10T11:40:00Z"), |_| {}).await;
    let seconds = at("2023-07-10T12:10:00Z").millis() / 1000;
    fakes.source.event(&connector.tenant, &seconds.to_string(), "{}", Time::EPOCH);
    world.run_until(&connector, at("2023-07-20T12:06:00Z")).await;
    assert_eq!(world.verdict(&connector).unreadable, 1);
}
