//! A file has what the rows have, and a spreadsheet runs none of it.

use proptest::prelude::*;

use super::{Cells, Column, Csv, FileOf, OutputFormat};
use crate::event;
use crate::fields::Field;
use crate::part::PartNumber;
use crate::query::row::RowKey;
use crate::query::tests::fields;
use crate::time::Time;

fn file(format: OutputFormat, columns: &[&str], cells: Cells, events: &[String]) -> String {
    let fields = fields();
    let columns = columns.iter().map(|column| column.parse().unwrap()).collect();
    let csv = Csv::new(columns, cells);
    let paths: Vec<_> = fields.paths().iter().chain(csv.paths()).cloned().collect();
    let mut file = FileOf::new(format, csv);
    let mut output = Vec::new();
    for (position, event) in events.iter().enumerate() {
        let found = event::find(event.as_bytes(), &paths).unwrap();
        let reading = fields.read(&found);
        let key = RowKey::sealed(reading.time.unwrap_or(Time::EPOCH), PartNumber::FIRST, position as u64);
        let first = fields.paths().len();
        file.row(&mut output, &key, event.as_bytes(), &reading, &found, first).unwrap();
    }
    file.end(&mut output).unwrap();
    String::from_utf8(output).unwrap()
}

#[test]
fn a_table_has_its_columns_then_the_place_and_the_whole_event() {
    let event = r#"{"at":"2026-11-01T08:00:00Z","action":"login","who":{"name":"Ana, \"A\""},"n":1.50}"#;
    let csv = file(OutputFormat::Csv, &["time", "actor", "/n", "ip"], Cells::Safe, &[event.to_owned()]);
    insta::assert_snapshot!(csv.replace("\r\n", "$\n"), @r#"
    time,actor,/n,ip,part,position,event$
    2026-11-01T08:00:00.000Z,"Ana, ""A""",1.50,,1,0,"{""at"":""2026-11-01T08:00:00Z"",""action"":""login"",""who"":{""name"":""Ana, \""A\""""},""n"":1.50}"$
    "#);
}

#[test]
fn a_cell_like_a_formula_is_made_harmless_unless_exact_ones_are_chosen() {
    for start in ["=", "+", "-", "@", "\\t", "\\r", "\\n"] {
        let event = format!(r#"{{"action":"{start}cmd|' /C calc'!A0"}}"#);
        let safe = file(OutputFormat::Csv, &["action"], Cells::Safe, std::slice::from_ref(&event));
        assert!(safe.contains("\r\n\"'"), "{safe}");
        let exact = file(OutputFormat::Csv, &["action"], Cells::Exact, &[event]);
        assert!(!exact.contains("\r\n\"'"), "{exact}");
    }
}

#[test]
fn files_without_rows_are_valid_too() {
    let empty = |format| file(format, &["time"], Cells::Safe, &[]);
    assert_eq!(empty(OutputFormat::Csv), "time,part,position,event\r\n");
    assert_eq!(empty(OutputFormat::Ndjson), "");
    assert_eq!(serde_json::from_str::<Vec<()>>(&empty(OutputFormat::Json)).unwrap(), []);
}

#[test]
fn what_is_no_column_is_an_error_that_names_the_right_form() {
    for text in ["", "Actor", "/", "userAgent", &format!("/{}", "x".repeat(500))] {
        let error = text.parse::<Column>().unwrap_err().to_string();
        assert!(error.contains("JSON Pointer such as /userAgent") && error.len() < 250, "{error}");
    }
    assert_eq!("actor".parse(), Ok(Column::Field(Field::Actor)));
}

/// RFC 4180, read the simple way.
fn read_csv(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut is_quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if is_quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !is_quoted && chars.peek() == Some(&'\n') => {
                chars.next();
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            c => cell.push(c),
        }
    }
    assert!(row.is_empty() && cell.is_empty() && !is_quoted);
    rows
}

proptest! {
    #[test]
    fn a_file_has_exactly_the_events(values in prop::collection::vec(any::<String>(), 0..5)) {
        let events: Vec<_> =
            values.iter().map(|value| serde_json::json!({ "action": value, "n": [value] }).to_string()).collect();
        let csv = read_csv(&file(OutputFormat::Csv, &["action"], Cells::Exact, &events));
        prop_assert_eq!(csv.len(), events.len() + 1);
        for ((row, event), value) in csv[1..].iter().zip(&events).zip(&values) {
            prop_assert_eq!((&row[0], row.last().unwrap()), (value, event));
        }
        let json = file(OutputFormat::Json, &[], Cells::Safe, &events);
        let json: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
        let ndjson = file(OutputFormat::Ndjson, &[], Cells::Safe, &events);
        prop_assert_eq!(ndjson.lines().collect::<Vec<_>>(), events.iter().map(String::as_str).collect::<Vec<_>>());
        prop_assert_eq!(json.len(), events.len());
    }
}
