//! The timeline as a table: a row a day and a column an hour, or a row a window where windows are longer.

use std::time::Duration;

use maud::{Markup, html};
use protocol::timeline::{Cell, CellState, TimelineDay};

use super::words::{end, state_words, table_words};
use crate::components::{date, hour, number};

const HOUR: Duration = Duration::from_hours(1);

/// The numbers of these days.
pub(super) fn table(days: &[&TimelineDay], is_hourly: bool) -> Markup {
    html! { div.table tabindex="0" role="region" aria-label="The last days as a table" { @if is_hourly { (by_hour(days)) } @else { (by_window(days)) } } }
}

fn by_hour(days: &[&TimelineDay]) -> Markup {
    html! {
        table.dense {
            caption { "Events of each hour. The numbers alone were delivered in time; 0 was quiet; empty was not due." }
            thead { tr {
                th scope="col" { "Day" }
                @for hour in 0..24 { th.number scope="col" { (format!("{hour:02}")) } }
            } }
            tbody { @for day in days {
                tr {
                    th scope="row" { (date(day.start)) }
                    @for (cell, hours) in columns(day) {
                        td colspan=[(hours > 1).then_some(hours)] { (cell.map(table_words).unwrap_or_default()) }
                    }
                }
            } }
        }
    }
}

/// The cells of a day with the number of hour columns of each. The hour in which the export started has two
/// cells; the one before the start says nothing.
fn columns(day: &TimelineDay) -> Vec<(Option<&Cell>, u64)> {
    let hours = |span: Duration| span.as_secs().div_ceil(HOUR.as_secs());
    let mut columns: Vec<(Option<&Cell>, u64)> = Vec::new();
    let mut filled = 0;
    for cell in &day.cells {
        let from = cell.window.from.since(day.start).as_secs() / HOUR.as_secs();
        let to = hours(cell.window.to.since(day.start));
        if from > filled {
            columns.push((None, from - filled));
            filled = from;
        }
        if from < filled {
            // It shares its first column with the cell before it.
            if let Some(last) = columns
                .last_mut()
                .filter(|(cell, _)| cell.is_some_and(|cell| cell.state == CellState::BeforeStart))
            {
                if last.1 > 1 {
                    last.1 -= 1;
                    columns.push((Some(cell), to + 1 - filled));
                } else {
                    *last = (Some(cell), to + 1 - filled);
                }
                filled = to;
            }
            continue;
        }
        columns.push((Some(cell), to - from));
        filled = to;
    }
    columns
}

fn by_window(days: &[&TimelineDay]) -> Markup {
    html! {
        table {
            caption { "Each window, newest first" }
            thead { tr {
                th scope="col" { "Window" }
                th.number scope="col" { "Events" }
                th scope="col" { "State" }
            } }
            tbody { @for cell in days.iter().flat_map(|day| day.cells.iter().rev()) {
                @if cell.state != CellState::BeforeStart {
                    tr {
                        th scope="row" { (date(cell.window.from)) ", " (hour(cell.window.from)) " to " (end(&hour(cell.window.to))) }
                        td.number { (cell.parts.map_or_else(String::new, |parts| number(parts.events))) }
                        td { (state_words(cell)) @if let Some(parts) = cell.parts.filter(|parts| parts.late > 0) { ", " (number(parts.late)) " events late" } }
                    }
                }
            } }
        }
    }
}

#[cfg(test)]
mod tests {
    use archive::part::Window;

    use super::*;

    fn cell(from: &str, to: &str, state: CellState) -> Cell {
        let window = Window { from: from.parse().unwrap(), to: to.parse().unwrap() };
        Cell { window, state, parts: None, due_at: None }
    }

    #[test]
    fn every_day_has_twenty_four_columns_whatever_its_windows() {
        let start = "2026-11-20T00:00:00Z".parse().unwrap();
        for cells in [
            vec![
                cell("2026-11-20T00:00:00Z", "2026-11-20T09:20:00Z", CellState::BeforeStart),
                cell("2026-11-20T09:20:00Z", "2026-11-20T10:00:00Z", CellState::Stale),
                cell("2026-11-20T10:00:00Z", "2026-11-21T00:00:00Z", CellState::NotDue),
            ],
            vec![
                cell("2026-11-20T00:00:00Z", "2026-11-20T00:20:00Z", CellState::BeforeStart),
                cell("2026-11-20T00:20:00Z", "2026-11-21T00:00:00Z", CellState::NotDue),
            ],
            vec![cell("2026-11-20T13:00:00Z", "2026-11-21T00:00:00Z", CellState::NotDue)],
        ] {
            let day = TimelineDay { start, cells };
            assert_eq!(columns(&day).iter().map(|(_, hours)| hours).sum::<u64>(), 24, "{day:?}");
        }
    }
}
