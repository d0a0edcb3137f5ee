//! Every port, wrapped. Each method says only how a lost response looks to its caller.

use std::time::Duration;

use archive::names::{ConnectorId, EmailAddress, ExternalId, TenantId, WorkerId};
use archive::note::KEY_FOLDER;
use archive::part::{MANIFEST_FOLDER, Part, PartNumber};
use archive::sort_key::SortKeyForm;
use archive::time::Time;
use async_trait::async_trait;
use bytes::Bytes;
use ports::{
    Bus, ByteStream, Claim, ClaimAnswer, ConnectorFilter, Connectors, Consents, CustomerBucket, Customers,
    DueConnectors, DuePage, NewObject, NotificationStore, PageError, PageReader, PortError, Queue, RunAnswer,
    Runs, SaveAnswer, Signer, Source, SpendOutcome, Spender, StagedPage, Staging, StagingWrite, Validity,
};
use protocol::budget::Spending;
use protocol::connector::{Change, Connector, Shards};
use protocol::contacts::{Consent, SecretId, TokenHash, WebhookSecret};
use protocol::cursor::Cursor;
use protocol::delivery_error::{Block, DeliveryError, DeliveryErrorKind, DeliveryStage};
use protocol::events_source::EventsSource;
use protocol::machine::{
    LeaseAnswer, Mark, ProgressUpdate, PutAnswer, ReconcileUpdate, Release, Seal, SealAnswer, Snapshot, Span,
};
use protocol::notice::Notice;
use protocol::notification::{ContactKey, NotificationHistory};
use protocol::source_change::SourceChange;

use super::Flaky;

fn lost<T>() -> Result<T, PortError> {
    Err(PortError::Transient { what: "a call that a test makes fail", source: "no answer".into() })
}

fn unavailable<T>(stage: DeliveryStage) -> Result<T, DeliveryError> {
    Err(DeliveryError {
        stage,
        kind: DeliveryErrorKind::Unavailable,
        code: "NoAnswer".into(),
        message: "no answer".into(),
    })
}

#[async_trait]
impl<P: Runs> Runs for Flaky<P> {
    async fn lease(
        &self,
        id: &ConnectorId,
        worker: &WorkerId,
        now: Time,
        until: Time,
    ) -> Result<LeaseAnswer, PortError> {
        self.plan.call("lease", self.inner.lease(id, worker, now, until), lost).await
    }

    async fn snapshot(&self, id: &ConnectorId) -> Result<Option<Snapshot>, PortError> {
        self.plan.call("snapshot", self.inner.snapshot(id), lost).await
    }

    async fn seal(&self, seal: &Seal) -> Result<SealAnswer, PortError> {
        self.plan.call("seal", self.inner.seal(seal), || Ok(SealAnswer::Unknown)).await
    }

    async fn part(&self, id: &ConnectorId, number: PartNumber) -> Result<Option<Part>, PortError> {
        self.plan.call("part", self.inner.part(id, number), lost).await
    }

    async fn parts_reaching(
        &self,
        id: &ConnectorId,
        after: Time,
        before: PartNumber,
    ) -> Result<Vec<Part>, PortError> {
        self.plan.call("parts_reaching", self.inner.parts_reaching(id, after, before), lost).await
    }

    async fn mark(&self, mark: &Mark) -> Result<(), PortError> {
        self.plan.call("mark", self.inner.mark(mark), lost).await
    }

    /// One call, so that the real ledger's own steps meet the fault.
    async fn mark_last(&self, worker: &WorkerId, mark: &Mark, release: &Release) -> Result<(), PortError> {
        self.plan.call("mark_last", self.inner.mark_last(worker, mark, release), lost).await
    }

    async fn block(&self, id: &ConnectorId, block: &Block) -> Result<(), PortError> {
        self.plan.call("block", self.inner.block(id, block), lost).await
    }

