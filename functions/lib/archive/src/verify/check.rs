//! A verification from the listing to the verdict: list, read the manifests, follow the chain, match the
//! files with it, read them, and compare the identities of all events.
//!
//! Everything that grows with the archive goes through a sorter, so that memory doesn't.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use super::archive::Archive;
use super::back_references::{self, ChainedTexts, TrustResolution};
use super::boundary::Boundary;
use super::chain::{Chain, Keys};
use super::chain_summary::ChainSummary;
use super::content::Content;
use super::contents::ContentCheck;
use super::events::Fields;
use super::finding::{Finding, Findings, Kind, Severity};
use super::identities;
use super::keys::KnownKeys;
use super::listing::Listing;
use super::manifests::{self, Manifests};
use super::object_matcher::{FirstManifest, ObjectMatcher};
use super::observer::{NoObserver, PartObserver};
use super::resources::Resources;
use super::sorter::Sorted;
use super::totals::FindingTotals;
use super::trust::{Trust, TrustByOrigin};
use crate::manifest::{Location, Manifest, Origin};
use crate::names::ConnectorId;
use crate::note::{RingKey, VerifierKey};
use crate::part::PartNumber;
use crate::sha256::Sha256;
use crate::time::Time;

/// The options of a verification: what to verify, what the auditor knows, and what it may use.
#[derive(Debug, Clone)]
pub struct VerifyOptions {
    /// The pinned keys, which the auditor has from the vendor.
    pub pins: Vec<RingKey>,
    /// The connector of the chain; `None` for the one with the most manifests.
    pub connector: Option<ConnectorId>,
    /// Only parts whose window ends later than this.
    pub from: Option<Time>,
    /// Only parts whose window begins earlier than this.
    pub to: Option<Time>,
    /// The hash of the newest manifest's text, from the vendor.
    pub newest: Option<Sha256>,
    /// Where a key replaced another one without a hand-over, from the vendor.
    pub boundaries: Vec<Boundary>,
    /// The verified S3 location: bucket and prefix.
    pub location: Option<(String, String)>,
    /// When the copy was taken; parts that were due later may be missing.
    pub as_of: Time,
    /// The fields of the events to check.
    pub fields: Fields,
    /// What it may use of the machine.
    pub resources: Resources,
}

/// The progress of a verification.
#[derive(Debug, Default)]
pub struct Progress {
    /// Manifests that were read so far.
    pub manifests: AtomicU64,
    /// Bytes of all objects to read; 0 while that is unknown.
    pub total: AtomicU64,
    /// Bytes of them that were read so far.
    pub read: AtomicU64,
    /// Events that were read so far.
    pub events: AtomicU64,
}

impl Progress {
    pub(super) fn add(counter: &AtomicU64, more: u64) {
        counter.fetch_add(more, Ordering::Relaxed);
    }

    /// The current value of one of the counters.
    pub fn get(counter: &AtomicU64) -> u64 {
        counter.load(Ordering::Relaxed)
    }
}

/// The result of a verification.
#[derive(Debug)]
pub struct Outcome {
    /// The verdict, by the most severe finding.
    pub verdict: Verdict,
    /// The origin of the chain.
    pub origin: Option<Origin>,
    /// Whether there is any manifest, regardless of its signer.
    pub has_manifests: bool,
    /// The trusted keys: those that were named, and their successors.
    pub trusted: Vec<VerifierKey>,
    /// The numbers of the chain.
    pub chain: ChainSummary,
    /// The totals of the objects' contents.
    pub content: Content,
    /// What was found, the most severe first.
    pub findings: Vec<Finding>,
    /// The number of findings of each kind.
    pub counts: BTreeMap<Kind, u64>,
    /// The totals of the findings.
    pub totals: FindingTotals,
}

/// The verdict of a verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing is missing, changed, added or out of order, and a key that the auditor named has signed it.
    Proven,
    /// The same, except that the signer is not confirmed: the auditor named no key, and anyone with write
    /// access to the bucket can sign everything again.
    Consistent,
    /// Something is missing, changed, added or out of order.
    Violated,
    /// The available files don't suffice to decide.
    Incomplete,
}

impl Verdict {
    /// The name in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Proven => "proven",
            Self::Consistent => "consistent",
            Self::Violated => "violated",
            Self::Incomplete => "incomplete",
        }
    }
}

/// Verifies an archive: the steps of this module, in order.
///
/// # Errors
/// If it can't be listed, or a temporary file can't be written. A file that can't be read is a finding.
pub fn check(archive: &dyn Archive, options: &VerifyOptions, progress: &Progress) -> io::Result<Outcome> {
    check_observed(archive, options, progress, &NoObserver)
}

