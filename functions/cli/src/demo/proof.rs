//! The proof: compares the files in a tenant's bucket with the events imported for that tenant. It trusts
//! only the files and the input, and none of Auditferry's own records.

use std::collections::HashMap;

use archive::generated_events::Heartbeat;
use archive::names::ConnectorId;
use archive::part::{PartNumber, Window};
use archive::time::Time;
use serde::Serialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

/// A file in a bucket.
#[derive(Debug, Clone)]
pub(super) struct File {
    pub(super) key: String,
    pub(super) bytes: Vec<u8>,
}

/// The expected content of a bucket.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected<'a> {
    /// The connector that writes to the bucket.
    pub(super) connector: &'a ConnectorId,
    /// The key prefix in the bucket.
    pub(super) prefix: &'a str,
    /// The tenant's imported events.
    pub(super) events: &'a [String],
    /// The time span that the files must cover.
    pub(super) span: Window,
}

/// The actual content of a bucket, and its violations.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Findings {
    /// Imported events in the bucket, each counted once.
    pub(super) delivered: u64,
    /// Further copies of imported events.
    pub(super) duplicates: u64,
    /// Imported events that are not in the bucket.
    pub(super) missing: u64,
    /// Events that were not imported for this tenant, except for heartbeats of its connector.
    pub(super) foreign: u64,
    /// Heartbeats of its connector.
    pub(super) heartbeats: u64,
    /// Objects that connection checks wrote.
    pub(super) probes: u64,
    /// The event files, in the order of their names.
    pub(super) files: Vec<FileInfo>,
    /// Files that contradict their names.
    pub(super) invalid: Vec<String>,
    /// Gaps and overlaps between files.
    pub(super) gaps: Vec<String>,
}

/// An event file in a bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct FileInfo {
    pub(super) key: String,
    /// How many events it contains, a heartbeat included.
    pub(super) events: u64,
    /// Whether its only event is a heartbeat.
    pub(super) heartbeat: bool,
    /// Its size in bytes.
    pub(super) bytes: u64,
}

/// The window and part number in a file's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ParsedName {
    window: Window,
    number: u64,
}

/// Checks the files of a bucket.
pub(super) fn check_files(expected: Expected<'_>, files: &[File]) -> Findings {
    let mut findings = Findings::default();
    // How many imported copies of each event are not found yet.
    let mut outstanding: HashMap<&str, u64> = HashMap::new();
    for event in expected.events {
        *outstanding.entry(event).or_default() += 1;
    }
    let mut covered = Window { from: expected.span.from, to: expected.span.from };
    // `auditferry verify` checks the manifests and keys.
    let files: Vec<&File> =
        files.iter().filter(|file| !is_manifest_or_key(&file.key, expected.prefix)).collect();
    let (probes, parts): (Vec<&File>, Vec<&File>) =
        files.into_iter().partition(|file| is_probe(&file.key, expected.prefix));
    for probe in probes {
        findings.count_probe(expected, probe);
    }
    for (position, file) in (1..).zip(parts) {
        let named = match parse_name(file, expected.prefix) {
            Ok(named) => named,
            Err(why) => {
                findings.invalid.push(format!("{}: {why}", file.key));
                continue;
            }
        };
        if named.number != position {
            findings.gaps.push(format!("{}: part {} is at position {position}", file.key, named.number));
        }
        if named.window.from != covered.to {
            findings.gaps.push(format!("{}: begins at {}, not {}", file.key, named.window.from, covered.to));
        }
        covered = named.window;
        match serde_json::from_slice::<Vec<&RawValue>>(&file.bytes) {
            Ok(events) => findings.count(expected.connector, named, file, &events, &mut outstanding),
            Err(error) => findings.invalid.push(format!("{}: not a JSON array: {error}", file.key)),
        }
    }
    if covered.to != expected.span.to {
        findings.gaps.push(format!("the files end at {}, not {}", covered.to, expected.span.to));
    }
    findings.missing = outstanding.values().sum();
    findings
}

