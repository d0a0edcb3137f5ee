//! The methods of each port that a test wraps.

/// The methods of a port, for [`delegate_port!`](crate::delegate_port): a new method of a port is added here
/// once, for all wrappers. `as` names the call where the method's name alone says too little, since one test
/// counts the calls of all ports. The `async` methods stand first.
#[doc(hidden)]
#[macro_export]
macro_rules! port_methods {
    (Runs $wrapper:tt) => {
        $crate::delegate_port! { @impl $wrapper
            async fn lease(self: &Self, id: &ConnectorId, worker: &WorkerId, now: Time, until: Time)
                -> Result<LeaseAnswer, PortError>;
            async fn snapshot(self: &Self, id: &ConnectorId) -> Result<Option<Snapshot>, PortError>;
            async fn seal(self: &Self, seal: &Seal) -> Result<SealAnswer, PortError>;
            async fn part(self: &Self, id: &ConnectorId, number: PartNumber)
                -> Result<Option<Part>, PortError>;
            async fn parts_reaching(self: &Self, id: &ConnectorId, after: Time, before: PartNumber)
                -> Result<Vec<Part>, PortError>;
            async fn mark(self: &Self, mark: &Mark) -> Result<(), PortError>;
            async fn mark_last(self: &Self, worker: &WorkerId, mark: &Mark, release: &Release)
                -> Result<(), PortError>;
            async fn block(self: &Self, id: &ConnectorId, block: &Block) -> Result<(), PortError>;
            async fn record_progress(self: &Self, id: &ConnectorId, read: &ProgressUpdate)
                -> Result<(), PortError>;
            async fn record_reconcile(self: &Self, id: &ConnectorId, update: &ReconcileUpdate)
                -> Result<(), PortError>;
            async fn try_claim_unreadable_notice(self: &Self, id: &ConnectorId, since: Time, now: Time)
                -> Result<bool, PortError>;
            async fn release(self: &Self, id: &ConnectorId, worker: &WorkerId, release: &Release)
                -> Result<(), PortError>;
            async fn record_sweep(self: &Self, id: &ConnectorId, through: PartNumber)
                -> Result<(), PortError>;
        }
    };
    (DueConnectors $wrapper:tt) => {
        $crate::delegate_port! { @impl $wrapper
            async fn due(self: &Self, shard: u8, now: Time, after: Option<&Claim>)
                -> Result<DuePage, PortError>;
            async fn claim(self: &Self, claim: &Claim, until: Time) -> Result<ClaimAnswer, PortError>;
            async fn release_claim(self: &Self, claim: &Claim, until: Time) -> Result<(), PortError>;
        }
    };
    (Watch $wrapper:tt) => {
        $crate::delegate_port! { @impl $wrapper
            async fn watch(self: &Self, after: Option<&SweepCursor>) -> Result<WatchPage, PortError>;
            async fn sweep(self: &Self) -> Result<Sweep, PortError>;
            async fn store_sweep(self: &Self, sweep: &Sweep) -> Result<bool, PortError>;
            async fn store_notification_state(
                self: &Self, id: &ConnectorId, before: Option<&NotificationState>, after: &NotificationState
            ) -> Result<bool, PortError>;
        }
    };
    (Spender $wrapper:tt) => {
        $crate::delegate_port! { @impl $wrapper
            async fn spend(self: &Self, spending: &Spending) -> Result<SpendOutcome, PortError>;
        }
    };
    (Consents $wrapper:tt) => {
        $crate::delegate_port! { @impl $wrapper
            async fn consent(self: &Self, tenant: &TenantId, address: &EmailAddress)
                -> Result<Option<Consent>, PortError>;
            async fn store_consent(self: &Self, tenant: &TenantId, consent: &Consent)
                -> Result<bool, PortError>;
            async fn store_link(self: &Self, token: &TokenHash, tenant: &TenantId, address: &EmailAddress)
                -> Result<(), PortError>;
            async fn link(self: &Self, token: &TokenHash)
                -> Result<Option<(TenantId, EmailAddress)>, PortError>;
        }
    };
    (PortalLinks $wrapper:tt) => {
        $crate::delegate_port! { @impl $wrapper
            async fn create_portal_link(self: &Self, link: &PortalLink, spends: &[Spending])
                -> Result<SpendOutcome, PortError>;
            async fn portal_link(self: &Self, id: &LinkId) -> Result<Option<PortalLink>, PortError>;
            async fn store_portal_link(self: &Self, link: &PortalLink) -> Result<bool, PortError>;
            async fn portal_links(self: &Self, scope: &LinkScope, before: Option<&LinkId>, limit: u32)
                -> Result<Page<PortalLink, LinkId>, PortError>;
            async fn record_visit(self: &Self, visit: &OperatorVisit) -> Result<bool, PortError>;
            async fn visits(self: &Self, tenant: &TenantId, limit: u32)
                -> Result<Vec<OperatorVisit>, PortError>;
        }
    };
    (SavedExplorations $wrapper:tt) => {
        $crate::delegate_port! { @impl $wrapper
            async fn create_exploration(
                self: &Self, exploration: &SavedExploration, limit: u32, spends: &[Spending]
            ) -> Result<ExplorationAnswer, PortError>;
            async fn exploration(self: &Self, tenant: &TenantId, id: &ExplorationId)
                -> Result<Option<SavedExploration>, PortError>;
            async fn store_exploration(self: &Self, exploration: &SavedExploration)
                -> Result<bool, PortError>;
            async fn explorations(self: &Self, tenant: &TenantId)
                -> Result<Vec<SavedExploration>, PortError>;
        }
    };
    (SearchLog $wrapper:tt) => {
        $crate::delegate_port! { @impl $wrapper
            async fn record_search(self: &Self, search: &SearchRecord) -> Result<bool, PortError>;
            async fn searches(self: &Self, tenant: &TenantId, before: Option<&SearchId>, limit: u32)
                -> Result<Page<SearchRecord, SearchId>, PortError>;
        }
    };
    (Downloads $wrapper:tt) => {
        $crate::delegate_port! { @impl $wrapper
            async fn create_download(self: &Self, download: &Download) -> Result<bool, PortError>;
            async fn download(self: &Self, tenant: &TenantId, id: &DownloadId)
                -> Result<Option<Download>, PortError>;
            async fn store_download(self: &Self, download: &Download) -> Result<bool, PortError>;
            async fn downloads(self: &Self, tenant: &TenantId, limit: u32)
                -> Result<Vec<Download>, PortError>;
        }
    };
    (EventMappings $wrapper:tt) => {
        $crate::delegate_port! { @impl $wrapper
            async fn mapping(self: &Self, id: &ConnectorId) -> Result<Option<StoredMapping>, PortError>;
            async fn store_guess(self: &Self, id: &ConnectorId, guess: &StoredMapping)
                -> Result<StoredMapping, PortError>;
            async fn store_mapping(self: &Self, id: &ConnectorId, mapping: &StoredMapping)
                -> Result<bool, PortError>;
        }
    };
    (CheckProgress $wrapper:tt) => {
        $crate::delegate_port! { @impl $wrapper
            async fn put_check(self: &Self, check: &RunningCheck) -> Result<bool, PortError>;
            async fn newest_check(self: &Self, id: &ConnectorId)
                -> Result<Option<RunningCheck>, PortError>;
        }
    };
    (NotificationStore $wrapper:tt) => {
        $crate::delegate_port! { @impl $wrapper
            async fn notification_history(
                self: &Self, connector: (&TenantId, &ConnectorId), contact: &ContactKey
            ) -> Result<Option<NotificationHistory>, PortError>;
            async fn store_notification_history(
                self: &Self, connector: (&TenantId, &ConnectorId), contact: &ContactKey,
                history: &NotificationHistory
            ) -> Result<bool, PortError>;
            async fn spend_time(self: &Self, tenant: &TenantId, cost: Duration, now: Time)
                -> Result<Time, PortError>;
            async fn refund_time(self: &Self, tenant: &TenantId, unused: Duration) -> Result<(), PortError>;
            async fn slow_until(self: &Self, tenant: &TenantId, host: &str)
                -> Result<Option<Time>, PortError>;
            async fn store_slow_until(self: &Self, tenant: &TenantId, host: &str, until: Option<Time>)
                -> Result<(), PortError>;
        }
    };
    (Connectors $wrapper:tt) => {
        $crate::delegate_port! { @impl $wrapper
            async fn create(self: &Self, connector: &Connector, change: &Change, spends: &[Spending])
                -> Result<SaveAnswer, PortError>;
            async fn save(self: &Self, change: &Change, cursor: Option<&Cursor>, spends: &[Spending])
                -> Result<SaveAnswer, PortError>;
            async fn get(self: &Self, id: &ConnectorId)
                -> Result<Option<(Connector, Option<Cursor>)>, PortError>;
            async fn list(
                self: &Self, filter: ConnectorFilter<'_>, after: Option<&ConnectorId>, limit: u32
            ) -> Result<Vec<Connector>, PortError>;
            async fn scan(self: &Self, after: Option<&SweepCursor>)
                -> Result<Page<Connector, SweepCursor>, PortError>;
            async fn progress(self: &Self, ids: &[ConnectorId])
                -> Result<BTreeMap<ConnectorId, Progress>, PortError>;
            async fn owned_by_another(self: &Self, connector: &Connector)
                -> Result<Option<OwnedResource>, PortError>;
            async fn history(self: &Self, id: &ConnectorId, before: Option<PartNumber>, limit: u32)
                -> Result<Vec<Part>, PortError>;
            async fn changes(self: &Self, id: &ConnectorId, before: Option<u64>, limit: u32)
                -> Result<Vec<Change>, PortError>;
            async fn request_run(
                self: &Self, id: &ConnectorId, now: Time, cut: Time, key: Option<&str>, spends: &[Spending]
            ) -> Result<RunAnswer, PortError>;
            async fn change_source(self: &Self, id: &ConnectorId, change: &SourceChange)
                -> Result<bool, PortError>;
            async fn store_secret(
                self: &Self, id: &ConnectorId, secret_id: &SecretId, secret: &WebhookSecret
            ) -> Result<bool, PortError>;
            async fn secret(self: &Self, id: &ConnectorId, secret_id: &SecretId)
                -> Result<Option<WebhookSecret>, PortError>;
        }
    };
    (Source $wrapper:tt) => {
        $crate::delegate_port! { @impl $wrapper
            async fn open(self: &Self, tenant: &TenantId, shards: Shards, shard: u8, span: &Span)
                -> Result<Box<dyn PageReader>, PortError>, as "open_source";
            async fn identity(self: &Self) -> Result<EventsSource, PortError>;
            fn sort_key_form(self: &Self) -> SortKeyForm;
        }
    };
    (PageReader $wrapper:tt) => {
        $crate::delegate_port! { @impl $wrapper
            async fn next_page(self: &mut Self) -> Result<Option<Vec<SourceItem>>, PageError>;
        }
    };
    (Staging $wrapper:tt) => {
        $crate::delegate_port! { @impl $wrapper
            async fn create(self: &Self, key: &str) -> Result<Box<dyn StagingWrite>, PortError>, as "stage";
            async fn read(self: &Self, key: &str) -> Result<ByteStream, PortError>, as "read_staged";
            async fn mark_expirable(self: &Self, key: &str) -> Result<(), PortError>;
            async fn list(self: &Self, prefix: &str, start_after: &str)
                -> Result<StagedPage, PortError>, as "list_staged";
            async fn mark_orphan(self: &Self, key: &str) -> Result<(), PortError>;
        }
    };
    (StagingWrite $wrapper:tt) => {
        $crate::delegate_port! { @impl $wrapper
            async fn write(self: &mut Self, bytes: Bytes) -> Result<(), PortError>, as "stage_write";
            async fn finish(self: Box<Self>) -> Result<(), PortError>, as "stage_finish";
            async fn abort(self: Box<Self>) -> Result<(), PortError>, as "stage_abort";
        }
    };
    (Customers $wrapper:tt) => {
        $crate::delegate_port! { @impl $wrapper
            async fn open(self: &Self, connector: &Connector, part: PartNumber)
                -> Result<Box<dyn CustomerBucket>, DeliveryError>, as "open_customer";
        }
    };
    (CustomerBucket $wrapper:tt) => {
        $crate::delegate_port! { @impl $wrapper
            async fn put_new(self: &Self, object: NewObject) -> Result<PutAnswer, DeliveryError>;
            fn assumed_with(self: &Self) -> Option<&ExternalId>;
        }
    };
    (Prober $wrapper:tt) => {
        $crate::delegate_port! { @impl $wrapper
            async fn assume(
                self: &Self, connector: &Connector, to: &S3Destination, shown: PresentedExternalId<'_>,
                scope: SessionScope
            ) -> Result<Box<dyn ProbeSession>, DeliveryError>;
            fn role_propagation_delay(self: &Self) -> Duration;
        }
    };
    (Signer $wrapper:tt) => {
        $crate::delegate_port! { @impl $wrapper
            async fn public_key(self: &Self) -> Result<[u8; 32], PortError>;
            async fn validity(self: &Self) -> Result<Validity, PortError>;
            async fn sign(self: &Self, message: &[u8]) -> Result<[u8; 64], PortError>;
        }
    };
    (Bus $wrapper:tt) => {
        $crate::delegate_port! { @impl $wrapper
            async fn publish(self: &Self, notice: &Notice) -> Result<(), PortError>;
            async fn publish_link(self: &Self, notice: &LinkNotice) -> Result<(), PortError>;
        }
    };
    (Queue $wrapper:tt) => {
        $crate::delegate_port! { @impl $wrapper
            async fn send(self: &Self, batch: &[ConnectorId], delay: Duration)
                -> Result<Vec<ConnectorId>, PortError>;
        }
    };
}
