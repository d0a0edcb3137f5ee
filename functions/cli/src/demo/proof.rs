//! The proof: what lies in a tenant's bucket, held against what was imported for that tenant. It trusts the files
//! and the input alone, and none of Auditferry's own records.

use std::collections::HashMap;

use domain::names::ConnectorId;
use domain::part::Window;
use domain::time::Time;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

/// A file of a bucket.
#[derive(Debug, Clone)]
pub(super) struct File {
    /// Its key.
    pub(super) key: String,
    /// Its bytes.
    pub(super) bytes: Vec<u8>,
}

/// What must be there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected<'a> {
    /// Whose bucket it is.
    pub(super) connector: &'a ConnectorId,
    /// The folder in it.
    pub(super) prefix: &'a str,
    /// The tenant's events, as they were imported.
    pub(super) events: &'a [String],
    /// The span of time that the files cover together.
    pub(super) span: Window,
}

/// What was found in a bucket.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Findings {
    /// Imported events that are there.
    pub(super) delivered: u64,
    /// Imported events that are there once more.
    pub(super) duplicates: u64,
    /// Imported events that are not there.
    pub(super) missing: u64,
    /// Events that were not imported for this tenant, heartbeats of its connector aside.
    pub(super) foreign: u64,
    /// Heartbeats of its connector.
    pub(super) heartbeats: u64,
    /// Objects by which verifications saw that they can write.
    pub(super) probes: u64,
    /// Its files, in the order of their names.
    pub(super) files: Vec<Facts>,
    /// Files that are not what their names say.
    pub(super) untrue: Vec<String>,
    /// Gaps and overlaps between files.
    pub(super) gaps: Vec<String>,
}

/// A file as it was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Facts {
    /// Its key.
    pub(super) key: String,
    /// How many events it holds, a heartbeat included.
    pub(super) events: u64,
    /// Whether its only event is a heartbeat.
    pub(super) heartbeat: bool,
    /// Its size.
    pub(super) bytes: u64,
}

/// What a file's name says (contract 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Named {
    window: Window,
    number: u64,
}

/// Auditferry's own event for a quiet window.
#[derive(Deserialize)]
struct Heartbeat {
    #[serde(rename = "type")]
    kind: String,
    connector: ConnectorId,
    window: Window,
    part: u64,
}

/// Looks through the files of a bucket.
pub(super) fn examine(expected: Expected<'_>, files: &[File]) -> Findings {
    let mut findings = Findings::default();
    // Of each event, how often it was imported and not found yet.
    let mut owed: HashMap<&str, u64> = HashMap::new();
    for event in expected.events {
        *owed.entry(event).or_default() += 1;
    }
    let mut covered = Window { from: expected.span.from, to: expected.span.from };
    // Manifests and keys are the verifier's to judge.
    let files: Vec<&File> =
        files.iter().filter(|file| !is_of_the_chain(&file.key, expected.prefix)).collect();
    let (probes, parts): (Vec<&File>, Vec<&File>) =
        files.into_iter().partition(|file| is_of_a_verification(&file.key, expected.prefix));
    for probe in probes {
        findings.count_probe(expected, probe);
    }
    for (place, file) in (1..).zip(parts) {
        let named = match name(file, expected.prefix) {
            Ok(named) => named,
            Err(why) => {
                findings.untrue.push(format!("{}: {why}", file.key));
                continue;
            }
        };
        if named.number != place {
            findings.gaps.push(format!("{}: part {} stands in place {place}", file.key, named.number));
        }
        if named.window.from != covered.to {
            findings.gaps.push(format!("{}: begins at {}, not {}", file.key, named.window.from, covered.to));
        }
        covered = named.window;
        match serde_json::from_slice::<Vec<&RawValue>>(&file.bytes) {
            Ok(events) => findings.count(expected.connector, named, file, &events, &mut owed),
            Err(error) => findings.untrue.push(format!("{}: no JSON array: {error}", file.key)),
        }
    }
    if covered.to != expected.span.to {
        findings.gaps.push(format!("the files end at {}, not {}", covered.to, expected.span.to));
    }
    findings.missing = owed.values().sum();
    findings
}

