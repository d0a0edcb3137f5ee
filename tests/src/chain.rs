//! Judges the manifests in a bucket from outside: from names, bytes and keys alone, as a customer's auditor could.
//! The verifier of the command line is a second judge; this one is small enough to be read at once.

use std::collections::BTreeMap;

use bytes::Bytes;
use domain::manifest::{
    KEY_FOLDER, KeyRing, MANIFEST_FOLDER, Manifest, Previous, RingKey, SignedNote, Start,
};
use domain::part::{PartNumber, Sha256};

/// What is wrong with the chain of these objects, by their names below the prefix; empty if each part has exactly one
/// note, of its own bytes, signed by keys that lie there, one of them the newest that signed the note before, and on that
/// note.
#[must_use]
pub fn flaws(objects: &BTreeMap<String, Bytes>) -> Vec<String> {
    let mut flaws = Vec::new();
    let ring = ring(objects, &mut flaws);
    let mut events: BTreeMap<&String, &Bytes> =
        objects.iter().filter(|(name, _)| name.starts_with("events/")).collect();
    let (mut expected, mut last) = (PartNumber::FIRST, None);
    // The key that serves: the newest of those that signed the note before.
    let mut serving: Option<[u8; 4]> = None;
    for (note, manifest) in notes(objects, &mut flaws) {
        let number = manifest.part.get();
        if manifest.part != expected {
            flaws.push(format!("chain: the note of part {number} is where part {} is next", expected.get()));
        }
        let of_it = |(_, bytes): &(&String, &Bytes)| {
            (Sha256::of(bytes), bytes.len() as u64) == (manifest.sha256, manifest.size)
        };
        if events.remove_entry(&manifest.object()).filter(of_it).is_none() {
            flaws.push(format!("chain: the bytes of part {number} are not those of its note"));
        }
        flaws.extend(manifest.times_misfit().map(|misfit| format!("chain: part {number}: {misfit}")));
        let hangs = match (manifest.previous, last) {
            (Previous::Note(named), Some((before, to))) => named == before && manifest.window.from == to,
            (Previous::Start(Start::Activation | Start::StartFrom), None) => true,
            _ => false,
        };
        if !hangs {
            flaws.push(format!("chain: part {number} does not hang on the one before"));
        }
        let name = manifest.origin.key_name();
        let holds = note.signatures().iter().all(|signature| {
            let signer = ring.signer(&note, signature).flatten().and_then(|place| ring.keys().get(place));
            signer.is_some_and(|known| *known.key.name() == name)
        });
        if !holds {
            flaws.push(format!("chain: a signature of part {number} is of no key that lies there"));
        }
        if serving.is_some_and(|key| note.signatures().iter().all(|signature| signature.id != key)) {
            flaws.push(format!("chain: part {number} is not signed by the key of the part before"));
        }
        serving = note.signatures().last().map(|signature| signature.id);
        last = Some((note.sha256(), manifest.window.to));
        expected = manifest.part.next();
    }
    flaws.extend(events.keys().map(|name| format!("chain: no note names {name}")));
    flaws
}

fn ring(objects: &BTreeMap<String, Bytes>, flaws: &mut Vec<String>) -> KeyRing {
    let mut ring = KeyRing::default();
    for (name, bytes) in objects.iter().filter(|(name, _)| name.starts_with(KEY_FOLDER)) {
        let line = std::str::from_utf8(bytes).ok().and_then(|line| line.strip_suffix('\n'));
        match line.and_then(|line| line.parse::<RingKey>().ok()) {
            Some(key) if key.key.file_name() == *name => drop(ring.add(key)),
            _ => flaws.push(format!("chain: {name} is no key")),
        }
    }
    ring
}

/// The notes, in the order of their parts.
fn notes(objects: &BTreeMap<String, Bytes>, flaws: &mut Vec<String>) -> Vec<(SignedNote, Manifest)> {
    let is_note = |name: &str| name.starts_with(MANIFEST_FOLDER) && !name.starts_with(KEY_FOLDER);
    let mut notes = Vec::new();
    for (name, bytes) in objects.iter().filter(|(name, _)| is_note(name)) {
        let read = SignedNote::parse(bytes).and_then(|note| Ok((Manifest::parse(note.text())?, note)));
        match read {
            Ok((manifest, note)) if manifest.name(note.sha256()) == *name => notes.push((note, manifest)),
            Ok(_) => flaws.push(format!("chain: {name} bears another's name")),
            Err(malformed) => flaws.push(format!("chain: {name}, {malformed}")),
        }
    }
    notes.sort_by_key(|(_, manifest)| manifest.part);
    notes
}
