//! Follows the chosen manifests, one per part: numbers, signatures, `previous`, windows, and changes between
//! them. The result is the list of expected objects.

use std::io;

use super::chain_summary::ChainSummary;
use super::check::VerifyOptions;
use super::finding::{Finding, Findings, Kind};
use super::key_state::{KeyState, SignatureStatus};
use super::sorter::Sorter;
use crate::manifest::{ChainStart, Manifest, Previous};
use crate::part::{PartNumber, Window};
use crate::sha256::Sha256;
use crate::time::Time;

/// The chain as far as it was followed.
#[derive(Debug)]
pub(crate) struct Links<'a> {
    options: &'a VerifyOptions,
    findings: &'a Findings,
    /// The state of the keys for the next part.
    pub(crate) keys: KeyState<'a>,
    last: Option<PreviousPart>,
    /// The newest valid manifest.
    newest: Option<(Manifest, Sha256)>,
    /// Whether a part of the requested range was reached.
    started: bool,
    expected: Sorter,
    /// The first part of the chain, if its signed text says that it began with an upgrade.
    upgraded_at: Option<PartNumber>,
    chain: ChainSummary,
}

/// The part with which the next one is compared. `None` is unknown, since its manifest is not valid.
#[derive(Debug, Clone, Copy)]
struct PreviousPart {
    part: PartNumber,
    manifest_hash: Option<Sha256>,
    window_end: Option<Time>,
}

/// The result of following the chain.
#[derive(Debug)]
pub(crate) struct FollowedChain {
    /// The numbers of the chain.
    pub(crate) chain: ChainSummary,
    /// The expected objects: name, zero byte, 1 if it is to be read or else 0, the manifest's text.
    pub(crate) expected: Sorter,
    /// The first part with a manifest, if an earlier version without manifests created the parts before.
    pub(crate) upgraded_at: Option<PartNumber>,
    /// The newest valid manifest.
    pub(crate) newest: Option<Manifest>,
}

impl<'a> Links<'a> {
    pub(crate) fn new(options: &'a VerifyOptions, keys: KeyState<'a>, findings: &'a Findings) -> Self {
        Self {
            options,
            findings,
            keys,
            last: None,
            newest: None,
            started: false,
            expected: options.resources.sorter(4),
            upgraded_at: None,
            chain: ChainSummary::default(),
        }
    }

    /// Whether a manifest names the previous one, or is the first.
    pub(crate) fn continues_chain(&self, manifest: &Manifest) -> bool {
        match (manifest.previous, self.last) {
            (Previous::Manifest(previous), Some(last)) => last.manifest_hash == Some(previous),
            (Previous::Start(_), None) => true,
            _ => false,
        }
    }

    /// Adds a part without a readable manifest.
    pub(crate) fn add_unreadable(&mut self, part: PartNumber) {
        self.check_number(part, false);
        self.keys.skip_part();
        self.last = Some(PreviousPart { part, manifest_hash: None, window_end: None });
    }

    /// Adds the next manifest. Whether it is accepted, and in the requested range.
    pub(crate) fn add(
        &mut self,
        name: &str,
        (manifest, sha256): (&Manifest, Sha256),
        signatures: &SignatureStatus,
    ) -> io::Result<bool> {
        let upgraded = manifest.previous == Previous::Start(ChainStart::Upgrade);
        let is_later = self.options.to.is_some_and(|limit| manifest.window.from >= limit);
        if self.is_before_range(manifest.window) || is_later {
            // Outside of the requested range, so not checked. But only an accepted one becomes part of the
            // chain: otherwise one with a window outside of the range could replace a part inside of it.
            if self.keys.is_accepted(manifest.part, signatures) {
                if is_later {
                    self.check_number(manifest.part, upgraded);
                }
                self.keys.skip_part();
                self.last = Some(PreviousPart { part: manifest.part, manifest_hash: None, window_end: None });
            }
            return self.expect_object(manifest, false).map(|()| false);
        }
        self.check_number(manifest.part, upgraded);
        self.check_range_start(manifest);
        if let Err(finding) = self.keys.check_signatures(manifest, signatures) {
            self.keys.skip_part();
            self.report(finding.file(name), manifest);
            self.last = Some(PreviousPart { part: manifest.part, manifest_hash: None, window_end: None });
            return self.expect_object(manifest, false).map(|()| false);
        }
        self.check_continuity(name, manifest);
        if upgraded && self.last.is_none() {
            self.upgraded_at = Some(manifest.part);
        }
        if let Some(mismatch) = manifest.contradicting_times() {
            self.report(Finding::new(Kind::TimesMismatch, mismatch).file(name), manifest);
        }
        self.report_changes(manifest);
        self.last = Some(PreviousPart {
            part: manifest.part,
            manifest_hash: Some(sha256),
            window_end: Some(manifest.window.to),
        });
        self.chain.add(manifest);
        self.newest = Some((manifest.clone(), sha256));
        self.expect_object(manifest, true).map(|()| true)
    }

