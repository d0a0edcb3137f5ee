//! The timeline of a connector: a row a day, a cell a window, each a link to its file. The same numbers are
//! in a table below, for whoever can't see or point at a cell.
//!
//! The cells are hidden from assistive technology and from the tab key: hundreds of stops would be in the
//! way. The days are links to their files, and the table has every number.

mod table;
mod words;

use std::fmt::Write as _;
use std::time::Duration;

use archive::names::ConnectorId;
use archive::time::Time;
use maud::{Markup, PreEscaped, html};
use protocol::timeline::{Cell, CellState, Timeline, TimelineDay};

use crate::address::of_connector;
use crate::components::{count, date, number};
use words::{short_count, title};

const DAY_MS: f64 = 86_400_000.0;
/// The hours with a label above the rows.
const HOURS: [u8; 8] = [0, 3, 6, 9, 12, 15, 18, 21];

/// The timeline with its legend and its table.
pub(crate) fn figure(id: &ConnectorId, timeline: &Timeline, is_hourly: bool) -> Markup {
    let busiest = timeline.cells().filter_map(|cell| cell.parts).map(|parts| parts.events).max();
    // Days from before the start would be empty rows.
    let has_begun = |day: &&TimelineDay| day.cells.iter().any(|cell| cell.state != CellState::BeforeStart);
    let days: Vec<&TimelineDay> = timeline.days.iter().rev().filter(has_begun).collect();
    html! {
        figure.timeline {
            figcaption { (summary(timeline, days.len())) }
            div.hours aria-hidden="true" {
                div.axis { @for hour in HOURS { span { (format!("{hour:02}:00")) } } }
                span.total { "events" }
            }
            ol.days {
                @for day in &days {
                    li {
                        (day_link(id, day))
                        (row(id, day, is_hourly, busiest.unwrap_or_default()))
                        span.total aria-hidden="true" { (number(events(day))) }
                    }
                }
            }
            (legend(timeline))
            details {
                summary { "As a table" }
                (table::table(&days, is_hourly))
            }
        }
    }
}

/// What the rows say, in a sentence.
fn summary(timeline: &Timeline, days: usize) -> String {
    let of = |state: CellState| timeline.cells().filter(|cell| cell.state == state).count() as u64;
    let arrived = timeline.cells().filter(|cell| cell.state.has_arrived()).count() as u64;
    let events: u64 = timeline.days.iter().map(events).fold(0, u64::saturating_add);
    let mut text = format!(
        "{}: {} delivered with {}, {} of them quiet",
        if days == 1 { "Today".to_owned() } else { format!("The last {days} days") },
        count(arrived, "window"),
        count(events, "event"),
        number(of(CellState::Quiet)),
    );
    for (state, one, many) in [
        (
            CellState::DeliveredLater,
            "had to wait and was delivered later",
            "had to wait and were delivered later",
        ),
        (CellState::Waiting, "waits for delivery", "wait for delivery"),
        (CellState::Blocked, "is blocked", "are blocked"),
        (CellState::Stale, "is late", "are late"),
        (CellState::Gap, "is missing", "are missing"),
    ] {
        let windows = of(state);
        if windows > 0 {
            let _ = write!(text, "; {} {}", number(windows), if windows == 1 { one } else { many });
        }
    }
    text.push('.');
    text
}

fn events(day: &TimelineDay) -> u64 {
    day.cells.iter().filter_map(|cell| cell.parts).map(|parts| parts.events).fold(0, u64::saturating_add)
}

fn day_link(id: &ConnectorId, day: &TimelineDay) -> Markup {
    let iso = day.start.date();
    let files: u64 = day.cells.iter().filter_map(|cell| cell.parts).map(|parts| parts.count()).sum();
    html! {
        a.day href=(of_connector(id, &format!("exports?from={iso}&to={iso}"))) {
            (date(day.start))
            span.hidden { ": " (count(files, "file")) ", " (count(events(day), "event")) }
        }
    }
}

/// The row of a day. It is written by hand, as there are hundreds of cells: nothing in it is a text of a
/// person's, only numbers, times, IDs and our own words.
fn row(id: &ConnectorId, day: &TimelineDay, is_hourly: bool, busiest: u64) -> Markup {
    let is_plain = is_hourly && day.cells.iter().all(|cell| span_of(cell) == Duration::from_hours(1));
    let class = if is_plain { " class=h" } else { "" };
    let mut svg = format!("<svg aria-hidden=true focusable=false{class}>");
    for cell in day.cells.iter().filter(|cell| cell.state != CellState::BeforeStart) {
        let _ = draw(&mut svg, id, day.start, cell, is_plain, busiest);
    }
    svg.push_str("</svg>");
    PreEscaped(svg)
}

