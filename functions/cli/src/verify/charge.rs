//! Who is in charge of a chain, part by part: the key that signs, the successor to which it hands over, and the keys that
//! never sign again. Here the signatures of each part are judged.

use std::collections::BTreeMap;
use std::fmt;

use domain::manifest::{KeyId, Manifest, Previous, VerifierKey};
use domain::part::PartNumber;

use super::check::Boundary;
use super::finding::{Finding, Findings, Kind};
use super::trust::{Trust, TrustedKey};

/// What is known of the signatures of a part's text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Standing {
    /// The trusted keys that signed it, by their places.
    pub(crate) signers: Vec<usize>,
    /// Whether a trusted text of the next part names it.
    pub(crate) is_vouched: bool,
    /// Whether a line names a known key that did not make it.
    pub(crate) has_wrong_line: bool,
}

/// The state of the keys behind the part that was judged last.
#[derive(Debug)]
pub(crate) struct Charge<'a> {
    trust: &'a Trust,
    findings: &'a Findings,
    /// How many keys the auditor named; without one nothing is proven.
    named: usize,
    /// Whether there is a key at all. If there is none, no signature is judged.
    has_keys: bool,
    /// The key that must sign the next part, if that is known.
    serving: Option<VerifierKey>,
    /// The trusted key that signed the last part.
    signed_last: Option<usize>,
    /// The keys that another one has replaced, and from which part on.
    retired: BTreeMap<usize, PartNumber>,
    /// The keys that signed a part.
    used: Vec<usize>,
    /// The boundaries that the auditor named, and whether their part has come.
    boundaries: Vec<(Boundary, bool)>,
    /// The parts that stand only on a later one's word: the first and the last of a row.
    vouched: Option<(PartNumber, PartNumber)>,
}

impl<'a> Charge<'a> {
    pub(crate) fn new(
        trust: &'a Trust,
        named: usize,
        boundaries: &[Boundary],
        findings: &'a Findings,
    ) -> Self {
        Self {
            trust,
            findings,
            named,
            has_keys: !trust.keys().is_empty(),
            serving: None,
            signed_last: None,
            retired: BTreeMap::new(),
            used: Vec::new(),
            boundaries: boundaries.iter().map(|boundary| (*boundary, false)).collect(),
            vouched: None,
        }
    }

    /// Whether a text of that part counts: it is signed by a key that may sign it, or is vouched for.
    pub(crate) fn counts(&self, part: PartNumber, of: &Standing) -> bool {
        !self.has_keys || of.is_vouched || of.signers.iter().any(|place| self.may_sign(*place, part))
    }

    /// Whether a text of that part, beside another one that counts, is the word of a key that answers for it: then that
    /// key told two stories.
    pub(crate) fn tells_two_stories(&self, part: PartNumber, of: &Standing) -> Option<KeyId> {
        let answers =
            |place: &&usize| self.trust.answers_for(**place, part) && !self.retired.contains_key(*place);
        of.signers.iter().find(answers).and_then(|place| self.id(*place))
    }

    /// Whether only keys signed a text of that part that had been replaced by then, or were with it.
    pub(crate) fn is_of_a_retired_key(&self, part: PartNumber, of: &Standing) -> bool {
        !of.signers.is_empty() && self.tells_two_stories(part, of).is_none()
    }

    fn may_sign(&self, place: usize, part: PartNumber) -> bool {
        self.trust.may_sign(place, part) && !self.retired.contains_key(&place)
    }

    fn id(&self, place: usize) -> Option<KeyId> {
        self.trust.keys().get(place).map(|trusted| trusted.key().id().into())
    }

