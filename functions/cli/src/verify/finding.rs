//! What a verification finds: what, where, since when, and what it means for the verdict.

use std::collections::BTreeMap;
use std::sync::Mutex;

use domain::part::PartNumber;
use domain::time::Time;
use serde::Serialize;

use super::tally::{Gap, Tally};

/// So many findings of a kind are told one by one; the others are counted.
const TOLD: usize = 1_000;

/// What a finding means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Severity {
    /// Something is missing, changed, added or out of order.
    Violated,
    /// Something can't be proven with what is here.
    Incomplete,
    /// To be known; the proof stands.
    Note,
}

/// The kinds of findings. Their names are part of the contract with scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// A file among the manifests is none.
    ManifestMalformed,
    /// A manifest lies under a name that is not its own.
    ManifestMisplaced,
    /// A manifest of another connector or vendor.
    ManifestForeign,
    /// A signature is not of the key that it names.
    SignatureInvalid,
    /// No trusted key has signed, and no trusted manifest names the text.
    SignatureUntrusted,
    /// The key was not valid when the part was sealed.
    KeyNotValid,
    /// Another key had replaced the one that signed.
    KeyRetired,
    /// The chain does not begin with part 1.
    StartMissing,
    /// It is of a version that wrote no manifests: the signed beginning of the chain says so.
    BeforeManifests,
    /// A part has no manifest.
    PartMissing,
    /// Trusted keys signed two manifests of a part, of different texts.
    PartDoubled,
    /// A manifest does not name the one before it.
    ChainBroken,
    /// A window does not begin where the one before ended.
    WindowsNotContiguous,
    /// The times of the first and last event do not fit the window.
    TimesMisfit,
    /// The object of a manifest is not there.
    ObjectMissing,
    /// The object's bytes are not those of the manifest.
    ObjectChanged,
    /// The object is as it was sealed, and its content is not what the manifest says.
    ContentMismatch,
    /// It holds another number of events than the manifest says.
    CountMismatch,
    /// An event's time lies outside the window.
    EventOutsideWindow,
    /// An event is there twice.
    EventTwice,
    /// Events of more than one tenant.
    TenantMixed,
    /// A file that no manifest names.
    FileUnnamed,
    /// Something that is no file.
    FileOdd,
    /// The newest manifest that the vendor tells of is not here.
    TailMissing,
    /// There is no manifest at all.
    NothingFound,
    /// The newest manifest is older than it should be.
    TailStale,
    /// Something could not be read.
    NotRead,
    /// Events without the field that was to be checked.
    FieldMissing,
    /// A field that was to be checked stands in an event more than once.
    FieldRepeated,
    /// A part, or what tells its events apart, is larger than an exporter makes it.
    BeyondLimits,
    /// No key was named: all is held against the one that signed the first manifest.
    TrustOnFirstUse,
    /// What is behind the newest manifest can't be known.
    TailOpen,
    /// A key that lies here and is not trusted.
    KeyUnvouched,
    /// One key has handed over to another.
    KeyRotated,
    /// The connector was moved.
    Moved,
    /// Format, compression or frequency was changed.
    Reconfigured,
    /// A field that looks like a time tells one outside the window.
    EventTimeDiffers,
    /// A field that looks like an ID has the same value in different events.
    IdRepeated,
    /// Two events without an ID are equal.
    LineRepeated,
    /// Lines of signatures that count for nothing.
    SignatureIgnored,
    /// Parts that no trusted key signed, and that the `previous` of a trusted one names.
    VouchedByPrevious,
    /// A key replaces another one, and no signed text hands over to it.
    KeyChanged,
    /// The same, where the auditor says that it was.
    KeyChangeConfirmed,
    /// The keys do not change where the auditor says that they did.
    BoundaryMismatch,
    /// The part with which the auditor says that the keys changed is not here.
    BoundaryNotReached,
    /// One of several keys that the auditor named signed nothing.
    KeyUnused,
    /// No key was named, and none that signed the first manifest is here.
    NoKey,
    /// No key was named, and several keys signed the first manifest.
    SignerAmbiguous,
    /// It lies elsewhere than where the newest manifest was delivered.
    DestinationDiffers,
    /// A file that an operating system left in the folder.
    SystemFile,
    /// The product writes events in the form of records of unreadable items.
    RecordsImitated,
}

