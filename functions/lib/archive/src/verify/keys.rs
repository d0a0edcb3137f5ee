//! The known keys: those that the auditor named, and those in the archive. The presence of a key in the
//! archive proves nothing, since anyone with write access to the bucket can put one there.
//! [`trust`](super::trust) decides which keys are trusted.

use std::io::Read;

use super::archive::Archive;
use super::finding::{Finding, Findings, Kind};
use super::listing::unnamed_file;
use crate::note::{KeyRing, NoteSignature, RingKey, SignedNote, VerifierKey};

/// A key that was named or is in the archive. It may have made a signature; that alone proves nothing.
#[derive(Debug, Clone)]
pub(crate) struct KnownKey {
    key: RingKey,
    /// Its file, if it is in the archive.
    file: Option<String>,
}

impl KnownKey {
    pub(crate) const fn key(&self) -> &VerifierKey {
        &self.key.key
    }
}

/// The known keys, by their indexes.
#[derive(Debug)]
pub(crate) struct KnownKeys {
    ring: KeyRing,
    keys: Vec<KnownKey>,
    /// The number of keys that the auditor named: they have the first indexes.
    pinned_count: usize,
}

/// The result of checking a signature line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignatureCheck {
    /// A valid signature by the known key with this index.
    Valid(usize),
    /// Invalid for the known key that it names.
    Invalid,
    /// It names an unknown key.
    UnknownKey,
}

impl KnownKeys {
    /// Collects the keys that the auditor named, and those in the archive.
    pub(crate) fn read(
        archive: &dyn Archive,
        pins: &[RingKey],
        files: &[String],
        findings: &Findings,
    ) -> Self {
        let mut known = Self { ring: KeyRing::default(), keys: Vec::new(), pinned_count: 0 };
        for pin in pins {
            known.add(pin.clone(), None);
        }
        known.pinned_count = known.keys.len();
        for name in files {
            match read_key(archive, name) {
                Some(key) => known.add(key, Some(name.clone())),
                None => findings.add(unnamed_file(name)),
            }
        }
        known
    }

    fn add(&mut self, key: RingKey, file: Option<String>) {
        let index = self.ring.add(key.clone());
        match self.keys.get_mut(index) {
            Some(known) => known.file = known.file.take().or(file),
            None => self.keys.push(KnownKey { key, file }),
        }
    }

    /// Checks a signature line of a note.
    pub(crate) fn check_signature(&self, note: &SignedNote, signature: &NoteSignature) -> SignatureCheck {
        match self.ring.signer(note, signature) {
            Some(Some(index)) => SignatureCheck::Valid(index),
            Some(None) => SignatureCheck::Invalid,
            None => SignatureCheck::UnknownKey,
        }
    }

    /// The key with this index.
    pub(crate) fn get(&self, index: usize) -> Option<&KnownKey> {
        self.keys.get(index)
    }

    /// Whether the auditor named the key with this index.
    pub(crate) const fn is_pinned(&self, index: usize) -> bool {
        index < self.pinned_count
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
                let detail = "this key is not trusted: it was not named with --key, and no text signed by a \
                    trusted key names it. Its signatures count only for texts that a trusted manifest names";
                findings.add(Finding::new(Kind::KeyUntrusted, detail).file(file));
            }
        }
    }
}

/// Reads a key file, if it is valid and has the key's name.
fn read_key(archive: &dyn Archive, name: &str) -> Option<RingKey> {
    let mut bytes = Vec::new();
    archive.open(name).ok()?.take(4_096).read_to_end(&mut bytes).ok()?;
    let key: RingKey = std::str::from_utf8(&bytes).ok()?.strip_suffix('\n')?.parse().ok()?;
    (key.key.file_name() == name).then_some(key)
}
