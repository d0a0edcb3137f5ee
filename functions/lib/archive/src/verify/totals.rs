//! The totals of the findings, counted as a person counts: missing parts and files, changed parts, added
//! files and events. One finding may stand for many parts, and several findings may be about one part.

use std::collections::HashSet;

use serde::Serialize;

use super::finding::{Finding, Kind, Severity};

/// Maximum number of gaps, and of parts of each kind, that are tracked individually. Beyond it each finding
/// counts separately.
const MAX_TRACKED: usize = 100_000;

/// Consecutive missing parts, both ends inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Gap {
    /// The lowest part number.
    pub first: u64,
    /// The highest part number.
    pub last: u64,
}

/// The missing parts and files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// The number of parts without manifest, object, or both.
    pub parts: u64,
    /// The number of manifests and objects that they lack.
    pub files: u64,
    /// Whether these are lower bounds: the number of parts in a cut-off end is unknown.
    pub at_least: bool,
}

/// The totals of the findings.
#[derive(Debug, Clone, Default)]
pub struct FindingTotals {
    /// The missing parts and files.
    pub missing: Missing,
    /// The number of parts that differ from what was signed, or of files that belong to no part.
    pub changed: u64,
    /// The number of files and events that nobody signed.
    pub added: u64,
    /// Whether the beginning of the chain is missing.
    pub start_missing: bool,
    gaps: Vec<Gap>,
    /// Parts in gaps whose object exists.
    present: HashSet<u64>,
    /// Parts that were counted as changed.
    parts: HashSet<u64>,
}

impl FindingTotals {
    pub(super) fn add(&mut self, finding: &Finding) {
        match finding.kind {
            Kind::StartMissing | Kind::PartMissing => {
                self.start_missing |= finding.kind == Kind::StartMissing;
                match finding.missing {
                    Some(gap) => self.add_gap(gap),
                    // The number of parts is unknown.
                    None => self.add_missing_tail(),
                }
            }
            Kind::TailMissing => self.add_missing_tail(),
            Kind::ObjectMissing => {
                self.missing.parts = self.missing.parts.saturating_add(1);
                self.missing.files = self.missing.files.saturating_add(1);
            }
            Kind::FileUnnamed
            | Kind::NotRegularFile
            | Kind::ManifestForeign
            | Kind::Equivocation
            | Kind::EventTwice => self.added += 1,
            kind if kind.severity() == Severity::Violated => match finding.part {
                Some(part) if self.parts.len() < MAX_TRACKED || self.parts.contains(&part) => {
                    self.changed += u64::from(self.parts.insert(part));
                }
                _ => self.changed += 1,
            },
            _ => {}
        }
    }

    /// Each part of a gap lacks its manifest, and its object too unless that is found later.
    fn add_gap(&mut self, gap: Gap) {
        let parts = gap.last.saturating_sub(gap.first).saturating_add(1);
        self.missing.parts = self.missing.parts.saturating_add(parts);
        self.missing.files = self.missing.files.saturating_add(parts.saturating_mul(2));
        if self.gaps.len() < MAX_TRACKED {
            self.gaps.push(gap);
        }
    }

    fn add_missing_tail(&mut self) {
        self.missing.parts = self.missing.parts.saturating_add(1);
        self.missing.files = self.missing.files.saturating_add(2);
        self.missing.at_least = true;
    }

    /// Records that the object of a part exists without a manifest. The gaps are sorted, since the chain is.
    pub(super) fn object_present(&mut self, part: u64) {
        let after = self.gaps.partition_point(|gap| gap.first <= part);
        let gap = after.checked_sub(1).and_then(|index| self.gaps.get(index));
        if gap.is_some_and(|gap| part <= gap.last)
            && self.present.len() < MAX_TRACKED
            && self.present.insert(part)
        {
            self.missing.files = self.missing.files.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::part::PartNumber;

    fn gap(kind: Kind, first: u64, last: u64) -> Finding {
        Finding::new(kind, "").missing(PartNumber::new(first), PartNumber::new(last))
    }

    fn missing(parts: u64, files: u64) -> Missing {
        Missing { parts, files, at_least: false }
    }

    #[test]
    fn missing_parts_are_counted_and_not_their_findings() {
        let mut totals = FindingTotals::default();
        totals.add(&gap(Kind::StartMissing, 1, 2));
        totals.add(&gap(Kind::PartMissing, 7, 20));
        assert_eq!(totals.missing, missing(16, 32));
        totals.add(&Finding::new(Kind::ObjectMissing, "").part(PartNumber::new(25)));
        assert_eq!(totals.missing, missing(17, 33));
        // The objects of two parts exist, one reported twice; part 3 is not missing.
        for part in [1, 20, 20, 3, 21] {
            totals.object_present(part);
        }
        assert_eq!(totals.missing, missing(17, 31));
        totals.add(&Finding::new(Kind::TailMissing, ""));
        assert_eq!(totals.missing, Missing { parts: 18, files: 33, at_least: true });
    }

    #[test]
    fn numbers_of_a_hostile_manifest_do_not_overflow() {
        let mut totals = FindingTotals::default();
        totals.add(&gap(Kind::PartMissing, 2, u64::MAX));
        totals.add(&gap(Kind::PartMissing, 0, u64::MAX));
        totals.add(&Finding::new(Kind::TailMissing, ""));
        assert_eq!(totals.missing, Missing { parts: u64::MAX, files: u64::MAX, at_least: true });
        totals.object_present(u64::MAX);
    }

    #[test]
    fn several_changes_of_a_part_are_one_changed_part() {
        let mut totals = FindingTotals::default();
        let of = |kind, part| Finding::new(kind, "").part(PartNumber::new(part));
        for finding in [
            of(Kind::ObjectChanged, 3),
            of(Kind::SignatureInvalid, 3),
            of(Kind::ObjectChanged, 4),
            Finding::new(Kind::ManifestMalformed, ""),
            of(Kind::TailOpen, 5),
        ] {
            totals.add(&finding);
        }
        assert_eq!(totals.changed, 3);
    }
}