/// Whether an object is in the folder of manifests and keys.
pub(super) fn is_manifest_or_key(key: &str, prefix: &str) -> bool {
    key.strip_prefix(prefix).is_some_and(|rest| rest.starts_with("/manifests/"))
}

/// Whether an object is in the folder where connection checks write.
pub(super) fn is_probe(key: &str, prefix: &str) -> bool {
    key.strip_prefix(prefix).is_some_and(|rest| rest.starts_with("/verification/"))
}

impl Findings {
    /// A probe names its connector and says that it may be deleted; any other object in that folder is
    /// invalid.
    fn count_probe(&mut self, expected: Expected<'_>, probe: &File) {
        let mine = format!("{}/verification/{}_", expected.prefix, expected.connector);
        let contains = |words: &str| String::from_utf8_lossy(&probe.bytes).contains(words);
        if probe.key.starts_with(&mine) && contains(expected.connector.as_str()) && contains("may be deleted")
        {
            self.probes += 1;
        } else {
            self.invalid.push(format!("{}: not written by this connector's verification", probe.key));
        }
    }

    fn count(
        &mut self,
        connector: &ConnectorId,
        named: ParsedName,
        file: &File,
        events: &[&RawValue],
        outstanding: &mut HashMap<&str, u64>,
    ) {
        let mut heartbeats = 0;
        for event in events {
            match outstanding.get_mut(event.get()) {
                Some(0) => self.duplicates += 1,
                Some(times) => {
                    *times -= 1;
                    self.delivered += 1;
                }
                None if is_heartbeat(event.get(), connector, named) => heartbeats += 1,
                None => self.foreign += 1,
            }
        }
        if heartbeats > 0 && events.len() > 1 {
            self.invalid.push(format!("{}: a heartbeat together with other events", file.key));
        }
        self.heartbeats += heartbeats;
        self.files.push(FileInfo {
            key: file.key.clone(),
            events: events.len() as u64,
            heartbeat: heartbeats > 0,
            bytes: file.bytes.len() as u64,
        });
    }
}

fn is_heartbeat(event: &str, connector: &ConnectorId, named: ParsedName) -> bool {
    serde_json::from_str::<Heartbeat>(event)
        .is_ok_and(|beat| beat.is_of(connector, PartNumber::new(named.number), named.window))
}

/// Parses a file's name, and checks its hash and date against the content.
fn parse_name(file: &File, prefix: &str) -> Result<ParsedName, String> {
    let form = || "its name is not <prefix>/events/date=<date>/<from>_<to>_<part>_<hash>.json".to_owned();
    let below = file.key.strip_prefix(&format!("{prefix}/events/date=")).ok_or_else(form)?;
    let (date, name) = below.split_once('/').ok_or_else(form)?;
    let fields: Vec<&str> = name.strip_suffix(".json").ok_or_else(form)?.split('_').collect();
    let [from, to, number, hash] = fields.as_slice() else { return Err(form()) };
    let window = Window { from: basic_time(from).ok_or_else(form)?, to: basic_time(to).ok_or_else(form)? };
    let number = number.parse().ok().filter(|_| number.len() == 12).ok_or_else(form)?;
    if window.from.date() != date {
        return Err(format!("is not in the folder of its date {}", window.from.date()));
    }
    if hash.len() != 16 || !hex::encode(Sha256::digest(&file.bytes)).starts_with(hash) {
        return Err("its SHA-256 does not match its name".into());
    }
    Ok(ParsedName { window, number })
}

/// Parses the form `20230710T113000.000Z` of file names.
fn basic_time(text: &str) -> Option<Time> {
    let digits = |range: std::ops::Range<usize>| text.get(range);
    let (year, month, day) = (digits(0..4)?, digits(4..6)?, digits(6..8)?);
    let (hour, minute, rest) = (digits(9..11)?, digits(11..13)?, text.get(13..)?);
    let time: Time = format!("{year}-{month}-{day}T{hour}:{minute}:{rest}").parse().ok()?;
    (time.basic() == text).then_some(time)
}

#[cfg(test)]
mod tests;
