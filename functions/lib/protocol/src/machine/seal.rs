//! The sealing half of a run: requests a part, decides once and for all what it is, and learns whether its
//! decision won.

use std::time::Duration;

use archive::frequency::next_expected_by;
use archive::generated_events::Heartbeat;
use archive::manifest::ChainState;
use archive::part::{Content, Part, PartKind, Window};
use archive::time::Time;
use base64::Engine as _;

use super::messages::{BuildRequest, Built, Effect, Exclude, Seal, SealAnswer, Span, StagedPart};
use super::outcome::{InternalError, InternalErrorKind};
use super::run::{Phase, Run, Turn};
use crate::backoff::REQUEST;
use crate::cursor::{ReadProgress, Reconcile, Slice};
use crate::delivery_error::{Block, DeliveryError, DeliveryErrorKind, DeliveryStage};
use crate::events_source::RememberedSource;

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
        let Some(snapshot) = self.snapshot.as_deref() else { return Effect::Snapshot };
        let cursor = &snapshot.cursor;
        let read =
            cursor.read_progress.filter(|progress| progress.to == window.to).map(|progress| progress.through);
        let look_back = cursor.reads_from().max(window.from - self.timing.look_back).min(window.from);
        let from = read.unwrap_or(look_back);
        self.build(Span::Window(Window { from, to: window.to }), Some(from), None)
    }

    /// Reads a slice of the past again.
    pub(super) fn build_slice(&mut self, slice: Slice) -> Effect {
        let Some(snapshot) = self.snapshot.as_deref() else { return Effect::Snapshot };
        let (span, reaching) = match slice {
            Slice::Span(window) => (Span::Window(window), Some(window.from)),
            Slice::OutOfOrderKeys => {
                let cursor = &snapshot.cursor;
                let until = cursor.watermark + OUT_OF_ORDER_AFTER;
                (Span::OutOfOrderKeys { since: cursor.since, until }, None)
            }
        };
        self.build(span, reaching, Some(slice))
    }

    fn build(&mut self, span: Span, reaching: Option<Time>, slice: Option<Slice>) -> Effect {
        let Some(snapshot) = self.snapshot.as_deref() else { return Effect::Snapshot };
        // An out-of-order key has some position in the sort order, and a window may reach it one day.
        let exclude = Exclude { reaching, out_of_order_in: snapshot.cursor.reconcile.out_of_order_in };
        let (number, watermark) = (snapshot.cursor.next, snapshot.cursor.watermark);
        let request = BuildRequest { number, span, watermark, exclude, stop_at: self.limits.stop_reading };
        self.phase = Phase::Building(Box::new(request.clone()), slice);
        Effect::Build(Box::new(request))
    }

    pub(super) fn on_built(
        &mut self,
        request: &BuildRequest,
        slice: Option<Slice>,
        built: Built,
        now: Time,
        random: u64,
    ) -> Effect {
        match (built, slice) {
            (Built::OutOfTime { through }, slice) => self.record_progress(request, slice, through, now),
            (Built::TenantMismatch { detail }, _) => self.tenant_mismatch(&detail, now, random),
            (Built::Nothing, None) => self.seal_heartbeat(request, now),
            (Built::Nothing, Some(slice)) => self.record_slice(slice, now),
            (Built::Staged(staged), slice) => self.seal_staged(request, slice, staged, now),
        }
    }

    fn seal_staged(
        &mut self,
        request: &BuildRequest,
        slice: Option<Slice>,
        staged: StagedPart,
        now: Time,
    ) -> Effect {
        let sealed_at = self.trusted_now(now);
        let Some(snapshot) = self.snapshot.as_deref() else { return Effect::Snapshot };
        let reconcile = slice.map(|slice| {
            let before = &snapshot.cursor.reconcile;
            match (slice, staged.cut) {
                (Slice::Span(window), cut) => before.read_through(cut.unwrap_or(window.to)),
                // Read to the end: the pass is complete. Cut: the same slice continues, without these keys.
                (Slice::OutOfOrderKeys, None) => {
                    before.read_out_of_order_keys(Some(request.number), sealed_at)
                }
                (Slice::OutOfOrderKeys, Some(_)) => {
                    Reconcile { out_of_order_in: Some(request.number), ..before.clone() }
                }
            }
        });
        let (end, read_progress) = match (&request.span, slice) {
            (Span::Window(Window { to, .. }), None) => {
                (staged.cut.unwrap_or(*to), staged.cut.map(|through| ReadProgress { to: *to, through }))
            }
            _ => (request.watermark, snapshot.cursor.read_progress),
        };
        // A part cut among the late events closes nothing: its window is empty and the watermark stays.
        let window = Window { from: request.watermark, to: end.max(request.watermark) };
        let part = Part {
            connector: snapshot.connector.id.clone(),
            number: request.number,
            window,
            kind: PartKind::of(staged.events, staged.late),
            events: staged.events,
            late: staged.late,
            unreadable: staged.unreadable,
            first: staged.first,
            last: staged.last,
            encoding: snapshot.connector.encoding,
            sha256: staged.encoded.sha256,
            size: staged.encoded.size,
            raw_sha256: staged.encoded.raw_sha256,
            raw_size: staged.encoded.raw_size,
            content: Content::Staged { data: staged.data, keys: staged.keys },
            sealed_at,
            sealed_by: self.worker.clone(),
            manifest: None,
            delivered_at: None,
        };
        self.seal_part(part, read_progress, reconcile, staged.cut.is_none(), now)
    }

    /// A complete read found nothing: the part consists of that statement.
    fn seal_heartbeat(&mut self, request: &BuildRequest, now: Time) -> Effect {
        let sealed_at = self.trusted_now(now);
        let Some(snapshot) = self.snapshot.as_deref() else { return Effect::Snapshot };
        let Span::Window(read) = &request.span else {
            return self.invariant_violated("a heartbeat was due outside a window", now);
        };
        let window = Window { from: request.watermark, to: read.to };
        let connector = &snapshot.connector;
        let expected = next_expected_by(window.to, sealed_at, connector.frequency);
        let heartbeat = Heartbeat::new(&connector.id, request.number, window, sealed_at, expected);
        let (bytes, encoded) = match heartbeat.file(connector.encoding) {
            Ok(file) => file,
            Err(error) => return self.invariant_violated(format!("writing a heartbeat: {error}"), now),
        };
        let part = Part {
            connector: connector.id.clone(),
            number: request.number,
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

    /// `read_to_end`: whether the span was read to its end.
    fn seal_part(
        &mut self,
        part: Part,
        read_progress: Option<ReadProgress>,
        reconcile: Option<Reconcile>,
        read_to_end: bool,
        now: Time,
    ) -> Effect {
        let Some(snapshot) = self.snapshot.as_deref() else { return Effect::Snapshot };
        let unblock = read_to_end && self.read_blocked_since().is_some();
        let watermark_after = part.window.to;
        let watermark_before = snapshot.cursor.watermark;
        let source =
            snapshot.cursor.source.clone().or_else(|| self.source.clone().map(RememberedSource::first));
        self.attempts = 1;
        let seal = Seal {
            part,
            watermark_before,
            watermark_after,
            chain_state: None,
            read_progress,
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
                    "no reply to the sealing transaction after 5 attempts",
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
        if let Some(snapshot) = self.snapshot.as_deref_mut() {
            snapshot.cursor.next = seal.part.number.next();
            snapshot.cursor.watermark = seal.watermark_after;
            snapshot.cursor.source = seal.source;
            // The record read back may contain another worker's manifest. The record counts, whatever this
            // worker signed.
            let before = snapshot.cursor.chain_state.as_ref();
            snapshot.cursor.chain_state = seal
                .part
                .manifest
                .as_ref()
                .and_then(|manifest| ChainState::after(before, seal.part.number, manifest));
            snapshot.cursor.read_progress = seal.read_progress;
            if let Some(reconcile) = seal.reconcile {
                snapshot.cursor.reconcile = reconcile;
            }
            if seal.unblock {
                snapshot.cursor.block = None;
            }
        }
        self.turn = Turn::Deliver;
        self.next(now)
    }

    /// An item of another tenant, so a bug of ours. Blocks this connector and publishes a notice; nothing was
    /// staged.
    fn tenant_mismatch(&mut self, detail: &str, now: Time, random: u64) -> Effect {
        let at = self.trusted_now(now);
        let error = DeliveryError {
            stage: DeliveryStage::Read,
            kind: DeliveryErrorKind::TenantMismatch,
            code: "TenantMismatch".into(),
            message: detail.to_owned(),
        };
        let Some(snapshot) = self.snapshot.as_deref() else { return Effect::Snapshot };
        let Some(destination) = &snapshot.connector.destination else {
            return self.invariant_violated("an active connector has no destination", now);
        };
        let block =
            Block::new(&error, destination.diagnose(&error), snapshot.cursor.block.as_ref(), at, random);
        self.publish_block(block, Some(InternalError::new(InternalErrorKind::TenantMismatch, detail)))
    }
}
