//! Checks the content of the objects, several concurrently: each event's text, time and tenant, and the
//! identities of all.

use std::collections::HashSet;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::archive::Archive;
use super::check::{Progress, VerifyOptions};
use super::content::Content;
use super::event_counts::EventCounts;
use super::events::{Event, EventReader};
use super::finding::{Finding, Findings, Kind};
use super::heartbeat::check_heartbeat;
use super::identities::{EventPosition, Identities, MAX_FLAWED_PARTS, encode};
use super::object::{self, ObjectError};
use super::object_matcher::{Match, NextObject, ObjectMatcher};
use super::observer::{ObjectState, PartObserver};
use super::sorter::{DiskQuota, Sorter};
use crate::encode::MAX_EVENT_BYTES;
use crate::manifest::Manifest;
use crate::part::{PartLimits, PartNumber};

/// Maximum size of temporary files per byte of the objects, beside what any archive may use: 41 bytes
/// identify an event, and the smallest events of a product take about as many, compressed. Anything larger
/// was made to fill the auditor's disk.
const TEMP_BYTES_PER_BYTE: u64 = 8;

/// Checks the content of objects.
pub(crate) struct ContentCheck<'a> {
    archive: &'a dyn Archive,
    options: &'a VerifyOptions,
    findings: &'a Findings,
    progress: &'a Progress,
    observer: &'a dyn PartObserver,
    reader: EventReader,
    /// The tenant of the first event that was read.
    tenant: Mutex<Option<String>>,
    /// The limit of the temporary files.
    quota: Arc<DiskQuota>,
    /// Whether the limit was exceeded.
    quota_exceeded: AtomicBool,
}

/// The result of one thread.
struct WorkerResult {
    content: Content,
    identities: Sorter,
    /// Parts whose objects don't match their manifests; their events are ignored.
    flawed: HashSet<PartNumber>,
}

impl<'a> ContentCheck<'a> {
    pub(crate) fn new(
        archive: &'a dyn Archive,
        options: &'a VerifyOptions,
        findings: &'a Findings,
        progress: &'a Progress,
        observer: &'a dyn PartObserver,
    ) -> Self {
        let reader = EventReader::new(&options.fields);
        let proportional = TEMP_BYTES_PER_BYTE.saturating_mul(Progress::get(&progress.total));
        let quota = Arc::new(DiskQuota::new(proportional.saturating_add(options.resources.min_temp_bytes)));
        let (tenant, quota_exceeded) = (Mutex::default(), AtomicBool::default());
        Self { archive, options, findings, progress, observer, reader, tenant, quota, quota_exceeded }
    }

