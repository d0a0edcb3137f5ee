//! Looks into the objects, several at once: each event's text, time and tenant, and the identities of all.

use std::collections::HashSet;
use std::io;
use std::sync::{Mutex, PoisonError};

use domain::manifest::Manifest;
use domain::part::{Kind as PartKind, PartNumber, Window};
use domain::time::Time;
use serde::{Deserialize, Serialize};

use super::archive::Archive;
use super::check::{Ask, Progress};
use super::events::{Event, Reader, Told};
use super::files::{Match, Matches, Next};
use super::finding::{Finding, Findings, Kind};
use super::identities::{Identities, MOST_FLAWED, Place, record};
use super::object::{self, Flaw};
use super::sorter::Sorter;

/// What the objects hold.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Content {
    /// How many objects are there and are what their manifests say.
    pub(crate) objects: u64,
    /// Their bytes.
    pub(crate) bytes: u64,
    /// Their bytes, uncompressed.
    pub(crate) raw_bytes: u64,
    /// Their events, heartbeats left out.
    pub(crate) events: u64,
    /// Events whose ID was found.
    pub(crate) with_id: u64,
    /// Events whose time was found.
    pub(crate) with_time: u64,
    /// Events whose likely time lies outside their window.
    pub(crate) time_outside: u64,
    /// Events whose tenant was found.
    pub(crate) with_tenant: u64,
    /// The tenant of all of them, if its field was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tenant: Option<String>,
}

/// Looks into objects.
pub(crate) struct Contents<'a> {
    archive: &'a dyn Archive,
    ask: &'a Ask,
    findings: &'a Findings,
    progress: &'a Progress,
    reader: Reader,
    /// Of each thread's identities.
    memory: usize,
    /// The tenant of the first event that was met.
    tenant: Mutex<Option<String>>,
}

/// What one thread has seen.
struct Seen {
    content: Content,
    identities: Sorter,
    /// Parts whose objects are not what they must be: their events count for nothing.
    flawed: HashSet<PartNumber>,
}

/// What is counted in one object.
#[derive(Default)]
struct Count {
    events: u64,
    unreadable: u64,
    with_id: u64,
    with_time: u64,
    with_tenant: u64,
    before: u64,
    behind: u64,
    untimed_unreadable: u64,
    other_tenant: Option<u64>,
}

impl<'a> Contents<'a> {
    pub(crate) fn new(
        archive: &'a dyn Archive,
        ask: &'a Ask,
        findings: &'a Findings,
        progress: &'a Progress,
        memory: usize,
    ) -> Self {
        let reader = Reader::new(&ask.fields);
        Self { archive, ask, findings, progress, reader, memory, tenant: Mutex::default() }
    }

