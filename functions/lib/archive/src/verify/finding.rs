//! The findings of a verification: what, where, since when, and what each means for the verdict.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde::Serialize;

use super::totals::{FindingTotals, Gap};
use crate::part::PartNumber;
use crate::time::Time;

/// Maximum number of findings of a kind that are listed; further ones are only counted.
const MAX_PER_KIND: usize = 1_000;

/// The severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Something is missing, changed, added or out of order.
    Violated,
    /// Something can't be proven with the available files.
    Incomplete,
    /// Information; the proof is not affected.
    Note,
}

/// The kinds of findings. Their names are part of the contract with scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A file among the manifests is not a manifest.
    ManifestMalformed,
    /// A manifest has another name than its own.
    ManifestMisplaced,
    /// A manifest of another connector or vendor.
    ManifestForeign,
    /// A signature is invalid for the key that it names.
    SignatureInvalid,
    /// No trusted key has signed, and no trusted manifest names the text.
    SignatureUntrusted,
    /// The key was not valid when the part was sealed.
    KeyNotValid,
    /// The key that signed had been replaced before.
    KeyRetired,
    /// The chain does not begin with part 1.
    StartMissing,
    /// The part is from a version that wrote no manifests, as the signed beginning of the chain says.
    BeforeManifests,
    /// A part has no manifest.
    PartMissing,
    /// Accountable keys signed two manifests of a part with different texts.
    #[serde(rename = "part_doubled")]
    Equivocation,
    /// A manifest's `previous` is not the hash of the previous manifest's text.
    ChainBroken,
    /// A window does not begin where the previous one ended.
    WindowsNotContiguous,
    /// The times of the first and last event don't match the window.
    #[serde(rename = "times_misfit")]
    TimesMismatch,
    /// The object of a manifest is missing.
    ObjectMissing,
    /// The object's bytes differ from the manifest.
    ObjectChanged,
    /// The object is as it was sealed, but its content differs from the manifest.
    ContentMismatch,
    /// It contains another number of events than the manifest says.
    CountMismatch,
    /// An event's time is outside of the window.
    EventOutsideWindow,
    /// An event occurs twice.
    EventTwice,
    /// Events of more than one tenant.
    TenantMixed,
    /// A file that no manifest names.
    FileUnnamed,
    /// Something that is not a regular file.
    #[serde(rename = "file_odd")]
    NotRegularFile,
    /// The newest manifest of the vendor (`--newest`) is missing.
    TailMissing,
    /// There is no manifest signed by a trusted key.
    #[serde(rename = "nothing_found")]
    NoTrustedManifest,
    /// The newest manifest is older than it should be.
    TailStale,
    /// Something could not be read.
    NotRead,
    /// Events without the field to be checked.
    FieldMissing,
    /// A field to be checked occurs in an event more than once.
    FieldRepeated,
    /// A part, or the identities of its events, is larger than an exporter creates it.
    BeyondLimits,
    /// No key was named: everything is checked against the key that signed the first manifest.
    TrustOnFirstUse,
    /// Whether parts followed the newest manifest is unknown.
    TailOpen,
    /// A key in the archive that is not trusted.
    #[serde(rename = "key_unvouched")]
    KeyUntrusted,
    /// One key has handed over to another.
    KeyRotated,
    /// The connector's destination was changed.
    Moved,
    /// Format, compression or frequency was changed.
    Reconfigured,
    /// A field that looks like a time is outside of the window.
    EventTimeDiffers,
    /// A field that looks like an ID has the same value in different events.
    IdRepeated,
    /// Two events without an ID are equal.
    LineRepeated,
    /// Signature lines that were ignored.
    SignatureIgnored,
    /// Parts that no trusted key signed, but that the `previous` of a trusted one names.
    #[serde(rename = "vouched_by_previous")]
    TrustedByChain,
    /// A key replaces another one, and no signed text hands over to it.
    KeyChanged,
    /// The same, at the boundary that the auditor named.
    KeyChangeConfirmed,
    /// The keys do not change at the boundary that the auditor named.
    BoundaryMismatch,
    /// The part of the boundary that the auditor named is missing.
    BoundaryNotReached,
    /// One of several keys that the auditor named signed nothing.
    KeyUnused,
    /// No key was named, and no key of the archive signed the first manifest.
    NoKey,
    /// No key was named, and several keys signed the first manifest.
    SignerAmbiguous,
    /// It is in another location than where the newest manifest was delivered.
    DestinationDiffers,
    /// A file that an operating system left in the folder.
    SystemFile,
    /// The product writes events in the form of records of unreadable items.
    RecordsImitated,
}

