//! CSV by RFC 4180: CRLF line ends, cells quoted where they must be.
//!
//! Spreadsheets run a cell that begins like a formula. Who writes audit events is not always who reads them,
//! so such a cell gets an apostrophe in front, unless whoever downloads chooses exact cells. Source: OWASP,
//! "CSV Injection". That holds for a program that reads the commas as separators: one that is set to
//! semicolons splits cells elsewhere.

use std::io;

use serde::{Deserialize, Serialize};

use super::Column;
use crate::event::{FieldPath, FieldValues};
use crate::fields::{Field, Reading, written};
use crate::query::row::{Origin, RowKey};

/// What becomes of cells that a spreadsheet would run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cells {
    /// They get an apostrophe in front.
    #[default]
    Safe,
    /// They stay as they are, for programs.
    Exact,
}

/// The name of the last column, which has the whole event.
const EVENT: &str = "event";

/// A table as CSV.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Csv {
    columns: Vec<Column>,
    paths: Vec<FieldPath>,
    cells: Cells,
}

impl Csv {
    /// A table with these columns, then part and position, then the whole event.
    #[must_use]
    pub fn new(columns: Vec<Column>, cells: Cells) -> Self {
        let paths = columns.iter().filter_map(Column::path).collect();
        Self { columns, paths, cells }
    }

    /// The paths of its columns that are no fields.
    #[must_use]
    pub fn paths(&self) -> &[FieldPath] {
        &self.paths
    }

    pub(super) fn header(&self, output: &mut impl io::Write) -> io::Result<()> {
        for column in &self.columns {
            self.cell(output, &column.to_string())?;
            output.write_all(b",")?;
        }
        write!(output, "part,position,{EVENT}\r\n")
    }

    pub(super) fn row(
        &self,
        output: &mut impl io::Write,
        key: &RowKey,
        event: &[u8],
        reading: &Reading<'_>,
        found: &FieldValues<'_>,
        first: usize,
    ) -> io::Result<()> {
        let mut path = first;
        for column in &self.columns {
            match column {
                Column::Field(Field::Time) => write!(output, "{}", key.time)?,
                Column::Field(field) => self.cell(output, reading.text(*field).unwrap_or_default())?,
                Column::Path(_) => {
                    let value = found.last(path).and_then(written);
                    self.cell(output, value.as_deref().unwrap_or_default())?;
                    path += 1;
                }
            }
            output.write_all(b",")?;
        }
        match &key.origin {
            Origin::Sealed(part, position) => write!(output, "{},{position},", part.get())?,
            Origin::Table(_) | Origin::Before | Origin::After => output.write_all(b",,")?,
        }
        // It begins with a brace, so no spreadsheet runs it.
        quoted(output, event)?;
        output.write_all(b"\r\n")
    }

    fn cell(&self, output: &mut impl io::Write, text: &str) -> io::Result<()> {
        let is_formula =
            text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) && self.cells == Cells::Safe;
        if is_formula {
            return quoted(output, format!("'{text}").as_bytes());
        }
        if text.contains(['"', ',', '\r', '\n']) || text.starts_with(' ') || text.ends_with(' ') {
            return quoted(output, text.as_bytes());
        }
        output.write_all(text.as_bytes())
    }
}

/// RFC 4180, section 2: in quotes, with each quote doubled.
fn quoted(output: &mut impl io::Write, text: &[u8]) -> io::Result<()> {
    output.write_all(b"\"")?;
    let mut rest = text;
    while let Some(quote) = memchr::memchr(b'"', rest) {
        let (before, after) = rest.split_at(quote + 1);
        output.write_all(before)?;
        output.write_all(b"\"")?;
        rest = after;
    }
    output.write_all(rest)?;
    output.write_all(b"\"")
}
