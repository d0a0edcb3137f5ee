//! Follows the chain, part by part: numbers, signatures, `previous`, windows. What comes out is the list of objects
//! that must be there. Manifests are told apart by their texts: copies of one text are one manifest, however it is signed.

use std::io;

use domain::manifest::{KeyId, Manifest, Origin, Previous, Start};
use domain::part::{PartNumber, Sha256, Window};
use domain::time::Time;

use super::charge::{Charge, Standing};
use super::check::Ask;
use super::finding::{Finding, Findings, Kind};
use super::keys::{KnownKeys, Signed};
use super::notes::{Link, Record};
use super::sorter::Sorter;
use super::told::Told;
use super::trust::{Signatures, Trusts};
use super::vouch::{VouchedTexts, idle_lines};

/// So many texts of one part that nobody vouches for are looked at; the others are only reported.
const MOST_OF_A_PART: usize = 16;

/// The keys: which are known, and which are trusted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keys<'a> {
    /// The keys that were named or lie here.
    pub(crate) known: &'a KnownKeys,
    /// The keys whose signatures count.
    pub(crate) trusts: &'a Trusts,
}

/// The chain being followed.
#[derive(Debug)]
pub(crate) struct Chain<'a> {
    ask: &'a Ask,
    keys: Keys<'a>,
    vouched: VouchedTexts,
    charge: Charge<'a>,
    origin: Option<Origin>,
    findings: &'a Findings,
    /// The part that is being collected, and its texts.
    part: Option<PartNumber>,
    group: Vec<Candidate>,
    /// Whether a file says that it is of that part and can't be read as a manifest.
    malformed: bool,
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

/// A manifest of a part, whatever number of files have its text.
#[derive(Debug)]
struct Candidate {
    /// The file that has its right name, or else the first.
    name: String,
    manifest: Manifest,
    sha256: Sha256,
    /// What its signatures are worth.
    standing: Standing,
    /// Whether it counts: a key that may sign that part signed it, or a trusted text names it.
    counts: bool,
}

/// The end of the chain.
#[derive(Debug)]
pub(crate) struct Followed {
    /// What it tells.
    pub(crate) told: Told,
    /// The objects that must be there: name, zero byte, 1 if it is to be looked into or else 0, the manifest's text.
    pub(crate) expected: Sorter,
    /// The first part that has a manifest, if a version that wrote none made those before.
    pub(crate) upgraded_at: Option<PartNumber>,
    /// The newest manifest that is sound.
    pub(crate) newest: Option<Manifest>,
}

