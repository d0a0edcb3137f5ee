//! The seal: decides once and for all what a part is, and learns whether its decision won.

use std::fmt::Debug;

use archive::manifest::ChainState;
use archive::part::{Part, PartKind};

use super::messages::{Effect, Seal, SealAnswer};
use super::outcome::{InternalError, InternalErrorKind};
use super::state::{Active, Context, Flow, Sealing, Turn};
use crate::backoff::REQUEST;
use crate::events_source::RememberedSource;

/// How many times a seal with an unknown outcome is tried before the run gives up.
const MAX_SEAL_ATTEMPTS: u32 = 5;
/// How many races a run may lose before it leaves the connector to other workers.
const MAX_LOST_RACES: u64 = 3;

impl<B: Clone + Debug> Active<B> {
    /// The seal of a part that closes its window. `read_to_end`: whether the span was read to its end.
    pub(super) fn seal_of(&self, part: Part, read_to_end: bool, context: Context<'_>) -> Seal {
        let here = context.settings.source.as_ref().and_then(|source| source.as_ref().ok());
        let first = || here.cloned().map(RememberedSource::first);
        Seal {
            watermark_before: self.cursor.watermark,
            watermark_after: part.window.to,
            part,
            chain_state: None,
            read_progress: None,
            reconcile: None,
            unblock: read_to_end && self.read_block().is_some(),
            source: self.cursor.source.clone().or_else(first),
        }
    }

    pub(super) fn seal(seal: Box<Seal>) -> Flow<B> {
        let effect = Effect::Seal(seal.clone());
        Flow::seal(Sealing::Deciding(seal), effect)
    }

    pub(super) fn on_seal(&mut self, seal: Box<Seal>, answer: SealAnswer) -> Flow<B> {
        match answer {
            SealAnswer::Won => {
                // The sealed record is known, so a delivery that follows at once need not read it.
                self.progress.delivery.last_sealed = Some(Box::new(seal.part.clone()));
                self.on_sealed(*seal)
            }
            // The refusal may answer the second try of a request whose first try succeeded.
            SealAnswer::Refused | SealAnswer::Unknown => {
                let (number, refused) = (seal.part.number, answer == SealAnswer::Refused);
                Flow::seal(Sealing::ReadingBack { seal, refused }, Effect::ReadBack(number))
            }
        }
    }

    pub(super) fn on_seal_read_back(
        &mut self,
        seal: Box<Seal>,
        refused: bool,
        found: Option<Box<Part>>,
        context: Context<'_>,
    ) -> Flow<B> {
        let is_ours =
            |part: &Part| part.sealed_by == context.settings.worker && part.sha256 == seal.part.sha256;
        match found {
            // The stored record counts, whatever this worker has in memory.
            Some(part) if is_ours(&part) => self.on_sealed(Seal { part: *part, ..*seal }),
            // Another worker sealed this number, or moved the watermark: our bytes are orphans. Take a new
            // snapshot.
            Some(_) => self.lost_race(),
            None if refused => self.lost_race(),
            // No record exists: the lost request did nothing. The condition makes a retry safe.
            None if self.progress.attempts < MAX_SEAL_ATTEMPTS => {
                let wait = REQUEST.delay(self.progress.attempts, context.random);
                self.progress.attempts += 1;
                self.progress.summary.retries += 1;
                Flow::seal(Sealing::WaitingToRetry(seal), Effect::Wait(wait))
            }
            None => {
                let detail = "no reply to the sealing transaction after 5 attempts";
                Flow::End(Some(InternalError::new(InternalErrorKind::Port, detail)))
            }
        }
    }

    fn lost_race(&mut self) -> Flow<B> {
        self.progress.made = true;
        self.progress.summary.lost_races += 1;
        if self.progress.summary.lost_races < MAX_LOST_RACES { Flow::ReadAgain } else { Flow::End(None) }
    }

    fn on_sealed(&mut self, seal: Seal) -> Flow<B> {
        let Seal { part, watermark_after, read_progress, reconcile, unblock, source, .. } = seal;
        let (progress, cursor) = (&mut self.progress, &mut self.cursor);
        progress.attempts = 0;
        progress.made = true;
        progress.turn = Turn::Deliver;
        progress.summary.sealed += 1;
        progress.summary.events += part.events;
        progress.summary.late += part.late;
        progress.summary.unreadable += part.unreadable;
        progress.summary.heartbeats += u64::from(part.kind == PartKind::Heartbeat);
        cursor.next = part.number.next();
        cursor.watermark = watermark_after;
        cursor.source = source;
        // The record read back may contain another worker's manifest. The record counts, whatever this worker
        // signed.
        let manifest = part.manifest.as_ref();
        cursor.chain_state = manifest
            .and_then(|manifest| ChainState::after(cursor.chain_state.as_ref(), part.number, manifest));
        cursor.read_progress = read_progress;
        if let Some(reconcile) = reconcile {
            cursor.reconcile = reconcile;
        }
        if unblock {
            cursor.block = None;
        }
        Flow::Next
    }
}
