//! Imports files into the events table: they are read and judged in a thread of their own, while batches are being
//! written.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use adapters::source::{EventsWriter, Outcome};
use domain::connector::Shards;
use domain::import::Keys;
use domain::names::TenantId;
use domain::ports::PortError;
use futures_util::StreamExt;
use futures_util::stream;
use tokio::sync::mpsc;

use super::found::{Bad, Batch};
use super::inputs::Inputs;
use super::judge::Judge;
use super::read::Reading;
use super::tally::{BadPlace, Tally};
use crate::problem::Problem;
use crate::table::counted;

/// How many batches are written at once.
const AT_ONCE: usize = 8;
/// How many more are read ahead. With those it is at most 4 MB of events a batch that are in memory.
const AHEAD: usize = 2;

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
    pub(crate) keys: Keys,
}

/// How far it has come.
#[derive(Debug)]
pub(crate) struct Progress<'a> {
    /// How many events are decided on.
    pub(crate) events: u64,
    /// How many bytes of the files are read.
    pub(crate) read: u64,
    /// What is to be told of now, of what can't be imported.
    pub(crate) bad: &'a [BadPlace],
}

impl Import {
    /// Imports all of `inputs`, and calls `report` after each batch.
    ///
    /// # Errors
    /// If the table can't be written to. It says how many events are imported for certain.
    pub(crate) async fn run(
        &self,
        inputs: Inputs,
        mut report: impl FnMut(Progress<'_>),
    ) -> Result<Tally, Problem> {
        let partitions = self.writer.partitions(&self.tenant, self.shards).map_err(|error| {
            Problem::failed(
                error.to_string(),
                "Set EVENTS_PARTITION_FORMAT and --shards as the product has them.",
            )
        })?;
        let (hand_over, batches) = mpsc::channel(AHEAD);
        let read = Arc::new(AtomicU64::new(0));
        let judge = Judge::new(self.keys.clone(), Arc::clone(self.writer.layout()), partitions);
        let reading = Reading::new(judge, Arc::clone(&read), hand_over);
        let inputs = Arc::new(inputs);
        let mut tally = Tally::new(Arc::clone(&inputs));
        tokio::task::spawn_blocking(move || reading.run(&inputs.files));
        let batches = stream::unfold(batches, |mut batches: mpsc::Receiver<Batch>| async {
            batches.recv().await.map(|batch| (batch, batches))
        });
        let mut written = batches.map(|batch| self.write(batch)).buffered(AT_ONCE).boxed();
        while let Some(batch) = written.next().await {
            let (batch, outcomes) = batch.map_err(|error| failed(error, &tally))?;
            let bad = tally.add(batch, &outcomes);
            let read = read.load(Ordering::Relaxed);
            report(Progress { events: tally.imported + tally.already_there, read, bad: &bad });
        }
        Ok(tally)
    }

    /// Writes a batch. An event whose answer was lost, or which a killed import has written, is found to be there.
    async fn write(&self, batch: Batch) -> Result<(Batch, Vec<Outcome>), PortError> {
        let outcomes = self.writer.write(&self.tenant, self.shards, &batch.events).await?;
        Ok((batch, outcomes))
    }
}

/// Why an event was not written, for those that were not.
pub(super) fn refused(outcome: Outcome) -> Option<String> {
    match outcome {
        Outcome::Written | Outcome::AlreadyThere => None,
        Outcome::Taken => Some("the table holds another event with its time and ID, which stays".to_owned()),
        Outcome::TooLarge(size) => {
            Some(format!("it makes an item of {size} bytes, and one of DynamoDB holds 409,600"))
        }
    }
}

fn failed(error: PortError, tally: &Tally) -> Problem {
    let imported = counted(tally.imported + tally.already_there, "event");
    Problem::failed(format!("{}; {imported} imported before", error.chain()), Problem::from(error).remedy())
}

impl Batch {
    /// What of it can't be imported, in the order of the input.
    pub(super) fn all_bad(&mut self, outcomes: &[Outcome]) -> Vec<Bad> {
        let mut bad = std::mem::take(&mut self.bad);
        let refused = self
            .places
            .iter()
            .zip(outcomes)
            .filter_map(|((at, _), outcome)| refused(*outcome).map(|reason| Bad { at: *at, reason }));
        bad.extend(refused);
        bad.sort_by_key(|bad| (bad.at.file, bad.at.place.byte));
        bad
    }
}
