//! Rows as a table for people, and as CSV.

use std::borrow::Cow;
use std::io::{self, Write};

use archive::event::{self, FieldPath};
use archive::fields::{Field, Reading, written};
use archive::query::output::{Cells, Column, Csv, FileOf, OutputFormat};
use archive::query::row::{Origin, RowKey};
use control::explorer::{ProofState, RowAnswer, RowProof};

use super::cells::{Widths, cell};

/// A table, printed page by page.
#[derive(Debug)]
pub(super) struct Table {
    columns: Vec<Column>,
    widths: Widths,
    has_heading: bool,
}

impl Table {
    /// With these columns, or the usual ones; the proof is the last.
    pub(super) fn new(columns: Vec<Column>) -> Self {
        Self { columns: or_usual(columns), widths: Widths::default(), has_heading: false }
    }

    /// Prints a page; before the first row the headings.
    pub(super) fn rows(&mut self, out: &mut impl Write, page: &[RowAnswer]) -> io::Result<()> {
        let mut rows = Vec::new();
        if !self.has_heading && !page.is_empty() {
            self.has_heading = true;
            let headings = self.columns.iter().map(|column| cell(&heading(column)));
            rows.push(headings.chain(["PROOF".to_owned()]).collect());
        }
        rows.extend(page.iter().map(|row| self.row(row)));
        for line in self.widths.lines(&rows) {
            writeln!(out, "{line}")?;
        }
        out.flush()
    }

    fn row(&self, row: &RowAnswer) -> Vec<String> {
        let cells = self.columns.iter().map(|column| cell(&value(row, column)));
        cells.chain([proof(&row.proof)]).collect()
    }
}

fn or_usual(columns: Vec<Column>) -> Vec<Column> {
    if columns.is_empty() { Column::DEFAULT.to_vec() } else { columns }
}

/// Fields are words, and JSON Pointers are case-sensitive.
fn heading(column: &Column) -> String {
    match column {
        Column::Field(field) => field.as_str().to_uppercase(),
        Column::Path(pointer) => pointer.clone(),
    }
}

fn value<'r>(row: &'r RowAnswer, column: &Column) -> Cow<'r, str> {
    match column {
        Column::Field(Field::Time) => row.time.to_string().into(),
        Column::Field(field) => row.fields.get(field).map(String::as_str).unwrap_or_default().into(),
        Column::Path(pointer) => {
            let found = event::find(row.event.get().as_bytes(), &[FieldPath::new(pointer)]);
            found.ok().and_then(|found| found.last(0).and_then(written)).unwrap_or_default()
        }
    }
}

/// How far an event has come, in short.
fn proof(proof: &RowProof) -> String {
    let part = proof.part.map(|part| format!(" {}", part.get())).unwrap_or_default();
    let late = if proof.late { ", late" } else { "" };
    match proof.state {
        ProofState::Delivered => format!("delivered{part}{late}"),
        ProofState::Sealed => format!("sealed{part}{late}"),
        ProofState::Unsealed => "not sealed".to_owned(),
        ProofState::LetGo => "let go".to_owned(),
    }
}

/// CSV, written page by page: the same as a download.
#[derive(Debug)]
pub(super) struct CsvWriter {
    csv: Csv,
    file: FileOf,
}

impl CsvWriter {
    /// With these columns, or the usual ones; then part, position and the whole event.
    pub(super) fn new(columns: Vec<Column>, cells: Cells) -> Self {
        let csv = Csv::new(or_usual(columns), cells);
        Self { csv: csv.clone(), file: FileOf::new(OutputFormat::Csv, csv) }
    }

    /// Writes a page.
    pub(super) fn rows(&mut self, out: &mut impl Write, page: &[RowAnswer]) -> io::Result<()> {
        for row in page {
            let event = row.event.get().as_bytes();
            let found = event::find(event, self.csv.paths()).map_err(io::Error::other)?;
            let reading = Reading::of(Some(row.time), |field| row.fields.get(&field).map(String::as_str));
            let origin = match (row.proof.part, row.proof.position) {
                (Some(part), Some(position)) => Origin::Sealed(part, position),
                // It is in no part, so its row has neither.
                _ => Origin::Before,
            };
            let key = RowKey { time: row.time, origin };
            self.file.row(out, &key, event, &reading, &found, 0)?;
        }
        out.flush()
    }

    /// Writes what stands at the end.
    pub(super) fn end(mut self, out: &mut impl Write) -> io::Result<()> {
        self.file.end(out)?;
        out.flush()
    }
}
