//! What a cell of the timeline says.

use protocol::timeline::{Cell, CellState};

use crate::components::{count, date, hour, number};

/// The whole of it: `Nov 16, 13:00 to 14:00: 2,102 events, delivered`.
pub(super) fn title(cell: &Cell) -> String {
    let (from, to) = (cell.window.from, cell.window.to);
    format!("{}, {} to {}: {}", date(from), hour(from), end(&hour(to)), words(cell))
}

/// The end of a day is 24:00, not the next day's 00:00.
pub(super) fn end(hour: &str) -> &str {
    if hour == "00:00" { "24:00" } else { hour }
}

/// State and events: `2,102 events, 3 of them late, delivered`.
pub(super) fn words(cell: &Cell) -> String {
    let mut words = Vec::new();
    if let Some(parts) = cell.parts.filter(|parts| parts.events > 0) {
        words.push(count(parts.events, "event"));
        if parts.late > 0 {
            words.push(format!("{} of them late", number(parts.late)));
        }
    }
    words.push(state_words(cell));
    words.join(", ")
}

/// The state alone: `waits for delivery`, `due at 14:05`.
pub(super) fn state_words(cell: &Cell) -> String {
    let due = || cell.due_at.map_or_else(String::new, |due| format!(" at {}", hour(due)));
    match cell.state {
        CellState::BeforeStart => "before the start".to_owned(),
        CellState::NotDue => format!("due{}", due()),
        CellState::Due => "being exported".to_owned(),
        CellState::Stale => format!("late, was due{}", due()),
        CellState::Disabled => "not exported, disabled".to_owned(),
        CellState::Gap => "missing".to_owned(),
        CellState::Blocked => "blocked".to_owned(),
        CellState::Waiting => "waits for delivery".to_owned(),
        CellState::DeliveredLater => "waited, delivered later".to_owned(),
        CellState::Delivered => "delivered".to_owned(),
        CellState::Quiet => "quiet".to_owned(),
    }
}

/// The same in a cell of the table, beside its day and hour: the number alone if all is well.
pub(super) fn table_words(cell: &Cell) -> String {
    let events = cell.parts.map_or(0, |parts| parts.events);
    let late = cell.parts.map_or(0, |parts| parts.late);
    let word = match cell.state {
        CellState::BeforeStart | CellState::NotDue => return String::new(),
        CellState::Quiet => return "0".to_owned(),
        CellState::Due => return "now".to_owned(),
        CellState::Disabled => return "off".to_owned(),
        CellState::Delivered if late == 0 => return number(events),
        CellState::Delivered => format!("{} late", number(late)),
        CellState::Stale => "late".to_owned(),
        CellState::Gap => "missing".to_owned(),
        CellState::Blocked => "blocked".to_owned(),
        CellState::Waiting => "waits".to_owned(),
        CellState::DeliveredLater => "waited".to_owned(),
    };
    if cell.parts.is_some() { format!("{} {word}", number(events)) } else { word }
}

/// A number that fits into a cell: `999`, `2.1k`, `12k`, `1.2M`.
pub(super) fn short_count(number: u64) -> String {
    match number {
        0..1_000 => number.to_string(),
        1_000..10_000 => format!("{}.{}k", number / 1_000, number % 1_000 / 100),
        10_000..1_000_000 => format!("{}k", number / 1_000),
        1_000_000..10_000_000 => format!("{}.{}M", number / 1_000_000, number % 1_000_000 / 100_000),
        _ => format!("{}M", number / 1_000_000),
    }
}
