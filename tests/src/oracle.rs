//! The oracle: checks a customer's bucket from outside, from names and bytes alone, as a customer could.

use std::collections::BTreeMap;
use std::io::Read as _;

use archive::part::Window;
use archive::sha256::Sha256;
use archive::time::Time;
use bytes::Bytes;
use serde_json::Value;
use sha2::Digest as _;

use crate::chain;

/// One delivered file, parsed.
#[derive(Debug, Clone)]
pub struct File {
    /// The full key of the file.
    pub key: String,
    /// The number in its name.
    pub number: u64,
    /// The window in its name.
    pub window: Window,
    /// Its events, one line of JSON each, as in the file.
    pub events: Vec<String>,
}

/// The delivered events, compared with the expected ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// The number of files.
    pub parts: usize,
    /// The number of events of the vendor's product.
    pub delivered: usize,
    /// The number of heartbeats.
    pub heartbeats: usize,
    /// The number of unreadable records.
    pub unreadable: usize,
    /// Expected events that were not delivered.
    pub missing: Vec<String>,
    /// Events that were delivered more often than expected.
    pub duplicates: Vec<String>,
    /// Events that were delivered and not expected.
    pub foreign: Vec<String>,
}

impl Verdict {
    /// Fails unless exactly the expected events were delivered, once each.
    ///
    /// # Panics
    /// If an event is missing, duplicated or foreign.
    pub fn assert_clean(&self) {
        let flaws = (self.missing.len(), self.duplicates.len(), self.foreign.len());
        assert_eq!(flaws, (0, 0, 0), "(missing, twice, foreign): {self:#?}");
    }
}

/// Parses a bucket's objects, and checks everything that the names promise: the hash, the date, numbers
/// without a gap from 1 on, adjacent windows that cross no midnight. A heartbeat must be alone in its file,
/// no event later than its file's window, and the files' manifests one chain ([`crate::chain`]).
///
/// # Panics
/// If one of these checks fails.
#[must_use]
pub fn files(objects: &[(String, Bytes)]) -> Vec<File> {
    let flaws = chain::violations(&objects.iter().map(below_prefix).collect());
    assert!(flaws.is_empty(), "{}", flaws.join("\n"));
    let events = objects.iter().filter(|(key, _)| !below_prefix_of(key).starts_with("manifests/"));
    let mut files: Vec<File> = events.map(|(key, bytes)| file(key, bytes)).collect();
    files.sort_by_key(|file| file.number);
    for (index, file) in files.iter().enumerate() {
        assert_eq!(file.number, index as u64 + 1, "a gap in the numbers before {}", file.key);
        let Window { from, to } = file.window;
        assert!(from <= to && to <= from.next_midnight(), "{} crosses a midnight", file.key);
    }
    for pair in files.windows(2) {
        assert_eq!(pair[0].window.to, pair[1].window.from, "{} and {} don't meet", pair[0].key, pair[1].key);
        let names = [&pair[0].key, &pair[1].key];
        assert!(names.is_sorted(), "{names:?} don't sort in time order");
    }
    files
}

/// An object by its name below the connector's prefix.
fn below_prefix((key, bytes): &(String, Bytes)) -> (String, Bytes) {
    (below_prefix_of(key).to_owned(), bytes.clone())
}

/// Every object is in a folder with one of these names.
fn below_prefix_of(key: &str) -> &str {
    let index = ["events/date=", "manifests/"].iter().find_map(|folder| key.find(folder));
    &key[index.unwrap_or_default()..]
}

/// Compares files with the expected events, byte for byte and each as often as it is given.
#[must_use]
pub fn compare<'a>(files: &[File], expected: impl IntoIterator<Item = &'a str>) -> Verdict {
    let mut verdict = Verdict { parts: files.len(), ..Verdict::default() };
    let mut expected_counts: BTreeMap<&str, usize> = BTreeMap::new();
    for event in expected {
        *expected_counts.entry(event).or_default() += 1;
    }
    let known = expected_counts.clone();
    for event in files.iter().flat_map(|file| &file.events) {
        match (expected_counts.get_mut(event.as_str()), auditferry_type(event).as_deref()) {
            (Some(0), _) => verdict.duplicates.push(event.clone()),
            (Some(count), _) => {
                *count -= 1;
                verdict.delivered += 1;
            }
            (None, Some("auditferry.heartbeat")) => verdict.heartbeats += 1,
            (None, Some("auditferry.unreadable")) => verdict.unreadable += 1,
            (None, _) => verdict.foreign.push(event.clone()),
        }
    }
    verdict.missing = known
        .keys()
        .flat_map(|event| std::iter::repeat_n((*event).to_owned(), expected_counts[event]))
        .collect();
    verdict
}

