//! The state of a chain's keys, part by part: the key that signs, the successor to which it hands over, and
//! the keys that never sign again. Checks the signatures of each part.

use std::collections::BTreeMap;

use super::boundary::{Boundary, LastSigner, NamedBoundaries};
use super::finding::{Finding, Findings, Kind};
use super::trust::{Trust, TrustedKey};
use crate::manifest::{KeyId, Manifest, Previous};
use crate::note::VerifierKey;
use crate::part::PartNumber;

/// The status of the signatures of a part's text.
#[derive(Debug, Clone, Default)]
pub(crate) struct SignatureStatus {
    /// The trusted keys that signed it, by their indexes.
    pub(crate) signers: Vec<usize>,
    /// Whether it is a chained text: a trusted text of the next part names it.
    pub(crate) is_chained: bool,
    /// Whether a signature line is invalid for the known key that it names.
    pub(crate) has_invalid_line: bool,
}

/// The state of the keys after the part that was checked last.
#[derive(Debug)]
pub(crate) struct KeyState<'a> {
    trust: &'a Trust,
    findings: &'a Findings,
    /// The number of keys that the auditor named; without one nothing is proven.
    pinned_count: usize,
    /// Whether there is any key. Without one, no signature is checked.
    has_keys: bool,
    /// The key that must sign the next part, if it is known.
    current: Option<VerifierKey>,
    /// The trusted key that signed the last part.
    last_signer: Option<usize>,
    /// The replaced keys, with the part from which on each is retired.
    retired: BTreeMap<usize, PartNumber>,
    /// The keys that signed any part.
    used: Vec<usize>,
    boundaries: NamedBoundaries,
    /// The first and last of consecutive parts that are trusted only through the chain.
    chained_parts: Option<(PartNumber, PartNumber)>,
}

impl<'a> KeyState<'a> {
    pub(crate) fn new(
        trust: &'a Trust,
        named: usize,
        boundaries: &[Boundary],
        findings: &'a Findings,
    ) -> Self {
        Self {
            trust,
            findings,
            pinned_count: named,
            has_keys: !trust.keys().is_empty(),
            current: None,
            last_signer: None,
            retired: BTreeMap::new(),
            used: Vec::new(),
            boundaries: NamedBoundaries::new(boundaries),
            chained_parts: None,
        }
    }

    /// Whether a text of that part is accepted: signed by a key that may sign it, or chained.
    pub(crate) fn is_accepted(&self, part: PartNumber, status: &SignatureStatus) -> bool {
        !self.has_keys || status.is_chained || status.signers.iter().any(|index| self.may_sign(*index, part))
    }

    /// The accountable key that signed a second text of that part, if any: that key equivocated.
    pub(crate) fn equivocating_key(&self, part: PartNumber, status: &SignatureStatus) -> Option<KeyId> {
        let answers =
            |index: &&usize| self.trust.is_accountable(**index, part) && !self.retired.contains_key(*index);
        status.signers.iter().find(answers).and_then(|index| self.id(*index))
    }

    /// Whether only retired keys, or keys retired with that part, signed a text of it.
    pub(crate) fn is_by_retired_key(&self, part: PartNumber, status: &SignatureStatus) -> bool {
        !status.signers.is_empty() && self.equivocating_key(part, status).is_none()
    }

    /// The trusted keys that signed a text; `None` if there is no key at all, so that no signature counts.
    pub(crate) fn signing_keys(&self, status: &SignatureStatus) -> Option<Vec<VerifierKey>> {
        let signers = status.signers.iter().filter_map(|index| self.key(*index).cloned());
        self.has_keys.then(|| signers.collect())
    }

    fn may_sign(&self, index: usize, part: PartNumber) -> bool {
        self.trust.may_sign(index, part) && !self.retired.contains_key(&index)
    }

    fn id(&self, index: usize) -> Option<KeyId> {
        self.trust.keys().get(index).map(|trusted| trusted.key().id().into())
    }

