//! The manifest of a part in a run: signed before the seal that stores it, delivered after the part's bytes.
//!
//! Two workers on one part both sign. One of them seals, and the other's signature is discarded with its
//! staged part. It was never in any bucket, so no auditor ever sees two manifests of one part.

use archive::manifest::{ChainStart, ChainState, MAX_TEXT, Manifest, Previous};
use archive::note::SignedManifest;
use archive::part::{Part, PartNumber};
use archive::time::Time;

use super::messages::{Effect, PutAnswer, Seal, SignRequest};
use super::outcome::InternalError;
use super::progress::ReadOutcome;
use super::run::{Phase, RetryFrom, Run, Turn};
use crate::cursor::PublishedKeys;
use crate::delivery_error::{DeliveryError, DeliveryStage};

impl RetryFrom {
    pub(super) const fn number(&self) -> PartNumber {
        match self {
            Self::Part(number) => *number,
            Self::Manifest(part) => part.number,
        }
    }
}

impl Run {
    /// Requests the signature of a part that is to be sealed.
    pub(super) fn sign(&mut self, seal: Box<Seal>, now: Time) -> Effect {
        let Some(text) = self.manifest_text(&seal.part) else {
            return self.invariant_violated("an active connector has no destination", now);
        };
        if text.len() > MAX_TEXT {
            return self
                .invariant_violated(format!("the manifest of part {} is too long", seal.part.number), now);
        }
        let chain_state = self.snapshot.as_deref().and_then(|snapshot| snapshot.cursor.chain_state.clone());
        self.phase = Phase::Signing(seal);
        Effect::Sign(Box::new(SignRequest { text, chain_state }))
    }

    pub(super) fn on_signed(&mut self, mut seal: Box<Seal>, manifest: SignedManifest, now: Time) -> Effect {
        if self.manifest_text(&seal.part).is_none_or(|text| !manifest.has_text(&text)) {
            return self.invariant_violated("the signed text differs from the requested one", now);
        }
        let before = self.snapshot.as_deref().and_then(|snapshot| snapshot.cursor.chain_state.as_ref());
        seal.chain_state = ChainState::after(before, seal.part.number, &manifest);
        seal.part.manifest = Some(manifest);
        let sealed_at = seal.part.sealed_at;
        self.record(ReadOutcome::Seal(seal), sealed_at)
    }

    /// The part stays unsealed, and the run ends with an error. Before that it delivers what it can.
    pub(super) fn signing_failed(&mut self, error: InternalError, now: Time) -> Effect {
        self.sealing_stopped = Some(error);
        self.attempts = 0;
        self.turn = Turn::Deliver;
        self.next(now)
    }

    /// The text that is signed for a part, before a change of keys adds its line. `None` without a
    /// destination.
    fn manifest_text(&self, part: &Part) -> Option<String> {
        let snapshot = self.snapshot.as_deref()?;
        let (connector, cursor) = (&snapshot.connector, &snapshot.cursor);
        let previous = match &cursor.chain_state {
            Some(chain) => Previous::Manifest(chain.sha256),
            None if part.number > PartNumber::FIRST => Previous::Start(ChainStart::Upgrade),
            None if connector.start_from.is_some() => Previous::Start(ChainStart::StartFrom),
            None => Previous::Start(ChainStart::Activation),
        };
        let destination = connector.destination.as_ref()?;
        Some(Manifest::of(part, &self.vendor, destination.location(), connector.frequency, previous).text())
    }

    /// The part's bytes are in the bucket. Puts its manifest, after the keys that it needs if those are
    /// missing.
    pub(super) fn put_manifest(&mut self, part: Box<Part>, now: Time) -> Effect {
        let Some(needed) = self.keys_of(&part) else {
            return if part.manifest.is_none() {
                self.publish_recovery(part, now)
            } else {
                self.invariant_violated("an active connector has no destination", now)
            };
        };
        if self.known_keys().is_some_and(|known| known.covers(&needed)) {
            self.phase = Phase::PuttingManifest(part.clone());
            Effect::PutManifest(part)
        } else {
            self.phase = Phase::PuttingKeys(part.clone());
            Effect::PutKeys(part)
        }
    }

    fn keys_of(&self, part: &Part) -> Option<PublishedKeys> {
        let destination = self.snapshot.as_deref()?.connector.destination.as_ref()?;
        Some(PublishedKeys::of(part.manifest.as_ref()?, destination))
    }

    /// The keys that are in the bucket. `None` after a delivery error: it may be another bucket of the same
    /// name.
    fn known_keys(&self) -> Option<&PublishedKeys> {
        let cursor = &self.snapshot.as_deref()?.cursor;
        let blocked = cursor.block.as_ref().is_some_and(|block| block.stage != DeliveryStage::Read);
        self.published_keys.as_ref().or(cursor.published_keys.as_ref().filter(|_| !blocked))
    }

    pub(super) fn on_keys_put(
        &mut self,
        part: Box<Part>,
        answer: Result<PutAnswer, DeliveryError>,
        now: Time,
        random: u64,
    ) -> Effect {
        match answer {
            // 412 is success here too: the name is the key's ID.
            Ok(_) => {
                self.attempts = 0;
                let known = self.known_keys().cloned();
                self.published_keys = self.keys_of(&part).map(|put| put.merged_with(known.as_ref()));
                self.put_manifest(part, now)
            }
            Err(error) => self.delivery_failed(RetryFrom::Manifest(part), &error, now, random),
        }
    }

    pub(super) fn on_manifest_put(
        &mut self,
        part: Box<Part>,
        answer: Result<PutAnswer, DeliveryError>,
        now: Time,
        random: u64,
    ) -> Effect {
        match answer {
            // 412 is success: the name contains part number and hash of the manifest that the seal stored.
            Ok(_) => {
                self.attempts = 0;
                self.publish_recovery(part, now)
            }
            Err(error) => self.delivery_failed(RetryFrom::Manifest(part), &error, now, random),
        }
    }

    pub(super) fn retry_delivery(&mut self, retry_from: RetryFrom, now: Time) -> Effect {
        match retry_from {
            RetryFrom::Manifest(part) if now < self.limits.stop_writing => self.put_manifest(part, now),
            retry_from => self.deliver(retry_from.number(), now),
        }
    }
}