    async fn record_progress(&self, id: &ConnectorId, read: &ProgressUpdate) -> Result<(), PortError> {
        self.plan.call("record_progress", self.inner.record_progress(id, read), lost).await
    }

    async fn try_claim_unreadable_notice(
        &self,
        id: &ConnectorId,
        since: Time,
        now: Time,
    ) -> Result<bool, PortError> {
        let claimed = self.inner.try_claim_unreadable_notice(id, since, now);
        self.plan.call("try_claim_unreadable_notice", claimed, lost).await
    }

    async fn record_reconcile(&self, id: &ConnectorId, update: &ReconcileUpdate) -> Result<(), PortError> {
        self.plan.call("record_reconcile", self.inner.record_reconcile(id, update), lost).await
    }

    async fn release(&self, id: &ConnectorId, worker: &WorkerId, release: &Release) -> Result<(), PortError> {
        self.plan.call("release", self.inner.release(id, worker, release), lost).await
    }

    async fn record_sweep(&self, id: &ConnectorId, through: PartNumber) -> Result<(), PortError> {
        self.plan.call("record_sweep", self.inner.record_sweep(id, through), lost).await
    }
}

#[async_trait]
impl<P: DueConnectors> DueConnectors for Flaky<P> {
    async fn due(&self, shard: u8, now: Time, after: Option<&Claim>) -> Result<DuePage, PortError> {
        self.plan.call("due", self.inner.due(shard, now, after), lost).await
    }

    async fn claim(&self, claim: &Claim, until: Time) -> Result<ClaimAnswer, PortError> {
        self.plan.call("claim", self.inner.claim(claim, until), lost).await
    }

    async fn release_claim(&self, claim: &Claim, until: Time) -> Result<(), PortError> {
        self.plan.call("release_claim", self.inner.release_claim(claim, until), lost).await
    }
}

#[async_trait]
impl<P: Spender> Spender for Flaky<P> {
    async fn spend(&self, spending: &Spending) -> Result<SpendOutcome, PortError> {
        self.plan.call("spend", self.inner.spend(spending), lost).await
    }
}

#[async_trait]
impl<P: Consents> Consents for Flaky<P> {
    async fn consent(&self, tenant: &TenantId, address: &EmailAddress) -> Result<Option<Consent>, PortError> {
        self.plan.call("consent", self.inner.consent(tenant, address), lost).await
    }

    async fn store_consent(&self, tenant: &TenantId, consent: &Consent) -> Result<bool, PortError> {
        self.plan.call("store_consent", self.inner.store_consent(tenant, consent), lost).await
    }

    async fn store_link(
        &self,
        token: &TokenHash,
        tenant: &TenantId,
        address: &EmailAddress,
    ) -> Result<(), PortError> {
        self.plan.call("store_link", self.inner.store_link(token, tenant, address), lost).await
    }

    async fn link(&self, token: &TokenHash) -> Result<Option<(TenantId, EmailAddress)>, PortError> {
        self.plan.call("link", self.inner.link(token), lost).await
    }
}

#[async_trait]
impl<P: NotificationStore> NotificationStore for Flaky<P> {
    async fn notification_history(
        &self,
        connector: (&TenantId, &ConnectorId),
        contact: &ContactKey,
    ) -> Result<Option<NotificationHistory>, PortError> {
        self.plan
            .call("notification_history", self.inner.notification_history(connector, contact), lost)
            .await
    }

    async fn store_notification_history(
        &self,
        connector: (&TenantId, &ConnectorId),
        contact: &ContactKey,
        notified: &NotificationHistory,
    ) -> Result<bool, PortError> {
        let stored = self.inner.store_notification_history(connector, contact, notified);
        self.plan.call("store_notification_history", stored, lost).await
    }

    async fn spend_time(&self, tenant: &TenantId, cost: Duration, now: Time) -> Result<Time, PortError> {
        self.plan.call("spend_time", self.inner.spend_time(tenant, cost, now), lost).await
    }

