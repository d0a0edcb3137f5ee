//! The ledger, as one worker sees it.

use archive::names::{ConnectorId, WorkerId};
use archive::part::{Part, PartNumber};
use archive::sha256::Sha256;
use archive::time::Time;
use async_trait::async_trait;
use ports::Customers as _;
use ports::{Body, Claim, ClaimAnswer, DueConnectors, DuePage, NewObject, PortError, Runs, Watch, WatchPage};
use protocol::delivery_error::Block;
use protocol::machine::{
    LeaseAnswer, Mark, ProgressUpdate, PutAnswer, ReconcileUpdate, Release, Seal, SealAnswer, Snapshot,
};
use protocol::watch::{NotificationState, Sweep, SweepCursor};
use tests::fixtures;

use super::call::CallKind;
use super::fault::Fault;
use super::mutants::Mutant;
use super::ports::{Worker, transient_error};
use super::world::destination;

impl Worker {
    async fn seal_inner(&self, seal: &Seal) -> Result<SealAnswer, PortError> {
        let world = &self.world;
        let mut seal = seal.clone();
        if world.has_mutant(Mutant::SealsAnyway) {
            let cursor = world.ledger.cursor(&seal.part.connector);
            seal.watermark_before = cursor.watermark;
            seal.part.number = cursor.next;
        }
        let answer = world.ledger.seal(&seal).await?;
        let Part { connector, number, window, kind, events, late, .. } = &seal.part;
        world.engine.log(format_args!(
            "worker {} seal {connector} {number} {}..{} {} with {events} events, {late} late: {answer:?}",
            self.number,
            window.from,
            window.to,
            kind.as_str(),
        ));
        if answer == SealAnswer::Won {
            world.truth().seal(self.number, &seal.part, &world.staging);
        }
        Ok(answer)
    }

    async fn part_inner(&self, id: &ConnectorId, number: PartNumber) -> Result<Option<Part>, PortError> {
        let part = self.world.ledger.part(id, number).await?;
        if self.world.has_mutant(Mutant::MarksBeforePut)
            && let Some(part) = part.clone().filter(|part| part.delivered_at.is_none())
        {
            let at = self.world.engine.now();
            self.world.ledger.mark(&Mark { part, at, published_keys: None, unblock: false }).await?;
        }
        if self.world.has_mutant(Mutant::ManifestBeforePut)
            && let Some(part) = &part
        {
            self.put_manifest_early(part).await;
        }
        Ok(part.map(
            |part| if self.world.has_mutant(Mutant::SignsAgain) { self.signed_again(part) } else { part },
        ))
    }

    /// Puts the part's manifest into the customer's bucket, whatever else is there.
    async fn put_manifest_early(&self, part: &Part) {
        let connector = self.world.ledger.connector(&part.connector);
        let Ok(bucket) = self.world.customers.open(&connector, part.number).await else { return };
        let (to, Some(name), Some(manifest)) =
            (destination(&connector), part.manifest_name(), &part.manifest)
        else {
            return;
        };
        let (key, bytes) = (to.prefix.key(&name), manifest.note().bytes());
        let object = NewObject {
            key: key.clone(),
            content_type: "text/plain",
            sha256: Sha256::of(&bytes),
            size: bytes.len() as u64,
            body: Body::Whole(bytes.into()),
        };
        if bucket.put_new(object).await == Ok(PutAnswer::Written) {
            self.world.truth().written(to.bucket.as_str(), &key);
        }
    }

    fn signed_again(&self, part: Part) -> Part {
        let now = self.world.engine.now();
        let text =
            part.manifest.as_ref().map(|manifest| manifest.note().text().to_owned()).unwrap_or_default();
        let text = text.replace(&format!("sealed {}", part.sealed_at), &format!("sealed {now}"));
        Part { manifest: Some(fixtures::signed_manifest(text)), ..part }
    }
}

#[async_trait]
impl Runs for Worker {
    async fn lease(
        &self,
        id: &ConnectorId,
        worker: &WorkerId,
        now: Time,
        until: Time,
    ) -> Result<LeaseAnswer, PortError> {
        let granted = self.world.ledger.without_leases();
        let ledger = if self.ignores_leases { &granted } else { &self.world.ledger };
        self.call(CallKind::Ledger, "lease", ledger.lease(id, worker, now, until), transient_error).await
    }

    async fn snapshot(&self, id: &ConnectorId) -> Result<Option<Snapshot>, PortError> {
        self.call(CallKind::Ledger, "snapshot", self.world.ledger.snapshot(id), transient_error).await
    }

    async fn seal(&self, seal: &Seal) -> Result<SealAnswer, PortError> {
        let mutant = self.world.has_mutant(Mutant::TrustsFailedSeal);
        let fails = |fault| match fault {
            _ if mutant => Ok(SealAnswer::Won),
            Fault::OwnSecondTry => Ok(SealAnswer::Refused),
            Fault::AnswerLost | Fault::RequestLost => Ok(SealAnswer::Unknown),
            fault => transient_error(fault),
        };
        self.call(CallKind::Ledger, "seal", self.seal_inner(seal), fails).await
    }

