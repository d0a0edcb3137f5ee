//! What a chain tells in numbers, and what can be known of its end.

use domain::manifest::Manifest;
use domain::part::{PartKind, Sha256};
use domain::schedule::next_expected_by;
use domain::time::Time;
use serde::Serialize;

use super::check::Ask;
use super::finding::{Finding, Findings, Kind};

/// What the chain tells, of the parts that were asked for.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Told {
    /// The lowest part number.
    pub(crate) first_part: Option<u64>,
    /// The highest part number.
    pub(crate) last_part: Option<u64>,
    /// How many parts have a sound manifest.
    pub(crate) manifests: u64,
    /// The start of the first window.
    pub(crate) from: Option<Time>,
    /// The end of the last window.
    pub(crate) to: Option<Time>,
    /// How many parts are heartbeats.
    pub(crate) heartbeats: u64,
    /// For how long nothing happened, by the heartbeats, in seconds.
    pub(crate) quiet_seconds: u64,
    /// How many events the manifests count.
    pub(crate) events: u64,
    /// How many of them are late.
    pub(crate) late: u64,
    /// How many of them are records of unreadable items.
    pub(crate) unreadable: u64,
    /// The hash of the newest manifest of all, to be compared with what the vendor tells.
    pub(crate) newest_manifest: Option<String>,
    /// When its part was sealed.
    pub(crate) newest_sealed: Option<Time>,
    /// Whether the vendor's word closes the end of the chain.
    pub(crate) tail_closed: bool,
}

impl Told {
    /// Adds a sound manifest.
    pub(super) fn count(&mut self, manifest: &Manifest) {
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

    /// Where the chain ends, and whether it should go on.
    pub(super) fn tail(
        &mut self,
        sound: Option<(&Manifest, Sha256)>,
        newest_seen: bool,
        ask: &Ask,
        findings: &Findings,
    ) {
        let Some((newest, sha256)) = sound else {
            let detail = "there is no manifest here that a trusted key has signed: nothing can be proven. If the folder `manifests` was not copied, copy it too.";
            return findings.add(Finding::new(Kind::NothingFound, detail));
        };
        self.newest_manifest = Some(sha256.to_string());
        self.newest_sealed = Some(newest.sealed);
        let (part, to) = (newest.part, newest.window.to);
        if let (Some(told), false) = (ask.newest, newest_seen) {
            let detail = format!(
                "the vendor tells of the manifest {told}, which is not here: what follows part {} was cut off. It must be the newest delivered one (`for auditors` in `connector show`), not one that waits for its delivery.",
                part.get()
            );
            return findings.add(Finding::new(Kind::TailMissing, detail).part(part.next()).since(to));
        }
        self.tail_closed = ask.newest == Some(sha256);
        if self.tail_closed {
            return;
        }
        // The instant that a heartbeat states as `next_expected_by`; for another part it is the same function.
        let due = next_expected_by(to, newest.sealed, newest.frequency);
        let compare = "Ask the vendor for the newest delivered manifest (`for auditors` in `auditferry connector show`, or `last_export.manifest` of its API), and verify with --newest HASH.";
        let finding = match ask.to {
            Some(asked) if to >= asked => return,
            Some(asked) => Finding::new(
                Kind::TailStale,
                format!(
                    "the newest part here ends at {to}, before {asked}: what follows is not here. {compare}"
                ),
            ),
            None if ask.as_of > due => Finding::new(
                Kind::TailStale,
                format!(
                    "the newest part here was sealed at {}, and the next one was due by {due}: parts may have been cut off at the end, or not been delivered. {compare} For an older copy, say when it was taken with --as-of, or until when to verify with --to.",
                    newest.sealed
                ),
            ),
            None => Finding::new(
                Kind::TailOpen,
                format!(
                    "whether parts after part {} were cut off can't be seen from here. {compare}",
                    part.get()
                ),
            ),
        };
        findings.add(finding.part(part).since(to));
    }
}
