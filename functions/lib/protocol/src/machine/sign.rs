//! The manifest of a part: signed before the seal that stores it.
//!
//! Two workers on one part both sign. One of them seals, and the other's signature is discarded with its
//! staged part. It was never in any bucket, so no auditor ever sees two manifests of one part.

use std::fmt::Debug;

use archive::manifest::{ChainStart, ChainState, MAX_TEXT, Manifest, Previous};
use archive::note::SignedManifest;
use archive::part::{Part, PartNumber};

use super::messages::{Effect, Seal, SignRequest};
use super::outcome::InternalError;
use super::state::{Active, Context, Flow, ReadOutcome, Sealing, Turn};

impl<B: Clone + Debug> Active<B> {
    /// Requests the signature of a part that is to be sealed.
    pub(super) fn sign(&self, seal: Box<Seal>, context: Context<'_>) -> Flow<B> {
        let text = self.manifest_text(&seal.part, context);
        if text.len() > MAX_TEXT {
            return Flow::invariant_violated(format!(
                "the manifest of part {} is too long",
                seal.part.number
            ));
        }
        let request = SignRequest { text, chain_state: self.cursor.chain_state.clone() };
        Flow::seal(Sealing::Signing(seal), Effect::Sign(Box::new(request)))
    }

    pub(super) fn on_signed(
        &mut self,
        mut seal: Box<Seal>,
        manifest: SignedManifest,
        context: Context<'_>,
    ) -> Flow<B> {
        if !manifest.has_text(&self.manifest_text(&seal.part, context)) {
            return Flow::invariant_violated("the signed text differs from the requested one");
        }
        seal.chain_state = ChainState::after(self.cursor.chain_state.as_ref(), seal.part.number, &manifest);
        seal.part.manifest = Some(manifest);
        let sealed_at = seal.part.sealed_at;
        self.progress.attempts = 1;
        self.record(ReadOutcome::Seal(seal), sealed_at)
    }

    /// The part stays unsealed, and the run ends with an error. Before that it delivers what it can.
    pub(super) fn signing_failed(&mut self, error: InternalError) -> Flow<B> {
        self.progress.sealing.stopped = Some(error);
        self.progress.attempts = 0;
        self.progress.turn = Turn::Deliver;
        Flow::Next
    }

    /// The text that is signed for a part, before a change of keys adds its line.
    fn manifest_text(&self, part: &Part, context: Context<'_>) -> String {
        let connector = &self.connector;
        let previous = match &self.cursor.chain_state {
            Some(chain) => Previous::Manifest(chain.sha256),
            None if part.number > PartNumber::FIRST => Previous::Start(ChainStart::Upgrade),
            None if connector.start_from.is_some() => Previous::Start(ChainStart::StartFrom),
            None => Previous::Start(ChainStart::Activation),
        };
        let vendor = &context.settings.vendor;
        Manifest::of(part, vendor, self.destination.location(), connector.frequency, previous).text()
    }
}
