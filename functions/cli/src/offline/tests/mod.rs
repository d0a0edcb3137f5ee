//! The explorer over copies of a bucket: complete ones, and ones from which something was taken, in which
//! something was altered, or to which something was added.

mod answers;
mod caches;
mod changes;
mod downloads;
mod web;

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::tests::archive::{Sealer, TestKey, sample_archive, write};
use archive::files::directory::Directory;
use archive::files::resources::resources;
use archive::part::{Compression, Part};
use archive::verify::check::{Outcome, Progress, VerifyOptions, check_observed};
use archive::verify::events::Fields;
use aws::clock::{SystemClock, SystemRng};
use control::explorer::{Asker, Lag, RowAnswer, RowsRequest};
use protocol::caller::Caller;
use serde_json::Value;
use tempfile::TempDir;

use super::cache::Cache;
use super::explorer::{OfflineExplorer, Sources};
use super::parts::PartCollector;

/// A copy of the sample archive's bucket.
struct Copy {
    folder: TempDir,
    archive: Sealer,
}

/// Each event, with the number of its part.
type Events = Vec<(u64, String)>;

impl Copy {
    fn new() -> Self {
        let (folder, archive) = (tempfile::tempdir().unwrap(), sample_archive(1, 7));
        write(&archive.files, folder.path()).unwrap();
        Self { folder, archive }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The file of a part, by its number.
    fn object(&self, part: usize) -> PathBuf {
        self.path().join(self.archive.parts[part - 1].manifest.object())
    }

    /// Replaces one byte in the middle of a part's file.
    fn alter(&self, part: usize) {
        let mut bytes = std::fs::read(self.object(part)).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(self.object(part), bytes).unwrap();
    }

    /// All events, by a loop over the files that were sealed.
    fn events(&self) -> Events {
        let mut events = Vec::new();
        for sealed in self.archive.parts.iter().filter(|sealed| sealed.manifest.events > 0) {
            let bytes = self.archive.files[&sealed.manifest.object()].as_slice();
            let mut text = String::new();
            match sealed.manifest.encoding.compression {
                Compression::None => text = String::from_utf8(bytes.to_vec()).unwrap(),
                Compression::Gzip => {
                    flate2::read::GzDecoder::new(bytes).read_to_string(&mut text).map(drop).unwrap();
                }
                Compression::Zstd => text = String::from_utf8(zstd::decode_all(bytes).unwrap()).unwrap(),
            }
            let lines = text.lines().map(|line| line.strip_suffix(',').unwrap_or(line));
            let lines = lines.filter(|line| line.starts_with('{'));
            events.extend(lines.map(|line| (sealed.manifest.part.get(), line.to_owned())));
        }
        events
    }

    /// Verifies the copy with the vendor's key, and opens the explorer on it.
    async fn open(&self) -> World {
        self.open_with(vec![TestKey::new(7).ring_key()], Cache::temporary().unwrap()).await
    }

    async fn open_with(&self, pins: Vec<archive::note::RingKey>, cache: Cache) -> World {
        let directory = Directory::open(self.path()).unwrap();
        let options = VerifyOptions {
            pins,
            connector: None,
            from: None,
            to: None,
            newest: None,
            boundaries: Vec::new(),
            location: None,
            as_of: "2026-11-20T10:30:00Z".parse().unwrap(),
            fields: Fields::default(),
            resources: resources(),
        };
        let collector = PartCollector::default();
        let outcome = check_observed(&directory, &options, &Progress::default(), &collector).unwrap();
        let sources = Sources {
            archive: Arc::new(directory),
            parts: collector.finish().unwrap(),
            cache,
            tenant: "unknown".parse().unwrap(),
            fields: None,
            clock: Arc::new(SystemClock::new()),
            rng: Arc::new(SystemRng),
        };
        let offline = OfflineExplorer::open(sources).await.unwrap();
        let asker = offline.asker(Caller::Operator { name: "auditor".to_owned() });
        World { offline, asker, outcome }
    }
}

/// An explorer over a verified copy.
struct World {
    offline: OfflineExplorer,
    asker: Asker,
    outcome: Outcome,
}

impl World {
    /// All rows of a filter, newest first, and what the answer leaves out. One question makes some of the
    /// indexes that are missing, so it may take several.
    async fn rows(&self, filter: &str) -> (Vec<RowAnswer>, Lag) {
        for _ in 0..3 {
            let filter = filter.parse().unwrap();
            let request = RowsRequest { filter, limit: Some(200), ..RowsRequest::default() };
            let page = self.offline.explorer.rows(&self.asker, request).await.unwrap();
            assert!(page.next_cursor.is_none());
            if page.lag.missing.iter().all(|missing| missing.why != "not_indexed") {
                return (page.rows, page.lag);
            }
        }
        panic!("parts stay without an index");
    }

    /// Asserts that exactly these events are shown, and that these parts are named as missing.
    async fn assert_shown(&self, expected: &[(u64, String)], missing: &[(u64, u64, &str)]) {
        let (rows, lag) = self.rows("").await;
        let mut shown: Vec<(u64, u64, String)> = rows.iter().map(place).collect();
        shown.sort();
        let shown: Events = shown.into_iter().map(|(part, _, event)| (part, event)).collect();
        let mut named: Vec<(u64, u64, &str)> = Vec::new();
        named.extend(lag.missing.iter().map(|one| (one.part.get(), one.events, one.why.as_str())));
        named.sort_unstable();
        assert_eq!(named, missing);
        let parts = |events: &[(u64, String)]| events.iter().map(|(part, _)| *part).collect::<Vec<_>>();
        assert_eq!(parts(&shown), parts(expected));
        assert!(shown == expected, "the texts differ");
    }

    /// Makes all indexes.
    async fn index(&self) {
        let Self { offline, asker, .. } = self;
        super::indexing::index(&offline.explorer, asker, &offline.parts, |_| ()).await.unwrap();
    }

    fn part(&self, number: u64) -> Part {
        let number = archive::part::PartNumber::new(number);
        self.offline.parts.before(Some(number.next())).next().unwrap().part.clone()
    }
}

/// Part, position and text of a row.
fn place(row: &RowAnswer) -> (u64, u64, String) {
    (row.proof.part.unwrap().get(), row.proof.position.unwrap(), row.event.get().to_owned())
}

/// All files below a folder, with their bytes.
fn snapshot(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let (mut files, mut folders) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.insert(path.clone(), std::fs::read(&path).unwrap());
            }
        }
    }
    files
}

fn text<'a>(event: &'a Value, field: &str) -> Option<&'a str> {
    event[field].as_str()
}

/// These events without those of some parts.
fn without(mut events: Events, parts: &[u64]) -> Events {
    events.retain(|(part, _)| !parts.contains(part));
    events
}