impl Kind {
    /// The severity of this kind.
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self {
            Self::NoTrustedManifest
            | Self::BeforeManifests
            | Self::TailStale
            | Self::NotRead
            | Self::FieldMissing
            | Self::FieldRepeated
            | Self::BeyondLimits
            | Self::TrustOnFirstUse
            | Self::KeyChanged
            | Self::BoundaryNotReached
            | Self::KeyUnused
            | Self::NoKey
            | Self::SignerAmbiguous => Severity::Incomplete,
            Self::TailOpen
            | Self::KeyUntrusted
            | Self::KeyRotated
            | Self::Moved
            | Self::Reconfigured
            | Self::EventTimeDiffers
            | Self::IdRepeated
            | Self::LineRepeated
            | Self::SignatureIgnored
            | Self::TrustedByChain
            | Self::KeyChangeConfirmed
            | Self::DestinationDiffers
            | Self::SystemFile
            | Self::RecordsImitated => Severity::Note,
            _ => Severity::Violated,
        }
    }

    /// The name in reports, in snake case.
    #[must_use]
    pub fn name(self) -> String {
        serde_json::to_value(self).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
    }
}

/// One finding, as a line of the report.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// The severity, from the kind.
    pub severity: Severity,
    /// Its kind; scripts rely on the name.
    #[serde(rename = "finding")]
    pub kind: Kind,
    /// The part, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<u64>,
    /// The file, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The time from which on the archive is in doubt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Time>,
    /// The missing parts, if the finding stands for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<Gap>,
    /// The description for people.
    pub detail: String,
}

impl Finding {
    /// A finding of a kind with a description.
    pub(super) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self { severity: kind.severity(), kind, part: None, file: None, since: None, missing: None, detail }
    }

    /// The same finding for all missing parts from `first` to `last`.
    pub(super) fn missing(self, first: PartNumber, last: PartNumber) -> Self {
        Self { missing: Some(Gap { first: first.get(), last: last.get() }), ..self }
    }

    /// The same finding about a part.
    pub(super) fn part(self, part: PartNumber) -> Self {
        Self { part: Some(part.get()), ..self }
    }

    /// The same finding about a file.
    pub(super) fn file(self, name: &str) -> Self {
        let name = name.chars().take(1_100).flat_map(char::escape_debug).collect();
        Self { file: Some(name), ..self }
    }

    /// The same finding from a time on.
    pub(super) fn since(self, since: impl Into<Option<Time>>) -> Self {
        Self { since: since.into(), ..self }
    }
}

/// The findings of all threads. What is kept of them is bounded.
#[derive(Debug, Default)]
pub(super) struct Findings(Mutex<Collected>);

#[derive(Debug, Default)]
struct Collected {
    counts: BTreeMap<Kind, u64>,
    findings: Vec<Finding>,
    totals: FindingTotals,
}

impl Findings {
    pub(super) fn add(&self, finding: Finding) {
        let mut collected = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        collected.totals.add(&finding);
        let count = collected.counts.entry(finding.kind).or_default();
        *count += 1;
        if *count <= MAX_PER_KIND as u64 {
            collected.findings.push(finding);
        }
    }

    /// Records that there is an object with this part number in its name that no manifest names.
    pub(super) fn object_present(&self, part: PartNumber) {
        let mut collected = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        collected.totals.object_present(part.get());
    }

    /// Returns the findings, sorted by severity and part, with their counts by kind and their totals.
    ///
    /// If nothing `signed` was found, nothing can be said to be changed, so no finding is a violation.
    pub(super) fn into_sorted(self, signed: bool) -> (Vec<Finding>, BTreeMap<Kind, u64>, FindingTotals) {
        let mut collected = self.0.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !signed {
            for finding in &mut collected.findings {
                finding.severity = finding.severity.max(Severity::Incomplete);
            }
        }
        collected.findings.sort_by(|a, b| {
            (a.severity, a.part.unwrap_or(u64::MAX), a).cmp(&(b.severity, b.part.unwrap_or(u64::MAX), b))
        });
        (collected.findings, collected.counts, collected.totals)
    }
}