impl<'a> Chain<'a> {
    pub(crate) fn new(
        ask: &'a Ask,
        keys: Keys<'a>,
        vouched: VouchedTexts,
        origin: Option<&Origin>,
        findings: &'a Findings,
    ) -> Self {
        let trust = keys.trusts.of(&origin.map(ToString::to_string).unwrap_or_default());
        Self {
            ask,
            keys,
            vouched,
            charge: Charge::new(trust, ask.pins.len(), &ask.boundaries, findings),
            origin: origin.cloned(),
            findings,
            part: None,
            group: Vec::new(),
            malformed: false,
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
        let Record { part, name, content } =
            Record::decode(record).ok_or_else(|| io::Error::other("a temporary file was damaged"))?;
        if self.part != Some(part) {
            self.part_ends()?;
            self.part = Some(part);
        }
        match content {
            Err((kind, reason)) => {
                let finding = Finding::new(kind, reason).file(&name);
                let known = part != PartNumber::NONE;
                self.findings.add(if known { finding.part(part) } else { finding });
                self.malformed |= known;
                Ok(())
            }
            Ok(read) if self.origin.as_ref() != Some(&read.manifest.origin) => self.foreign(&name, &read),
            Ok(read) => self.candidate(name, *read),
        }
    }

    /// A manifest of the chain: another text of its part, or one more file of a text that was met.
    fn candidate(&mut self, name: String, read: Link) -> io::Result<()> {
        let (standing, sha256) = (self.standing(&read)?, read.note.sha256());
        let Link { note, manifest, signed } = read;
        self.newest_seen |= self.ask.newest == Some(sha256);
        let right = manifest.name(sha256);
        if name != right {
            let detail = format!("it was moved, renamed or copied: what it says belongs under {right}");
            self.found(Finding::new(Kind::ManifestMisplaced, detail).file(&name), &manifest);
        }
        let idle = idle_lines(note.signatures(), &signed);
        if idle > 0 {
            let detail = format!(
                "{idle} of its {} signatures count for nothing: they are not of the key that they name, or repeated. Anybody who can write here can add such lines, so nothing follows from them",
                signed.len()
            );
            self.found(Finding::new(Kind::SignatureIgnored, detail).file(&name), &manifest);
        }
        if let Some(met) = self.group.iter_mut().find(|met| met.sha256 == sha256) {
            met.standing.signers.extend(standing.signers);
            met.standing.has_wrong_line |= standing.has_wrong_line;
            met.counts = self.charge.counts(manifest.part, &met.standing);
            if name == right {
                met.name = name;
            }
            return Ok(());
        }
        let counts = self.charge.counts(manifest.part, &standing);
        let candidate = Candidate { name, manifest, sha256, standing, counts };
        // Those that count are few: only who has a trusted key makes them.
        if counts || self.group.iter().filter(|met| !met.counts).count() < MOST_OF_A_PART {
            self.group.push(candidate);
        } else {
            self.second(&candidate);
        }
        Ok(())
    }

    fn standing(&mut self, read: &Link) -> io::Result<Standing> {
        let origin = read.manifest.origin.to_string();
        let known_only = read.signed.iter().all(|signed| matches!(signed, Signed::By(_)));
        let note = (!known_only).then_some(&read.note);
        let signatures = Signatures { origin: &origin, signed: &read.signed, note };
        Ok(Standing {
            signers: self.keys.trusts.of(&origin).signers(self.keys.known, signatures),
            is_vouched: self.vouched.has(read.manifest.part, read.note.sha256().bytes())?,
            has_wrong_line: read.signed.contains(&Signed::Wrongly),
        })
    }

    /// All files of a part are here.
    fn part_ends(&mut self) -> io::Result<()> {
        let Some(part) = self.part.take() else { return Ok(()) };
        let malformed = std::mem::take(&mut self.malformed);
        let mut group = std::mem::take(&mut self.group);
        let last = self.last;
        group.sort_by_key(|one| std::cmp::Reverse(fits(one, last)));
        let mut group = group.into_iter();
        if let Some(chosen) = group.next() {
            self.link(&chosen)?;
            for other in group {
                self.second(&other);
            }
        } else if malformed {
            self.number(part, false);
            self.charge.skipped();
            self.last = Some(Last { part, note: None, to: None });
        }
        Ok(())
    }

    /// A second manifest of a part, of another text than the one that fits best. Only a key that answers for it makes it
    /// a second story: everything else anybody can make who can write here.
    fn second(&self, other: &Candidate) {
        let part = other.manifest.part;
        let (kind, detail) = if let Some(key) = self.charge.tells_two_stories(part, &other.standing) {
            (Kind::PartDoubled, two_stories(key))
        } else if other.standing.is_vouched {
            let detail =
                "a second manifest of this part, which a trusted manifest of the next part names too";
            (Kind::PartDoubled, detail.to_owned())
        } else if self.charge.is_of_a_retired_key(part, &other.standing) {
            let detail = "a second manifest of this part, signed only by a key that another one had replaced by then: whoever still has that key made it";
            (Kind::KeyRetired, detail.to_owned())
        } else {
            let detail = "a second manifest of this part, which no trusted key has signed: it was added";
            (Kind::SignatureUntrusted, detail.to_owned())
        };
        self.found(Finding::new(kind, detail).file(&other.name), &other.manifest);
    }

    /// A manifest of another connector. With `--connector` the auditor knows that there are others, and leaves alone what
    /// trusted manifests of them name.
    fn foreign(&mut self, name: &str, read: &Link) -> io::Result<()> {
        let manifest = &read.manifest;
        let standing = self.standing(read)?;
        let trust = self.keys.trusts.of(&manifest.origin.to_string());
        let is_trusted = standing.is_vouched
            || trust.is_signed(&standing.signers, manifest.part, manifest.sealed)
            || trust.keys().is_empty();
        if self.ask.connector.is_some() && is_trusted && name == manifest.name(read.note.sha256()) {
            return self.expect(manifest, false);
        }
        let detail = if self.ask.connector.is_some() {
            format!(
                "it says that it belongs to another connector, {}, and no trusted key has signed it under this name: it was added",
                manifest.origin
            )
        } else {
            format!("it belongs to another connector, {}", manifest.origin)
        };
        self.findings.add(Finding::new(Kind::ManifestForeign, detail).part(manifest.part).file(name));
        Ok(())
    }

    /// The next link.
    fn link(&mut self, chosen: &Candidate) -> io::Result<()> {
        let Candidate { name, manifest, sha256, .. } = chosen;
        if self.is_earlier(manifest.window) {
            // Not asked for, so not judged either: what was asked for begins behind it.
            self.charge.skipped();
            self.last = Some(Last { part: manifest.part, note: None, to: None });
            return self.expect(manifest, false);
        }
        let upgraded = manifest.previous == Previous::Start(Start::Upgrade);
        self.number(manifest.part, upgraded);
        if self.ask.to.is_some_and(|asked| manifest.window.from >= asked) {
            self.charge.skipped();
            self.last = Some(Last { part: manifest.part, note: None, to: None });
            return self.expect(manifest, false);
        }
        self.reaches_back(manifest);
        if let Err(finding) = self.charge.judge(manifest, &chosen.standing) {
            self.charge.skipped();
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
        self.last = Some(Last { part: manifest.part, note: Some(*sha256), to: Some(manifest.window.to) });
        self.told.count(manifest);
        self.sound = Some((manifest.clone(), *sha256));
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
                return self.findings.add(Finding::new(Kind::StartMissing, detail).part(part));
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
            self.findings.add(Finding::new(Kind::PartMissing, detail).part(first).since(since));
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
        self.part_ends()?;
        let sound = self.sound.as_ref().map(|(manifest, sha256)| (manifest, *sha256));
        self.told.tail(sound, self.newest_seen, self.ask, self.findings);
        self.charge.end(self.told.tail_closed);
        let newest = self.sound.map(|(manifest, _)| manifest);
        Ok(Followed { told: self.told, expected: self.expected, upgraded_at: self.upgraded_at, newest })
    }
}

/// How well a manifest fits behind the one before: the more, the greater.
fn fits(one: &Candidate, last: Option<Last>) -> impl Ord + use<> {
    let chained = match (one.manifest.previous, last) {
        (Previous::Note(previous), Some(last)) => last.note == Some(previous),
        (Previous::Start(_), None) => true,
        _ => false,
    };
    let is_named = one.name == one.manifest.name(one.sha256);
    (one.counts, one.standing.is_vouched, !one.standing.signers.is_empty(), chained, is_named)
}

fn two_stories(key: KeyId) -> String {
    format!(
        "key {key} has signed another manifest of this part too, with another text: whoever has that key told two stories"
    )
}
