//! Reading: which keys a part is built from, and what follows from what was found.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use archive::encode::Encoded;
use archive::frequency::next_expected_by;
use archive::generated_events::Heartbeat;
use archive::part::{Content, Part, PartKind, Window};
use archive::time::Time;
use base64::Engine as _;

use super::messages::{BuildRequest, Built, Effect, Exclude, Seal, Span, StagedPart};
use super::outcome::{InternalError, InternalErrorKind};
use super::state::{Active, Context, Flow, Readable, Sealing};
use crate::cursor::{ReadProgress, Reconcile, Slice};
use crate::delivery_error::{DeliveryError, DeliveryErrorKind, DeliveryStage};

/// Unparsable keys that sort further ahead of the watermark than this are out of order; nearer ones are left
/// to the windows.
const OUT_OF_ORDER_AFTER: Duration = Duration::from_hours(24);

impl<B: Clone + Debug> Active<B> {
    /// Reads a window or a slice of the past, and stages what is new in it.
    pub(super) fn build(&mut self, what: Readable, context: Context<'_>) -> Flow<B> {
        let cursor = &self.cursor;
        let (span, reaching) = match what {
            Readable::Window(window) => {
                let from = self.read_from(window, context);
                (Span::Window(Window { from, to: window.to }), Some(from))
            }
            Readable::Slice(Slice::Span(window)) => (Span::Window(window), Some(window.from)),
            Readable::Slice(Slice::OutOfOrderKeys) => {
                let until = cursor.watermark + OUT_OF_ORDER_AFTER;
                (Span::OutOfOrderKeys { since: cursor.since, until }, None)
            }
        };
        // An out-of-order key has some position in the sort order, and a window may reach it one day.
        let exclude = Exclude { reaching, out_of_order_in: cursor.reconcile.out_of_order_in };
        self.progress.sealing.build = self.progress.sealing.build.next();
        let request = BuildRequest {
            number: cursor.next,
            span,
            watermark: cursor.watermark,
            exclude,
            stop_at: context.settings.limits.stop_reading,
            build: self.progress.sealing.build,
        };
        let effect = Effect::Build(Arc::clone(&self.connector), Box::new(request));
        Flow::seal(Sealing::Building(what), effect)
    }

    /// Looks back behind a window for late events, or continues an earlier read of it.
    fn read_from(&self, window: Window, context: Context<'_>) -> Time {
        let cursor = &self.cursor;
        let read = cursor.read_progress.filter(|progress| progress.to == window.to);
        let look_back = window.from - context.settings.timing.look_back;
        read.map_or(cursor.reads_from().max(look_back).min(window.from), |progress| progress.through)
    }

    pub(super) fn on_built(&mut self, what: Readable, built: Built, context: Context<'_>) -> Flow<B> {
        match (built, what) {
            (Built::OutOfTime { through }, what) => self.record_progress(what, through, context),
            (Built::TenantMismatch { detail }, _) => self.tenant_mismatch(&detail, context),
            (Built::Nothing, Readable::Window(window)) => self.seal_heartbeat(window, context),
            (Built::Nothing, Readable::Slice(slice)) => self.record_slice(slice, context),
            (Built::Staged(staged), what) => self.seal_staged(what, staged, context),
        }
    }

    fn seal_staged(&mut self, what: Readable, staged: StagedPart, context: Context<'_>) -> Flow<B> {
        let (cursor, cut) = (&self.cursor, staged.cut);
        let sealed_at = self.trusted_now(context);
        let (end, read_progress, reconcile) = match what {
            Readable::Window(Window { to, .. }) => {
                (cut.unwrap_or(to), cut.map(|through| ReadProgress { to, through }), None)
            }
            Readable::Slice(slice) => {
                let reconcile = self.after_part_of(slice, cut, sealed_at);
                (cursor.watermark, cursor.read_progress, Some(reconcile))
            }
        };
        // A part cut among the late events closes nothing: its window is empty and the watermark stays.
        let window = Window { from: cursor.watermark, to: end.max(cursor.watermark) };
        let stored = Content::Staged { data: staged.data, keys: staged.keys };
        let part = Part {
            kind: PartKind::of(staged.events, staged.late),
            events: staged.events,
            late: staged.late,
            unreadable: staged.unreadable,
            first: staged.first,
            last: staged.last,
            ..self.part(window, staged.encoded, stored, sealed_at, context)
        };
        let seal = Seal { read_progress, reconcile, ..self.seal_of(part, cut.is_none(), context) };
        self.sign(Box::new(seal), context)
    }

    /// The reconcile's state after a part with what was found in this slice, up to the cut.
    fn after_part_of(&self, slice: Slice, cut: Option<Time>, sealed_at: Time) -> Reconcile {
        let (before, number) = (&self.cursor.reconcile, self.cursor.next);
        match (slice, cut) {
            (Slice::Span(window), cut) => before.read_through(cut.unwrap_or(window.to)),
            // Read to the end: the pass is complete. Cut: the same slice continues, without these keys.
            (Slice::OutOfOrderKeys, None) => before.read_out_of_order_keys(Some(number), sealed_at),
            (Slice::OutOfOrderKeys, Some(_)) => Reconcile { out_of_order_in: Some(number), ..before.clone() },
        }
    }

    /// A complete read found nothing: the part consists of that statement.
    fn seal_heartbeat(&mut self, read: Window, context: Context<'_>) -> Flow<B> {
        let (connector, cursor) = (&self.connector, &self.cursor);
        let sealed_at = self.trusted_now(context);
        let window = Window { from: cursor.watermark, to: read.to };
        let expected = next_expected_by(window.to, sealed_at, connector.frequency);
        let heartbeat = Heartbeat::new(&connector.id, cursor.next, window, sealed_at, expected);
        let (bytes, encoded) = match heartbeat.file(connector.encoding) {
            Ok(file) => file,
            Err(error) => return Flow::invariant_violated(format!("writing a heartbeat: {error}")),
        };
        let stored = Content::Inline(base64::engine::general_purpose::STANDARD.encode(bytes));
        let part = self.part(window, encoded, stored, sealed_at, context);
        let seal = self.seal_of(part, true, context);
        self.sign(Box::new(seal), context)
    }

    /// The next part, without events.
    fn part(
        &self,
        window: Window,
        encoded: Encoded,
        stored: Content,
        sealed_at: Time,
        context: Context<'_>,
    ) -> Part {
        Part {
            connector: self.connector.id.clone(),
            number: self.cursor.next,
            window,
            kind: PartKind::Heartbeat,
            events: 0,
            late: 0,
            unreadable: 0,
            first: None,
            last: None,
            encoding: self.connector.encoding,
            sha256: encoded.sha256,
            size: encoded.size,
            raw_sha256: encoded.raw_sha256,
            raw_size: encoded.raw_size,
            content: stored,
            sealed_at,
            sealed_by: context.settings.worker.clone(),
            manifest: None,
            delivered_at: None,
        }
    }

    /// An item of another tenant, so a bug of ours. Blocks this connector and publishes a notice; nothing was
    /// staged.
    fn tenant_mismatch(&mut self, detail: &str, context: Context<'_>) -> Flow<B> {
        let error = DeliveryError {
            stage: DeliveryStage::Read,
            kind: DeliveryErrorKind::TenantMismatch,
            code: "TenantMismatch".into(),
            message: detail.to_owned(),
        };
        let internal_error = InternalError::new(InternalErrorKind::TenantMismatch, detail);
        self.block(&error, Some(internal_error), context)
    }
}
