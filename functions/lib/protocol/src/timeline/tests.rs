use archive::frequency::{Frequency, HOUR};
use archive::names::{ConnectorId, ExternalId, WorkerId};
use archive::part::{Content, Encoding};
use archive::sha256::Sha256;
use proptest::prelude::*;

use super::*;
use crate::connector::State;
use crate::delivery_error::{Block, DeliveryErrorKind};
use crate::health::{Health, Status};

const TIMING: Timing = Timing { settle: Duration::from_mins(5), look_back: Duration::from_hours(1) };

fn at(text: &str) -> Time {
    text.parse().unwrap()
}

fn window(from: &str, to: &str) -> Window {
    Window { from: at(from), to: at(to) }
}

fn active(since: Time, hours: u8) -> (Connector, Cursor) {
    let id = ConnectorId::new(1);
    let draft = Connector::draft(id, "acme".parse().unwrap(), ExternalId::new(1, 2), since);
    let frequency = Frequency::try_from(hours).unwrap();
    let connector = Connector { state: State::Active, activated_at: Some(since), frequency, ..draft };
    (connector, Cursor::new(since, since, since))
}

/// A part with `events` events, delivered a minute after its seal.
fn part(number: u64, window: Window, events: u64) -> Part {
    let sealed_at = window.to + TIMING.settle;
    Part {
        connector: ConnectorId::new(1),
        number: PartNumber::new(number),
        window,
        kind: PartKind::of(events, 0),
        events,
        late: 0,
        unreadable: 0,
        first: None,
        last: None,
        encoding: Encoding::default(),
        sha256: Sha256::new([1; 32]),
        size: 10,
        raw_sha256: Sha256::new([1; 32]),
        raw_size: 10,
        content: Content::Inline(String::new()),
        sealed_at,
        sealed_by: WorkerId::new(1, 1),
        manifest: None,
        delivered_at: Some(sealed_at + Duration::from_mins(1)),
    }
}

/// The cursor after these parts, of which the first `delivered` are delivered.
fn after(cursor: &Cursor, parts: &[Part], delivered: u64) -> Cursor {
    let last = parts.last().unwrap();
    let next = last.number.next();
    Cursor { next, watermark: last.window.to, delivered: PartNumber::new(delivered), ..cursor.clone() }
}

fn timeline(connector: &Connector, cursor: &Cursor, parts: &[Part], now: Time) -> Timeline {
    let recent = RecentParts { parts, complete_after: Time::EPOCH };
    Timeline::of(connector, cursor, recent, TIMING, now).unwrap()
}

/// The states of the cells of a span, in order.
fn states(timeline: &Timeline, from: &str, to: &str) -> Vec<CellState> {
    let within = |cell: &&Cell| cell.window.from >= at(from) && cell.window.to <= at(to);
    timeline.cells().filter(within).map(|cell| cell.state).collect()
}

fn block(stage: DeliveryStage, since: Time) -> Block {
    Block {
        stage,
        kind: DeliveryErrorKind::Denied,
        code: "AccessDenied".into(),
        cause: String::new(),
        remedy: String::new(),
        since,
        attempts: 1,
        next_attempt: since,
    }
}

/// Hourly parts from 08:00 on the day of `timeline_of_a_morning`.
fn hourly(events: &[u64]) -> Vec<Part> {
    let start = at("2026-11-20T08:00:00Z");
    let window = |index: u32| Window { from: start + HOUR * index, to: start + HOUR * (index + 1) };
    (0..).zip(events).map(|(index, events)| part(u64::from(index) + 1, window(index), *events)).collect()
}

