use archive::part::{PartNumber, Window};
use protocol::timeline::CellParts;

use super::*;

fn cell(hour: u32, state: CellState, events: Option<u64>) -> Cell {
    let start: Time = "2026-11-20T00:00:00Z".parse().unwrap();
    let window = Window { from: start + HOUR * hour, to: start + HOUR * (hour + 1) };
    let number = PartNumber::new(u64::from(hour) + 1);
    let parts = events.map(|events| CellParts {
        first: number,
        last: number,
        events,
        late: u64::from(events == 2_102),
        unreadable: 0,
        undelivered: 0,
    });
    Cell { window, state, parts, due_at: None }
}

const HOUR: Duration = Duration::from_hours(1);

fn shown() -> String {
    let states = CellState::ALL.into_iter().zip(0..);
    let mut cells: Vec<Cell> = states.map(|(state, hour)| cell(hour, state, None)).collect();
    cells.push(cell(11, CellState::Delivered, Some(2_102)));
    cells.push(cell(12, CellState::Quiet, Some(0)));
    cells.push(cell(13, CellState::Waiting, Some(12_345)));
    let start: Time = "2026-11-20T00:00:00Z".parse().unwrap();
    let days = vec![TimelineDay { start, cells }];
    let timeline = Timeline { span: Window { from: start, to: start + HOUR * 24 }, days };
    figure(&ConnectorId::new(1), &timeline, true).into_string()
}

#[test]
fn a_cell_is_a_link_to_its_file_with_its_words_and_the_table_has_the_same_number() {
    let shown = shown();
    for text in [
        "href=/portal/connectors/con_0000000000000001/exports/12><title>Nov 20, 11:00 to 12:00: 2,102 events, \
         1 of them late, delivered</title>",
        ">2.1k</text>",
        "<td>2,102 1 late</td>",
        "<td>12,345 waits</td>",
        "Nov 20, 13:00 to 14:00: 12,345 events, waits for delivery",
        "; 2 wait for delivery; 1 is blocked; 1 is late; 1 is missing.",
    ] {
        assert!(shown.contains(text), "{text}\n{shown}");
    }
}

#[test]
fn every_state_that_is_shown_is_explained_and_none_by_colour_alone() {
    let shown = shown();
    for words in ["waits for delivery", "blocked", "late: in no file yet", "missing", "being exported"] {
        assert!(shown.split("class=\"legend\"").nth(1).unwrap().contains(words), "{words}");
    }
    for mark in ["✕", "!", "?", "…", "·"] {
        assert!(shown.contains(&format!(">{mark}</text>")), "{mark}");
    }
    assert!(!shown.contains("before the start"), "nothing is drawn before the start");
}

#[test]
fn a_number_fits_into_its_cell() {
    for (number, text) in [
        (0, "0"),
        (999, "999"),
        (2_102, "2.1k"),
        (12_345, "12k"),
        (999_999, "999k"),
        (1_250_000, "1.2M"),
        (98_000_000, "98M"),
    ] {
        assert_eq!(short_count(number), text);
    }
}
