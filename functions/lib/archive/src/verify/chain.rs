//! Collects the manifests of each part, and chooses the one with which the chain continues. Manifests are
//! distinguished by their texts: files with the same text are one manifest, whatever signatures they have.
//! Two texts of one part are equivocation only if accountable keys have signed them.

use std::io;

use super::back_references::{ChainedTexts, ignored_lines};
use super::check::VerifyOptions;
use super::finding::{Finding, Findings, Kind};
use super::key_state::{KeyState, SignatureStatus};
use super::keys::{KnownKeys, SignatureCheck};
use super::links::{FollowedChain, Links};
use super::manifests::{ManifestRecord, ParsedManifest};
use super::observer::PartObserver;
use super::trust::{Signatures, TrustByOrigin};
use crate::manifest::{KeyId, Manifest, Origin};
use crate::note::{SignedManifest, SignedNote};
use crate::part::PartNumber;
use crate::sha256::Sha256;

/// Maximum number of unaccepted texts of one part that are examined; further ones are only reported.
const MAX_CANDIDATES: usize = 16;

/// The known and the trusted keys.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keys<'a> {
    /// The keys that were named or are in the archive.
    pub(crate) known: &'a KnownKeys,
    /// The trusted keys, whose signatures count.
    pub(crate) trusts: &'a TrustByOrigin,
}

/// The chain being followed.
pub(crate) struct Chain<'a> {
    options: &'a VerifyOptions,
    keys: Keys<'a>,
    chained: ChainedTexts,
    links: Links<'a>,
    origin: Option<Origin>,
    findings: &'a Findings,
    observer: &'a dyn PartObserver,
    /// The part being collected, and its texts.
    part: Option<PartNumber>,
    candidates: Vec<Candidate>,
    /// Whether a file of that part can't be parsed as a manifest.
    malformed: bool,
    newest_seen: bool,
}

/// A manifest of a part; several files may have its text.
#[derive(Debug)]
struct Candidate {
    /// The file with the right name, or else the first.
    name: String,
    manifest: Manifest,
    note: SignedNote,
    sha256: Sha256,
    /// The status of its signatures.
    signatures: SignatureStatus,
    /// Whether it is accepted: a key that may sign the part signed it, or a trusted text names it.
    is_accepted: bool,
}

impl<'a> Chain<'a> {
    pub(crate) fn new(
        options: &'a VerifyOptions,
        keys: Keys<'a>,
        chained: ChainedTexts,
        origin: Option<&Origin>,
        findings: &'a Findings,
        observer: &'a dyn PartObserver,
    ) -> Self {
        let trust = keys.trusts.for_origin(&origin.map(ToString::to_string).unwrap_or_default());
        Self {
            options,
            keys,
            chained,
            links: Links::new(
                options,
                KeyState::new(trust, options.pins.len(), &options.boundaries, findings),
                findings,
            ),
            origin: origin.cloned(),
            findings,
            observer,
            part: None,
            candidates: Vec::new(),
            malformed: false,
            newest_seen: false,
        }
    }

    /// Adds the next file, in the order of the parts.
    pub(crate) fn add_record(&mut self, record: &[u8]) -> io::Result<()> {
        let ManifestRecord { part, name, content } =
            ManifestRecord::decode(record).ok_or_else(|| io::Error::other("a temporary file is corrupt"))?;
        if self.part != Some(part) {
            self.finish_part()?;
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
            Ok(read) if self.origin.as_ref() != Some(&read.manifest.origin) => self.add_foreign(&name, &read),
            Ok(read) => self.add_candidate(name, *read),
        }
    }

    /// Adds a manifest of the chain: another text of its part, or one more file of a known text.
    fn add_candidate(&mut self, name: String, read: ParsedManifest) -> io::Result<()> {
        let (signatures, sha256) = (self.signature_status(&read)?, read.note.sha256());
        let ParsedManifest { note, manifest, checks: signed } = read;
        self.newest_seen |= self.options.newest == Some(sha256);
        let right = manifest.name(sha256);
        if name != right {
            let detail = format!("it was moved, renamed or copied: its content belongs under {right}");
            self.links.report(Finding::new(Kind::ManifestMisplaced, detail).file(&name), &manifest);
        }
        let ignored = ignored_lines(note.signatures(), &signed);
        if ignored > 0 {
            let detail = format!(
                "{ignored} of its {} signatures were ignored: they are invalid for the key that they name, \
                 or repeated. Anyone with write access can add such lines, so they prove nothing",
                signed.len()
            );
            self.links.report(Finding::new(Kind::SignatureIgnored, detail).file(&name), &manifest);
        }
        if let Some(existing) = self.candidates.iter_mut().find(|existing| existing.sha256 == sha256) {
            existing.signatures.signers.extend(signatures.signers);
            existing.signatures.signers.sort_unstable();
            existing.signatures.signers.dedup();
            existing.signatures.has_invalid_line |= signatures.has_invalid_line;
            existing.is_accepted = self.links.keys.is_accepted(manifest.part, &existing.signatures);
            if name == right {
                existing.name = name;
            }
            return Ok(());
        }
        let is_accepted = self.links.keys.is_accepted(manifest.part, &signatures);
        let candidate = Candidate { name, manifest, note, sha256, signatures, is_accepted };
        // Accepted texts are few: only the holder of a trusted key can create them.
        if is_accepted
            || self.candidates.iter().filter(|existing| !existing.is_accepted).count() < MAX_CANDIDATES
        {
            self.candidates.push(candidate);
        } else {
            self.report_second(&candidate);
        }
        Ok(())
    }