impl Kind {
    /// What it means.
    pub(crate) const fn severity(self) -> Severity {
        match self {
            Self::NothingFound
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
            | Self::KeyUnvouched
            | Self::KeyRotated
            | Self::Moved
            | Self::Reconfigured
            | Self::EventTimeDiffers
            | Self::IdRepeated
            | Self::LineRepeated
            | Self::SignatureIgnored
            | Self::VouchedByPrevious
            | Self::KeyChangeConfirmed
            | Self::DestinationDiffers
            | Self::SystemFile
            | Self::RecordsImitated => Severity::Note,
            _ => Severity::Violated,
        }
    }

    /// The name in reports.
    pub(crate) fn name(self) -> String {
        serde_json::to_value(self).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
    }
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Finding {
    /// What it means.
    pub(crate) severity: Severity,
    /// What it is.
    #[serde(rename = "finding")]
    pub(crate) kind: Kind,
    /// In which part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) part: Option<u64>,
    /// In which file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) file: Option<String>,
    /// From which time on what is here is in doubt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) since: Option<Time>,
    /// The parts that are missing, if the finding stands for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) missing: Option<Gap>,
    /// In words.
    pub(crate) detail: String,
}

impl Finding {
    /// What, in words.
    pub(crate) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self { severity: kind.severity(), kind, part: None, file: None, since: None, missing: None, detail }
    }

    /// It stands for all parts from the one to the other.
    pub(crate) fn missing(self, first: PartNumber, last: PartNumber) -> Self {
        Self { missing: Some(Gap { first: first.get(), last: last.get() }), ..self }
    }

    /// In that part.
    pub(crate) fn part(self, part: PartNumber) -> Self {
        Self { part: Some(part.get()), ..self }
    }

    /// In that file.
    pub(crate) fn file(self, name: &str) -> Self {
        let name = name.chars().take(1_100).flat_map(char::escape_debug).collect();
        Self { file: Some(name), ..self }
    }

    /// From that time on.
    pub(crate) fn since(self, since: impl Into<Option<Time>>) -> Self {
        Self { since: since.into(), ..self }
    }
}

/// All that was found, by all threads. What is kept of it is bounded.
#[derive(Debug, Default)]
pub(crate) struct Findings(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    counts: BTreeMap<Kind, u64>,
    findings: Vec<Finding>,
    tally: Tally,
}

impl Findings {
    /// Adds one.
    pub(crate) fn add(&self, finding: Finding) {
        let mut kept = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        kept.tally.add(&finding);
        let count = kept.counts.entry(finding.kind).or_default();
        *count += 1;
        if *count <= TOLD as u64 {
            kept.findings.push(finding);
        }
    }

    /// An object is here whose name tells the number of this part, and no manifest names it.
    pub(crate) fn present(&self, part: PartNumber) {
        let mut kept = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        kept.tally.present(part.get());
    }

    /// The findings, the gravest first and then by part; how many of each kind there were; and what they come to.
    ///
    /// Where nothing that is `signed` was found, nobody can say that anything was changed: nothing is a violation then.
    pub(crate) fn into_sorted(self, signed: bool) -> (Vec<Finding>, BTreeMap<Kind, u64>, Tally) {
        let mut kept = self.0.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !signed {
            for finding in &mut kept.findings {
                finding.severity = finding.severity.max(Severity::Incomplete);
            }
        }
        kept.findings.sort_by(|a, b| {
            (a.severity, a.part.unwrap_or(u64::MAX), a).cmp(&(b.severity, b.part.unwrap_or(u64::MAX), b))
        });
        (kept.findings, kept.counts, kept.tally)
    }
}
