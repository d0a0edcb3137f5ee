use ::tests::fixtures;
use archive::part::Window;
use proptest::prelude::*;

use super::*;

const DAY: Duration = Duration::from_hours(24);

fn midnight() -> Time {
    "2026-11-20T00:00:00Z".parse().unwrap()
}

fn hour(hour: u32) -> Time {
    midnight() + HOUR * hour
}

/// Parts 1, 2, … of these windows in hours, the newest first; those without events are heartbeats.
fn parts(windows: &[(u32, u32, u64)]) -> Vec<Part> {
    let (connector, worker) =
        (fixtures::connector(&fixtures::tenant("acme"), midnight()), archive::names::WorkerId::new(1, 1));
    let part = |(index, (from, to, events)): (usize, &(u32, u32, u64))| {
        let window = Window { from: hour(*from), to: hour(*to) };
        let number = PartNumber::new(index as u64 + 1);
        let kind = if *events == 0 { PartKind::Heartbeat } else { PartKind::Regular };
        Part { kind, events: *events, ..fixtures::part(&connector, number, window, &worker) }
    };
    let mut parts: Vec<Part> = windows.iter().enumerate().map(part).collect();
    parts.reverse();
    parts
}

/// How the hours of the day are sealed, with a watermark at the end of the newest part, `delivered` parts
/// delivered, and it is 06:30.
fn states(windows: &[(u32, u32, u64)], delivered: u64, missing: &[u64]) -> (Sealing, Vec<(u32, SealState)>) {
    let day = Span { from: midnight(), to: midnight() + DAY };
    states_of(parts(windows), day, Interval::Hour, delivered, missing)
}

/// The same of these parts in this span.
fn states_of(
    parts: Vec<Part>,
    span: Span,
    interval: Interval,
    delivered: u64,
    missing: &[u64],
) -> (Sealing, Vec<(u32, SealState)>) {
    let missing = missing.iter().copied().map(PartNumber::new).collect();
    let facts = Facts {
        since: midnight(),
        watermark: parts.first().map_or_else(midnight, |part| part.window.to),
        now: hour(6) + HOUR / 2,
        missing: &missing,
        span,
        is_delivered: &|part| part.number.get() <= delivered,
    };
    let parts = parts.into_iter().filter(|part| is_in(part, span)).collect();
    let read = PartsOfSpan { span, parts, from: None };
    let sealing = facts.sealing(&read, interval);
    let state = |interval: &SealedInterval| {
        let hours = interval.start.since(midnight()).as_secs() / 3_600;
        (u32::try_from(hours).unwrap(), interval.state)
    };
    let states = sealing.intervals.iter().map(state).collect();
    (sealing, states)
}

#[test]
fn each_hour_says_the_worst_that_is_true_of_it() {
    use SealState::{Delivered, Gap, Missing, Quiet, Unsealed, Waiting};
    let windows = [(0, 1, 5), (1, 2, 0), (2, 3, 7), (3, 4, 2), (5, 6, 3)];
    let (sealing, states) = states(&windows, 4, &[3]);
    let expected =
        [(0, Delivered), (1, Quiet), (2, Missing), (3, Delivered), (4, Gap), (5, Waiting), (6, Unsealed)];
    assert_eq!(states, expected);
    assert_eq!((sealing.parts, sealing.quiet, sealing.delivered), (5, 1, 4));
    let counts: Vec<_> = sealing.intervals.iter().map(|interval| (interval.parts, interval.events)).collect();
    assert_eq!(counts, [(1, 5), (1, 0), (1, 7), (1, 2), (0, 0), (1, 3), (0, 0)]);
}

#[test]
fn what_is_outside_of_the_span_is_no_gap_of_an_interval_that_the_span_cuts() {
    let hours: Vec<_> = (0..6).map(|hour| (hour, hour + 1, 1)).collect();
    for (from, to) in [(2, 4), (1, 2), (0, 5)] {
        let span = Span { from: hour(from) + HOUR / 4, to: hour(to) + HOUR / 2 };
        for interval in [Interval::Hour, Interval::Day, Interval::Whole] {
            let (_, states) = states_of(parts(&hours), span, interval, 6, &[]);
            assert!(
                states.iter().all(|(_, state)| *state == SealState::Delivered),
                "{interval:?} {states:?}"
            );
        }
    }
}

#[test]
fn what_no_manifest_names_is_not_signed() {
    let mut parts = parts(&[(0, 1, 5), (1, 2, 0)]);
    parts.last_mut().unwrap().manifest = None;
    let day = Span { from: midnight(), to: hour(2) };
    let (sealing, states) = states_of(parts, day, Interval::Hour, 2, &[]);
    assert_eq!(states, [(0, SealState::Unsigned), (1, SealState::Quiet)]);
    assert_eq!((sealing.parts, sealing.signed), (2, 1));
}

#[test]
fn a_window_of_several_hours_covers_each_of_them_and_its_events_count_once() {
    let (sealing, states) = states(&[(0, 6, 9)], 1, &[]);
    assert!(states.iter().take(6).all(|(_, state)| *state == SealState::Delivered), "{states:?}");
    assert_eq!(sealing.intervals.iter().map(|interval| interval.events).sum::<u64>(), 9);
}

#[test]
fn a_part_of_late_events_only_belongs_to_the_hour_that_was_closed_when_they_were_found() {
    let (sealing, states) = states(&[(0, 1, 5), (1, 1, 2), (1, 2, 0)], 3, &[]);
    assert_eq!(states.get(..2).unwrap(), [(0, SealState::Delivered), (1, SealState::Quiet)]);
    let events: Vec<_> = sealing.intervals.iter().map(|interval| interval.events).collect();
    assert_eq!(events.get(..2).unwrap(), [7, 0]);
}

proptest! {
    #[test]
    fn whole_windows_leave_no_gap_and_a_window_that_is_left_out_always_does(
        lengths in prop::collection::vec(1u32..4, 2..6), left_out in any::<prop::sample::Index>(),
    ) {
        let mut from = 0;
        let mut windows = Vec::new();
        for length in lengths {
            windows.push((from, from + length, 1));
            from += length;
        }
        let has_gap = |windows: &[(u32, u32, u64)]| {
            states(windows, 99, &[]).1.iter().any(|(_, state)| *state == SealState::Gap)
        };
        windows.retain(|(_, to, _)| *to <= 6);
        prop_assume!(windows.len() > 1);
        prop_assert!(!has_gap(&windows));
        // Without the newest one the watermark is earlier.
        windows.remove(left_out.index(windows.len() - 1));
        prop_assert!(has_gap(&windows));
    }
}
