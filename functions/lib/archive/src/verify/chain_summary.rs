//! The numbers of a chain, and what can be known about its end.

use serde::Serialize;

use super::check::VerifyOptions;
use super::finding::{Finding, Findings, Kind};
use crate::frequency::next_expected_by;
use crate::manifest::Manifest;
use crate::part::PartKind;
use crate::sha256::Sha256;
use crate::time::Time;

/// The numbers of the chain, for the parts in the requested range.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ChainSummary {
    /// The lowest part number with a valid manifest.
    pub first_part: Option<u64>,
    /// The highest part number.
    pub last_part: Option<u64>,
    /// The number of parts with a valid manifest.
    pub manifests: u64,
    /// The start of the first window.
    pub from: Option<Time>,
    /// The end of the last window.
    pub to: Option<Time>,
    /// The number of heartbeats among them.
    pub heartbeats: u64,
    /// The total time without events, by the heartbeats, in seconds.
    pub quiet_seconds: u64,
    /// The number of events, by the manifests.
    pub events: u64,
    /// The number of late events among them.
    pub late: u64,
    /// The number of records of unreadable items among them.
    pub unreadable: u64,
    /// The hash of the newest manifest, to be compared with the one from the vendor.
    pub newest_manifest: Option<String>,
    /// When the newest part was sealed.
    pub newest_sealed: Option<Time>,
    /// Whether the hash from the vendor (`--newest`) confirms the end of the chain.
    pub tail_closed: bool,
}

impl ChainSummary {
    /// Adds a valid manifest.
    pub(super) fn add(&mut self, manifest: &Manifest) {
        let part = manifest.part.get();
        self.first_part = self.first_part.or(Some(part));
        self.last_part = Some(part);
        self.manifests += 1;
        self.from = self.from.or(Some(manifest.window.from));
        self.to = Some(manifest.window.to);
        self.events = self.events.saturating_add(manifest.events);
        self.late = self.late.saturating_add(manifest.late);
        self.unreadable = self.unreadable.saturating_add(manifest.unreadable);
        if manifest.kind() == PartKind::Heartbeat {
            self.heartbeats += 1;
            self.quiet_seconds += manifest.window.to.since(manifest.window.from).as_secs();
        }
    }

    /// Checks where the chain ends, and whether more parts were due.
    pub(super) fn check_tail(
        &mut self,
        newest: Option<(&Manifest, Sha256)>,
        newest_seen: bool,
        options: &VerifyOptions,
        findings: &Findings,
    ) {
        let Some((newest, sha256)) = newest else {
            let detail = "no manifest is signed by a trusted key: nothing can be proven. If the folder \
                `manifests` was not copied, copy it too.";
            return findings.add(Finding::new(Kind::NoTrustedManifest, detail));
        };
        self.newest_manifest = Some(sha256.to_string());
        self.newest_sealed = Some(newest.sealed);
        let (part, to) = (newest.part, newest.window.to);
        if let (Some(newest_hash), false) = (options.newest, newest_seen) {
            let detail = format!(
                "the manifest {newest_hash} from the vendor is missing: the parts after part {} were cut \
                 off. The hash must be of the newest delivered manifest (`for auditors` in `connector \
                 show`), not of one that waits for its delivery.",
                part.get()
            );
            return findings.add(Finding::new(Kind::TailMissing, detail).part(part.next()).since(to));
        }
        self.tail_closed = options.newest == Some(sha256);
        if self.tail_closed {
            return;
        }
        // The instant that a heartbeat states as `next_expected_by`; other parts use the same function.
        let due = next_expected_by(to, newest.sealed, newest.frequency);
        let advice = "Ask the vendor for the newest delivered manifest (`for auditors` in `auditferry \
            connector show`, or `last_export.manifest` of its API), and verify with --newest HASH.";
        let finding = match options.to {
            Some(range_end) if to >= range_end => return,
            Some(range_end) => Finding::new(
                Kind::TailStale,
                format!(
                    "the newest part ends at {to}, before {range_end}: later parts are missing. {advice}"
                ),
            ),
            None if options.as_of > due => Finding::new(
                Kind::TailStale,
                format!(
                    "the newest part was sealed at {}, and the next one was due by {due}: parts may have \
                     been cut off at the end, or not have been delivered. {advice} For an older copy, give \
                     the time of the copy with --as-of, or the end of the range with --to.",
                    newest.sealed
                ),
            ),
            None => Finding::new(
                Kind::TailOpen,
                format!(
                    "the archive can't show whether parts after part {} were cut off. {advice}",
                    part.get()
                ),
            ),
        };
        findings.add(finding.part(part).since(to));
    }
}
