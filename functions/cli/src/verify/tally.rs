//! What the findings come to, counted as a person counts: missing parts and files, changed parts, what was added. One
//! finding may stand for many parts, and several findings may be about one.

use std::collections::HashSet;

use serde::Serialize;

use super::finding::{Finding, Kind, Severity};

/// So many gaps are known one by one, and so many parts of each sort. Beyond, each finding counts for itself.
const MOST_KNOWN: usize = 100_000;

/// Parts that follow on one another and are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Gap {
    /// The lowest.
    pub(crate) first: u64,
    /// The highest.
    pub(crate) last: u64,
}

/// What is missing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Missing {
    /// Parts that lack their manifest, their object, or both.
    pub(crate) parts: u64,
    /// The manifests and objects that they lack.
    pub(crate) files: u64,
    /// Whether it may be more: nobody here knows how many parts an end had that was cut off.
    pub(crate) at_least: bool,
}

/// What the findings come to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    /// What is missing.
    pub(crate) missing: Missing,
    /// How many parts are not what was signed, or files that belong to no part.
    pub(crate) changed: u64,
    /// How many files and events there are that nobody signed.
    pub(crate) added: u64,
    /// Whether the chain's beginning is missing.
    pub(crate) start: bool,
    gaps: Vec<Gap>,
    /// Parts of gaps whose object is here.
    present: HashSet<u64>,
    /// Parts that were counted as changed.
    parts: HashSet<u64>,
}

impl Tally {
    /// Counts a finding.
    pub(super) fn add(&mut self, finding: &Finding) {
        match finding.kind {
            Kind::StartMissing | Kind::PartMissing => {
                self.start |= finding.kind == Kind::StartMissing;
                match finding.missing {
                    Some(gap) => self.gap(gap),
                    // Nobody here knows how many.
                    None => self.end(),
                }
            }
            Kind::TailMissing => self.end(),
            Kind::ObjectMissing => {
                self.missing.parts = self.missing.parts.saturating_add(1);
                self.missing.files = self.missing.files.saturating_add(1);
            }
            Kind::FileUnnamed
            | Kind::FileOdd
            | Kind::ManifestForeign
            | Kind::PartDoubled
            | Kind::EventTwice => self.added += 1,
            kind if kind.severity() == Severity::Violated => match finding.part {
                Some(part) if self.parts.len() < MOST_KNOWN || self.parts.contains(&part) => {
                    self.changed += u64::from(self.parts.insert(part));
                }
                _ => self.changed += 1,
            },
            _ => {}
        }
    }

    /// Each part of a gap lacks its manifest, and its object too unless that is met later.
    fn gap(&mut self, gap: Gap) {
        let parts = gap.last.saturating_sub(gap.first).saturating_add(1);
        self.missing.parts = self.missing.parts.saturating_add(parts);
        self.missing.files = self.missing.files.saturating_add(parts.saturating_mul(2));
        if self.gaps.len() < MOST_KNOWN {
            self.gaps.push(gap);
        }
    }

    fn end(&mut self) {
        self.missing.parts = self.missing.parts.saturating_add(1);
        self.missing.files = self.missing.files.saturating_add(2);
        self.missing.at_least = true;
    }

    /// The object of that part is here, and no manifest names it. The gaps came in order, since the chain has one.
    pub(super) fn present(&mut self, part: u64) {
        let after = self.gaps.partition_point(|gap| gap.first <= part);
        let gap = after.checked_sub(1).and_then(|place| self.gaps.get(place));
        if gap.is_some_and(|gap| part <= gap.last)
            && self.present.len() < MOST_KNOWN
            && self.present.insert(part)
        {
            self.missing.files = self.missing.files.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::part::PartNumber;

    use super::*;

    fn gap(kind: Kind, first: u64, last: u64) -> Finding {
        Finding::new(kind, "").missing(PartNumber::new(first), PartNumber::new(last))
    }

    fn missing(parts: u64, files: u64) -> Missing {
        Missing { parts, files, at_least: false }
    }

    #[test]
    fn missing_parts_are_counted_and_not_the_findings_that_tell_them() {
        let mut tally = Tally::default();
        tally.add(&gap(Kind::StartMissing, 1, 2));
        tally.add(&gap(Kind::PartMissing, 7, 20));
        assert_eq!(tally.missing, missing(16, 32));
        tally.add(&Finding::new(Kind::ObjectMissing, "").part(PartNumber::new(25)));
        assert_eq!(tally.missing, missing(17, 33));
        // Of two parts the object is here, told twice of one; part 3 is not missing.
        for part in [1, 20, 20, 3, 21] {
            tally.present(part);
        }
        assert_eq!(tally.missing, missing(17, 31));
        tally.add(&Finding::new(Kind::TailMissing, ""));
        assert_eq!(tally.missing, Missing { parts: 18, files: 33, at_least: true });
    }

    #[test]
    fn numbers_of_a_hostile_manifest_do_not_overflow() {
        let mut tally = Tally::default();
        tally.add(&gap(Kind::PartMissing, 2, u64::MAX));
        tally.add(&gap(Kind::PartMissing, 0, u64::MAX));
        tally.add(&Finding::new(Kind::TailMissing, ""));
        assert_eq!(tally.missing, Missing { parts: u64::MAX, files: u64::MAX, at_least: true });
        tally.present(u64::MAX);
    }

    #[test]
    fn a_part_of_which_several_things_were_changed_is_one_changed_part() {
        let mut tally = Tally::default();
        let of = |kind, part| Finding::new(kind, "").part(PartNumber::new(part));
        for finding in [
            of(Kind::ObjectChanged, 3),
            of(Kind::SignatureInvalid, 3),
            of(Kind::ObjectChanged, 4),
            Finding::new(Kind::ManifestMalformed, ""),
            of(Kind::TailOpen, 5),
        ] {
            tally.add(&finding);
        }
        assert_eq!(tally.changed, 3);
    }
}