    /// Checks all objects.
    ///
    /// # Errors
    /// If a temporary file fails.
    pub(crate) fn check_all(
        self,
        matches: &ObjectMatcher,
        threads: usize,
    ) -> io::Result<(Content, Identities)> {
        let results: Vec<io::Result<WorkerResult>> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..threads).map(|_| scope.spawn(|| self.work(matches, threads))).collect();
            let failed = |_| Err(io::Error::other("a thread panicked"));
            threads.into_iter().map(|thread| thread.join().unwrap_or_else(failed)).collect()
        });
        let mut content = Content::default();
        let mut identities = Identities::default();
        for result in results {
            let result = result?;
            content.add(&result.content);
            identities.sorters.push(result.identities);
            identities.flawed.extend(result.flawed);
        }
        if self.quota_exceeded.into_inner() {
            let detail = format!(
                "the identities of its events would take more than {} MB of temporary files, far more than \
                 an archive of this size needs; duplicate events were not ruled out",
                self.quota.limit() / 1_000_000
            );
            self.findings.add(Finding::new(Kind::BeyondLimits, detail));
            identities = Identities::default();
        }
        content.tenant = self.tenant.into_inner().unwrap_or_else(PoisonError::into_inner);
        if content.time_outside > 0 {
            let detail = format!(
                "{} of {} events have a time outside of their window in a field that looks like a time. \
                 Windows use the time of writing, so this is not an error by itself; name the field with \
                 that time by --time-field to check it.",
                content.time_outside, content.events
            );
            self.findings.add(Finding::new(Kind::EventTimeDiffers, detail));
        }
        Ok((content, identities))
    }

    fn work(&self, matches: &ObjectMatcher, threads: usize) -> io::Result<WorkerResult> {
        let mut result = WorkerResult {
            content: Content::default(),
            identities: self.options.resources.sorter(2 * threads).with_quota(Arc::clone(&self.quota)),
            flawed: HashSet::new(),
        };
        loop {
            match matches.next(self.findings)? {
                NextObject::End => return Ok(result),
                NextObject::Missing(part) => self.observer.object(part, ObjectState::Missing),
                NextObject::Match(found) => self.check_object(&found, &mut result)?,
            }
        }
    }

    fn check_object(&self, found: &Match, result: &mut WorkerResult) -> io::Result<()> {
        let Match { manifest, size } = found;
        let name = manifest.object();
        if let Some(how) = beyond_limits(manifest) {
            Progress::add(&self.progress.read, *size);
            result.mark_flawed(manifest.part);
            self.observer.object(manifest.part, ObjectState::NotRead);
            self.report(Kind::BeyondLimits, how, &name, manifest);
            return Ok(());
        }
        let mut count = EventCounts::default();
        let mut failed = Ok(());
        let read = if *size == manifest.size {
            let mut on_read = |bytes| Progress::add(&self.progress.read, bytes);
            let mut each = |line: &[u8]| {
                let event = self.reader.read(line)?;
                if manifest.events == 0 {
                    return check_heartbeat(line, manifest);
                }
                count.add(&event, manifest);
                if !event.tenants.iter().all(|tenant| self.is_same_tenant(tenant)) {
                    count.other_tenant = count.other_tenant.or(Some(count.events));
                }
                let position = EventPosition { part: manifest.part, number: count.events };
                failed = self.record_identities(&event, position, &mut result.identities);
                if failed.is_err() { Err("a temporary file can't be written".to_owned()) } else { Ok(()) }
            };
            let file = self.archive.open(&name).map_err(ObjectError::Unreadable);
            file.and_then(|file| object::read(file, manifest, &mut on_read, &mut each))
        } else {
            Progress::add(&self.progress.read, *size);
            Err(ObjectError::Changed(format!("it has {size} bytes instead of {}", manifest.size)))
        };
        failed?;
        Progress::add(&self.progress.events, count.events);
        match read {
            Ok(events) => {
                self.observer.object(manifest.part, ObjectState::AsSealed);
                let mut report = |kind, detail| self.report(kind, detail, &name, manifest);
                count.check(manifest, &self.options.fields, events, &mut report);
                result.content.count(manifest, &count, self.options.fields.time.is_none());
            }
            Err(flaw) => {
                result.mark_flawed(manifest.part);
                let is_read = !matches!(flaw, ObjectError::Unreadable(_));
                let state = if is_read { ObjectState::Differs } else { ObjectState::NotRead };
                self.observer.object(manifest.part, state);
                let (kind, detail) = match flaw {
                    ObjectError::Unreadable(error) => (Kind::NotRead, format!("it can't be read: {error}")),
                    ObjectError::Changed(how) => (Kind::ObjectChanged, how),
                    ObjectError::ContentMismatch(how) => (Kind::ContentMismatch, how),
                    ObjectError::TooManyEvents(expected) => (
                        Kind::CountMismatch,
                        format!("it contains more events than the {expected} of its manifest"),
                    ),
                };
                self.report(kind, detail, &name, manifest);
            }
        }
        Ok(())
    }

    /// Records the identities of an event, unless the limit of temporary files is exceeded.
    fn record_identities(
        &self,
        event: &Event,
        position: EventPosition,
        sorter: &mut Sorter,
    ) -> io::Result<()> {
        for identity in &event.identities {
            if self.quota_exceeded.load(Ordering::Relaxed) {
                return Ok(());
            }
            match sorter.push(&encode(*identity, position)) {
                Err(error) if error.kind() == io::ErrorKind::QuotaExceeded => {
                    self.quota_exceeded.store(true, Ordering::Relaxed);
                }
                pushed => pushed?,
            }
        }
        Ok(())
    }

    fn is_same_tenant(&self, tenant: &str) -> bool {
        let mut first = self.tenant.lock().unwrap_or_else(PoisonError::into_inner);
        first.get_or_insert_with(|| tenant.to_owned()) == tenant
    }

    fn report(&self, kind: Kind, detail: String, name: &str, manifest: &Manifest) {
        let finding = Finding::new(kind, detail).file(name).part(manifest.part);
        self.findings.add(finding.since(manifest.window.from));
    }
}

impl WorkerResult {
    /// Marks a part whose events are ignored.
    fn mark_flawed(&mut self, part: PartNumber) {
        if self.flawed.len() < MAX_FLAWED_PARTS {
            self.flawed.insert(part);
        }
    }
}

/// Whether a part is larger than the exporter creates. The manifest may be a stranger's, and decompressing
/// its object could take arbitrarily long.
fn beyond_limits(manifest: &Manifest) -> Option<String> {
    let PartLimits { events, bytes } = PartLimits::MAX;
    // The last event may exceed the limit, and so does the layout's last line.
    (manifest.events > events || manifest.raw_size > bytes + MAX_EVENT_BYTES).then(|| {
        format!(
            "its manifest says {} events in {} bytes uncompressed. A part has at most {events} events in \
             {bytes} bytes, so it was not read.",
            manifest.events, manifest.raw_size
        )
    })
}