    fn key(&self, place: usize) -> Option<&'a VerifierKey> {
        self.trust.keys().get(place).map(TrustedKey::key)
    }

    /// Judges the signatures of the next part: `Err` is why its text does not count.
    pub(crate) fn judge(&mut self, manifest: &Manifest, of: &Standing) -> Result<(), Finding> {
        if !self.has_keys {
            return Ok(());
        }
        let part = manifest.part;
        let live: Vec<usize> =
            of.signers.iter().copied().filter(|place| self.may_sign(*place, part)).collect();
        let valid: Vec<usize> =
            live.iter().copied().filter(|place| self.trust.is_valid(*place, manifest.sealed)).collect();
        let expected = valid.iter().copied().find(|place| self.key(*place) == self.serving.as_ref());
        let signer = expected.or_else(|| valid.first().copied());
        if let Some(signer) = signer {
            self.changes_without_hand_over(manifest, signer);
            self.meets_boundaries(manifest, signer);
            self.used
                .extend(valid.iter().filter(|place| !self.used.contains(place)).copied().collect::<Vec<_>>());
            self.signed_last = Some(signer);
            // Of two signers without a word on who is in charge neither is.
            if valid.len() == 1 || expected.is_some() {
                self.serving = self.key(signer).cloned();
            }
            self.hands_over(manifest, &valid);
            self.flush_vouched();
            return Ok(());
        }
        let retired = of
            .signers
            .iter()
            .find(|place| self.retired.contains_key(place) || self.trust.handed_over_before(**place, part));
        if let Some(place) = retired {
            self.signed_last = None;
            return Err(self.returned(*place));
        }
        self.signed_last = None;
        if of.is_vouched {
            self.vouched = Some((self.vouched.map_or(part, |(first, _)| first), part));
            if let Some(successor) = &manifest.successor {
                self.serving = Some(successor.clone());
            }
            return Ok(());
        }
        Err(if !live.is_empty() {
            let detail = format!("it was sealed at {}, and its key was not valid then", manifest.sealed);
            Finding::new(Kind::KeyNotValid, detail)
        } else if of.has_wrong_line {
            let detail = "a signature is not of the key that it names, and no trusted key has signed: text or signature was changed";
            Finding::new(Kind::SignatureInvalid, detail)
        } else {
            self.untrusted()
        })
    }

    fn returned(&self, place: usize) -> Finding {
        let key = self.id(place).map(|id| id.to_string()).unwrap_or_default();
        let detail = format!(
            "it is signed by key {key}, which another key had replaced before: a key that was replaced never signs again. Whoever still has it made this"
        );
        Finding::new(Kind::KeyRetired, detail)
    }

    fn untrusted(&self) -> Finding {
        let successor = self.serving.as_ref().filter(|key| {
            self.trust.is_whole() && self.trust.keys().iter().all(|trusted| trusted.key() != *key)
        });
        Finding::new(
            Kind::SignatureUntrusted,
            match successor {
                Some(successor) => format!(
                    "no key that you named has signed it. The chain handed over to {successor}, which is not among them: if the vendor confirms that key, name it too"
                ),
                None => "no trusted key has signed it, and no trusted manifest names its text: it comes from somebody else, or its signature was taken away".to_owned(),
            },
        )
    }

    /// Another trusted key than the one in charge signs alone: it replaces that one.
    fn changes_without_hand_over(&mut self, manifest: &Manifest, signer: usize) {
        let (Some(before), Some(now)) = (self.serving.as_ref(), self.key(signer)) else { return };
        if before == now {
            return;
        }
        // Of a key that is not trusted nothing is known but what the new one vouches for, and that is enough.
        let Some(place) = self.trust.keys().iter().position(|trusted| trusted.key() == before) else {
            return;
        };
        let (before, part) = (before.clone(), manifest.part);
        self.retired.insert(place, part);
        let head = match manifest.previous {
            Previous::Manifest(head) => Some(head),
            Previous::Start(_) => None,
        };
        let is_named =
            self.boundaries.iter().any(|(named, _)| named.part == part && Some(named.head) == head);
        let (old, new) = (KeyId::from(before.id()), KeyId::from(now.id()));
        let finding = if is_named {
            let detail = format!("key {new} replaces key {old} from here on, at the boundary that you named");
            Finding::new(Kind::KeyChangeConfirmed, detail)
        } else {
            let at = head.map(|head| format!("{}:{head}", part.get())).unwrap_or_default();
            let detail = format!(
                "key {new} replaces key {old} from here on, and no signed text hands over to it. That is what it looks like after a key was lost or stolen, and also where somebody has forged the rest. Ask the vendor for the boundary (`auditferry connector show` has it), and if it is this one, verify with --boundary {at}"
            );
            Finding::new(Kind::KeyChanged, detail)
        };
        self.findings.add(finding.part(part).since(manifest.window.from));
    }

    /// Whether the boundaries of this part are where they must be.
    fn meets_boundaries(&mut self, manifest: &Manifest, signer: usize) {
        let (named, signed_last) = (self.named, self.signed_last);
        for (boundary, met) in self.boundaries.iter_mut().filter(|(named, _)| named.part == manifest.part) {
            let hangs = manifest.previous == Previous::Manifest(boundary.head);
            let wrong = if !hangs {
                "the manifest of this part hangs on another one"
            } else if signed_last == Some(signer) {
                "the key that signed the part before signs this one too"
            } else if signed_last.is_none() && named > 1 {
                // With several keys an unsigned part before would leave open which of them was replaced.
                continue;
            } else {
                *met = true;
                continue;
            };
            *met = true;
            let detail = format!("the keys do not change at the boundary {boundary} that you named: {wrong}");
            self.findings.add(
                Finding::new(Kind::BoundaryMismatch, detail).part(manifest.part).since(manifest.window.from),
            );
        }
    }

    /// The keys that signed a text that names a successor are replaced by it.
    fn hands_over(&mut self, manifest: &Manifest, signers: &[usize]) {
        let Some(successor) = &manifest.successor else { return };
        let old: Vec<usize> =
            signers.iter().copied().filter(|place| self.key(*place) != Some(successor)).collect();
        for place in &old {
            self.retired.insert(*place, manifest.part.next());
        }
        if !old.is_empty() {
            let detail = format!("this part's signed text hands over to the key {successor}");
            self.findings
                .add(Finding::new(Kind::KeyRotated, detail).part(manifest.part).since(manifest.window.from));
        }
        self.serving = Some(successor.clone());
    }

    /// The part whose signatures count for nothing, or that was not judged: what signed it is not known.
    pub(crate) fn skipped(&mut self) {
        self.signed_last = None;
        self.flush_vouched();
    }

    fn flush_vouched(&mut self) {
        let Some((first, last)) = self.vouched.take() else { return };
        let parts = if first == last {
            format!("part {} is", first.get())
        } else {
            format!("parts {} to {} are", first.get(), last.get())
        };
        let detail = format!(
            "{parts} not signed by a trusted key; part {}, which is, names the text through `previous`, so it counts whoever signed it",
            last.next().get()
        );
        self.findings.add(Finding::new(Kind::VouchedByPrevious, detail).part(first));
    }

    /// There are no more parts. `is_closed` if the vendor's word closes the end.
    pub(crate) fn end(&mut self, is_closed: bool) {
        self.flush_vouched();
        for (boundary, met) in &self.boundaries {
            if !met {
                let detail = format!(
                    "the boundary {boundary} that you named can't be held against what is here: no manifest of that part, signed by a named key behind one that another signed, is here"
                );
                self.findings.add(Finding::new(Kind::BoundaryNotReached, detail).part(boundary.part));
            }
        }
        if self.named < 2 || is_closed {
            return;
        }
        for (place, trusted) in self.trust.keys().iter().enumerate() {
            if !self.used.contains(&place) {
                let detail = format!(
                    "the key {} that you named signed nothing here. If it is the newer one, what it signed is not here, or somebody who has the older one made all this. Name only the key that signs now, or --newest too",
                    trusted.key()
                );
                self.findings.add(Finding::new(Kind::KeyUnused, detail));
            }
        }
    }
}

impl fmt::Display for Boundary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.part.get(), self.head)
    }
}