fn draw(
    svg: &mut String,
    id: &ConnectorId,
    start: Time,
    cell: &Cell,
    is_plain: bool,
    busiest: u64,
) -> std::fmt::Result {
    let (x, width) = (percent(cell.window.from.since(start)), percent(span_of(cell)));
    if let Some(parts) = cell.parts {
        write!(svg, "<a tabindex=-1 href=/portal/connectors/{id}/exports")?;
        if parts.count() == 1 {
            write!(svg, "/{}>", parts.first.get())?;
        } else {
            write!(svg, "?before={}>", parts.last.get() + 1)?;
        }
    } else {
        svg.push_str("<g>");
    }
    write!(svg, "<title>{}</title><rect class={} x={x:.2}%", title(cell), class(cell, busiest))?;
    if !is_plain {
        write!(svg, " width={width:.2}%")?;
    }
    svg.push_str(" />");
    // The middle of the cell, which is lower if it was delivered later.
    let (middle, y) = (x + width / 2.0, if cell.state == CellState::DeliveredLater { 21 } else { 17 });
    if let Some(mark) = mark(cell.state) {
        write!(svg, "<text class=m x={middle:.1}% y={y}>{mark}</text>")?;
    } else if let Some(parts) = cell.parts.filter(|parts| parts.events > 0) {
        write!(svg, "<text x={middle:.1}% y={y}>{}</text>", short_count(parts.events))?;
        if parts.late > 0 {
            write!(svg, "<circle cx={:.1}% cy=5 r=3 />", x + width * 0.86)?;
        }
    }
    svg.push_str(if cell.parts.is_some() { "</a>" } else { "</g>" });
    Ok(())
}

fn span_of(cell: &Cell) -> Duration {
    cell.window.to.since(cell.window.from)
}

#[expect(clippy::cast_precision_loss, reason = "it is a position on the screen")]
fn percent(span: Duration) -> f64 {
    span.as_millis() as f64 / DAY_MS * 100.0
}

/// The class of a cell: its state, and of what was delivered how much it is.
fn class(cell: &Cell, busiest: u64) -> &'static str {
    let events = cell.parts.map_or(0, |parts| parts.events);
    match cell.state {
        CellState::BeforeStart | CellState::NotDue | CellState::Disabled => "n",
        CellState::Due => "u",
        CellState::Stale => "s",
        CellState::Gap => "g",
        CellState::Blocked => "b",
        CellState::Waiting => "w",
        CellState::DeliveredLater => "l",
        CellState::Quiet => "q",
        CellState::Delivered if events > busiest / 2 => "d3",
        CellState::Delivered if events > busiest / 8 => "d2",
        CellState::Delivered => "d1",
    }
}

/// The shape in a cell that needs attention.
const fn mark(state: CellState) -> Option<&'static str> {
    match state {
        CellState::Stale => Some("!"),
        CellState::Gap => Some("?"),
        CellState::Blocked => Some("✕"),
        CellState::Waiting => Some("…"),
        CellState::Due => Some("·"),
        CellState::BeforeStart
        | CellState::NotDue
        | CellState::Disabled
        | CellState::DeliveredLater
        | CellState::Delivered
        | CellState::Quiet => None,
    }
}

/// The looks that the timeline has, each with its words.
fn legend(timeline: &Timeline) -> Markup {
    let has = |state: CellState| timeline.cells().any(|cell| cell.state == state);
    let entries = [
        (true, "d2", None, "delivered, stronger with more events"),
        (true, "q", None, "quiet, signed"),
        (has(CellState::DeliveredLater), "l", None, "waited, delivered later"),
        (has(CellState::Waiting), "w", Some("…"), "waits for delivery"),
        (has(CellState::Blocked), "b", Some("✕"), "blocked"),
        (has(CellState::Stale), "s", Some("!"), "late: in no file yet"),
        (has(CellState::Gap), "g", Some("?"), "missing"),
        (has(CellState::Due), "u", Some("·"), "being exported"),
        (true, "n", None, "not due yet"),
    ];
    let has_late = timeline.cells().any(|cell| cell.parts.is_some_and(|parts| parts.late > 0));
    html! {
        ul.legend {
            @for (_, class, mark, words) in entries.into_iter().filter(|(shown, ..)| *shown) {
                li {
                    svg aria-hidden="true" focusable="false" {
                        rect.(class) width="100%" {}
                        @if let Some(mark) = mark { text.m x="50%" y="12" { (mark) } }
                    }
                    (words)
                }
            }
            @if has_late {
                li {
                    svg aria-hidden="true" focusable="false" { rect.d2 width="100%" {} circle cx="74%" cy="4" r="3" {} }
                    "has late events"
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
