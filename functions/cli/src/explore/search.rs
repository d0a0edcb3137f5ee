//! `events search`: follows the pages until there are as many rows as were asked for.

use std::io::{self, Write};

use archive::query::output::Cells;
use archive::query::row::Order;
use control::explorer::{AskError, Lag, MAX_ROWS, RowAnswer, RowsRequest};
use serde::Serialize;

use super::args::SearchArgs;
use super::rows::{CsvWriter, Table};
use super::{Log, lag, print_notes};
use crate::error::{CliError, Exit, io_error};
use crate::output::Output;
use crate::table::counted;

/// The most pages without `--all`: a rare value may be on none of them.
pub(super) const MAX_PAGES: u32 = 20;

/// What was found, page by page.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) rows: u64,
    /// That of all pages; `None` before the first.
    pub(super) lag: Option<Lag>,
    /// The cursor of what follows.
    pub(super) next: Option<String>,
}

#[derive(Serialize)]
struct JsonOutput {
    lag: Option<Lag>,
    rows: Vec<RowAnswer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// `events search`.
pub(super) async fn search(log: &Log, args: &SearchArgs, output: Output) -> Result<Exit, CliError> {
    if output.is_json() {
        let mut rows = Vec::new();
        let keep = |page: Vec<RowAnswer>| {
            rows.extend(page);
            Ok(())
        };
        let Found { lag, next, .. } = pages(log, args, output, keep).await?;
        output.object(&JsonOutput { lag, rows, next_cursor: next });
        return Ok(Exit::Done);
    }
    let printed = print(log, args, output, &mut io::stdout().lock()).await;
    if let Some(found) = unless_closed(printed)? {
        print_notes(&notes(&found, args.order, &log.flags));
    }
    Ok(Exit::Done)
}

/// Why rows are not printed.
#[derive(Debug)]
pub(super) enum PrintError {
    /// The question was not answered.
    Ask(AskError),
    /// Whoever reads the output has stopped, or it can't be written.
    Write(io::Error),
}

impl From<AskError> for PrintError {
    fn from(error: AskError) -> Self {
        Self::Ask(error)
    }
}

impl From<PrintError> for CliError {
    fn from(error: PrintError) -> Self {
        match error {
            PrintError::Ask(error) => error.into(),
            PrintError::Write(error) => io_error("can't write the output")(error),
        }
    }
}

/// A closed pipe (`| head`) is not an error, but there is nobody to read more.
fn unless_closed(result: Result<Found, PrintError>) -> Result<Option<Found>, CliError> {
    match result {
        Err(PrintError::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(None),
        result => Ok(Some(result?)),
    }
}

/// Prints all rows in the form that was asked for.
pub(super) async fn print(
    log: &Log,
    args: &SearchArgs,
    output: Output,
    out: &mut impl Write,
) -> Result<Found, PrintError> {
    if args.form.ndjson {
        let write = |page: Vec<RowAnswer>| {
            page.iter().try_for_each(|row| writeln!(out, "{}", row.event.get()))?;
            out.flush()
        };
        return pages(log, args, output, write).await;
    }
    if args.form.csv {
        let cells = if args.form.exact_cells { Cells::Exact } else { Cells::Safe };
        let mut csv = CsvWriter::new(args.form.columns.clone(), cells);
        let found = pages(log, args, output, |page| csv.rows(out, &page)).await?;
        csv.end(out).map_err(PrintError::Write)?;
        return Ok(found);
    }
    let mut table = Table::new(args.form.columns.clone());
    let found = pages(log, args, output, |page| table.rows(out, &page)).await?;
    if found.rows == 0 {
        writeln!(out, "no event matches").map_err(PrintError::Write)?;
    }
    Ok(found)
}

/// Asks for page after page.
async fn pages(
    log: &Log,
    args: &SearchArgs,
    output: Output,
    mut each: impl FnMut(Vec<RowAnswer>) -> io::Result<()>,
) -> Result<Found, PrintError> {
    let limit = if args.all { u64::MAX } else { args.limit };
    let mut found = Found { rows: 0, lag: None, next: args.cursor.clone() };
    let mut pages = 0;
    loop {
        let wanted = u32::try_from(limit - found.rows).unwrap_or(MAX_ROWS).min(MAX_ROWS);
        let request = RowsRequest {
            filter: args.which.filter.clone(),
            from: args.which.from,
            to: args.which.to,
            order: args.order,
            limit: Some(wanted),
            cursor: found.next.take(),
        };
        let page = log.explorer.rows(&log.asker, request).await;
        output.clear_progress();
        let page = page?;
        pages += 1;
        found.rows += page.rows.len() as u64;
        found.lag = Some(match found.lag.take() {
            Some(lag) => lag::merged(lag, page.lag),
            None => page.lag,
        });
        found.next = page.next_cursor;
        each(page.rows).map_err(PrintError::Write)?;
        let is_enough = found.rows >= limit || pages >= MAX_PAGES && !args.all;
        if found.next.is_none() || is_enough {
            return Ok(found);
        }
        let searched_to = found.lag.as_ref().and_then(|lag| lag.searched_to);
        let so_far = searched_to.map(|time| format!(", searched to {time}")).unwrap_or_default();
        output.progress(format_args!("{}{so_far}", counted(found.rows, "event")));
    }
}

/// What is said after the rows.
pub(super) fn notes(found: &Found, order: Order, flags: &str) -> Vec<String> {
    let Some(lag) = &found.lag else { return Vec::new() };
    let mut notes = lag::sentences(lag, flags);
    if found.next.is_some() {
        let ended = lag::ended(lag, order);
        notes.push(ended.unwrap_or_else(|| {
            "More events match: repeat with a greater --limit, or with --all.".to_owned()
        }));
    }
    notes
}
