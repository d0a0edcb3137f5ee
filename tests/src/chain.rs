//! Checks the manifests in a bucket from outside: from names, bytes and keys alone, as a customer's auditor
//! could. The command line's verifier is a second check; this one is small enough to be read at once.

use std::collections::BTreeMap;

use archive::manifest::{ChainStart, Manifest, Previous};
use archive::note::{KEY_FOLDER, KeyRing, RingKey, SignedNote, VerifierKey};
use archive::part::{MANIFEST_FOLDER, PartNumber};
use archive::sha256::Sha256;
use bytes::Bytes;

/// The violations of the manifest chain in these objects, named below the prefix. The chain is valid if each
/// part has exactly one note, with the hash of the previous one in its text. It is signed by the current key
/// alone, or by that and the successor that its text names, which is the current key from the next part on.
#[must_use]
pub fn violations(objects: &BTreeMap<String, Bytes>) -> Vec<String> {
    let mut violations = Vec::new();
    let ring = ring(objects, &mut violations);
    let mut events: BTreeMap<&String, &Bytes> =
        objects.iter().filter(|(name, _)| name.starts_with("events/")).collect();
    let (mut expected, mut last) = (PartNumber::FIRST, None);
    let mut current_key: Option<VerifierKey> = None;
    let mut retired: Vec<VerifierKey> = Vec::new();
    for (note, manifest) in notes(objects, &mut violations) {
        let number = manifest.part.get();
        if manifest.part != expected {
            violations
                .push(format!("chain: found the note of part {number}, expected part {}", expected.get()));
        }
        let matches = |(_, bytes): &(&String, &Bytes)| {
            (Sha256::of(bytes), bytes.len() as u64) == (manifest.sha256, manifest.size)
        };
        if events.remove_entry(&manifest.object()).filter(matches).is_none() {
            violations.push(format!("chain: the bytes of part {number} do not match its manifest"));
        }
        violations.extend(
            manifest.contradicting_times().map(|mismatch| format!("chain: part {number}: {mismatch}")),
        );
        let is_chained = match (manifest.previous, last) {
            (Previous::Manifest(named), Some((before, to))) => named == before && manifest.window.from == to,
            (Previous::Start(ChainStart::Activation | ChainStart::StartFrom), None) => true,
            _ => false,
        };
        if !is_chained {
            violations.push(format!("chain: part {number} is not chained to the previous one"));
        }
        let name = manifest.origin.key_name();
        let signatures_are_known = note.signatures().iter().all(|signature| {
            let signer = ring.signer(&note, signature).flatten().and_then(|index| ring.keys().get(index));
            signer.is_some_and(|known| *known.key.name() == name)
        });
        if !signatures_are_known {
            violations
                .push(format!("chain: a signature of part {number} is by a key that is not in the bucket"));
        }
        let signers: Vec<&VerifierKey> = note
            .signatures()
            .iter()
            .filter_map(|signature| ring.keys().get(ring.signer(&note, signature)??))
            .map(|known| &known.key)
            .collect();
        let (signer, co_signers) =
            signers.split_first().map_or((None, &[][..]), |(one, rest)| (Some(*one), rest));
        if current_key.is_some() && current_key.as_ref() != signer {
            violations.push(format!("chain: part {number} is not signed by the current key"));
            retired.extend(current_key.take());
        }
        if co_signers.to_vec() != manifest.successor.iter().collect::<Vec<_>>() {
            violations
                .push(format!("chain: part {number} is not signed by the current key and its successor"));
        }
        if signers.iter().any(|key| retired.contains(key)) {
            violations.push(format!("chain: part {number} is signed by a retired key"));
        }
        if manifest.successor.is_some() {
            retired.extend(signer.cloned());
        }
        current_key = manifest.successor.clone().or(signer.cloned());
        last = Some((note.sha256(), manifest.window.to));
        expected = manifest.part.next();
    }
    violations.extend(events.keys().map(|name| format!("chain: no note names {name}")));
    violations
}

fn ring(objects: &BTreeMap<String, Bytes>, violations: &mut Vec<String>) -> KeyRing {
    let mut ring = KeyRing::default();
    for (name, bytes) in objects.iter().filter(|(name, _)| name.starts_with(KEY_FOLDER)) {
        let line = std::str::from_utf8(bytes).ok().and_then(|line| line.strip_suffix('\n'));
        match line.and_then(|line| line.parse::<RingKey>().ok()) {
            Some(key) if key.key.file_name() == *name => drop(ring.add(key)),
            _ => violations.push(format!("chain: {name} is not a key")),
        }
    }
    ring
}

/// The notes, in the order of their parts.
fn notes(objects: &BTreeMap<String, Bytes>, violations: &mut Vec<String>) -> Vec<(SignedNote, Manifest)> {
    let is_note = |name: &str| name.starts_with(MANIFEST_FOLDER) && !name.starts_with(KEY_FOLDER);
    let mut notes = Vec::new();
    for (name, bytes) in objects.iter().filter(|(name, _)| is_note(name)) {
        let read = SignedNote::parse(bytes).and_then(|note| Ok((Manifest::parse(note.text())?, note)));
        match read {
            Ok((manifest, note)) if manifest.name(note.sha256()) == *name => notes.push((note, manifest)),
            Ok(_) => violations.push(format!("chain: {name} has another note's name")),
            Err(malformed) => violations.push(format!("chain: {name}, {malformed}")),
        }
    }
    notes.sort_by_key(|(_, manifest)| manifest.part);
    notes
}
