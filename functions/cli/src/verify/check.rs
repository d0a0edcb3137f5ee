//! A verification from the listing to the verdict: list, read the manifests, follow the chain, hold the files against
//! it, look into them, and compare the identities of all events.
//!
//! Whatever grows with the archive goes through a [`Sorter`](super::sorter::Sorter), so that memory doesn't.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::manifest::{Origin, RingKey};
use domain::names::ConnectorId;
use domain::part::{PartNumber, Sha256};
use domain::time::Time;

use super::archive::Archive;
use super::chain::Chain;
use super::contents::{Content, Contents};
use super::events::Fields;
use super::files::{Earliest, Matches};
use super::finding::{Finding, Findings, Kind, Severity};
use super::identities;
use super::keys::Candidates;
use super::listing::Listing;
use super::notes;
use super::sorter::Sorted;
use super::tally::Tally;
use super::told::Told;

/// What is to be verified, and what the auditor knows.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    /// The keys that the auditor has from the vendor.
    pub(crate) pins: Vec<RingKey>,
    /// Whose chain it is; `None` for the one that most manifests belong to.
    pub(crate) connector: Option<ConnectorId>,
    /// Only parts whose window ends later.
    pub(crate) from: Option<Time>,
    /// Only parts whose window begins earlier.
    pub(crate) to: Option<Time>,
    /// The hash of the newest manifest, as the vendor tells it.
    pub(crate) newest: Option<Sha256>,
    /// When the copy was taken.
    pub(crate) as_of: Time,
    /// What is to be looked for in the events.
    pub(crate) fields: Fields,
    /// About how many bytes the sorting may hold in memory.
    pub(crate) memory: usize,
}

/// How far it has come.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// Manifests read so far.
    pub(crate) manifests: AtomicU64,
    /// Bytes of all objects that are to be read; 0 while that is not known.
    pub(crate) total: AtomicU64,
    /// Bytes of them that were read.
    pub(crate) read: AtomicU64,
    /// Events that were looked at.
    pub(crate) events: AtomicU64,
}

impl Progress {
    pub(crate) fn add(counter: &AtomicU64, more: u64) {
        counter.fetch_add(more, Ordering::Relaxed);
    }

    pub(crate) fn get(counter: &AtomicU64) -> u64 {
        counter.load(Ordering::Relaxed)
    }
}

/// What it came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The gravest that was found.
    pub(crate) verdict: Verdict,
    /// Whose chain it is.
    pub(crate) origin: Option<Origin>,
    /// Whether any manifest is here at all, whoever signed it.
    pub(crate) any: bool,
    /// What the chain tells.
    pub(crate) told: Told,
    /// What the objects hold.
    pub(crate) content: Content,
    /// What was found, one by one.
    pub(crate) findings: Vec<Finding>,
    /// How many of each kind.
    pub(crate) counts: BTreeMap<Kind, u64>,
    /// What they come to.
    pub(crate) tally: Tally,
}

/// Whether it is proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing is missing, changed, added or out of order.
    Proven,
    /// Something is.
    Violated,
    /// With what is here it can't be told.
    Incomplete,
}

/// The threads that look into objects: both cores of a small machine, and more of a larger one.
fn threads() -> usize {
    std::thread::available_parallelism().map_or(2, std::num::NonZero::get).clamp(1, 16)
}

/// Verifies an archive.
///
/// # Errors
/// If it can't be listed, or a temporary file can't be written. What can't be read is a finding.
pub(crate) fn check(archive: &dyn Archive, ask: &Ask, progress: &Progress) -> io::Result<Outcome> {
    let findings = Findings::default();
    let listing = Listing::read(archive, ask, &findings)?;
    let candidates = Candidates::read(archive, &ask.pins, &listing.keys, &findings);
    let read = notes::read(archive, listing.notes, candidates.ring(), ask, progress)?;
    let mut chain = Chain::new(ask, candidates, read.origin.clone(), &findings);
    let mut sorted = Sorted::new(read.records)?;
    while let Some(record) = sorted.next()? {
        chain.note(record)?;
    }
    let followed = chain.end()?;
    progress.total.store(listing.object_bytes, Ordering::Relaxed);
    let earliest = Earliest { part: followed.upgraded_at, asked_for_all: ask.from.is_none() };
    let matches = Matches::new(followed.expected, listing.objects, earliest)?;
    let threads = threads().max(archive.at_once().min(8));
    let contents = Contents::new(archive, ask, &findings, progress, ask.memory / 2 / threads);
    let (content, identities) = contents.of_all(&matches, threads)?;
    identities::compare(identities, &ask.fields, &findings)?;
    let (findings, counts, tally) = findings.into_sorted(read.any);
    let gravest = findings.iter().map(|finding| finding.severity).min().unwrap_or(Severity::Note);
    let verdict = match gravest {
        Severity::Violated => Verdict::Violated,
        Severity::Incomplete => Verdict::Incomplete,
        Severity::Note => Verdict::Proven,
    };
    let (told, any) = (followed.told, read.any);
    Ok(Outcome { verdict, origin: read.origin, any, told, content, findings, counts, tally })
}

/// The part that a number, as text in a name, belongs to.
pub(crate) fn part_of(digits: &str) -> Option<PartNumber> {
    let all = digits.len() >= 12 && digits.bytes().all(|b| b.is_ascii_digit());
    all.then(|| digits.parse().ok().map(PartNumber::new)).flatten()
}