/// The type of an event that Auditferry wrote itself.
fn auditferry_type(event: &str) -> Option<String> {
    let parsed: Value = serde_json::from_str(event).ok()?;
    let kind = parsed.get("type")?.as_str()?;
    kind.starts_with("auditferry.").then(|| kind.to_owned())
}

/// The time of an event of the vendor's product, as the fixtures name it.
fn time_of(event: &str) -> Option<Time> {
    if auditferry_type(event).is_some() {
        return None;
    }
    let parsed: Value = serde_json::from_str(event).ok()?;
    parsed.get("eventTime").or(parsed.get("time"))?.as_str()?.parse().ok()
}

fn file(key: &str, bytes: &Bytes) -> File {
    let (folder, name) = key.rsplit_once('/').expect("a folder");
    let (stem, suffix) =
        name.rsplit_once('_').and_then(|(stem, rest)| Some((stem, rest.split_once('.')?))).expect("a suffix");
    let fields: Vec<&str> = stem.split('_').collect();
    let [from, to, number] = fields.as_slice() else { panic!("{name} is not a part's name") };
    let (hash, suffix) = suffix;
    let window = Window { from: parse_basic_time(from), to: parse_basic_time(to) };
    assert!(folder.ends_with(&format!("events/date={}", window.from.date())), "{key} is in the wrong folder");
    assert_eq!(Sha256::new(sha2::Sha256::digest(bytes).into()).short(), hash, "{key} has other bytes");
    let events = events(&unpack(suffix, bytes), suffix);
    let later = events.iter().find(|event| time_of(event).is_some_and(|time| time >= window.to));
    assert_eq!(later, None, "{key} contains an event of a later window");
    if events.iter().any(|event| auditferry_type(event).as_deref() == Some("auditferry.heartbeat")) {
        assert_eq!(events.len(), 1, "the heartbeat of {key} is not alone");
    }
    assert!(!events.is_empty(), "{key} is empty, without even a heartbeat");
    File { key: key.to_owned(), number: number.parse().expect("a number"), window, events }
}

/// A time from its ISO 8601 basic form.
fn parse_basic_time(text: &str) -> Time {
    let (date, time) = text.split_once('T').expect("a date and a time");
    let (year, date) = date.split_at(4);
    let (month, day) = date.split_at(2);
    let (hour, time) = time.split_at(2);
    let (minute, second) = time.split_at(2);
    format!("{year}-{month}-{day}T{hour}:{minute}:{second}").parse().expect("a time")
}

fn unpack(suffix: &str, bytes: &Bytes) -> String {
    let mut text = String::new();
    let read = match suffix.split_once('.').map(|(_, compression)| compression) {
        None => bytes.as_ref().read_to_string(&mut text),
        Some("gz") => flate2::read::GzDecoder::new(bytes.as_ref()).read_to_string(&mut text),
        Some("zst") => zstd::Decoder::new(bytes.as_ref()).and_then(|mut file| file.read_to_string(&mut text)),
        Some(other) => panic!("an unknown compression {other}"),
    };
    read.expect("the file unpacks");
    text
}

/// The lines of a file. A `json` file must also be an array for a JSON parser, with the same events.
fn events(text: &str, suffix: &str) -> Vec<String> {
    if suffix.starts_with("ndjson") {
        assert!(text.ends_with('\n'), "the last line is not ended");
        return text.lines().map(str::to_owned).collect();
    }
    let parsed: Vec<Value> = serde_json::from_str(text).expect("a JSON array");
    let inner =
        text.strip_prefix("[\n").and_then(|text| text.strip_suffix("\n]\n")).expect("one event a line");
    let lines: Vec<String> =
        inner.lines().map(|line| line.strip_suffix(',').unwrap_or(line).to_owned()).collect();
    assert_eq!(parsed.len(), lines.len(), "an event is spread over several lines");
    lines
}