    async fn refund_time(&self, tenant: &TenantId, unused: Duration) -> Result<(), PortError> {
        self.plan.call("refund_time", self.inner.refund_time(tenant, unused), lost).await
    }

    async fn slow_until(&self, tenant: &TenantId, host: &str) -> Result<Option<Time>, PortError> {
        self.plan.call("slow_until", self.inner.slow_until(tenant, host), lost).await
    }

    async fn store_slow_until(
        &self,
        tenant: &TenantId,
        host: &str,
        until: Option<Time>,
    ) -> Result<(), PortError> {
        self.plan.call("store_slow_until", self.inner.store_slow_until(tenant, host, until), lost).await
    }
}

#[async_trait]
impl<P: Connectors> Connectors for Flaky<P> {
    async fn create(
        &self,
        connector: &Connector,
        change: &Change,
        spends: &[Spending],
    ) -> Result<SaveAnswer, PortError> {
        self.plan.call("create", self.inner.create(connector, change, spends), lost).await
    }

    async fn save(
        &self,
        change: &Change,
        cursor: Option<&Cursor>,
        spends: &[Spending],
    ) -> Result<SaveAnswer, PortError> {
        self.plan.call("save", self.inner.save(change, cursor, spends), lost).await
    }

    async fn get(&self, id: &ConnectorId) -> Result<Option<(Connector, Option<Cursor>)>, PortError> {
        self.plan.call("get", self.inner.get(id), lost).await
    }

    async fn list(
        &self,
        filter: ConnectorFilter<'_>,
        after: Option<&ConnectorId>,
        limit: u32,
    ) -> Result<Vec<Connector>, PortError> {
        self.plan.call("list", self.inner.list(filter, after, limit), lost).await
    }

    async fn history(
        &self,
        id: &ConnectorId,
        before: Option<PartNumber>,
        limit: u32,
    ) -> Result<Vec<Part>, PortError> {
        self.plan.call("history", self.inner.history(id, before, limit), lost).await
    }

    async fn changes(
        &self,
        id: &ConnectorId,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<Change>, PortError> {
        self.plan.call("changes", self.inner.changes(id, before, limit), lost).await
    }

    async fn request_run(
        &self,
        id: &ConnectorId,
        now: Time,
        cut: Time,
        key: Option<&str>,
        spends: &[Spending],
    ) -> Result<RunAnswer, PortError> {
        self.plan.call("request_run", self.inner.request_run(id, now, cut, key, spends), lost).await
    }

    async fn change_source(&self, id: &ConnectorId, change: &SourceChange) -> Result<bool, PortError> {
        self.plan.call("change_source", self.inner.change_source(id, change), lost).await
    }

    async fn store_secret(
        &self,
        id: &ConnectorId,
        secret_id: &SecretId,
        secret: &WebhookSecret,
    ) -> Result<bool, PortError> {
        self.plan.call("store_secret", self.inner.store_secret(id, secret_id, secret), lost).await
    }

    async fn secret(
        &self,
        id: &ConnectorId,
        secret_id: &SecretId,
    ) -> Result<Option<WebhookSecret>, PortError> {
        self.plan.call("secret", self.inner.secret(id, secret_id), lost).await
    }
}

#[async_trait]
impl<P: Source> Source for Flaky<P> {
    async fn open(
        &self,
        tenant: &TenantId,
        shards: Shards,
        shard: u8,
        span: &Span,
    ) -> Result<Box<dyn PageReader>, PortError> {
        let reader =
            self.plan.call("open_source", self.inner.open(tenant, shards, shard, span), lost).await?;
        Ok(Box::new(Flaky::new(reader, &self.plan)))
    }

    async fn identity(&self) -> Result<EventsSource, PortError> {
        self.plan.call("identity", self.inner.identity(), lost).await
    }

