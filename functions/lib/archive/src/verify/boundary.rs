//! Where a new key replaced a lost or stolen one, without a hand-over. The auditor names such a boundary by
//! the vendor's word, and the archive must agree with it.

use std::fmt;

use super::finding::{Finding, Findings, Kind};
use crate::manifest::{Manifest, Previous};
use crate::part::PartNumber;
use crate::sha256::Sha256;

/// Where a key replaced a lost or stolen one. A time would be chosen by the signer; part and hash are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Boundary {
    /// The first part that the new key signs.
    pub part: PartNumber,
    /// The chain head to which that part is chained: the SHA-256 of the text of the previous part.
    pub head: Sha256,
}

impl fmt::Display for Boundary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.part.get(), self.head)
    }
}

/// Who signed the part before a boundary.
#[derive(Debug, Clone, Copy)]
pub(super) enum LastSigner {
    /// The trusted key with this index.
    Key(usize),
    /// Nobody who is trusted, and only one key was named.
    None,
    /// Nobody who is trusted, and several keys were named.
    Unknown,
}

/// The boundaries that the auditor named, and whether their part was reached.
#[derive(Debug)]
pub(super) struct NamedBoundaries(Vec<(Boundary, bool)>);

impl NamedBoundaries {
    pub(super) fn new(boundaries: &[Boundary]) -> Self {
        Self(boundaries.iter().map(|boundary| (*boundary, false)).collect())
    }

    /// Whether the auditor named this one.
    pub(super) fn contains(&self, boundary: Boundary) -> bool {
        self.0.iter().any(|(named, _)| *named == boundary)
    }

    /// Checks the boundaries at a part that this trusted key signed.
    pub(super) fn check(
        &mut self,
        manifest: &Manifest,
        signer: usize,
        last: LastSigner,
        findings: &Findings,
    ) {
        for (boundary, reached) in self.0.iter_mut().filter(|(named, _)| named.part == manifest.part) {
            let is_at_head = manifest.previous == Previous::Manifest(boundary.head);
            let reason = match last {
                _ if !is_at_head => "the manifest of this part is chained to another one",
                LastSigner::Key(last) if last == signer => {
                    "the key that signed the previous part also signs this one"
                }
                LastSigner::Unknown => continue,
                LastSigner::Key(_) | LastSigner::None => {
                    *reached = true;
                    continue;
                }
            };
            *reached = true;
            let detail =
                format!("the keys do not change at the boundary {boundary} that you named: {reason}");
            let finding = Finding::new(Kind::BoundaryMismatch, detail).part(manifest.part);
            findings.add(finding.since(manifest.window.from));
        }
    }

    /// Reports the boundaries whose part was not reached.
    pub(super) fn report_unreached(&self, findings: &Findings) {
        for (boundary, _) in self.0.iter().filter(|(_, reached)| !reached) {
            let detail = format!(
                "the boundary {boundary} that you named can't be checked: there is no manifest of that part \
                 that a named key signed after a part of another key"
            );
            findings.add(Finding::new(Kind::BoundaryNotReached, detail).part(boundary.part));
        }
    }
}
