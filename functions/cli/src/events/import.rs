//! Writes a file's events into the events table: lines are read and judged in a thread of their own, while
//! batches are being written.

use std::io::Read;

use adapters::source::{EventsWriter, NewEvent, WRITE_BATCH};
use domain::connector::Shards;
use domain::names::TenantId;
use domain::ports::PortError;
use domain::time::Time;
use futures_util::StreamExt;
use futures_util::stream;
use serde::Serialize;
use tokio::sync::mpsc;

use super::lines::{BadLine, Line, Lines};
use super::parse::Fields;
use crate::problem::Problem;
use crate::table::counted;

/// How many batches are under way at once.
const AT_ONCE: usize = 8;

/// What to import, whose, and where to.
#[derive(Debug)]
pub(crate) struct Import {
    /// The table.
    pub(crate) writer: EventsWriter,
    /// Whose events they are.
    pub(crate) tenant: TenantId,
    /// Over how many partitions they are spread.
    pub(crate) shards: Shards,
    /// Which fields hold time and ID.
    pub(crate) fields: Fields,
}

/// What became of the lines.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub(crate) struct Tally {
    /// How many events are in the table now.
    pub(crate) imported: u64,
    /// How many lines repeated an earlier one.
    pub(crate) repeated: u64,
    /// The time of the first event.
    pub(crate) first: Option<Time>,
    /// The time of the last event.
    pub(crate) last: Option<Time>,
    /// The lines that could not be imported.
    pub(crate) bad: Vec<BadLine>,
}

/// What is news since the last time.
#[derive(Debug)]
pub(crate) struct Progress<'a> {
    /// How many events are in the table so far.
    pub(crate) imported: u64,
    /// Lines that could not be imported.
    pub(crate) bad: &'a [BadLine],
}

/// What the reading thread hands over.
#[derive(Debug, Default)]
struct Batch {
    events: Vec<NewEvent>,
    repeated: u64,
    bad: Vec<BadLine>,
}

impl Import {
    /// Imports all of `input`.
    ///
    /// # Errors
    /// If the input can't be read to its end or the table can't be written to. It says how many events are
    /// imported for certain.
    pub(crate) async fn run(
        &self,
        input: impl Read + Send + 'static,
        mut told: impl FnMut(Progress<'_>),
    ) -> Result<Tally, Problem> {
        let (hand_over, batches) = mpsc::channel(AT_ONCE);
        let fields = self.fields.clone();
        tokio::task::spawn_blocking(move || read(input, fields, &hand_over));
        let batches = stream::unfold(batches, |mut batches: mpsc::Receiver<_>| async {
            batches.recv().await.map(|batch| (batch, batches))
        });
        let mut written = batches.map(|batch| self.write(batch)).buffered(AT_ONCE).boxed();
        let mut tally = Tally::default();
        while let Some(batch) = written.next().await {
            let batch = batch.map_err(|failure| failure.problem(tally.imported))?;
            tally.add(&batch);
            told(Progress { imported: tally.imported, bad: &batch.bad });
            tally.bad.extend(batch.bad);
        }
        tally.bad.sort_by_key(|bad| bad.line);
        Ok(tally)
    }

    /// Writes a batch. The keys are the events' own times and IDs, so a batch that was written and whose answer
    /// was lost is written again without harm.
    async fn write(&self, batch: std::io::Result<Batch>) -> Result<Batch, Failure> {
        let batch = batch.map_err(Failure::Input)?;
        self.writer.write(&self.tenant, self.shards, &batch.events).await.map_err(Failure::Table)?;
        Ok(batch)
    }
}

impl Tally {
    fn add(&mut self, batch: &Batch) {
        self.imported += batch.events.len() as u64;
        self.repeated += batch.repeated;
        for NewEvent { time, .. } in &batch.events {
            self.first = Some(self.first.map_or(*time, |first| first.min(*time)));
            self.last = self.last.max(Some(*time));
        }
    }
}

/// Why an import ended early.
#[derive(Debug)]
enum Failure {
    Input(std::io::Error),
    Table(PortError),
}

impl Failure {
    fn problem(self, imported: u64) -> Problem {
        let imported = counted(imported, "event");
        match self {
            Self::Input(error) => Problem::failed(
                format!("the input can't be read on: {error}; {imported} imported before"),
                "Check the file (is it cut off?) and import it again: what is imported already stays as it is.",
            ),
            Self::Table(error) => Problem::failed(
                format!("{}; {imported} imported before", error.chain()),
                Problem::from(error).remedy(),
            ),
        }
    }
}

/// Reads to the end or to the first failure, or until nobody listens any more.
fn read(input: impl Read + Send + 'static, fields: Fields, hand_over: &mpsc::Sender<std::io::Result<Batch>>) {
    let lines = match Lines::new(input, fields) {
        Ok(lines) => lines,
        Err(error) => return drop(hand_over.blocking_send(Err(error))),
    };
    let mut batch = Batch::default();
    for line in lines {
        match line {
            Ok(Line::Event(event)) => batch.events.push(event),
            Ok(Line::Repeated) => batch.repeated += 1,
            Ok(Line::Bad(bad)) => batch.bad.push(bad),
            Err(error) => {
                // What was read before the failure is imported.
                let last = hand_over.blocking_send(Ok(batch));
                return drop(last.and_then(|()| hand_over.blocking_send(Err(error))));
            }
        }
        if batch.events.len() + batch.bad.len() == WRITE_BATCH
            && hand_over.blocking_send(Ok(std::mem::take(&mut batch))).is_err()
        {
            return;
        }
    }
    // Without a listener there is nobody who would miss it.
    let _ = hand_over.blocking_send(Ok(batch));
}