    /// Looks into all of them.
    ///
    /// # Errors
    /// If a temporary file fails.
    pub(crate) fn of_all(self, matches: &Matches, threads: usize) -> io::Result<(Content, Identities)> {
        let results: Vec<io::Result<Seen>> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..threads).map(|_| scope.spawn(|| self.work(matches))).collect();
            let failed = |_| Err(io::Error::other("a thread failed"));
            threads.into_iter().map(|thread| thread.join().unwrap_or_else(failed)).collect()
        });
        let mut content = Content::default();
        let mut identities = Identities::default();
        for seen in results {
            let seen = seen?;
            content.add(&seen.content);
            identities.sorters.push(seen.identities);
            identities.flawed.extend(seen.flawed);
        }
        content.tenant = self.tenant.into_inner().unwrap_or_else(PoisonError::into_inner);
        if content.time_outside > 0 {
            let detail = format!(
                "{} of {} events tell a time outside of their window in a field that looks like a time. Windows go by the time of writing, so this is no fault by itself; name the field of that time with --time-field to have it checked.",
                content.time_outside, content.events
            );
            self.findings.add(Finding::new(Kind::EventTimeDiffers, detail));
        }
        Ok((content, identities))
    }

    fn work(&self, matches: &Matches) -> io::Result<Seen> {
        let mut seen = Seen {
            content: Content::default(),
            identities: Sorter::new(self.memory),
            flawed: HashSet::new(),
        };
        loop {
            match matches.next(self.findings)? {
                Next::End => return Ok(seen),
                Next::Missing => {}
                Next::Match(found) => self.object(&found, &mut seen)?,
            }
        }
    }

    fn object(&self, found: &Match, seen: &mut Seen) -> io::Result<()> {
        let Match { manifest, size } = found;
        let name = manifest.object();
        let mut count = Count::default();
        let mut failed = Ok(());
        let read = if *size == manifest.size {
            let mut on_read = |bytes| Progress::add(&self.progress.read, bytes);
            let mut each = |line: &[u8]| {
                let event = self.reader.read(line)?;
                if manifest.events == 0 {
                    return heartbeat(line, manifest);
                }
                count.add(&event, manifest);
                if let Some(tenant) = &event.tenant
                    && !self.is_of_one(tenant)
                {
                    count.other_tenant = count.other_tenant.or(Some(count.events));
                }
                let place = Place { part: manifest.part, number: count.events };
                failed = seen.identities.push(&record(event.identity, place));
                if failed.is_err() { Err("a temporary file can't be written".to_owned()) } else { Ok(()) }
            };
            let file = self.archive.open(&name).map_err(Flaw::Unread);
            file.and_then(|file| object::read(file, manifest, &mut on_read, &mut each))
        } else {
            Progress::add(&self.progress.read, *size);
            Err(Flaw::Changed(format!("it has {size} bytes, and must have {}", manifest.size)))
        };
        failed?;
        Progress::add(&self.progress.events, count.events);
        match read {
            Ok(events) => {
                self.judge(&name, manifest, events, &count);
                seen.content.count(manifest, &count, self.ask.fields.time.is_none());
            }
            Err(flaw) => {
                if seen.flawed.len() < MOST_FLAWED {
                    seen.flawed.insert(manifest.part);
                }
                let (kind, detail) = match flaw {
                    Flaw::Unread(error) => (Kind::NotRead, format!("it can't be read: {error}")),
                    Flaw::Changed(how) => (Kind::ObjectChanged, how),
                    Flaw::Content(how) => (Kind::ContentMismatch, how),
                };
                self.tell(kind, detail, &name, manifest);
            }
        }
        Ok(())
    }

    fn is_of_one(&self, tenant: &str) -> bool {
        let mut first = self.tenant.lock().unwrap_or_else(PoisonError::into_inner);
        first.get_or_insert_with(|| tenant.to_owned()) == tenant
    }

    /// Holds what was counted against what the manifest says.
    fn judge(&self, name: &str, manifest: &Manifest, lines: u64, count: &Count) {
        let expected = if manifest.kind() == PartKind::Heartbeat { 1 } else { manifest.events };
        if lines != expected {
            let detail = format!("it holds {lines} events, and its manifest says {expected}");
            self.tell(Kind::CountMismatch, detail, name, manifest);
        }
        if count.unreadable < manifest.unreadable {
            let detail = format!(
                "it holds {} records of unreadable items, and its manifest says {}",
                count.unreadable, manifest.unreadable
            );
            self.tell(Kind::CountMismatch, detail, name, manifest);
        }
        let product = count.events - count.unreadable;
        let fields = &self.ask.fields;
        let missing = |field: &Option<String>, with: u64, of: u64| {
            if let Some(field) = field
                && with < of
            {
                let detail = format!("{} of its events have no such field `{field}`", of - with);
                self.tell(Kind::FieldMissing, detail, name, manifest);
            }
        };
        missing(&fields.id, count.with_id, count.events);
        missing(&fields.tenant, count.with_tenant, product);
        if let Some(number) = count.other_tenant {
            let detail = format!("event {number} is of another tenant than the first event that was met");
            self.tell(Kind::TenantMixed, detail, name, manifest);
        }
        if fields.time.is_none() {
            return;
        }
        missing(&fields.time, count.with_time + count.untimed_unreadable, count.events);
        if count.behind > 0 {
            let detail = format!("{} of its events are of a time behind its window", count.behind);
            self.tell(Kind::EventOutsideWindow, detail, name, manifest);
        }
        // A record without a time may be a late one.
        let late = count.before..=count.before + count.untimed_unreadable;
        if !late.contains(&manifest.late) && count.with_time > 0 {
            let detail = format!(
                "{} of its events are of a time before its window, and its manifest says that {} are",
                count.before, manifest.late
            );
            self.tell(Kind::EventOutsideWindow, detail, name, manifest);
        }
    }

    fn tell(&self, kind: Kind, detail: String, name: &str, manifest: &Manifest) {
        let finding = Finding::new(kind, detail).file(name).part(manifest.part);
        self.findings.add(finding.since(manifest.window.from));
    }
}

impl Count {
    fn add(&mut self, event: &Event, manifest: &Manifest) {
        self.events += 1;
        self.unreadable += u64::from(event.is_unreadable);
        self.with_id += u64::from(event.identity.has_id);
        self.with_tenant += u64::from(event.tenant.is_some());
        match event.time {
            Told::Value(time) => {
                self.with_time += 1;
                self.before += u64::from(time < manifest.window.from);
                self.behind += u64::from(time >= manifest.window.to);
            }
            Told::Other | Told::Nothing => self.untimed_unreadable += u64::from(event.is_unreadable),
        }
    }
}

impl Content {
    /// Adds a sound object.
    fn count(&mut self, manifest: &Manifest, count: &Count, time_is_likely: bool) {
        self.objects += 1;
        self.bytes += manifest.size;
        self.raw_bytes += manifest.raw_size;
        self.events += count.events;
        self.with_id += count.with_id;
        self.with_time += count.with_time;
        self.with_tenant += count.with_tenant;
        if time_is_likely {
            self.time_outside += count.behind + count.before.saturating_sub(manifest.late);
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

/// What a heartbeat says.
#[derive(Deserialize)]
struct Heartbeat {
    r#type: String,
    connector: String,
    window: Window,
    part: PartNumber,
    time: Time,
}

/// Whether the event of a quiet window says what its manifest says.
fn heartbeat(line: &[u8], manifest: &Manifest) -> Result<(), String> {
    let beat: Heartbeat = serde_json::from_slice(line).map_err(|_| "it is no heartbeat".to_owned())?;
    let same = beat.r#type == "auditferry.heartbeat"
        && beat.connector == manifest.origin.connector.as_str()
        && (beat.window, beat.part, beat.time) == (manifest.window, manifest.part, manifest.sealed);
    if same { Ok(()) } else { Err("it is not the heartbeat of this part".to_owned()) }
}
