//! Executes the effects of one run, one port call each. An effect carries all that its execution needs, so
//! the driver remembers nothing between two of them.

mod delivery;

use archive::names::{ConnectorId, WorkerId};
use archive::part::{Content, Part, PartLimits, PartNumber};
use ports::PortError;
use protocol::connector::Connector;
use protocol::machine::{Answer, BuildRequest, Effect, Mark, Release, SignRequest};
use protocol::notice::Notice;

use crate::context::Ports;
use crate::failure::Failure;
use crate::part_builder::{Task, build};

pub(crate) use delivery::OpenBucket;

/// The answer to an effect, or why it could not be executed.
type Executed = Result<Answer<OpenBucket>, Failure>;

/// The driver of one run of one worker over one connector.
#[derive(Debug)]
pub(crate) struct Driver<'a> {
    pub(crate) ports: &'a Ports,
    pub(crate) part_limits: PartLimits,
    pub(crate) id: &'a ConnectorId,
    pub(crate) worker: &'a WorkerId,
}

impl Driver<'_> {
    /// Executes an effect and returns its answer. An internal error is an answer too.
    pub(crate) async fn execute(&self, effect: &Effect<OpenBucket>) -> Answer<OpenBucket> {
        self.try_execute(effect).await.unwrap_or_else(|Failure(error)| Answer::Failed(error))
    }

    async fn try_execute(&self, effect: &Effect<OpenBucket>) -> Executed {
        let Ports { runs, staging, customers, clock, .. } = self.ports;
        let id = self.id;
        match effect {
            Effect::Lease { until } => {
                Ok(Answer::Leased(runs.lease(id, self.worker, clock.now(), *until).await?))
            }
            Effect::Snapshot => Ok(Answer::Snapshot(runs.snapshot(id).await?.map(Box::new))),
            Effect::Build(connector, request) => self.build(connector, request).await,
            Effect::Sign(request) => self.sign(request).await,
            Effect::Seal(seal) => Ok(Answer::Sealed(runs.seal(seal).await?)),
            Effect::ReadBack(number) | Effect::Load(number) => self.part(*number).await,
            Effect::Open(connector, number) => {
                Ok(Answer::Opened(delivery::open(&**customers, connector, *number).await))
            }
            Effect::Put(delivery) => delivery::put(&**staging, delivery).await,
            Effect::PutKeys(delivery, manifest) => Ok(delivery::put_keys(delivery, manifest).await),
            Effect::PutManifest(delivery, manifest) => Ok(delivery::put_manifest(delivery, manifest).await),
            Effect::Wait(span) => {
                clock.sleep(*span).await;
                Ok(Answer::Done)
            }
            Effect::Publish(notice) => done(self.publish(notice).await),
            Effect::Mark(mark) => done(self.mark(mark).await),
            Effect::MarkLast(mark, release) => done(self.mark_last(mark, release).await),
            Effect::Block(block) => done(runs.block(id, block).await),
            Effect::RecordProgress(update) => done(runs.record_progress(id, update).await),
            Effect::RecordReconcile(update) => done(runs.record_reconcile(id, update).await),
            Effect::Release(release) => done(runs.release(id, self.worker, release).await),
        }
    }

    async fn build(&self, connector: &Connector, request: &BuildRequest) -> Executed {
        let Ports { runs, source, staging, clock, .. } = self.ports;
        let task = Task {
            source: &**source,
            runs: &**runs,
            staging: &**staging,
            clock: &**clock,
            limits: self.part_limits,
            connector,
            request,
        };
        let attempt = format!("{}-{}", self.worker.as_str(), request.build.get());
        Ok(Answer::Built(Box::new(build(task, &attempt).await?)))
    }

    async fn sign(&self, request: &SignRequest) -> Executed {
        let signed = self.ports.signing.sign(request.text.clone(), request.chain_state.as_ref()).await?;
        Ok(Answer::Signed(Box::new(signed)))
    }

    async fn part(&self, number: PartNumber) -> Executed {
        Ok(Answer::Part(self.ports.runs.part(self.id, number).await?.map(Box::new)))
    }

    /// The run goes on without the notice, so the error is logged here.
    async fn publish(&self, notice: &Notice) -> Result<(), PortError> {
        self.ports.bus.publish(notice).await.inspect_err(|error| {
            tracing::error!(
                connector.id = %self.id, notice.id = notice.id, error = error.chain(),
                "failed to publish a notice"
            );
        })
    }

    async fn mark(&self, mark: &Mark) -> Result<(), PortError> {
        self.ports.runs.mark(mark).await?;
        self.mark_expirable(&mark.part).await;
        Ok(())
    }

    async fn mark_last(&self, mark: &Mark, release: &Release) -> Result<(), PortError> {
        self.ports.runs.mark_last(self.worker, mark, release).await?;
        self.mark_expirable(&mark.part).await;
        Ok(())
    }

    /// Marks the bytes of a delivered part as expirable; its key list is needed for as long as a look-back
    /// reaches. If that fails, the bytes stay for good, which costs a little storage and breaks nothing.
    async fn mark_expirable(&self, part: &Part) {
        let Content::Staged { data, .. } = &part.content else { return };
        if let Err(error) = self.ports.staging.mark_expirable(data).await {
            let (part, error) = (part.number.get(), error.chain());
            tracing::warn!(
                connector.id = %self.id, part, error,
                "failed to mark delivered bytes as expirable; they stay in the staging bucket"
            );
        }
    }
}

/// The answer to an effect that returns nothing.
fn done(result: Result<(), PortError>) -> Executed {
    result?;
    Ok(Answer::Done)
}
