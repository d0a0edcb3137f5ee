//! Follows the chain, part by part: numbers, signatures, `previous`, windows. What comes out is the list of objects
//! that must be there.

use std::io;

use domain::manifest::{Manifest, Origin, Previous, Start};
use domain::part::{PartNumber, Sha256, Window};
use domain::time::Time;

use super::check::Ask;
use super::finding::{Finding, Findings, Kind};
use super::keys::{Candidates, Signed};
use super::notes::{Link, Record};
use super::sorter::Sorter;
use super::told::Told;

/// So many files of one part are looked at; two are one too many.
const MOST_OF_A_PART: usize = 16;

/// The chain being followed.
#[derive(Debug)]
pub(crate) struct Chain<'a> {
    ask: &'a Ask,
    candidates: Candidates,
    origin: Option<Origin>,
    findings: &'a Findings,
    /// The files of the part that is being collected.
    group: Vec<Record>,
    last: Option<Last>,
    /// The newest manifest that is sound.
    sound: Option<(Manifest, Sha256)>,
    newest_seen: bool,
    /// Whether a part of what was asked for has come.
    began: bool,
    expected: Sorter,
    /// The part with which the chain says, signed, that it begins.
    upgraded_at: Option<PartNumber>,
    told: Told,
}

/// What the next part is held against. `None` is what can't be known, since the manifest is not sound.
#[derive(Debug, Clone, Copy)]
struct Last {
    part: PartNumber,
    note: Option<Sha256>,
    to: Option<Time>,
}

/// A manifest of a part: its file's name, what it says, its hash.
type Candidate = (String, Box<Link>, Sha256);

/// The end of the chain.
#[derive(Debug)]
pub(crate) struct Followed {
    /// What it tells.
    pub(crate) told: Told,
    /// The objects that must be there: name, zero byte, 1 if it is to be looked into or else 0, the manifest's text.
    pub(crate) expected: Sorter,
    /// The first part that has a manifest, if a version that wrote none made those before.
    pub(crate) upgraded_at: Option<PartNumber>,
}

impl<'a> Chain<'a> {
    pub(crate) fn new(
        ask: &'a Ask,
        candidates: Candidates,
        origin: Option<Origin>,
        findings: &'a Findings,
    ) -> Self {
        Self {
            ask,
            candidates,
            origin,
            findings,
            group: Vec::new(),
            last: None,
            sound: None,
            newest_seen: false,
            began: false,
            expected: Sorter::new(ask.memory / 4),
            upgraded_at: None,
            told: Told::default(),
        }
    }

    /// The next file of a manifest, in the order of the parts.
    pub(crate) fn note(&mut self, record: &[u8]) -> io::Result<()> {
        let record =
            Record::decode(record).ok_or_else(|| io::Error::other("a temporary file was damaged"))?;
        if self.group.first().is_some_and(|first| first.part != record.part) {
            self.part()?;
        }
        if self.group.len() < MOST_OF_A_PART {
            self.group.push(record);
        } else {
            let detail = format!("part {} has more manifests than can be", record.part.get());
            self.findings.add(Finding::new(Kind::PartDoubled, detail).part(record.part).file(&record.name));
        }
        Ok(())
    }