    async fn part(&self, id: &ConnectorId, number: PartNumber) -> Result<Option<Part>, PortError> {
        self.call(CallKind::Ledger, "part", self.part_inner(id, number), transient_error).await
    }

    async fn parts_reaching(
        &self,
        id: &ConnectorId,
        after: Time,
        before: PartNumber,
    ) -> Result<Vec<Part>, PortError> {
        let read = self.world.ledger.parts_reaching(id, after, before);
        let parts = self.call(CallKind::Ledger, "parts_reaching", read, transient_error).await?;
        let skipped = match self.world.mutant {
            Some(Mutant::NoDedup) => parts.len(),
            Some(Mutant::StaleParts) => 1,
            _ => 0,
        };
        Ok(parts.into_iter().skip(skipped).collect())
    }

    async fn mark(&self, mark: &Mark) -> Result<(), PortError> {
        self.call(CallKind::Ledger, "mark", self.world.ledger.mark(mark), transient_error).await
    }

    async fn mark_last(&self, worker: &WorkerId, mark: &Mark, release: &Release) -> Result<(), PortError> {
        self.mark(mark).await?;
        self.release(&mark.part.connector, worker, release).await
    }

    async fn block(&self, id: &ConnectorId, block: &Block) -> Result<(), PortError> {
        self.call(CallKind::Ledger, "block", self.world.ledger.block(id, block), transient_error).await
    }

    async fn record_progress(&self, id: &ConnectorId, read: &ProgressUpdate) -> Result<(), PortError> {
        self.call(
            CallKind::Ledger,
            "record_progress",
            self.world.ledger.record_progress(id, read),
            transient_error,
        )
        .await
    }

    async fn try_claim_unreadable_notice(
        &self,
        id: &ConnectorId,
        since: Time,
        now: Time,
    ) -> Result<bool, PortError> {
        let claimed = self.world.ledger.try_claim_unreadable_notice(id, since, now);
        self.call(CallKind::Ledger, "try_claim_unreadable_notice", claimed, transient_error).await
    }

    async fn record_reconcile(&self, id: &ConnectorId, update: &ReconcileUpdate) -> Result<(), PortError> {
        self.call(
            CallKind::Ledger,
            "record_reconcile",
            self.world.ledger.record_reconcile(id, update),
            transient_error,
        )
        .await
    }

    async fn release(&self, id: &ConnectorId, worker: &WorkerId, release: &Release) -> Result<(), PortError> {
        let mut release = *release;
        if self.world.has_mutant(Mutant::NeverRunsAgain) && self.world.engine.draw(|rng| rng.per_mille(50)) {
            release.next_run_at = Time::LAST;
        }
        self.call(
            CallKind::Ledger,
            "release",
            self.world.ledger.release(id, worker, &release),
            transient_error,
        )
        .await
    }

    async fn record_sweep(&self, id: &ConnectorId, through: PartNumber) -> Result<(), PortError> {
        self.call(
            CallKind::Ledger,
            "record_sweep",
            self.world.ledger.record_sweep(id, through),
            transient_error,
        )
        .await
    }
}

#[async_trait]
impl DueConnectors for Worker {
    async fn due(&self, shard: u8, now: Time, after: Option<&Claim>) -> Result<DuePage, PortError> {
        self.call(CallKind::Ledger, "due", self.world.ledger.due(shard, now, after), transient_error).await
    }

    async fn claim(&self, claim: &Claim, until: Time) -> Result<ClaimAnswer, PortError> {
        let until = if self.world.has_mutant(Mutant::ClaimsNeverExpire) { Time::LAST } else { until };
        self.call(CallKind::Ledger, "claim", self.world.ledger.claim(claim, until), transient_error).await
    }

    async fn release_claim(&self, claim: &Claim, until: Time) -> Result<(), PortError> {
        self.call(
            CallKind::Ledger,
            "release_claim",
            self.world.ledger.release_claim(claim, until),
            transient_error,
        )
        .await
    }
}

#[async_trait]
impl Watch for Worker {
    async fn watch(&self, after: Option<&SweepCursor>) -> Result<WatchPage, PortError> {
        self.call(CallKind::Ledger, "watch", self.world.ledger.watch(after), transient_error).await
    }

    async fn sweep(&self) -> Result<Sweep, PortError> {
        self.call(CallKind::Ledger, "sweep", self.world.ledger.sweep(), transient_error).await
    }

    async fn store_sweep(&self, sweep: &Sweep) -> Result<bool, PortError> {
        self.call(CallKind::Ledger, "store_sweep", self.world.ledger.store_sweep(sweep), transient_error)
            .await
    }

    async fn store_notification_state(
        &self,
        id: &ConnectorId,
        before: Option<&NotificationState>,
        after: &NotificationState,
    ) -> Result<bool, PortError> {
        let stored = self.world.ledger.store_notification_state(id, before, after);
        self.call(CallKind::Ledger, "store_notification_state", stored, transient_error).await
    }
}
