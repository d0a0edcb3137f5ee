//! Imports files into the events table. A separate thread reads and classifies entries while batches are
//! being written.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use archive::import::KeyFields;
use archive::names::TenantId;
use aws::dynamodb::events::{EventsWriter, WriteOutcome};
use futures_util::{StreamExt, stream};
use ports::PortError;
use protocol::connector::Shards;
use tokio::sync::mpsc;

use super::batch::{Batch, Rejection};
use super::classifier::Classifier;
use super::inputs::Inputs;
use super::reader::Reader;
use super::stats::{ImportStats, RejectedEntry};
use crate::error::CliError;
use crate::output::ErrorReport as _;
use crate::table::counted;

/// How many batches are written concurrently.
const MAX_IN_FLIGHT: usize = 8;
/// How many more batches are prefetched. Each batch has at most 4 MB of events, which bounds the memory.
const PREFETCH: usize = 2;

/// An import: the tenant, the target table and the key fields.
#[derive(Debug)]
pub(crate) struct Import {
    /// Writes to the events table.
    pub(crate) writer: EventsWriter,
    /// The tenant of the events.
    pub(crate) tenant: TenantId,
    /// The number of the tenant's partitions.
    pub(crate) shards: Shards,
    /// The fields with time and ID.
    pub(crate) keys: KeyFields,
}

/// The progress of an import.
#[derive(Debug)]
pub(crate) struct Progress<'a> {
    /// The number of events in the table: imported or existing.
    pub(crate) events: u64,
    /// The number of bytes read.
    pub(crate) read: u64,
    /// Rejected entries that are to be reported now.
    pub(crate) rejected: &'a [RejectedEntry],
}

impl Import {
    /// Imports all of `inputs`, and calls `report` after each batch.
    ///
    /// # Errors
    /// If a write to the table fails. The message contains the number of events that are certainly imported.
    pub(crate) async fn run(
        &self,
        inputs: Inputs,
        mut report: impl FnMut(Progress<'_>),
    ) -> Result<ImportStats, CliError> {
        let partitions = self.writer.partitions(&self.tenant, self.shards).map_err(|error| {
            CliError::failed(
                error.to_string(),
                "Set EVENTS_PARTITION_FORMAT and --shards to the product's values.",
            )
        })?;
        let (sender, batches) = mpsc::channel(PREFETCH);
        let read = Arc::new(AtomicU64::new(0));
        let classifier = Classifier::new(self.keys.clone(), Arc::clone(self.writer.layout()), partitions);
        let reader = Reader::new(classifier, Arc::clone(&read), sender);
        let inputs = Arc::new(inputs);
        let mut stats = ImportStats::new(Arc::clone(&inputs));
        tokio::task::spawn_blocking(move || reader.run(&inputs.files));
        let batches = stream::unfold(batches, |mut batches: mpsc::Receiver<Batch>| async {
            batches.recv().await.map(|batch| (batch, batches))
        });
        let mut written = batches.map(|batch| self.write(batch)).buffered(MAX_IN_FLIGHT).boxed();
        while let Some(batch) = written.next().await {
            let (batch, outcomes) = batch.map_err(|error| write_failed(error, &stats))?;
            let rejected = stats.add(batch, &outcomes);
            let read = read.load(Ordering::Relaxed);
            report(Progress { events: stats.imported + stats.already_there, read, rejected: &rejected });
        }
        Ok(stats)
    }

    /// Writes a batch. Events that were already written, by a lost request or a killed import, are
    /// recognized.
    async fn write(&self, batch: Batch) -> Result<(Batch, Vec<WriteOutcome>), PortError> {
        let outcomes = self.writer.write(&self.tenant, self.shards, &batch.events).await?;
        Ok((batch, outcomes))
    }
}

/// Why an event was not written; `None` if it is in the table.
pub(super) fn rejection_reason(outcome: WriteOutcome) -> Option<String> {
    match outcome {
        WriteOutcome::Written | WriteOutcome::AlreadyExists => None,
        WriteOutcome::KeyTaken => {
            Some("the table already has another event with this time and ID".to_owned())
        }
        WriteOutcome::TooLarge(size) => {
            Some(format!("its item would have {size} bytes; DynamoDB's limit is 409,600"))
        }
    }
}

fn write_failed(error: PortError, stats: &ImportStats) -> CliError {
    let imported = counted(stats.imported + stats.already_there, "event");
    CliError::failed(format!("{}; {imported} imported before", error.chain()), CliError::from(error).remedy())
}

impl Batch {
    /// The entries that can't be imported, in the order of the input.
    pub(super) fn take_rejections(&mut self, outcomes: &[WriteOutcome]) -> Vec<Rejection> {
        let mut rejections = std::mem::take(&mut self.rejections);
        let refused = self.spans.iter().zip(outcomes).filter_map(|((at, _), outcome)| {
            rejection_reason(*outcome).map(|reason| Rejection { at: *at, reason })
        });
        rejections.extend(refused);
        rejections.sort_by_key(|rejection| (rejection.at.file, rejection.at.start.byte));
        rejections
    }
}
