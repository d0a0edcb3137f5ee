//! A scripted run: a test answers each effect, and an unexpected effect fails it.

use std::time::Duration;

use archive::encode::Encoded;
use archive::part::{Content, Part, PartNumber};
use archive::sha256::Sha256;
use archive::time::Time;
use ports::Rng as _;
use protocol::connector::Connector;
use protocol::cursor::Cursor;
use protocol::delivery_error::{Block, DeliveryError, DeliveryErrorKind, DeliveryStage};
use protocol::machine::{
    Answer, BuildRequest, Built, Effect, Input, InternalError, InternalErrorKind, LeaseAnswer, Limits, Mark,
    Outcome, PutAnswer, Release, Run, Seal, SealAnswer, SignRequest, Snapshot, StagedPart, Step, Summary,
    step,
};
use protocol::notice::Notice;
use tests::fakes::SeededRng;
use tests::fixtures::{self, TIMING, activated, at, connector, tenant};

/// A run whose effects a test answers.
pub(crate) struct RunHarness {
    step: Step,
    random: SeededRng,
    pub(crate) now: Time,
    /// The release that the last mark included.
    released_by_mark: Option<Release>,
}

/// A connector whose first window, 20:15:30.123 to 21:00, is due at [`now`].
pub(crate) fn snapshot() -> Snapshot {
    let draft = connector(&tenant("acme"), at("2026-11-20T20:00:00Z"));
    let (connector, cursor) = activated(draft, at("2026-11-20T20:15:30.123Z"));
    Snapshot { connector, cursor, server_time: None }
}

/// The same snapshot with `parts` sealed and none delivered; no window is due.
pub(crate) fn snapshot_with_parts(parts: u64) -> Snapshot {
    let mut snapshot = snapshot();
    snapshot.cursor.next = PartNumber::new(parts + 1);
    snapshot.cursor.watermark = at("2026-11-20T21:00:00Z");
    snapshot
}

/// The start of the scripted runs.
pub(crate) fn now() -> Time {
    at("2026-11-20T21:05:30Z")
}

/// The record of a sealed part.
pub(crate) fn sealed(connector: &Connector, number: u64) -> Part {
    let window = archive::part::Window { from: at("2026-11-20T20:00:00Z"), to: at("2026-11-20T21:00:00Z") };
    fixtures::part(connector, PartNumber::new(number), window, &fixtures::worker())
}

/// A staged part of three events.
pub(crate) fn draft() -> StagedPart {
    let encoded =
        Encoded { sha256: Sha256::new([1; 32]), size: 99, raw_sha256: Sha256::new([1; 32]), raw_size: 99 };
    StagedPart {
        cut: None,
        events: 3,
        late: 0,
        unreadable: 0,
        first_unreadable: None,
        first: Some(at("2026-11-20T20:16:00Z")),
        last: Some(at("2026-11-20T20:17:00Z")),
        encoded,
        data: "data".into(),
        keys: "keys".into(),
    }
}

/// A delivery error: the customer's side refuses.
pub(crate) fn delivery_error(stage: DeliveryStage, kind: DeliveryErrorKind, code: &str) -> DeliveryError {
    DeliveryError { stage, kind, code: code.into(), message: "as the platform says".into() }
}

/// An internal error: the vendor's own side fails.
pub(crate) fn port_error() -> InternalError {
    InternalError::new(InternalErrorKind::Port, "a test made it fail")
}

/// Returns the expected effect's value, or fails.
macro_rules! expect {
    ($self:ident, $pattern:pat => $value:expr) => {
        match $self.effect().clone() {
            $pattern => $value,
            other => panic!("expected {}, got {other:?}", stringify!($pattern)),
        }
    };
}

impl RunHarness {
    /// A run that has 15 minutes, the lease and this snapshot.
    pub(crate) fn with_snapshot(snapshot: &Snapshot) -> Self {
        let mut run = Self::start(now());
        run.expect_lease(LeaseAnswer::Granted);
        run.expect_snapshot(Some(snapshot.clone()));
        run
    }

