//! The ledger, as one worker sees it.

use archive::names::ConnectorId;
use archive::part::{Part, PartNumber};
use archive::sha256::Sha256;
use ports::Customers as _;
use ports::Runs as _;
use ports::{Body, NewObject, PortError};
use protocol::machine::{Mark, PutAnswer, Seal, SealAnswer};
use tests::{delegate_port, fixtures};

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

delegate_port!(Runs, Worker, |it| it.world.ledger, |name, call| match method {
    lease(id, worker, now, until) => {
        let granted = it.world.ledger.without_leases();
        let ledger = if it.ignores_leases { &granted } else { &it.world.ledger };
        it.call(CallKind::Ledger, name, ledger.lease(id, worker, now, until), transient_error).await
    }
    seal(seal) => {
        let mutant = it.world.has_mutant(Mutant::TrustsFailedSeal);
        let fails = |fault| match fault {
            _ if mutant => Ok(SealAnswer::Won),
            Fault::OwnSecondTry => Ok(SealAnswer::Refused),
            Fault::AnswerLost | Fault::RequestLost => Ok(SealAnswer::Unknown),
            fault => transient_error(fault),
        };
        it.call(CallKind::Ledger, name, it.seal_inner(seal), fails).await
    }
    part(id, number) => {
        it.call(CallKind::Ledger, name, it.part_inner(id, number), transient_error).await
    }
    parts_reaching => {
        let parts = it.call(CallKind::Ledger, name, call, transient_error).await?;
        let skipped = match it.world.mutant {
            Some(Mutant::NoDedup) => parts.len(),
            Some(Mutant::StaleParts) => 1,
            _ => 0,
        };
        Ok(parts.into_iter().skip(skipped).collect())
    }
    // Two calls, so that a fault can come between them.
    mark_last(worker, mark, release) => {
        Runs::mark(it, mark).await?;
        Runs::release(it, &mark.part.connector, worker, release).await
    }
    release(id, worker, release) => {
        let mut release = *release;
        if it.world.has_mutant(Mutant::NeverRunsAgain) && it.world.engine.draw(|rng| rng.per_mille(50)) {
            release.next_run_at = Time::LAST;
        }
        it.call(CallKind::Ledger, name, it.world.ledger.release(id, worker, &release), transient_error).await
    }
    _ => it.call(CallKind::Ledger, name, call, transient_error).await,
});

delegate_port!(DueConnectors, Worker, |it| it.world.ledger, |name, call| match method {
    claim(claim, until) => {
        let until = if it.world.has_mutant(Mutant::ClaimsNeverExpire) { Time::LAST } else { until };
        it.call(CallKind::Ledger, name, it.world.ledger.claim(claim, until), transient_error).await
    }
    _ => it.call(CallKind::Ledger, name, call, transient_error).await,
});

delegate_port!(Watch, Worker, |it| it.world.ledger, |name, call| match method {
    _ => it.call(CallKind::Ledger, name, call, transient_error).await,
});