/// The same; what is found of each part is also reported to an observer.
///
/// # Errors
/// As those of [`check`].
pub fn check_observed(
    archive: &dyn Archive,
    options: &VerifyOptions,
    progress: &Progress,
    observer: &dyn PartObserver,
) -> io::Result<Outcome> {
    let findings = Findings::default();
    let listing = Listing::read(archive, options, &findings)?;
    let known = KnownKeys::read(archive, &options.pins, &listing.keys, &findings);
    let read = manifests::read(archive, listing.manifests, &known, options, progress)?;
    let base = initial_trust(options, &known, &read, &findings);
    let TrustResolution { trusts, texts } = back_references::resolve_trust(
        read.trust_records,
        &known,
        TrustByOrigin::new(base),
        &options.resources,
    )?;
    let keys = Keys { known: &known, trusts: &trusts };
    let mut chain =
        Chain::new(options, keys, ChainedTexts::new(texts)?, read.origin.as_ref(), &findings, observer);
    let mut sorted = Sorted::new(read.records)?;
    while let Some(record) = sorted.next()? {
        chain.add_record(record)?;
    }
    let followed = chain.finish()?;
    let origin = read.origin.as_ref().map(ToString::to_string).unwrap_or_default();
    let trusted: Vec<VerifierKey> =
        trusts.for_origin(&origin).keys().iter().map(|trusted| trusted.key().clone()).collect();
    if !trusted.is_empty() {
        known.report_untrusted(trusted.iter(), &findings);
    }
    if let (Some(newest), Some(location)) = (&followed.newest, &options.location) {
        check_location(newest, location, &findings);
    }
    progress.total.store(listing.object_bytes, Ordering::Relaxed);
    let first_manifest = FirstManifest { part: followed.upgraded_at, covers_start: options.from.is_none() };
    let matches = ObjectMatcher::new(followed.expected, listing.objects, first_manifest)?;
    let threads = options.resources.threads.max(archive.concurrency().min(8));
    let contents = ContentCheck::new(archive, options, &findings, progress, observer);
    let (content, identities) = contents.check_all(&matches, threads)?;
    identities::report_duplicates(identities, &options.fields, &findings)?;
    let has_manifests = read.found;
    let (findings, counts, totals) = findings.into_sorted(has_manifests);
    let verdict = verdict(options, has_manifests, &counts);
    let (origin, summary) = (read.origin, followed.chain);
    Ok(Outcome { verdict, origin, has_manifests, trusted, chain: summary, content, findings, counts, totals })
}

/// The keys with which trust begins.
fn initial_trust(options: &VerifyOptions, known: &KnownKeys, read: &Manifests, findings: &Findings) -> Trust {
    if !options.pins.is_empty() {
        return Trust::from_pins(&options.pins);
    }
    let (part, indexes) = read.first_signed.as_ref().map(|(part, indexes)| (*part, indexes)).unzip();
    let signers = indexes.into_iter().flatten().filter_map(|index| known.get(*index));
    let keys: Vec<VerifierKey> = signers.map(|known| known.key().clone()).collect();
    let advice = "Ask the vendor for its key, by a channel other than the bucket (the vendor's `auditferry \
        connector setup` or /v1/keys), and name it with --key.";
    let finding = match keys.as_slice() {
        [] if read.origin.is_none() => None,
        [] => Some(Finding::new(
            Kind::NoKey,
            format!("there is no key to check these signatures with. {advice}"),
        )),
        [key] => Some(Finding::new(
            Kind::TrustOnFirstUse,
            format!(
                "no --key was given. Everything is checked against the key that signed the first manifest, \
                 {key}: that shows that there is one signer, but not who it is, since anyone with write \
                 access can sign everything again. {advice}"
            ),
        )),
        [..] => Some(Finding::new(
            Kind::SignerAmbiguous,
            format!(
                "no --key was given, and {} keys have signed the first manifest: the archive can't show \
                 which of them is the vendor's. {advice}",
                keys.len()
            ),
        )),
    };
    if let Some(finding) = finding {
        findings.add(match part {
            Some(part) => finding.part(part),
            None => finding,
        });
    }
    Trust::on_first_use(keys.into_iter())
}

/// Reports if the newest manifest was delivered to another location. A moved archive is legitimate, so this
/// is only a note.
fn check_location(newest: &Manifest, location: &(String, String), findings: &Findings) {
    let Location { bucket, prefix, .. } = &newest.destination;
    let (archive_bucket, archive_prefix) = (location.0.as_str(), location.1.trim_matches('/'));
    if bucket.as_str() != archive_bucket || prefix.as_str() != archive_prefix {
        let detail = format!(
            "the newest manifest was delivered to {}, and this is s3://{archive_bucket}/{archive_prefix}: it \
             was copied or moved, or is another connector's",
            newest.destination
        );
        findings.add(Finding::new(Kind::DestinationDiffers, detail).part(newest.part));
    }
}

/// Decides the verdict. Nothing is proven without a key that the auditor named, and nothing is violated if
/// there is not `any` manifest.
fn verdict(options: &VerifyOptions, has_manifests: bool, counts: &BTreeMap<Kind, u64>) -> Verdict {
    let is_there =
        |severity| counts.keys().any(|kind| kind.severity() == severity && *kind != Kind::TrustOnFirstUse);
    if has_manifests && is_there(Severity::Violated) {
        Verdict::Violated
    } else if !has_manifests || is_there(Severity::Incomplete) {
        Verdict::Incomplete
    } else if options.pins.is_empty() {
        Verdict::Consistent
    } else {
        Verdict::Proven
    }
}

/// Parses a part number in a file name.
pub(super) fn parse_part_number(digits: &str) -> Option<PartNumber> {
    let all = digits.len() >= 12 && digits.bytes().all(|b| b.is_ascii_digit());
    all.then(|| digits.parse().ok().map(PartNumber::new)).flatten()
}
