//! The ground truth, independent of the exporter: every item of the table, what each seal contained, and what
//! each bucket got. It sees every effect when it happens, and records a violation at once.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::time::Duration;

use archive::names::{ConnectorId, TenantId};
use archive::part::{Compression, Content, Format, Part, PartKind, PartNumber};
use archive::sort_key::SortKey;
use archive::time::Time;
use bytes::Bytes;
use tests::fakes::FakeStaging;

/// One item of the table.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) tenant: TenantId,
    pub(crate) partition: String,
    pub(crate) sort_key: SortKey,
    /// Its line in a file.
    pub(crate) line: String,
    /// The time in its key, or that of the keys around it; `None` if no window reaches it.
    pub(crate) time: Option<Time>,
    pub(crate) visible_at: Time,
    pub(crate) deleted: bool,
}

/// What one connector's seals contained.
#[derive(Debug, Clone)]
pub(crate) struct Sealed {
    pub(crate) tenant: TenantId,
    /// The items, by their index in the ground truth's list.
    pub(crate) items: BTreeSet<usize>,
    pub(crate) parts: Vec<Part>,
    /// The parts for which a notice was published.
    pub(crate) published: BTreeSet<PartNumber>,
    since: Time,
}

/// A customer's bucket between its creation and its deletion.
#[derive(Debug, Clone, Default)]
struct Bucket {
    another: bool,
    written: BTreeSet<String>,
}

/// Everything that is true of one deployment.
#[derive(Debug, Default)]
pub(crate) struct GroundTruth {
    pub(crate) items: Vec<Item>,
    pub(crate) sealed: BTreeMap<ConnectorId, Sealed>,
    /// What each connector's customer got, by the name below the prefix, deleted or not.
    pub(crate) delivered: BTreeMap<ConnectorId, BTreeMap<String, Bytes>>,
    pub(crate) violations: Vec<String>,
    by_line: BTreeMap<String, usize>,
    keys: BTreeSet<(String, String)>,
    buckets: BTreeMap<String, Bucket>,
    /// Everything that was ever written, by bucket and key, whatever became of the bucket.
    ever: BTreeSet<(String, String)>,
    /// The owner of each folder, as bucket and prefix.
    folders: Vec<(String, String, ConnectorId)>,
    /// When a worker opened a partition of a tenant for the window that ends at this time, and where its read
    /// began.
    reads: BTreeMap<(usize, TenantId, Time), (Time, Time)>,
}

impl GroundTruth {
    pub(crate) fn violation(&mut self, violation: String) {
        self.violations.push(violation);
    }

    pub(crate) fn add_item(&mut self, item: Item) {
        self.by_line.insert(item.line.clone(), self.items.len());
        self.keys.insert((item.partition.clone(), item.sort_key.as_str().to_owned()));
        self.items.push(item);
    }

    /// Whether an item has this key.
    pub(crate) fn has_key(&self, partition: &str, sort_key: &SortKey) -> bool {
        self.keys.contains(&(partition.to_owned(), sort_key.as_str().to_owned()))
    }

    pub(crate) fn add_connector(&mut self, id: &ConnectorId, tenant: &TenantId, since: Time) {
        let sealed = Sealed {
            tenant: tenant.clone(),
            items: BTreeSet::new(),
            parts: Vec::new(),
            published: BTreeSet::new(),
            since,
        };
        self.sealed.insert(id.clone(), sealed);
        self.delivered.insert(id.clone(), BTreeMap::new());
    }

    pub(crate) fn add_folder(&mut self, bucket: &str, prefix: &str, id: &ConnectorId) {
        self.folders.push((bucket.to_owned(), prefix.to_owned(), id.clone()));
    }

    /// A bucket was created, by its owner or by another account (`another`).
    pub(crate) fn bucket_created(&mut self, bucket: &str, another: bool) {
        self.buckets.insert(bucket.to_owned(), Bucket { another, written: BTreeSet::new() });
    }

