//! The last days of a connector, a cell for each window of its schedule: what was delivered, what waits, what
//! is missing. Derived from the records, never stored.
//!
//! Cells never overlap and leave nothing out. A part is in exactly one cell: where a part closes several
//! windows of today's schedule (the frequency was longer then), they are one cell. A cell may have several
//! parts: of a window that was cut because of its size, or by a requested run.

use std::collections::BTreeSet;
use std::time::Duration;

use archive::frequency::GRACE;
use archive::part::{Part, PartKind, PartNumber, Window};
use archive::time::Time;
use serde::Serialize;

use crate::connector::Connector;
use crate::cursor::Cursor;
use crate::delivery_error::DeliveryStage;
use crate::machine::Timing;
use crate::schedule::WindowSchedule;

/// How many days a timeline shows, today included.
pub const DAYS: u32 = 14;

const DAY: Duration = Duration::from_hours(24);
const INSTANT: Duration = Duration::from_millis(1);

/// How one window stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CellState {
    /// The connector exports nothing of this time.
    BeforeStart,
    /// Its time has not come yet.
    NotDue,
    /// It is due, and being exported.
    Due,
    /// It is due since longer than a run takes, and not sealed.
    Stale,
    /// It is due and not sealed, and the connector is disabled.
    Disabled,
    /// It is closed, and a part of it is in no file. This never happens as long as the ledger is whole.
    Gap,
    /// The block keeps it from the bucket.
    Blocked,
    /// It is sealed, and waits for delivery.
    Waiting,
    /// It is in the bucket, and had to wait for it.
    DeliveredLater,
    /// It is in the bucket.
    Delivered,
    /// Nothing happened in it, and the bucket says so.
    Quiet,
}

impl CellState {
    /// All states.
    pub const ALL: [Self; 11] = [
        Self::BeforeStart,
        Self::NotDue,
        Self::Due,
        Self::Stale,
        Self::Disabled,
        Self::Gap,
        Self::Blocked,
        Self::Waiting,
        Self::DeliveredLater,
        Self::Delivered,
        Self::Quiet,
    ];

    /// Whether the bucket has all of it.
    #[must_use]
    pub const fn has_arrived(self) -> bool {
        matches!(self, Self::DeliveredLater | Self::Delivered | Self::Quiet)
    }
}

/// One window, or several that one part closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// Its span of event time.
    pub window: Window,
    /// How it stands.
    pub state: CellState,
    /// Its parts; `None` before the first is sealed.
    pub parts: Option<CellParts>,
    /// When the rest of it is due; `None` once all of it is sealed, and before the start.
    pub due_at: Option<Time>,
}

/// The parts of a cell, in sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CellParts {
    /// The first part.
    pub first: PartNumber,
    /// The last part; the numbers between belong to the cell too.
    pub last: PartNumber,
    /// Their events.
    pub events: u64,
    /// How many of them are late: earlier than their part's window.
    pub late: u64,
    /// How many of them are records of unreadable items.
    pub unreadable: u64,
    /// How many of the parts are not delivered.
    pub undelivered: u64,
}

impl CellParts {
    /// How many parts they are.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.last.get() - self.first.get() + 1
    }
}

/// The cells of one UTC day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelineDay {
    /// Its first instant.
    pub start: Time,
    /// Its cells, in order.
    pub cells: Vec<Cell>,
}

/// The last [`DAYS`] days of a connector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    /// The span that its cells fill. It begins later than [`DAYS`] days ago if not all parts were read.
    pub span: Window,
    /// Its days, in order.
    pub days: Vec<TimelineDay>,
}

/// The parts that a timeline is made of.
#[derive(Debug, Clone, Copy)]
pub struct RecentParts<'a> {
    /// The parts, in any order.
    pub parts: &'a [Part],
    /// All parts whose windows end later than this are among them.
    pub complete_after: Time,
}

impl Timeline {
    /// The first instant of a timeline at `now`, if all its parts are read.
    #[must_use]
    pub fn start(now: Time) -> Time {
        now.floor(DAY) - DAY * (DAYS - 1)
    }

    /// The timeline at `now`; `None` if the connector was never activated.
    #[must_use]
    pub fn of(
        connector: &Connector,
        cursor: &Cursor,
        recent: RecentParts<'_>,
        timing: Timing,
        now: Time,
    ) -> Option<Self> {
        let schedule = connector.window_schedule()?;
        let span = Window { from: Self::start(now).max(recent.complete_after), to: now.next_midnight() };
        let mut parts: Vec<&Part> = recent.parts.iter().collect();
        parts.sort_by_key(|part| part.number);
        let newest_end = parts.iter().map(|part| part.window.to).max();
        let view = View {
            connector,
            cursor,
            schedule,
            timing,
            now,
            sealed_to: newest_end.map_or(cursor.watermark, |end| end.max(cursor.watermark)),
        };
        let windows = windows(span, cursor.since, schedule, &parts);
        let mut days: Vec<TimelineDay> = Vec::new();
        let mut rest = parts.into_iter().filter(|part| place(part, cursor.since) >= span.from).peekable();
        for window in windows {
            let mut own = Vec::new();
            while let Some(part) = rest.next_if(|part| place(part, cursor.since) < window.to) {
                own.push(part);
            }
            let start = window.from.floor(DAY);
            if days.last().is_none_or(|day| day.start != start) {
                days.push(TimelineDay { start, cells: Vec::new() });
            }
            if let Some(day) = days.last_mut() {
                day.cells.push(view.cell(window, &own));
            }
        }
        Some(Self { span, days })
    }

