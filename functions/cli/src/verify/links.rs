//! Follows the chosen manifests, one per part: numbers, signatures, `previous`, windows, and changes between
//! them. The result is the list of expected objects.

use std::io;

use domain::manifest::{ChainStart, Manifest, Previous};
use domain::part::{PartNumber, Sha256, Window};
use domain::time::Time;

use super::charge::{Charge, Standing};
use super::check::Ask;
use super::finding::{Finding, Findings, Kind};
use super::sorter::Sorter;
use super::told::Told;

/// The chain as far as it was followed.
#[derive(Debug)]
pub(crate) struct Links<'a> {
    ask: &'a Ask,
    findings: &'a Findings,
    /// The state of the keys for the next part.
    pub(crate) charge: Charge<'a>,
    last: Option<Last>,
    /// The newest valid manifest.
    sound: Option<(Manifest, Sha256)>,
    /// Whether a part of the requested range was reached.
    began: bool,
    expected: Sorter,
    /// The first part of the chain, if its signed text says that it began with an upgrade.
    upgraded_at: Option<PartNumber>,
    told: Told,
}

/// The part with which the next one is compared. `None` is unknown, since its manifest is not valid.
#[derive(Debug, Clone, Copy)]
struct Last {
    part: PartNumber,
    note: Option<Sha256>,
    to: Option<Time>,
}

/// The result of following the chain.
#[derive(Debug)]
pub(crate) struct Followed {
    /// The numbers of the chain.
    pub(crate) told: Told,
    /// The expected objects: name, zero byte, 1 if it is to be read or else 0, the manifest's text.
    pub(crate) expected: Sorter,
    /// The first part with a manifest, if an earlier version without manifests created the parts before.
    pub(crate) upgraded_at: Option<PartNumber>,
    /// The newest valid manifest.
    pub(crate) newest: Option<Manifest>,
}

impl<'a> Links<'a> {
    pub(crate) fn new(ask: &'a Ask, charge: Charge<'a>, findings: &'a Findings) -> Self {
        Self {
            ask,
            findings,
            charge,
            last: None,
            sound: None,
            began: false,
            expected: Sorter::new(ask.memory / 4),
            upgraded_at: None,
            told: Told::default(),
        }
    }

    /// Whether a manifest names the previous one, or is the first.
    pub(crate) fn fits(&self, manifest: &Manifest) -> bool {
        match (manifest.previous, self.last) {
            (Previous::Manifest(previous), Some(last)) => last.note == Some(previous),
            (Previous::Start(_), None) => true,
            _ => false,
        }
    }

    /// Adds a part without a readable manifest.
    pub(crate) fn unread(&mut self, part: PartNumber) {
        self.number(part, false);
        self.charge.skipped();
        self.last = Some(Last { part, note: None, to: None });
    }

    /// Adds the next manifest.
    pub(crate) fn link(
        &mut self,
        name: &str,
        (manifest, sha256): (&Manifest, Sha256),
        standing: &Standing,
    ) -> io::Result<()> {
        let upgraded = manifest.previous == Previous::Start(ChainStart::Upgrade);
        let is_later = self.ask.to.is_some_and(|asked| manifest.window.from >= asked);
        if self.is_earlier(manifest.window) || is_later {
            // Outside of the requested range, so not checked. But only an accepted one becomes part of the
            // chain: otherwise one with a window outside of the range could replace a part inside of it.
            if self.charge.counts(manifest.part, standing) {
                if is_later {
                    self.number(manifest.part, upgraded);
                }
                self.charge.skipped();
                self.last = Some(Last { part: manifest.part, note: None, to: None });
            }
            return self.expect(manifest, false);
        }
        self.number(manifest.part, upgraded);
        self.reaches_back(manifest);
        if let Err(finding) = self.charge.judge(manifest, standing) {
            self.charge.skipped();
            self.found(finding.file(name), manifest);
            self.last = Some(Last { part: manifest.part, note: None, to: None });
            return self.expect(manifest, false);
        }
        self.hangs_on_last(name, manifest);
        if upgraded && self.last.is_none() {
            self.upgraded_at = Some(manifest.part);
        }
        if let Some(misfit) = manifest.contradicting_times() {
            self.found(Finding::new(Kind::TimesMisfit, misfit).file(name), manifest);
        }
        self.changes(manifest);
        self.last = Some(Last { part: manifest.part, note: Some(sha256), to: Some(manifest.window.to) });
        self.told.count(manifest);
        self.sound = Some((manifest.clone(), sha256));
        self.expect(manifest, true)
    }