    fn key(&self, index: usize) -> Option<&'a VerifierKey> {
        self.trust.keys().get(index).map(TrustedKey::key)
    }

    /// Checks the signatures of the next part; returns a finding if its text is not accepted.
    pub(crate) fn check_signatures(
        &mut self,
        manifest: &Manifest,
        status: &SignatureStatus,
    ) -> Result<(), Finding> {
        if !self.has_keys {
            return Ok(());
        }
        let part = manifest.part;
        let live: Vec<usize> =
            status.signers.iter().copied().filter(|index| self.may_sign(*index, part)).collect();
        let valid: Vec<usize> =
            live.iter().copied().filter(|index| self.trust.is_valid(*index, manifest.sealed)).collect();
        let expected = valid.iter().copied().find(|index| self.key(*index) == self.current.as_ref());
        let signer = expected.or_else(|| valid.first().copied());
        if let Some(signer) = signer {
            self.check_key_change(manifest, signer);
            let last = match self.last_signer {
                Some(last) => LastSigner::Key(last),
                // With several keys, an unsigned previous part leaves open which of them was replaced.
                None if self.pinned_count > 1 => LastSigner::Unknown,
                None => LastSigner::None,
            };
            self.boundaries.check(manifest, signer, last, self.findings);
            self.used
                .extend(valid.iter().filter(|index| !self.used.contains(index)).copied().collect::<Vec<_>>());
            self.last_signer = Some(signer);
            // With two signers and no hand-over, neither is known to be the current key.
            if valid.len() == 1 || expected.is_some() {
                self.current = self.key(signer).cloned();
            }
            self.hand_over(manifest, &valid);
            self.flush_chained();
            return Ok(());
        }
        let retired = status
            .signers
            .iter()
            .find(|index| self.retired.contains_key(index) || self.trust.handed_over_before(**index, part));
        if let Some(index) = retired {
            self.last_signer = None;
            return Err(self.retired_key_finding(*index));
        }
        self.last_signer = None;
        if status.is_chained {
            self.chained_parts = Some((self.chained_parts.map_or(part, |(first, _)| first), part));
            if let Some(successor) = &manifest.successor {
                self.current = Some(successor.clone());
            }
            return Ok(());
        }
        Err(if !live.is_empty() {
            let detail = format!("it was sealed at {}, when its key was not valid", manifest.sealed);
            Finding::new(Kind::KeyNotValid, detail)
        } else if status.has_invalid_line {
            let detail = "a signature is invalid for the key that it names, and no trusted key has signed: \
                text or signature was changed";
            Finding::new(Kind::SignatureInvalid, detail)
        } else {
            self.untrusted_finding()
        })
    }

    fn retired_key_finding(&self, index: usize) -> Finding {
        let key = self.id(index).map(|id| id.to_string()).unwrap_or_default();
        let detail = format!(
            "it is signed by key {key}, which had already been replaced: a replaced key never signs again. \
             It was created by someone who still has that key"
        );
        Finding::new(Kind::KeyRetired, detail)
    }

    fn untrusted_finding(&self) -> Finding {
        let successor = self.current.as_ref().filter(|key| {
            self.trust.is_closed() && self.trust.keys().iter().all(|trusted| trusted.key() != *key)
        });
        Finding::new(
            Kind::SignatureUntrusted,
            match successor {
                Some(successor) => format!(
                    "none of the named keys has signed it. The chain handed over to {successor}, which is \
                     not among them: if the vendor confirms that key, name it too"
                ),
                None => "no trusted key has signed it, and no trusted manifest names its text: it was \
                    created by somebody else, or its signature was removed"
                    .to_owned(),
            },
        )
    }

    /// Handles a part that is signed only by another trusted key than the current one, which it replaces.
    fn check_key_change(&mut self, manifest: &Manifest, signer: usize) {
        let (Some(before), Some(now)) = (self.current.as_ref(), self.key(signer)) else { return };
        if before == now {
            return;
        }
        // What an untrusted key signed is trusted only through the chain of the new one, and that is enough.
        let Some(index) = self.trust.keys().iter().position(|trusted| trusted.key() == before) else {
            return;
        };
        let (before, part) = (before.clone(), manifest.part);
        self.retired.insert(index, part);
        let head = match manifest.previous {
            Previous::Manifest(head) => Some(head),
            Previous::Start(_) => None,
        };
        let is_named = head.is_some_and(|head| self.boundaries.contains(Boundary { part, head }));
        let (old, new) = (KeyId::from(before.id()), KeyId::from(now.id()));
        let finding = if is_named {
            let detail = format!("key {new} replaces key {old} from here on, at the boundary that you named");
            Finding::new(Kind::KeyChangeConfirmed, detail)
        } else {
            let at = head.map(|head| format!("{}:{head}", part.get())).unwrap_or_default();
            let detail = format!(
                "key {new} replaces key {old} from here on, and no signed text hands over to it. This \
                 happens after a key was lost or stolen, and also if the rest was forged. Ask the vendor for \
                 the boundary (`auditferry connector show` has it), and if it is this one, verify with \
                 --boundary {at}"
            );
            Finding::new(Kind::KeyChanged, detail)
        };
        self.findings.add(finding.part(part).since(manifest.window.from));
    }

    /// Retires the keys that signed a text with a successor.
    fn hand_over(&mut self, manifest: &Manifest, signers: &[usize]) {
        let Some(successor) = &manifest.successor else { return };
        let old: Vec<usize> =
            signers.iter().copied().filter(|index| self.key(*index) != Some(successor)).collect();
        for index in &old {
            self.retired.insert(*index, manifest.part.next());
        }
        if !old.is_empty() {
            let detail = format!("this part's signed text hands over to the key {successor}");
            self.findings
                .add(Finding::new(Kind::KeyRotated, detail).part(manifest.part).since(manifest.window.from));
        }
        self.current = Some(successor.clone());
    }

    /// Skips a part whose signatures are ignored or were not checked: its signer is unknown.
    pub(crate) fn skip_part(&mut self) {
        self.last_signer = None;
        self.flush_chained();
    }

    fn flush_chained(&mut self) {
        let Some((first, last)) = self.chained_parts.take() else { return };
        let parts = if first == last {
            format!("part {} is", first.get())
        } else {
            format!("parts {} to {} are", first.get(), last.get())
        };
        let detail = format!(
            "{parts} not signed by a trusted key; part {}, which is, names the text through `previous`, so \
             it counts regardless of its signer",
            last.next().get()
        );
        self.findings.add(Finding::new(Kind::TrustedByChain, detail).part(first));
    }

    /// Finishes after the last part; `is_closed` if the vendor's hash confirms the end.
    pub(crate) fn finish(&mut self, is_closed: bool) {
        self.flush_chained();
        self.boundaries.report_unreached(self.findings);
        if self.pinned_count < 2 || is_closed {
            return;
        }
        for (index, trusted) in self.trust.keys().iter().enumerate() {
            if !self.used.contains(&index) {
                let detail = format!(
                    "the key {} that you named signed nothing here. If it is the newer one, its parts are \
                     missing, or somebody with the older one created all of this. Name only the current key, \
                     or also --newest",
                    trusted.key()
                );
                self.findings.add(Finding::new(Kind::KeyUnused, detail));
            }
        }
    }
}