    /// A run that has just begun.
    pub(crate) fn start(now: Time) -> Self {
        let limits = Limits::between(now, now + Duration::from_secs(900));
        let vendor = "vendor.example".parse().unwrap();
        let run = Run::new(fixtures::worker(), vendor, TIMING, limits);
        let random = SeededRng::new(7);
        let input = Input { now, random: random.next_u64(), answer: Answer::Start };
        Self { step: step(run, input), random, now, released_by_mark: None }
    }

    pub(crate) fn answer(&mut self, answer: Answer) {
        let input = Input { now: self.now, random: self.random.next_u64(), answer };
        let Step::Do(run, _) = &self.step else { panic!("the run is over: {:?}", self.step) };
        self.step = step(run.clone(), input);
    }

    /// The vendor's own side fails, whatever the effect was.
    pub(crate) fn fail(&mut self) {
        self.answer(Answer::Failed(port_error()));
    }

    pub(crate) fn effect(&self) -> &Effect {
        match &self.step {
            Step::Do(_, effect) => effect,
            Step::Done(outcome) => panic!("the run is over: {outcome:?}"),
        }
    }

    /// How the run ended; `None` if it waits for the answer to an effect.
    pub(crate) fn outcome(&self) -> Option<&Outcome> {
        match &self.step {
            Step::Do(..) => None,
            Step::Done(outcome) => Some(outcome),
        }
    }

    pub(crate) fn summary(&self) -> &Summary {
        match &self.step {
            Step::Do(run, _) => run.summary(),
            Step::Done(Outcome::Completed(summary) | Outcome::Failed { summary, .. }) => summary,
            Step::Done(outcome) => panic!("a run without a summary: {outcome:?}"),
        }
    }

    pub(crate) fn expect_lease(&mut self, answer: LeaseAnswer) -> Time {
        let until = expect!(self, Effect::Lease { until } => until);
        self.answer(Answer::Leased(answer));
        until
    }

    pub(crate) fn expect_snapshot(&mut self, snapshot: Option<Snapshot>) {
        expect!(self, Effect::Snapshot => ());
        self.answer(Answer::Snapshot(snapshot.map(Box::new)));
    }

    /// Expects a build, and if it results in a part, its signature.
    pub(crate) fn expect_build(&mut self, built: Built) -> BuildRequest {
        let request = self.expect_build_only(built);
        if matches!(self.step, Step::Do(_, Effect::Sign(_))) {
            self.expect_sign();
        }
        request
    }

    pub(crate) fn expect_build_only(&mut self, built: Built) -> BuildRequest {
        let request = expect!(self, Effect::Build(_, request) => *request);
        self.answer(Answer::Built(Box::new(built)));
        request
    }

    pub(crate) fn expect_sign(&mut self) -> SignRequest {
        let request = expect!(self, Effect::Sign(request) => *request);
        self.answer(Answer::Signed(Box::new(fixtures::signed_manifest(request.text.clone()))));
        request
    }

    pub(crate) fn expect_staged(&mut self) -> BuildRequest {
        self.expect_build(Built::Staged(draft()))
    }

    pub(crate) fn expect_seal(&mut self, answer: SealAnswer) -> Seal {
        let seal = expect!(self, Effect::Seal(seal) => *seal);
        self.answer(Answer::Sealed(answer));
        seal
    }

    pub(crate) fn expect_read_back(&mut self, found: Option<&Part>) -> PartNumber {
        let number = expect!(self, Effect::ReadBack(number) => number);
        self.answer(Answer::Part(found.cloned().map(Box::new)));
        number
    }

    pub(crate) fn expect_open(&mut self, answer: Result<(), DeliveryError>) -> PartNumber {
        let number = expect!(self, Effect::Open(_, number) => number);
        self.answer(Answer::Opened(answer));
        number
    }

    pub(crate) fn expect_load(&mut self, part: &Part) {
        let number = expect!(self, Effect::Load(number) => number);
        assert_eq!(number, part.number);
        self.answer(Answer::Part(Some(Box::new(part.clone()))));
    }

    /// Expects the put of a part's bytes, and then of its keys and manifest.
    pub(crate) fn expect_put(&mut self, answer: Result<PutAnswer, DeliveryError>) -> Part {
        let part = self.expect_put_only(answer);
        if matches!(self.step, Step::Do(_, Effect::PutKeys(..))) {
            self.expect_put_keys(Ok(PutAnswer::Written));
        }
        if matches!(self.step, Step::Do(_, Effect::PutManifest(..))) {
            self.expect_put_manifest(Ok(PutAnswer::Written));
        }
        part
    }

