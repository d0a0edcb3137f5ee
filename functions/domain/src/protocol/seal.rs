//! The sealing half of a run: requests a part, decides once and for all what it is, and learns whether its
//! decision won.

use std::time::Duration;

use base64::Engine as _;

use crate::backoff::REQUEST;
use crate::cursor::{ReadProgress, Reconcile, Slice};
use crate::events_source::RememberedSource;
use crate::fault::{Block, DeliveryError, DeliveryErrorKind, DeliveryStage};
use crate::generated_events::Heartbeat;
use crate::manifest::ChainState;
use crate::part::{Content, Part, PartKind, Window};
use crate::schedule::next_expected_by;
use crate::time::Time;

use super::messages::{BuildRequest, Built, Effect, Exclude, Seal, SealAnswer, Span, StagedPart};
use super::outcome::{InternalError, InternalErrorKind};
use super::run::{Phase, Run, Turn};

/// Unparsable keys that sort further ahead of the watermark than this are out of order; nearer ones are left
/// to the windows.
const OUT_OF_ORDER_AFTER: Duration = Duration::from_hours(24);
/// How many times a seal with an unknown outcome is tried before the run gives up.
const MAX_SEAL_ATTEMPTS: u32 = 5;
/// How many races a run may lose before it leaves the connector to other workers.
const MAX_LOST_RACES: u64 = 3;

impl Run {
    /// Reads a window and looks back behind it for late events, or continues an earlier read of it.
    pub(super) fn build_window(&mut self, window: Window) -> Effect {
        let Some(place) = self.snapshot.as_deref() else { return Effect::Snapshot };
        let cursor = &place.cursor;
        let read =
            cursor.read_progress.filter(|reading| reading.to == window.to).map(|reading| reading.through);
        let look_back = cursor.reads_from().max(window.from - self.timing.look_back).min(window.from);
        let from = read.unwrap_or(look_back);
        self.build(Span::Window(Window { from, to: window.to }), Some(from), None)
    }

    /// Reads a slice of the past again.
    pub(super) fn build_slice(&mut self, slice: Slice) -> Effect {
        let Some(place) = self.snapshot.as_deref() else { return Effect::Snapshot };
        let (span, reaching) = match slice {
            Slice::Span(window) => (Span::Window(window), Some(window.from)),
            Slice::OutOfOrderKeys => {
                let cursor = &place.cursor;
                let beyond = cursor.watermark + OUT_OF_ORDER_AFTER;
                (Span::OutOfOrderKeys { since: cursor.since, until: beyond }, None)
            }
        };
        self.build(span, reaching, Some(slice))
    }

    fn build(&mut self, span: Span, reaching: Option<Time>, slice: Option<Slice>) -> Effect {
        let Some(place) = self.snapshot.as_deref() else { return Effect::Snapshot };
        // An out-of-order key has some position in the sort order, and a window may reach it one day.
        let exclude = Exclude { reaching, out_of_order_in: place.cursor.reconcile.out_of_order_in };
        let (number, watermark) = (place.cursor.next, place.cursor.watermark);
        let order = BuildRequest { number, span, watermark, exclude, stop_at: self.limits.stop_reading };
        self.phase = Phase::Building(Box::new(order.clone()), slice);
        Effect::Build(Box::new(order))
    }

    pub(super) fn on_built(
        &mut self,
        order: &BuildRequest,
        slice: Option<Slice>,
        built: Built,
        now: Time,
        random: u64,
    ) -> Effect {
        match (built, slice) {
            (Built::OutOfTime { through }, slice) => self.record_progress(order, slice, through, now),
            (Built::TenantMismatch { detail }, _) => self.tenant_mismatch(&detail, now, random),
            (Built::Nothing, None) => self.seal_heartbeat(order, now),
            (Built::Nothing, Some(slice)) => self.record_slice(slice, now),
            (Built::Staged(draft), slice) => self.seal_staged(order, slice, draft, now),
        }
    }

