//! A download while it is made: rows in, bytes out.

use std::collections::BTreeMap;

use archive::event;
use archive::part::PartNumber;
use archive::query::output::{Column, Csv, FileOf};
use archive::query::row::Origin;
use archive::query::rows::Row;
use control::explorer::DownloadRequest;
use ports::PortError;

use crate::opened::Opened;

/// The most rows of a file.
const MAX_ROWS: u64 = 1_000_000;
/// The most bytes of a file; it is made in memory.
const MAX_BYTES: usize = 128 << 20;

/// A file that grows.
pub(crate) struct GrowingFile {
    writer: FileOf,
    paths: Vec<event::FieldPath>,
    bytes: Vec<u8>,
    counts: BTreeMap<PartNumber, u64>,
    unsealed_rows: u64,
}

/// A file that is complete.
pub(crate) struct FinishedFile {
    pub(crate) bytes: Vec<u8>,
    pub(crate) rows: u64,
    /// How many rows are from each part.
    pub(crate) counts: BTreeMap<PartNumber, u64>,
    /// How many rows are from the events table.
    pub(crate) unsealed_rows: u64,
}

impl GrowingFile {
    pub(crate) fn new(opened: &Opened, request: &DownloadRequest) -> Self {
        let csv = Csv::new(columns_of(request), request.cells);
        let paths = opened.mapping.fields.paths().iter().chain(csv.paths()).cloned().collect();
        let writer = FileOf::new(request.format, csv);
        Self { writer, paths, bytes: Vec::new(), counts: BTreeMap::new(), unsealed_rows: 0 }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.writer.rows() >= MAX_ROWS || self.bytes.len() >= MAX_BYTES
    }

    pub(crate) fn add(&mut self, opened: &Opened, row: &Row) -> Result<(), PortError> {
        match &row.key.origin {
            Origin::Sealed(part, _) => *self.counts.entry(*part).or_default() += 1,
            Origin::Table(_) | Origin::Before | Origin::After => self.unsealed_rows += 1,
        }
        let Self { writer, paths, bytes, .. } = self;
        let found = event::find(&row.event, paths).map_err(|error| bug(error.into()))?;
        let reading = opened.mapping.fields.read(&found);
        let first = opened.mapping.fields.paths().len();
        writer.row(bytes, &row.key, &row.event, &reading, &found, first).map_err(|error| bug(error.into()))
    }

    pub(crate) fn end(mut self) -> Result<FinishedFile, PortError> {
        self.writer.end(&mut self.bytes).map_err(|error| bug(error.into()))?;
        let Self { writer, bytes, counts, unsealed_rows, .. } = self;
        Ok(FinishedFile { bytes, rows: writer.rows(), counts, unsealed_rows })
    }
}

/// The columns of a table: those that were asked for, else the usual ones.
pub(crate) fn columns_of(request: &DownloadRequest) -> Vec<Column> {
    if request.columns.is_empty() { Column::DEFAULT.to_vec() } else { request.columns.clone() }
}

fn bug(error: ports::BoxError) -> PortError {
    PortError::bug("writing a download", error)
}