/// Whether an object lies where manifests and keys do.
pub(super) fn is_of_the_chain(key: &str, prefix: &str) -> bool {
    key.strip_prefix(prefix).is_some_and(|rest| rest.starts_with("/manifests/"))
}

/// Whether an object lies where verifications write.
pub(super) fn is_of_a_verification(key: &str, prefix: &str) -> bool {
    key.strip_prefix(prefix).is_some_and(|rest| rest.starts_with("/verification/"))
}

impl Findings {
    /// A probe names its connector and says that it may be deleted; anything else in its place is untrue.
    fn count_probe(&mut self, expected: Expected<'_>, probe: &File) {
        let mine = format!("{}/verification/{}_", expected.prefix, expected.connector);
        let says = |words: &str| String::from_utf8_lossy(&probe.bytes).contains(words);
        if probe.key.starts_with(&mine) && says(expected.connector.as_str()) && says("may be deleted") {
            self.probes += 1;
        } else {
            self.untrue.push(format!("{}: no object of this connector's verification", probe.key));
        }
    }

    fn count(
        &mut self,
        connector: &ConnectorId,
        named: Named,
        file: &File,
        events: &[&RawValue],
        owed: &mut HashMap<&str, u64>,
    ) {
        let mut heartbeats = 0;
        for event in events {
            match owed.get_mut(event.get()) {
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
            self.untrue.push(format!("{}: a heartbeat that is not alone", file.key));
        }
        self.heartbeats += heartbeats;
        self.files.push(Facts {
            key: file.key.clone(),
            events: events.len() as u64,
            heartbeat: heartbeats > 0,
            bytes: file.bytes.len() as u64,
        });
    }
}

fn is_heartbeat(event: &str, connector: &ConnectorId, named: Named) -> bool {
    serde_json::from_str::<Heartbeat>(event).is_ok_and(|beat| {
        beat.kind == "auditferry.heartbeat"
            && beat.connector == *connector
            && (beat.window, beat.part) == (named.window, named.number)
    })
}

/// Reads a file's name, and holds its hash and date against the content.
fn name(file: &File, prefix: &str) -> Result<Named, String> {
    let form = || "another name than <prefix>/events/date=<date>/<from>_<to>_<part>_<hash>.json".to_owned();
    let below = file.key.strip_prefix(&format!("{prefix}/events/date=")).ok_or_else(form)?;
    let (date, name) = below.split_once('/').ok_or_else(form)?;
    let fields: Vec<&str> = name.strip_suffix(".json").ok_or_else(form)?.split('_').collect();
    let [from, to, number, hash] = fields.as_slice() else { return Err(form()) };
    let window = Window { from: basic_time(from).ok_or_else(form)?, to: basic_time(to).ok_or_else(form)? };
    let number = number.parse().ok().filter(|_| number.len() == 12).ok_or_else(form)?;
    if window.from.date() != date {
        return Err(format!("lies in the folder of another date than {}", window.from.date()));
    }
    if hash.len() != 16 || !hex::encode(Sha256::digest(&file.bytes)).starts_with(hash) {
        return Err("its bytes have another SHA-256 than its name says".into());
    }
    Ok(Named { window, number })
}

/// `20230710T113000.000Z`
fn basic_time(text: &str) -> Option<Time> {
    let digits = |range: std::ops::Range<usize>| text.get(range);
    let (year, month, day) = (digits(0..4)?, digits(4..6)?, digits(6..8)?);
    let (hour, minute, rest) = (digits(9..11)?, digits(11..13)?, text.get(13..)?);
    let time: Time = format!("{year}-{month}-{day}T{hour}:{minute}:{rest}").parse().ok()?;
    (time.basic() == text).then_some(time)
}

#[cfg(test)]
mod tests;