    fn seal_staged(
        &mut self,
        order: &BuildRequest,
        slice: Option<Slice>,
        draft: StagedPart,
        now: Time,
    ) -> Effect {
        let sealed_at = self.trusted_now(now);
        let Some(place) = self.snapshot.as_deref() else { return Effect::Snapshot };
        let reconcile = slice.map(|slice| {
            let before = &place.cursor.reconcile;
            match (slice, draft.cut) {
                (Slice::Span(window), cut) => before.read_through(cut.unwrap_or(window.to)),
                // Read to the end: the pass is complete. Cut: the same slice continues, without these keys.
                (Slice::OutOfOrderKeys, None) => before.read_out_of_order_keys(Some(order.number), sealed_at),
                (Slice::OutOfOrderKeys, Some(_)) => {
                    Reconcile { out_of_order_in: Some(order.number), ..before.clone() }
                }
            }
        });
        let (end, reading) = match (&order.span, slice) {
            (Span::Window(Window { to, .. }), None) => {
                (draft.cut.unwrap_or(*to), draft.cut.map(|through| ReadProgress { to: *to, through }))
            }
            _ => (order.watermark, place.cursor.read_progress),
        };
        // A part cut among the late events closes nothing: its window is empty and the watermark stays.
        let window = Window { from: order.watermark, to: end.max(order.watermark) };
        let part = Part {
            connector: place.connector.id.clone(),
            number: order.number,
            window,
            kind: PartKind::of(draft.events, draft.late),
            events: draft.events,
            late: draft.late,
            unreadable: draft.unreadable,
            first: draft.first,
            last: draft.last,
            encoding: place.connector.encoding,
            sha256: draft.encoded.sha256,
            size: draft.encoded.size,
            raw_sha256: draft.encoded.raw_sha256,
            raw_size: draft.encoded.raw_size,
            content: Content::Staged { data: draft.data, keys: draft.keys },
            sealed_at,
            sealed_by: self.worker.clone(),
            manifest: None,
            delivered_at: None,
        };
        self.seal_part(part, reading, reconcile, draft.cut.is_none(), now)
    }

    /// A complete read found nothing: the part consists of that statement.
    fn seal_heartbeat(&mut self, order: &BuildRequest, now: Time) -> Effect {
        let sealed_at = self.trusted_now(now);
        let Some(place) = self.snapshot.as_deref() else { return Effect::Snapshot };
        let Span::Window(read) = &order.span else {
            return self.invariant_violated("a heartbeat was due outside a window", now);
        };
        let window = Window { from: order.watermark, to: read.to };
        let connector = &place.connector;
        let expected = next_expected_by(window.to, sealed_at, connector.frequency);
        let heartbeat = Heartbeat::new(&connector.id, order.number, window, sealed_at, expected);
        let (bytes, encoded) = match heartbeat.file(connector.encoding) {
            Ok(file) => file,
            Err(error) => return self.invariant_violated(format!("writing a heartbeat: {error}"), now),
        };
        let part = Part {
            connector: connector.id.clone(),
            number: order.number,
            window,
            kind: PartKind::Heartbeat,
            events: 0,
            late: 0,
            unreadable: 0,
            first: None,
            last: None,
            encoding: connector.encoding,
            sha256: encoded.sha256,
            size: encoded.size,
            raw_sha256: encoded.raw_sha256,
            raw_size: encoded.raw_size,
            content: Content::Inline(base64::engine::general_purpose::STANDARD.encode(bytes)),
            sealed_at,
            sealed_by: self.worker.clone(),
            manifest: None,
            delivered_at: None,
        };
        self.seal_part(part, None, None, true, now)
    }

    /// `whole` is true if the span was read to its end.
    fn seal_part(
        &mut self,
        part: Part,
        reading: Option<ReadProgress>,
        reconcile: Option<Reconcile>,
        whole: bool,
        now: Time,
    ) -> Effect {
        let Some(place) = self.snapshot.as_deref() else { return Effect::Snapshot };
        let unblock = whole && self.read_blocked_since().is_some();
        let watermark_after = part.window.to;
        let watermark_before = place.cursor.watermark;
        let source = place.cursor.source.clone().or_else(|| self.source.clone().map(RememberedSource::first));
        self.attempts = 1;
        let seal = Seal {
            part,
            watermark_before,
            watermark_after,
            chain_state: None,
            read_progress: reading,
            reconcile,
            unblock,
            source,
        };
        self.sign(Box::new(seal), now)
    }

    pub(super) fn seal(&mut self, seal: Box<Seal>) -> Effect {
        self.phase = Phase::Sealing(seal.clone());
        Effect::Seal(seal)
    }