    /// Whether a window is before the requested range.
    fn is_before_range(&self, Window { from, to }: Window) -> bool {
        self.options.from.is_some_and(|limit| to <= limit && from < limit)
    }

    /// Checks that the number is the next one; `upgraded` if the chain says that it begins here.
    fn check_number(&self, part: PartNumber, upgraded: bool) {
        let (first, since) = match self.last {
            Some(last) => (last.part.next(), last.window_end),
            None if self.options.from.is_none() && part > PartNumber::FIRST && upgraded => {
                let detail = format!(
                    "the parts before part {} were exported by a version that wrote no manifests, so nothing \
                     is proven about them. Give the start of the range with --from.",
                    part.get()
                );
                return self.findings.add(Finding::new(Kind::BeforeManifests, detail).part(part));
            }
            None if self.options.from.is_none() && part > PartNumber::FIRST => {
                let detail = format!(
                    "the chain begins with part {} instead of part 1. If the older parts were moved or \
                     removed on purpose, give the start of the range with --from.",
                    part.get()
                );
                let finding = Finding::new(Kind::StartMissing, detail).part(part);
                return self.findings.add(finding.missing(PartNumber::FIRST, part.previous()));
            }
            None => return,
        };
        if part > first {
            let before = part.previous().get();
            let detail = if first.get() == before {
                format!("part {before} has no manifest")
            } else {
                format!("parts {} to {before} have no manifest", first.get())
            };
            let finding = Finding::new(Kind::PartMissing, detail).part(first).since(since);
            self.findings.add(finding.missing(first, part.previous()));
        }
    }

    /// Checks that the first part of the requested range covers its start, or is the first of all.
    fn check_range_start(&mut self, manifest: &Manifest) {
        let is_first = !std::mem::replace(&mut self.started, true);
        if let Some(from) = self.options.from
            && is_first
            && manifest.window.from > from
            && manifest.part > PartNumber::FIRST
        {
            let detail = format!(
                "the archive begins after {from}: its first part is {}, from {}",
                manifest.part.get(),
                manifest.window.from
            );
            self.findings
                .add(Finding::new(Kind::PartMissing, detail).part(manifest.part.previous()).since(from));
        }
    }

    /// Checks that hash and window continue those of the previous part, if they are known.
    fn check_continuity(&self, name: &str, manifest: &Manifest) {
        let Some(last) = self.last.filter(|last| last.part.next() == manifest.part) else { return };
        if let Some(note) = last.manifest_hash
            && manifest.previous != Previous::Manifest(note)
        {
            let detail =
                format!("it does not name the manifest of part {}, which is {note}", last.part.get());
            self.report(Finding::new(Kind::ChainBroken, detail).file(name), manifest);
        }
        if let Some(to) = last.window_end
            && manifest.window.from != to
        {
            let detail =
                format!("its window begins at {}, but the previous one ended at {to}", manifest.window.from);
            self.report(Finding::new(Kind::WindowsNotContiguous, detail).file(name), manifest);
        }
    }

    /// Reports changes between this part and the previous one.
    fn report_changes(&self, manifest: &Manifest) {
        let Some((before, _)) = &self.newest else { return };
        if before.destination != manifest.destination {
            let detail = format!("moved from {} to {}", before.destination, manifest.destination);
            self.report(Finding::new(Kind::Moved, detail), manifest);
        }
        if (before.encoding, before.frequency) != (manifest.encoding, manifest.frequency) {
            let settings = |of: &Manifest| {
                let (format, compression) = (of.encoding.format.as_str(), of.encoding.compression.as_str());
                format!("{format} {compression} every {} h", of.frequency.hours())
            };
            let detail = format!("changed from {} to {}", settings(before), settings(manifest));
            self.report(Finding::new(Kind::Reconfigured, detail), manifest);
        }
    }

    /// Expects an object, which is read if `content_required` is set.
    pub(crate) fn expect_object(&mut self, manifest: &Manifest, content_required: bool) -> io::Result<()> {
        let mut record = manifest.object().into_bytes();
        record.extend_from_slice(&[0, u8::from(content_required)]);
        record.extend_from_slice(manifest.text().as_bytes());
        self.expected.push(&record)
    }

    /// Reports a finding about a part.
    pub(crate) fn report(&self, finding: Finding, manifest: &Manifest) {
        self.findings.add(finding.part(manifest.part).since(manifest.window.from));
    }

    /// Finishes after the last part; `newest_seen` if the manifest named by `--newest` was found.
    pub(crate) fn finish(mut self, newest_seen: bool) -> FollowedChain {
        let newest = self.newest.as_ref().map(|(manifest, sha256)| (manifest, *sha256));
        self.chain.check_tail(newest, newest_seen, self.options, self.findings);
        self.keys.finish(self.chain.tail_closed);
        let newest = self.newest.map(|(manifest, _)| manifest);
        FollowedChain { chain: self.chain, expected: self.expected, upgraded_at: self.upgraded_at, newest }
    }
}
