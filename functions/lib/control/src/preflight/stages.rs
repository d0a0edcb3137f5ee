//! The stages themselves, over the port [`Prober`].

use std::time::Duration;

use archive::names::{ExternalId, Region};
use archive::sha256::Sha256;
use bytes::Bytes;
use ports::{
    Body, Clock, NewObject, PresentedExternalId, ProbeResponse, ProbeSession, Prober, Rng, SessionScope,
};
use protocol::connector::{Connector, S3Destination};
use protocol::delivery_error::{DeliveryError, DeliveryErrorKind};
use sha2::{Digest, Sha256 as Hasher};

use super::explain::{
    assumable_by_anyone, explain, may_be_new_role, other_account, other_region, too_broad, unencrypted,
    vendor_account,
};
use super::role_wait::RoleWait;
use super::{Finding, PreflightProgress, PreflightReport, PreflightStage, PreflightVerdict, StageReport};
use crate::setup::Vendor;

/// The code of a role that can be assumed without the connector's external ID.
pub(super) const ASSUMABLE_BY_ANYONE: &str = "RoleLetsAnyoneIn";

/// What a connection check needs.
#[derive(Clone, Copy)]
pub struct PreflightContext<'a> {
    /// Assumes the role and writes to the bucket.
    pub prober: &'a dyn Prober,
    /// Stage durations and the waits for a new role.
    pub clock: &'a dyn Clock,
    /// Source of the wrong external ID and of the names of the probe objects.
    pub rng: &'a dyn Rng,
    /// What the customer's trust policy must name.
    pub vendor: &'a Vendor,
    /// How long to wait for a role that has never passed, capped at [`MAX_ROLE_WAIT`]. Zero if nobody waits
    /// for the result.
    ///
    /// [`MAX_ROLE_WAIT`]: super::MAX_ROLE_WAIT
    pub max_wait: Duration,
}

impl std::fmt::Debug for PreflightContext<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PreflightContext")
    }
}

/// What a stage found: nothing, a warning, or the failure.
type StageResult = Result<Option<Finding>, Finding>;