    pub(crate) fn expect_put_only(&mut self, answer: Result<PutAnswer, DeliveryError>) -> Part {
        let part = expect!(self, Effect::Put(delivery) => *delivery.part);
        self.answer(Answer::Put(answer));
        part
    }

    pub(crate) fn expect_put_keys(&mut self, answer: Result<PutAnswer, DeliveryError>) -> Part {
        let part = expect!(self, Effect::PutKeys(delivery, _) => *delivery.part);
        self.answer(Answer::Put(answer));
        part
    }

    pub(crate) fn expect_put_manifest(&mut self, answer: Result<PutAnswer, DeliveryError>) -> Part {
        let part = expect!(self, Effect::PutManifest(delivery, _) => *delivery.part);
        self.answer(Answer::Put(answer));
        part
    }

    /// Expects a wait, and advances the worker's clock by it.
    pub(crate) fn expect_wait(&mut self) -> Duration {
        let wait = expect!(self, Effect::Wait(wait) => wait);
        self.now = self.now + wait;
        self.answer(Answer::Done);
        wait
    }

    pub(crate) fn expect_announce(&mut self) -> Notice {
        let notice = expect!(self, Effect::Publish(notice) => *notice);
        self.answer(Answer::Done);
        notice
    }

    /// Expects the mark of a part. The run's last mark includes the release, which the next expected release
    /// returns.
    pub(crate) fn expect_mark(&mut self) -> Mark {
        let (mark, release) = match self.effect().clone() {
            Effect::Mark(mark) => (mark, None),
            Effect::MarkLast(mark, release) => (mark, Some(release)),
            other => panic!("expected a mark, got {other:?}"),
        };
        self.released_by_mark = release;
        self.answer(Answer::Done);
        *mark
    }

    pub(crate) fn expect_block(&mut self) -> Block {
        let block = expect!(self, Effect::Block(block) => *block);
        self.answer(Answer::Done);
        block
    }

    pub(crate) fn expect_release(&mut self) -> Release {
        if let Some(release) = self.released_by_mark.take() {
            return release;
        }
        let release = expect!(self, Effect::Release(release) => release);
        self.answer(Answer::Done);
        release
    }

    /// Expects the whole delivery of a part, without errors. A run that has just sealed the part does not
    /// load it.
    pub(crate) fn expect_delivery(&mut self, part: &Part) {
        if matches!(self.step, Step::Do(_, Effect::Open(..))) {
            self.expect_open(Ok(()));
        }
        if matches!(self.step, Step::Do(_, Effect::Load(_))) {
            self.expect_load(part);
        }
        let put = self.expect_put(Ok(PutAnswer::Written));
        assert_eq!(put, *part);
        self.expect_announce();
        self.expect_mark();
    }

    /// Expects the end of a successful run.
    pub(crate) fn expect_completed(&self) -> Summary {
        match &self.step {
            Step::Done(Outcome::Completed(summary)) => summary.clone(),
            other => panic!("expected the end of a successful run, got {other:?}"),
        }
    }

    /// Expects the end of a failed run.
    pub(crate) fn expect_failed(&self) -> InternalErrorKind {
        match &self.step {
            Step::Done(Outcome::Failed { error, .. }) => error.kind,
            other => panic!("expected the end of a failed run, got {other:?}"),
        }
    }
}

/// When the snapshot's connector runs next, once it is sealed up to `watermark`.
pub(crate) fn next_run(snapshot: &Snapshot, watermark: Time) -> Time {
    snapshot.connector.window_schedule().unwrap().due(watermark, None, TIMING.settle)
}

/// Whether a part has its bytes in its record.
pub(crate) fn is_inline(part: &Part) -> bool {
    matches!(part.content, Content::Inline(_))
}

/// The same snapshot with a changed cursor, as another run reads it.
pub(crate) fn with_cursor(snapshot: &Snapshot, change: impl FnOnce(&mut Cursor)) -> Snapshot {
    let mut snapshot = snapshot.clone();
    change(&mut snapshot.cursor);
    snapshot
}