    fn sort_key_form(&self) -> SortKeyForm {
        self.inner.sort_key_form()
    }
}

#[async_trait]
impl PageReader for Flaky<Box<dyn PageReader>> {
    async fn next_page(&mut self) -> Result<Option<Vec<archive::item::SourceItem>>, PageError> {
        self.plan.call("next_page", self.inner.next_page(), || lost().map_err(PageError::Port)).await
    }
}

#[async_trait]
impl<P: Staging> Staging for Flaky<P> {
    async fn create(&self, key: &str) -> Result<Box<dyn StagingWrite>, PortError> {
        let upload = self.plan.call("stage", self.inner.create(key), lost).await?;
        Ok(Box::new(Flaky::new(upload, &self.plan)))
    }

    async fn read(&self, key: &str) -> Result<ByteStream, PortError> {
        self.plan.call("read_staged", self.inner.read(key), lost).await
    }

    async fn mark_expirable(&self, _: &str) -> Result<(), PortError> {
        Ok(())
    }

    async fn list(&self, prefix: &str, start_after: &str) -> Result<StagedPage, PortError> {
        self.plan.call("list_staged", self.inner.list(prefix, start_after), lost).await
    }

    async fn mark_orphan(&self, key: &str) -> Result<(), PortError> {
        self.plan.call("mark_orphan", self.inner.mark_orphan(key), lost).await
    }
}

#[async_trait]
impl StagingWrite for Flaky<Box<dyn StagingWrite>> {
    async fn write(&mut self, bytes: Bytes) -> Result<(), PortError> {
        self.plan.call("stage_write", self.inner.write(bytes), lost).await
    }

    async fn finish(self: Box<Self>) -> Result<(), PortError> {
        let Self { inner, plan } = *self;
        plan.call("stage_finish", inner.finish(), lost).await
    }

    async fn abort(self: Box<Self>) -> Result<(), PortError> {
        let Self { inner, plan } = *self;
        plan.call("stage_abort", inner.abort(), lost).await
    }
}

#[async_trait]
impl<P: Customers> Customers for Flaky<P> {
    async fn open(
        &self,
        connector: &Connector,
        part: PartNumber,
    ) -> Result<Box<dyn CustomerBucket>, DeliveryError> {
        let open = self.inner.open(connector, part);
        let bucket = self.plan.call("open_customer", open, || unavailable(DeliveryStage::AssumeRole)).await?;
        Ok(Box::new(Flaky::new(bucket, &self.plan)))
    }
}

#[async_trait]
impl CustomerBucket for Flaky<Box<dyn CustomerBucket>> {
    async fn put_new(&self, object: NewObject) -> Result<PutAnswer, DeliveryError> {
        // Puts other than the parts' bytes have their own call names: a plan targets one of them.
        let call = match &object.key {
            key if key.contains(KEY_FOLDER) => "put_key",
            key if key.contains(MANIFEST_FOLDER) => "put_manifest",
            _ => "put_new",
        };
        self.plan.call(call, self.inner.put_new(object), || unavailable(DeliveryStage::PutObject)).await
    }

    fn assumed_with(&self) -> Option<&ExternalId> {
        None
    }
}

#[async_trait]
impl<P: Signer> Signer for Flaky<P> {
    async fn public_key(&self) -> Result<[u8; 32], PortError> {
        self.inner.public_key().await
    }

    async fn validity(&self) -> Result<Validity, PortError> {
        self.inner.validity().await
    }

    async fn sign(&self, message: &[u8]) -> Result<[u8; 64], PortError> {
        self.plan.call("sign", self.inner.sign(message), lost).await
    }
}

#[async_trait]
impl<P: Bus> Bus for Flaky<P> {
    async fn publish(&self, notice: &Notice) -> Result<(), PortError> {
        self.plan.call("publish", self.inner.publish(notice), lost).await
    }
}

#[async_trait]
impl<P: Queue> Queue for Flaky<P> {
    async fn send(&self, batch: &[ConnectorId], delay: Duration) -> Result<Vec<ConnectorId>, PortError> {
        self.plan.call("send", self.inner.send(batch, delay), lost).await
    }
}