    /// All files of a part are here.
    fn part(&mut self) -> io::Result<()> {
        let group = std::mem::take(&mut self.group);
        let mut sound: Vec<Candidate> = Vec::new();
        let mut malformed = None;
        for Record { part, name, content } in group {
            match content {
                Err((kind, reason)) => {
                    let finding = Finding::new(kind, reason).file(&name);
                    let known = part != PartNumber::NONE;
                    self.findings.add(if known { finding.part(part) } else { finding });
                    malformed = known.then_some(part).or(malformed);
                }
                Ok(read) if self.origin.as_ref() != Some(&read.manifest.origin) => {
                    self.foreign(&name, &read)?;
                }
                Ok(read) => {
                    let sha256 = read.note.sha256();
                    let right = read.manifest.name(sha256);
                    if name != right {
                        let detail = format!("it was moved or renamed: what it says belongs under {right}");
                        self.found(Finding::new(Kind::ManifestMisplaced, detail).file(&name), &read.manifest);
                    }
                    if !sound.iter().any(|(_, _, known)| *known == sha256) {
                        sound.push((name, read, sha256));
                    }
                }
            }
        }
        match (self.choose(sound), malformed) {
            (Some((name, read, sha256)), _) => self.link(&name, &read, sha256),
            (None, Some(part)) => {
                self.number(part, false);
                self.last = Some(Last { part, note: None, to: None });
                Ok(())
            }
            (None, None) => Ok(()),
        }
    }

    /// A manifest of another connector. With `--connector` the auditor knows that there are others.
    fn foreign(&mut self, name: &str, read: &Link) -> io::Result<()> {
        let known = read.signed.iter().all(|signed| matches!(signed, Signed::By(_)));
        if self.ask.connector.is_some() && known {
            return self.expect(&read.manifest, false);
        }
        let detail = format!("it belongs to another connector, {}", read.manifest.origin);
        self.findings.add(Finding::new(Kind::ManifestForeign, detail).part(read.manifest.part).file(name));
        Ok(())
    }

    /// Of several manifests of a part the one that fits best; the others are told.
    fn choose(&self, mut sound: Vec<Candidate>) -> Option<Candidate> {
        let fits = |name: &str, read: &Link, sha256: Sha256| {
            let chained = match (read.manifest.previous, self.last) {
                (Previous::Note(previous), Some(last)) => last.note == Some(previous),
                (Previous::Start(_), None) => true,
                _ => false,
            };
            (self.candidates.trusts(&read.signed), chained, name == read.manifest.name(sha256))
        };
        sound.sort_by_key(|(name, read, sha256)| std::cmp::Reverse(fits(name, read, *sha256)));
        let mut sound = sound.into_iter();
        let chosen = sound.next();
        for (name, read, _) in sound {
            let (kind, detail) = if self.candidates.trusts(&read.signed) {
                (Kind::PartDoubled, "the vendor's key has signed another manifest of this part too")
            } else {
                (Kind::SignatureUntrusted, "a second manifest of this part, which no trusted key has signed")
            };
            self.found(Finding::new(kind, detail).file(&name), &read.manifest);
        }
        chosen
    }

    /// The next link.
    fn link(&mut self, name: &str, read: &Link, sha256: Sha256) -> io::Result<()> {
        let manifest = &read.manifest;
        self.newest_seen |= self.ask.newest == Some(sha256);
        if self.is_earlier(manifest.window) {
            // Not asked for, so not judged either: what was asked for begins behind it.
            self.last = Some(Last { part: manifest.part, note: None, to: None });
            return self.expect(manifest, false);
        }
        let upgraded = manifest.previous == Previous::Start(Start::Upgrade);
        self.number(manifest.part, upgraded);
        if self.ask.to.is_some_and(|asked| manifest.window.from >= asked) {
            self.last = Some(Last { part: manifest.part, note: None, to: None });
            return self.expect(manifest, false);
        }
        self.reaches_back(manifest);
        let key = manifest.origin.key_name();
        let judged = self.candidates.judge(manifest.part, manifest.sealed, &key, &read.signed, self.findings);
        if let Err(finding) = judged {
            self.found(finding.file(name), manifest);
            self.last = Some(Last { part: manifest.part, note: None, to: None });
            return self.expect(manifest, false);
        }
        self.hangs_on_last(name, manifest);
        if upgraded && self.last.is_none() {
            self.upgraded_at = Some(manifest.part);
        }
        if let Some(misfit) = manifest.times_misfit() {
            self.found(Finding::new(Kind::TimesMisfit, misfit).file(name), manifest);
        }
        self.changes(manifest);
        self.last = Some(Last { part: manifest.part, note: Some(sha256), to: Some(manifest.window.to) });
        self.told.count(manifest);
        self.sound = Some((manifest.clone(), sha256));
        self.expect(manifest, true)
    }

