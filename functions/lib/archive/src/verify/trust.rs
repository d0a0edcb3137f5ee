//! Which keys are trusted, and for which parts. Trust flows through signed bytes only: a key is trusted if
//! the auditor named it, or if a text signed by a trusted key names it in full as the successor. Signature
//! lines and key files are not signed, so neither their presence nor their absence affects trust.

use std::collections::HashMap;

use super::keys::{KnownKeys, SignatureCheck};
use crate::note::{RingKey, SignedNote, VerifierKey};
use crate::part::PartNumber;
use crate::time::Time;

/// A trusted key. Only this module creates one, from a key that the auditor named or that a signed text
/// names.
#[derive(Debug, Clone)]
pub(crate) struct TrustedKey {
    key: RingKey,
    /// The first part that it may sign: for a successor the one that names it, which it signs too.
    first_part: PartNumber,
    /// The part in which it handed over: the last that it may sign.
    last_part: Option<PartNumber>,
}

impl TrustedKey {
    pub(crate) const fn key(&self) -> &VerifierKey {
        &self.key.key
    }
}

/// The trusted keys of a chain, by their indexes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trust {
    keys: Vec<TrustedKey>,
    /// Whether the set is closed: several keys were named, so no other one can become trusted.
    is_closed: bool,
}

/// What decides who signed a text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signatures<'a> {
    /// The origin of the text: keys of another vendor can't sign it.
    pub(crate) origin: &'a str,
    /// The check of each signature line.
    pub(crate) checks: &'a [SignatureCheck],
    /// The note, if one of its signature lines is not by a known key.
    pub(crate) note: Option<&'a SignedNote>,
}

impl Trust {
    /// Trusts the keys that the auditor named.
    pub(crate) fn from_pins(pins: &[RingKey]) -> Self {
        let mut trust = Self::default();
        for pin in pins {
            trust.add(pin.clone(), PartNumber::FIRST);
        }
        trust.is_closed = trust.keys.len() > 1;
        trust
    }

    /// Trusts the keys that signed the first manifest, if the auditor named none (trust on first use): that
    /// shows whether there is one signer, and proves nothing.
    pub(crate) fn on_first_use(keys: impl Iterator<Item = VerifierKey>) -> Self {
        let mut trust = Self::default();
        for key in keys {
            trust.add(RingKey { key, from: None, until: None }, PartNumber::FIRST);
        }
        trust
    }

    fn add(&mut self, key: RingKey, first: PartNumber) {
        if self.keys.iter().all(|trusted| *trusted.key() != key.key) {
            self.keys.push(TrustedKey { key, first_part: first, last_part: None });
        }
    }

    /// The keys, by their indexes.
    pub(crate) fn keys(&self) -> &[TrustedKey] {
        &self.keys
    }

    /// Whether the set of keys is closed: several were named, so no other can be added.
    pub(crate) const fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// The indexes of the trusted keys that made one of these signatures, whether they may sign that part or
    /// not. A repeated line counts once.
    pub(crate) fn signers(&self, known: &KnownKeys, of: Signatures<'_>) -> Vec<usize> {
        let name = of.origin.rsplit_once('/').map_or("", |(name, _)| name);
        let made = |(_, trusted): &(usize, &TrustedKey)| {
            if trusted.key().name().to_string() != name {
                return false;
            }
            let by_known = |signed: &SignatureCheck| match signed {
                SignatureCheck::Valid(index) => {
                    known.get(*index).is_some_and(|known| known.key() == trusted.key())
                }
                SignatureCheck::Invalid | SignatureCheck::UnknownKey => false,
            };
            // A successor without a key file is not a known key. Its lines are checked here.
            of.checks.iter().any(by_known)
                || of.note.is_some_and(|note| {
                    note.signatures().iter().any(|signature| trusted.key().has_signed(note, signature))
                })
        };
        self.keys.iter().enumerate().filter(made).map(|(index, _)| index).collect()
    }

    /// Whether the key with this index may sign that part: after the hand-over only its successor may.
    pub(crate) fn may_sign(&self, index: usize, part: PartNumber) -> bool {
        self.keys.get(index).is_some_and(|trusted| {
            trusted.first_part <= part && trusted.last_part.is_none_or(|last| part <= last)
        })
    }

    /// Whether the key with this index is accountable for a second text of that part. It is not for texts
    /// beside its own hand-over: from there on its signatures are ignored.
    pub(crate) fn is_accountable(&self, index: usize, part: PartNumber) -> bool {
        self.keys.get(index).is_some_and(|trusted| {
            trusted.first_part <= part && trusted.last_part.is_none_or(|last| part < last)
        })
    }

    /// Whether the key with this index had handed over before that part.
    pub(crate) fn handed_over_before(&self, index: usize, part: PartNumber) -> bool {
        self.keys.get(index).and_then(|trusted| trusted.last_part).is_some_and(|last| last < part)
    }

    /// Whether the key with this index was valid at that time, by the auditor's limits.
    pub(crate) fn is_valid(&self, index: usize, sealed: Time) -> bool {
        self.keys.get(index).is_some_and(|trusted| trusted.key.is_valid_at(sealed))
    }

    /// Whether one of these keys may sign that part, sealed at that time.
    pub(crate) fn is_signed(&self, signers: &[usize], part: PartNumber, sealed: Time) -> bool {
        signers.iter().any(|index| self.may_sign(*index, part) && self.is_valid(*index, sealed))
    }

    /// Processes the hand-over to a successor in a text of that part with these signers.
    fn hand_over(&mut self, signers: &[usize], part: PartNumber, sealed: Time, successor: &VerifierKey) {
        let mut handed_over = false;
        for index in signers {
            let may = self.may_sign(*index, part) && self.is_valid(*index, sealed);
            if let Some(trusted) = self.keys.get_mut(*index)
                && may
                && trusted.last_part.is_none()
                && trusted.key() != successor
            {
                trusted.last_part = Some(part);
                handed_over = true;
            }
        }
        if handed_over && !self.is_closed {
            self.add(RingKey { key: successor.clone(), from: None, until: None }, part);
        }
    }
}

/// The trusted keys of each chain in the archive. A hand-over is valid for the connector whose text contains
/// it.
#[derive(Debug, Default)]
pub(crate) struct TrustByOrigin {
    base: Trust,
    /// Chains in which a key has handed over. Only the holder of a trusted key can add to them.
    chains: HashMap<String, Trust>,
}

impl TrustByOrigin {
    /// Trust that begins with these keys.
    pub(crate) fn new(base: Trust) -> Self {
        Self { base, chains: HashMap::new() }
    }

    /// The trusted keys of a chain, by its origin.
    pub(crate) fn for_origin(&self, origin: &str) -> &Trust {
        self.chains.get(origin).unwrap_or(&self.base)
    }

    /// Processes a text of a chain that names a successor. To be called in the order of the parts.
    pub(crate) fn hand_over(
        &mut self,
        origin: &str,
        signers: &[usize],
        (part, sealed): (PartNumber, Time),
        successor: &VerifierKey,
    ) {
        if self.for_origin(origin).is_signed(signers, part, sealed) {
            let base = &self.base;
            let trust = self.chains.entry(origin.to_owned()).or_insert_with(|| base.clone());
            trust.hand_over(signers, part, sealed, successor);
        }
    }
}
