//! Executes the effects of one run, one port call each.

use archive::item::Unreadable;
use archive::names::{ConnectorId, ExternalId, Prefix, WorkerId};
use archive::note::SignedManifest;
use archive::part::{Content, Part};
use archive::sha256::Sha256;
use base64::Engine as _;
use control::signing::SigningError;
use ports::{Body, CustomerBucket, NewObject, PortError};
use protocol::connector::Connector;
use protocol::machine::{Answer, Effect, InternalError, InternalErrorKind, Outcome, PutAnswer, SealAnswer};
use protocol::notice::Notice;

use crate::build::{self, Task};
use crate::export::Exporter;
use crate::orphan_sweep::SweepProgress;

/// The driver of one run. The customer's assumed-role session in it is used for this connector only.
pub(crate) struct Driver<'a> {
    exporter: &'a Exporter,
    id: &'a ConnectorId,
    worker: WorkerId,
    connector: Option<Connector>,
    bucket: Option<Box<dyn CustomerBucket>>,
    builds: u32,
    /// The first unreadable item of the part built last.
    first_unreadable: Option<Unreadable>,
    /// The notice of the first sealed part with unreadable items.
    notice: Option<Notice>,
    sweep_progress: SweepProgress,
}

impl<'a> Driver<'a> {
    pub(crate) fn new(exporter: &'a Exporter, id: &'a ConnectorId, worker: WorkerId) -> Self {
        Self {
            exporter,
            id,
            worker,
            connector: None,
            bucket: None,
            builds: 0,
            first_unreadable: None,
            notice: None,
            sweep_progress: SweepProgress::default(),
        }
    }

    /// The connector that the run read, and the external ID with which it assumed the role, if it delivered
    /// anything.
    pub(crate) fn connector_and_external_id(&self) -> Option<(&Connector, Option<&ExternalId>)> {
        let assumed_with = self.bucket.as_ref().and_then(|bucket| bucket.assumed_with());
        self.connector.as_ref().map(|connector| (connector, assumed_with))
    }

    /// The notice of unreadable items, if this run sealed any.
    pub(crate) const fn unreadable_notice(&self) -> Option<&Notice> {
        self.notice.as_ref()
    }

    /// A seal whose answer was lost records no notice, although it may have succeeded; the log and the
    /// metrics count it.
    fn record_unreadable(&mut self, part: &Part) {
        let (Some(connector), Some(first)) = (&self.connector, &self.first_unreadable) else { return };
        if part.unreadable > 0 && self.notice.is_none() {
            self.notice = Some(Notice::unreadable(&connector.tenant, part, first));
        }
    }

    /// How far the connector's staging keys are swept, and how far they can be.
    pub(crate) const fn sweep_progress(&self) -> SweepProgress {
        self.sweep_progress
    }

    /// Executes an effect and returns its answer. An internal error is an answer too.
    pub(crate) async fn execute(&mut self, effect: Effect) -> Answer {
        self.try_execute(effect).await.unwrap_or_else(Answer::Failed)
    }

    async fn try_execute(&mut self, effect: Effect) -> Result<Answer, InternalError> {
        let ports = &self.exporter.ports;
        let done = |()| Answer::Done;
        match effect {
            Effect::Lease { until } => {
                let now = ports.clock.now();
                ports.runs.lease(self.id, &self.worker, now, until).await.map(Answer::Leased)
            }
            Effect::Snapshot => {
                let snapshot = ports.runs.snapshot(self.id).await.map_err(port_error)?;
                self.connector = snapshot.as_ref().map(|s| s.connector.clone());
                self.sweep_progress =
                    snapshot.as_ref().map(|s| SweepProgress::from_cursor(&s.cursor)).unwrap_or_default();
                Ok(Answer::Snapshot(snapshot.map(Box::new)))
            }
            Effect::Build(request) => {
                self.builds += 1;
                let connector = self
                    .connector
                    .as_ref()
                    .ok_or_else(|| internal_error("build requested before snapshot"))?;
                let attempt = format!("{}-{}", self.worker.as_str(), self.builds);
                let task = Task { exporter: self.exporter, connector, request: &request, attempt: &attempt };
                let (built, unreadable) = build::build(task).await.map_err(port_error)?;
                self.first_unreadable = unreadable;
                Ok(Answer::Built(Box::new(built)))
            }
            Effect::Seal(seal) => {
                let answer = ports.runs.seal(&seal).await.map_err(port_error)?;
                if answer == SealAnswer::Won {
                    self.record_unreadable(&seal.part);
                    self.sweep_progress.sealed_through = seal.part.number;
                }
                Ok(Answer::Sealed(answer))
            }
            Effect::Sign(request) => {
                let signed = ports.signing.sign(request.text, request.chain_state.as_ref()).await;
                return signed.map(|manifest| Answer::Signed(Box::new(manifest))).map_err(signing_error);
            }
            Effect::ReadBack(number) | Effect::Load(number) => {
                ports.runs.part(self.id, number).await.map(|part| Answer::Part(part.map(Box::new)))
            }
            Effect::Open(number) => {
                let connector = self
                    .connector
                    .as_ref()
                    .ok_or_else(|| internal_error("open requested before snapshot"))?;
                let opened = ports.customers.open(connector, number).await;
                Ok(Answer::Opened(opened.map(|bucket| self.bucket = Some(bucket))))
            }
            Effect::Put(part) => return self.put(&part).await,
            Effect::PutKeys(part) => return self.put_keys(&part).await,
            Effect::PutManifest(part) => return self.put_manifest(&part).await,
            Effect::Wait(span) => {
                ports.clock.sleep(span).await;
                Ok(Answer::Done)
            }
            Effect::Publish(notice) => {
                // The run goes on without the notice, so the error is handled here.
                let log_error = |error: &PortError| {
                    tracing::error!(
                        connector.id = %self.id, notice.id = notice.id, error = error.chain(),
                        "failed to publish a notice"
                    );
                };
                ports.bus.publish(&notice).await.inspect_err(log_error).map(done)
            }
            Effect::Mark(mark) => {
                let marked = ports.runs.mark(&mark).await;
                if marked.is_ok() {
                    self.mark_expirable(&mark.part).await;
                }
                marked.map(done)
            }
            Effect::MarkLast(mark, release) => {
                let marked = ports.runs.mark_last(&self.worker, &mark, &release).await;
                if marked.is_ok() {
                    self.mark_expirable(&mark.part).await;
                }
                marked.map(done)
            }
            Effect::Block(block) => ports.runs.block(self.id, &block).await.map(done),
            Effect::RecordProgress(read) => ports.runs.record_progress(self.id, &read).await.map(done),
            Effect::RecordReconcile(update) => ports.runs.record_reconcile(self.id, &update).await.map(done),
            Effect::Release(release) => ports.runs.release(self.id, &self.worker, &release).await.map(done),
            Effect::Finish(Outcome::Failed { error: failure, .. }) => return Err(failure),
            Effect::Finish(_) => Ok(Answer::Done),
        }
        .map_err(port_error)
    }