    /// All cells, in order.
    pub fn cells(&self) -> impl Iterator<Item = &Cell> {
        self.days.iter().flat_map(|day| &day.cells)
    }
}

/// The windows that fill the span.
fn windows(span: Window, since: Time, schedule: WindowSchedule, parts: &[&Part]) -> Vec<Window> {
    let mut bounds = BTreeSet::from([span.from, span.to]);
    if span.from < since && since < span.to {
        bounds.insert(since);
    }
    let mut at = span.from;
    while at < span.to {
        at = schedule.next_boundary(at).min(at.next_midnight());
        bounds.insert(at.min(span.to));
    }
    for part in parts {
        let Window { from, to } = part.window;
        let within: Vec<Time> = bounds.range(from + INSTANT..to.max(from + INSTANT)).copied().collect();
        for bound in within.into_iter().filter(|bound| *bound != span.from) {
            bounds.remove(&bound);
        }
    }
    bounds.iter().zip(bounds.iter().skip(1)).map(|(from, to)| Window { from: *from, to: *to }).collect()
}

/// The instant whose cell a part belongs to. A part with late events only has an empty window: it belongs to
/// the window that was closed when it was found.
fn place(part: &Part, since: Time) -> Time {
    let Window { from, to } = part.window;
    if from == to { (from - INSTANT).max(since) } else { from }
}

/// What the state of each cell follows from.
struct View<'a> {
    connector: &'a Connector,
    cursor: &'a Cursor,
    schedule: WindowSchedule,
    timing: Timing,
    now: Time,
    sealed_to: Time,
}

impl View<'_> {
    fn cell(&self, window: Window, parts: &[&Part]) -> Cell {
        let is_before_start = window.to <= self.cursor.since;
        let is_open = !is_before_start && window.to > self.sealed_to;
        let due_at = is_open.then(|| self.due_at(window));
        let sums = sums(parts, self.cursor.delivered);
        let state = if is_before_start && parts.is_empty() {
            CellState::BeforeStart
        } else if has_gap(window, parts, self.sealed_to) {
            CellState::Gap
        } else {
            let open = due_at.map(|due| self.open_state(due));
            match (open, &sums) {
                (Some(state @ (CellState::Stale | CellState::Blocked)), _) | (Some(state), None) => state,
                (_, Some(sums)) => self.sealed_state(parts, sums),
                (None, None) => CellState::Gap,
            }
        };
        Cell { window, state, parts: sums, due_at }
    }

    /// When a window that is not sealed is due: as [`crate::health::expected_by`], without the grace.
    fn due_at(&self, window: Window) -> Time {
        let last = window.to - INSTANT;
        let last = self.connector.activated_at.map_or(last, |at| at.max(last));
        self.schedule.next_boundary(last) + self.timing.settle
    }

    fn open_state(&self, due: Time) -> CellState {
        if self.now < due {
            return CellState::NotDue;
        }
        if !self.connector.is_exporting() {
            return CellState::Disabled;
        }
        match &self.cursor.block {
            Some(block) if block.stage == DeliveryStage::Read => CellState::Blocked,
            _ if self.now > due + GRACE => CellState::Stale,
            _ => CellState::Due,
        }
    }

    fn sealed_state(&self, parts: &[&Part], sums: &CellParts) -> CellState {
        if sums.undelivered > 0 {
            let is_blocked = self.connector.is_exporting() && self.cursor.block.is_some();
            return if is_blocked { CellState::Blocked } else { CellState::Waiting };
        }
        let waited = |part: &&Part| part.delivered_at.is_some_and(|at| at > part.sealed_at + GRACE);
        if parts.iter().any(waited) {
            CellState::DeliveredLater
        } else if parts.iter().all(|part| part.kind == PartKind::Heartbeat) {
            CellState::Quiet
        } else {
            CellState::Delivered
        }
    }
}

/// Whether a closed part of the window is in none of its parts, which are in order.
fn has_gap(window: Window, parts: &[&Part], sealed_to: Time) -> bool {
    let closed_to = window.to.min(sealed_to);
    let mut covered_to = window.from;
    for part in parts {
        if part.window.from > covered_to {
            return true;
        }
        covered_to = covered_to.max(part.window.to);
    }
    covered_to < closed_to
}

fn sums(parts: &[&Part], delivered: PartNumber) -> Option<CellParts> {
    let (first, last) = (parts.first()?.number, parts.last()?.number);
    let sum = |of: fn(&Part) -> u64| parts.iter().map(|part| of(part)).fold(0, u64::saturating_add);
    let is_undelivered = |part: &&&Part| part.delivered_at.is_none() && part.number > delivered;
    Some(CellParts {
        first,
        last,
        events: sum(|part| part.events),
        late: sum(|part| part.late),
        unreadable: sum(|part| part.unreadable),
        undelivered: parts.iter().filter(is_undelivered).count() as u64,
    })
}

#[cfg(test)]
mod tests;