    fn signature_status(&mut self, read: &ParsedManifest) -> io::Result<SignatureStatus> {
        let origin = read.manifest.origin.to_string();
        let known_only = read.checks.iter().all(|signed| matches!(signed, SignatureCheck::Valid(_)));
        let note = (!known_only).then_some(&read.note);
        let signatures = Signatures { origin: &origin, checks: &read.checks, note };
        Ok(SignatureStatus {
            signers: self.keys.trusts.for_origin(&origin).signers(self.keys.known, signatures),
            is_chained: self.chained.has(read.manifest.part, read.note.sha256().bytes())?,
            has_invalid_line: read.checks.contains(&SignatureCheck::Invalid),
        })
    }

    /// Chooses among the manifests of a part, once all its files were added.
    fn finish_part(&mut self) -> io::Result<()> {
        let Some(part) = self.part.take() else { return Ok(()) };
        let malformed = std::mem::take(&mut self.malformed);
        let mut group = std::mem::take(&mut self.candidates);
        group.sort_by_key(|one| std::cmp::Reverse(self.rank(one)));
        let mut group = group.into_iter();
        if let Some(chosen) = group.next() {
            let Candidate { name, manifest, note, sha256, signatures, .. } = chosen;
            if self.links.add(&name, (&manifest, sha256), &signatures)? {
                let keys = self.links.keys.signing_keys(&signatures);
                self.observer.accepted(&manifest, keys.map(|keys| SignedManifest::verified(note, keys)));
            }
            for other in group {
                self.report_second(&other);
            }
        } else if malformed {
            self.links.add_unreadable(part);
        }
        Ok(())
    }

    /// Reports a second manifest of a part, with another text than the chosen one. Only an accountable key
    /// makes it equivocation: anyone with write access to the archive can create everything else.
    fn report_second(&self, other: &Candidate) {
        let part = other.manifest.part;
        let (kind, detail) = if let Some(key) = self.links.keys.equivocating_key(part, &other.signatures) {
            (Kind::Equivocation, equivocation(key))
        } else if other.signatures.is_chained {
            let detail =
                "a second manifest of this part, which a trusted manifest of the next part also names";
            (Kind::Equivocation, detail.to_owned())
        } else if self.links.keys.is_by_retired_key(part, &other.signatures) {
            let detail = "a second manifest of this part, signed only by a key that had already been \
                replaced: it was created by someone who still has that key";
            (Kind::KeyRetired, detail.to_owned())
        } else {
            let detail = "a second manifest of this part, which no trusted key has signed: it was added";
            (Kind::SignatureUntrusted, detail.to_owned())
        };
        self.links.report(Finding::new(kind, detail).file(&other.name), &other.manifest);
    }

    /// Handles a manifest of another connector. With `--connector` the auditor knows that there are others,
    /// and their trusted manifests and objects are ignored.
    fn add_foreign(&mut self, name: &str, read: &ParsedManifest) -> io::Result<()> {
        let manifest = &read.manifest;
        let signatures = self.signature_status(read)?;
        let trust = self.keys.trusts.for_origin(&manifest.origin.to_string());
        let is_trusted = signatures.is_chained
            || trust.is_signed(&signatures.signers, manifest.part, manifest.sealed)
            || trust.keys().is_empty();
        if self.options.connector.is_some() && is_trusted && name == manifest.name(read.note.sha256()) {
            return self.links.expect_object(manifest, false);
        }
        let detail = if self.options.connector.is_some() {
            format!(
                "it claims to belong to another connector, {}, and no trusted key has signed it under this \
                 name: it was added",
                manifest.origin
            )
        } else {
            format!("it belongs to another connector, {}", manifest.origin)
        };
        self.findings.add(Finding::new(Kind::ManifestForeign, detail).part(manifest.part).file(name));
        Ok(())
    }

    /// How well a manifest fits: the greatest value is chosen.
    fn rank(&self, one: &Candidate) -> [bool; 5] {
        let is_named = one.name == one.manifest.name(one.sha256);
        let is_signed = !one.signatures.signers.is_empty();
        [
            one.is_accepted,
            one.signatures.is_chained,
            is_signed,
            self.links.continues_chain(&one.manifest),
            is_named,
        ]
    }

    /// Completes the last part, and returns the chain.
    pub(crate) fn finish(mut self) -> io::Result<FollowedChain> {
        self.finish_part()?;
        Ok(self.links.finish(self.newest_seen))
    }
}

fn equivocation(key: KeyId) -> String {
    format!("key {key} has signed two manifests of this part with different texts: its holder equivocated")
}
