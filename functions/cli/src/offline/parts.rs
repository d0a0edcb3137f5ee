//! The parts of a verified archive: a record of each part whose manifest the verification accepts, and what
//! it found of the part's object.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use archive::frequency::Frequency;
use archive::manifest::Manifest;
use archive::names::{ConnectorId, WorkerId};
use archive::note::SignedManifest;
use archive::part::{Content, Encoding, Part, PartNumber};
use archive::staging_keys::{StagedObject, part_number_of, staged_key};
use archive::time::Time;
use archive::verify::observer::{ObjectState, PartObserver};
use protocol::cursor::Cursor;

/// The name under which the reader knows the file of a part: the one attempt to stage it.
const ATTEMPT: &str = "archive";
/// No exporter counts further. A forged manifest may say any number.
const MAX_NUMBER: u64 = 1_000_000_000_000;

/// Collects the parts while the archive is verified.
#[derive(Debug, Default)]
pub(super) struct PartCollector(Mutex<Collected>);

#[derive(Debug, Default)]
struct Collected {
    parts: BTreeMap<PartNumber, VerifiedPart>,
    newest: Option<Newest>,
}

/// A part, as its manifest describes it.
#[derive(Debug, Clone)]
pub(super) struct VerifiedPart {
    pub(super) part: Part,
    pub(super) object: ObjectState,
}

/// What only the newest manifest says.
#[derive(Debug, Clone, Copy)]
struct Newest {
    encoding: Encoding,
    frequency: Frequency,
}

impl PartObserver for PartCollector {
    fn accepted(&self, manifest: &Manifest, note: Option<SignedManifest>) {
        if manifest.part.get() > MAX_NUMBER {
            return;
        }
        let mut collected = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        collected.newest = Some(Newest { encoding: manifest.encoding, frequency: manifest.frequency });
        // Until its object was checked, nothing of it is shown.
        let part = VerifiedPart { part: record(manifest, note), object: ObjectState::NotRead };
        collected.parts.insert(manifest.part, part);
    }

    fn object(&self, part: PartNumber, object: ObjectState) {
        let mut collected = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(part) = collected.parts.get_mut(&part) {
            part.object = object;
            // Of this copy, not of the bucket: a part whose file is missing or altered is not delivered here.
            part.part.delivered_at = (object == ObjectState::AsSealed).then_some(part.part.sealed_at);
        }
    }
}

impl PartCollector {
    /// The parts, after the verification; `None` if it accepts none.
    pub(super) fn finish(&self) -> Option<VerifiedParts> {
        let mut collected = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Collected { parts, newest } = std::mem::take(&mut *collected);
        let connector = parts.values().next()?.part.connector.clone();
        Some(VerifiedParts { connector, newest: newest?, parts })
    }
}

/// The record of a part, as far as its manifest has it.
fn record(manifest: &Manifest, note: Option<SignedManifest>) -> Part {
    let connector = manifest.origin.connector.clone();
    let key = |object| staged_key(&connector, manifest.part, ATTEMPT, object);
    Part {
        number: manifest.part,
        window: manifest.window,
        kind: manifest.kind(),
        events: manifest.events,
        late: manifest.late,
        unreadable: manifest.unreadable,
        first: manifest.times.map(|(first, _)| first),
        last: manifest.times.map(|(_, last)| last),
        encoding: manifest.encoding,
        sha256: manifest.sha256,
        size: manifest.size,
        raw_sha256: manifest.raw_sha256,
        raw_size: manifest.raw_size,
        content: Content::Staged { data: key(StagedObject::Data), keys: key(StagedObject::Keys) },
        sealed_at: manifest.sealed,
        // No manifest names the worker.
        sealed_by: WorkerId::new(0, 0),
        manifest: note,
        delivered_at: None,
        connector,
    }
}

/// The parts of one connector, at least one.
#[derive(Debug)]
pub(super) struct VerifiedParts {
    pub(super) connector: ConnectorId,
    newest: Newest,
    parts: BTreeMap<PartNumber, VerifiedPart>,
}

impl VerifiedParts {
    /// The part that is kept under this staging key.
    pub(super) fn by_key(&self, key: &str) -> Option<&VerifiedPart> {
        let part = self.parts.get(&part_number_of(&self.connector, key)?)?;
        let is_data = |part: &Part| matches!(&part.content, Content::Staged { data, .. } if data == key);
        Some(part).filter(|part| is_data(&part.part))
    }

    /// Whether the object of this part has the bytes that were sealed.
    pub(super) fn is_as_sealed(&self, number: PartNumber) -> bool {
        self.parts.get(&number).is_some_and(|part| part.object == ObjectState::AsSealed)
    }

    /// The parts before this number, the newest first.
    pub(super) fn before(&self, before: Option<PartNumber>) -> impl Iterator<Item = &VerifiedPart> {
        let end = before.unwrap_or(PartNumber::new(u64::MAX));
        self.parts.range(..end).rev().map(|(_, part)| part)
    }

    /// How many of them have events, and so an index.
    pub(super) fn with_events(&self) -> usize {
        self.parts.values().filter(|part| part.part.events > 0).count()
    }

    /// Encoding and frequency by the newest manifest.
    pub(super) const fn settings(&self) -> (Encoding, Frequency) {
        (self.newest.encoding, self.newest.frequency)
    }

    /// The first instant of the first window.
    pub(super) fn since(&self) -> Time {
        self.parts.values().map(|part| part.part.window.from).min().unwrap_or(Time::EPOCH)
    }

    /// The cursor of a connector that has sealed these parts, and nothing since. Each part's record says
    /// whether it is delivered.
    pub(super) fn cursor(&self) -> Cursor {
        let newest = self.parts.keys().next_back().copied().unwrap_or_default();
        let watermark = self.parts.values().map(|part| part.part.window.to).max().unwrap_or(Time::EPOCH);
        Cursor {
            next: newest.next(),
            watermark,
            delivered: PartNumber::NONE,
            ..Cursor::new(self.since(), watermark, Time::LAST)
        }
    }
}