    /// How far the slowest of a tenant's connectors has sealed.
    pub(crate) fn sealed_to(&self, tenant: &TenantId) -> Time {
        let theirs = self.sealed.values().filter(|sealed| sealed.tenant == *tenant);
        let to = theirs.map(|sealed| sealed.parts.last().map_or(sealed.since, |last| last.window.to)).min();
        to.unwrap_or(Time::EPOCH)
    }

    /// A worker opened a partition for reading.
    pub(crate) fn opened(&mut self, worker: usize, tenant: &TenantId, from: Time, to: Time, now: Time) {
        let read = self.reads.entry((worker, tenant.clone(), to)).or_insert((now, from));
        *read = (read.0.min(now), read.1.max(from));
    }

    /// A worker sealed a part.
    pub(crate) fn seal(&mut self, worker: usize, part: &Part, staging: &FakeStaging) {
        let Some(sealed) = self.sealed.get_mut(&part.connector) else {
            return self.violation(format!("a part of an unknown connector was sealed: {}", part.connector));
        };
        let expected = sealed.parts.last().map_or(PartNumber::FIRST, |last| last.number.next());
        let watermark = sealed.parts.last().map_or(sealed.since, |last| last.window.to);
        if (part.number, part.window.from) != (expected, watermark) {
            let violation = format!(
                "{}: part {} from {} was sealed where part {expected} from {watermark} was next",
                part.connector, part.number, part.window.from
            );
            self.violations.push(violation);
        }
        let (number, lines) = (part.number, lines(part, staging));
        if lines.len() as u64 != part.events {
            self.violations.push(format!(
                "part {number} states {} events and contains {}",
                part.events,
                lines.len()
            ));
        }
        for line in lines {
            let Some(index) = self.by_line.get(&line) else {
                self.violations.push(format!("foreign: part {number} contains what nobody wrote: {line}"));
                continue;
            };
            if self.items[*index].tenant != sealed.tenant {
                self.violations.push(format!("foreign: part {number} of {} contains {line}", sealed.tenant));
            }
            if !sealed.items.insert(*index) {
                self.violations
                    .push(format!("double: part {number} of {} contains {line} again", part.connector));
            }
        }
        sealed.parts.push(part.clone());
        if part.kind == PartKind::Heartbeat {
            self.heartbeat(worker, part);
        }
    }

    /// A heartbeat states that nothing happened: no event that was readable when its read began may be left
    /// out.
    fn heartbeat(&mut self, worker: usize, part: &Part) {
        let Some(sealed) = self.sealed.get(&part.connector) else { return };
        let Some((read_at, from)) = self.reads.get(&(worker, sealed.tenant.clone(), part.window.to)) else {
            return self.violation(format!("a heartbeat for {:?} without a read", part.window));
        };
        let from = part.window.from.max(*from);
        let missed = |(index, item): &(usize, &Item)| {
            let inside = item.time.is_some_and(|time| time >= from && time < part.window.to);
            inside
                && item.tenant == sealed.tenant
                && item.visible_at <= *read_at
                && !item.deleted
                && !sealed.items.contains(index)
        };
        if let Some((_, item)) = self.items.iter().enumerate().find(missed) {
            let violation = format!("not quiet: the heartbeat for {:?} misses {}", part.window, item.line);
            self.violations.push(violation);
        }
    }

    /// An object was written that did not exist before.
    pub(crate) fn written(&mut self, bucket: &str, key: &str) {
        let state = self.buckets.entry(bucket.to_owned()).or_default();
        if state.another {
            self.violations
                .push(format!("foreign: {key} was written to {bucket} while it was another account's"));
        } else if !state.written.insert(key.to_owned()) {
            self.violations.push(format!("overwritten: {key} in {bucket}"));
        }
        self.ever.insert((bucket.to_owned(), key.to_owned()));
        if let Some((prefix, name)) = key.split_once("/manifests/date=") {
            let (number, events) = (format!("_{}_", &name[11..23]), format!("{prefix}/events/"));
            let is_its = |(there, other): &(String, String)| {
                there == bucket && other.starts_with(&events) && other.contains(&number)
            };
            if !self.ever.iter().any(is_its) {
                self.violations.push(format!("chain: {key} was written before its part"));
            }
        }
    }

