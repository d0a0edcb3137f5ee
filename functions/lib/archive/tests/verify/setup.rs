//! What all tests of the verifier share: archives in memory, and what an auditor knows.

use std::io::{self, Read};

use archive::files::resources::new_temp_file;
use archive::time::Time;
use archive::verify::archive::{Archive, Entry, EntryKind};
use archive::verify::check::{Outcome, Progress, VerifyOptions, check};
use archive::verify::events::Fields;
use archive::verify::finding::Kind;
use archive::verify::resources::Resources;
use samples::archive::{Files, Sealer, TestKey, sample_archive};

/// An archive in memory.
pub(crate) struct Memory<'a>(pub(crate) &'a Files);

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

    fn open_range(&self, name: &str, offset: u64, length: u64) -> io::Result<Box<dyn Read + Send + '_>> {
        let bytes = self.0.get(name).ok_or(io::ErrorKind::NotFound)?;
        let from = usize::try_from(offset).map_or(bytes.len(), |offset| offset.min(bytes.len()));
        Ok(Box::new(bytes[from..].take(length)))
    }

    fn concurrency(&self) -> usize {
        1
    }
}

pub(crate) fn at(text: &str) -> Time {
    text.parse().unwrap()
}

/// The options of an auditor without any knowledge: the copy was taken soon after the end of the sample
/// archive.
pub(crate) fn options() -> VerifyOptions {
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
        resources: resources(),
    }
}

/// Little memory, so that also small archives use temporary files.
pub(crate) fn resources() -> Resources {
    Resources { memory: 1 << 20, threads: 2, min_temp_bytes: 1 << 20, new_temp_file }
}

/// The options of an auditor who knows the vendor's first key and the fields of the events.
pub(crate) fn pinned_options() -> VerifyOptions {
    let fields = Fields { id: Some("eventID".into()), time: Some("eventTime".into()), tenant: None };
    VerifyOptions { pins: vec![TestKey::new(7).ring_key()], fields, ..options() }
}

pub(crate) fn verify(files: &Files, options: &VerifyOptions) -> Outcome {
    check(&Memory(files), options, &Progress::default()).unwrap()
}

/// The sample archive of one connector, with its own key.
pub(crate) fn sample() -> Sealer {
    sample_archive(1, 7)
}

pub(crate) fn kinds(outcome: &Outcome) -> Vec<Kind> {
    outcome.counts.keys().copied().collect()
}