    /// Whether it is of a time before what was asked for.
    fn is_earlier(&self, Window { from, to }: Window) -> bool {
        self.ask.from.is_some_and(|asked| to <= asked && from < asked)
    }

    /// Whether the number is the next one. `upgraded` if the chain says of itself that it begins here.
    fn number(&self, part: PartNumber, upgraded: bool) {
        let (first, since) = match self.last {
            Some(last) => (last.part.next(), last.to),
            None if self.ask.from.is_none() && part > PartNumber::FIRST && upgraded => {
                let detail = format!(
                    "the parts before part {} were exported by a version that wrote no manifests, so nothing is proven of them. Say from when on to verify with --from.",
                    part.get()
                );
                return self.findings.add(Finding::new(Kind::BeforeManifests, detail).part(part));
            }
            None if self.ask.from.is_none() && part > PartNumber::FIRST => {
                let detail = format!(
                    "the chain begins with part {} here, and not with part 1. If the older parts were moved or removed on purpose, say from when on to verify with --from.",
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
                format!("part {before} has no manifest here")
            } else {
                format!("parts {} to {before} have no manifest here", first.get())
            };
            let finding = Finding::new(Kind::PartMissing, detail).part(first).since(since);
            self.findings.add(finding.missing(first, part.previous()));
        }
    }

    /// Whether the first part of what was asked for begins where that begins, or is the first of all.
    fn reaches_back(&mut self, manifest: &Manifest) {
        let is_first = !std::mem::replace(&mut self.began, true);
        if let Some(from) = self.ask.from
            && is_first
            && manifest.window.from > from
            && manifest.part > PartNumber::FIRST
        {
            let detail = format!(
                "no part here reaches back to {from}; the first is part {}, from {} on",
                manifest.part.get(),
                manifest.window.from
            );
            self.findings
                .add(Finding::new(Kind::PartMissing, detail).part(manifest.part.previous()).since(from));
        }
    }

    /// Whether hash and window follow on the part before, if that is known.
    fn hangs_on_last(&self, name: &str, manifest: &Manifest) {
        let Some(last) = self.last.filter(|last| last.part.next() == manifest.part) else { return };
        if let Some(note) = last.note
            && manifest.previous != Previous::Note(note)
        {
            let detail =
                format!("it does not name the manifest of part {}, which is {note}", last.part.get());
            self.found(Finding::new(Kind::ChainBroken, detail).file(name), manifest);
        }
        if let Some(to) = last.to
            && manifest.window.from != to
        {
            let detail =
                format!("its window begins at {}, and the one before ended at {to}", manifest.window.from);
            self.found(Finding::new(Kind::WindowsNotContiguous, detail).file(name), manifest);
        }
    }

    /// What was changed between this part and the one before.
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

    fn expect(&mut self, manifest: &Manifest, look_into: bool) -> io::Result<()> {
        let mut record = manifest.object().into_bytes();
        record.extend_from_slice(&[0, u8::from(look_into)]);
        record.extend_from_slice(manifest.text().as_bytes());
        self.expected.push(&record)
    }

    /// Tells a finding about a part.
    fn found(&self, finding: Finding, manifest: &Manifest) {
        self.findings.add(finding.part(manifest.part).since(manifest.window.from));
    }

    /// There are no more files.
    pub(crate) fn end(mut self) -> io::Result<Followed> {
        if !self.group.is_empty() {
            self.part()?;
        }
        self.candidates.end(self.findings);
        let sound = self.sound.as_ref().map(|(manifest, sha256)| (manifest, *sha256));
        self.told.tail(sound, self.newest_seen, self.ask, self.findings);
        Ok(Followed { told: self.told, expected: self.expected, upgraded_at: self.upgraded_at })
    }
}