#[test]
fn each_hour_of_the_last_fourteen_days_is_a_cell() {
    let (connector, cursor) = active(at("2026-11-01T00:00:00Z"), 1);
    let now = at("2026-11-20T12:30:00Z");
    let timeline = timeline(&connector, &cursor, &[], now);
    assert_eq!((timeline.days.len(), timeline.cells().count()), (14, 14 * 24));
    assert_eq!(timeline.span, window("2026-11-07T00:00:00Z", "2026-11-21T00:00:00Z"));
    assert_eq!(timeline.days.last().unwrap().start, at("2026-11-20T00:00:00Z"));
    let daily = active(at("2026-11-01T23:30:00Z"), 24);
    let timeline = self::timeline(&daily.0, &daily.1, &[], now);
    assert_eq!(timeline.cells().count(), 14, "a day whose boundary is midnight");
    let daily = active(at("2026-11-01T14:30:00Z"), 24);
    let timeline = self::timeline(&daily.0, &daily.1, &[], now);
    assert_eq!(timeline.cells().count(), 28, "a day that midnight cuts");
}

#[test]
fn a_cell_says_what_became_of_its_window() {
    use CellState::{BeforeStart, Delivered, DeliveredLater, Due, NotDue, Quiet, Waiting};
    let (connector, cursor) = active(at("2026-11-20T08:00:00Z"), 1);
    let mut parts = hourly(&[7, 0, 3, 5]);
    parts[2].delivered_at = Some(parts[2].sealed_at + Duration::from_hours(3));
    parts[3].delivered_at = None;
    let cursor = after(&cursor, &parts, 3);
    let shown = timeline(&connector, &cursor, &parts, at("2026-11-20T13:06:00Z"));
    assert_eq!(
        states(&shown, "2026-11-20T07:00:00Z", "2026-11-20T14:00:00Z"),
        [BeforeStart, Delivered, Quiet, DeliveredLater, Waiting, Due, NotDue]
    );
    let of = |from: &str| shown.cells().find(|cell| cell.window.from == at(from)).unwrap().clone();
    let sums = of("2026-11-20T08:00:00Z").parts.unwrap();
    assert_eq!((sums.count(), sums.events, sums.undelivered), (1, 7, 0));
    assert_eq!(of("2026-11-20T11:00:00Z").parts.unwrap().undelivered, 1);
    assert_eq!(of("2026-11-20T13:00:00Z").due_at, Some(at("2026-11-20T14:05:00Z")));
    assert_eq!(of("2026-11-20T11:00:00Z").due_at, None);
}

#[test]
fn a_block_marks_what_it_keeps_from_the_bucket_and_a_blocked_read_what_is_due() {
    use CellState::{Blocked, Delivered, NotDue, Stale};
    let (connector, cursor) = active(at("2026-11-20T08:00:00Z"), 1);
    let mut parts = hourly(&[7, 3]);
    parts[1].delivered_at = None;
    let since = at("2026-11-20T10:06:00Z");
    let shown = |stage| {
        let cursor = Cursor { block: Some(block(stage, since)), ..after(&cursor, &parts, 1) };
        let shown = timeline(&connector, &cursor, &parts, at("2026-11-20T11:30:00Z"));
        states(&shown, "2026-11-20T08:00:00Z", "2026-11-20T12:00:00Z")
    };
    assert_eq!(shown(DeliveryStage::PutObject), [Delivered, Blocked, Stale, NotDue]);
    assert_eq!(shown(DeliveryStage::Read), [Delivered, Blocked, Blocked, NotDue]);
}

#[test]
fn a_disabled_connector_is_not_late() {
    use CellState::{Delivered, Disabled, NotDue};
    let (connector, cursor) = active(at("2026-11-20T08:00:00Z"), 1);
    let connector = Connector { state: State::Disabled, ..connector };
    let parts = hourly(&[1]);
    let cursor = after(&cursor, &parts, 1);
    let shown = timeline(&connector, &cursor, &parts, at("2026-11-20T10:30:00Z"));
    let expected = [Delivered, Disabled, NotDue];
    assert_eq!(states(&shown, "2026-11-20T08:00:00Z", "2026-11-20T11:00:00Z"), expected);
}