    pub(super) fn on_seal(&mut self, seal: Box<Seal>, answer: SealAnswer, now: Time) -> Effect {
        match answer {
            SealAnswer::Won => {
                // The sealed record is known, so a delivery that follows at once need not read it.
                self.last_sealed = Some(Box::new(seal.part.clone()));
                self.on_sealed(*seal, now)
            }
            // The refusal may answer the second try of a request whose first try succeeded.
            SealAnswer::Refused | SealAnswer::Unknown => {
                let number = seal.part.number;
                self.phase = Phase::CheckingSeal { seal, refused: answer == SealAnswer::Refused };
                Effect::ReadBack(number)
            }
        }
    }

    pub(super) fn on_seal_read_back(
        &mut self,
        seal: Box<Seal>,
        refused: bool,
        found: Option<Box<Part>>,
        now: Time,
        random: u64,
    ) -> Effect {
        match found {
            Some(part) if part.sealed_by == self.worker && part.sha256 == seal.part.sha256 => {
                // The stored record counts, whatever this worker has in memory.
                self.on_sealed(Seal { part: *part, ..*seal }, now)
            }
            // Another worker sealed this number, or moved the watermark: our bytes are orphans. Take a new
            // snapshot.
            Some(_) => self.lost_race(now),
            None if refused => self.lost_race(now),
            // No record exists: the lost request did nothing. The condition makes a retry safe.
            None if self.attempts < MAX_SEAL_ATTEMPTS => {
                let wait = REQUEST.delay(self.attempts, random);
                self.attempts += 1;
                self.summary.retries += 1;
                self.phase = Phase::WaitingToSeal(seal);
                Effect::Wait(wait)
            }
            None => self.release(
                Some(InternalError::new(
                    InternalErrorKind::Port,
                    "the sealing transaction was not answered, five times over",
                )),
                now,
            ),
        }
    }

    fn lost_race(&mut self, now: Time) -> Effect {
        self.summary.lost_races += 1;
        self.progressed = true;
        if self.summary.lost_races < MAX_LOST_RACES { self.take_snapshot() } else { self.release(None, now) }
    }

    fn on_sealed(&mut self, seal: Seal, now: Time) -> Effect {
        self.attempts = 0;
        self.progressed = true;
        self.summary.sealed += 1;
        self.summary.events += seal.part.events;
        self.summary.late += seal.part.late;
        self.summary.unreadable += seal.part.unreadable;
        self.summary.heartbeats += u64::from(seal.part.kind == PartKind::Heartbeat);
        if let Some(place) = self.snapshot.as_deref_mut() {
            place.cursor.next = seal.part.number.next();
            place.cursor.watermark = seal.watermark_after;
            place.cursor.source = seal.source;
            // The record read back may contain another worker's manifest. The record counts, whatever this
            // worker signed.
            let before = place.cursor.chain_state.as_ref();
            place.cursor.chain_state = seal
                .part
                .manifest
                .as_ref()
                .and_then(|pinned| ChainState::after(before, seal.part.number, pinned));
            place.cursor.read_progress = seal.read_progress;
            if let Some(reconcile) = seal.reconcile {
                place.cursor.reconcile = reconcile;
            }
            if seal.unblock {
                place.cursor.block = None;
            }
        }
        self.turn = Turn::Deliver;
        self.next(now)
    }

    /// An item of another tenant, so a bug of ours. Blocks this connector and publishes a notice; nothing was
    /// staged.
    fn tenant_mismatch(&mut self, detail: &str, now: Time, random: u64) -> Effect {
        let at = self.trusted_now(now);
        let fault = DeliveryError {
            stage: DeliveryStage::Read,
            kind: DeliveryErrorKind::TenantMismatch,
            code: "TenantMismatch".into(),
            message: detail.to_owned(),
        };
        let Some(place) = self.snapshot.as_deref() else { return Effect::Snapshot };
        let Some(destination) = &place.connector.destination else {
            return self.invariant_violated("an active connector has no destination", now);
        };
        let block = Block::new(&fault, destination, place.cursor.block.as_ref(), at, random);
        self.publish_block(block, Some(InternalError::new(InternalErrorKind::TenantMismatch, detail)))
    }
}