    /// Marks the bytes of a delivered part as expirable; its key list is needed for as long as a look-back
    /// reaches. If that fails, the bytes stay for good, which costs a little storage and breaks nothing.
    async fn mark_expirable(&self, part: &Part) {
        let Content::Staged { data, .. } = &part.content else { return };
        if let Err(error) = self.exporter.ports.staging.mark_expirable(data).await {
            let (part, error) = (part.number.get(), error.chain());
            tracing::warn!(
                connector.id = %self.id, part, error,
                "failed to mark delivered bytes as expirable; they stay in the staging bucket"
            );
        }
    }

    /// The open bucket and the connector's prefix in it.
    fn destination(&self) -> Result<(&dyn CustomerBucket, &Prefix), InternalError> {
        let bucket = self.bucket.as_deref();
        let bucket =
            bucket.ok_or_else(|| internal_error("delivery requested before the bucket was opened"))?;
        let destination = self.connector.as_ref().and_then(|connector| connector.destination.as_ref());
        let destination =
            destination.ok_or_else(|| internal_error("an active connector has no destination"))?;
        Ok((bucket, &destination.prefix))
    }

    async fn put(&self, part: &Part) -> Result<Answer, InternalError> {
        let (bucket, prefix) = self.destination()?;
        let body = match &part.content {
            Content::Inline(text) => {
                let bytes = base64::engine::general_purpose::STANDARD
                    .decode(text)
                    .map_err(|error| internal_error(&format!("part {}: {error}", part.number)))?;
                Body::Whole(bytes.into())
            }
            Content::Staged { data, .. } => {
                Body::Stream(self.exporter.ports.staging.read(data).await.map_err(port_error)?)
            }
        };
        let object = NewObject {
            key: prefix.key(&part.name()),
            content_type: part.encoding.content_type(),
            sha256: part.sha256,
            size: part.size,
            body,
        };
        Ok(Answer::Put(bucket.put_new(object).await))
    }

    /// A second worker puts the same bytes under the same keys, and finds that they exist.
    async fn put_keys(&self, part: &Part) -> Result<Answer, InternalError> {
        let (bucket, prefix) = self.destination()?;
        let mut answer = Ok(PutAnswer::Exists);
        for key in part.manifest.iter().flat_map(SignedManifest::keys) {
            let line = format!("{key}\n").into_bytes();
            answer = bucket.put_new(text_object(prefix.key(&key.file_name()), line)).await;
            if answer.is_err() {
                break;
            }
        }
        Ok(Answer::Put(answer))
    }

    async fn put_manifest(&self, part: &Part) -> Result<Answer, InternalError> {
        let (bucket, prefix) = self.destination()?;
        let (Some(name), Some(manifest)) = (part.manifest_name(), &part.manifest) else {
            return Err(internal_error("manifest delivery requested for a part without a signed manifest"));
        };
        Ok(Answer::Put(bucket.put_new(text_object(prefix.key(&name), manifest.note().bytes())).await))
    }
}

/// A small text object.
fn text_object(key: String, bytes: Vec<u8>) -> NewObject {
    NewObject {
        key,
        content_type: "text/plain; charset=utf-8",
        sha256: Sha256::of(&bytes),
        size: bytes.len() as u64,
        body: Body::Whole(bytes.into()),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "map_err passes the error by value")]
fn signing_error(error: SigningError) -> InternalError {
    let detail = match &error {
        SigningError::Port(port) => port.chain(),
        other => other.to_string(),
    };
    InternalError::new(InternalErrorKind::SigningFailed, detail)
}

#[expect(clippy::needless_pass_by_value, reason = "map_err passes the error by value")]
pub(crate) fn port_error(error: PortError) -> InternalError {
    InternalError::new(InternalErrorKind::Port, error.chain())
}

fn internal_error(detail: &str) -> InternalError {
    InternalError::new(InternalErrorKind::InvariantViolated, detail)
}