    /// Whether a window is before the requested range.
    fn is_earlier(&self, Window { from, to }: Window) -> bool {
        self.ask.from.is_some_and(|asked| to <= asked && from < asked)
    }

    /// Checks that the number is the next one; `upgraded` if the chain says that it begins here.
    fn number(&self, part: PartNumber, upgraded: bool) {
        let (first, since) = match self.last {
            Some(last) => (last.part.next(), last.to),
            None if self.ask.from.is_none() && part > PartNumber::FIRST && upgraded => {
                let detail = format!(
                    "the parts before part {} were exported by a version that wrote no manifests, so nothing is proven about them. Give the start of the range with --from.",
                    part.get()
                );
                return self.findings.add(Finding::new(Kind::BeforeManifests, detail).part(part));
            }
            None if self.ask.from.is_none() && part > PartNumber::FIRST => {
                let detail = format!(
                    "the chain begins with part {} instead of part 1. If the older parts were moved or removed on purpose, give the start of the range with --from.",
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
    fn reaches_back(&mut self, manifest: &Manifest) {
        let is_first = !std::mem::replace(&mut self.began, true);
        if let Some(from) = self.ask.from
            && is_first
            && manifest.window.from > from
            && manifest.part > PartNumber::FIRST
        {
            let detail = format!(
                "no part goes back to {from}; the first is part {}, from {} on",
                manifest.part.get(),
                manifest.window.from
            );
            self.findings
                .add(Finding::new(Kind::PartMissing, detail).part(manifest.part.previous()).since(from));
        }
    }

    /// Checks that hash and window continue those of the previous part, if they are known.
    fn hangs_on_last(&self, name: &str, manifest: &Manifest) {
        let Some(last) = self.last.filter(|last| last.part.next() == manifest.part) else { return };
        if let Some(note) = last.note
            && manifest.previous != Previous::Manifest(note)
        {
            let detail =
                format!("it does not name the manifest of part {}, which is {note}", last.part.get());
            self.found(Finding::new(Kind::ChainBroken, detail).file(name), manifest);
        }
        if let Some(to) = last.to
            && manifest.window.from != to
        {
            let detail =
                format!("its window begins at {}, but the previous one ended at {to}", manifest.window.from);
            self.found(Finding::new(Kind::WindowsNotContiguous, detail).file(name), manifest);
        }
    }

    /// Reports changes between this part and the previous one.
    fn changes(&self, manifest: &Manifest) {
        let Some((before, _)) = &self.sound else { return };
        if before.destination != manifest.destination {
            let detail = format!("moved from {} to {}", before.destination, manifest.destination);
            self.found(Finding::new(Kind::Moved, detail), manifest);
        }
        if (before.encoding, before.frequency) != (manifest.encoding, manifest.frequency) {
            let settings = |of: &Manifest| {
                let (format, compression) = (of.encoding.format.as_str(), of.encoding.compression.as_str());
                format!("{format} {compression} every {} h", of.frequency.hours())
            };
            let detail = format!("changed from {} to {}", settings(before), settings(manifest));
            self.found(Finding::new(Kind::Reconfigured, detail), manifest);
        }
    }

    /// Expects an object, which is read if `look_into` is set.
    pub(crate) fn expect(&mut self, manifest: &Manifest, look_into: bool) -> io::Result<()> {
        let mut record = manifest.object().into_bytes();
        record.extend_from_slice(&[0, u8::from(look_into)]);
        record.extend_from_slice(manifest.text().as_bytes());
        self.expected.push(&record)
    }

    /// Reports a finding about a part.
    pub(crate) fn found(&self, finding: Finding, manifest: &Manifest) {
        self.findings.add(finding.part(manifest.part).since(manifest.window.from));
    }

    /// Finishes after the last part; `newest_seen` if the manifest named by `--newest` was found.
    pub(crate) fn end(mut self, newest_seen: bool) -> Followed {
        let sound = self.sound.as_ref().map(|(manifest, sha256)| (manifest, *sha256));
        self.told.tail(sound, newest_seen, self.ask, self.findings);
        self.charge.end(self.told.tail_closed);
        let newest = self.sound.map(|(manifest, _)| manifest);
        Followed { told: self.told, expected: self.expected, upgraded_at: self.upgraded_at, newest }
    }
}
