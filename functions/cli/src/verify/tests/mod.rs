//! The verifier on archives in memory: valid ones, and tampered ones.

mod bucket_writer;
mod hostile;
mod keys;
mod odd_events;
mod tamper_cases;
mod tampering;
mod valid_archives;

use std::io::{self, Read};

use archive::names::ConnectorId;
use archive::time::Time;
use tests::archive::{Files, Sealer, TestKey, sample_archive};

use super::archive::{Archive, Entry, EntryKind};
use super::check::{Outcome, Progress, Verdict, VerifyOptions, check};
use super::events::Fields;
use super::finding::Kind;

/// An archive in memory.
struct Memory<'a>(&'a Files);

impl Archive for Memory<'_> {
    fn list(&self, each: &mut dyn FnMut(Entry) -> io::Result<()>) -> io::Result<()> {
        for (name, bytes) in self.0 {
            each(Entry { name: name.clone(), kind: EntryKind::File(bytes.len() as u64) })?;
        }
        Ok(())
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn Read + Send + '_>> {
        let bytes = self.0.get(name).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(bytes.as_slice()))
    }

    fn concurrency(&self) -> usize {
        1
    }
}

fn at(text: &str) -> Time {
    text.parse().unwrap()
}

/// The options of an auditor without any knowledge: the copy was taken soon after the end of the sample
/// archive.
fn options() -> VerifyOptions {
    VerifyOptions {
        pins: Vec::new(),
        connector: None,
        from: None,
        to: None,
        newest: None,
        boundaries: Vec::new(),
        location: None,
        as_of: at("2026-11-20T10:30:00Z"),
        fields: Fields::default(),
        memory: 1 << 20,
    }
}

/// The options of an auditor who knows the vendor's first key and the fields of the events.
fn pinned_options() -> VerifyOptions {
    let fields = Fields { id: Some("eventID".into()), time: Some("eventTime".into()), tenant: None };
    VerifyOptions { pins: vec![TestKey::new(7).ring_key()], fields, ..options() }
}

fn verify(files: &Files, options: &VerifyOptions) -> Outcome {
    check(&Memory(files), options, &Progress::default()).unwrap()
}

/// The sample archive of one connector, with its own key.
fn sample() -> Sealer {
    sample_archive(1, 7)
}

fn kinds(outcome: &Outcome) -> Vec<Kind> {
    outcome.counts.keys().copied().collect()
}
