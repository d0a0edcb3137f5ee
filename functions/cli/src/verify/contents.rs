//! Checks the content of the objects, several concurrently: each event's text, time and tenant, and the
//! identities of all.

use std::collections::HashSet;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use archive::generated_events::Heartbeat;
use archive::manifest::Manifest;
use archive::part::{PartLimits, PartNumber};
use serde::Serialize;

use super::archive::Archive;
use super::check::{Progress, VerifyOptions};
use super::event_counts::EventCounts;
use super::events::{Event, EventReader};
use super::finding::{Finding, Findings, Kind};
use super::identities::{EventPosition, Identities, MAX_FLAWED_PARTS, encode};
use super::object::{self, MAX_EVENT_BYTES, ObjectError};
use super::object_matcher::{Match, NextObject, ObjectMatcher};
use super::sorter::{DiskQuota, Sorter};

/// Maximum size of temporary files per byte of the objects, and in any case: 41 bytes identify an event, and
/// the smallest events of a product take about as many, compressed. Anything larger was made to fill the
/// auditor's disk.
const TEMP_BYTES_PER_BYTE: u64 = 8;
const MIN_TEMP_BYTES: u64 = if cfg!(test) { 1 << 20 } else { 256 << 20 };

/// The totals of the objects' contents.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Content {
    /// The number of objects that match their manifests.
    pub(crate) objects: u64,
    /// Their size in bytes.
    pub(crate) bytes: u64,
    /// Their uncompressed size in bytes.
    pub(crate) raw_bytes: u64,
    /// The number of their events, without heartbeats.
    pub(crate) events: u64,
    /// The number of events with an ID.
    pub(crate) with_id: u64,
    /// The number of events with a time.
    pub(crate) with_time: u64,
    /// The number of events whose likely time is outside of their window.
    pub(crate) time_outside: u64,
    /// The number of events with a tenant.
    pub(crate) with_tenant: u64,
    /// The tenant of all events, if its field was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tenant: Option<String>,
}

/// Checks the content of objects.
pub(crate) struct ContentCheck<'a> {
    archive: &'a dyn Archive,
    options: &'a VerifyOptions,
    findings: &'a Findings,
    progress: &'a Progress,
    reader: EventReader,
    /// The memory for each thread's identities, in bytes.
    memory: usize,
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
        memory: usize,
    ) -> Self {
        let reader = EventReader::new(&options.fields);
        let quota = Arc::new(DiskQuota::new(
            TEMP_BYTES_PER_BYTE.saturating_mul(Progress::get(&progress.total)).saturating_add(MIN_TEMP_BYTES),
        ));
        let (tenant, quota_exceeded) = (Mutex::default(), AtomicBool::default());
        Self { archive, options, findings, progress, reader, memory, tenant, quota, quota_exceeded }
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
            let threads: Vec<_> = (0..threads).map(|_| scope.spawn(|| self.work(matches))).collect();
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

    fn work(&self, matches: &ObjectMatcher) -> io::Result<WorkerResult> {
        let mut result = WorkerResult {
            content: Content::default(),
            identities: Sorter::with_quota(self.memory, Arc::clone(&self.quota)),
            flawed: HashSet::new(),
        };
        loop {
            match matches.next(self.findings)? {
                NextObject::End => return Ok(result),
                NextObject::Missing => {}
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
                let mut report = |kind, detail| self.report(kind, detail, &name, manifest);
                count.check(manifest, &self.options.fields, events, &mut report);
                result.content.count(manifest, &count, self.options.fields.time.is_none());
            }
            Err(flaw) => {
                result.mark_flawed(manifest.part);
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

impl Content {
    /// Adds an object that matches its manifest.
    fn count(&mut self, manifest: &Manifest, count: &EventCounts, time_is_likely: bool) {
        let total = count.total(manifest);
        self.objects += 1;
        self.bytes += manifest.size;
        self.raw_bytes += manifest.raw_size;
        self.events += count.events;
        self.with_id += total.with_id;
        self.with_time += total.with_time;
        self.with_tenant += total.with_tenant;
        if time_is_likely {
            self.time_outside += total.after_window + total.before_window.saturating_sub(manifest.late);
        }
    }

    fn add(&mut self, other: &Self) {
        self.objects += other.objects;
        self.bytes += other.bytes;
        self.raw_bytes += other.raw_bytes;
        self.events += other.events;
        self.with_id += other.with_id;
        self.with_time += other.with_time;
        self.time_outside += other.time_outside;
        self.with_tenant += other.with_tenant;
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

/// Checks the heartbeat event of a quiet window against its manifest.
fn check_heartbeat(line: &[u8], manifest: &Manifest) -> Result<(), String> {
    let beat: Heartbeat = serde_json::from_slice(line).map_err(|_| "it is not a heartbeat".to_owned())?;
    let same = beat.is_of(&manifest.origin.connector, manifest.part, manifest.window)
        && beat.time == manifest.sealed;
    if same { Ok(()) } else { Err("it is not the heartbeat of this part".to_owned()) }
}