#[test]
fn a_closed_window_without_a_part_is_a_gap() {
    use CellState::{Delivered, Gap};
    let (connector, cursor) = active(at("2026-11-20T08:00:00Z"), 1);
    let mut parts = hourly(&[1, 1, 1]);
    let cursor = after(&cursor, &parts, 3);
    parts.remove(1);
    let shown = timeline(&connector, &cursor, &parts, at("2026-11-20T11:02:00Z"));
    let expected = [Delivered, Gap, Delivered];
    assert_eq!(states(&shown, "2026-11-20T08:00:00Z", "2026-11-20T11:00:00Z"), expected);
}

#[test]
fn the_parts_of_a_cut_window_are_one_cell_and_a_requested_run_leaves_the_rest_due() {
    let (connector, cursor) = active(at("2026-11-20T08:00:00Z"), 1);
    let halves = [
        part(1, window("2026-11-20T08:00:00Z", "2026-11-20T08:20:00Z"), 4),
        part(2, window("2026-11-20T08:20:00Z", "2026-11-20T09:00:00Z"), 5),
        part(3, window("2026-11-20T09:00:00Z", "2026-11-20T09:10:00Z"), 6),
    ];
    let cursor = after(&cursor, &halves, 3);
    let shown = timeline(&connector, &cursor, &halves, at("2026-11-20T09:16:00Z"));
    let cells: Vec<&Cell> = shown.cells().filter(|cell| cell.parts.is_some()).collect();
    let sums: Vec<_> = cells.iter().map(|cell| cell.parts.unwrap()).map(|p| (p.count(), p.events)).collect();
    assert_eq!(sums, [(2, 9), (1, 6)]);
    assert_eq!((cells[0].due_at, cells[1].due_at), (None, Some(at("2026-11-20T10:05:00Z"))));
    assert!(cells.iter().all(|cell| cell.state == CellState::Delivered));
}

#[test]
fn windows_of_a_longer_frequency_are_one_cell_and_late_events_belong_to_the_closed_window() {
    let (connector, cursor) = active(at("2026-11-19T00:00:00Z"), 1);
    let day = part(1, window("2026-11-19T00:00:00Z", "2026-11-20T00:00:00Z"), 4);
    let end = at("2026-11-20T00:00:00Z");
    let late = Part { kind: PartKind::Late, late: 2, ..part(2, Window { from: end, to: end }, 2) };
    let parts = [day, late];
    let shown = timeline(&connector, &after(&cursor, &parts, 2), &parts, at("2026-11-20T00:30:00Z"));
    let yesterday = &shown.days[12].cells;
    assert_eq!(yesterday.len(), 1);
    let sums = yesterday[0].parts.unwrap();
    assert_eq!((sums.count(), sums.events, sums.late), (2, 6, 2));
    assert_eq!(shown.days[13].cells[0].state, CellState::NotDue);
}

#[test]
fn what_was_not_read_is_not_shown() {
    let (connector, cursor) = active(at("2026-11-01T00:00:00Z"), 1);
    let parts = hourly(&[1, 1]);
    let recent = RecentParts { parts: &parts, complete_after: parts[0].window.from };
    let (cursor, now) = (after(&cursor, &parts, 2), at("2026-11-20T10:30:00Z"));
    let shown = Timeline::of(&connector, &cursor, recent, TIMING, now).unwrap();
    assert_eq!((shown.span.from, shown.days.len()), (parts[0].window.from, 1));
    assert!(shown.cells().all(|cell| cell.state != CellState::Gap));
}

#[test]
fn a_state_has_one_name() {
    let names: BTreeSet<String> =
        CellState::ALL.iter().map(|state| serde_json::to_value(state).unwrap().to_string()).collect();
    assert_eq!(names.len(), CellState::ALL.len());
}

