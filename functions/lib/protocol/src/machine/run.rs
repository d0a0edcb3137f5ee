//! A run, and the table of its answers: which state takes which answer, and what handles it.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use archive::names::WorkerId;
use archive::note::VendorDomain;

use super::limits::{Limits, Timing};
use super::messages::{Answer, Input, Step};
use super::outcome::{InternalError, InternalErrorKind, Outcome, Summary};
use super::start;
use super::state::{
    Active, Blocking, Context, Delivering, Ending, Flow, Next, Phase, Sealing, Settings, State,
};
use crate::events_source::EventsSource;

/// One run of one worker over one connector, until it is over.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Run<B = ()> {
    settings: Arc<Settings>,
    state: State<B>,
}

/// Returns what follows an input: the next state and effect of the run, or its outcome.
#[must_use]
pub fn step<B: Clone + Debug>(run: Run<B>, input: Input<B>) -> Step<B> {
    let Run { settings, state } = run;
    let Input { now, random, answer } = input;
    match state.on_answer(answer, Context { settings: &settings, now, random }) {
        Next::Do(state, effect) => Step::Do(Run { settings, state }, effect),
        Next::Done(outcome) => Step::Done(outcome),
    }
}

impl<B> Run<B> {
    /// A run that has not begun.
    #[must_use]
    pub fn new(worker: WorkerId, vendor: VendorDomain, timing: Timing, limits: Limits) -> Self {
        let settings = Settings { worker, vendor, timing, limits, source: None, retention: None };
        Self { settings: Arc::new(settings), state: State::Starting(Box::default()) }
    }

    /// Sets how long the source keeps an event; `None` means forever. Only used in notices; no decision
    /// depends on it.
    #[must_use]
    pub fn with_retention(mut self, retention: Option<Duration>) -> Self {
        Arc::make_mut(&mut self.settings).retention = retention;
        self
    }

    /// Sets the source that this worker reads. A connector that remembers another source is not sealed. If
    /// the source could not be identified, no connector is sealed. What is sealed already is delivered.
    #[must_use]
    pub fn with_source(mut self, source: Result<EventsSource, InternalError>) -> Self {
        Arc::make_mut(&mut self.settings).source = Some(source);
        self
    }

    /// What was done so far.
    #[must_use]
    pub const fn summary(&self) -> &Summary {
        self.state.summary()
    }
}

impl<B: Clone + Debug> State<B> {
    fn on_answer(self, answer: Answer<B>, context: Context<'_>) -> Next<B> {
        match (self, answer) {
            (state, Answer::Failed(error)) => state.on_internal_error(error, context),
            (Self::Starting(progress), Answer::Start) => start::lease(progress, context),
            (Self::Leasing(progress), Answer::Leased(answer)) => start::on_lease(progress, answer),
            (Self::ReadingSnapshot(progress), Answer::Snapshot(snapshot)) => {
                start::on_snapshot(*progress, snapshot, context)
            }
            (
                Self::Active(_, Phase::Delivering(Delivering::MarkingLast(ending))) | Self::Releasing(ending),
                Answer::Done,
            ) => Next::Done(ending.outcome()),
            (Self::Active(run, phase), answer) => run.on_answer(phase, answer, context),
            (state, answer) => state.unexpected(&answer),
        }
    }

    /// The vendor's side failed, not the customer's.
    fn on_internal_error(self, error: InternalError, context: Context<'_>) -> Next<B> {
        use Blocking as B;
        use Delivering as D;
        use Phase as P;
        use Sealing as S;
        match self {
            // Without the ledger nothing can be released: the lease expires.
            Self::Starting(progress) | Self::Leasing(progress) | Self::ReadingSnapshot(progress) => {
                Next::Done(Outcome::Failed { error, summary: progress.summary })
            }
            // A bus that does not answer must not keep the files from the customer: go on, and count the
            // notice as unpublished.
            Self::Active(
                mut run,
                phase @ (P::Sealing(S::PublishingRecovery(_))
                | P::Delivering(D::PublishingRecovery(_) | D::PublishingDelivered(_))
                | P::Blocking(B::Publishing(..))),
            ) => {
                run.progress.summary.unpublished_notices += 1;
                run.on_answer(phase, Answer::Done, context)
            }
            // Nothing is sealed unsigned. What is sealed already is signed, and is delivered.
            Self::Active(mut run, P::Sealing(S::Signing(_))) => {
                let flow = run.signing_failed(error);
                run.follow(flow, context)
            }
            Self::Active(run, _) => run.follow(Flow::End(Some(error)), context),
            Self::Releasing(ending) => {
                let Ending { error: earlier, summary } = *ending;
                Next::Done(Outcome::Failed { error: earlier.unwrap_or(error), summary })
            }
        }
    }

    /// The driver answered something else than the effect asks for: a bug of ours.
    fn unexpected(self, answer: &Answer<B>) -> Next<B> {
        let detail = format!("unexpected answer {answer:?} in state {self:?}");
        let error = InternalError::new(InternalErrorKind::InvariantViolated, detail);
        Next::Done(Outcome::Failed { error, summary: self.summary().clone() })
    }
}

impl<B: Clone + Debug> Active<B> {
    fn on_answer(mut self: Box<Self>, phase: Phase<B>, answer: Answer<B>, context: Context<'_>) -> Next<B> {
        use Blocking as B;
        use Delivering as D;
        use Phase as P;
        use Sealing as S;
        let flow = match (phase, answer) {
            (P::Sealing(S::Building(what)), Answer::Built(built)) => self.on_built(what, *built, context),
            (P::Sealing(S::Signing(seal)), Answer::Signed(text)) => self.on_signed(seal, *text, context),
            (P::Sealing(S::PublishingRecovery(read)), Answer::Done) => Self::record_now(read),
            (P::Sealing(S::Deciding(seal)), Answer::Sealed(answer)) => self.on_seal(seal, answer),
            (P::Sealing(S::ReadingBack { seal, refused }), Answer::Part(found)) => {
                self.on_seal_read_back(seal, refused, found, context)
            }
            (P::Sealing(S::WaitingToRetry(seal)), Answer::Done) => Self::seal(seal),
            (P::Sealing(S::RecordingReconcile(update)), Answer::Done) => self.on_reconcile_recorded(*update),
            (P::Sealing(S::RecordingProgress(progress)), Answer::Done) => self.on_progress_recorded(progress),

            (P::Delivering(D::Opening(number)), Answer::Opened(answer)) => {
                self.on_opened(number, answer, context)
            }
            (P::Delivering(D::Loading(number, bucket)), Answer::Part(part)) => {
                self.on_loaded(number, bucket, part, context)
            }
            (P::Delivering(D::Putting(delivery, object)), Answer::Put(answer)) => {
                self.on_put(delivery, object, answer, context)
            }
            (P::Delivering(D::WaitingToRetry(from)), Answer::Done) => self.retry_delivery(from, context),
            (P::Delivering(D::PublishingRecovery(delivery)), Answer::Done) => {
                self.publish_delivered(delivery)
            }
            (P::Delivering(D::PublishingDelivered(delivery)), Answer::Done) => self.mark(delivery, context),
            (P::Delivering(D::Marking(cursor)), Answer::Done) => self.on_marked(*cursor),

            (P::Blocking(B::Publishing(block, error)), Answer::Done) => self.record_block(block, error),
            (P::Blocking(B::Recording(None)), Answer::Done) => Flow::Next,
            (P::Blocking(B::Recording(error)), Answer::Done) => Flow::End(error),

            (phase, answer) => return State::Active(self, phase).unexpected(&answer),
        };
        self.follow(flow, context)
    }
}
