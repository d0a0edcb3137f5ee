//! The result of an import. Only the first rejected entries are kept with their positions, however many there
//! are.

use std::collections::BTreeMap;
use std::sync::Arc;

use archive::import::{KeyFieldGuess, TimeForm};
use archive::time::Time;
use aws::dynamodb::events::WriteOutcome;
use serde::Serialize;

use super::batch::{Batch, InputSpan};
use super::inputs::{Inputs, Skipped};

/// The maximum number of rejected entries that are reported with position and reason.
pub(crate) const MAX_REPORTED: usize = 10;

/// The counts of an import.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct ImportStats {
    /// How many events were written.
    pub(crate) imported: u64,
    /// How many were already in the table, identical, or appeared twice in the input.
    pub(crate) already_there: u64,
    /// The time of the first event, imported or existing.
    pub(crate) first: Option<Time>,
    /// The time of the last event.
    pub(crate) last: Option<Time>,
    /// How many entries of the input could not be imported.
    pub(crate) not_imported: u64,
    /// The first rejected entries.
    pub(crate) bad: Vec<RejectedEntry>,
    /// How many files could not be read to their ends.
    pub(crate) unread: u64,
    /// The first unread files.
    pub(crate) unread_files: Vec<UnreadFile>,
    /// Options to try, if a field was not found.
    pub(crate) hint: Option<Hint>,
    /// How many of the events will be exported as unreadable records, by reason.
    pub(crate) unreadable: BTreeMap<String, u64>,
    /// How many of Auditferry's own heartbeats were skipped.
    pub(crate) heartbeats: u64,
    /// How many items of other tenants' partitions were skipped.
    pub(crate) other_partitions: u64,
    /// The partition of the first such item.
    pub(crate) first_other_partition: Option<String>,
    /// The number of files to read.
    pub(crate) files: usize,
    /// The files in folders that were not read.
    pub(crate) skipped: Skipped,
    #[serde(skip)]
    inputs: Arc<Inputs>,
}

/// An entry that could not be imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct RejectedEntry {
    /// The file's name, if there are several files.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    /// The entry's first line, from 1.
    line: u64,
    /// The entry's last line.
    last_line: u64,
    /// The entry's first byte in the line, from 1.
    column: u64,
    /// Why it could not be imported.
    reason: String,
}

/// A file that could not be read to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct UnreadFile {
    pub(crate) file: String,
    /// The reason, as a predicate after the name.
    pub(crate) reason: String,
    /// How to fix it.
    pub(crate) remedy: String,
}

/// The fields of the first event without time or ID, and the options to try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Hint {
    /// The names of its first fields.
    pub(crate) fields: Vec<String>,
    /// The number of further fields.
    pub(crate) more_fields: usize,
    /// The options to try.
    pub(crate) options: Vec<String>,
    /// The field that may contain the events.
    pub(crate) wrapped_in: Option<String>,
}

impl ImportStats {
    pub(super) fn new(inputs: Arc<Inputs>) -> Self {
        Self { files: inputs.files.len(), skipped: inputs.skipped.clone(), inputs, ..Self::default() }
    }

    /// Whether all of the input is in the table.
    pub(crate) const fn is_complete(&self) -> bool {
        self.not_imported == 0 && self.unread == 0
    }

    /// Adds a batch with the outcomes of its events; returns the rejected entries to report.
    pub(super) fn add(&mut self, mut batch: Batch, outcomes: &[WriteOutcome]) -> Vec<RejectedEntry> {
        let events = batch.events.iter().zip(&batch.spans).zip(outcomes);
        for ((event, (_, unreadable)), outcome) in events {
            match outcome {
                WriteOutcome::Written => self.imported += 1,
                WriteOutcome::AlreadyExists => self.already_there += 1,
                WriteOutcome::KeyTaken | WriteOutcome::TooLarge(_) => continue,
            }
            self.first = Some(self.first.map_or(event.time(), |first| first.min(event.time())));
            self.last = self.last.max(Some(event.time()));
            if let Some(why) = unreadable {
                *self.unreadable.entry(why.to_string()).or_default() += 1;
            }
        }
        self.heartbeats += batch.heartbeats;
        self.other_partitions += batch.foreign;
        self.first_other_partition = self.first_other_partition.take().or_else(|| batch.first_foreign.take());
        if let (None, Some(guess)) = (&self.hint, batch.guess.take()) {
            self.hint = Some(Hint::new(*guess));
        }
        for file in std::mem::take(&mut batch.failed_files) {
            self.unread += 1;
            if self.unread_files.len() < MAX_REPORTED {
                let name = self.file_name(file.file);
                self.unread_files.push(UnreadFile { file: name, reason: file.reason, remedy: file.remedy });
            }
        }
        let rejections = batch.take_rejections(outcomes);
        self.not_imported += rejections.len() as u64;
        let remaining = MAX_REPORTED.saturating_sub(self.bad.len());
        let reported: Vec<RejectedEntry> = rejections
            .into_iter()
            .take(remaining)
            .map(|rejection| self.rejected_entry(rejection.at, rejection.reason))
            .collect();
        self.bad.extend_from_slice(&reported);
        reported
    }

    fn file_name(&self, file: usize) -> String {
        self.inputs.files.get(file).map(|input| input.name.clone()).unwrap_or_default()
    }

    fn rejected_entry(&self, at: InputSpan, reason: String) -> RejectedEntry {
        RejectedEntry {
            file: self.inputs.is_multiple.then(|| self.file_name(at.file)),
            line: at.start.line,
            last_line: at.last_line,
            column: at.start.column,
            reason,
        }
    }
}

impl std::fmt::Display for RejectedEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { file, line, last_line, column, reason } = self;
        if let Some(file) = file {
            write!(f, "{file}: ")?;
        }
        match (last_line > line, *column > 1) {
            (true, _) => write!(f, "lines {line} to {last_line}: {reason}"),
            (false, true) => write!(f, "line {line}, column {column}: {reason}"),
            (false, false) => write!(f, "line {line}: {reason}"),
        }
    }
}

impl Hint {
    fn new(guess: KeyFieldGuess) -> Self {
        let mut options = Vec::new();
        if let Some((field, form)) = guess.time {
            if field != "time" {
                options.push(format!("--time-field {field}"));
            }
            let named = TimeForm::NAMES.iter().find(|(_, known)| *known == form && form != TimeForm::Rfc3339);
            options.extend(named.map(|(name, _)| format!("--time-form {name}")));
        }
        options.extend(guess.id.filter(|field| *field != "id").map(|field| format!("--id-field {field}")));
        Self {
            fields: guess.fields,
            more_fields: guess.more_fields,
            options,
            wrapped_in: guess.wrapper_field,
        }
    }
}