/// Called with each step of progress.
type ProgressFn<'a> = &'a mut (dyn FnMut(PreflightProgress<'_>) + Send);

/// Checks a destination and reports each stage as soon as it is done. A stage that fails skips those after
/// it, so nothing is written through an unsafe role.
///
/// A destination that has never passed may name a role that IAM has not propagated yet. Its denial counts
/// only after retries during `max_wait`. The denial of a role that was assumed before counts at once.
pub async fn run_preflight(
    context: PreflightContext<'_>,
    connector: &Connector,
    destination: &S3Destination,
    mut on_progress: impl FnMut(PreflightProgress<'_>) + Send,
) -> PreflightReport {
    let at = context.clock.now();
    let max_wait = if connector.verified_at.is_none() { context.max_wait } else { Duration::ZERO };
    let mut run = PreflightRun {
        context,
        connector,
        to: destination,
        role_wait: RoleWait::new(at, max_wait),
        session: None,
        external_id: None,
        other_region: None,
        encryption: None,
    };
    let mut reports = Vec::with_capacity(PreflightStage::ALL.len());
    let mut failed = false;
    for stage in PreflightStage::ALL {
        let began = context.clock.now();
        let waited = run.role_wait.waited();
        let (verdict, finding) = if failed || !run.applies(stage) {
            (PreflightVerdict::Skipped, None)
        } else {
            match run.run_stage(stage, &mut on_progress).await {
                Ok(None) => (PreflightVerdict::Passed, None),
                Ok(Some(warning)) => (PreflightVerdict::Warning, Some(warning)),
                Err(finding) => (PreflightVerdict::Failed, Some(finding)),
            }
        };
        failed |= verdict == PreflightVerdict::Failed;
        let waited = run.role_wait.waited().saturating_sub(waited);
        let waited_ms = (!waited.is_zero()).then(|| millis(waited));
        let duration_ms = millis(context.clock.now().since(began));
        let report = StageReport { stage, verdict, finding, duration_ms, waited_ms };
        on_progress(PreflightProgress::StageDone(&report));
        reports.push(report);
    }
    let PreflightRun { external_id, other_region, .. } = run;
    PreflightReport { at, passed: !failed, reports, external_id, other_region }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

struct PreflightRun<'a> {
    context: PreflightContext<'a>,
    connector: &'a Connector,
    to: &'a S3Destination,
    role_wait: RoleWait,
    session: Option<Box<dyn ProbeSession>>,
    external_id: Option<ExternalId>,
    other_region: Option<Region>,
    encryption: Option<String>,
}

impl PreflightRun<'_> {
    /// The whole bucket as destination has no outside.
    fn applies(&self, stage: PreflightStage) -> bool {
        stage != PreflightStage::PrefixScope || !self.to.prefix.as_str().is_empty()
    }

    async fn run_stage(&mut self, stage: PreflightStage, on_progress: ProgressFn<'_>) -> StageResult {
        match stage {
            PreflightStage::AssumeRole => self.assume_role(on_progress).await,
            PreflightStage::RefusesWithoutExternalId => {
                self.expect_denied(stage, PresentedExternalId::Absent).await
            }
            PreflightStage::RefusesWrongExternalId => {
                let random = self.context.rng;
                let wrong = ExternalId::new(random.next_u64(), random.next_u64());
                self.expect_denied(stage, PresentedExternalId::ExternalId(&wrong)).await
            }
            PreflightStage::Account => self.account(),
            PreflightStage::BucketRegion => self.bucket_region().await,
            PreflightStage::PutObject => self.put_object(on_progress).await,
            PreflightStage::PrefixScope => self.prefix_scope().await,
            PreflightStage::Encryption => Ok(unencrypted(self.to, self.encryption.as_deref())),
        }
    }

    /// Waits before the next attempt, if the error may mean a role that is not propagated yet. `false` if
    /// there is no further attempt.
    async fn wait_for_new_role(
        &mut self,
        stage: PreflightStage,
        error: &DeliveryError,
        on_progress: &mut (dyn FnMut(PreflightProgress<'_>) + Send),
    ) -> bool {
        let named = self.to.role.account();
        if !may_be_new_role(error, self.to) || named == self.context.vendor.account {
            return false;
        }
        let waited = self.role_wait.waited();
        let Some(pause) = self.role_wait.pause(self.context.clock.now()) else { return false };
        on_progress(PreflightProgress::Waiting { stage, waited, pause });
        self.context.clock.sleep(pause).await;
        true
    }

    async fn assume_role(&mut self, on_progress: ProgressFn<'_>) -> StageResult {
        let refused = loop {
            let Err(refused) = self.open_session().await else { return Ok(None) };
            let Some(error) = &refused else { break refused };
            if !self.wait_for_new_role(PreflightStage::AssumeRole, error, on_progress).await {
                break refused;
            }
        };
        // The vendor's role is denied roles of its own account, so that is what a denial means there.
        let named = self.to.role.account();
        if named == self.context.vendor.account {
            return Err(vendor_account(&named));
        }
        Err(refused.map_or_else(
            || Finding { code: "NoExternalId".into(), cause: String::new(), remedy: String::new() },
            |error| self.explain(PreflightStage::AssumeRole, &error),
        ))
    }

    /// During a rotation the next external ID is tried first: if it works, the old one is retired.
    async fn open_session(&mut self) -> Result<(), Option<DeliveryError>> {
        let mut refused = None;
        for id in self.connector.external_ids() {
            let presented = PresentedExternalId::ExternalId(id);
            match self.context.prober.assume(self.connector, self.to, presented, SessionScope::Prefix).await {
                Ok(session) => {
                    self.session = Some(session);
                    self.external_id = Some(id.clone());
                    return Ok(());
                }
                Err(error) => refused = Some(error),
            }
        }
        Err(refused)
    }

    async fn expect_denied(&self, stage: PreflightStage, presented: PresentedExternalId<'_>) -> StageResult {
        match self.context.prober.assume(self.connector, self.to, presented, SessionScope::Prefix).await {
            Err(error) if error.kind == DeliveryErrorKind::Denied => Ok(None),
            Err(error) => Err(self.explain(stage, &error)),
            Ok(_) => Err(assumable_by_anyone(stage, self.connector, self.to)),
        }
    }

    fn account(&self) -> StageResult {
        let Some(session) = &self.session else { return Ok(None) };
        let (actual, named) = (session.account(), self.to.role.account());
        if actual != named {
            return Err(other_account(&actual, &named));
        }
        if named == self.context.vendor.account {
            return Err(vendor_account(&named));
        }
        Ok(None)
    }

    /// S3 returns a bucket's region even to callers who may not read it. If it doesn't, the write will fail
    /// with it.
    async fn bucket_region(&mut self) -> StageResult {
        let Some(session) = &self.session else { return Ok(None) };
        match session.bucket_region().await {
            Ok(Some(region)) if region != self.to.region => {
                let finding = other_region(self.to, &region);
                self.other_region = Some(region);
                Err(finding)
            }
            Ok(_) => Ok(None),
            Err(error) if error.kind == DeliveryErrorKind::Denied => Ok(None),
            Err(error) => Err(self.explain(PreflightStage::BucketRegion, &error)),
        }
    }

    /// If the role needed a wait, its policies may also propagate later, so they get what is left of the
    /// wait. A denied attempt wrote nothing, and each attempt uses a new key.
    async fn put_object(&mut self, on_progress: ProgressFn<'_>) -> StageResult {
        loop {
            let Some(session) = &self.session else { return Ok(None) };
            match session.put_new(self.probe_object()).await {
                Ok(ProbeResponse { encryption }) => {
                    self.encryption = encryption;
                    return Ok(None);
                }
                Err(error) => {
                    let is_new = !self.role_wait.waited().is_zero();
                    if !is_new
                        || !self.wait_for_new_role(PreflightStage::PutObject, &error, on_progress).await
                    {
                        return Err(self.explain(PreflightStage::PutObject, &error));
                    }
                }
            }
        }
    }

    fn probe_object(&self) -> NewObject {
        let id = &self.connector.id;
        let text = format!(
            "Auditferry wrote this object for connector {id} to see that it can. It may be deleted.\n"
        );
        let name = format!("verification/{id}_{:016x}.txt", self.context.rng.next_u64());
        new_probe(self.to.prefix.key(&name), text.into_bytes(), true)
    }

    /// With the role's own permissions, not narrowed to the prefix, a write outside it with a deliberately
    /// wrong checksum. It is refused as denied or, if it is allowed, as corrupt. Nothing is written either
    /// way.
    async fn prefix_scope(&self) -> StageResult {
        let Some(id) = &self.external_id else { return Ok(None) };
        let presented = PresentedExternalId::ExternalId(id);
        let session =
            self.context.prober.assume(self.connector, self.to, presented, SessionScope::Role).await;
        let session = session.map_err(|error| self.explain(PreflightStage::PrefixScope, &error))?;
        let key = format!("auditferry-scope-{:016x}.txt", self.context.rng.next_u64());
        match session.put_new(new_probe(key, b"never written".to_vec(), false)).await {
            Err(error) if error.kind == DeliveryErrorKind::Denied => Ok(None),
            Err(error) if error.kind == DeliveryErrorKind::Rejected => Ok(Some(too_broad(self.to))),
            Err(error) => Err(self.explain(PreflightStage::PrefixScope, &error)),
            // Nothing can be proved on a store that accepts a wrong checksum.
            Ok(_) => Err(Finding {
                code: "ChecksumIgnored".into(),
                cause: format!(
                    "The bucket {} accepted an object with a deliberately wrong checksum.",
                    self.to.bucket
                ),
                remedy: "This is not Amazon S3, or a proxy changes requests; use a bucket of Amazon S3."
                    .into(),
            }),
        }
    }

    fn explain(&self, stage: PreflightStage, error: &DeliveryError) -> Finding {
        explain(stage, error, self.connector, self.to, self.context.vendor)
    }
}

fn new_probe(key: String, bytes: Vec<u8>, valid_checksum: bool) -> NewObject {
    let mut digest: [u8; 32] = Hasher::digest(&bytes).into();
    if !valid_checksum {
        digest = digest.map(|byte| !byte);
    }
    NewObject {
        key,
        content_type: "text/plain",
        sha256: Sha256::new(digest),
        size: bytes.len() as u64,
        body: Body::Whole(Bytes::from(bytes)),
    }
}
