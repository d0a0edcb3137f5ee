//! Classifies the files below the prefix: keys, manifests, objects, and others.

use std::io::{self, Read};

use super::archive::{Archive, Entry, EntryKind};
use super::check::VerifyOptions;
use super::finding::{Finding, Findings, Kind};
use super::sorter::Sorter;
use crate::names::ConnectorId;
use crate::note::KEY_FOLDER;
use crate::part::MANIFEST_FOLDER;

/// Maximum number of key files. No vendor has more.
const MAX_KEY_FILES: usize = 200;
/// Maximum number of verification objects that are read.
const MAX_PROBES: usize = 10_000;

/// The files below the prefix.
#[derive(Debug)]
pub(crate) struct Listing {
    /// The names of the key files.
    pub(crate) keys: Vec<String>,
    /// The names of the manifest files, sorted.
    pub(crate) manifests: Sorter,
    /// The objects: name, zero byte, size as eight bytes.
    pub(crate) objects: Sorter,
    /// The total size of the objects, in bytes.
    pub(crate) object_bytes: u64,
}

impl Listing {
    /// Lists an archive.
    ///
    /// # Errors
    /// If it can't be listed, or a temporary file can't be written.
    pub(crate) fn read(
        archive: &dyn Archive,
        options: &VerifyOptions,
        findings: &Findings,
    ) -> io::Result<Self> {
        let mut listing = Self {
            keys: Vec::new(),
            manifests: options.resources.sorter(4),
            objects: options.resources.sorter(4),
            object_bytes: 0,
        };
        let mut probes = Vec::new();
        archive.list(&mut |entry| listing.add(entry, options, &mut probes, findings))?;
        listing.keys.sort();
        for name in probes {
            if !is_probe(archive, &name) {
                findings.add(unnamed_file(&name));
            }
        }
        Ok(listing)
    }

    fn add(
        &mut self,
        entry: Entry,
        options: &VerifyOptions,
        probes: &mut Vec<String>,
        findings: &Findings,
    ) -> io::Result<()> {
        let Entry { name, kind } = entry;
        if date_of(&name).is_some_and(|date| !is_in_range(date, options)) {
            return Ok(());
        }
        let size = match kind {
            EntryKind::File(size) => size,
            EntryKind::Unsupported(what) => {
                findings.add(Finding::new(Kind::NotRegularFile, what).file(&name));
                return Ok(());
            }
            EntryKind::SystemFile => {
                let detail = "left by the operating system, not part of the archive";
                findings.add(Finding::new(Kind::SystemFile, detail).file(&name));
                return Ok(());
            }
        };
        if name.starts_with(KEY_FOLDER) && self.keys.len() < MAX_KEY_FILES {
            self.keys.push(name);
        } else if name.starts_with(MANIFEST_FOLDER) && date_of(&name).is_some() {
            self.manifests.push(name.as_bytes())?;
        } else if name.starts_with("events/") && date_of(&name).is_some() {
            self.object_bytes = self.object_bytes.saturating_add(size);
            self.objects.push(&[name.as_bytes(), &[0], &size.to_be_bytes()].concat())?;
        } else if probe_connector(&name).is_some() && probes.len() < MAX_PROBES {
            probes.push(name);
        } else {
            findings.add(unnamed_file(&name));
        }
        Ok(())
    }
}

/// The finding for a file that no manifest names.
pub(crate) fn unnamed_file(name: &str) -> Finding {
    Finding::new(Kind::FileUnnamed, "no manifest names this file: it was added, or its manifest is missing")
        .file(name)
}

/// The date in a name `<folder>/date=<date>/<file>`.
fn date_of(name: &str) -> Option<&str> {
    let mut segments = name.split('/');
    let (_, date, file) = (segments.next()?, segments.next()?, segments.next()?);
    if segments.next().is_some() || file.is_empty() {
        return None;
    }
    date.strip_prefix("date=").filter(|date| date.len() == 10)
}

/// A part is under the date of its window's start and ends on that date, so other dates are irrelevant.
fn is_in_range(date: &str, options: &VerifyOptions) -> bool {
    options.from.is_none_or(|from| from.date().as_str() <= date)
        && options.to.is_none_or(|to| date <= to.date().as_str())
}

/// The connector of a verification object, by the object's name.
fn probe_connector(name: &str) -> Option<ConnectorId> {
    let (connector, random) = name.strip_prefix("verification/")?.strip_suffix(".txt")?.rsplit_once('_')?;
    let is_random = random.len() == 16 && random.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    connector.parse().ok().filter(|_| is_random)
}

/// Whether a file contains exactly what a verification writes.
fn is_probe(archive: &dyn Archive, name: &str) -> bool {
    let Some(connector) = probe_connector(name) else { return false };
    let text = format!(
        "Auditferry wrote this object for connector {connector} to see that it can. It may be deleted.\n"
    );
    let mut content = Vec::new();
    let read = archive.open(name).and_then(|file| file.take(1_000).read_to_end(&mut content));
    read.is_ok() && content == text.as_bytes()
}