    /// Records the content of a bucket before it is deleted, and at the end.
    pub(crate) fn record_bucket(&mut self, bucket: &str, objects: Vec<(String, Bytes)>) {
        let found: BTreeSet<&String> = objects.iter().map(|(key, _)| key).collect();
        let known =
            self.buckets.get(bucket).map(|bucket| bucket.written.iter().collect()).unwrap_or_default();
        if found != known {
            let violation = format!("{bucket} contains {found:?}, but {known:?} was written");
            self.violations.push(violation);
        }
        for (key, bytes) in objects {
            let theirs = |(there, prefix, _): &&(String, String, ConnectorId)| {
                there == bucket && key.strip_prefix(prefix.as_str()).is_some_and(|rest| rest.starts_with('/'))
            };
            let Some((_, prefix, id)) =
                self.folders.iter().filter(theirs).max_by_key(|folder| folder.1.len())
            else {
                self.violations.push(format!("foreign: {key} is in no connector's folder of {bucket}"));
                continue;
            };
            let name = key[prefix.len() + 1..].to_owned();
            let Some(delivered) = self.delivered.get_mut(id) else { continue };
            // A part that was delivered, and whose mark was lost before the customer moved, is delivered to
            // the new place too.
            if delivered.insert(name, bytes.clone()).is_some_and(|before| before != bytes) {
                self.violations.push(format!("{key} was delivered twice with different bytes"));
            }
        }
    }

    /// The items of a tenant that expire now: those visible with a time before this one. What was readable
    /// within `settle` and is before a watermark must have been sealed by then; `None` if no clock is
    /// reliable.
    pub(crate) fn expire(
        &mut self,
        tenant: &TenantId,
        before: Time,
        now: Time,
        settle: Option<Duration>,
    ) -> Vec<usize> {
        let mut expired = Vec::new();
        for (index, item) in self.items.iter_mut().enumerate() {
            let old = item.time.is_some_and(|time| time < before) && item.visible_at <= now;
            if *tenant != item.tenant || item.deleted || !old {
                continue;
            }
            item.deleted = true;
            expired.push(index);
        }
        if let Some(settle) = settle {
            self.must_be_sealed(&expired, settle);
        }
        expired
    }

    fn must_be_sealed(&mut self, expired: &[usize], settle: Duration) {
        for (id, sealed) in &self.sealed {
            let watermark = sealed.parts.last().map_or(sealed.since, |part| part.window.to);
            for index in expired {
                let item = &self.items[*index];
                let due = item.time.is_some_and(|time| {
                    time >= sealed.since && item.visible_at <= time + settle && time + SECOND < watermark
                });
                if item.tenant == sealed.tenant && due && !sealed.items.contains(index) {
                    let violation =
                        format!("lost: {id} missed {} at {watermark}, and now it is deleted", item.line);
                    self.violations.push(violation);
                }
            }
        }
    }
}

/// Unparsable keys are up to a second away from the time that counts for them.
const SECOND: Duration = Duration::from_secs(1);

/// The events of a staged part, one line each. Whether the file is valid is checked when it is delivered.
fn lines(part: &Part, staging: &FakeStaging) -> Vec<String> {
    let Content::Staged { data, .. } = &part.content else { return Vec::new() };
    let object = staging.object(data).unwrap_or_default();
    let mut text = String::new();
    let read = match part.encoding.compression {
        Compression::None => object.as_ref().read_to_string(&mut text),
        Compression::Gzip => flate2::read::GzDecoder::new(object.as_ref()).read_to_string(&mut text),
        Compression::Zstd => {
            zstd::Decoder::new(object.as_ref()).and_then(|mut file| file.read_to_string(&mut text))
        }
    };
    read.expect("a staged file decompresses");
    let is_event = |line: &&str| part.encoding.format == Format::Ndjson || !matches!(*line, "[" | "]");
    text.lines().filter(is_event).map(|line| line.strip_suffix(',').unwrap_or(line).to_owned()).collect()
}
