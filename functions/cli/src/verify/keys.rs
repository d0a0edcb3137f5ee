//! The keys that are known: those that the auditor named, and those that lie in the archive. That a key lies there says
//! nothing, since whoever can write to the bucket can put one there: what it takes to be trusted is
//! [`trust`](super::trust)'s matter.

use std::io::Read;

use domain::manifest::{KeyRing, NoteSignature, RingKey, SignedNote, VerifierKey};

use super::archive::Archive;
use super::finding::{Finding, Findings, Kind};
use super::listing::unnamed;

/// A key that was named or lies here. It may have made a signature; nothing follows from that.
#[derive(Debug, Clone)]
pub(crate) struct KnownKey {
    key: RingKey,
    /// Its file, if it lies in the archive.
    file: Option<String>,
}

impl KnownKey {
    /// The public key.
    pub(crate) const fn key(&self) -> &VerifierKey {
        &self.key.key
    }
}

/// The keys that are known, by their places.
#[derive(Debug)]
pub(crate) struct KnownKeys {
    ring: KeyRing,
    keys: Vec<KnownKey>,
    /// How many the auditor named: they have the first places.
    named: usize,
}

/// What a line of a signature is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signed {
    /// The known key of this place made it.
    By(usize),
    /// It names a known key, which did not make it.
    Wrongly,
    /// It names a key that is not known.
    Unknown,
}

impl KnownKeys {
    /// The keys that the auditor named, and those of the archive.
    pub(crate) fn read(
        archive: &dyn Archive,
        pins: &[RingKey],
        files: &[String],
        findings: &Findings,
    ) -> Self {
        let mut known = Self { ring: KeyRing::default(), keys: Vec::new(), named: 0 };
        for pin in pins {
            known.add(pin.clone(), None);
        }
        known.named = known.keys.len();
        for name in files {
            match read_key(archive, name) {
                Some(key) => known.add(key, Some(name.clone())),
                None => findings.add(unnamed(name)),
            }
        }
        known
    }

    fn add(&mut self, key: RingKey, file: Option<String>) {
        let place = self.ring.add(key.clone());
        match self.keys.get_mut(place) {
            Some(known) => known.file = known.file.take().or(file),
            None => self.keys.push(KnownKey { key, file }),
        }
    }

    /// What a line of a signature is.
    pub(crate) fn signed(&self, note: &SignedNote, signature: &NoteSignature) -> Signed {
        match self.ring.signer(note, signature) {
            Some(Some(place)) => Signed::By(place),
            Some(None) => Signed::Wrongly,
            None => Signed::Unknown,
        }
    }

    /// The key of a place.
    pub(crate) fn get(&self, place: usize) -> Option<&KnownKey> {
        self.keys.get(place)
    }

    /// Whether the auditor named the key of that place.
    pub(crate) const fn is_named(&self, place: usize) -> bool {
        place < self.named
    }

    /// Reports the keys of the archive that are not among these trusted ones.
    pub(crate) fn report_untrusted<'a>(
        &self,
        trusted: impl Iterator<Item = &'a VerifierKey>,
        findings: &Findings,
    ) {
        let trusted: Vec<&VerifierKey> = trusted.collect();
        for known in &self.keys {
            if let (Some(file), false) = (&known.file, trusted.contains(&known.key())) {
                let detail = "this key is not trusted: it was not named with --key, and no text that a trusted key signed names it. What it signs counts only where a trusted manifest names that text";
                findings.add(Finding::new(Kind::KeyUnvouched, detail).file(file));
            }
        }
    }
}

/// The key in a file, if the file is one and has the key's name.
fn read_key(archive: &dyn Archive, name: &str) -> Option<RingKey> {
    let mut bytes = Vec::new();
    archive.open(name).ok()?.take(4_096).read_to_end(&mut bytes).ok()?;
    let key: RingKey = std::str::from_utf8(&bytes).ok()?.strip_suffix('\n')?.parse().ok()?;
    (key.key.file_name() == name).then_some(key)
}