/// A history: parts that follow one another from `since`, some cut, some late, delivered up to some number.
fn history() -> impl Strategy<Value = (u8, i64, Vec<(u8, u64)>, u64, u64)> {
    (1u8..=24, 0i64..30 * 24 * 60, prop::collection::vec((0u8..10, 0u64..50), 0..400), 0u64..400, 0u64..4_000)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn cells_fill_the_span_and_hold_every_part_once(
        (hours, start, steps, delivered, idle) in history()
    ) {
        let since = at("2026-11-01T00:00:00Z") + Duration::from_secs(u64::try_from(start).unwrap() * 60);
        let (connector, cursor) = active(since, hours);
        let schedule = connector.window_schedule().unwrap();
        let (mut parts, mut watermark) = (Vec::new(), since);
        for (kind, events) in steps {
            let next = parts.len() as u64 + 1;
            let whole = schedule.window(watermark, None);
            let (window, late) = match kind {
                0 => (Window { from: watermark, to: watermark }, events + 1),
                1 if whole.to.since(whole.from) > Duration::from_mins(2) => {
                    (Window { to: whole.from + Duration::from_mins(1), ..whole }, 0)
                }
                _ => (whole, 0),
            };
            let events = events + late;
            let sealed = Part { late, kind: PartKind::of(events, late), ..part(next, window, events) };
            let delivered_at = sealed.delivered_at.filter(|_| next <= delivered);
            parts.push(Part { delivered_at, ..sealed });
            watermark = window.to;
        }
        let cursor = Cursor {
            next: PartNumber::new(parts.len() as u64 + 1),
            watermark,
            delivered: PartNumber::new(delivered.min(parts.len() as u64)),
            ..cursor
        };
        let now = watermark + Duration::from_mins(idle);
        let shown = timeline(&connector, &cursor, &parts, now);
        // The cells partition the span.
        let mut end = shown.span.from;
        for cell in shown.cells() {
            prop_assert_eq!(cell.window.from, end);
            prop_assert!(cell.window.to > cell.window.from);
            prop_assert!(cell.window.to <= cell.window.from.next_midnight());
            end = cell.window.to;
        }
        prop_assert_eq!(end, shown.span.to);
        for day in &shown.days {
            prop_assert!(day.cells.iter().all(|cell| cell.window.from.floor(DAY) == day.start));
        }
        // Each part of the span is in the one cell that its window touches.
        let within: Vec<&Part> =
            parts.iter().filter(|part| place(part, since) >= shown.span.from).collect();
        for part in &within {
            let holders: Vec<&Cell> = shown.cells().filter(|cell| {
                cell.parts.is_some_and(|own| own.first <= part.number && part.number <= own.last)
            }).collect();
            prop_assert_eq!(holders.len(), 1);
            prop_assert!(holders[0].window.from <= part.window.from && part.window.to <= holders[0].window.to);
        }
        // Nothing is lost or counted twice.
        let sum = |of: fn(&CellParts) -> u64| -> u64 {
            shown.cells().filter_map(|cell| cell.parts.as_ref()).map(of).sum()
        };
        let of_parts = |of: fn(&Part) -> u64| -> u64 { within.iter().map(|part| of(part)).sum() };
        prop_assert_eq!(sum(|own| own.events), of_parts(|part| part.events));
        prop_assert_eq!(sum(|own| own.late), of_parts(|part| part.late));
        prop_assert_eq!(sum(CellParts::count), within.len() as u64);
        let undelivered = within.iter().filter(|part| part.delivered_at.is_none()).count() as u64;
        prop_assert_eq!(sum(|own| own.undelivered), undelivered);
        prop_assert!(shown.cells().all(|cell| cell.state != CellState::Gap));
        // Health and timeline agree whether something is late.
        let health = Status::of(&connector, Some(&cursor), None, TIMING, now).health;
        let is_stale = shown.cells().any(|cell| cell.state == CellState::Stale);
        prop_assert_eq!(health == Some(Health::Stale), is_stale);
    }
}
