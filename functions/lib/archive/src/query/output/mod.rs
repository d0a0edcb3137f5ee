//! Rows as files: CSV, NDJSON and JSON, and the receipt that says what a file is of.

mod column;
mod csv;
mod receipt;

use std::io;

use serde::{Deserialize, Serialize};

use crate::event::FieldValues;
use crate::fields::Reading;
use crate::query::row::RowKey;

pub use column::{Column, ColumnError};
pub use csv::{Cells, Csv};
pub use receipt::{PartReceipt, Receipt};

/// The format of a download.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputFormat {
    /// Comma-separated values (RFC 4180), with the whole event in the last column.
    Csv,
    /// One event a line.
    Ndjson,
    /// One JSON array, one event a line.
    Json,
}

impl OutputFormat {
    /// All formats, in the order of listings.
    pub const ALL: [Self; 3] = [Self::Csv, Self::Ndjson, Self::Json];

    /// The name in requests, which is the suffix of a file too.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
            Self::Json => "json",
        }
    }

    /// The media type of a file.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Ndjson => "application/x-ndjson",
            Self::Json => "application/json",
        }
    }
}

/// Writes rows as a file, row by row. What it writes depends on the rows alone.
#[derive(Debug)]
pub struct FileOf {
    format: OutputFormat,
    csv: Csv,
    rows: u64,
}

impl FileOf {
    /// A file of this format. The columns are those of CSV; the other formats have whole events.
    #[must_use]
    pub const fn new(format: OutputFormat, csv: Csv) -> Self {
        Self { format, csv, rows: 0 }
    }

    /// How many rows were written.
    #[must_use]
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    /// Writes a row. `found` has the values of the paths that [`Csv::paths`] names, from `first` on.
    ///
    /// # Errors
    /// If `output` fails.
    pub fn row(
        &mut self,
        output: &mut impl io::Write,
        key: &RowKey,
        event: &[u8],
        reading: &Reading<'_>,
        found: &FieldValues<'_>,
        first: usize,
    ) -> io::Result<()> {
        let is_first = self.rows == 0;
        self.rows += 1;
        match self.format {
            OutputFormat::Csv => {
                if is_first {
                    self.csv.header(output)?;
                }
                self.csv.row(output, key, event, reading, found, first)
            }
            OutputFormat::Ndjson => {
                output.write_all(event)?;
                output.write_all(b"\n")
            }
            OutputFormat::Json => {
                output.write_all(if is_first { b"[\n" } else { b",\n" })?;
                output.write_all(event)
            }
        }
    }

    /// Writes what stands at the end of the file, and of an empty one.
    ///
    /// # Errors
    /// If `output` fails.
    pub fn end(&mut self, output: &mut impl io::Write) -> io::Result<()> {
        match (self.format, self.rows) {
            (OutputFormat::Csv, 0) => self.csv.header(output),
            (OutputFormat::Csv | OutputFormat::Ndjson, _) => Ok(()),
            (OutputFormat::Json, 0) => output.write_all(b"[\n]\n"),
            (OutputFormat::Json, _) => output.write_all(b"\n]\n"),
        }
    }
}

#[cfg(test)]
mod tests;
